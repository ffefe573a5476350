/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hbwWatchIndex: a number for each watch name.  A name keeps its number for
 * ever, and no number is given to a second name.  hbwCaptureIndex is such a
 * number for the names of interfaces.
 */
#ifndef HBW_WATCH_INDEX_H
#define HBW_WATCH_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct watch_index_entry {
	uint32_t	 text;		/* offset in texts */
	uint32_t	 number;	/* from 1 */
};

/* Starts as all zeros; watch_index_free frees what it owns. */
struct watch_index {
	struct watch_index_entry *entries;	/* owned */
	size_t			 count;
	size_t			 capacity;
	uint32_t		 last;		/* the highest number */

	/* The names one after the other, each with its NUL. */
	char			*texts;		/* owned */
	size_t			 length;
	size_t			 texts_capacity;

	/* A hash table: position of an entry + 1; 0: a free slot. */
	uint32_t		*slots;		/* owned */
	uint32_t		 nslots;
};

/* The number of a name; 0: it has none. */
uint32_t watch_index_find(const struct watch_index *, const char *name);

/*
 * The number of a name, which gets the next number if it has none.  The name is
 * copied.  0 when memory is exhausted.
 */
uint32_t watch_index_add(struct watch_index *, const char *name);

/*
 * Adds a new name with the number that it had before, which no other name has.
 * False when memory is exhausted.
 */
bool	 watch_index_restore(struct watch_index *, const char *name,
	    uint32_t number);
void	 watch_index_free(struct watch_index *);

typedef void watch_index_take(void *arg, uint32_t number, const char *name);
/* Calls `take` for each name with a number above `after`, in any order. */
void	 watch_index_each(const struct watch_index *, uint32_t after,
	    watch_index_take *, void *arg);

#endif
