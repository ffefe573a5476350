/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "persistence.h"

/* The most in a transaction; SNMP requests are answered between two. */
#define NOTIFICATIONS_MAX	500

/*
 * A delivery is written after this time at the latest.  A notification whose
 * delivery is lost with the process is sent again with the same sequence.
 */
#define DELIVERY_NS		(100 * NSEC_PER_MSEC)

/*
 * After an event about the files of the state, they are checked this much
 * later, once for all that happens until then.  Without such events they are
 * checked regularly.
 */
#define EVENT_NS		(1 * NSEC_PER_SEC)
#define CHECK_NS		(2 * NSEC_PER_SEC)

/* The time between two log lines about dropped notifications. */
#define LOG_AGAIN_NS		(3600 * NSEC_PER_SEC)

struct persistence {
	struct store		*store;
	struct store_counters	 stored;	/* the counters on disk */
	uint32_t		 last_index;	/* highest watch index there */
	uint32_t		 last_capture;	/* highest capture index */
	uint32_t		 oldest;	/* oldest notification there */
	struct mono_time	 delivery_due;	/* when to write `delivered` */
	struct mono_time	 check_due;	/* when to check the files */
	bool			 displaced;	/* the files were removed */
	struct notification	 row;		/* history row, last read */
	uint64_t		 dropped;	/* in the last log line */
	struct mono_time	 log_again;	/* not before this time */
};

/* ---- reading */

static bool
take_name(void *arg, uint32_t number, const char *name)
{
	return (watch_index_restore(arg, name, number));
}

/* Takes a notification that was not delivered before the process ended. */
static bool
take_undelivered(void *arg, struct notification *n)
{
	struct outbox	*box = arg;
	uint32_t	 sequence = n->sequence;
	bool		 summarised = notification_is_summarised(n);

	if (!outbox_restore(box, n)) {
		notification_release(n);
		return (false);
	}
	if (summarised)
		outbox_delivered(box, sequence);
	return (true);
}

static bool
read_state(struct agent *agent, struct persistence *p)
{
	const struct store_counters	*c = &p->stored;
	bool				 ok;

	ok = store_names(p->store, take_name, &agent->watch_index) &&
	    store_interfaces(p->store, take_name, &agent->capture_index);
	if (!ok) {
		watch_index_free(&agent->watch_index);
		watch_index_free(&agent->capture_index);
	}
	ok = ok && outbox_init(&agent->outbox, c->delivered) &&
	    store_notifications(p->store, c->delivered, take_undelivered,
	    &agent->outbox) && agent->outbox.sequence == c->sequence;
	p->last_index = agent->watch_index.last;
	p->last_capture = agent->capture_index.last;
	p->oldest = store_oldest(p->store);
	if (p->oldest == 0)
		p->oldest = c->sequence + 1;
	return (ok);
}

/* When the files are checked without an event. */
static struct mono_time
next_check(const struct persistence *p, struct mono_time now)
{
	return (store_event(p->store) == -1 ? mono_add(now, CHECK_NS) :
	    MONO_NEVER);
}

enum store_result
persistence_open(struct agent *agent, const char *directory, int lock)
{
	struct persistence	*p;
	enum store_result	 result;

	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return (STORE_NO_MEMORY);
	result = store_open(&p->store, directory, lock, &p->stored);
	if (result != STORE_OK) {
		free(p);
		return (result);
	}
	p->check_due = next_check(p, agent->now);
	agent->persistence = p;
	agent->epoch = p->stored.epoch;
	agent->serial = p->stored.serial;
	agent->last_change = p->stored.last_change;
	outbox_free(&agent->outbox);
	if (!read_state(agent, p)) {
		/* The first transaction replaces the file. */
		if (store_is_readable(p->store))
			store_set_damaged(p->store);
		outbox_free(&agent->outbox);
		if (!outbox_init(&agent->outbox, p->stored.sequence))
			return (STORE_NO_MEMORY);
	}
	return (STORE_OK);
}

void
persistence_close(struct persistence *p)
{
	if (p == NULL)
		return;
	notification_release(&p->row);
	store_close(p->store);
	free(p);
}

void
persistence_alarms(struct persistence *p, store_take_notification *take,
    void *arg)
{
	(void)store_alarms(p->store, take, arg);
}

void
persistence_blind(struct persistence *p, store_take_blind *take, void *arg)
{
	(void)store_blind(p->store, take, arg);
}

static bool
take_storm(void *arg, uint32_t sequence, const struct notification_storm *storm)
{
	struct agent	*agent = arg;

	storm_set_notified(&agent->storm, storm, sequence,
	    agent->persistence->stored.delivered);
	return (true);
}

