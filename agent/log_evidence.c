/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/eventfd.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/log.h"
#include "base/mono.h"
#include "log_evidence.h"
#include "log_time.h"

/* An older line is not about this alarm. */
#define RECENT_NS	(600 * NSEC_PER_SEC)

/* A time that is at most this long in the future may be correct. */
#define AHEAD_NS	(60 * NSEC_PER_SEC)

/* The rest of a longer line is not searched. */
#define LINE_MAX_OCTETS	((size_t)4096)

/* Questions and answers that wait. */
#define WAITING		64

/* The end of the process waits for the thread this long. */
#define END_MS		500

/* ---- one look */

/* `error`: errno, or 0. */
static struct evidence_signal
unreadable(int error)
{
	return ((struct evidence_signal){
		.state = EVIDENCE_UNKNOWN, .code = EVIDENCE_LOG_UNREADABLE,
		.port = (uint16_t)error,
	});
}

struct search {
	const regex_t		*pattern;
	struct wall_time	 now;
	char			*buffer;	/* LOG_EVIDENCE_OCTETS + 1 */
	struct evidence_signal	*signal;	/* the result */
	/* All lines that are searched were written within RECENT_NS. */
	bool			 all_recent;
	/* The same for the last line of the file. */
	bool			 last_recent;
	/* The time of the last line that has one; WALL_NEVER: not known. */
	struct wall_time	 at;
};

/*
 * Sets the time when a line was written: at most its own, else about now if it
 * is surely recent, else that of the line before, which it may continue.
 * WALL_NEVER: not known.
 */
static struct wall_time
time_of(struct search *k, const char *line, bool recent)
{
	struct wall_time	 at = log_time(line, k->now);
	bool			 has_time = !wall_is_never(at);

	/* The zone is unknown, or a clock was wrong. */
	if (has_time && wall_sub(at, k->now) > AHEAD_NS)
		at = WALL_NEVER;
	if (has_time)
		k->at = at;
	if (wall_is_never(at))
		at = recent ? k->now : k->at;
	return (at.ns > k->now.ns ? k->now : at);
}

/* `recent`: the line was written within RECENT_NS. */
static void
search_line(struct search *k, const char *line, bool recent)
{
	struct evidence_signal	*s = k->signal;
	struct wall_time	 at = time_of(k, line, recent);

	if (!wall_is_never(at) && wall_sub(k->now, at) > RECENT_NS)
		return;
	if (regexec(k->pattern, line, 0, NULL, 0) != 0)
		return;
	if (!wall_is_never(at)) {
		s->state = EVIDENCE_PRESENT;
		s->code = EVIDENCE_LOG_READ;
		s->at = at;
		s->count++;
	} else if (s->state != EVIDENCE_PRESENT) {
		s->state = EVIDENCE_UNKNOWN;
		s->code = EVIDENCE_LOG_UNDATED;
	}
}

/*
 * Searches the complete lines of text[length], and returns how many octets they
 * have.  NUL octets, which could hide the rest of a line, are read as blanks.
 */
static size_t
search_lines(struct search *k, char *text, size_t length)
{
	char	*line = text, *end, *nul;
	bool	 last;

	for (nul = text; (nul = memchr(nul, '\0',
	    length - (size_t)(nul - text))) != NULL; )
		*nul = ' ';
	while ((end = memchr(line, '\n',
	    length - (size_t)(line - text))) != NULL) {
		*end = '\0';
		if ((size_t)(end - line) > LINE_MAX_OCTETS)
			line[LINE_MAX_OCTETS] = '\0';
		last = end + 1 == text + length;
		search_line(k, line, k->all_recent || (last &&
		    k->last_recent));
		line = end + 1;
	}
	return ((size_t)(line - text));
}

/* Reads all octets from an offset on, unless the file has become shorter. */
static size_t
read_at(int file, char *buffer, size_t length, off_t offset)
{
	size_t	 done = 0;
	ssize_t	 n;

	while (done < length && (n = pread(file, buffer + done, length - done,
	    offset + (off_t)done)) > 0)
		done += (size_t)n;
	return (done);
}

