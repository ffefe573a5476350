/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sorts the frames of one capture by their timestamps, within a window: it
 * keeps the frames that were read last, and hands out the earliest of them.
 */
#ifndef HBW_REORDER_WINDOW_H
#define HBW_REORDER_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packet/capture.h"

/* The window is full at either limit. */
#define REORDER_WINDOW_FRAMES	65536
#define REORDER_WINDOW_OCTETS	((size_t)16 * 1024 * 1024)

struct reorder_window;

struct reorder_window_entry {
	struct wall_time	 timestamp;	/* in the order of the window */
	struct capture_frame	*frame;		/* NULL: not wanted */
	size_t			 captured;	/* its octets, also then */
};

struct reorder_window_count {
	uint64_t	 frames;
	uint64_t	 back;		/* earlier than the frame before */
	int64_t		 back_ns;	/* the most behind an earlier frame */
	uint64_t	 late;		/* earlier than one shifted out */
};

/* NULL when memory is exhausted. */
struct reorder_window *reorder_window_new(void);
void	 reorder_window_free(struct reorder_window *);

/*
 * Keeps a copy of the frame, or only its timestamp if it is not wanted.  False
 * when memory is exhausted.  If a later frame was shifted out already, the
 * entry gets the timestamp of that one, so that time never goes back.  Call it
 * only while the window is not full.
 */
bool	 reorder_window_push(struct reorder_window *,
	    const struct capture_frame *, bool wanted);
bool	 reorder_window_full(const struct reorder_window *);

/*
 * The earliest entry; of wanted ones with equal timestamps the one that was
 * pushed first.  NULL when the window is empty.
 */
const struct reorder_window_entry *reorder_window_first(
	    const struct reorder_window *);
/* Removes that entry. */
void	 reorder_window_shift(struct reorder_window *);

const struct reorder_window_count *reorder_window_counts(
	    const struct reorder_window *);

#endif