void
persistence_storms(struct agent *agent)
{
	struct store			*s = agent->persistence->store;
	struct notification_storm	 open;

	(void)store_storms(s, take_storm, agent);
	if (store_open_storm(s, &open))
		storm_resume(&agent->storm, &open, agent->now);
}

/* ---- writing */

static void
put_name(void *arg, uint32_t number, const char *name)
{
	store_put_name(arg, number, name);
}

static void
put_interface(void *arg, uint32_t number, const char *name)
{
	store_put_interface(arg, number, name);
}

static void
put_alarms(const struct generation *g, struct store *store)
{
	const struct alarm	*a;
	struct notification	 n;
	size_t			 i;

	for (i = 0; i < g->config->nwatches; i++) {
		a = &g->alarms[i];
		if (a->count == 0)
			continue;
		n = (struct notification){
			.sequence = a->sequence,
			.event = a->state == ALARM_RAISED ?
			    NOTIFICATION_RAISED : NOTIFICATION_CLEARED,
			.time = a->state == ALARM_RAISED ? a->raised :
			    a->cleared,
			.watch_index = g->indexes[i],
			.alarm = *a,
			.watch = g->config->watches[i],
		};
		store_put_alarm(store, &n);
	}
}

/*
 * Writes the present state of all alarms into a file that does not have all
 * notifications, and deletes the older notifications in it.
 */
static void
put_present_state(struct agent *agent, struct store_counters *c)
{
	struct persistence	*p = agent->persistence;

	c->serial = agent->serial;
	c->last_change = agent->last_change;
	put_alarms(&agent->current, p->store);
	p->oldest = outbox_oldest(&agent->outbox);
	store_delete_before(p->store, p->oldest);
}

/* Writes what only a new, empty file needs: all indexes, blind captures. */
static void
put_into_new_file(struct agent *agent)
{
	const struct generation	*g = &agent->current;
	struct persistence	*p = agent->persistence;
	size_t			 i;

	p->last_index = p->last_capture = 0;
	for (i = 0; i < g->shared->ncaptures; i++)
		if (g->captures[i].notified_blind)
			store_put_blind(p->store, g->shared->names[i], true);
}

/* Writes up to `most` notifications after c->sequence and counts them. */
static void
put_notifications(const struct outbox *box, struct store *store, size_t most,
    struct store_counters *c)
{
	const struct notification	*n;

	while (most-- > 0 && (n = outbox_find(box, c->sequence + 1)) != NULL) {
		store_put_notification(store, n);
		c->sequence++;
		if (!notification_has_alarm(n))
			continue;
		c->last_change = n->time;
		if (n->event == NOTIFICATION_RAISED)
			c->serial = n->alarm.serial;
	}
	c->delivered = box->delivered < c->sequence ? box->delivered :
	    c->sequence;
}

/*
 * The oldest notification of the history that ends with `sequence`.  It keeps
 * the ones that a storm notification refers to, because a manager may not have
 * read them yet.
 */
static uint32_t
history_start(const struct agent *agent, uint32_t sequence)
{
	uint32_t	 size = agent->current.config->history;
	uint32_t	 oldest, storm;

	oldest = sequence < size ? 1 : sequence - size + 1;
	storm = storm_oldest(&agent->storm, agent->outbox.delivered, size);
	return (oldest < storm ? oldest : storm);
}

/* The oldest notification to keep on disk; all undelivered ones are kept. */
static uint32_t
oldest_to_keep(const struct agent *agent, uint32_t sequence)
{
	uint32_t	 oldest = history_start(agent, sequence);

	if (oldest > agent->outbox.delivered + 1)
		oldest = agent->outbox.delivered + 1;
	return (oldest > agent->persistence->oldest ? oldest :
	    agent->persistence->oldest);
}

/* Writes one transaction.  False when nothing can be written now. */
static bool
save_some(struct agent *agent, struct mono_time now)
{
	struct persistence	*p = agent->persistence;
	const struct outbox	*box = &agent->outbox;
	struct store_counters	 c = p->stored;
	size_t			 most = NOTIFICATIONS_MAX;
	uint32_t		 oldest;
	bool			 recreated, ok;

	c.epoch = agent->epoch;
	ok = store_begin(p->store, now, &recreated, &c);
	agent->epoch = c.epoch;
	if (!ok)
		return (false);
	if (recreated)
		put_into_new_file(agent);
	if (recreated || outbox_oldest(box) > box->stored + 1) {
		put_present_state(agent, &c);
		/* All in this transaction: the alarms include their effect. */
		c.sequence = outbox_oldest(box) - 1;
		most = box->count;
	}
	watch_index_each(&agent->watch_index, p->last_index, put_name,
	    p->store);
	watch_index_each(&agent->capture_index, p->last_capture,
	    put_interface, p->store);
	put_notifications(box, p->store, most, &c);
	oldest = oldest_to_keep(agent, c.sequence);
	if (oldest > p->oldest)
		store_delete_before(p->store, oldest);
	store_put_counters(p->store, &c);
	ok = store_commit(p->store, now, c.sequence == box->sequence);
	agent->epoch = store_epoch(p->store);
	if (!ok)
		return (false);
	p->displaced = false;
	p->stored = c;
	p->last_index = agent->watch_index.last;
	p->last_capture = agent->capture_index.last;
	p->oldest = oldest;
	outbox_stored(&agent->outbox, c.sequence);
	p->delivery_due = mono_add(now, DELIVERY_NS);
	return (true);
}

