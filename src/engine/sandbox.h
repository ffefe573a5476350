/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HBW_SANDBOX_H
#define HBW_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Looks up who sandbox_enter makes of root: the user that configure was told
 * (--with-user), else nobody.  To be called once, at the start, because the
 * jailed process reads no file.  A process that is not root stays who it is.
 */
void	 sandbox_find_user(void);

/*
 * Gives up, for good, all that a reader of untrusted packets does not need: the
 * user root, every capability, new privileges, files and processes, and all
 * system calls but those of the engine's loop; another ends the process.  It
 * can send on the socket `report` and on no other, and poll up to `polled`
 * descriptors.  False on error (errno).
 *
 * A build with sanitizers keeps its system calls and limits, because their run
 * time needs them.
 */
bool	 sandbox_enter(int report, size_t polled);

/*
 * Nothing that this process or its children execute gets a capability.  False
 * when it has no right to say so, or not all of them are gone.
 */
bool	 sandbox_drop_bounding(void);

#endif