/* Reads the last octets before an offset; zeros take the place of missing. */
static void
read_tail(int file, off_t offset, char *tail)
{
	size_t	 n = offset < LOG_TAIL_OCTETS ? (size_t)offset :
	    LOG_TAIL_OCTETS;

	memset(tail, 0, LOG_TAIL_OCTETS);
	(void)read_at(file, tail, n, offset - (off_t)n);
}

/* False for another file, and for one that was truncated and begins again. */
static bool
continues(int file, const struct stat *st, const struct log_position *last)
{
	char	 tail[LOG_TAIL_OCTETS];

	if (last->inode != st->st_ino || last->device != st->st_dev ||
	    last->offset > st->st_size)
		return (false);
	read_tail(file, last->offset, tail);
	return (memcmp(tail, last->tail, sizeof(tail)) == 0);
}

/*
 * The offset of the first octet to search: the end of the last look, but not
 * more than a MiB before the end of the file.
 */
static off_t
begin_of(int file, const struct stat *st, const struct log_position *last,
    bool changed)
{
	off_t		 begin = 0;
	const off_t	 most = (off_t)LOG_EVIDENCE_OCTETS;

	if (last->inode == 0 && !changed)
		return (st->st_size);
	if (continues(file, st, last))
		begin = last->offset;
	return (st->st_size - begin > most ? st->st_size - most : begin);
}

/* Was a file created within RECENT_NS?  Then so was each of its lines. */
static bool
is_new(int file, struct wall_time now)
{
	struct statx	 st;
	int64_t		 created_ns, age_ns;

	if (statx(file, "", AT_EMPTY_PATH, STATX_BTIME, &st) != 0 ||
	    (st.stx_mask & STATX_BTIME) == 0)
		return (false);
	created_ns = st.stx_btime.tv_sec * NSEC_PER_SEC +
	    st.stx_btime.tv_nsec;
	age_ns = now.ns - created_ns;
	return (age_ns >= 0 && age_ns <= RECENT_NS);
}

/* Searches an open file from where the last look ended. */
static void
search_file(struct search *k, int file, const struct stat *st,
    struct log_position *position)
{
	const struct wall_time	 changed = {
		(int64_t)st->st_mtim.tv_sec * NSEC_PER_SEC +
		    st->st_mtim.tv_nsec,
	};
	off_t			 begin;
	bool			 cut;
	size_t			 n, skip = 0;
	char			*end;

	k->all_recent = k->all_recent || is_new(file, k->now);
	k->last_recent = wall_sub(k->now, changed) <= RECENT_NS;
	k->at = WALL_NEVER;
	begin = begin_of(file, st, position, k->last_recent);
	cut = begin > 0 && (begin != position->offset ||
	    position->inode != st->st_ino);
	n = read_at(file, k->buffer, (size_t)(st->st_size - begin), begin);
	/* It may begin within a line. */
	if (cut && n > 0) {
		end = memchr(k->buffer, '\n', n);
		skip = end == NULL ? n : (size_t)(end - k->buffer) + 1;
	}
	n = skip + search_lines(k, k->buffer + skip, n - skip);
	*position = (struct log_position){
		st->st_dev, st->st_ino, begin + (off_t)n, k->now, { 0 },
	};
	read_tail(file, position->offset, position->tail);
}

/*
 * Opens a regular file; -1 on error (errno).  A FIFO or a device is not even
 * opened, because that alone may block or have an effect.
 */
static int
open_regular(const char *path, struct stat *st)
{
	int	 file;

	if (stat(path, st) != 0)
		return (-1);
	errno = EINVAL;
	if (!S_ISREG(st->st_mode))
		return (-1);
	file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (file < 0 || (fstat(file, st) == 0 && S_ISREG(st->st_mode)))
		return (file);
	close(file);
	errno = EINVAL;
	return (-1);
}

/* After a rotation, the rest of the old file may be in PATH.1. */
static void
search_rotated(struct search *k, const char *path,
    struct log_position *position)
{
	char		*rotated;
	struct stat	 st;
	int		 file;

