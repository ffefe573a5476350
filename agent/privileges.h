/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HBW_PRIVILEGES_H
#define HBW_PRIVILEGES_H

#include <stdbool.h>

/*
 * Keeps of this process's rights those that the next engine needs: to open a
 * capture, and where root started us to make the engine another user's and to
 * end it; all others go for good, so that what works at the start works later
 * too.  With `bind`, low ports may be bound until privileges_settle().  False on
 * error (errno).
 */
bool	 privileges_limit(bool bind);
bool	 privileges_settle(void);

#endif
