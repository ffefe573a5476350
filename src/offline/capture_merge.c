/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/heap.h"
#include "base/log.h"
#include "base/mono.h"
#include "offline/capture_merge.h"
#include "offline/reorder_window.h"
#include "packet/capture_file.h"
#include "packet/packet.h"

/*
 * One capture.  Many captures are seldom of the same time, so one that begins
 * later than others is `postponed`: it is closed until its first frame is due.
 */
struct part {
	const char		*name;
	struct capture_file	*file;		/* NULL: postponed, or done */
	struct reorder_window	*window;	/* NULL as file is */
	bool			 postponed;
	bool			 ended;		/* no frame after the window */
	struct capture_file_info info;		/* kept when it is closed */
	struct wall_time	 first;		/* timestamp, if postponed */
	uint64_t		 position;	/* octets read, once closed */
	uint64_t		 untimed;	/* frames without a timestamp */
	struct wall_time	 newest;	/* latest timestamp so far */
	struct reorder_window_count counts;	/* once closed */
	char			 error[CAPTURE_ERROR_SIZE];
};

struct capture_merge {
	struct part		*parts;
	size_t			 nparts;
	struct heap		 next;		/* parts by first frame */
	struct wall_time	 latest;	/* handed out last */
	struct mono_time	 flush_at;	/* for a pipe: see fill() */
	struct wall_time	 flush_until;
	unsigned		 stopping;	/* flushes since the stop */
	bool			 enough;
	uint64_t		 frames;	/* handed out or skipped */
	unsigned		 skipped;	/* since the last hand-out */
	capture_merge_take	*take;
	capture_merge_wants	*wants;
	void			*arg;
};

/* Unwanted frames that are skipped before their time is handed out. */
#define SKIP_MAX	4096

/* A frame from a pipe is handed out after at most twice this time. */
#define FLUSH_NS	(500 * NSEC_PER_MSEC)

static volatile sig_atomic_t stopped;

void
capture_merge_stop(void)
{
	stopped = 1;
}

/* ---- one capture */

static void
part_close(struct part *p)
{
	if (p->file != NULL)
		p->position = capture_file_position(p->file);
	if (p->window != NULL)
		p->counts = *reorder_window_counts(p->window);
	capture_file_close(p->file);
	reorder_window_free(p->window);
	p->file = NULL;
	p->window = NULL;
}

/* On error false, and p->error says why. */
static bool
part_open(struct part *p, capture_file_idle *idle, void *arg)
{
	p->error[0] = '\0';
	p->untimed = 0;
	p->newest = WALL_NEVER;
	p->postponed = false;
	p->ended = false;
	p->window = reorder_window_new();
	if (p->window == NULL) {
		strcpy(p->error, "out of memory");
		return (false);
	}
	p->file = capture_file_open(p->name, idle, arg, p->error);
	if (p->file == NULL)
		return (false);
	p->info = *capture_file_info(p->file);
	return (true);
}

/* Reads a frame into the window.  False when memory is exhausted. */
static bool
part_read(struct capture_merge *m, struct part *p)
{
	struct capture_frame	 frame;

	if (capture_file_next(p->file, &frame, p->error) !=
	    CAPTURE_FILE_FRAME) {
		p->ended = true;
		return (true);
	}
	if (wall_is_never(frame.timestamp)) {
		p->untimed++;
		return (true);
	}
	if (frame.timestamp.ns > p->newest.ns)
		p->newest = frame.timestamp;
	return (reorder_window_push(p->window, &frame,
	    m->wants == NULL || m->wants(m->arg, &frame)));
}

/* Reads until the window is full.  False when memory is exhausted. */
static bool
part_fill(struct capture_merge *m, struct part *p)
{
	while (!p->ended && !reorder_window_full(p->window))
		if (!part_read(m, p))
			return (false);
	return (true);
}

/* Finds out when a capture begins, and closes it until then. */
static bool
part_postpone(struct capture_merge *m, struct part *p)
{
	const struct reorder_window_entry *entry;

	if (!part_fill(m, p))
		return (false);
	entry = reorder_window_first(p->window);
	if (entry != NULL) {
		p->postponed = true;
		p->first = entry->timestamp;
	}
	part_close(p);
	return (true);
}

/* ---- the merge */

/* Hands out the time of the last frame that was skipped. */
static void
hand_out_time(struct capture_merge *m)
{
	struct capture_frame	 frame = { .timestamp = m->latest };

	m->skipped = 0;
	m->enough = !m->take(m->arg, &frame);
}

