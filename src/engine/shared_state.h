/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The live rows: what the engine knows at this moment, in memory that it shares
 * with the agent.  The engine of the moment is the only writer; a new engine
 * goes on with the rows that it finds.
 */
#ifndef HBW_SHARED_STATE_H
#define HBW_SHARED_STATE_H

#include <net/if.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/configuration.h"
#include "detect/detect.h"

/* The numbers are hbwCaptureState's. */
enum shared_capture_state {
	SHARED_CAPTURE_RUNNING = 1,
	SHARED_CAPTURE_DOWN = 2,		/* heard, and down */
	SHARED_CAPTURE_FAILED = 3,	/* nothing can be heard: blind */
};

#define SHARED_ERROR_SIZE	160

/* One for each interface that an enabled watch names. */
struct shared_capture {
	struct detect_source	 source;
	char			 interface[IF_NAMESIZE];
	uint32_t		 ifindex;	/* the last known; 0: never */
	uint32_t		 state;		/* enum shared_capture_state */
	bool			 listening;	/* some engine does */
	uint64_t		 packets;	/* that passed the filter */
	uint64_t		 heartbeats;	/* that some watch counted */
	uint64_t		 dropped;	/* by the kernel */
	uint64_t		 malformed;	/* not understood */
	struct wall_time	 drained;	/* stamp of the last packet */
	char			 error[SHARED_ERROR_SIZE];	/* or "" */
};

/*
 * What is shared has no pointer or count that a reader would have to trust; but
 * its texts and numbers may be anything, should the engine be another's.
 */
struct shared_state {
	_Atomic int64_t		*next_wakeup;		/* mono: the engine's next,
						   at the latest */
	struct shared_capture	*captures;
	struct detect_watch	*watches;	/* as in the configuration */
	size_t			 ncaptures;
	size_t			 nwatches;
	char			(*names)[IF_NAMESIZE];	/* of the captures;
						   not shared */
	void			*mapping;
	size_t			 size;		/* of the mapping */
};

/*
 * Rows for a configuration, all watches beginning `now`, in memory that
 * children share.  NULL when there is none (errno).  shared_state_free unmaps it.
 */
struct shared_state *shared_state_new(const struct configuration *, struct mono_time now);
void	 shared_state_free(struct shared_state *);

/* A watch that an earlier configuration does not have. */
#define SHARED_STATE_NEW	UINT32_MAX

/*
 * For each watch of a configuration, the position of the one of that name in an
 * earlier one, or SHARED_STATE_NEW; new memory for the caller to free, NULL when there
 * is none.
 */
uint32_t *shared_state_old_positions(const struct configuration *,
	    const struct configuration *old_config);

/*
 * Takes over what `old` knows of each watch and capture that is in both;
 * `before` is shared_state_old_positions's.  A watch that listens for something else begins
 * anew, but an alarm of its that stands goes on standing.  What is new begins
 * `now`: until then nobody listened for it.  To be called while nobody writes
 * to either.
 */
void	 shared_state_take_over(struct shared_state *, const struct configuration *,
	    const struct shared_state *old, const struct configuration *old_config,
	    const uint32_t *before, struct mono_time now);

/*
 * Puts right what no engine ever changes, and what no time can be, in rows
 * whose writer died or was not one of ours.  To be called while nobody writes.
 */
void	 shared_state_sanitize(struct shared_state *, const struct configuration *,
	    struct mono_time now);

/* A copy of a capture's row that can be shown, whatever the row is. */
void	 shared_state_read_capture(const struct shared_state *, size_t, struct shared_capture *);
/* Ends an error that was copied, and takes from it what is no text. */
void	 shared_state_clean_error(char error[SHARED_ERROR_SIZE]);

/* Position of an interface among the captures; UINT32_MAX: it is none. */
uint32_t shared_state_find_capture(const struct shared_state *, const char *interface);

#endif
