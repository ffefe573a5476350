/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HBW_DURATION_H
#define HBW_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads a duration as the configuration writes it: a decimal number and a unit,
 * ms, s, min or h, blanks between them allowed: 30s, 0.5s, 3000.5ms.  1 ms to
 * 24 h; false for anything else, a bare number included.  Exact to the
 * nanosecond; digits beyond it are an error.
 */
bool	 duration_parse(const char *text, int64_t *ns);

#endif
