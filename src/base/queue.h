/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A first-in first-out queue of records of one size, which grows as it must.
 */
#ifndef HBW_QUEUE_H
#define HBW_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct queue {
	char	*records;	/* a ring, owned */
	size_t	 size;		/* of one */
	size_t	 capacity;
	size_t	 first;
	size_t	 count;
};

/* False when there is no memory. */
bool	 queue_init(struct queue *, size_t record_size);
void	 queue_free(struct queue *);
/* Appends a copy; false when there is no memory, and nothing is appended. */
bool	 queue_push(struct queue *, const void *record);
/* The oldest; NULL when empty.  Good until the next push or shift. */
const void *queue_first(const struct queue *);
/* The i-th, from 0, the oldest; NULL when there are not so many. */
const void *queue_at(const struct queue *, size_t i);
/* Forgets the oldest.  One that runs empty gives back what it grew by. */
void	 queue_shift(struct queue *);
/* Forgets the latest. */
void	 queue_drop_last(struct queue *);

#endif
