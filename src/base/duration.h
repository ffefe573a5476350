/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HBW_DURATION_H
#define HBW_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads a duration: a decimal number and a unit, ms, s, min or h, with or
 * without blanks between them, such as 30s, 0.5s or 3000.5ms.  The result is
 * exact.  Returns false for any other text, for a number without a unit, for
 * less than 1 ms or more than 24 h, and for a digit other than 0 whose place is
 * not worth a whole number of nanoseconds.
 */
bool	 duration_parse(const char *text, int64_t *ns);

#endif
