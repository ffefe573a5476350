/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HBW_DISCOVER_H
#define HBW_DISCOVER_H

/*
 * `hbwatch discover`; argv[0] is for getopt's messages.  Returns the exit
 * status: 0 also where nothing was found, 1 when something failed, 2 for a
 * wrong command line.
 */
int	 discover_main(int argc, char **argv);

#define DISCOVER_USAGE	\
	"discover (-i INTERFACE [-T SECONDS] | -r CAPTURE) [-b A,B]"

#endif
