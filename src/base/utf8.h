/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HBW_UTF8_H
#define HBW_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The octets that the first character of the text takes, 1..4, and the
 * character; 0 when the text does not begin with one (RFC 3629: overlong forms
 * and surrogates are none), or is empty.
 */
size_t	 utf8_next(const char *text, uint32_t *character);
bool	 utf8_valid(const char *text);
/*
 * Makes any bytes a text that can be shown: puts a NUL at the end of the `size`
 * bytes, and "?" in the place of octets that are invalid or below U+0020.
 */
void	 utf8_clean(char *text, size_t size);
/* A control character, of C0 or C1, or DEL. */
bool	 utf8_control(uint32_t character);

#endif
