/* SPDX-License-Identifier: BSD-2-Clause */
#include <unistd.h>

#include "base/log.h"
#include "base/memory_file.h"
#include "engine/engine_message.h"
#include "engine/evidence_reports.h"

/*
 * An engine that is not busy has a pass in this time before a deadline: see
 * LEAD_NS in engine.c.  In a storm, not all raises are prepared: 128 at once,
 * then 64 a second.
 */
#define SOON_NS		(5 * NSEC_PER_MSEC)
#define SOON_BURST	128
#define SOON_EACH_NS	(NSEC_PER_SEC / 64)

#define POSTPONE_NS	(1 * NSEC_PER_MSEC)

static struct evidence_capture *
evidence_of(const struct evidence_reports *r, uint32_t watch)
{
	return (r->listeners[r->shared->watches[watch].source].evidence);
}

/* A detect_late. */
static void
report_late(void *arg, uint32_t watch, struct mono_time now)
{
	struct evidence_reports	*r = arg;

	r->next = now;
	tracker_late(&evidence_of(r, watch)->tracker, watch, now);
}

/* ---- start and end */

bool
evidence_reports_init(struct evidence_reports *r, struct listeners *common,
    struct listener *listeners, const struct shared_state *shared,
    const struct configuration *config)
{
	*r = (struct evidence_reports){
		.enabled = config->evidence > 0 && shared->ncaptures > 0,
		.common = common, .listeners = listeners, .shared = shared,
		.ring_size = config->evidence, .due = MONO_NEVER,
	};
	return (!r->enabled || memory_file_size(ENGINE_RINGS, false) ==
	    evidence_reports_memory(r));
}

size_t
evidence_reports_memory(const struct evidence_reports *r)
{
	return (r->enabled ? evidence_rings_size(r->shared->ncaptures,
	    r->ring_size) : 0);
}

void
evidence_reports_free(struct evidence_reports *r)
{
	evidence_rings_release(r->rings);
}

void
evidence_reports_begin(struct evidence_reports *r)
{
	struct evidence_ring	 ring;
	size_t			 i;

	if (!r->enabled)
		return;
	r->rings = evidence_rings_attach(r->shared->names,
	    r->shared->ncaptures, r->ring_size, ENGINE_RINGS);
	close(ENGINE_RINGS);
	if (r->rings == NULL)
		log_warn("cannot map the memory for evidence");
	for (i = 0; i < r->shared->ncaptures; i++) {
		ring = (struct evidence_ring){ .header = NULL };
		(void)evidence_rings_get(r->rings, r->shared->names[i], &ring);
		listener_begin_evidence(&r->listeners[i], &ring);
	}
	if (!detect_report_late(&r->common->detect, report_late, r))
		fatal("cannot start");
}

/* ---- reports */

static bool
queue_evidence(struct evidence_reports *r, struct engine_evidence *e,
    uint32_t watch)
{
	e->type = ENGINE_EVIDENCE;
	e->watch = watch;
	if (report_queue_add_evidence(&r->common->reports, e))
		return (true);
	log_debug("evidence on watch %u is not reported: too many reports are "
	    "waiting", watch);
	return (false);
}

/* True if evidence_reports_soon has queued the evidence on this raise. */
static bool
was_queued(const struct evidence_reports *r, const struct detect_event *event)
{
	return (r->soon_queued && r->soon == event->watch &&
	    r->soon_due.ns == event->at.ns &&
	    event->transition == DETECT_RAISED);
}

void
evidence_reports_event(struct evidence_reports *r,
    const struct detect_event *event, struct wall_time wall)
{
	struct engine_evidence	 e;
	struct tracker		*t;

	/* Positions above are those of two active nodes. */
	if (!r->enabled || event->watch >= r->shared->nwatches)
		return;
	r->next = event->at;
	t = &evidence_of(r, event->watch)->tracker;
	if (event->transition == DETECT_RAISED)
		tracker_raised(t, event->watch, event->at, wall);
	else
		tracker_cleared(t, event->watch, event->at);
	if (!was_queued(r, event) && tracker_evidence(t, event->watch,
	    mono_max(event->at, r->common->now), &e.evidence))
		(void)queue_evidence(r, &e, event->watch);
}

void
evidence_reports_postpone(struct evidence_reports *r)
{
	if (!r->enabled)
		return;
	r->due = mono_min(r->due, mono_add(r->common->now, POSTPONE_NS));
	/* Otherwise that pass would do nothing, and `due` would stay. */
	r->next = mono_min(r->next, r->due);
}

void
evidence_reports_soon(struct evidence_reports *r)
{
	struct engine_evidence	 e;
	struct mono_time	 due, now = r->common->now;
	struct tracker		*t;
	uint32_t		 watch;

	if (!r->enabled)
		return;
	due = detect_next_raise(&r->common->detect, now,
	    mono_add(now, SOON_NS), &watch);
	if (due.ns == MONO_NEVER.ns ||
	    (watch == r->soon && due.ns == r->soon_due.ns))
		return;
	t = &evidence_of(r, watch)->tracker;
	/* Its evidence would say less than at the raise. */
	if (tracker_lags(t))
		return;
	r->soon = watch;
	r->soon_due = due;
	r->soon_queued = rate_limit_allows(&r->soon_limit, SOON_EACH_NS,
	    SOON_BURST, now) &&
	    tracker_evidence(t, watch, now, &e.evidence) &&
	    queue_evidence(r, &e, watch);
}

void
evidence_reports_pass(struct evidence_reports *r)
{
	struct engine_evidence	 e;
	struct evidence_capture	*c;
	uint32_t		 watch;
	size_t			 i;

	if (!r->enabled || mono_before(r->common->now, r->next))
		return;
	r->due = MONO_NEVER;
	r->next = mono_add(r->common->now, EVIDENCE_CAPTURE_IDLE_NS);
	for (i = 0; i < r->shared->ncaptures; i++) {
		c = r->listeners[i].evidence;
		r->due = mono_min(r->due, evidence_capture_pass(c,
		    &r->common->clock_offset, r->common->now));
		while ((watch = tracker_changed(&c->tracker, r->common->now,
		    &e.evidence)) != UINT32_MAX)
			(void)queue_evidence(r, &e, watch);
		r->next = mono_min(r->next, mono_add(r->common->now,
		    evidence_capture_interval_ns(c)));
	}
}
