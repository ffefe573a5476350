/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers for names: a name keeps its number for good, and no number is given
 * to another name.
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

struct watch_index {
	struct watch_index_entry	*entries;	/* owned */
	size_t			 count;
	uint32_t		 last;		/* the highest number given */

	/* All names, one after the other, each with its NUL. */
	char			*texts;		/* owned */
	size_t			 length;

	/* By hash: positions of entries and 1; 0 is a free one. */
	uint32_t		*slots;		/* owned */
	uint32_t		 nslots;
};

/* The number of a name; 0 when it has none. */
uint32_t watch_index_find(const struct watch_index *, const char *name);

/*
 * Gives numbers to those of the `count` names that have none, in their order.
 * The names are distinct and are copied.  False when there is no memory; then
 * nothing has changed.
 */
bool	 watch_index_add(struct watch_index *, const char *const *list, size_t count);
/* The same with the numbers that they had before, from 1 and distinct too. */
bool	 watch_index_restore(struct watch_index *, const char *const *list,
	    const uint32_t *numbers, size_t count);
void	 watch_index_free(struct watch_index *);

typedef void watch_index_take(void *arg, uint32_t number, const char *name);
/* Those with a number above `after`, in no order. */
void	 watch_index_each(const struct watch_index *, uint32_t after, watch_index_take *,
	    void *arg);

#endif
