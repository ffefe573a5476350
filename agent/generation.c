/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "generation.h"
#include "persistence.h"

/* What the agent has at this moment. */
static struct generation
generation_of(const struct agent *agent)
{
	return ((struct generation){
		.config = agent->config, .shared = agent->shared,
		.alarms = agent->alarms, .indexes = agent->indexes,
		.by_index = agent->by_index, .by_alarm = agent->by_alarm,
		.captures = agent->captures,
	});
}

void
generation_swap(struct agent *agent, struct generation *c)
{
	struct generation	 old = generation_of(agent);

	agent->config = c->config;
	agent->shared = c->shared;
	agent->alarms = c->alarms;
	agent->indexes = c->indexes;
	agent->by_index = c->by_index;
	agent->by_alarm = c->by_alarm;
	agent->captures = c->captures;
	free(c->before);
	free(c->removed);
	*c = old;
}

void
generation_free(struct generation *c)
{
	shared_state_free(c->shared);
	configuration_free(c->config);
	free(c->alarms);
	free(c->indexes);
	free(c->by_index);
	free(c->by_alarm);
	free(c->captures);
	free(c->before);
	free(c->removed);
	*c = (struct generation){ 0 };
}

/* ---- new ones */

struct pair {
	uint64_t	 key;
	uint32_t	 position;
};

static int
compare_pairs(const void *a, const void *b)
{
	uint64_t	 x = ((const struct pair *)a)->key;
	uint64_t	 y = ((const struct pair *)b)->key;

	return (x < y ? -1 : x > y);
}

bool
generation_sort(uint32_t *positions, size_t n, const uint64_t *keys)
{
	struct pair	*pairs;
	size_t		 i;

	pairs = calloc(n + 1, sizeof(*pairs));
	if (pairs == NULL)
		return (false);
	for (i = 0; i < n; i++)
		pairs[i] = (struct pair){ keys[i], (uint32_t)i };
	qsort(pairs, n, sizeof(*pairs), compare_pairs);
	for (i = 0; i < n; i++)
		positions[i] = pairs[i].position;
	free(pairs);
	return (true);
}

static bool
number_watches(struct agent *agent, struct generation *c)
{
	const struct configuration	*config = c->config;
	const char			**list;
	size_t				  i;
	bool				  fine;

	list = calloc(config->nwatches + 1, sizeof(*list));
	if (list == NULL)
		return (false);
	for (i = 0; i < config->nwatches; i++)
		list[i] = config->watches[i]->name;
	fine = watch_index_add(&agent->watch_index, list, config->nwatches);
	for (i = 0; fine && i < config->nwatches; i++)
		c->indexes[i] = watch_index_find(&agent->watch_index, list[i]);
	free(list);
	return (fine);
}

static bool
order_watches(struct generation *c)
{
	const struct configuration	*config = c->config;
	uint64_t			*keys;
	size_t				 i;
	bool				 fine;

	keys = calloc(config->nwatches + 1, sizeof(*keys));
	if (keys == NULL)
		return (false);
	for (i = 0; i < config->nwatches; i++)
		keys[i] = c->indexes[i];
	fine = generation_sort(c->by_index, config->nwatches, keys);
	for (i = 0; i < config->nwatches; i++)
		keys[i] |= (uint64_t)config->watches[i]->profile->alarm->id
		    << 32;
	fine = fine && generation_sort(c->by_alarm, config->nwatches, keys);
	free(keys);
	return (fine);
}

/* Which watches are where, and which are gone? */
static bool
compare_with(struct generation *c, const struct configuration *old)
{
	bool	*stays;
	size_t	 i;

	c->before = shared_state_old_positions(c->config, old);
	c->removed = calloc(old->nwatches + 1, sizeof(*c->removed));
	stays = calloc(old->nwatches + 1, sizeof(*stays));
	if (c->before == NULL || c->removed == NULL || stays == NULL) {
		free(stays);
		return (false);
	}
	for (i = 0; i < c->config->nwatches; i++)
		if (c->before[i] != SHARED_STATE_NEW)
			stays[c->before[i]] = true;
	for (i = 0; i < old->nwatches; i++)
		if (!stays[i])
			c->removed[c->nremoved++] = (uint32_t)i;
	free(stays);
	return (true);
}

bool
generation_new(struct generation *c, struct agent *agent, struct configuration *config,
    struct shared_state *shared)
{
	size_t	 i, n = config->nwatches;

	*c = (struct generation){ .config = config, .shared = shared };
	c->alarms = calloc(n + 1, sizeof(*c->alarms));
	c->indexes = calloc(n + 1, sizeof(*c->indexes));
	c->by_index = calloc(n + 1, sizeof(*c->by_index));
	c->by_alarm = calloc(n + 1, sizeof(*c->by_alarm));
	c->captures = calloc(shared->ncaptures + 1, sizeof(*c->captures));
	if (c->alarms == NULL || c->indexes == NULL || c->by_index == NULL ||
	    c->by_alarm == NULL || c->captures == NULL ||
	    !number_watches(agent, c) || !order_watches(c) ||
	    (agent->config != NULL && !compare_with(c, agent->config))) {
		c->config = NULL;
		c->shared = NULL;
		generation_free(c);
		return (false);
	}
	for (i = 0; i < n; i++)
		alarm_init(&c->alarms[i]);
	return (true);
}

size_t
generation_find(const struct generation *c, uint32_t index)
{
	size_t	 low = 0, high = c->config->nwatches, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (c->indexes[c->by_index[middle]] < index)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < c->config->nwatches &&
	    c->indexes[c->by_index[low]] == index)
		return (c->by_index[low]);
	return (SIZE_MAX);
}

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

	for (i = 0; i < agent->shared->ncaptures; i++) {
		found = shared_state_find_capture(c->shared, agent->shared->names[i]);
		if (found != UINT32_MAX)
			c->captures[found] = agent->captures[i];
	}
}

static struct former
former_of(const struct agent *agent, uint32_t i)
{
	return ((struct former){
		&agent->alarms[i], agent->config->watches[i],
		agent->indexes[i],
	});
}

void
generation_take_over(struct agent *agent, struct generation *c, struct wall_time now)
{
	struct former	 old;
	size_t		 i;

	shared_state_take_over(c->shared, c->config, agent->shared, agent->config, c->before,
	    agent->now);
	for (i = 0; i < c->nremoved; i++) {
		old = former_of(agent, c->removed[i]);
		remove_alarm(agent, &old, now);
	}
	for (i = 0; i < c->config->nwatches; i++) {
		if (c->before[i] == SHARED_STATE_NEW ||
		    agent->alarms[c->before[i]].transitions == 0)
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

void
generation_restore(struct agent *agent, struct generation *c, struct wall_time now)
{
	struct restoring	 from = { agent, c, now };

	/* Before what alarms that go may add to it. */
	persistence_storms(agent);
	persistence_alarms(agent->persistence, take_alarm, &from);
	persistence_blind(agent->persistence, take_blind, &from);
}