/* Hands out the first entry of the window, and removes it. */
static void
hand_out(struct capture_merge *m, struct part *p,
    const struct reorder_window_entry *entry)
{
	struct capture_frame	 frame;

	if (entry->timestamp.ns > m->latest.ns)
		m->latest = entry->timestamp;
	if (entry->frame != NULL) {
		frame = *entry->frame;
		frame.timestamp = m->latest;
		m->skipped = 0;
		m->enough = !m->take(m->arg, &frame);
	} else if (++m->skipped == SKIP_MAX || m->frames == 0) {
		hand_out_time(m);
	}
	m->frames++;
	reorder_window_shift(p->window);
}

static void
hand_out_until(struct capture_merge *m, struct part *p, struct wall_time until)
{
	const struct reorder_window_entry *entry;

	while (!m->enough &&
	    (entry = reorder_window_first(p->window)) != NULL &&
	    entry->timestamp.ns <= until.ns)
		hand_out(m, p, entry);
	if (!m->enough && m->skipped > 0)
		hand_out_time(m);
}

/* The only capture is a pipe, which has no data for the moment. */
static bool
idle(void *arg)
{
	struct capture_merge	*m = arg;
	struct part		*p = &m->parts[0];

	if (m->take != NULL)
		hand_out_until(m, p, p->newest);
	return (!stopped && !m->enough);
}

/*
 * A pipe may always have some data and yet not fill the window for a long time.
 * Therefore, every FLUSH_NS, all frames are handed out that had been read at
 * the previous flush.
 */
static bool
fill(struct capture_merge *m, struct part *p)
{
	if (m->nparts > 1 || p->info.regular)
		return (part_fill(m, p));
	while (!p->ended && !m->enough && !reorder_window_full(p->window)) {
		if (!part_read(m, p))
			return (false);
		if (mono_before(mono_now(), m->flush_at))
			continue;
		hand_out_until(m, p, m->flush_until);
		m->flush_until = p->newest;
		m->flush_at = mono_add(mono_now(), FLUSH_NS);
		/* After a signal a writer that continues is not read on. */
		if (stopped && ++m->stopping > 2)
			p->ended = true;
	}
	return (true);
}

/* False when memory is exhausted. */
static bool
part_begin(struct capture_merge *m, uint32_t i)
{
	struct part	*p = &m->parts[i];

	if (p->file != NULL) {
		if (!fill(m, p))
			return (false);
		if (reorder_window_first(p->window) != NULL)
			p->first = reorder_window_first(p->window)->timestamp;
		else
			part_close(p);
	}
	if (p->file != NULL || p->postponed)
		heap_push(&m->next, (struct mono_time){ p->first.ns }, i);
	return (true);
}

/*
 * Hands out the earliest frame of all, which is in part i.  False when memory
 * is exhausted.
 */
static bool
step(struct capture_merge *m, uint32_t i)
{
	struct part		*p = &m->parts[i];
	const struct reorder_window_entry *entry = NULL;

	/* The file may have been removed since it was postponed. */
	if (p->postponed && part_open(p, NULL, NULL) && !part_fill(m, p))
		return (false);
	if (p->file != NULL)
		entry = reorder_window_first(p->window);
	if (entry != NULL) {
		hand_out(m, p, entry);
		if (!fill(m, p))
			return (false);
		entry = reorder_window_first(p->window);
	}
	if (entry == NULL) {
		part_close(p);
		heap_pop(&m->next);
	} else if (m->nparts > 1) {	/* a single part is always first */
		heap_defer_top(&m->next,
		    (struct mono_time){ entry->timestamp.ns });
	}
	return (true);
}

bool
capture_merge_run(struct capture_merge *m, capture_merge_take *take,
    capture_merge_wants *wants, void *arg)
{
	const struct heap_entry	*top;
	uint32_t		 i;

	m->take = take;
	m->wants = wants;
	m->arg = arg;
	for (i = 0; i < m->nparts && !m->enough; i++)
		if (!part_begin(m, i))
			return (false);
	while (!m->enough && (top = heap_top(&m->next)) != NULL)
		if (!step(m, top->item))
			return (false);
	if (!m->enough && m->skipped > 0)
		hand_out_time(m);
	return (true);
}

/* ---- start and end */

