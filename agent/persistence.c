/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/log.h"
#include "persistence.h"

/* In one transaction: then SNMP has its turn. */
#define NOTIFICATIONS_AT_ONCE		500

/* That something was delivered may wait so long: it would be sent again. */
#define DELIVERY_NS		(100 * NSEC_PER_MSEC)

#define SAY_NS			(3600 * NSEC_PER_SEC)

struct persistence {
	struct store		*store;
	struct store_counters	 stored;	/* as they are on disk */
	uint32_t		 names;		/* the highest that is there */
	uint32_t		 oldest;	/* notice of it */
	struct mono_time	 due;		/* of the next mere delivery */
	struct notification		 row;		/* the last that was read */
	uint64_t		 given_up;	/* so many were said */
	struct mono_time	 say;		/* when more may be */
};

/* ---- reading */

/* The names of the store, until all are known. */
struct list {
	char		**names;
	uint32_t	 *numbers;
	size_t		  names_capacity;
	size_t		  numbers_capacity;
	size_t		  count;
};

static bool
take_name(void *arg, uint32_t number, const char *name)
{
	struct list	*list = arg;

	if (!array_reserve(&list->names, &list->names_capacity,
	    list->count + 1, sizeof(*list->names)) ||
	    !array_reserve(&list->numbers, &list->numbers_capacity,
	    list->count + 1, sizeof(*list->numbers)))
		return (false);
	list->numbers[list->count] = number;
	list->names[list->count] = strdup(name);
	return (list->names[list->count] != NULL && ++list->count > 0);
}

static bool
read_names(struct agent *agent, struct persistence *r)
{
	struct list	 list = { 0 };
	size_t		 i;
	bool		 fine;

	fine = store_names(r->store, take_name, &list) &&
	    watch_index_restore(&agent->watch_index, (const char *const *)list.names,
	    list.numbers, list.count);
	for (i = 0; i < list.count; i++)
		free(list.names[i]);
	free(list.names);
	free(list.numbers);
	return (fine);
}

static bool
take_waiting(void *arg, struct notification *n)
{
	struct outbox	*box = arg;
	uint32_t	 sequence = n->sequence;
	bool		 summarised = notification_is_summarised(n);

	if (outbox_restore(box, n)) {
		if (summarised)
			outbox_delivered(box, sequence);
		return (true);
	}
	notification_release(n);
	return (false);
}

static bool
read_all(struct agent *agent, struct persistence *r)
{
	struct store_counters	*c = &r->stored;
	bool			 fine;

	fine = read_names(agent, r) &&
	    outbox_init(&agent->outbox, c->delivered) &&
	    store_notifications(r->store, c->delivered, take_waiting,
	    &agent->outbox) && agent->outbox.sequence == c->sequence;
	r->names = agent->watch_index.last;
	r->oldest = store_oldest(r->store);
	if (r->oldest == 0)
		r->oldest = c->sequence + 1;
	return (fine);
}

enum store_result
persistence_open(struct agent *agent, const char *directory)
{
	struct persistence		*r;
	enum store_result	 result;

	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return (STORE_NO_MEMORY);
	result = store_open(&r->store, directory, &r->stored);
	if (result != STORE_OK) {
		free(r);
		return (result);
	}
	agent->persistence = r;
	agent->epoch = r->stored.epoch;
	agent->serial = r->stored.serial;
	agent->last_change = r->stored.last_change;
	outbox_free(&agent->outbox);
	if (!read_all(agent, r)) {
		/* It is replaced with the first transaction. */
		if (store_is_readable(r->store))
			store_set_damaged(r->store);
		outbox_free(&agent->outbox);
		if (!outbox_init(&agent->outbox, r->stored.sequence))
			return (STORE_NO_MEMORY);
	}
	return (STORE_OK);
}

void
persistence_close(struct persistence *r)
{
	if (r == NULL)
		return;
	notification_release(&r->row);
	store_close(r->store);
	free(r);
}

void
persistence_alarms(struct persistence *r, store_take_notification *take, void *arg)
{
	(void)store_alarms(r->store, take, arg);
}

void
persistence_blind(struct persistence *r, store_take_blind *take, void *arg)
{
	(void)store_blind(r->store, take, arg);
}

