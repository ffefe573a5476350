/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Common parts of the subcommands of hbwatch.
 */
#ifndef HBW_COMMAND_H
#define HBW_COMMAND_H

#include <stdbool.h>

/* Result of a subcommand.  The first three are exit statuses. */
enum command_status {
	COMMAND_SUCCESS = 0,
	COMMAND_FAILURE = 1,	/* failed at run time; was logged */
	COMMAND_REFUSED = 2,	/* wrong option or configuration; was logged */
	COMMAND_USAGE,		/* wrong command line: show the usage */
	COMMAND_HELP,		/* -h: show the usage on stdout */
};

/* Checks that stdout was written; logs an error and returns false if not. */
bool	 command_flush(void);

/*
 * From now on SIGINT and SIGTERM end the reading of captures; a second signal
 * ends the process.  command_stopped is true after the first.
 */
void	 command_catch_signals(void);
bool	 command_stopped(void);

#endif
