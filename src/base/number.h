/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HBW_NUMBER_H
#define HBW_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads a decimal number of digits only: no sign, blanks or other base.  False
 * for any other text, and for a number outside minimum..maximum; then *number
 * is unchanged.
 */
bool	 number_parse(const char *text, uint32_t minimum, uint32_t maximum,
	    uint32_t *number);
/* The same for a text of `length` bytes, which needs no NUL at its end. */
bool	 number_parse_bytes(const char *text, size_t length, uint32_t minimum,
	    uint32_t maximum, uint32_t *number);

/* Reads true, false, yes, no, on or off in any case; false for other texts. */
bool	 number_parse_flag(const char *text, bool *flag);

#endif
