/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Several captures as one: their frames in the order of their stamps.  Each is
 * read once, as a stream, and no more of it is kept than its frames may be out
 * of order (reorder.h).
 */
#ifndef HBW_TIMELINE_H
#define HBW_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture.h"

struct timeline;

/*
 * Takes a frame, whose stamp is never before that of the one before it, and
 * which is valid within the call.  False: enough.
 */
typedef bool timeline_take(void *arg, const struct capture_frame *);

/* Is it more than a stamp?  Asked once, when the frame is read. */
typedef bool timeline_wants(void *arg, const struct capture_frame *);

/*
 * Opens the captures.  A name may be "-" for standard input, once.  NULL when
 * one of them cannot be read at all; why is in the log.  The names must outlive
 * it.  The caller ends it with timeline_close.
 */
struct timeline *timeline_open(char *const *names, size_t nnames);
void	 timeline_close(struct timeline *);

/*
 * Hands out all frames.  Of a pipe that has nothing for a moment all is handed
 * out that was read, when it is the only capture.  False when memory ran out.
 *
 * Of a frame that is not wanted only the stamp is handed out, `bytes` is NULL;
 * and where wanted ones or more of its kind follow at once, not even that.  But
 * the first of all frames is always handed out, and the last.  With a NULL
 * `wants` all are wanted.
 */
bool	 timeline_run(struct timeline *, timeline_take *, timeline_wants *,
	    void *arg);

/* Called from a signal handler: a pipe that has nothing has ended. */
void	 timeline_stop(void);

/*
 * Says in the log what is to be known of the captures: cut short, out of order,
 * without stamps, of a link type that is not understood.  True when all was
 * read and understood.
 */
bool	 timeline_report(const struct timeline *);

/* Of what captures it is made, in the order of their names. */
size_t	 timeline_count(const struct timeline *);
const char *timeline_name(const struct timeline *, size_t);
int	 timeline_link_type(const struct timeline *, size_t);
/* True when the only capture is a pipe. */
bool	 timeline_is_live(const struct timeline *);
/* How many frames there were so far. */
uint64_t timeline_frames(const struct timeline *);
/* How much was read, 0..1; below 0 when it cannot be told. */
double	 timeline_progress(const struct timeline *);

#endif
