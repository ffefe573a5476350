/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When alarms are raised faster than anyone reads: from some rate on they are
 * not told one by one, but together when it is over.
 *
 * Pure: `now` is an argument.  An alarm whose raise was told so has its clear
 * told so too, whenever that is.
 */
#ifndef HBW_STORM_H
#define HBW_STORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mono.h"
#include "state/notification.h"

/* A storm that does not end is told after so many windows, and begins anew. */
#define STORM_WINDOWS	10
/* And one that leaves so many transitions untold is told at once. */
#define STORM_MOST	100000

struct storm {
	uint32_t		 limit;		/* raises in a window; 0: any */
	int64_t			 window_ns;
	struct mono_time	*recent;	/* the last `limit` raises */
	size_t			 nrecent;	/* ever, of this limit */
	struct notification_storm	 told;		/* the last, or all zeros */
	uint32_t		 told_by;	/* sequence; 0: none was */
	uint32_t		 told_first;	/* not delivered yet, too */
	struct notification_storm	 open;		/* not told yet */
	struct mono_time	 began;		/* of `open` */
	struct mono_time	 last;		/* transition of `open` */
};

/*
 * At most `limit` raises in `window_ns` are told one by one.  To be called
 * before all others, and again when that changes.  False when there is no
 * memory; then no more changed than that there is no limit.
 */
bool	 storm_configure(struct storm *, uint32_t limit, int64_t window_ns);
void	 storm_free(struct storm *);

/* A raise: is it to be told by itself? */
bool	 storm_raise(struct storm *, struct mono_time now);
/* A transition that is not told by itself has this sequence. */
void	 storm_add(struct storm *, bool raised, uint32_t sequence,
	    struct wall_time wall, struct mono_time now);
/* Goes on with one that was open when the process ended. */
void	 storm_resume(struct storm *, const struct notification_storm *,
	    struct mono_time now);

/* When it is to be told; MONO_NEVER: there is none. */
struct mono_time storm_due(const struct storm *);
/*
 * It is told now, by the notice of this sequence; all notices up to `delivered`
 * had their answer.
 */
struct notification_storm storm_tell(struct storm *, uint32_t sequence,
	    uint32_t delivered);
/* This one was told so. */
void	 storm_told(struct storm *, const struct notification_storm *,
	    uint32_t sequence, uint32_t delivered);
/*
 * The oldest sequence that is referred to: by what is open, by what is told and
 * not delivered, and by the last that was, until `size` more are delivered.
 * UINT32_MAX: none.
 */
uint32_t storm_oldest(const struct storm *, uint32_t delivered, uint32_t size);
/* The one that is open, or else the last that was told. */
const struct notification_storm *storm_shown(const struct storm *);

#endif
