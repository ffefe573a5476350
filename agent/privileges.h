/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HBW_PRIVILEGES_H
#define HBW_PRIVILEGES_H

#include <stdbool.h>

/*
 * Drops all capabilities for good but those that the next engine needs: to open
 * a capture and, when started by root, to change the engine's user and to end
 * it.  So an engine that can be started now can be started later, too.  With
 * `bind`, low ports may be bound until privileges_settle().  Both return false
 * on error (errno).
 */
bool	 privileges_limit(bool bind);
bool	 privileges_settle(void);

#endif
