/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mono.h"
#include "base/queue.h"
#include "engine/evidence_rings.h"
#include "evidence_directory.h"
#include "evidence_file.h"
#include "evidence_health.h"
#include "evidence_names.h"
#include "evidence_writer.h"

/* Files that are written at the same time. */
#define FILES_MAX	64
/* One file has at most this share of the limit of all. */
#define FILE_SHARE	8
/* In a storm it is smaller, but not less than this. */
#define SHARE_MIN	(4 * PCAPNG_SECTION_SIZE)
/* Messages that wait for the thread, while the disk hangs. */
#define MESSAGES_MAX	256

/* While files are open, new frames are written this often. */
#define TICK_NS		NSEC_PER_SEC
/*
 * Younger frames are written later: the message about a clear that belongs to
 * one of them may not have arrived yet.
 */
#define YOUNG_NS	(NSEC_PER_SEC / 2)
/* Octets of one write. */
#define CHUNK		16384
/* An alarm must not wait for the thread. */
#define NICE		10
/*
 * It begins when the log, the store and the notification have the alarm, and
 * those that are due soon after it: new files delay the store's transactions.
 */
#define BEGIN_MS	1000
/* It begins at once when so many messages wait. */
#define MESSAGES_MANY	(MESSAGES_MAX / 2)

#define NAME_SIZE	256	/* of a watch or an interface */

enum message_type {
	MESSAGE_LIMIT,
	MESSAGE_RINGS,
	MESSAGE_RAISED,
	MESSAGE_VERDICT,
	MESSAGE_CLEARED,
};

struct message {
	enum message_type	 type;
	uint32_t		 serial;
	union {
		uint64_t		 limit;
		struct evidence_rings	*rings;		/* owned */
		struct wall_time	 cleared;
		struct {
			struct evidence_raise	 raise;
			char			 watch[NAME_SIZE];
			char			 interface[NAME_SIZE];
		} raised;
		struct {
			struct evidence		 evidence;
			struct verdict		 verdict;
		} verdict;
	} u;
};

struct open_file {
	struct evidence_file	 file;
	char			 name[EVIDENCE_FILE_NAME_SIZE];
	int			 fd;		/* -1: not created yet */
	uint64_t		 size;
	struct mono_time	 end;		/* no frames after it */
	bool			 changed;	/* by a message */
	bool			 over;		/* it will be closed */
};

struct evidence_writer {
	/* For both, under the mutex. */
	pthread_mutex_t		 mutex;
	struct queue		 messages;
	struct evidence_names	 names;		/* has its own */
	int			 work;		/* eventfd: for the thread */
	bool			 stop;

	/* For the owner. */
	bool			 threaded;
	pthread_t		 thread;

	/* For the thread. */
	char			*state;		/* owned */
	struct evidence_directory directory;
	struct evidence_rings	*rings;		/* a reference, or NULL */
	struct open_file	*files[FILES_MAX];	/* owned */
	size_t			 nfiles;
	struct pcapng_buffer	 buffer;
	struct mono_time	 tick;		/* the next one */
	struct evidence_health	 health;
	bool			 crowded;	/* it was logged */
};

/* ---- writing, in the thread */

/* The name of the file in its directory. */
static const char *
base_name(const struct open_file *o)
{
	return (strchr(o->name, '/') + 1);
}

/* An evidence_directory_keep. */
static bool
is_open(void *arg, const char *name)
{
	const struct evidence_writer	*w = arg;
	size_t				 i;

	for (i = 0; i < w->nfiles; i++)
		if (w->files[i]->fd != -1 &&
		    strcmp(base_name(w->files[i]), name) == 0)
			return (true);
	return (false);
}

static void
end_file(struct open_file *o, enum evidence_end end)
{
	o->over = true;
	o->file.end = end;
}

