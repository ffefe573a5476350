/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "persistence.h"
#include "persistence_batch.h"
#include "state/store_writer.h"

/*
 * A delivery or a verdict is written after this time at the latest.  A
 * notification whose delivery is lost with the process is sent again with the
 * same sequence.
 */
#define DELIVERY_NS		(100 * NSEC_PER_MSEC)

/*
 * A transaction of deliveries and verdicts is not synced, so that the next
 * notification does not wait for the disk.  It is synced when nothing is
 * written for this time.
 */
#define SYNC_NS			(20 * NSEC_PER_MSEC)

#define HANG_NS			(PERSISTENCE_HANG_MS * NSEC_PER_MSEC)
/* The process may have been stopped, and its threads continue together. */
#define HANG_CHECK_NS		(20 * NSEC_PER_MSEC)
/*
 * The most time that persistence_save_all takes, and that it takes to close the
 * files, which needs several writes one after the other.
 */
#define END_NS			(5 * NSEC_PER_SEC)
#define CLOSE_MS		3000

/* A batch of more rows takes time to prepare, so a failed one waits longer. */
#define LARGE_ROWS		10000
#define LARGE_RETRY_NS		(10 * NSEC_PER_SEC)

/* The time between two log lines about one fault. */
#define LOG_AGAIN_NS		(3600 * NSEC_PER_SEC)

struct persistence {
	struct store_writer	*writer;
	char			*file;		/* for log messages; owned */
	struct epoch_note	 note;

	struct store_batch	*batch;		/* being written, or NULL */
	uint32_t		 batch_epoch;	/* its epoch, at first */
	struct mono_time	 deadline;	/* of the batch */
	bool			 last_check;	/* at the deadline */
	bool			 hanging;	/* the batch is overdue */
	bool			 hang_logged;
	struct mono_time	 hang_log_again;	/* not before it */

	bool			 failing;	/* the last batch failed */
	struct mono_time	 retry;		/* if so, not before it */
	bool			 recreated;	/* the file is new and empty */
	bool			 displaced;	/* the files were removed */
	/* In this epoch, notifications may be sent that are not on disk. */
	bool			 epoch_is_safe;

