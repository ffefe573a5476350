/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "agent_alarms.h"
#include "agent_apply.h"
#include "agent_captures.h"
#include "base/log.h"
#include "diagnose.h"
#include "evidence_writer.h"
#include "operator.h"
#include "flapping.h"
#include "persistence.h"
#include "reminder.h"

/* ---- alarms of the previous generation */

/* Interned texts are equal if their addresses are; names are not interned. */
static bool
same_key(const struct configuration_watch *a,
    const struct configuration_watch *b)
{
	const struct configuration_profile	*p = a->profile;
	const struct configuration_profile	*q = b->profile;

	return (p->source == q->source && p->service == q->service &&
	    p->role == q->role && p->host == q->host &&
	    p->alarm->id == q->alarm->id && strcmp(a->name, b->name) == 0);
}

/* As agent_clear() does for an active alarm that the configuration ends. */
static void
end_withholding(struct agent *agent, const struct agent_alarm *old,
    struct wall_time now)
{
	flapping_end(agent, old, now);
	operator_end(agent, old, OPERATOR_CONFIGURATION, now);
}

/*
 * Clears an alarm that the configuration no longer has, if it is active, and
 * ends its shelf and its chattering.
 */
static void
end_alarm(struct agent *agent, const struct agent_alarm *old,
    enum alarm_end end, struct wall_time now)
{
	struct detect_event	 event = {
		.transition = DETECT_CLEARED,
		.number = old->alarm->transitions + 1,
		.last_heartbeat = old->alarm->last_heartbeat,
		.duration_ns = wall_sub(now, old->alarm->raised),
	};

	if (old->alarm->state == ALARM_RAISED)
		agent_clear(agent, old, &event, now, end);
	else
		end_withholding(agent, old, now);
}

/*
 * The silence of an active alarm in nanoseconds.  The wall clock may have been
 * set since, so it is at least the time after which the alarm was raised.
 */
static int64_t
silence_of(const struct agent_alarm *old, struct wall_time now)
{
	const struct configuration_profile	*p = old->watch->profile;
	const struct alarm			*a = old->alarm;
	int64_t					 ns, least_ns;

	ns = wall_sub(now, wall_is_never(a->last_heartbeat) ? a->raised :
	    a->last_heartbeat);
	least_ns = (a->flags & ALARM_DUAL) != 0 ? 0 :
	    p->interruption_ns + p->hold_down_ns;
	return (ns > least_ns ? ns : least_ns);
}

/*
 * Continues the alarm at a position.  With the same hbwAlarmKey it stays the
 * same alarm.  Otherwise, if it is active, it is cleared, and an alarm with the
 * new key is raised.
 */
static void
keep_alarm(struct agent *agent, struct generation *g, size_t position,
    const struct agent_alarm *old, struct wall_time now)
{
	struct detect_event	 event = {
		.transition = DETECT_CLEARED,
		.number = old->alarm->transitions,
		.last_heartbeat = old->alarm->last_heartbeat,
	};
	struct agent_alarm	 new = {
		&g->alarms[position], generation_alarm_watch(g, position),
		old->index,
	};
	bool			 raised = old->alarm->state == ALARM_RAISED;
	struct verdict		 verdict = alarm_verdict(old->alarm);

	if (same_key(new.watch, old->watch)) {
		*new.alarm = *old->alarm;
		(void)operator_action_share(new.alarm->operator);
		/* The last run may have ended between two transactions. */
		agent_notify_difference(agent, &new, now);
		if (raised) {
			/* Its severity may have changed. */
			agent_count_active(agent, old->watch, -1);
			agent_count_active(agent, new.watch, 1);
		}
		/* For the other alarm, agent_reconcile() does that. */
		if (alarm_positions_is_dual(&g->shared->positions, position) &&
		    !new.watch->profile->enabled)
			end_alarm(agent, &new, ALARM_END_DISABLED, now);
		return;
	}
	if (raised)
		agent_clear(agent, old, &event, now, ALARM_END_REKEYED);
	else
		end_withholding(agent, old, now);
	/* It is odd while the alarm is active. */
	new.alarm->transitions = old->alarm->transitions +
	    (raised && !new.watch->profile->enabled);
	if (!raised || !new.watch->profile->enabled)
		return;
	event.transition = DETECT_RAISED;
	event.dual = alarm_positions_is_dual(&g->shared->positions, position);
	event.received = !wall_is_never(event.last_heartbeat);
	event.silence_ns = silence_of(old, now);
	g->raised[position] = agent->now;
	agent_raise(agent, &new, &event, &verdict, now);
}

/*
 * If the watch is still configured, only its alarm of two active nodes was
 * removed.
 */