/* The octets of each of the files, so that those of a storm have room. */
static uint64_t
share_of_file(const struct evidence_writer *w)
{
	const uint64_t	 most = w->directory.limit / FILE_SHARE;
	uint64_t	 share;

	share = w->directory.limit / (w->nfiles + w->nfiles / FILE_SHARE + 1);
	if (share < SHARE_MIN)
		share = SHARE_MIN;
	return (share < most ? share : most);
}

/* Frees the buffer if memory was exhausted while it was filled; then true. */
static bool
drop_if_exhausted(struct evidence_writer *w)
{
	if (!w->buffer.exhausted)
		return (false);
	evidence_health_failed(&w->health, "out of memory", 0);
	pcapng_buffer_free(&w->buffer);
	return (true);
}

/*
 * Appends the buffer, and empties it.  On error the file ends with what it has.
 */
static void
append(struct evidence_writer *w, struct open_file *o)
{
	struct pcapng_buffer	*b = &w->buffer;
	uint64_t		 share = share_of_file(w);

	/* It stays at this when the others end, so that all have room. */
	if (o->file.room > share)
		o->file.room = share;
	if (drop_if_exhausted(w)) {
		end_file(o, EVIDENCE_END_ERROR);
	} else if (o->size + b->length > o->file.room ||
	    !evidence_directory_reserve(&w->directory, b->length, is_open,
	    w)) {
		log_debug("%s: the file has no room for more frames", o->name);
		end_file(o, EVIDENCE_END_ROOM);
	} else if (!evidence_directory_write(o->fd, b->octets, b->length,
	    o->size)) {
		evidence_health_failed(&w->health, "cannot write", errno);
		(void)!ftruncate(o->fd, (off_t)o->size);
		end_file(o, EVIDENCE_END_ERROR);
	} else {
		o->size += b->length;
		evidence_health_succeeded(&w->health);
	}
	b->length = 0;
}

static void
write_frames(struct evidence_writer *w, struct open_file *o,
    const struct evidence_rings *rings, struct mono_time until)
{
	struct evidence_ring	 ring;
	bool			 more;

	if (!evidence_rings_get(rings, o->file.interface, &ring))
		return;
	do {
		more = evidence_file_add_frames(&o->file, &ring, until, CHUNK,
		    &w->buffer);
		if (w->buffer.length > 0 || w->buffer.exhausted)
			append(w, o);
	} while (more && !o->over);
}

/* Writes the header again, which has the verdict and the moments. */
static void
write_header(struct evidence_writer *w, struct open_file *o)
{
	struct pcapng_buffer	*b = &w->buffer;

	b->length = 0;
	evidence_file_add_header(&o->file, b);
	if (!drop_if_exhausted(w) && !evidence_directory_write(o->fd, b->octets,
	    b->length, 0))
		evidence_health_failed(&w->health, "cannot write", errno);
	b->length = 0;
}

/* False when there is no file; it will be tried again unless it is over. */
static bool
create(struct evidence_writer *w, struct open_file *o)
{
	const char	*wrong;

	o->fd = evidence_directory_create(&w->directory, base_name(o), &wrong);
	if (o->fd == -1) {
		if (errno == EEXIST)
			evidence_health_taken(&w->health, o->name);
		else
			evidence_health_failed(&w->health, wrong, errno);
		return (false);
	}
	evidence_file_add_header(&o->file, &w->buffer);
	append(w, o);
	if (!o->over)
		return (true);
	evidence_directory_remove(&w->directory, base_name(o));
	evidence_health_failed(&w->health,
	    "no room within evidence-files or on the disk", 0);
	return (false);
}

/* False when the file was removed. */
static bool
exists(const struct open_file *o)
{
	struct stat	 st;

	return (fstat(o->fd, &st) == 0 && st.st_nlink > 0);
}

