/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The live rows: what the engine knows at this moment, in memory that it shares
 * with the agent.  The engine of the moment is the only writer; a new engine
 * goes on with the rows that it finds.
 */
#ifndef HBW_LIVE_H
#define HBW_LIVE_H

#include <net/if.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "configuration.h"
#include "detect.h"

/* The numbers are hbwCaptureState's. */
enum live_capture_state {
	LIVE_CAPTURE_RUNNING = 1,
	LIVE_CAPTURE_DOWN = 2,		/* heard, and down */
	LIVE_CAPTURE_FAILED = 3,	/* nothing can be heard: blind */
};

#define LIVE_ERROR_SIZE	160

/* One for each interface that an enabled watch names. */
struct live_capture {
	struct detect_source	 source;
	char			 interface[IF_NAMESIZE];
	uint32_t		 ifindex;	/* the last known; 0: never */
	uint32_t		 state;		/* enum live_capture_state */
	bool			 listening;	/* some engine does */
	uint64_t		 packets;	/* that passed the filter */
	uint64_t		 heartbeats;	/* that some watch counted */
	uint64_t		 dropped;	/* by the kernel */
	uint64_t		 malformed;	/* not understood */
	struct wall_time	 drained;	/* stamp of the last packet */
	char			 error[LIVE_ERROR_SIZE];	/* or "" */
};

/*
 * What is shared has no pointer or count that a reader would have to trust; but
 * its texts and numbers may be anything, should the engine be another's.
 */
struct live {
	_Atomic int64_t		*pass;		/* mono: the engine's next,
						   at the latest */
	struct live_capture	*captures;
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
 * children share.  NULL when there is none (errno).  live_free unmaps it.
 */
struct live *live_new(const struct configuration *, struct mono_time now);
void	 live_free(struct live *);

/* A watch that an earlier configuration does not have. */
#define LIVE_NEW	UINT32_MAX

/*
 * For each watch of a configuration, the position of the one of that name in an
 * earlier one, or LIVE_NEW; new memory for the caller to free, NULL when there
 * is none.
 */
uint32_t *live_before(const struct configuration *,
	    const struct configuration *old_config);

/*
 * Takes over what `old` knows of each watch and capture that is in both;
 * `before` is live_before's.  A watch that listens for something else begins
 * anew, but an alarm of its that stands goes on standing.  What is new begins
 * `now`: until then nobody listened for it.  To be called while nobody writes
 * to either.
 */
void	 live_carry(struct live *, const struct configuration *,
	    const struct live *old, const struct configuration *old_config,
	    const uint32_t *before, struct mono_time now);

/*
 * Puts right what no engine ever changes, and what no time can be, in rows
 * whose writer died or was not one of ours.  To be called while nobody writes.
 */
void	 live_mend(struct live *, const struct configuration *,
	    struct mono_time now);

/* A copy of a capture's row that can be shown, whatever the row is. */
void	 live_capture_read(const struct live *, size_t, struct live_capture *);
/* Ends an error that was copied, and takes from it what is no text. */
void	 live_clean_error(char error[LIVE_ERROR_SIZE]);

/* Position of an interface among the captures; UINT32_MAX: it is none. */
uint32_t live_capture_find(const struct live *, const char *interface);

#endif
