/* SPDX-License-Identifier: BSD-2-Clause */
#include "agent_alarms.h"
#include "agent_captures.h"
#include "agent_reports.h"
#include "engine/shared_state.h"

/* No watch has more transitions; a larger number is invalid. */
#define TRANSITIONS_MAX	INT32_MAX

/* Odd transitions raise, even ones clear.  This one may be applied already. */
static void
apply_event(struct agent *agent, size_t watch, const struct detect_event *event,
    struct wall_time at, enum alarm_end end)
{
	struct agent_alarm	 changed = agent_alarm_at(agent, watch);
	struct alarm		*a = changed.alarm;

	if (event->number <= a->transitions)
		return;
	if (event->transition == DETECT_RAISED && a->state == ALARM_CLEARED)
		agent_raise(agent, &changed, event, at);
	else if (event->transition == DETECT_CLEARED &&
	    a->state == ALARM_RAISED)
		agent_clear(agent, &changed, event, at, end);
	else
		a->transitions = event->number;
}

void
agent_event(struct agent *agent, const struct engine_report *r)
{
	if (r->event.watch < agent->current.config->nwatches &&
	    r->event.number <= TRANSITIONS_MAX)
		apply_event(agent, r->event.watch, &r->event, r->at,
		    ALARM_END_HEARTBEAT);
}

void
agent_capture_event(struct agent *agent, const struct engine_report *r,
    struct wall_time now)
{
	if (r->capture >= agent->current.shared->ncaptures)
		return;
	/* A capture is not blind while its interface is down. */
	if (r->state == SHARED_CAPTURE_FAILED)
		agent_notify_blind(agent, r->capture, true, r->error, now);
	else if (agent->engine_fault == NULL)
		agent_notify_blind(agent, r->capture, false, r->error, now);
}

/* ---- missing reports */

/* Rebuilds the event of this transition from the times in the row. */
static struct detect_event
event_of_row(const struct detect_watch *w, uint32_t number,
    struct mono_time now)
{
	struct detect_event	 event = {
		.number = number,
		.last_heartbeat = w->received ? w->last_wall : WALL_NEVER,
		.silence_ns = w->interruption_ns,
		.received = w->received,
		.stopping = w->stopping,
	};

	if (number % 2 == 1) {
		event.transition = DETECT_RAISED;
		event.at = w->raised_at;
	} else {
		event.transition = DETECT_CLEARED;
		/* If a raise followed this clear, raised_at is later. */
		event.at = number < w->transitions ?
		    mono_min(w->last, w->raised_at) :
		    mono_max(w->last, w->raised_at);
	}
	/* The row of a disabled watch has no times any more. */
	if (!w->enabled)
		event.at = now;
	return (event);
}

static void
reconcile_watch(struct agent *agent, size_t i, struct mono_time now,
    struct wall_time wall)
{
	struct alarm		*a = &agent->current.alarms[i];
	struct detect_watch	*row = &agent->current.shared->watches[i];
	struct detect_event	 event;
	struct detect_watch	 w;
	struct wall_time	 at;

	detect_watch_sanitize(row);
	if (row->transitions > TRANSITIONS_MAX) {
		row->transitions = a->transitions;
		row->raised = a->transitions % 2 != 0;
	}
	if (row->transitions == a->transitions)
		return;
	detect_watch_read(row, &w);
	/* The row has only the times of the last raise and the last clear. */
	if (w.transitions - a->transitions > 2)
		a->transitions += (w.transitions - a->transitions - 1) / 2 * 2;
	while (a->transitions < w.transitions) {
		event = event_of_row(&w, a->transitions + 1, now);
		at = wall_add(wall, mono_sub(event.at, now));
		event.duration_ns = wall_sub(at, a->raised);
		apply_event(agent, i, &event, at, w.enabled ?
		    ALARM_END_HEARTBEAT : ALARM_END_DISABLED);
	}
}

void
agent_reconcile(struct agent *agent, struct mono_time now,
    struct wall_time wall)
{
	const struct shared_state	*shared = agent->current.shared;
	uint32_t			 i;

	shared_state_sanitize(agent->current.shared, agent->current.config,
	    now);
	for (i = 0; i < agent->current.config->nwatches; i++)
		reconcile_watch(agent, i, now, wall);
	for (i = 0; i < shared->ncaptures && agent->engine_fault == NULL; i++)
		agent_notify_blind(agent, i, shared->captures[i].state ==
		    SHARED_CAPTURE_FAILED, NULL, wall);
}
