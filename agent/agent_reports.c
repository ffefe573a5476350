/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <syslog.h>

#include "agent_alarms.h"
#include "agent_captures.h"
#include "agent_reports.h"
#include "base/log.h"
#include "diagnose.h"
#include "engine/shared_state.h"

/* Limits for the log lines about invalid rows. */
#define INVALID_BURST	20
#define INVALID_NS	(30 * NSEC_PER_SEC)

static bool
is_dual(const struct generation *g, uint32_t position)
{
	return (alarm_positions_is_dual(&g->shared->positions, position));
}

/* The alarm at a position, as engine_check_event needs it. */
static struct engine_check_known
known_alarm(const struct generation *g, uint32_t position, enum alarm_end end)
{
	const struct alarm			*a = &g->alarms[position];
	const struct configuration_profile	*p;

	p = generation_alarm_watch(g, position)->profile;
	return ((struct engine_check_known){
		.transitions = a->transitions,
		.changed = g->changed[position],
		.used = g->used[position],
		.interruption_ns = is_dual(g, position) ?
		    p->alarm->interruption_ns :
		    p->interruption_ns + p->hold_down_ns,
		.enabled = p->enabled || (end == ALARM_END_DISABLED &&
		    a->state == ALARM_RAISED),
		.dual = is_dual(g, position),
	});
}

/* An alarm of two active nodes has the last heartbeat of its watch. */
static void
set_last_heartbeat(const struct generation *g, uint32_t position,
    struct mono_time now, struct detect_event *event)
{
	struct detect_watch	 w;

	shared_state_read_watch(g->shared, generation_watch(g, position), now,
	    &w);
	event->received = w.received;
	event->last_heartbeat = w.received ? w.last_wall : WALL_NEVER;
}

/* Sets the evidence to an active node, if there is one besides this host. */
static void
set_node(const struct generation *g, uint32_t position, struct mono_time now,
    struct wall_time at, struct evidence_signal *decided)
{
	const struct dual_sender	*s;
	struct dual			 d;
	unsigned			 i;

	shared_state_read_dual(g->shared, position - g->shared->nwatches, now,
	    &d);
	for (i = 0; i < DUAL_SENDERS; i++) {
		s = &d.senders[i];
		if (s->active_ns == 0 || (s->flags & DUAL_HERE) != 0)
			continue;
		decided->at = at;
		decided->mac = s->mac;
		if (s->address.family != ADDR_NONE)
			addr_set(&decided->address, s->address.family,
			    s->address.octets);
	}
}

/*
 * Applies an event.  With ALARM_END_DISABLED it may be the clear of an active
 * alarm whose watch is disabled now.
 */
static const char *
apply_event(struct agent *agent, const struct engine_event *e,
    const struct engine_check_clocks *clocks, enum alarm_end end)
{
	const struct generation		*g = &agent->current;
	struct agent_alarm		 changed;
	struct detect_event		 event;
	struct wall_time		 at;
	struct engine_check_known	 known;
	struct verdict			 verdict;
	const char			*wrong;

	if (e->watch >= generation_alarms(g))
		return (engine_check_event(e, NULL, clocks, &event, &at));
	known = known_alarm(g, e->watch, end);
	known.read = agent->reports_read;
	wrong = engine_check_event(e, &known, clocks, &event, &at);
	if (wrong != NULL)
		return (wrong);
	if (known.dual)
		set_last_heartbeat(g, e->watch, clocks->now, &event);
	changed = agent_alarm_at(agent, e->watch);
	g->changed[e->watch] = event.at;
	if ((event.transition == DETECT_RAISED) != known.dual)
		g->used[e->watch] = engine_check_used(&known);
	if (event.transition == DETECT_RAISED) {
		g->raised[e->watch] = event.at;
		verdict = diagnose_raise(agent, e->watch, &event, at);
		if (known.dual)
			set_node(g, e->watch, clocks->now, at,
			    &verdict.decided);
		agent_raise(agent, &changed, &event, &verdict, at);
		diagnose_raised(agent, &changed);
	} else {
		if (end == ALARM_END_HEARTBEAT)
			diagnose_clear(agent, &changed, at);
		agent_clear(agent, &changed, &event, at, end);
	}
	return (NULL);
}

const char *
agent_event(struct agent *agent, const struct engine_event *e,
    const struct engine_check_clocks *clocks)
{
	return (apply_event(agent, e, clocks, ALARM_END_HEARTBEAT));
}

const char *
agent_capture_event(struct agent *agent, struct engine_message *m,
    struct wall_time now)
{
	const char	*wrong;

