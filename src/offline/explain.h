/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HBW_EXPLAIN_H
#define HBW_EXPLAIN_H

#include "offline/command.h"

/* Runs `hbwatch explain`. */
enum command_status explain_main(int argc, char **argv);

#define EXPLAIN_USAGE	"explain -c FILE [-j] CAPTURE..."

#endif
