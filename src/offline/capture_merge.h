/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Several captures as one: their frames in the order of their stamps.  Each is
 * read once, as a stream, and no more of it is kept than its frames may be out
 * of order (reorder.h).
 */
#ifndef HBW_CAPTURE_MERGE_H
#define HBW_CAPTURE_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packet/capture.h"

struct capture_merge;

/*
 * Takes a frame, whose stamp is never before that of the one before it, and
 * which is valid within the call.  False: enough.
 */
typedef bool capture_merge_take(void *arg, const struct capture_frame *);

/* Is it more than a stamp?  Asked once, when the frame is read. */
typedef bool capture_merge_wants(void *arg, const struct capture_frame *);

/*
 * Opens the captures.  A name may be "-" for standard input, once.  NULL when
 * one of them cannot be read at all; why is in the log.  The names must outlive
 * it.  The caller ends it with capture_merge_close.
 */
struct capture_merge *capture_merge_open(char *const *names, size_t nnames);
void	 capture_merge_close(struct capture_merge *);

/*
 * Hands out all frames.  Of a pipe that has nothing for a moment all is handed
 * out that was read, when it is the only capture.  False when memory ran out.
 *
 * Of a frame that is not wanted only the stamp is handed out, `bytes` is NULL;
 * and where wanted ones or more of its kind follow at once, not even that.  But
 * the first of all frames is always handed out, and the last.  With a NULL
 * `wants` all are wanted.
 */
bool	 capture_merge_run(struct capture_merge *, capture_merge_take *, capture_merge_wants *,
	    void *arg);

/* Called from a signal handler: a pipe that has nothing has ended. */
void	 capture_merge_stop(void);

/*
 * Says in the log what is to be known of the captures: cut short, out of order,
 * without stamps, of a link type that is not understood.  True when all was
 * read and understood.
 */
bool	 capture_merge_report(const struct capture_merge *);

/* Of what captures it is made, in the order of their names. */
size_t	 capture_merge_count(const struct capture_merge *);
const char *capture_merge_name(const struct capture_merge *, size_t);
int	 capture_merge_link_type(const struct capture_merge *, size_t);
/* True when the only capture is a pipe. */
bool	 capture_merge_is_live(const struct capture_merge *);
/* How many frames there were so far. */
uint64_t capture_merge_frames(const struct capture_merge *);
/* How much was read, 0..1; below 0 when it cannot be told. */
double	 capture_merge_progress(const struct capture_merge *);

#endif
