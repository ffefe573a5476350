/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts the engine, reads its reports, and replaces it: when the configuration
 * changes, when the engine crashes or hangs, and when an interface returns.
 */
#ifndef HBW_SUPERVISOR_H
#define HBW_SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>

#include "agent.h"
#include "base/mono.h"
#include "base/rate_limit.h"
#include "engine/engine_process.h"
#include "generation.h"
#include "own_peers.h"

enum supervisor_phase {
	SUPERVISOR_STEADY,	/* only current runs, or no engine */
	SUPERVISOR_STARTING,	/* next opens its captures */
	SUPERVISOR_ENDING,	/* current reads its last packets */
};

/* The engine is unstable if it crashes so often within half a minute. */
#define SUPERVISOR_CRASHES	3

struct supervisor {
	struct agent		*agent;
	struct engine_process	 current;
	struct engine_process	 next;
	enum supervisor_phase	 phase;
	struct mono_time	 deadline;	/* of the phase */
	struct mono_time	 next_start;	/* when next was started */
	/* When the socket of current was empty; see READ_NS. */
	struct mono_time	 emptied;
	bool			 gap;		/* of monitoring, before next */
	bool			 stopped;	/* current did ENGINE_STOP */
	struct mono_time	 started;	/* when current took over */
	unsigned		 hung;		/* ticks: current is silent */
	unsigned		 silent;	/* ticks: no engine is alive */
	struct mono_time	 crashes[SUPERVISOR_CRASHES];	/* a ring */
	unsigned		 ncrashes;	/* since the start */
	unsigned		 in_a_row;	/* failed engines */
	bool			 unstable;	/* see UNSTABLE_NS */
	struct rate_limit	 failures;	/* log lines about failures */
	struct rate_limit	 evidence;	/* of engines */
	struct rate_limit	 lines;		/* log lines of engines */
	unsigned		 lines_dropped;	/* by that limit */
	struct mono_time	 start_due;	/* of a replacement */
	struct mono_time	 collected;	/* killed engines, last */
	struct mono_time	 retried;	/* failed captures, last */
	int64_t			 retry_ns;	/* until the next try */
	uint64_t		 situation;	/* hash of failed captures */
	int			 link;		/* owned; see link_open() */
	int			 address_monitor;	/* owned */
	bool			 addresses_changed;	/* not checked yet */
	struct own_peers	 own_peers;
	struct generation	 reload;	/* for next; or empty */
};

/*
 * Starts the first engine for the agent's configuration.  False on error
 * (errno).
 */
bool	 supervisor_init(struct supervisor *, struct agent *,
	    struct mono_time now);

/*
 * Makes a configuration take effect, with a new engine, and owns it.  An error
 * is logged; then the previous configuration stays in effect.  False while
 * another replacement is under way: the caller still owns the configuration and
 * tries again.
 */
bool	 supervisor_reload(struct supervisor *, struct configuration *,
	    struct mono_time now);

/* Sets the descriptors to poll; -1 is no descriptor. */
#define SUPERVISOR_SOCKETS	3
void	 supervisor_sockets(const struct supervisor *,
	    int sockets[SUPERVISOR_SOCKETS]);
/* When supervisor_work() must be called at the latest. */
struct mono_time supervisor_due(const struct supervisor *);
/* Reads reports and does what is due. */
void	 supervisor_work(struct supervisor *, struct mono_time now);

/* Checks whether the engine works, and retries captures that failed. */
void	 supervisor_tick(struct supervisor *, struct mono_time now);
/*
 * When the tick after the one at `ticked` is due: a second later, or more while
 * everything works.
 */
struct mono_time supervisor_tick_due(const struct supervisor *,
	    struct mono_time ticked);

/* Ends the engines, and reads their last reports. */
void	 supervisor_end(struct supervisor *);

#endif
