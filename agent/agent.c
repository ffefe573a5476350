/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "base/log.h"
#include "generation.h"
#include "persistence.h"

/* An engine so long overdue does not look after its rows. */
#define ENGINE_SILENT_NS	(2 * NSEC_PER_SEC)
/* One that says that it makes its next pass so late says it of no clock. */
#define ENGINE_AHEAD_NS		(60 * NSEC_PER_SEC)

/* No watch has more; what says so does not know, and is not for the store. */
#define TRANSITIONS_MOST	INT32_MAX

/* hbwCaptureIndex of interfaces that never had an ifIndex: from here on. */
#define CAPTURE_INDEX_NONE	UINT32_C(2147483648)

bool
agent_init(struct agent *agent, struct wall_time now)
{
	memset(agent, 0, sizeof(*agent));
	agent->start_time = now;
	agent->epoch = 1;
	return (outbox_init(&agent->outbox, 0));
}

void
agent_free(struct agent *agent)
{
	generation_free(&agent->current);
	watch_index_free(&agent->watch_index);
	outbox_free(&agent->outbox);
	storm_free(&agent->storm);
	persistence_close(agent->persistence);
}

/* ---- what happens to alarms */

void
agent_count_active(struct agent *agent, const struct configuration_watch *w,
    int change)
{
	agent->active[w->profile->alarm->severity] += (uint32_t)change;
	agent->active_all += (uint32_t)change;
}

static void
tell(struct agent *agent, struct alarm *a, struct configuration_watch *w,
    uint32_t index, enum notification_event event, struct wall_time at)
{
	struct notification	*n;
	char		 detail[ALARM_DETAIL_SIZE];
	bool		 summarised = (a->flags & ALARM_SUMMARISED) != 0;

	agent->last_change = at;
	n = outbox_add(&agent->outbox, event, at);
	if (n == NULL) {
		log_warnx("out of memory: a notification of watch \"%s\" is "
		    "lost", w->name);
		return;
	}
	a->sequence = n->sequence;
	n->alarm = *a;
	n->watch = configuration_watch_share(w);
	n->watch_index = index;
	if (summarised) {
		outbox_delivered(&agent->outbox, n->sequence);
		storm_add(&agent->storm, event == NOTIFICATION_RAISED, a->sequence,
		    at, agent->now);
		return;
	}
	log_info("%s %s %" PRIu32 ": %s",
	    event == NOTIFICATION_RAISED ? "raised" : "cleared", w->name,
	    w->profile->alarm->id, alarm_detail(a, w, detail));
}

void
agent_raise(struct agent *agent, struct alarm *a,
    struct configuration_watch *w, uint32_t index,
    const struct detect_event *event, struct wall_time at)
{
	alarm_raise(a, event, at, ++agent->serial);
	if (!storm_raise(&agent->storm, agent->now))
		a->flags |= ALARM_SUMMARISED;
	agent_count_active(agent, w, 1);
	tell(agent, a, w, index, NOTIFICATION_RAISED, at);
}

void
agent_clear(struct agent *agent, struct alarm *a,
    struct configuration_watch *w, uint32_t index,
    const struct detect_event *event, struct wall_time at, enum alarm_end end)
{
	alarm_clear(a, event, at, end);
	agent_count_active(agent, w, -1);
	tell(agent, a, w, index, NOTIFICATION_CLEARED, at);
}

/* Odd transitions raise, even ones clear; one that is known is no news. */
static void
apply(struct agent *agent, size_t i, const struct detect_event *event,
    struct wall_time at, enum alarm_end end)
{
	struct configuration_watch	*w = agent->current.config->watches[i];
	struct alarm			*a = &agent->current.alarms[i];

	if (event->number <= a->transitions)
		return;
	if (event->transition == DETECT_RAISED && a->state == ALARM_CLEARED)
		agent_raise(agent, a, w, agent->current.indexes[i], event, at);
	else if (event->transition == DETECT_CLEARED &&
	    a->state == ALARM_RAISED)
		agent_clear(agent, a, w, agent->current.indexes[i], event, at, end);
	else
		a->transitions = event->number;
}

void
agent_event(struct agent *agent, const struct engine_report *r)
{
	if (r->event.watch < agent->current.config->nwatches &&
	    r->event.number <= TRANSITIONS_MOST)
		apply(agent, r->event.watch, &r->event, r->at,
		    ALARM_END_HEARTBEAT);
}