	if (asprintf(&rotated, "%s.1", path) < 0)
		return;
	file = open_regular(rotated, &st);
	free(rotated);
	if (file < 0)
		return;
	if (st.st_ino == position->inode && st.st_dev == position->device)
		search_file(k, file, &st, position);
	close(file);
}

int
log_evidence_look(const char *path, const regex_t *pattern,
    struct log_position *position, struct wall_time now, char *buffer,
    struct evidence_signal *s)
{
	const int64_t	 since = wall_sub(now, position->at);
	struct search	 k = {
		.pattern = pattern, .now = now, .buffer = buffer, .signal = s,
		.all_recent = since >= 0 && since <= RECENT_NS,
	};
	struct stat	 st;
	int		 file, error;

	file = open_regular(path, &st);
	if (file < 0) {
		error = errno;
		*s = unreadable(error);
		return (error);
	}
	*s = (struct evidence_signal){
		.state = EVIDENCE_ABSENT, .code = EVIDENCE_LOG_READ, .at = now,
	};
	if (position->inode != 0 && (st.st_ino != position->inode ||
	    st.st_dev != position->device))
		search_rotated(&k, path, position);
	search_file(&k, file, &st, position);
	close(file);
	return (0);
}

/* ---- the thread */

struct question {
	uint32_t		 index;
	char			*path;		/* owned */
	char			*pattern;	/* owned */
};

struct answer {
	uint32_t		 index;
	struct evidence_signal	 signal;
};

struct watched {
	uint32_t		 index;
	struct log_position	 position;
	int			 error;		/* of the last look, logged */
};

struct log_evidence {
	/* For the thread. */
	struct watched		*watched;	/* owned */
	size_t			 nwatched, capacity;
	char			 buffer[LOG_EVIDENCE_OCTETS + 1];

	/* For the owner. */
	bool			 threaded;
	pthread_t		 thread;

	/* For both, under the mutex. */
	pthread_mutex_t		 mutex;
	int			 work;		/* eventfd: for the thread */
	int			 event;		/* eventfd: for the owner */
	struct question		 questions[WAITING];
	size_t			 nquestions;
	struct answer		 answers[WAITING];
	size_t			 nanswers;
	bool			 stop;
	bool			 ended;
};

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

struct log_evidence *
log_evidence_new(void)
{
	struct log_evidence	*l = calloc(1, sizeof(*l));

	if (l == NULL)
		return (NULL);
	(void)pthread_mutex_init(&l->mutex, NULL);
	l->work = eventfd(0, EFD_CLOEXEC);
	l->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (l->work != -1 && l->event != -1)
		return (l);
	log_evidence_end(l);
	return (NULL);
}

/* The record of a watch, made if necessary; NULL when memory is exhausted. */
static struct watched *
find_watched(struct log_evidence *l, uint32_t index)
{
	size_t	 i;

	for (i = 0; i < l->nwatched; i++)
		if (l->watched[i].index == index)
			return (&l->watched[i]);
	if (!array_reserve(&l->watched, &l->capacity, l->nwatched + 1,
	    sizeof(*l->watched)))
		return (NULL);
	l->watched[l->nwatched] = (struct watched){ .index = index };
	return (&l->watched[l->nwatched++]);
}

static void
look(struct log_evidence *l, const struct question *q,
    struct evidence_signal *s)
{
	struct watched	*w = find_watched(l, q->index);
	regex_t		 pattern;
	int		 error;

