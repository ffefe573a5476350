/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A binary heap of deadlines.  Only heap_init allocates memory.
 */
#ifndef HBW_HEAP_H
#define HBW_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mono.h"

/* Packed to save memory: each of up to 100,000 watches has an entry. */
struct heap_entry {
	struct mono_time	 due;
	uint32_t		 item;		/* a number of the caller */
} __attribute__((packed, aligned(4)));

struct heap {
	struct heap_entry	*entries;	/* owned */
	size_t			 count;
	size_t			 capacity;
};

/* False when memory is exhausted. */
bool	 heap_init(struct heap *, size_t capacity);
void	 heap_free(struct heap *);

/*
 * The top of the heap: the entry with the earliest deadline; among equal ones,
 * the entry with the lowest item.  NULL when the heap is empty.  The others
 * follow it; those at 2 i + 1 and 2 i + 2 are not earlier than the one at i.
 */
const struct heap_entry *heap_top(const struct heap *);

/* The heap must have fewer entries than its capacity. */
void	 heap_push(struct heap *, struct mono_time due, uint32_t item);
/* Removes the top.  The heap must not be empty. */
void	 heap_pop(struct heap *);
/*
 * Gives the top a later deadline, which is cheaper than a pop and a push.  The
 * heap must not be empty.
 */
void	 heap_defer_top(struct heap *, struct mono_time due);

#endif
