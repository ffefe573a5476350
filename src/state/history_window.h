/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which notifications the history keeps: a range of sequences that ends with
 * the newest one.  `history` is the number of notifications about alarms and
 * interfaces.  The extra ones, see notification_is_extra(), are kept besides,
 * as many at most.
 */
#ifndef HBW_HISTORY_WINDOW_H
#define HBW_HISTORY_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The sequences of the extra notifications, ascending.  All zero: none. */
struct history_window {
	uint32_t	*extra;		/* owned */
	size_t		 count;
	size_t		 capacity;
};

/*
 * Adds an extra notification, which is newer than all.  When memory is
 * exhausted, it returns false, and the notification is counted as any other.
 */
bool	 history_window_add(struct history_window *, uint32_t sequence);
/*
 * The oldest notification to keep when `sequence` is the newest and `size` is
 * `history`.
 */
uint32_t history_window_start(const struct history_window *,
	    uint32_t sequence, uint32_t size);
/* Those before `oldest` have been deleted. */
void	 history_window_trim(struct history_window *, uint32_t oldest);
void	 history_window_free(struct history_window *);

#endif
