/* SPDX-License-Identifier: BSD-2-Clause */
#include "persistence_batch.h"

/*
 * The most in a batch.  A notification waits for the batch that is being
 * written and for its own.
 */
#define NOTIFICATIONS_MAX	250
#define NAMES_MAX		10000

struct names {
	struct store_batch	*batch;
	uint32_t		 last;		/* the last one to add */
};

static void
add_name(void *arg, uint32_t number, const char *name)
{
	struct names	*names = arg;

	if (number <= names->last)
		store_batch_add_name(names->batch, number, name);
}

static void
add_interface(void *arg, uint32_t number, const char *name)
{
	store_batch_add_interface(arg, number, name);
}

/* Adds new indexes, at most NAMES_MAX unless `all`.  False: there are more. */
static bool
add_indexes(const struct agent *agent, const struct persistence_stored *s,
    bool all, struct store_batch *b)
{
	const struct watch_index	*index = &agent->watch_index;
	struct names			 names = { b, index->last };

	if (!all && index->last - s->last_index > NAMES_MAX)
		names.last = s->last_index + NAMES_MAX;
	watch_index_each(index, s->last_index, add_name, &names);
	watch_index_each(&agent->capture_index, s->last_capture,
	    add_interface, b);
	return (names.last == index->last);
}

static void
add_alarm(const struct generation *g, size_t position, struct store_batch *b)
{
	const struct alarm		*a = &g->alarms[position];
	const struct notification	 n = {
		.sequence = a->sequence,
		.event = a->state == ALARM_RAISED ? NOTIFICATION_RAISED :
		    NOTIFICATION_CLEARED,
		.time = a->state == ALARM_RAISED ? a->raised : a->cleared,
		.watch_index = generation_index(g, position),
		.alarm = *a,
		.watch = generation_alarm_watch(g, position),
	};

	store_batch_add_alarm(b, &n);
}

static void
add_alarms(const struct generation *g, struct store_batch *b)
{
	size_t	 i;

	for (i = 0; i < generation_alarms(g); i++)
		if (g->alarms[i].count > 0 || g->alarms[i].operator != NULL)
			add_alarm(g, i, b);
}

/*
 * Adds the active alarms with a new verdict.  False: the last notification of
 * one is not on disk, and would replace it.
 */
static bool
add_verdicts(const struct agent *agent, const struct persistence_stored *s,
    struct store_batch *b)
{
	const struct generation	*g = &agent->current;
	const struct alarm	*a;
	uint32_t		 position, i;
	bool			 all = true;

	if (agent->verdict_changes == s->verdicts)
		return (true);
	for (i = 0; i < g->active.count; i++) {
		position = g->by_alarm[rank_set_nth(&g->active, i)];
		a = &g->alarms[position];
		if (a->verdict_change <= s->verdicts)
			continue;
		if (a->sequence <= agent->outbox.stored)
			add_alarm(g, position, b);
		else
			all = false;
	}
	return (all);
}

/*
 * Adds the present state of all alarms for a file that will not get all
 * notifications.
 */
static void
add_present_state(const struct agent *agent, struct store_batch *b)
{
	b->counters.serial = agent->serial;
	b->counters.last_change = agent->last_change;
	/* All in this batch: the alarms include their effect. */
	b->counters.sequence = outbox_oldest(&agent->outbox) - 1;
	add_alarms(&agent->current, b);
}

static void
add_blind(const struct agent *agent, struct store_batch *b)
{
	const struct generation	*g = &agent->current;
	size_t			 i;

	for (i = 0; i < g->shared->ncaptures; i++)
		if (g->captures[i].notified_blind)
			store_batch_add_blind(b, g->shared->names[i]);
}

/* Adds up to `most` notifications, and counts them. */
static void
add_notifications(const struct outbox *box, size_t most, struct store_batch *b)
{
	struct store_counters		*c = &b->counters;
	const struct notification	*n;

	while (most-- > 0 && (n = outbox_find(box, c->sequence + 1)) != NULL) {
		store_batch_add_notification(b, n);
		c->sequence++;
		if (n->event != NOTIFICATION_RAISED &&
		    n->event != NOTIFICATION_CLEARED)
			continue;
		c->last_change = n->time;
		/* After a shelf, a raise with an old serial is notified. */
		if (n->alarm.serial > c->serial)
			c->serial = n->alarm.serial;
	}
}

uint32_t
persistence_history_start(const struct agent *agent, uint32_t sequence)
{
	uint32_t	 size = agent->current.config->history;
	uint32_t	 oldest, storm;

	oldest = history_window_start(&agent->outbox.window, sequence, size);
	storm = storm_oldest(&agent->storm, agent->outbox.delivered, size);
	return (oldest < storm ? oldest : storm);
}

/* The oldest notification to keep on disk; all undelivered ones are kept. */
static uint32_t
oldest_to_keep(const struct agent *agent, uint32_t sequence)
{
	uint32_t	 oldest = persistence_history_start(agent, sequence);

	return (oldest > agent->outbox.delivered + 1 ?
	    agent->outbox.delivered + 1 : oldest);
}

/* Adds what is not on disk, and what a new file needs. */
static void
fill(const struct agent *agent, const struct persistence_stored *s,
    struct store_batch *b)
{
	const struct outbox	*box = &agent->outbox;
	struct store_counters	*c = &b->counters;
	/* They are on disk, but not with their present content. */
	uint32_t		 outdated = c->sequence - box->stored;
	size_t			 most = NOTIFICATIONS_MAX + outdated;
	uint32_t		 oldest = s->oldest;
	bool			 all = b->everything || outbox_has_gap(box);
	bool			 newest;

	c->sequence = box->stored;
	b->verdicts = agent->verdict_changes;
	if (!all && !add_verdicts(agent, s, b))
		b->verdicts = s->verdicts;
	if (all) {
		add_present_state(agent, b);
		add_blind(agent, b);
		most = box->count;
		oldest = outbox_oldest(box);
	}
	/* Only a stored index may be in a notification. */
	if (add_indexes(agent, s, all || outdated > 0, b))
		add_notifications(box, most, b);
	c->delivered = box->delivered < c->sequence ? box->delivered :
	    c->sequence;
	if (oldest < oldest_to_keep(agent, c->sequence))
		oldest = oldest_to_keep(agent, c->sequence);
	if (oldest > s->oldest)
		b->delete_before = oldest;
	newest = c->sequence == box->sequence;
	if (!newest)
		(void)store_mark_decide(&b->mark, STORE_MARK_KEPT);
	b->idle = newest && box->pending == 0;
	/* A delivery that is lost with the power is only repeated. */
	b->synced = b->everything || b->notifications.count > 0 ||
	    b->names.count > 0 || b->interfaces.count > 0;
}

struct store_batch *
persistence_batch(const struct agent *agent,
    const struct persistence_stored *s, bool everything, struct mono_time now)
{
	struct store_counters	 c = s->counters;
	struct store_batch	*b;

	c.epoch = agent->epoch;
	b = store_batch_new(now, &c);
	if (b == NULL)
		return (NULL);
	b->everything = everything;
	fill(agent, s, b);
	if (!b->no_memory)
		return (b);
	store_batch_free(b);
	return (NULL);
}
