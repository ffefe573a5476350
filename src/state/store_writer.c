/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/eventfd.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "state/store.h"
#include "state/store_tables.h"
#include "state/store_writer.h"

/*
 * After an event about the files of the state, they are checked this much
 * later, once for all that happens until then.  Without such events they are
 * checked regularly.
 */
#define EVENT_NS		(1 * NSEC_PER_SEC)
#define CHECK_NS		(2 * NSEC_PER_SEC)

/*
 * The thread is idle when the last batch was idle and none followed for this
 * time.  A checkpoint before would delay the batch of the next alarm.
 */
#define IDLE_NS			(1 * NSEC_PER_SEC)

struct store_writer {
	/* For the thread or, without it, for the owner. */
	struct store		*store;		/* owned */
	unsigned		 opened;	/* file of the last reader */
	struct mono_time	 check_due;	/* when to check the files */
	struct mono_time	 idle_due;	/* when the thread is idle */

	/* For the owner. */
	struct store		*reader;	/* owned, or NULL */
	bool			 threaded;
	pthread_t		 thread;

	/* For both, under the mutex. */
	int			 work;		/* eventfd: for the thread */
	int			 event;		/* eventfd: for the owner */
	pthread_mutex_t		 mutex;
	struct store_batch	*batch;		/* to be written */
	struct store_batch	*finished;
	struct store		*new_reader;	/* owned, or NULL */
	struct store		*old_reader;	/* owned, or NULL */
	bool			 has_new_reader;
	bool			 displaced;	/* the files were removed */
	bool			 stop;
	bool			 ended;
};

/* When the files are checked without an event. */
static struct mono_time
next_check(const struct store_writer *w)
{
	return (store_event(w->store) == -1 ? mono_add(mono_now(), CHECK_NS) :
	    MONO_NEVER);
}

struct store_writer *
store_writer_new(struct store *s)
{
	struct store_writer	*w = calloc(1, sizeof(*w));

	if (w == NULL) {
		store_close(s);
		return (NULL);
	}
	w->store = s;
	w->work = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	w->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	(void)pthread_mutex_init(&w->mutex, NULL);
	w->reader = store_open_reader(s);
	w->opened = store_opened(s);
	w->check_due = next_check(w);
	w->idle_due = MONO_NEVER;
	if (w->work != -1 && w->event != -1)
		return (w);
	(void)store_writer_end(w, 0);
	return (NULL);
}

static void
signal_event(int event)
{
	const uint64_t	 one = 1;

	(void)!write(event, &one, sizeof(one));
}

static void
clear_event(int event)
{
	uint64_t	 events;

	(void)!read(event, &events, sizeof(events));
}

/* ---- writing */

/* Closes the reader that the owner gave back, and opens one for a new file. */
static void
renew_reader(struct store_writer *w)
{
	struct store	*old, *reader;

	(void)pthread_mutex_lock(&w->mutex);
	old = w->old_reader;
	w->old_reader = NULL;
	(void)pthread_mutex_unlock(&w->mutex);
	store_close(old);
	if (w->opened == store_opened(w->store))
		return;
	/* A new file cannot be read before it has content. */
	reader = store_open_reader(w->store);
	if (reader != NULL)
		w->opened = store_opened(w->store);
	(void)pthread_mutex_lock(&w->mutex);
	w->new_reader = reader;
	w->has_new_reader = true;
	(void)pthread_mutex_unlock(&w->mutex);
}

static void
write_batch(struct store_writer *w, struct store_batch *b)
{
	bool	 idle = b->idle;

	store_batch_write(b, w->store);
	/* The directory may be another one, which cannot be watched. */
	w->check_due = mono_min(w->check_due, next_check(w));
	renew_reader(w);
	(void)pthread_mutex_lock(&w->mutex);
	w->finished = b;
	signal_event(w->event);
	(void)pthread_mutex_unlock(&w->mutex);
	/* The owner has the batch, and does not wait for this. */
	store_checkpoint(w->store, idle && !w->threaded);
	w->idle_due = idle ? mono_add(mono_now(), IDLE_NS) : MONO_NEVER;
}

static void
check_idle(struct store_writer *w)
{
	if (mono_before(mono_now(), w->idle_due))
		return;
	w->idle_due = MONO_NEVER;
	store_checkpoint(w->store, true);
}

static void
close_all(struct store_writer *w)
{
	store_close(w->new_reader);
	store_close(w->old_reader);
	store_close(w->reader);
	store_close(w->store);
}

static void
check_files(struct store_writer *w)
{
	if (mono_before(mono_now(), w->check_due))
		return;
	w->check_due = next_check(w);
	if (store_is_in_place(w->store))
		return;
	(void)pthread_mutex_lock(&w->mutex);
	w->displaced = true;
	signal_event(w->event);
	(void)pthread_mutex_unlock(&w->mutex);
}

