/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `hbwatch status`: shows what hbwatchd monitors.  `hbwatch names`: the names
 * of its watches, for the completion of a shell.
 */
#ifndef HBW_STATUS_H
#define HBW_STATUS_H

#include "offline/command.h"

#define STATUS_USAGE	"status [-S SOCKET] [-j | -w] [-a | WATCH]"
#define NAMES_USAGE	"names [-S SOCKET] [PREFIX]"

/*
 * Run the subcommands; argv[0] is the name of the program.  Errors are logged.
 */
enum command_status	 status_main(int argc, char **argv);
enum command_status	 names_main(int argc, char **argv);

#endif
