/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HBW_SANDBOX_H
#define HBW_SANDBOX_H

#include <stdbool.h>

/*
 * Gives up, for good, all that a reader of untrusted packets does not need:
 * every capability, new privileges, and all system calls but those of the
 * engine's loop.  No file can be opened and no socket made afterwards.  False
 * on error (errno).  A build with sanitizers keeps its system calls, because
 * their run time needs them.
 */
bool	 sandbox_enter(void);

#endif