	struct persistence_stored stored;
	uint32_t		 oldest_kept;	/* on disk, after the batch */
	struct mono_time	 delivery_due;	/* see DELIVERY_NS */
	struct mono_time	 sync_due;	/* MONO_NEVER: all is synced */
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

/* The argument of take_undelivered. */
struct undelivered {
	struct outbox	*box;
	struct store	*reader;
};

/* Takes a notification that was not delivered before the process ended. */
static bool
take_undelivered(void *arg, struct notification *n)
{
	struct undelivered	*to = arg;
	uint32_t		 sequence = n->sequence;
	bool			 unsent = notification_is_unsent(n);

	if (sequence != to->box->sequence + 1 || to->box->count >= OUTBOX_MAX)
		store_set_damaged(to->reader);
	if (store_is_damaged(to->reader) || !outbox_restore(to->box, n)) {
		notification_release(n);
		return (false);
	}
	if (unsent)
		outbox_delivered(to->box, sequence);
	return (true);
}

static bool
read_names(struct agent *agent, struct store *reader)
{
	if (store_names(reader, take_name, &agent->watch_index) &&
	    store_interfaces(reader, take_name, &agent->capture_index))
		return (true);
	watch_index_free(&agent->watch_index);
	watch_index_free(&agent->capture_index);
	return (false);
}

/*
 * False when the file is damaged, or when memory is exhausted.  In the first
 * case store_is_damaged() is true, and the first transaction replaces it.
 */
static bool
read_state(struct agent *agent, struct persistence *p, struct store *reader)
{
	struct persistence_stored	*s = &p->stored;
	const struct store_counters	*c = &s->counters;
	struct undelivered		 to = { &agent->outbox, reader };
	bool				 ok;

	ok = read_names(agent, reader) &&
	    outbox_init(&agent->outbox, c->delivered) &&
	    store_notifications(reader, c->delivered, take_undelivered, &to) &&
	    store_extra(reader, &agent->outbox.window);
	if (ok && agent->outbox.sequence != c->sequence)
		store_set_damaged(reader);
	s->last_index = agent->watch_index.last;
	s->last_capture = agent->capture_index.last;
	s->oldest = store_oldest(reader);
	if (s->oldest == 0)
		s->oldest = c->sequence + 1;
	return (ok && !store_is_damaged(reader));
}

/* Opens the store for the writer. */
static enum store_result
open_store(struct persistence *p, const char *directory, int lock)
{
	struct store		*store;
	enum store_result	 result;

	result = store_open(&store, directory, lock, p->note.epoch,
	    &p->stored.counters);
	if (result != STORE_OK)
		return (result);
	p->file = strdup(store_file(store));
	p->failing = p->epoch_is_safe = store_is_failing(store);
	p->retry = store_next_retry(store);
	p->writer = store_writer_new(store);
	return (p->writer != NULL && p->file != NULL ? STORE_OK :
	    STORE_NO_MEMORY);
}

enum store_result
persistence_open(struct agent *agent, const char *directory, int lock,
    const struct epoch_note *note)
{
	struct persistence	*p;
	struct store		*reader;
	enum store_result	 result;

	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return (STORE_NO_MEMORY);
	p->note = note != NULL ? *note : (struct epoch_note){ .file = -1 };
	p->sync_due = MONO_NEVER;
	result = open_store(p, directory, lock);
	if (result != STORE_OK) {
		(void)persistence_close(p);
		return (result);
	}
	agent->persistence = p;
	agent->epoch = p->stored.counters.epoch;
	agent->serial = p->stored.counters.serial;
	agent->last_change = p->stored.counters.last_change;
	outbox_free(&agent->outbox);
	reader = store_writer_reader(p->writer);
	if (reader != NULL && read_state(agent, p, reader))
		return (STORE_OK);
	/* A restart can read it; it must not be replaced. */
	if (reader != NULL && !store_is_damaged(reader))
		return (STORE_NO_MEMORY);
	outbox_free(&agent->outbox);
	return (outbox_init(&agent->outbox, p->stored.counters.sequence) ?
	    STORE_OK : STORE_NO_MEMORY);
}

bool
persistence_start(struct persistence *p)
{
	return (store_writer_start(p->writer));
}

/* False when the disk hangs. */
static bool
finish_last_batch(struct persistence *p)
{
	bool	 displaced;

	while (p->batch != NULL && store_writer_wait(p->writer,
	    PERSISTENCE_HANG_MS))
		if (store_writer_take(p->writer, &displaced) != NULL) {
			store_batch_free(p->batch);
			p->batch = NULL;
		}
	return (p->batch == NULL);
}

bool
persistence_close(struct persistence *p)
{
	if (p == NULL)
		return (true);
	if (!finish_last_batch(p) || !store_writer_end(p->writer, CLOSE_MS)) {
		log_errx("%s: the last write does not complete; ending "
		    "without it", p->file);
		return (false);
	}
	notification_release(&p->row);
	epoch_note_close(&p->note);
	free(p->file);
	free(p);
	return (true);
}

/* The process ends if memory is exhausted, because a restart can read it. */
static void
check_read(const struct store *reader, bool ok)
{
	if (ok || store_is_damaged(reader))
		return;
	errno = ENOMEM;
	fatal("cannot read the state");
}

void
persistence_alarms(struct persistence *p, store_take_notification *take,
    void *arg)
{
	struct store	*reader = store_writer_reader(p->writer);

	if (reader != NULL)
		check_read(reader, store_alarms(reader, take, arg));
}

void
persistence_blind(struct persistence *p, store_take_blind *take, void *arg)
{
	struct store	*reader = store_writer_reader(p->writer);

	if (reader != NULL)
		check_read(reader, store_blind(reader, take, arg));
}

static bool
take_storm(void *arg, uint32_t sequence, const struct notification_storm *storm)
{
	struct agent	*agent = arg;

	storm_set_notified(&agent->storm, storm, sequence,
	    agent->persistence->stored.counters.delivered);
	return (true);
}

void
persistence_storms(struct agent *agent)
{
	struct store			*reader;
	struct notification_storm	 open;

	reader = store_writer_reader(agent->persistence->writer);
	if (reader == NULL)
		return;
	check_read(reader, store_storms(reader, take_storm, agent));
	if (store_open_storm(reader, &open))
		storm_resume(&agent->storm, &open, agent->now);
}

/* ---- writing */

/* True when notifications or indexes are not on disk. */
static bool
has_unsaved(const struct agent *agent)
{
	const struct persistence	*p = agent->persistence;

	return (p->recreated || p->displaced ||
	    agent->outbox.sequence != agent->outbox.stored ||
	    agent->watch_index.last != p->stored.last_index ||
	    agent->capture_index.last != p->stored.last_capture);
}

static void
set_failing(struct persistence *p, struct mono_time retry)
{
	p->failing = true;
	p->retry = retry;
}

/* Prepares the next batch and hands it over; false: memory is exhausted. */
static bool
put_batch(struct agent *agent, struct mono_time now, bool retry)
{
	struct persistence	*p = agent->persistence;
	struct store		*reader = store_writer_reader(p->writer);
	struct store_batch	*b;

	b = persistence_batch(agent, &p->stored, p->recreated, now);
	if (b == NULL) {
		if (!p->failing)
			log_errx("%s: cannot be written: out of memory; "
			    "retrying every 1 s", p->file);
		set_failing(p, mono_add(now, NSEC_PER_SEC));
		return (false);
	}
	b->damaged = reader != NULL && store_is_damaged(reader);
	b->retry = retry || p->failing;
	/* The mark on disk is removed afterwards. */
	b->synced = b->synced || p->failing || !mono_before(now, p->sync_due);
	p->oldest_kept = b->delete_before != 0 ? b->delete_before :
	    p->stored.oldest;
	p->batch = b;
	p->batch_epoch = agent->epoch;
	p->deadline = mono_add(now, HANG_NS);
	p->last_check = false;
	store_writer_put(p->writer, b);
	return (true);
}

/*
 * While the batch was being written, a notification in it may have been sent
 * with the epoch of that time.  Then it is written again.
 */
static bool
is_as_written(const struct agent *agent, const struct notification *written,
    const struct notification *n)
{
	return (n->sent_early == written->sent_early &&
	    notification_epoch(n, agent->epoch) == written->epoch);
}

/* Marks the notifications of a batch as being on disk. */
static void
set_stored(struct agent *agent, const struct store_batch *b)
{
	const struct notification	*written;
	struct notification		*n;
	size_t				 i;

	for (i = 0; i < b->notifications.count; i++) {
		written = &b->notifications.rows[i];
		n = outbox_find(&agent->outbox, written->sequence);
		if (n == NULL)
			continue;
		if (!is_as_written(agent, written, n)) {
			outbox_stored(&agent->outbox, n->sequence - 1);
			return;
		}
		n->epoch = written->epoch;
	}
	outbox_stored(&agent->outbox, b->counters.sequence);
}

static void
set_written(struct agent *agent, const struct store_batch *b,
    struct mono_time now)
{
	struct persistence		*p = agent->persistence;
	struct persistence_stored	*s = &p->stored;

