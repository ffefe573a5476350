/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UTF-8 (RFC 3629): overlong forms and surrogates are invalid.
 */
#ifndef HBW_UTF8_H
#define HBW_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads the first character of a string.  Returns its length, 1..4 octets; 0
 * when it is invalid or the string is empty.
 */
size_t	 utf8_next(const char *text, uint32_t *character);
/* True if all characters are valid; the empty string is valid. */
bool	 utf8_valid(const char *text);
/*
 * Turns `size` bytes, at least 1, into a valid string: the last byte becomes
 * NUL, and each octet that is invalid or of a control character becomes "?".
 */
void	 utf8_clean(char *text, size_t size);

#define UTF8_QUOTE_SIZE	280

/*
 * Writes the text in double quotes into quoted[UTF8_QUOTE_SIZE] and returns it.
 * Octets that are not printable UTF-8 become \xNN, a backslash precedes quotes
 * and backslashes, and "..." replaces the rest of a long text.
 */
char	*utf8_quote(const char *text, char *quoted);

/*
 * Checks a text of minimum to maximum bytes without control characters, which
 * is not blank.  If minimum is 0 it may be empty.  Returns NULL, or the fault
 * in words that fit before the name of the text, such as "invalid UTF-8 in".
 */
const char *utf8_text_fault(const char *text, size_t minimum,
	    size_t maximum);

/* Replaces each run of blanks by one, and removes those at the ends. */
void	 utf8_collapse_blanks(char *text);

/* True for a control character: C0, C1 or DEL. */
bool	 utf8_control(uint32_t character);

#endif