/* Writes all that is due; `all` is true at the end of the thread. */
static void
work_on(struct evidence_writer *w, struct open_file *o, struct mono_time now,
    bool all)
{
	bool	 last = all || !mono_before(now, o->end);

	if (o->fd == -1 && !create(w, o)) {
		o->over = o->over || last;
		return;
	}
	if (!exists(o)) {
		evidence_names_put(&w->names, o->name, false);
		o->over = true;
		return;
	}
	write_frames(w, o, w->rings, o->changed || last ? MONO_NEVER :
	    mono_add(now, -YOUNG_NS));
	if (!o->over && (o->changed || last)) {
		evidence_file_add_time(&o->file, wall_now(), &w->buffer);
		append(w, o);
	}
	if (last && !o->over)
		end_file(o, all ? EVIDENCE_END_DAEMON : EVIDENCE_END_TIME);
	if (o->changed || o->over)
		write_header(w, o);
	o->changed = false;
}

static void
work_on_all(struct evidence_writer *w, bool all)
{
	struct mono_time	 now = mono_now();
	bool			 due = all || !mono_before(now, w->tick);
	size_t			 i = 0;

	if (due)
		w->tick = mono_add(now, TICK_NS);
	while (i < w->nfiles) {
		if (due || w->files[i]->changed)
			work_on(w, w->files[i], now, all);
		if (!w->files[i]->over) {
			i++;
			continue;
		}
		if (w->files[i]->fd != -1)
			close(w->files[i]->fd);
		evidence_file_free(&w->files[i]->file);
		free(w->files[i]);
		w->files[i] = w->files[--w->nfiles];
	}
	if (w->nfiles > 0)
		return;
	pcapng_buffer_free(&w->buffer);
	evidence_health_try(&w->health, &w->directory);
	/* It may be removed, and its file system unmounted. */
	evidence_directory_close(&w->directory);
}

/* ---- messages, in the thread */

static struct open_file *
find(const struct evidence_writer *w, uint32_t serial)
{
	size_t	 i;

	for (i = 0; i < w->nfiles; i++)
		if (w->files[i]->file.serial == serial)
			return (w->files[i]);
	return (NULL);
}

/* False when no file is written. */
static bool
begin_file(struct evidence_writer *w, const struct message *m)
{
	struct evidence_raise	 raise = m->u.raised.raise;
	struct open_file	*o;

	if (w->directory.limit == 0 || w->rings == NULL)
		return (false);
	if (w->nfiles == FILES_MAX) {
		if (!w->crowded)
			log_warnx("alarm %" PRIu32 ", watch \"%s\": no "
			    "evidence file is written, because %d others are",
			    raise.alarm_id, m->u.raised.watch, FILES_MAX);
		w->crowded = true;
		return (false);
	}
	if (w->nfiles == 0)
		w->crowded = false;
	raise.watch = m->u.raised.watch;
	raise.interface = m->u.raised.interface;
	o = calloc(1, sizeof(*o));
	if (o == NULL || !evidence_file_begin(&o->file, &raise)) {
		evidence_health_failed(&w->health, "out of memory", 0);
		free(o);
		return (false);
	}
	(void)evidence_file_name(raise.serial, raise.watch, o->name);
	o->file.room = UINT64_MAX;
	o->fd = -1;
	o->end = mono_add(mono_now(), EVIDENCE_FILE_NS);
	o->changed = true;
	w->files[w->nfiles++] = o;
	return (true);
}

static void
raised(struct evidence_writer *w, const struct message *m)
{
	char	 name[EVIDENCE_FILE_NAME_SIZE];

	if (!begin_file(w, m))
		evidence_names_put(&w->names, evidence_file_name(m->serial,
		    m->u.raised.watch, name), false);
}

static void
take_verdict(struct evidence_writer *w, const struct message *m)
{
	struct open_file	*o = find(w, m->serial);

	if (o == NULL)
		return;
	o->file.evidence = m->u.verdict.evidence;
	o->file.verdict = m->u.verdict.verdict;
	o->file.has_verdict = o->changed = true;
}

static void
cleared(struct evidence_writer *w, const struct message *m)
{
	struct open_file	*o = find(w, m->serial);

	if (o == NULL)
		return;
	o->file.moments[EVIDENCE_MOMENT_CLEARED] = m->u.cleared;
	o->changed = true;
}

