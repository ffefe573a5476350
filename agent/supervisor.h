/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts the engine, reads its reports, and replaces it: when the configuration
 * changes, when it dies or hangs, and when an interface is back.
 */
#ifndef HBW_SUPERVISOR_H
#define HBW_SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>

#include "agent.h"
#include "base/mono.h"
#include "engine/engine_process.h"
#include "generation.h"

enum supervisor_phase {
	SUPERVISOR_STEADY,	/* current works, or a start is due */
	SUPERVISOR_STARTING,	/* next opens its captures */
	SUPERVISOR_ENDING,	/* current reads its last packets */
};

/* An engine that dies so often within half a minute is a fault. */
#define SUPERVISOR_DEATHS	3

struct supervisor {
	struct agent		*agent;
	struct engine_process	 current;
	struct engine_process	 next;
	enum supervisor_phase	 phase;
	struct mono_time	 deadline;	/* of the phase */
	bool			 gap;		/* no engine updates the rows */
	struct mono_time	 started;	/* when current took over */
	unsigned		 hung;		/* ticks: current is silent */
	unsigned		 silent;	/* ticks: no engine is alive */
	struct mono_time	 deaths[SUPERVISOR_DEATHS];	/* a ring */
	unsigned		 ndeaths;	/* ever */
	bool			 unstable;	/* it dies too often */
	struct mono_time	 start_due;	/* of a replacement */
	struct mono_time	 retried;	/* a capture that had failed */
	int64_t			 retry_ns;	/* from then to the next try */
	uint64_t		 situation;	/* of what failed; 0: nothing */
	int			 link;		/* owned; see link_open() */
	struct generation	 reload;	/* next's, if not the agent's */
};

/*
 * Starts the first engine for the agent's configuration.  False on error
 * (errno).
 */
bool	 supervisor_init(struct supervisor *, struct agent *,
	    struct mono_time now);

/*
 * Makes a configuration take effect, with a new engine; then owns it.  False
 * while another replacement is under way: the caller keeps it and tries again.
 */
bool	 supervisor_reload(struct supervisor *, struct configuration *,
	    struct mono_time now);

/* The descriptors to poll; -1 for none. */
#define SUPERVISOR_SOCKETS	2
void	 supervisor_sockets(const struct supervisor *,
	    int sockets[SUPERVISOR_SOCKETS]);
/* When supervisor_work() must be called at the latest. */
struct mono_time supervisor_due(const struct supervisor *);
/* Reads reports and does what is due. */
void	 supervisor_work(struct supervisor *, struct mono_time now);

/* Checks whether the engine works, and tries captures that failed again. */
void	 supervisor_tick(struct supervisor *, struct mono_time now);
/*
 * When the tick after the one at `ticked` is due: in a second, or later while
 * nothing is wrong.
 */
struct mono_time supervisor_tick_due(const struct supervisor *,
	    struct mono_time ticked);

/* Ends the engines, and reads what they still report. */
void	 supervisor_end(struct supervisor *);

#endif
