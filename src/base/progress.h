/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A progress line on stderr.  Nothing is written unless stderr is a terminal.
 */
#ifndef HBW_PROGRESS_H
#define HBW_PROGRESS_H

#include <stdbool.h>

/* True at most five times a second: then the caller shows the progress. */
bool	 progress_due(void);
/* Shows a text instead of the previous one. */
void	 progress_show(const char *, ...) __attribute__((format(printf, 1, 2)));
/* Removes the line, before other output. */
void	 progress_clear(void);

#endif
