/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sandbox of the engine, which decodes untrusted packets: an attacker who
 * controls the process can send to its parent and do little else.
 */
#ifndef HBW_SANDBOX_H
#define HBW_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Looks up the user that a process of root becomes in sandbox_enter: the one of
 * configure --with-user, or else "nobody".  Call it once, at the start, while
 * /etc/passwd can be read.  A process of another user keeps its user.
 */
void	 sandbox_find_user(void);

/*
 * Drops for good what the engine does not need: the user root, all
 * capabilities, new files and processes, and all system calls but those that
 * sandbox.c lists; any other call kills the process with SIGSYS.  The process
 * can send on the socket `report` and on no other, and poll `polled`
 * descriptors.  False on error (errno); then the process must exit.
 *
 * Built with sanitizers, it keeps system calls and limits, because the run time
 * of the sanitizers needs them.
 */
bool	 sandbox_enter(int report, size_t polled);

/*
 * Empties the capability bounding set: no program that this process or its
 * children execute gets a capability.  False on error (errno): it needs
 * CAP_SETPCAP.
 */
bool	 sandbox_drop_bounding(void);

#endif
