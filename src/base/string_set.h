/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds strings that occur again in a list.  A table with open addressing,
 * whose entries are positions in the list.
 */
#ifndef HBW_STRING_SET_H
#define HBW_STRING_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct string_set {
	/* The string at a position of the list. */
	const char	*(*string)(const void *list, size_t position);
	const void	*list;		/* the caller's */
	uint32_t	*table;		/* positions plus 1; owned */
	size_t		 mask;
};

#define STRING_SET_NEW	SIZE_MAX

/*
 * For a list of `count` strings.  The caller sets `string` and `list`.  False
 * when memory is exhausted.
 */
bool	 string_set_init(struct string_set *, size_t count);
void	 string_set_free(struct string_set *);
/*
 * The first position that was added with the same string.  If there is none,
 * adds this one and returns STRING_SET_NEW.
 */
size_t	 string_set_add(struct string_set *, size_t position);

#endif
