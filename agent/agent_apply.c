/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "agent_apply.h"
#include "base/log.h"
#include "persistence.h"

/* ---- what was */

/* An alarm of before. */
struct former {
	struct alarm			*alarm;
	struct configuration_watch	*watch;
	uint32_t			 index;
};

/* Shared texts are equal when they are the same; names are not shared. */
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

/* An alarm that was there under the same key is the same alarm. */
static void
carry_alarm(struct agent *agent, struct generation *c, size_t i,
    const struct former *old, struct wall_time now)
{
	struct detect_event	 event = {
		.transition = DETECT_CLEARED,
		.number = old->alarm->transitions,
		.last_heartbeat = old->alarm->last_heartbeat,
	};
	struct configuration_watch	*w = c->config->watches[i];
	struct alarm			*a = &c->alarms[i];
	bool				 raised;

	raised = old->alarm->state == ALARM_RAISED;
	if (raised && !same_key(w, old->watch))
		agent_clear(agent, old->alarm, old->watch, old->index, &event,
		    now, ALARM_END_REKEYED);
	else if (raised)
		/* Counted by the severity that it now has. */
		agent_count_active(agent, old->watch, -1);
	if (same_key(w, old->watch)) {
		*a = *old->alarm;
		if (raised)
			agent_count_active(agent, w, 1);
		return;
	}
	a->transitions = old->alarm->transitions;
	if (!raised || !w->profile->enabled)
		return;
	event.transition = DETECT_RAISED;
	event.received = !wall_is_never(event.last_heartbeat);
	event.silence_ns = wall_sub(now, event.received ? event.last_heartbeat :
	    old->alarm->raised);
	agent_raise(agent, a, w, old->index, &event, now);
}

static void
remove_alarm(struct agent *agent, const struct former *old,
    struct wall_time now)
{
	struct detect_event	 event = {
		.transition = DETECT_CLEARED,
		.number = old->alarm->transitions + 1,
		.last_heartbeat = old->alarm->last_heartbeat,
		.duration_ns = wall_sub(now, old->alarm->raised),
	};

	if (old->alarm->state == ALARM_RAISED)
		agent_clear(agent, old->alarm, old->watch, old->index, &event,
		    now, ALARM_END_REMOVED);
}

static void
carry_captures(const struct agent *agent, struct generation *c)
{
	uint32_t	 i, found;

	for (i = 0; i < agent->current.shared->ncaptures; i++) {
		found = shared_state_find_capture(c->shared, agent->current.shared->names[i]);
		if (found != UINT32_MAX)
			c->captures[found] = agent->current.captures[i];
	}
}

static struct former
former_of(const struct agent *agent, uint32_t i)
{
	return ((struct former){
		&agent->current.alarms[i], agent->current.config->watches[i],
		agent->current.indexes[i],
	});
}

static void
take_over_reload(struct agent *agent, struct generation *c, struct wall_time now)
{
	struct former	 old;
	size_t		 i;

	shared_state_take_over(c->shared, c->config, agent->current.shared, agent->current.config, c->before,
	    agent->now);
	for (i = 0; i < c->nremoved; i++) {
		old = former_of(agent, c->removed[i]);
		remove_alarm(agent, &old, now);
	}
	for (i = 0; i < c->config->nwatches; i++) {
		if (c->before[i] == SHARED_STATE_NEW ||
		    agent->current.alarms[c->before[i]].transitions == 0)
			continue;
		old = former_of(agent, c->before[i]);
		carry_alarm(agent, c, i, &old, now);
	}
	carry_captures(agent, c);
}

/* ---- what was, of the last run */

struct restoring {
	struct agent		*agent;
	struct generation		*generation;
	struct wall_time	 now;
};

/* How long ago it was by the wall clock, which may have been set since. */
static struct mono_time
mono_of(const struct agent *agent, struct wall_time then, struct wall_time now)
{
	int64_t	 ago_ns = wall_sub(now, then);

	return (mono_add(agent->now, ago_ns > 0 ? -ago_ns : 0));
}

static bool
take_alarm(void *arg, struct notification *n)
{
	struct restoring	*from = arg;
	struct former		 old = { &n->alarm, n->watch, n->watch_index };
	size_t			 i = generation_find(from->generation, n->watch_index);

	/* Odd while it stands; that of a key that is no more need not be. */
	if ((n->alarm.transitions % 2 != 0) !=
	    (n->alarm.state == ALARM_RAISED))
		n->alarm.transitions++;
	if (n->alarm.state == ALARM_RAISED)
		agent_count_active(from->agent, n->watch, 1);
	if (i != SIZE_MAX)
		detect_watch_restore(&from->generation->shared->watches[i],
		    n->alarm.transitions, n->alarm.state == ALARM_RAISED,
		    mono_of(from->agent, n->alarm.raised, from->now),
		    n->alarm.last_heartbeat);
	/* hbwWatchIndex belongs to a name: the same index is the same watch. */
	if (i != SIZE_MAX)
		carry_alarm(from->agent, from->generation, i, &old, from->now);
	else
		remove_alarm(from->agent, &old, from->now);
	notification_release(n);
	return (true);
}

static bool
take_blind(void *arg, const char *interface)
{
	struct restoring	*from = arg;
	struct shared_capture	*c;
	uint32_t		 i;

	i = shared_state_find_capture(from->generation->shared, interface);
	if (i == UINT32_MAX)
		return (true);
	c = &from->generation->shared->captures[i];
	from->generation->captures[i].notified_blind = true;
	/* So that the engine reports it when it is otherwise. */
	c->state = SHARED_CAPTURE_FAILED;
	c->source.blind = true;
	return (true);
}

static void
take_over_restart(struct agent *agent, struct generation *c, struct wall_time now)
{
	struct restoring	 from = { agent, c, now };

	/* Before what alarms that go may add to it. */
	persistence_storms(agent);
	persistence_alarms(agent->persistence, take_alarm, &from);
	persistence_blind(agent->persistence, take_blind, &from);
}

/* ---- configuration */

void
agent_apply(struct agent *agent, struct generation *next,
    struct wall_time now)
{
	struct generation	 old;

	/* First: what is carried over may raise and clear, too. */
	if (!storm_configure(&agent->storm, next->config->storm_limit,
	    next->config->storm_window_ns))
		log_warnx("out of memory: storms are told in full");
	if (agent->current.config != NULL)
		take_over_reload(agent, next, now);
	else if (agent->persistence != NULL)
		take_over_restart(agent, next, now);
	generation_forget_old(next);
	old = agent->current;
	agent->current = *next;
	*next = old;
	agent->config_time = now;
	agent_order_captures(agent);
}

bool
agent_configure(struct agent *agent, struct configuration *config,
    struct shared_state *shared, struct wall_time now)
{
	struct generation	 next;

	if (!generation_new(&next, &agent->watch_index, &agent->current,
	    config, shared))
		return (false);
	agent_apply(agent, &next, now);
	generation_free(&next);
	return (true);
}