void
agent_storm(struct agent *agent, struct mono_time now, struct wall_time wall)
{
	struct notification	*n;
	char		 detail[NOTIFICATION_DETAIL_SIZE];

	if (mono_before(now, storm_due(&agent->storm)))
		return;
	n = outbox_add(&agent->outbox, NOTIFICATION_STORM, wall);
	/* Without memory it is tried again. */
	if (n == NULL)
		return;
	n->storm = storm_tell(&agent->storm, n->sequence,
	    agent->outbox.delivered);
	log_warnx("%s", notification_detail(n, detail));
}

/* ---- what happens to captures */

/*
 * Blind or not: told when it is another than what was told last.  Without an
 * error it is the row's.
 */
static void
notify_visibility(struct agent *agent, uint32_t i, bool blind, const char *error,
    struct wall_time now)
{
	struct agent_capture	*c = &agent->current.captures[i];
	struct shared_capture	 row;
	struct notification_capture	*copy;
	struct notification		*n;

	if (blind == c->notified_blind)
		return;
	copy = calloc(1, sizeof(*copy));
	n = copy == NULL ? NULL : outbox_add(&agent->outbox,
	    blind ? NOTIFICATION_BLIND : NOTIFICATION_RESTORED, now);
	if (n == NULL) {
		log_warnx("out of memory: a notification of %s is lost",
		    agent->current.shared->names[i]);
		free(copy);
		return;
	}
	shared_state_read_capture(agent->current.shared, i, &row);
	copy->index = c->ifindex;
	copy->state = blind ? SHARED_CAPTURE_FAILED : row.state;
	memcpy(copy->interface, row.interface, sizeof(copy->interface));
	snprintf(copy->error, sizeof(copy->error), "%s",
	    error != NULL ? error : row.error);
	shared_state_clean_error(copy->error);
	n->capture = copy;
	c->notified_blind = blind;
}

void
agent_capture_event(struct agent *agent, const struct engine_report *r,
    struct wall_time now)
{
	if (r->capture >= agent->current.shared->ncaptures)
		return;
	agent_order_captures(agent);
	/* Down and up again is heard: it is no blindness. */
	if (r->state == SHARED_CAPTURE_FAILED)
		notify_visibility(agent, r->capture, true, r->error, now);
	else if (agent->engine_fault == NULL)
		notify_visibility(agent, r->capture, false, r->error, now);
}

void
agent_engine_fault(struct agent *agent, const char *reason,
    struct wall_time now)
{
	const struct shared_capture	*c;
	uint32_t			 i;

	if (agent->engine_fault == reason)
		return;
	agent->engine_fault = reason;
	for (i = 0; i < agent->current.shared->ncaptures; i++) {
		c = &agent->current.shared->captures[i];
		if (reason != NULL)
			notify_visibility(agent, i, true, reason, now);
		else if (c->state != SHARED_CAPTURE_FAILED)
			notify_visibility(agent, i, false, NULL, now);
	}
}

void
agent_view_capture(const struct agent *agent, size_t i,
    struct capture_view *view)
{
	const char	*fault = agent->engine_fault;

	shared_state_read_capture(agent->current.shared, i, &view->capture);
	view->index = agent->current.captures[i].ifindex;
	view->restarts = agent->current.captures[i].restarts;
	if (!agent_engine_is_alive(agent) && fault == NULL)
		fault = "the engine does not answer";
	if (fault == NULL || view->capture.state == SHARED_CAPTURE_FAILED)
		return;
	view->capture.state = SHARED_CAPTURE_FAILED;
	snprintf(view->capture.error, sizeof(view->capture.error), "%s",
	    fault);
}

void
agent_view_watch(const struct agent *agent, size_t i, struct watch_view *view)
{
	struct detect_source	*source = &view->source;

	view->config = agent->current.config->watches[i];
	view->now = agent->now;
	detect_watch_read(&agent->current.shared->watches[i], &view->watch);
	/* A disabled watch has none; and the engine reads strangers' bytes. */
	memset(source, 0, sizeof(*source));
	if (view->watch.source < agent->current.shared->ncaptures)
		*source = agent->current.shared->captures[view->watch.source].source;
	/* Nobody looks after the rows: that is blindness too. */
	if (!agent_engine_is_alive(agent) || agent->engine_fault != NULL)
		source->blind = true;
}

/* ---- what an engine had no time to report */