static bool
take_storm(void *arg, uint32_t sequence, const struct notification_storm *told)
{
	struct agent	*agent = arg;

	storm_told(&agent->storm, told, sequence,
	    agent->persistence->stored.delivered);
	return (true);
}

void
persistence_storms(struct agent *agent)
{
	struct store		*s = agent->persistence->store;
	struct notification_storm	 open;

	(void)store_storms(s, take_storm, agent);
	if (store_open_storm(s, &open))
		storm_resume(&agent->storm, &open, agent->now);
}

/* ---- writing */

static uint32_t
history_size(const struct agent *agent)
{
	return (agent->current.config->history);
}

static void
put_name(void *arg, uint32_t number, const char *name)
{
	store_put_name(arg, number, name);
}

static void
put_alarms(struct agent *agent, struct persistence *r)
{
	struct notification	 n;
	size_t		 i;

	for (i = 0; i < agent->current.config->nwatches; i++) {
		if (agent->current.alarms[i].count == 0)
			continue;
		n = (struct notification){
			.sequence = agent->current.alarms[i].sequence,
			.event = agent->current.alarms[i].state == ALARM_RAISED ?
			    NOTIFICATION_RAISED : NOTIFICATION_CLEARED,
			.watch_index = agent->current.indexes[i],
			.alarm = agent->current.alarms[i],
			.watch = agent->current.config->watches[i],
		};
		n.time = n.event == NOTIFICATION_RAISED ? n.alarm.raised :
		    n.alarm.cleared;
		store_put_alarm(r->store, &n);
	}
}

/*
 * The notices that are here, and the alarms after all of them, also where
 * notices in between were given up.
 */
static void
put_anew(struct agent *agent, struct persistence *r, struct store_counters *c)
{
	c->serial = agent->serial;
	c->last_change = agent->last_change;
	put_alarms(agent, r);
	r->oldest = outbox_oldest(&agent->outbox);
	store_delete_before(r->store, r->oldest);
}

/* A file that is empty gets all that is known. */
static void
put_everything(struct agent *agent, struct persistence *r)
{
	size_t	 i;

	agent->epoch = r->stored.epoch;
	r->names = 0;
	for (i = 0; i < agent->current.shared->ncaptures; i++)
		if (agent->current.captures[i].notified_blind)
			store_put_blind(r->store, agent->current.shared->names[i], true);
}

/* At most so many after that one; returns the last that was put. */
static uint32_t
put_notifications(struct agent *agent, struct persistence *r, struct store_counters *c,
    uint32_t sequence, size_t most)
{
	const struct notification	*n;

	while (most-- > 0) {
		n = outbox_find(&agent->outbox, sequence + 1);
		if (n == NULL)
			break;
		store_put_notification(r->store, n);
		sequence++;
		if (!notification_has_alarm(n))
			continue;
		c->last_change = n->time;
		if (n->event == NOTIFICATION_RAISED)
			c->serial = n->alarm.serial;
	}
	return (sequence);
}

/*
 * Oldest go first, but none that a storm's notification tells of that may not
 * have been read yet.
 */
static uint32_t
oldest_wanted(const struct agent *agent, uint32_t sequence)
{
	uint32_t	 size = history_size(agent), oldest, storm;

	oldest = sequence < size ? 1 : sequence - size + 1;
	storm = storm_oldest(&agent->storm, agent->outbox.delivered, size);
	return (oldest < storm ? oldest : storm);
}

/* And none that still waits. */
static uint32_t
oldest_to_keep(const struct agent *agent, const struct persistence *r,
    uint32_t sequence)
{
	uint32_t	 oldest = oldest_wanted(agent, sequence);

	if (oldest > agent->outbox.delivered + 1)
		oldest = agent->outbox.delivered + 1;
	return (oldest > r->oldest ? oldest : r->oldest);
}