	wrong = engine_check_capture(m, agent->current.shared->ncaptures);
	if (wrong != NULL)
		return (wrong);
	/* A capture is not blind while its interface is down. */
	if (m->state == SHARED_CAPTURE_FAILED)
		agent_notify_blind(agent, m->capture, true, m->text, now);
	else if (agent->engine_fault == NULL)
		agent_notify_blind(agent, m->capture, false, m->text, now);
	return (NULL);
}

const char *
agent_evidence(struct agent *agent, struct engine_evidence *e,
    const struct engine_check_clocks *clocks)
{
	const struct configuration	*config = agent->current.config;
	struct engine_check_known	 known = { .enabled = false };
	const char			*wrong;

	if (e->watch >= config->nwatches)
		return (engine_check_evidence(e, NULL, clocks->wall));
	known.enabled = config->watches[e->watch]->profile->enabled;
	wrong = engine_check_evidence(e, &known, clocks->wall);
	if (wrong == NULL)
		diagnose_evidence(agent, e->watch, &e->evidence,
		    e->has_event == 0, clocks->wall);
	return (wrong);
}

const char *
agent_report_watch(const struct agent *agent, const struct engine_report *r)
{
	const struct configuration	*config = agent->current.config;
	uint32_t			 watch = UINT32_MAX;

	if (r->type == ENGINE_EVENT)
		watch = r->event->watch;
	else if (r->type == ENGINE_EVIDENCE)
		watch = r->evidence->watch;
	return (watch < config->nwatches ? config->watches[watch]->name :
	    NULL);
}

/* ---- missing reports */

/*
 * Rebuilds the event of a transition from the times in the row.  `last`: it is
 * the last one that the row has.
 */
static struct engine_event
event_of_row(const struct detect_watch *w, uint32_t number, bool last)
{
	struct engine_event	 e = {
		.number = number,
		.last_heartbeat = w->received ? w->last_wall : WALL_NEVER,
		.received = w->received,
		.stopping = w->stopping,
	};

	if (number % 2 == 1) {
		e.transition = DETECT_RAISED;
		e.at = w->raised_at;
	} else {
		e.transition = DETECT_CLEARED;
		/* If a raise followed this clear, raised_at is later. */
		e.at = last ? mono_max(w->last, w->raised_at) :
		    mono_min(w->last, w->raised_at);
	}
	return (e);
}

/*
 * Applies the transitions that the row has and the alarm has not.  The row has
 * only the times of the last raise and of the last clear, so of a longer series
 * the last one or two are applied.  False when the row is wrong.
 */
static bool
apply_row(struct agent *agent, uint32_t i, const struct detect_watch *w,
    const struct engine_check_clocks *clocks)
{
	const struct alarm	*a = &agent->current.alarms[i];
	uint32_t		 missing = w->transitions - a->transitions;
	struct engine_event	 e;
	unsigned		 n;

	if (missing > INT32_MAX)
		return (false);
	for (n = missing == 0 ? 0 : missing % 2 == 0 ? 2 : 1; n > 0; n--) {
		e = event_of_row(w, a->transitions + 1, n == 1);
		e.watch = i;
		/* The row of a disabled watch has no times any more. */
		if (!w->enabled)
			e.at = mono_max(clocks->now,
			    agent->current.changed[i]);
		e.at_wall = wall_add(clocks->wall,
		    mono_sub(e.at, clocks->now));
		if (apply_event(agent, &e, clocks, w->enabled ?
		    ALARM_END_HEARTBEAT : ALARM_END_DISABLED) != NULL)
			return (false);
	}
	return (true);
}

/* The next engine counts on from the number and the time of the agent. */
static void
set_row(const struct agent *agent, uint32_t i, struct detect_watch *row)
{
	const struct alarm	*a = &agent->current.alarms[i];
	struct mono_time	 changed = agent->current.changed[i];

	row->transitions = a->transitions;
	row->raised = a->state == ALARM_RAISED;
	if (row->raised)
		row->raised_at = changed;
	else
		row->last = mono_max(row->last, changed);
}

/* ---- the same for the alarms of two active nodes */

/* As apply_row; `position` is that of the alarm. */
static bool
apply_dual(struct agent *agent, uint32_t position, const struct dual *d,
    const struct engine_check_clocks *clocks)
{
	const struct alarm	*a = &agent->current.alarms[position];
	uint32_t		 missing = d->transitions - a->transitions;
	struct engine_event	 e = { .watch = position };
	unsigned		 n;

	if (missing > INT32_MAX)
		return (false);
	for (n = missing == 0 ? 0 : missing % 2 == 0 ? 2 : 1; n > 0; n--) {
		e.number = a->transitions + 1;
		e.transition = e.number % 2 == 1 ? DETECT_RAISED :
		    DETECT_CLEARED;
		e.at = e.number % 2 == 1 ? d->raised_at : d->cleared_at;
		e.at_wall = wall_add(clocks->wall,
		    mono_sub(e.at, clocks->now));
		if (apply_event(agent, &e, clocks, ALARM_END_HEARTBEAT) != NULL)
			return (false);
	}
	return (true);
}

