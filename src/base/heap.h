/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A binary heap of deadlines.  It allocates when it is made and never again.
 */
#ifndef HBW_HEAP_H
#define HBW_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mono.h"

/* Packed, since there is one for each of a hundred thousand watches. */
struct heap_entry {
	struct mono_time	 due;
	uint32_t		 item;
} __attribute__((packed, aligned(4)));

struct heap {
	struct heap_entry	*entries;	/* owned */
	size_t			 count;
	size_t			 capacity;
};

/* False when there is no memory. */
bool	 heap_init(struct heap *, size_t capacity);
void	 heap_free(struct heap *);

/* The earliest, of equals the lowest item; NULL when empty. */
const struct heap_entry *heap_top(const struct heap *);

/* The caller sees to it that there are never more than capacity entries. */
void	 heap_push(struct heap *, struct mono_time due, uint32_t item);
void	 heap_pop(struct heap *);
/* Moves the top to another deadline: cheaper than pop and push. */
void	 heap_defer_top(struct heap *, struct mono_time due);

#endif
