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
 * Drops, for the rest of the process, all that the engine does not need: all
 * capabilities, new files and processes, and all system calls
 * except those that sandbox.c lists; any other call kills the process with
 * SIGSYS.  The process can send on the socket `report` only, poll at most
 * `polled` descriptors, and map `memory` bytes more than now.  If `evidence` is
 * not -1, it can map that file and set the filters of its captures, except
 * those that capture_lock_filter has locked.  False on error (errno); then the
 * process must exit.
 *
 * In a build with sanitizers it restricts neither system calls nor resources,
 * because the sanitizers need them at run time.
 */
bool	 sandbox_enter(int report, size_t polled, size_t memory,
	    int evidence);

/*
 * Empties the capability bounding set, so that no program that this process or
 * its children execute gets a capability.  Needs CAP_SETPCAP.  False on error
 * (errno).
 */
bool	 sandbox_drop_bounding(void);

#endif
