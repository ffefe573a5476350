/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HBW_REPLAY_H
#define HBW_REPLAY_H

#include "offline/command.h"

/* Runs `hbwatch replay`. */
enum command_status replay_main(int argc, char **argv);

#define REPLAY_USAGE	"replay -c FILE [-t] CAPTURE..."

#endif