/* The transition of that number, as far as the row still tells of it. */
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
		/* A raise that followed is later than what cleared. */
		event.at = number < w->transitions ?
		    mono_min(w->last, w->raised_at) :
		    mono_max(w->last, w->raised_at);
	}
	/* A row that was disabled forgot its times. */
	if (!w->enabled)
		event.at = now;
	return (event);
}

static void
reconcile_one(struct agent *agent, size_t i, struct mono_time now,
    struct wall_time wall)
{
	struct alarm		*a = &agent->current.alarms[i];
	struct detect_watch	*row = &agent->current.shared->watches[i];
	struct detect_event	 event;
	struct detect_watch	 w;
	struct wall_time	 at;

	detect_watch_sanitize(row);
	if (row->transitions > TRANSITIONS_MOST) {
		row->transitions = a->transitions;
		row->raised = a->transitions % 2 != 0;
	}
	if (row->transitions == a->transitions)
		return;
	detect_watch_read(&agent->current.shared->watches[i], &w);
	/* Of a long row of raises and clears the last pair is enough. */
	if (w.transitions - a->transitions > 2)
		a->transitions += (w.transitions - a->transitions - 1) / 2 * 2;
	while (a->transitions < w.transitions) {
		event = event_of_row(&w, a->transitions + 1, now);
		at = wall_add(wall, mono_sub(event.at, now));
		/* The row's raise may be another than the one cleared. */
		event.duration_ns = wall_sub(at, a->raised);
		apply(agent, i, &event, at, w.enabled ? ALARM_END_HEARTBEAT :
		    ALARM_END_DISABLED);
	}
}

void
agent_reconcile(struct agent *agent, struct mono_time now,
    struct wall_time wall)
{
	size_t	 i;

	shared_state_sanitize(agent->current.shared, agent->current.config, now);
	for (i = 0; i < agent->current.config->nwatches; i++)
		reconcile_one(agent, i, now, wall);
	for (i = 0; i < agent->current.shared->ncaptures; i++)
		if (agent->engine_fault == NULL)
			notify_visibility(agent, (uint32_t)i,
			    agent->current.shared->captures[i].state ==
			    SHARED_CAPTURE_FAILED, NULL, wall);
}

struct mono_time
agent_engine_alive_until(const struct agent *agent)
{
	struct mono_time	 pass = { atomic_load(agent->current.shared->next_wakeup) };

	/* None of ours sleeps for so long. */
	if (mono_before(mono_add(agent->now, ENGINE_AHEAD_NS), pass))
		return (agent->now);
	return (mono_add(pass, ENGINE_SILENT_NS));
}

bool
agent_engine_is_alive(const struct agent *agent)
{
	return (agent->engine_lives &&
	    mono_before(agent->now, agent_engine_alive_until(agent)));
}

/* Has a capture that works the number that one keeps which failed? */
static bool
ifindex_is_taken(const struct shared_state *shared, size_t failed)
{
	size_t	 i;

	for (i = 0; i < shared->ncaptures; i++)
		if (i != failed && shared->captures[i].ifindex ==
		    shared->captures[failed].ifindex)
			return (true);
	return (false);
}

/* `any` has no ifIndex; one that has none of its own gets a number of ours. */
static uint32_t
capture_index(const struct shared_state *shared, size_t i)
{
	const struct shared_capture	*c = &shared->captures[i];

	if (strcmp(shared->names[i], "any") == 0)
		return (0);
	if (c->ifindex == 0 || (c->state == SHARED_CAPTURE_FAILED &&
	    ifindex_is_taken(shared, i)))
		return (CAPTURE_INDEX_NONE + (uint32_t)i);
	return (c->ifindex);
}

void
agent_order_captures(struct agent *agent)
{
	struct agent_capture	*c = agent->current.captures;
	uint32_t		*positions;
	uint64_t		*keys;
	size_t			 i, n = agent->current.shared->ncaptures;

	keys = calloc(n + 1, sizeof(*keys));
	positions = calloc(n + 1, sizeof(*positions));
	for (i = 0; keys != NULL && i < n; i++)
		keys[i] = capture_index(agent->current.shared, i);
	if (keys != NULL && positions != NULL &&
	    generation_sort(positions, n, keys))
		for (i = 0; i < n; i++) {
			c[i].ifindex = (uint32_t)keys[i];
			c[i].position = positions[i];
		}
	free(keys);
	free(positions);
}
