/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The jail of the agent and of all processes that it starts: the files that
 * they can open, and the system calls that they can make.
 */
#ifndef HBW_JAIL_H
#define HBW_JAIL_H

#include <stdbool.h>

#include "config/configuration.h"

/*
 * Enters the jail, for good, after engine_program_open.  Afterwards the process
 * can read the directories of the files of this configuration, so that a reload
 * can, and change the state directory.  False on error (errno).
 *
 * In a build with sanitizers there is no jail; a preloaded library, as tests
 * use it, can open any file.
 */
bool	 jail_enter(const struct configuration *, const char *state);

/* The two parts of it. */
bool	 jail_limit_files(const struct configuration *, const char *state);
bool	 jail_limit_calls(void);

#endif
