/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The capabilities of the agent (capabilities(7)).
 */
#ifndef HBW_PRIVILEGES_H
#define HBW_PRIVILEGES_H

#include <stdbool.h>

/*
 * Drops for good all capabilities except those that a new engine needs: to open
 * a capture and, when started by root, to change the engine's user and to end
 * it.  With `bind`, ports below 1024 can be bound until privileges_settle().
 * Both return false on error (errno).
 */
bool	 privileges_limit(bool bind);
/* Ends the effect of `bind`. */
bool	 privileges_settle(void);

#endif