/* True when notifications or indexes are not on disk. */
static bool
has_unsaved(const struct agent *agent)
{
	return (agent->persistence->displaced ||
	    agent->outbox.sequence != agent->outbox.stored ||
	    agent->watch_index.last != agent->persistence->last_index ||
	    agent->capture_index.last != agent->persistence->last_capture);
}

static bool
has_unsaved_delivery(const struct agent *agent)
{
	return (agent->outbox.delivered !=
	    agent->persistence->stored.delivered);
}

static struct mono_time
write_due(const struct agent *agent, struct mono_time now)
{
	const struct persistence	*p = agent->persistence;

	/* A commit also removes the mark that notifications are unsaved. */
	if (store_is_failing(p->store))
		return (store_next_retry(p->store));
	if (!has_unsaved(agent) && !has_unsaved_delivery(agent))
		return (MONO_NEVER);
	return (has_unsaved(agent) || agent->outbox.pending == 0 ? now :
	    p->delivery_due);
}

struct mono_time
persistence_due(const struct agent *agent, struct mono_time now)
{
	return (mono_min(write_due(agent, now),
	    agent->persistence->check_due));
}

int
persistence_files(const struct agent *agent)
{
	return (store_event(agent->persistence->store));
}

void
persistence_files_changed(struct agent *agent, struct mono_time now)
{
	struct persistence	*p = agent->persistence;

	store_clear_event(p->store);
	p->check_due = mono_min(p->check_due, mono_add(now, EVENT_NS));
}

static void
check_files(struct persistence *p, struct mono_time now)
{
	if (mono_before(now, p->check_due))
		return;
	p->check_due = next_check(p, now);
	p->displaced = !store_is_in_place(p->store);
}

/* Logs the first dropped notification, and then one line an hour. */
static void
log_dropped(const struct outbox *box, struct persistence *p,
    struct mono_time now)
{
	if (box->dropped == p->dropped || mono_before(now, p->log_again))
		return;
	log_errx("outbox full: %u notifications are not delivered; dropping "
	    "the oldest, %llu so far", OUTBOX_MAX,
	    (unsigned long long)box->dropped);
	p->dropped = box->dropped;
	p->log_again = mono_add(now, LOG_AGAIN_NS);
}

void
persistence_save(struct agent *agent, struct mono_time now, bool all)
{
	struct persistence	*p = agent->persistence;
	struct outbox		*box = &agent->outbox;

	log_dropped(box, p, now);
	check_files(p, now);
	if (all)
		store_retry_now(p->store);
	while (all ? has_unsaved(agent) || has_unsaved_delivery(agent) :
	    !mono_before(now, write_due(agent, now)))
		if (!save_some(agent, now) || !all)
			break;
	outbox_trim(box, box->sequence + 1 -
	    history_start(agent, box->sequence));
	if (box->pending == 0 && !has_unsaved(agent) &&
	    !has_unsaved_delivery(agent))
		store_checkpoint(p->store);
}

bool
persistence_is_failing(const struct agent *agent)
{
	return (agent->persistence == NULL ||
	    store_is_failing(agent->persistence->store));
}

/* ---- the history */

uint32_t
persistence_oldest(const struct agent *agent)
{
	const struct persistence	*p = agent->persistence;
	uint32_t			 oldest = outbox_oldest(&agent->outbox);

	/* The file ends where the outbox starts, unless some were dropped. */
	if (p == NULL || oldest > agent->outbox.stored + 1 ||
	    p->oldest > oldest)
		return (oldest);
	return (p->oldest);
}

const struct notification *
persistence_notification(const struct agent *agent, uint32_t sequence)
{
	struct persistence		*p = agent->persistence;
	const struct notification	*n;

	n = outbox_find(&agent->outbox, sequence);
	if (n != NULL || p == NULL)
		return (n);
	if (p->row.sequence == sequence && sequence != 0)
		return (&p->row);
	notification_release(&p->row);
	if (store_notification(p->store, sequence, &p->row))
		return (&p->row);
	p->row.sequence = 0;
	return (NULL);
}
