/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line on a terminal that says how far the work is.  Only where the standard
 * error output is a terminal; else nothing is ever written.
 */
#ifndef HBW_PROGRESS_H
#define HBW_PROGRESS_H

#include <stdbool.h>

/* True, a few times a second, when it is time for progress_show. */
bool	 progress_due(void);
/* In place of the line before. */
void	 progress_show(const char *, ...) __attribute__((format(printf, 1, 2)));
/* Takes the line away, for other output. */
void	 progress_clear(void);

#endif