/* Records that only the old rings have are written now. */
static void
change_rings(struct evidence_writer *w, struct evidence_rings *rings)
{
	size_t	 i;

	for (i = 0; i < w->nfiles; i++)
		if (w->files[i]->fd != -1)
			write_frames(w, w->files[i], w->rings, MONO_NEVER);
	evidence_rings_release(w->rings);
	w->rings = rings;
}

static void
apply(struct evidence_writer *w, const struct message *m)
{
	switch (m->type) {
	case MESSAGE_LIMIT:
		w->directory.limit = m->u.limit;
		break;
	case MESSAGE_RINGS:
		change_rings(w, m->u.rings);
		break;
	case MESSAGE_RAISED:
		raised(w, m);
		break;
	case MESSAGE_VERDICT:
		take_verdict(w, m);
		break;
	case MESSAGE_CLEARED:
		cleared(w, m);
		break;
	}
}

/*
 * Copies the next message; false when there is none.  Sets *stop to whether the
 * thread has to end.
 */
static bool
next_message(struct evidence_writer *w, struct message *m, bool *stop)
{
	const struct message	*first;

	(void)pthread_mutex_lock(&w->mutex);
	first = queue_at(&w->messages, 0);
	if (first != NULL) {
		*m = *first;
		queue_shift(&w->messages);
	}
	*stop = w->stop;
	(void)pthread_mutex_unlock(&w->mutex);
	return (first != NULL);
}

static void
wait_for_work(struct evidence_writer *w)
{
	struct pollfd	 fd = { .fd = w->work, .events = POLLIN };
	struct mono_time due = w->nfiles > 0 ? w->tick :
	    evidence_health_due(&w->health);
	int64_t		 ms = mono_sub(due, mono_now()) / NSEC_PER_MSEC + 1;
	uint64_t	 events;

	if (poll(&fd, 1, due.ns == MONO_NEVER.ns ? -1 : ms > 0 ? (int)ms :
	    0) <= 0)
		return;
	(void)!read(w->work, &events, sizeof(events));
	/* The end and many messages interrupt this. */
	(void)poll(&fd, 1, BEGIN_MS);
}

static void *
run(void *arg)
{
	struct evidence_writer	*w = arg;
	struct message		 m;
	bool			 stop = false;

	/* On Linux it is that of the thread. */
	(void)setpriority(PRIO_PROCESS, 0, NICE);
	evidence_directory_find(&w->directory);
	while (!stop) {
		while (next_message(w, &m, &stop))
			apply(w, &m);
		work_on_all(w, stop);
		if (!stop)
			wait_for_work(w);
	}
	return (NULL);
}

/* ---- the owner's side */

struct evidence_writer *
evidence_writer_new(const char *state)
{
	struct evidence_writer	*w = calloc(1, sizeof(*w));

	if (w == NULL)
		return (NULL);
	(void)pthread_mutex_init(&w->mutex, NULL);
	queue_init(&w->messages, sizeof(struct message));
	w->work = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	w->state = strdup(state);
	evidence_names_init(&w->names);
	evidence_health_init(&w->health, w->state);
	evidence_directory_init(&w->directory, w->state, &w->names);
	if (w->work != -1 && w->state != NULL)
		return (w);
	(void)evidence_writer_end(w, 0);
	return (NULL);
}

bool
evidence_writer_start(struct evidence_writer *w)
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

static void
wake(const struct evidence_writer *w)
{
	const uint64_t	 one = 1;

	(void)!write(w->work, &one, sizeof(one));
}

/* Ends the thread.  False when it takes longer than the limit. */
static bool
stop(struct evidence_writer *w, int limit_ms)
{
	struct timespec	 limit;
	struct mono_time due;

	(void)pthread_mutex_lock(&w->mutex);
	w->stop = true;
	(void)pthread_mutex_unlock(&w->mutex);
	wake(w);
	due = mono_add(mono_now(), limit_ms * NSEC_PER_MSEC);
	limit.tv_sec = due.ns / NSEC_PER_SEC;
	limit.tv_nsec = due.ns % NSEC_PER_SEC;
	return (pthread_clockjoin_np(w->thread, NULL, CLOCK_MONOTONIC,
	    &limit) == 0);
}

