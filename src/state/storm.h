/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An alarm storm: alarms are raised faster than a person can read.  Above a
 * configured rate, raises are not notified one by one but summarised in one
 * storm notification at the end.  If a raise was only summarised, so is its
 * clear, whenever that is.
 *
 * Pure: `now` is an argument.
 */
#ifndef HBW_STORM_H
#define HBW_STORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mono.h"
#include "state/notification.h"

/* A storm that has not ended is notified after this number of windows, … */
#define STORM_WINDOWS_MAX	10
/* … or when it has this number of raises and clears. */
#define STORM_TRANSITIONS_MAX	100000

/* Starts as all zeros. */
struct storm {
	uint32_t		 limit;		/* raises per window; 0: off */
	int64_t			 window_ns;
	struct mono_time	*recent;	/* the last `limit` raises */
	size_t			 nrecent;	/* raises since the start */

	struct notification_storm open;		/* not notified yet */
	struct mono_time	 opened;
	struct mono_time	 last;		/* its last transition */

	struct notification_storm notified;	/* the last one; or zeros */
	uint32_t		 notified_by;	/* sequence; 0: none */
	/* The oldest sequence that it, or an undelivered one, refers to. */
	uint32_t		 oldest_needed;
};

/*
 * Sets the rate: up to `limit` raises in `window_ns` are notified one by one.
 * Called before all others, and again when the configuration changes.
 * False when memory is exhausted; then the rate is not limited.
 */
bool	 storm_configure(struct storm *, uint32_t limit, int64_t window_ns);
void	 storm_free(struct storm *);

/* Counts a raise.  True: it is notified by itself; false: summarised. */
bool	 storm_raise(struct storm *, struct mono_time now);
/* Adds a summarised raise or clear, and opens a storm if there is none. */
void	 storm_add(struct storm *, bool raised, uint32_t sequence,
	    struct wall_time wall, struct mono_time now);
/* Continues a storm that was open when the last process ended. */
void	 storm_resume(struct storm *, const struct notification_storm *,
	    struct mono_time now);

/* When the open storm must be notified; MONO_NEVER: there is none. */
struct mono_time storm_due(const struct storm *);
/*
 * Closes the open storm, which the notification `sequence` now summarises, and
 * returns it.  `delivered`: all notifications up to it were delivered.
 */
struct notification_storm storm_close(struct storm *, uint32_t sequence,
	    uint32_t delivered);
/* The same for a storm that an earlier process closed. */
void	 storm_set_notified(struct storm *, const struct notification_storm *,
	    uint32_t sequence, uint32_t delivered);
/*
 * The oldest sequence that must stay in the history: the open storm refers to
 * it, or an undelivered storm notification, or the last delivered one until
 * `size` more notifications are delivered.  UINT32_MAX: none.
 */
uint32_t storm_oldest(const struct storm *, uint32_t delivered, uint32_t size);
/* The open storm, or else the last one that was notified. */
const struct notification_storm *storm_shown(const struct storm *);

#endif