	*s = unreadable(0);
	if (w == NULL ||
	    regcomp(&pattern, q->pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return;
	error = log_evidence_look(q->path, &pattern, &w->position, wall_now(),
	    l->buffer, s);
	regfree(&pattern);
	if (error != 0 && error != w->error)
		log_warnx("log %s: cannot be read: %s; causes of alarms are "
		    "found without it", q->path, error == EINVAL ?
		    "not a regular file" : strerror(error));
	w->error = error;
}

/* False: the thread has to end. */
static bool
take_question(struct log_evidence *l, struct question *q, bool *found)
{
	bool	 stop;

	(void)pthread_mutex_lock(&l->mutex);
	stop = l->stop;
	*found = !stop && l->nquestions > 0 && l->nanswers < WAITING;
	if (*found) {
		*q = l->questions[0];
		memmove(l->questions, l->questions + 1,
		    --l->nquestions * sizeof(*q));
	}
	(void)pthread_mutex_unlock(&l->mutex);
	return (!stop);
}

static void *
run(void *arg)
{
	struct log_evidence	*l = arg;
	struct question		 q;
	struct answer		 a;
	bool			 found;

	while (take_question(l, &q, &found)) {
		if (!found) {
			clear_event(l->work);
			continue;
		}
		a.index = q.index;
		look(l, &q, &a.signal);
		free(q.path);
		free(q.pattern);
		(void)pthread_mutex_lock(&l->mutex);
		l->answers[l->nanswers++] = a;
		(void)pthread_mutex_unlock(&l->mutex);
		signal_event(l->event);
	}
	(void)pthread_mutex_lock(&l->mutex);
	l->ended = true;
	(void)pthread_mutex_unlock(&l->mutex);
	signal_event(l->event);
	return (NULL);
}

/* ---- the owner */

bool
log_evidence_start(struct log_evidence *l)
{
	sigset_t	 all, before;
	int		 error;

	/* Signals are for the owner's signalfd. */
	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&l->thread, NULL, run, l);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	l->threaded = error == 0;
	errno = error;
	return (error == 0);
}

/* False when the thread is still busy after END_MS. */
static bool
end_thread(struct log_evidence *l)
{
	struct pollfd	 fd = { .fd = l->event, .events = POLLIN };
	bool		 ended = false;

	(void)pthread_mutex_lock(&l->mutex);
	l->stop = true;
	clear_event(l->event);
	ended = l->ended;
	(void)pthread_mutex_unlock(&l->mutex);
	signal_event(l->work);
	while (!ended) {
		if (poll(&fd, 1, END_MS) <= 0)
			return (false);
		clear_event(l->event);
		(void)pthread_mutex_lock(&l->mutex);
		ended = l->ended;
		(void)pthread_mutex_unlock(&l->mutex);
	}
	(void)pthread_join(l->thread, NULL);
	return (true);
}

void
log_evidence_end(struct log_evidence *l)
{
	if (l == NULL || (l->threaded && !end_thread(l)))
		return;
	while (l->nquestions > 0) {
		free(l->questions[--l->nquestions].path);
		free(l->questions[l->nquestions].pattern);
	}
	close(l->work);
	close(l->event);
	(void)pthread_mutex_destroy(&l->mutex);
	free(l->watched);
	free(l);
}

bool
log_evidence_ask(struct log_evidence *l, uint32_t index, const char *path,
    const char *pattern)
{
	struct question	 q = { index, strdup(path), strdup(pattern) };
	bool		 asked = q.path != NULL && q.pattern != NULL;

	(void)pthread_mutex_lock(&l->mutex);
	asked = asked && l->nquestions < WAITING;
	if (asked)
		l->questions[l->nquestions++] = q;
	(void)pthread_mutex_unlock(&l->mutex);
	if (!asked) {
		free(q.path);
		free(q.pattern);
		return (false);
	}
	signal_event(l->work);
	return (true);
}

int
log_evidence_event(const struct log_evidence *l)
{
	return (l->event);
}

bool
log_evidence_answer(struct log_evidence *l, uint32_t *index,
    struct evidence_signal *s)
{
	bool	 found;

	(void)pthread_mutex_lock(&l->mutex);
	found = l->nanswers > 0;
	if (found) {
		*index = l->answers[0].index;
		*s = l->answers[0].signal;
		memmove(l->answers, l->answers + 1,
		    --l->nanswers * sizeof(l->answers[0]));
	} else {
		clear_event(l->event);
	}
	(void)pthread_mutex_unlock(&l->mutex);
	/* The thread waits while there are too many answers. */
	if (found)
		signal_event(l->work);
	return (found);
}

