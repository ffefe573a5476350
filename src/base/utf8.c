/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

#define UTF8_QUOTE_CUT	64	/* a text is cut after this many octets */

/* The encodings in one to four octets; the first octet selects the form. */
static const struct {
	uint8_t		 mask;
	uint8_t		 lead;
	uint32_t	 smallest;	/* a smaller character is overlong */
} forms[] = {
	{ 0x80, 0x00, 1 },
	{ 0xe0, 0xc0, 0x80 },
	{ 0xf0, 0xe0, 0x800 },
	{ 0xf8, 0xf0, 0x10000 },
};

size_t
utf8_next(const char *text, uint32_t *character)
{
	uint8_t		 octet = (uint8_t)text[0];
	uint32_t	 c;
	size_t		 i, more = 0;

	while ((octet & forms[more].mask) != forms[more].lead)
		if (++more == sizeof(forms) / sizeof(forms[0]))
			return (0);
	c = octet & (uint8_t)~forms[more].mask;
	for (i = 1; i <= more; i++) {
		octet = (uint8_t)text[i];
		if ((octet & 0xc0) != 0x80)
			return (0);
		c = c << 6 | (octet & 0x3f);
	}
	if (c < forms[more].smallest || c > 0x10ffff ||
	    (c >= 0xd800 && c <= 0xdfff))
		return (0);
	*character = c;
	return (more + 1);
}

bool
utf8_valid(const char *text)
{
	uint32_t	 c;
	size_t		 length;

	for (; *text != '\0'; text += length) {
		length = utf8_next(text, &c);
		if (length == 0)
			return (false);
	}
	return (true);
}

bool
utf8_control(uint32_t c)
{
	return (c < 0x20 || (c >= 0x7f && c <= 0x9f));
}

void
utf8_clean(char *text, size_t size)
{
	uint32_t	 c;
	size_t		 length;

	text[size - 1] = '\0';
	for (; *text != '\0'; text += length) {
		length = utf8_next(text, &c);
		if (length > 0 && !utf8_control(c))
			continue;
		*text = '?';
		length = 1;
	}
}

char *
utf8_quote(const char *text, char *quoted)
{
	const char	*p = text;
	size_t		 n = 0, length;
	uint32_t	 character;

	quoted[n++] = '"';
	while (*p != '\0' && p - text < UTF8_QUOTE_CUT) {
		length = utf8_next(p, &character);
		if (length == 0 || utf8_control(character)) {
			n += (size_t)sprintf(quoted + n, "\\x%02x",
			    (unsigned char)*p++);
			continue;
		}
		if (*p == '"' || *p == '\\')
			quoted[n++] = '\\';
		memcpy(quoted + n, p, length);
		n += length;
		p += length;
	}
	strcpy(quoted + n, *p == '\0' ? "\"" : "\"...");
	return (quoted);
}

const char *
utf8_text_fault(const char *text, size_t minimum, size_t maximum)
{
	const char	*p = text;
	uint32_t	 character;
	size_t		 n;

	for (; *p != '\0'; p += n) {
		n = utf8_next(p, &character);
		if (n == 0)
			return ("invalid UTF-8 in");
		if (utf8_control(character))
			return ("control character in");
	}
	if (text[strspn(text, " ")] == '\0' && (minimum > 0 || *text != '\0'))
		return ("empty");
	return ((size_t)(p - text) > maximum ? "too long" : NULL);
}

void
utf8_collapse_blanks(char *text)
{
	char	*from = text, *to = text;

	for (; *from != '\0'; from++) {
		if (!isspace((unsigned char)*from))
			*to++ = *from;
		else if (to > text && to[-1] != ' ')
			*to++ = ' ';
	}
	if (to > text && to[-1] == ' ')
		to--;
	*to = '\0';
}
