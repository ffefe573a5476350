/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HBW_REPLAY_H
#define HBW_REPLAY_H

/*
 * `hbwatch replay -c FILE CAPTURE...`; argv[0] is for getopt's messages.
 * Returns the exit status: 1 when something failed, 2 for a wrong command line
 * or configuration.
 */
int	 replay_main(int argc, char **argv);

#define REPLAY_USAGE	"replay -c FILE CAPTURE..."

#endif