static void
remove_alarm(struct agent *agent, const struct generation *g,
    const struct agent_alarm *old, struct wall_time now)
{
	end_alarm(agent, old, generation_find(g, old->index) == SIZE_MAX ?
	    ALARM_END_REMOVED : ALARM_END_NO_ALARM, now);
}

static void
keep_captures(const struct generation *old, struct generation *g)
{
	uint32_t	 i, found;

	for (i = 0; i < old->shared->ncaptures; i++) {
		found = shared_state_find_capture(g->shared,
		    old->shared->names[i]);
		if (found == UINT32_MAX)
			continue;
		g->captures[found].restarts = old->captures[i].restarts;
		g->captures[found].notified_blind =
		    old->captures[i].notified_blind;
		g->captures[found].deferred = old->captures[i].deferred;
		g->captures[found].limit = old->captures[i].limit;
	}
}

static void
take_over_reload(struct agent *agent, struct generation *g,
    struct wall_time now)
{
	const struct generation	*previous = &agent->current;
	struct agent_alarm	 old;
	size_t			 i;
	uint32_t		 before;

	shared_state_take_over(g->shared, g->config, previous->shared,
	    previous->config, g->before, agent->now);
	for (i = 0; i < g->nremoved; i++) {
		old = agent_alarm_at(agent, g->removed[i]);
		remove_alarm(agent, g, &old, now);
	}
	for (i = 0; i < generation_alarms(g); i++) {
		before = generation_before(g, previous, i);
		if (before == SHARED_STATE_NEW)
			continue;
		g->changed[i] = previous->changed[before];
		if (previous->alarms[before].transitions == 0 &&
		    previous->alarms[before].operator == NULL)
			continue;
		g->used[i] = previous->used[before];
		g->raised[i] = previous->raised[before];
		old = agent_alarm_at(agent, before);
		keep_alarm(agent, g, i, &old, now);
	}
	keep_captures(previous, g);
}

/* ---- alarms of the last run */

/* No alarm changes more often.  A larger number must not become invalid. */
#define TRANSITIONS_MAX	(UINT32_C(1) << 30)

struct restoring {
	struct agent		*agent;
	struct generation	*generation;
	struct wall_time	 now;
};

/*
 * Converts a wall-clock time by its age.  The clock may have been set since, so
 * the result is never later than agent->now, which is also that of WALL_NEVER.
 */
static struct mono_time
mono_of(const struct agent *agent, struct wall_time then, struct wall_time now)
{
	int64_t	 age_ns = wall_sub(now, then);

	return (mono_add(agent->now, age_ns > 0 && !wall_is_never(then) ?
	    -age_ns : 0));
}

static void
restore_watch(const struct restoring *to, size_t i, const struct alarm *a)
{
	detect_watch_restore(&to->generation->shared->watches[i],
	    a->transitions, a->state == ALARM_RAISED,
	    mono_of(to->agent, a->raised, to->now), a->last_heartbeat);
}

static void
restore_dual(const struct restoring *to, size_t position,
    const struct alarm *a)
{
	struct shared_state	*shared = to->generation->shared;

	dual_restore(&shared->duals[position - shared->nwatches],
	    a->transitions, a->state == ALARM_RAISED,
	    mono_of(to->agent, a->raised, to->now), to->agent->now);
}

/* Stores and notifies the new times of a shelf, unless it has just ended. */
static void
shelve_again(const struct restoring *to, size_t i,
    const struct agent_alarm *old)
{
	struct agent_alarm	 new = {
		&to->generation->alarms[i],
		generation_alarm_watch(to->generation, i), old->index,
	};

	if (alarm_operator_state(new.alarm) == OPERATOR_SHELVED)
		agent_change(to->agent, &new, OPERATOR_CHANGE_SHELVED,
		    to->now);
}

static bool
restore_alarm(void *arg, struct notification *n)
{
	struct restoring	*to = arg;
	struct agent_alarm	 old = { &n->alarm, n->watch, n->watch_index };
	bool			 raised = n->alarm.state == ALARM_RAISED;
	bool			 dual = (n->alarm.flags & ALARM_DUAL) != 0;
	bool			 shelved_again;
	size_t			 i;

	/* It is odd while raised, but a changed key may have broken that. */
	if ((n->alarm.transitions % 2 != 0) != raised)
		n->alarm.transitions++;
	/* Version 0.2.0 stored any number that its engine sent. */
	if (n->alarm.transitions > TRANSITIONS_MAX)
		n->alarm.transitions %= 2;
	shelved_again = operator_restore(n->alarm.operator, to->agent->now,
	    to->now);
	if (raised)
		agent_count_active(to->agent, n->watch, 1);
	/* hbwWatchIndex belongs to a name: the same index is the same watch. */
	i = generation_find_alarm(to->generation, n->watch_index, dual);
	if (i == SIZE_MAX) {
		remove_alarm(to->agent, to->generation, &old, to->now);
	} else {
		to->generation->changed[i] = mono_of(to->agent, raised ?
		    n->alarm.raised : n->alarm.cleared, to->now);
		to->generation->raised[i] = mono_of(to->agent, n->alarm.raised,
		    to->now);
		if (dual)
			restore_dual(to, i, &n->alarm);
		else
			restore_watch(to, i, &n->alarm);
		keep_alarm(to->agent, to->generation, i, &old, to->now);
		if (shelved_again)
			shelve_again(to, i, &old);
	}
	notification_release(n);
	return (true);
}

