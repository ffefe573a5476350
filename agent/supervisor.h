/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine's keeper: starts it, hears its reports, and replaces it - when the
 * configuration changes, when it dies, and when an interface is there again.
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
	SUPERVISOR_ENDING,	/* current takes its last packets */
};

/* So many deaths within half a minute, and nothing can be relied on. */
#define SUPERVISOR_DEATHS	3

struct supervisor {
	struct agent		*agent;
	struct engine_process		 current;
	struct engine_process		 next;
	enum supervisor_phase	 phase;
	struct mono_time	 deadline;	/* of the phase */
	bool			 gap;		/* nobody sees to the rows */
	struct mono_time	 started;	/* when current took over */
	unsigned		 hung;		/* ticks without a pass of it */
	unsigned		 unseen;	/* ticks without any engine */
	struct mono_time	 deaths[SUPERVISOR_DEATHS];	/* a ring */
	unsigned		 ndeaths;	/* ever */
	bool			 unstable;	/* it dies again and again */
	struct mono_time	 start_due;	/* of a replacement */
	struct mono_time	 retried;	/* a capture that had failed */
	int64_t			 retry_ns;	/* from then to the next try */
	uint64_t		 situation;	/* of what failed; 0: nothing */
	int			 link;
	/* What next is started with, when it is not the agent's. */
	struct generation		 reload;
};

/*
 * Starts the first engine for the agent's configuration.  False on error
 * (errno).
 */
bool	 supervisor_init(struct supervisor *, struct agent *,
	    struct mono_time now);

/*
 * Puts a configuration in force by way of a new engine; owns it.  False while
 * another replacement is under way: the caller keeps it and asks again.
 */
bool	 supervisor_reload(struct supervisor *, struct configuration *,
	    struct mono_time now);

/* The descriptors to poll; -1 for none. */
#define SUPERVISOR_SOCKETS	2
void	 supervisor_sockets(const struct supervisor *,
	    int sockets[SUPERVISOR_SOCKETS]);
/* By when it wants to be called at the latest. */
struct mono_time supervisor_due(const struct supervisor *);

/*
 * Takes what was reported and does what is due.  To be called when there is
 * something to read, or what was due is.
 */
void	 supervisor_work(struct supervisor *, struct mono_time now);
/*
 * Does the engine work, and can something that failed be captured again?  When
 * that is to be asked next, if it was at `ticked`: each second, or less often
 * while all is well.
 */
struct mono_time supervisor_tick_due(const struct supervisor *,
	    struct mono_time ticked);
void	 supervisor_tick(struct supervisor *, struct mono_time now);
/* Ends the engines; what they still report is taken. */
void	 supervisor_end(struct supervisor *);

#endif
