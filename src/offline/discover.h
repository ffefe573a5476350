/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HBW_DISCOVER_H
#define HBW_DISCOVER_H

#include "offline/command.h"

/* Runs `hbwatch discover`.  To find no periodic flow is also a success. */
enum command_status discover_main(int argc, char **argv);

#define DISCOVER_USAGE	\
	"discover (-i INTERFACE [-T DURATION] | -r CAPTURE) [-b A,B] [-j]"

#endif
