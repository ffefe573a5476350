/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A first-in, first-out queue of records of one size, which grows as needed.
 */
#ifndef HBW_QUEUE_H
#define HBW_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct queue {
	char	*records;	/* owned */
	size_t	 size;		/* of a record, in bytes */
	size_t	 capacity;	/* in records */
	size_t	 first;		/* position of the oldest record */
	size_t	 count;
};

void	 queue_init(struct queue *, size_t record_size);
void	 queue_free(struct queue *);
/* Allocates memory for that many records.  False when memory is exhausted. */
bool	 queue_reserve(struct queue *, size_t count);
/* Appends a copy.  False when memory is exhausted; then nothing has changed. */
bool	 queue_push(struct queue *, const void *record);
/*
 * The record at position i, 0 for the oldest; NULL when there is none.  Valid
 * until the next queue_push or queue_shift.
 */
const void *queue_at(const struct queue *, size_t i);
/* Removes the oldest record; there must be one.  May free memory. */
void	 queue_shift(struct queue *);

#endif
