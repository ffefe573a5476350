/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/utf8.h"

/* How many octets the first one announces; its own bits into *bits. */
static size_t
utf8_length(uint8_t first, uint32_t *bits)
{
	if (first < 0x80) {
		*bits = first;
		return (1);
	}
	if (first >= 0xc0 && first < 0xe0) {
		*bits = first & 0x1f;
		return (2);
	}
	if (first >= 0xe0 && first < 0xf0) {
		*bits = first & 0x0f;
		return (3);
	}
	if (first >= 0xf0 && first < 0xf8) {
		*bits = first & 0x07;
		return (4);
	}
	return (0);
}

size_t
utf8_next(const char *text, uint32_t *character)
{
	static const uint32_t	 smallest[] = { 0, 1, 0x80, 0x800, 0x10000 };
	uint32_t		 c = 0;
	size_t			 length, i;

	length = utf8_length((uint8_t)text[0], &c);
	for (i = 1; i < length; i++) {
		if (((uint8_t)text[i] & 0xc0) != 0x80)
			return (0);
		c = c << 6 | ((uint8_t)text[i] & 0x3f);
	}
	if (length == 0 || c < smallest[length] || c > 0x10ffff ||
	    (c >= 0xd800 && c <= 0xdfff))
		return (0);
	*character = c;
	return (length);
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

void
utf8_clean(char *text, size_t size)
{
	uint32_t	 c;
	size_t		 length;

	text[size - 1] = '\0';
	for (; *text != '\0'; text += length) {
		length = utf8_next(text, &c);
		if (length > 0 && c >= ' ')
			continue;
		*text = '?';
		length = 1;
	}
}

bool
utf8_control(uint32_t c)
{
	return (c < 0x20 || (c >= 0x7f && c <= 0x9f));
}
