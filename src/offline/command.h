/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Parts that the subcommands of hbwatch share.
 */
#ifndef HBW_COMMAND_H
#define HBW_COMMAND_H

#include <stdbool.h>

/* Result of a subcommand.  The first four are exit statuses. */
enum command_status {
	COMMAND_SUCCESS = 0,
	COMMAND_FAILURE = 1,	/* failed at run time; the error was logged */
	COMMAND_REFUSED = 2,	/* invalid option or configuration; logged */
	COMMAND_BLIND = 3,	/* a watch is blind, or no daemon answers */
	COMMAND_USAGE,		/* invalid command line: show the usage */
	COMMAND_HELP,		/* -h: show the usage on stdout */
};

/* Flushes stdout.  False, after logging it, if not all could be written. */
bool	 command_flush(void);

/*
 * From this call on, the first SIGINT or SIGTERM ends the reading of captures
 * and makes command_stopped true.  A second one ends the process.
 */
void	 command_catch_signals(void);
bool	 command_stopped(void);

#endif