/* Waits for the owner, and checks the files. */
static void
wait_for_work(struct store_writer *w)
{
	struct pollfd	 fds[] = {
		{ .fd = w->work, .events = POLLIN },
		{ .fd = store_event(w->store), .events = POLLIN },
	};
	struct mono_time due = mono_min(w->check_due, w->idle_due);
	int64_t		 ms = mono_sub(due, mono_now()) / NSEC_PER_MSEC + 1;

	if (poll(fds, 2, due.ns == MONO_NEVER.ns ? -1 : ms > 0 ? (int)ms :
	    0) < 0)
		return;
	if (fds[0].revents != 0)
		clear_event(w->work);
	if (fds[1].revents != 0) {
		store_clear_event(w->store);
		w->check_due = mono_min(w->check_due,
		    mono_add(mono_now(), EVENT_NS));
	}
	check_files(w);
	/* The event may be a batch, which does not wait. */
	if (fds[0].revents == 0)
		check_idle(w);
}

/* Takes the next batch, if there is one.  False: there will be no more. */
static bool
next_batch(struct store_writer *w, struct store_batch **b)
{
	bool	 stop;

	(void)pthread_mutex_lock(&w->mutex);
	*b = w->batch;
	w->batch = NULL;
	stop = w->stop;
	(void)pthread_mutex_unlock(&w->mutex);
	return (*b != NULL || !stop);
}

static void *
run(void *arg)
{
	struct store_writer	*w = arg;
	struct store_batch	*b;

	while (next_batch(w, &b))
		if (b != NULL)
			write_batch(w, b);
		else
			wait_for_work(w);
	close_all(w);
	(void)pthread_mutex_lock(&w->mutex);
	w->ended = true;
	signal_event(w->event);
	(void)pthread_mutex_unlock(&w->mutex);
	return (NULL);
}

/* ---- the owner's side */

bool
store_writer_start(struct store_writer *w)
{
	sigset_t	 all, old;
	int		 error;

	/* Signals are for the owner. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&w->thread, NULL, run, w);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	w->threaded = error == 0;
	errno = error;
	return (w->threaded);
}

/* Ends the thread.  False when it takes longer than the limit. */
static bool
stop(struct store_writer *w, int limit_ms)
{
	bool	 ended = false;

	while (!ended) {
		(void)pthread_mutex_lock(&w->mutex);
		w->stop = true;
		ended = w->ended;
		clear_event(w->event);
		(void)pthread_mutex_unlock(&w->mutex);
		signal_event(w->work);
		if (!ended && !store_writer_wait(w, limit_ms))
			return (false);
	}
	return (pthread_join(w->thread, NULL) == 0);
}

bool
store_writer_end(struct store_writer *w, int limit_ms)
{
	if (w == NULL)
		return (true);
	/* Only the thread uses the reader after the first call. */
	if (w->reader != NULL && !w->stop)
		store_end_reading(w->reader);
	if (!w->threaded)
		close_all(w);
	else if (!stop(w, limit_ms))
		return (false);
	store_batch_free(w->finished);
	(void)pthread_mutex_destroy(&w->mutex);
	if (w->work != -1)
		close(w->work);
	if (w->event != -1)
		close(w->event);
	free(w);
	return (true);
}

void
store_writer_put(struct store_writer *w, struct store_batch *b)
{
	if (!w->threaded) {
		write_batch(w, b);
		return;
	}
	(void)pthread_mutex_lock(&w->mutex);
	w->batch = b;
	(void)pthread_mutex_unlock(&w->mutex);
	signal_event(w->work);
}

static void
take_reader(struct store_writer *w)
{
	if (!w->has_new_reader)
		return;
	if (w->reader != NULL)
		store_end_reading(w->reader);
	w->old_reader = w->reader;
	w->reader = w->new_reader;
	w->new_reader = NULL;
	w->has_new_reader = false;
}

struct store_batch *
store_writer_take(struct store_writer *w, bool *displaced)
{
	struct store_batch	*b;

	(void)pthread_mutex_lock(&w->mutex);
	b = w->finished;
	w->finished = NULL;
	*displaced = w->displaced;
	w->displaced = false;
	if (b != NULL)
		take_reader(w);
	if (b != NULL || *displaced)
		clear_event(w->event);
	(void)pthread_mutex_unlock(&w->mutex);
	return (b);
}

bool
store_writer_wait(struct store_writer *w, int limit_ms)
{
	struct pollfd	 fd = { .fd = w->event, .events = POLLIN };

	return (poll(&fd, 1, limit_ms) > 0);
}

int
store_writer_event(const struct store_writer *w)
{
	return (w->event);
}

struct store *
store_writer_reader(const struct store_writer *w)
{
	return (w->reader);
}
