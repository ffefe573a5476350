/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A progress line on stderr.  Nothing is written unless stderr is a terminal.
 */
#ifndef HBW_PROGRESS_H
#define HBW_PROGRESS_H

#include <stdbool.h>

/* True a few times a second, when the caller is to call progress_show. */
bool	 progress_due(void);
/* Replaces the previous line. */
void	 progress_show(const char *, ...) __attribute__((format(printf, 1, 2)));
/* Removes the line, before other output. */
void	 progress_clear(void);

#endif