/* The next engine counts on from the number and the time of the agent. */
static void
set_dual(const struct agent *agent, uint32_t position, struct dual *row,
    struct mono_time now)
{
	const struct alarm	*a = &agent->current.alarms[position];
	struct mono_time	 changed = agent->current.changed[position];
	bool			 raised = a->state == ALARM_RAISED;

	if (row->transitions != a->transitions || row->raised != raised)
		dual_restore(row, a->transitions, raised, changed, now);
	if (raised)
		row->raised_at = changed;
	else
		row->cleared_at = changed;
}

/* Applies missing reports, and returns the number of wrong rows. */
static unsigned
reconcile_duals(struct agent *agent, const struct engine_check_clocks *clocks)
{
	const struct generation	*g = &agent->current;
	struct dual		*row, d;
	uint32_t		 i, position;
	unsigned		 wrong = 0;

	for (i = 0; i < g->shared->positions.nduals; i++) {
		position = (uint32_t)g->shared->nwatches + i;
		row = &g->shared->duals[i];
		dual_read(row, &d);
		if (d.transitions != g->alarms[position].transitions)
			wrong += !apply_dual(agent, position, &d, clocks);
		set_dual(agent, position, row, clocks->now);
	}
	return (wrong);
}

/*
 * The priority of a line about invalid rows.  If many engines leave such rows,
 * most of the lines are for troubleshooting only.
 */
static int
invalid_priority(struct agent *agent, struct mono_time now)
{
	return (rate_limit_allows(&agent->invalid_rows, INVALID_NS,
	    INVALID_BURST, now) ? LOG_WARNING : LOG_DEBUG);
}

/* Finds the first wrong row, and counts them. */
static void
reconcile_watches(struct agent *agent,
    const struct engine_check_clocks *clocks)
{
	const struct configuration	*config = agent->current.config;
	struct detect_watch		*row, w;
	uint32_t			 i, first = 0;
	unsigned			 wrong = reconcile_duals(agent, clocks);

	if (wrong > 0)
		log_message(invalid_priority(agent, clocks->now), 0,
		    "the engine left invalid values of %u alarm%s of two "
		    "active nodes; these alarms are unchanged", wrong,
		    wrong == 1 ? "" : "s");
	for (i = 0, wrong = 0; i < config->nwatches; i++) {
		row = &agent->current.shared->watches[i];
		if (row->transitions != agent->current.alarms[i].transitions) {
			detect_watch_read(row, &w);
			if (!apply_row(agent, i, &w, clocks) && wrong++ == 0)
				first = i;
		}
		set_row(agent, i, row);
	}
	if (wrong > 0)
		log_message(invalid_priority(agent, clocks->now), 0,
		    "the engine left invalid values of watch \"%s\" and %u "
		    "more; their alarms are unchanged",
		    config->watches[first]->name, wrong - 1);
}

void
agent_reconcile(struct agent *agent, struct mono_time now,
    struct wall_time wall)
{
	const struct engine_check_clocks	 clocks = { now, wall };
	const struct shared_state		*shared = agent->current.shared;
	uint32_t				 i;

	shared_state_sanitize(agent->current.shared, agent->current.config,
	    now);
	reconcile_watches(agent, &clocks);
	for (i = 0; i < shared->ncaptures && agent->engine_fault == NULL; i++)
		agent_notify_blind(agent, i, shared->captures[i].state ==
		    SHARED_CAPTURE_FAILED, NULL, wall);
}

void
agent_distrust(struct agent *agent, struct mono_time now)
{
	struct shared_state	*shared = agent->current.shared;
	struct detect_watch	*row;
	struct dual		*dual;
	uint32_t		 i;

	shared_state_sanitize(shared, agent->current.config, now);
	for (i = 0; i < shared->ncaptures; i++)
		shared->captures[i].listening = false;
	for (i = 0; i < shared->nwatches; i++) {
		row = &shared->watches[i];
		row->last = now;
		row->recovered = 0;
		row->stopping = false;
		set_row(agent, i, row);
	}
	for (i = 0; i < shared->positions.nduals; i++) {
		dual = &shared->duals[i];
		memset(dual->senders, 0, sizeof(dual->senders));
		dual->owner = DUAL_OWNER_UNKNOWN;
		/* Another number, so that all of the alarm is restored. */
		dual->transitions =
		    agent->current.alarms[shared->nwatches + i].transitions + 1;
		set_dual(agent, (uint32_t)shared->nwatches + i, dual, now);
	}
}
