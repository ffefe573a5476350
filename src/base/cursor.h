/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the bytes of a packet in order.  A read beyond the end returns zero and
 * makes the cursor fail, and a failed cursor stays failed.  So a decoder reads
 * a whole header and checks cursor_ok once.
 */
#ifndef HBW_CURSOR_H
#define HBW_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
	const uint8_t	*next;
	size_t		 left;
	bool		 failed;
};

static inline struct cursor
cursor_over(const uint8_t *bytes, size_t length)
{
	return ((struct cursor){ bytes, length, false });
}

static inline bool
cursor_ok(const struct cursor *c)
{
	return (!c->failed);
}

/* Returns the next n bytes and skips them; NULL when there are fewer. */
static inline const uint8_t *
cursor_take(struct cursor *c, size_t n)
{
	const uint8_t *bytes = c->next;

	if (c->failed || n > c->left) {
		c->failed = true;
		return (NULL);
	}
	/* The start of no bytes may be NULL, which must not be added to. */
	if (n > 0) {
		c->next += n;
		c->left -= n;
	}
	return (bytes);
}

static inline void
cursor_skip(struct cursor *c, size_t n)
{
	(void)cursor_take(c, n);
}

/* Ends the cursor after the next n bytes, if it has more. */
static inline void
cursor_limit(struct cursor *c, size_t n)
{
	if (c->left > n)
		c->left = n;
}

static inline uint8_t
cursor_u8(struct cursor *c)
{
	const uint8_t *b = cursor_take(c, 1);

	return (b == NULL ? 0 : b[0]);
}

/* Numbers of several bytes are in network order (big endian). */
static inline uint16_t
cursor_u16(struct cursor *c)
{
	const uint8_t *b = cursor_take(c, 2);

	return (b == NULL ? 0 : (uint16_t)(b[0] << 8 | b[1]));
}

static inline uint32_t
cursor_u32(struct cursor *c)
{
	const uint8_t *b = cursor_take(c, 4);

	return (b == NULL ? 0 : (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
	    (uint32_t)b[2] << 8 | b[3]);
}

#endif