	set_stored(agent, b);
	s->counters = b->counters;
	if (b->names.last != 0)
		s->last_index = b->names.last;
	if (b->interfaces.last != 0)
		s->last_capture = b->interfaces.last;
	s->oldest = p->oldest_kept;
	s->verdicts = b->verdicts;
	history_window_trim(&agent->outbox.window, s->oldest);
	p->delivery_due = mono_add(now, DELIVERY_NS);
	p->sync_due = b->synced ? MONO_NEVER : mono_add(now, SYNC_NS);
	p->failing = p->recreated = p->displaced = false;
	/* The next run may continue in the epoch that is on disk. */
	if (s->counters.epoch == agent->epoch)
		p->epoch_is_safe = false;
	if (p->hang_logged)
		log_notice("%s: completes writes again", p->file);
	p->hang_logged = false;
}

/* When to try again after a batch has failed. */
static struct mono_time
next_retry(const struct agent *agent, const struct store_batch *b,
    struct mono_time now)
{
	/* The mark on disk must have the epoch of the agent. */
	if (b->epoch != agent->epoch)
		return (now);
	if (b->alarms.count + b->notifications.count <= LARGE_ROWS)
		return (b->next_retry);
	return (mono_max(b->next_retry, mono_add(now, LARGE_RETRY_NS)));
}

/* Frees the batch. */
static void
set_result(struct agent *agent, struct store_batch *b, struct mono_time now)
{
	struct persistence	*p = agent->persistence;

	p->batch = NULL;
	p->hanging = false;
	/* While the disk hung, the agent may have begun a later one. */
	if (agent->epoch < b->epoch)
		agent->epoch = b->epoch;
	switch (b->result) {
	case STORE_BATCH_WRITTEN:
		set_written(agent, b, now);
		break;
	case STORE_BATCH_INCOMPLETE:
		p->recreated = true;
		p->stored.last_index = p->stored.last_capture = 0;
		p->stored.oldest = outbox_oldest(&agent->outbox);
		break;
	case STORE_BATCH_FAILED:
		/* See store_epoch(). */
		p->epoch_is_safe = true;
		set_failing(p, next_retry(agent, b, now));
		break;
	}
	store_batch_free(b);
}

/* Takes the result of the batch if there is one. */
static void
take_batch(struct agent *agent, struct mono_time now)
{
	struct persistence	*p = agent->persistence;
	struct store_batch	*b;
	bool			 displaced;

	b = store_writer_take(p->writer, &displaced);
	if (b != NULL)
		set_result(agent, b, now);
	/* The next batch writes everything again. */
	p->displaced = p->displaced || displaced;
}

static void
check_deadline(struct persistence *p, struct mono_time now)
{
	if (p->batch == NULL || p->hanging || mono_before(now, p->deadline))
		return;
	if (!p->last_check) {
		p->last_check = true;
		p->deadline = mono_add(now, HANG_CHECK_NS);
		return;
	}
	p->hanging = true;
	if (mono_before(now, p->hang_log_again))
		return;
	log_errx("%s: has not completed a write for %d ms; notifications are "
	    "sent before they are stored", p->file, PERSISTENCE_HANG_MS);
	p->hang_logged = true;
	p->hang_log_again = mono_add(now, LOG_AGAIN_NS);
}

/* Changes that are lost with the power, but not with the process. */
static bool
has_unsynced(const struct agent *agent)
{
	const struct persistence_stored	*s = &agent->persistence->stored;

	return (agent->outbox.delivered != s->counters.delivered ||
	    agent->verdict_changes != s->verdicts);
}

struct mono_time
persistence_due(const struct agent *agent, struct mono_time now)
{
	const struct persistence	*p = agent->persistence;

	if (p->batch != NULL)
		return (p->hanging ? MONO_NEVER : p->deadline);
	/* A transaction also removes the mark that some are unsaved. */
	if (p->failing)
		return (p->retry);
	if (!has_unsaved(agent) && !has_unsynced(agent))
		return (p->sync_due);
	return (has_unsaved(agent) || agent->outbox.pending == 0 ? now :
	    p->delivery_due);
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

/* Before persistence_start, the batch is written at once. */
static bool
write_batch(struct agent *agent, struct mono_time now, bool retry)
{
	if (!put_batch(agent, now, retry))
		return (false);
	take_batch(agent, now);
	return (true);
}

void
persistence_save(struct agent *agent, struct mono_time now)
{
	struct persistence	*p = agent->persistence;
	struct outbox		*box = &agent->outbox;

	log_dropped(box, p, now);
	take_batch(agent, now);
	check_deadline(p, now);
	if (p->batch == NULL && !mono_before(now, persistence_due(agent, now)))
		write_batch(agent, now, false);
	if (agent->logged >= box->sequence)
		outbox_trim(box, box->sequence + 1 -
		    persistence_history_start(agent, box->sequence));
}

/* Waits for the batch.  False when the disk hangs. */
static bool
finish_batch(struct agent *agent, struct mono_time now, int hang_ms)
{
	struct persistence	*p = agent->persistence;

	if (!store_writer_wait(p->writer, hang_ms)) {
		p->hanging = true;
		return (false);
	}
	take_batch(agent, now);
	return (true);
}

void
persistence_save_all(struct agent *agent, struct mono_time now, int hang_ms)
{
	struct persistence	*p = agent->persistence;
	struct mono_time	 limit = mono_add(mono_now(), END_NS);
	bool			 ok = true;

	while (ok && (p->batch != NULL || has_unsaved(agent) ||
	    has_unsynced(agent))) {
		if (p->batch != NULL)
			ok = mono_before(mono_now(), limit) &&
			    finish_batch(agent, now, hang_ms);
		else
			ok = write_batch(agent, now, true);
		ok = ok && (p->batch != NULL || !p->failing);
	}
}

int
persistence_event(const struct agent *agent)
{
	return (store_writer_event(agent->persistence->writer));
}

bool
persistence_is_failing(const struct agent *agent)
{
	const struct persistence	*p = agent->persistence;

	return (p == NULL || p->failing || p->hanging);
}

/* ---- sending */

/*
 * Lets the epoch keep its mark after the batch that is being written, which may
 * lack the notification that is sent now.  False: the mark is removed already.
 */
static bool
keep_mark(struct agent *agent)
{
	struct persistence	*p = agent->persistence;

	return (p->batch == NULL || p->batch_epoch != agent->epoch ||
	    store_mark_decide(&p->batch->mark, STORE_MARK_KEPT));
}

bool
persistence_sending(struct agent *agent, struct notification *n)
{
	struct persistence	*p = agent->persistence;

	if (n->epoch != 0)
		return (false);
	if (p != NULL && n->sequence > agent->outbox.stored) {
		if (!p->epoch_is_safe || !keep_mark(agent))
			agent->epoch = store_unmarked_epoch(agent->epoch,
			    wall_now());
		p->epoch_is_safe = true;
		epoch_note_write(&p->note, agent->epoch);
		n->sent_early = 1;
	}
	n->epoch = agent->epoch;
	return (true);
}

void
persistence_not_sent(struct notification *n)
{
	n->sent_early = 0;
	n->epoch = 0;
}

/* ---- the history */

uint32_t
persistence_oldest(const struct agent *agent)
{
	const struct persistence	*p = agent->persistence;
	const struct outbox		*box = &agent->outbox;
	uint32_t			 oldest = outbox_oldest(box), stored;

	/* The file ends where the outbox starts, unless some were dropped. */
	if (p == NULL || p->hanging || outbox_has_gap(box))
		return (oldest);
	/* Rows may be deleted while a batch is written. */
	stored = p->batch != NULL ? p->oldest_kept : p->stored.oldest;
	return (stored < oldest ? stored : oldest);
}

const struct notification *
persistence_notification(const struct agent *agent, uint32_t sequence)
{
	struct persistence		*p = agent->persistence;
	const struct notification	*n;
	struct store			*reader;

	n = outbox_find(&agent->outbox, sequence);
	if (n != NULL || p == NULL)
		return (n);
	if (p->row.sequence == sequence && sequence != 0)
		return (&p->row);
	reader = p->hanging ? NULL : store_writer_reader(p->writer);
	notification_release(&p->row);
	if (reader != NULL && store_notification(reader, sequence, &p->row))
		return (&p->row);
	p->row.sequence = 0;
	return (NULL);
}
