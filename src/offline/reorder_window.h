/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sorts the frames of one capture by timestamp within a window.  The window
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
	struct wall_time	 timestamp;	/* of the frame, or later */
	struct capture_frame	*frame;		/* NULL: not wanted; owned */
	size_t			 captured;	/* octets, also if not wanted */
};

struct reorder_window_count {
	uint64_t	 frames;	/* all frames pushed */
	uint64_t	 out_of_order;	/* earlier than the frame before */
	int64_t		 lag_ns;	/* the largest behind the latest one */
	uint64_t	 late;		/* earlier than a removed frame */
};

/*
 * NULL when memory is exhausted.  It counts in *counts, which is zero at first,
 * until it is freed with reorder_window_free.
 */
struct reorder_window *reorder_window_new(struct reorder_window_count *counts);
void	 reorder_window_free(struct reorder_window *);

/*
 * Adds a copy of the frame, or only its timestamp and size if it is not wanted.
 * The window must not be full.  If a later frame was already removed, the entry
 * gets the timestamp of that one, so that time never decreases.  False when
 * memory is exhausted.
 */
bool	 reorder_window_push(struct reorder_window *,
	    const struct capture_frame *, bool wanted);
bool	 reorder_window_full(const struct reorder_window *);

/*
 * The earliest entry; among wanted ones with equal timestamps, the one that was
 * pushed first.  NULL when the window is empty.
 */
const struct reorder_window_entry *reorder_window_first(
	    const struct reorder_window *);
/* Removes that entry; the window must not be empty. */
void	 reorder_window_shift(struct reorder_window *);

#endif
