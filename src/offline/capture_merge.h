/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Merges captures: hands out their frames in the order of the timestamps.  Each
 * capture is read as a stream; only its reorder window is in memory.
 */
#ifndef HBW_CAPTURE_MERGE_H
#define HBW_CAPTURE_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packet/capture.h"

struct capture_merge;

/*
 * Takes a frame, which is valid only within the call.  Its timestamp is not
 * before that of the previous frame.  Returns false to end the run.
 */
typedef bool capture_merge_take(void *arg, const struct capture_frame *);

/* True when the bytes of the frame are needed.  Called when it is read. */
typedef bool capture_merge_filter(void *arg, const struct capture_frame *);

/* Shows the progress. */
typedef void capture_merge_tick(void *arg);

/*
 * Opens the captures.  One of the names may be "-" for standard input.  NULL,
 * after logging the error, if one of them cannot be opened or memory is
 * exhausted.  The names must outlive the merge.  The caller ends it with
 * capture_merge_close.
 */
struct capture_merge *capture_merge_open(char *const *names, size_t nnames);
void	 capture_merge_close(struct capture_merge *);

/*
 * Hands out the frames of all captures.  When the only capture is a pipe that
 * has no data for the moment, all frames that were read are handed out, and
 * `tick` is called, about twice a second.  command_stopped ends the reading of
 * a pipe.  False when memory is exhausted.
 *
 * An unwanted frame has no bytes (NULL), only a timestamp, and most of them are
 * skipped; but the first and the last of all frames are always handed out.  If
 * `filter` is NULL, all frames are wanted.  A time from the statistics of a
 * capture, see capture_file.h, is handed out like an unwanted frame.
 */
bool	 capture_merge_run(struct capture_merge *, capture_merge_take *,
	    capture_merge_filter *filter, capture_merge_tick *, void *arg);

/*
 * Logs the problems of the captures: truncated, out of order, packets without a
 * timestamp, unsupported link type.  True if all frames could be read and the
 * link types are supported.
 */
bool	 capture_merge_report(const struct capture_merge *);

/* The number of captures; their names and link types by position, from 0. */
size_t	 capture_merge_count(const struct capture_merge *);
const char *capture_merge_name(const struct capture_merge *, size_t);
int	 capture_merge_link_type(const struct capture_merge *, size_t);
/* Is a pipe the only capture, and still open? */
bool	 capture_merge_is_live(const struct capture_merge *);
/* The number of frames handed out or skipped so far. */
uint64_t capture_merge_frames(const struct capture_merge *);
/* The share that was read, 0..1; negative if it is not known. */
double	 capture_merge_progress(const struct capture_merge *);

#endif