/* False when nothing more can be done now. */
static bool
save_some(struct agent *agent, struct persistence *r, struct mono_time now)
{
	const struct outbox	*box = &agent->outbox;
	struct store_counters	 c = r->stored;
	uint32_t		 oldest;
	bool			 recreated, whole;

	c.epoch = agent->epoch;
	if (!store_begin(r->store, now, &recreated, &c))
		return (false);
	r->stored.epoch = c.epoch;
	if (recreated)
		put_everything(agent, r);
	/* Then at once: the alarms are those after the last of them. */
	whole = recreated || outbox_oldest(box) > box->stored + 1;
	if (whole)
		put_anew(agent, r, &c);
	watch_index_each(&agent->watch_index, r->names, put_name, r->store);
	c.sequence = put_notifications(agent, r, &c, whole ? outbox_oldest(box) - 1 :
	    box->stored, whole ? box->count : NOTIFICATIONS_AT_ONCE);
	c.delivered = box->delivered < c.sequence ? box->delivered :
	    c.sequence;
	oldest = oldest_to_keep(agent, r, c.sequence);
	if (oldest > r->oldest)
		store_delete_before(r->store, oldest);
	store_put_counters(r->store, &c);
	if (!store_commit(r->store, now, c.sequence == box->sequence))
		return (false);
	r->stored = c;
	r->names = agent->watch_index.last;
	r->oldest = oldest;
	outbox_stored(&agent->outbox, c.sequence);
	r->due = mono_add(now, DELIVERY_NS);
	return (true);
}

/* What is there to be written? */
static bool
is_new(const struct agent *agent)
{
	const struct persistence	*r = agent->persistence;

	return (agent->outbox.sequence != agent->outbox.stored ||
	    agent->watch_index.last != r->names);
}

static bool
is_delivered(const struct agent *agent)
{
	return (agent->outbox.delivered != agent->persistence->stored.delivered);
}

struct mono_time
persistence_due(const struct agent *agent, struct mono_time now)
{
	const struct persistence	*r = agent->persistence;

	if (store_is_failing(r->store))
		return (is_new(agent) || is_delivered(agent) ?
		    store_next_retry(r->store) : MONO_NEVER);
	if (is_new(agent))
		return (now);
	return (!is_delivered(agent) ? MONO_NEVER :
	    agent->outbox.pending == 0 ? now : r->due);
}

/* At once, and then once an hour. */
static void
say_given_up(const struct outbox *box, struct persistence *r, struct mono_time now)
{
	if (box->given_up == r->given_up || mono_before(now, r->say))
		return;
	log_warnx("%u notifications wait, and the oldest are given up: %llu "
	    "so far", OUTBOX_MOST, (unsigned long long)box->given_up);
	r->given_up = box->given_up;
	r->say = mono_add(now, SAY_NS);
}

void
persistence_save(struct agent *agent, struct mono_time now, bool all)
{
	struct persistence	*r = agent->persistence;
	bool		 more = true;

	say_given_up(&agent->outbox, r, now);
	if (all)
		store_retry_now(r->store);
	while (more && (all ? is_new(agent) || is_delivered(agent) :
	    !mono_before(now, persistence_due(agent, now)))) {
		more = save_some(agent, r, now);
		if (!all)
			break;
	}
	outbox_trim(&agent->outbox, agent->outbox.sequence + 1 -
	    oldest_wanted(agent, agent->outbox.sequence));
	if (agent->outbox.pending == 0 && !is_new(agent) &&
	    !is_delivered(agent))
		store_checkpoint(r->store);
}

bool
persistence_fails(const struct agent *agent)
{
	return (agent->persistence == NULL || store_is_failing(agent->persistence->store));
}

/* ---- the history */

uint32_t
persistence_oldest(const struct agent *agent)
{
	const struct outbox	*box = &agent->outbox;
	uint32_t		 oldest = outbox_oldest(box);

	/* What is on disk goes before it, unless something is missing. */
	if (agent->persistence == NULL || oldest > box->stored + 1 ||
	    agent->persistence->oldest > oldest)
		return (oldest);
	return (agent->persistence->oldest);
}

const struct notification *
persistence_notification(const struct agent *agent, uint32_t sequence)
{
	struct persistence		*r = agent->persistence;
	const struct notification	*n = outbox_find(&agent->outbox, sequence);

	if (n != NULL)
		return (n);
	if (r == NULL)
		return (NULL);
	if (r->row.sequence == sequence && sequence != 0)
		return (&r->row);
	notification_release(&r->row);
	memset(&r->row, 0, sizeof(r->row));
	if (!store_notification(r->store, sequence, &r->row))
		return (NULL);
	return (&r->row);
}
