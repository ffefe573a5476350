/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `hbwatch acknowledge`, `shelve` and `unshelve`: actions of an operator on the
 * alarms of a watch, which the running hbwatchd does.
 */
#ifndef HBW_OPERATOR_COMMANDS_H
#define HBW_OPERATOR_COMMANDS_H

#include "offline/command.h"

#define ACKNOWLEDGE_USAGE	"acknowledge [-S SOCKET] [-m TEXT] WATCH"
#define SHELVE_USAGE	"shelve [-S SOCKET] -d DURATION [-m TEXT] WATCH"
#define UNSHELVE_USAGE	"unshelve [-S SOCKET] WATCH"

/* Run the subcommands; argv[0] is the name of the program. */
enum command_status	 acknowledge_main(int argc, char **argv);
enum command_status	 shelve_main(int argc, char **argv);
enum command_status	 unshelve_main(int argc, char **argv);

#endif