bool
evidence_writer_end(struct evidence_writer *w, int limit_ms)
{
	struct message	 m;
	bool		 stopped;

	if (w == NULL)
		return (true);
	if (w->threaded && !stop(w, limit_ms))
		return (false);
	while (next_message(w, &m, &stopped))
		if (m.type == MESSAGE_RINGS)
			evidence_rings_release(m.u.rings);
	evidence_rings_release(w->rings);
	evidence_directory_close(&w->directory);
	queue_free(&w->messages);
	evidence_names_free(&w->names);
	(void)pthread_mutex_destroy(&w->mutex);
	if (w->work != -1)
		close(w->work);
	free(w->state);
	free(w);
	return (true);
}

/* False when it is dropped. */
static bool
put(struct evidence_writer *w, const struct message *m)
{
	bool	 ok, due;

	(void)pthread_mutex_lock(&w->mutex);
	due = w->messages.count == 0 || w->messages.count == MESSAGES_MANY;
	/* While the disk hangs, only few messages are kept. */
	ok = (w->messages.count < MESSAGES_MAX || m->type <= MESSAGE_RINGS) &&
	    queue_push(&w->messages, m);
	(void)pthread_mutex_unlock(&w->mutex);
	/* The thread waits only after it has taken all messages. */
	if (ok && due)
		wake(w);
	return (ok);
}

bool
evidence_writer_is_failing(const struct evidence_writer *w)
{
	return (w != NULL && w->health.failing);
}

void
evidence_writer_limit(struct evidence_writer *w, uint64_t octets)
{
	struct message	 m = { .type = MESSAGE_LIMIT, .u.limit = octets };

	if (w != NULL)
		(void)put(w, &m);
}

void
evidence_writer_rings(struct evidence_writer *w, struct evidence_rings *rings)
{
	struct message	 m = { .type = MESSAGE_RINGS };

	if (w == NULL)
		return;
	m.u.rings = evidence_rings_share(rings);
	if (!put(w, &m))
		evidence_rings_release(m.u.rings);
}

void
evidence_writer_raised(struct evidence_writer *w,
    const struct evidence_raise *raise)
{
	struct message	 m = { .type = MESSAGE_RAISED };
	char		 name[EVIDENCE_FILE_NAME_SIZE];

	if (w == NULL)
		return;
	m.serial = raise->serial;
	m.u.raised.raise = *raise;
	snprintf(m.u.raised.watch, NAME_SIZE, "%s", raise->watch);
	snprintf(m.u.raised.interface, NAME_SIZE, "%s", raise->interface);
	/* It has the name until it is known that it is not written. */
	(void)evidence_file_name(raise->serial, raise->watch, name);
	evidence_names_put(&w->names, name, true);
	if (!put(w, &m))
		evidence_names_put(&w->names, name, false);
}

bool
evidence_writer_has(struct evidence_writer *w, const char *name)
{
	return (evidence_names_has(&w->names, name));
}

void
evidence_writer_verdict(struct evidence_writer *w, uint32_t serial,
    const struct evidence *evidence, const struct verdict *verdict)
{
	struct message	 m = { .type = MESSAGE_VERDICT, .serial = serial };

	if (w == NULL)
		return;
	m.u.verdict.evidence = *evidence;
	m.u.verdict.verdict = *verdict;
	(void)put(w, &m);
}

void
evidence_writer_cleared(struct evidence_writer *w, uint32_t serial,
    struct wall_time at)
{
	struct message	 m = { .type = MESSAGE_CLEARED, .serial = serial };

	if (w == NULL)
		return;
	m.u.cleared = at;
	(void)put(w, &m);
}
