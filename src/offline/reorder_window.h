/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Puts the frames of one capture in the order of their stamps, as far as they
 * are not too far apart: it keeps the latest that were read, and gives away the
 * earliest of them.
 */
#ifndef HBW_REORDER_WINDOW_H
#define HBW_REORDER_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packet/capture.h"

/* What is kept: so many frames, or so many octets of them. */
#define REORDER_WINDOW_FRAMES	65536
#define REORDER_WINDOW_OCTETS	((size_t)16 * 1024 * 1024)

struct reorder_window;

/* What is kept of a frame. */
struct reorder_window_entry {
	struct wall_time	 timestamp;		/* what it counts at */
	/* With its bytes; NULL when it was not wanted. */
	struct capture_frame	*frame;
	size_t		 captured;	/* its octets, wanted or not */
};

struct reorder_window_count {
	uint64_t	 frames;
	uint64_t	 back;		/* stamped before the one before them */
	int64_t		 back_ns;	/* the furthest behind the latest */
	uint64_t	 late;		/* behind one that was given away */
};

/* NULL when there is no memory. */
struct reorder_window *reorder_window_new(void);
void	 reorder_window_free(struct reorder_window *);

/*
 * Keeps a copy of the frame, or no more than its stamp where it is not wanted;
 * false when there is no memory.  Where a later one was given away already, its
 * stamp becomes that one's: time never runs back.  To be called only while it
 * is not full.
 */
bool	 reorder_window_push(struct reorder_window *, const struct capture_frame *,
	    bool wanted);
bool	 reorder_window_full(const struct reorder_window *);

/*
 * The earliest, of equals that are wanted the first that came; NULL when there
 * is none.
 */
const struct reorder_window_entry *reorder_window_first(const struct reorder_window *);
/* Gives the earliest away: forgets it. */
void	 reorder_window_shift(struct reorder_window *);

const struct reorder_window_count *reorder_window_counts(const struct reorder_window *);

#endif
