/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reports the evidence of all listeners of an engine: with each raise and
 * clear, and when it changes.  With `evidence = 0` no function does anything.
 */
#ifndef HBW_EVIDENCE_REPORTS_H
#define HBW_EVIDENCE_REPORTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mono.h"
#include "base/rate_limit.h"
#include "base/wall.h"
#include "detect/detect.h"
#include "engine/evidence_rings.h"
#include "engine/listener.h"
#include "engine/shared_state.h"

/* The pointers are the caller's, unless a comment says otherwise. */
struct evidence_reports {
	bool			 enabled;
	struct listeners	*common;
	struct listener		*listeners;	/* for each capture */
	const struct shared_state *shared;
	size_t			 ring_size;	/* the option */
	struct evidence_rings	*rings;		/* NULL: none; owned */
	struct mono_time	 due;		/* see evidence_reports_pass */
	/* Nothing has to be done before, unless a case begins. */
	struct mono_time	 next;
	/* See evidence_reports_soon: the last watch, and its deadline. */
	uint32_t		 soon;
	struct mono_time	 soon_due;
	bool			 soon_queued;
	struct rate_limit	 soon_limit;
};

/*
 * Before the engine enters its sandbox.  False when the file that the agent
 * passed is not that of the rings.
 */
bool	 evidence_reports_init(struct evidence_reports *, struct listeners *,
	    struct listener *, const struct shared_state *,
	    const struct configuration *);
/* The memory in bytes that evidence_reports_begin maps. */
size_t	 evidence_reports_memory(const struct evidence_reports *);
void	 evidence_reports_free(struct evidence_reports *);

/*
 * Maps the rings, which must not be locked in memory, and continues them.  Call
 * it after detect_init and listener_begin.
 */
void	 evidence_reports_begin(struct evidence_reports *);

/*
 * Queues the evidence on an event, before the event is queued, unless
 * evidence_reports_soon has queued it.
 */
void	 evidence_reports_event(struct evidence_reports *,
	    const struct detect_event *, struct wall_time);

/* Sets `due` to a moment later, for a pass without the next two functions. */
void	 evidence_reports_postpone(struct evidence_reports *);

/*
 * Call it at the end of a pass, and again at `due` at the latest: takes
 * frames, and queues evidence that has changed.
 */
void	 evidence_reports_pass(struct evidence_reports *);
/*
 * Queues the evidence on the watch whose alarm is raised next, if that is in
 * some milliseconds, so that the raise waits neither for it nor for the agent,
 * which asks the kernel.  Call it after evidence_reports_pass.
 */
void	 evidence_reports_soon(struct evidence_reports *);

#endif
