/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HBW_RIGHTS_H
#define HBW_RIGHTS_H

#include <stdbool.h>

/*
 * Keeps of this process's rights those that the next engine needs: to open a
 * capture, and where root started us to make the engine another user's and to
 * end it; all others go for good, so that what works at the start works later
 * too.  With `bind`, low ports may be bound until rights_settle().  False on
 * error (errno).
 */
bool	 rights_limit(bool bind);
bool	 rights_settle(void);

#endif