static bool
open_part(struct capture_merge *m, const char *name)
{
	struct part	*p = &m->parts[m->nparts++];
	bool		 only = m->next.capacity == 1;

	p->name = name;
	if (!part_open(p, only ? idle : NULL, m)) {
		log_errx("%s: %s", name, p->error);
		return (false);
	}
	if (only || !p->info.regular)
		return (true);
	if (part_postpone(m, p))
		return (true);
	log_errx("out of memory");
	return (false);
}

struct capture_merge *
capture_merge_open(char *const *names, size_t nnames)
{
	struct capture_merge	*m;
	size_t			 i;
	bool			 good = true;

	m = calloc(1, sizeof(*m));
	if (m != NULL)
		m->parts = calloc(nnames + 1, sizeof(*m->parts));
	if (m == NULL || m->parts == NULL || !heap_init(&m->next, nnames)) {
		log_errx("out of memory");
		capture_merge_close(m);
		return (NULL);
	}
	for (i = 0; i < nnames; i++)
		good = open_part(m, names[i]) && good;
	if (good)
		return (m);
	capture_merge_close(m);
	return (NULL);
}

void
capture_merge_close(struct capture_merge *m)
{
	size_t	 i;

	if (m == NULL)
		return;
	for (i = 0; i < m->nparts; i++)
		part_close(&m->parts[i]);
	heap_free(&m->next);
	free(m->parts);
	free(m);
}

/* ---- the report */

static const char *
plural(uint64_t n)
{
	return (n == 1 ? "" : "s");
}

/* Logs problems that do not fail the run. */
static void
warn_of_timestamps(const struct part *p, const struct reorder_window_count *c)
{
	double	 lag = (double)c->lag_ns / NSEC_PER_SEC;

	if (p->untimed > 0)
		log_warnx("%s: warning: ignored %" PRIu64 " packet%s without a "
		    "usable timestamp", p->name, p->untimed,
		    plural(p->untimed));
	if (c->late > 0)
		log_warnx("%s: warning: %" PRIu64 " packet%s out of order by "
		    "up to %.9f s; sorted, except %" PRIu64 " too far out of "
		    "order, counted at the time already reached", p->name,
		    c->out_of_order, plural(c->out_of_order), lag, c->late);
	else if (c->out_of_order > 0)
		log_warnx("%s: warning: %" PRIu64 " packet%s out of order by "
		    "up to %.9f s; sorted", p->name, c->out_of_order,
		    plural(c->out_of_order), lag);
}

static bool
part_report(const struct part *p)
{
	const struct reorder_window_count *c = p->window != NULL ?
	    reorder_window_counts(p->window) : &p->counts;

	warn_of_timestamps(p, c);
	if (p->error[0] != '\0')
		log_warnx("%s: warning: cannot read beyond packet %" PRIu64
		    ": %s", p->name, c->frames + p->untimed, p->error);
	if (!packet_knows_link(p->info.link_type))
		log_warnx("%s: warning: link type %d (%s) is not supported",
		    p->name, p->info.link_type, p->info.link_name);
	return (p->error[0] == '\0' && packet_knows_link(p->info.link_type));
}

bool
capture_merge_report(const struct capture_merge *m)
{
	size_t	 i;
	bool	 good = true;

	for (i = 0; i < m->nparts; i++)
		good = part_report(&m->parts[i]) && good;
	return (good);
}

/* ---- properties */

size_t
capture_merge_count(const struct capture_merge *m)
{
	return (m->nparts);
}

int
capture_merge_link_type(const struct capture_merge *m, size_t i)
{
	return (m->parts[i].info.link_type);
}

const char *
capture_merge_name(const struct capture_merge *m, size_t i)
{
	return (m->parts[i].name);
}

bool
capture_merge_is_live(const struct capture_merge *m)
{
	return (m->nparts == 1 && m->parts[0].file != NULL &&
	    !m->parts[0].info.regular &&
	    m->parts[0].info.size == 0);
}

uint64_t
capture_merge_frames(const struct capture_merge *m)
{
	return (m->frames);
}

double
capture_merge_progress(const struct capture_merge *m)
{
	uint64_t	 size = 0, position = 0;
	size_t		 i;

	for (i = 0; i < m->nparts; i++) {
		const struct part *p = &m->parts[i];
		if (p->info.size == 0)
			return (-1);
		size += p->info.size;
		if (p->file != NULL)
			position += capture_file_position(p->file);
		else if (!p->postponed)
			position += p->position;
	}
	return (size > 0 ? (double)position / (double)size : -1);
}