static void
take_over_restart(struct agent *agent, struct generation *g,
    struct wall_time now)
{
	struct restoring	 to = { agent, g, now };

	/* Storms come first, because removing an alarm may add to one. */
	persistence_storms(agent);
	persistence_alarms(agent->persistence, restore_alarm, &to);
}

/* ---- blind interfaces, when the new generation is in effect */

/*
 * Without this, a receiver would have a blind interface for ever: no engine
 * reports anything about an interface that no watch uses.
 */
static void
end_removed_captures(struct agent *agent, const struct generation *old,
    struct wall_time now)
{
	size_t	 i;

	for (i = 0; i < old->shared->ncaptures; i++)
		if (old->captures[i].notified_blind &&
		    shared_state_find_capture(agent->current.shared,
		    old->shared->names[i]) == UINT32_MAX)
			agent_notify_not_monitored(agent,
			    old->shared->names[i], old->captures[i].index,
			    now);
}

static bool
restore_blind(void *arg, const char *interface)
{
	struct restoring	*to = arg;
	struct shared_capture	*c;
	uint32_t		 i;

	i = shared_state_find_capture(to->generation->shared, interface);
	if (i == UINT32_MAX)
		return (true);
	c = &to->generation->shared->captures[i];
	to->generation->captures[i].notified_blind = true;
	/* If the capture works again, the engine reports it. */
	c->state = SHARED_CAPTURE_FAILED;
	c->source.blind = true;
	return (true);
}

/* The configuration may have changed since the last run. */
static bool
end_blind(void *arg, const char *interface)
{
	const struct restoring	*to = arg;
	struct agent		*agent = to->agent;

	if (shared_state_find_capture(to->generation->shared, interface) ==
	    UINT32_MAX)
		agent_notify_not_monitored(agent, interface,
		    watch_index_find(&agent->capture_index, interface),
		    to->now);
	return (true);
}

static void
restore_captures(struct agent *agent, struct wall_time now)
{
	struct restoring	 to = { agent, &agent->current, now };

	persistence_blind(agent->persistence, restore_blind, &to);
	/* Now the number of blind watches is known. */
	persistence_blind(agent->persistence, end_blind, &to);
}

/* ---- configuration */

void
agent_apply(struct agent *agent, struct generation *next,
    struct wall_time now)
{
	struct generation	 old;
	size_t			 i;

	for (i = 0; i < generation_alarms(next); i++)
		next->changed[i] = agent->now;
	/* This comes first, because taking over alarms may raise some. */
	if (!storm_configure(&agent->storm, next->config->storm.limit,
	    next->config->storm.window_ns))
		log_errx("alarm storms are not summarised: out of memory");
	if (agent->current.config != NULL)
		take_over_reload(agent, next, now);
	else if (agent->persistence != NULL)
		take_over_restart(agent, next, now);
	generation_forget_old(next);
	generation_list_active(next);
	old = agent->current;
	agent->current = *next;
	*next = old;
	operator_apply(agent, now);
	reminder_apply(agent);
	flapping_apply(agent, now);
	agent->config_time = now;
	agent->configured++;
	if (old.config != NULL)
		end_removed_captures(agent, &old, now);
	else if (agent->persistence != NULL)
		restore_captures(agent, now);
	if (agent->diagnose != NULL)
		diagnose_configure(agent->diagnose, agent->current.config);
	evidence_writer_limit(agent->evidence_writer,
	    agent->current.config->evidence_files);
	evidence_writer_rings(agent->evidence_writer,
	    agent->current.shared->rings);
}

bool
agent_configure(struct agent *agent, struct configuration *config,
    struct shared_state *shared, struct wall_time now)
{
	struct generation	 next;

	if (!generation_new(&next, &agent->watch_index, &agent->capture_index,
	    &agent->current, config, shared))
		return (false);
	agent_apply(agent, &next, now);
	generation_free(&next);
	return (true);
}
