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
 * One capture.  Of many most are not of the same time, so those whose time has
 * not come are closed: `asleep`.
 */
struct part {
	const char		*name;
	struct capture_file	*file;		/* NULL: asleep, or done */
	struct reorder_window		*window;	/* NULL: like file */
	bool			 asleep;
	bool			 ended;		/* nothing follows the window */
	int			 link_type;
	char			 link_name[32];
	struct wall_time	 first;		/* stamp, of one asleep */
	uint64_t		 size;		/* octets */
	uint64_t		 position;
	uint64_t		 unstamped;	/* frames without a stamp */
	struct wall_time	 newest;	/* stamp, so far */
	struct reorder_window_count	 counts;
	char			 error[CAPTURE_ERROR_SIZE];
};

struct capture_merge {
	struct part		*parts;
	size_t			 nparts;
	struct heap		 next;		/* by their first frame */
	struct wall_time	 latest;	/* that was handed out */
	struct wall_time	 settled;	/* of a pipe: newest then */
	struct mono_time	 settle;
	unsigned		 stopping;	/* settles since the stop */
	bool			 enough;
	uint64_t		 frames;	/* given away */
	unsigned		 kept_back;	/* stamps, up to the latest */
	capture_merge_take		*take;
	capture_merge_wants		*wants;
	void			*arg;
};

/* So many frames that are not wanted are one stamp. */
#define KEEP_BACK	4096

/* What came by a pipe is handed out after twice this time at most. */
#define SETTLE_NS	(500 * NSEC_PER_MSEC)

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

/* False on error, which then is in p->error. */
static bool
part_open(struct part *p, capture_file_idle *idle, void *arg)
{
	p->error[0] = '\0';
	p->unstamped = 0;
	p->newest = WALL_NEVER;
	p->asleep = false;
	p->ended = false;
	p->window = reorder_window_new();
	if (p->window == NULL) {
		strcpy(p->error, "out of memory");
		return (false);
	}
	p->file = capture_file_open(p->name, idle, arg, p->error);
	if (p->file == NULL)
		return (false);
	p->link_type = capture_file_link_type(p->file);
	snprintf(p->link_name, sizeof(p->link_name), "%s",
	    capture_file_link_name(p->file));
	p->size = capture_file_size(p->file);
	return (true);
}

/* Reads a frame into the window.  False when there is no memory. */
static bool
part_read(struct capture_merge *t, struct part *p)
{
	struct capture_frame	 frame;

	if (capture_file_next(p->file, &frame, p->error) !=
	    CAPTURE_FILE_FRAME) {
		p->ended = true;
		return (true);
	}
	if (wall_is_never(frame.timestamp)) {
		p->unstamped++;
		return (true);
	}
	if (frame.timestamp.ns > p->newest.ns)
		p->newest = frame.timestamp;
	return (reorder_window_push(p->window, &frame,
	    t->wants == NULL || t->wants(t->arg, &frame)));
}

/* Reads as much as the window takes.  False when there is no memory. */
static bool
part_fill(struct capture_merge *t, struct part *p)
{
	while (!p->ended && !reorder_window_full(p->window))
		if (!part_read(t, p))
			return (false);
	return (true);
}

/* Learns where a capture begins, and closes it until then. */
static bool
part_sleep(struct capture_merge *t, struct part *p)
{
	const struct reorder_window_entry	*entry;

	if (!part_fill(t, p))
		return (false);
	entry = reorder_window_first(p->window);
	if (entry != NULL) {
		p->asleep = true;
		p->first = entry->timestamp;
	}
	part_close(p);
	return (true);
}

/* ---- the merge */

/* Hands out how late it is. */
static void
hand_out_stamp(struct capture_merge *t)
{
	struct capture_frame	 frame = { .timestamp = t->latest };

	t->kept_back = 0;
	t->enough = !t->take(t->arg, &frame);
}

static void
hand_out(struct capture_merge *t, struct part *p)
{
	const struct reorder_window_entry	*entry = reorder_window_first(p->window);
	struct capture_frame		 frame;

	if (entry->timestamp.ns > t->latest.ns)
		t->latest = entry->timestamp;
	if (entry->frame != NULL) {
		frame = *entry->frame;
		frame.timestamp = t->latest;
		t->kept_back = 0;
		t->enough = !t->take(t->arg, &frame);
	} else if (++t->kept_back == KEEP_BACK || t->frames == 0) {
		hand_out_stamp(t);
	}
	t->frames++;
	reorder_window_shift(p->window);
}

static void
hand_out_until(struct capture_merge *t, struct part *p, struct wall_time until)
{
	const struct reorder_window_entry	*entry;

	while (!t->enough && (entry = reorder_window_first(p->window)) != NULL &&
	    entry->timestamp.ns <= until.ns)
		hand_out(t, p);
	if (!t->enough && t->kept_back > 0)
		hand_out_stamp(t);
}

/* The only capture is a pipe, and has nothing for the moment. */
static bool
idle(void *arg)
{
	struct capture_merge	*t = arg;
	struct part	*p = &t->parts[0];

	if (t->take != NULL)
		hand_out_until(t, p, p->newest);
	return (!stopped && !t->enough);
}

/*
 * Of a pipe that has something all the time what came half a second ago is
 * handed out, though the window is not full.
 */
static bool
fill(struct capture_merge *t, struct part *p)
{
	if (t->nparts > 1 || capture_file_is_regular(p->file))
		return (part_fill(t, p));
	while (!p->ended && !t->enough && !reorder_window_full(p->window)) {
		if (!part_read(t, p))
			return (false);
		if (mono_before(mono_now(), t->settle))
			continue;
		hand_out_until(t, p, t->settled);
		t->settled = p->newest;
		t->settle = mono_add(mono_now(), SETTLE_NS);
		/* Its writer does not end. */
		if (stopped && ++t->stopping > 2)
			p->ended = true;
	}
	return (true);
}

/* False when there is no memory. */
static bool
part_begin(struct capture_merge *t, uint32_t i)
{
	struct part	*p = &t->parts[i];

	if (p->file != NULL) {
		if (!fill(t, p))
			return (false);
		if (reorder_window_first(p->window) != NULL)
			p->first = reorder_window_first(p->window)->timestamp;
		else
			part_close(p);
	}
	if (p->file != NULL || p->asleep)
		heap_push(&t->next, (struct mono_time){ p->first.ns }, i);
	return (true);
}

/* Hands out the first of all frames.  False when there is no memory. */
static bool
step(struct capture_merge *t)
{
	uint32_t			 i = heap_top(&t->next)->item;
	struct part			*p = &t->parts[i];
	const struct reorder_window_entry	*entry = NULL;

	/* Its file may be gone since. */
	if (p->asleep && part_open(p, NULL, NULL) && !part_fill(t, p))
		return (false);
	if (p->file != NULL && reorder_window_first(p->window) != NULL) {
		hand_out(t, p);
		if (!fill(t, p))
			return (false);
		entry = reorder_window_first(p->window);
	}
	if (entry != NULL) {
		heap_defer_top(&t->next, (struct mono_time){ entry->timestamp.ns });
	} else {
		part_close(p);
		heap_pop(&t->next);
	}
	return (true);
}

bool
capture_merge_run(struct capture_merge *t, capture_merge_take *take, capture_merge_wants *wants,
    void *arg)
{
	uint32_t	 i;

	t->take = take;
	t->wants = wants;
	t->arg = arg;
	for (i = 0; i < t->nparts && !t->enough; i++)
		if (!part_begin(t, i))
			return (false);
	while (!t->enough && heap_top(&t->next) != NULL)
		if (!step(t))
			return (false);
	if (!t->enough && t->kept_back > 0)
		hand_out_stamp(t);
	return (true);
}

/* ---- start and end */

static bool
open_part(struct capture_merge *t, const char *name)
{
	struct part	*p = &t->parts[t->nparts++];
	bool		 only = t->next.capacity == 1;

	p->name = name;
	if (!part_open(p, only ? idle : NULL, t)) {
		log_warnx("%s: %s", name, p->error);
		return (false);
	}
	if (only || !capture_file_is_regular(p->file))
		return (true);
	if (part_sleep(t, p))
		return (true);
	log_warnx("out of memory");
	return (false);
}

struct capture_merge *
capture_merge_open(char *const *names, size_t nnames)
{
	struct capture_merge	*t;
	size_t		 i;
	bool		 fine = true;

	t = calloc(1, sizeof(*t));
	if (t != NULL)
		t->parts = calloc(nnames + 1, sizeof(*t->parts));
	if (t == NULL || t->parts == NULL || !heap_init(&t->next, nnames)) {
		log_warnx("out of memory");
		capture_merge_close(t);
		return (NULL);
	}
	for (i = 0; i < nnames; i++)
		fine = open_part(t, names[i]) && fine;
	if (fine)
		return (t);
	capture_merge_close(t);
	return (NULL);
}

void
capture_merge_close(struct capture_merge *t)
{
	size_t	 i;

	if (t == NULL)
		return;
	for (i = 0; i < t->nparts; i++)
		part_close(&t->parts[i]);
	heap_free(&t->next);
	free(t->parts);
	free(t);
}

/* ---- what is to be known */

/* What can be lived with. */
static void
warn_of_stamps(const struct part *p, const struct reorder_window_count *c)
{
	double	 back = (double)c->back_ns / NSEC_PER_SEC;

	if (p->unstamped > 0)
		log_warnx("%s: warning: packets without a usable time stamp, "
		    "left out: %" PRIu64, p->name, p->unstamped);
	if (c->late > 0)
		log_warnx("%s: warning: packets out of order: %" PRIu64 ", by "
		    "up to %.9f s; put in order but for %" PRIu64 " too far "
		    "back, which count at the latest time before them",
		    p->name, c->back, back, c->late);
	else if (c->back > 0)
		log_warnx("%s: warning: packets out of order: %" PRIu64 ", by "
		    "up to %.9f s; put in order", p->name, c->back, back);
}

static bool
part_report(const struct part *p)
{
	const struct reorder_window_count	*c = p->window != NULL ?
	    reorder_window_counts(p->window) : &p->counts;

	warn_of_stamps(p, c);
	if (p->error[0] != '\0')
		log_warnx("%s: warning: cannot be read beyond packet %" PRIu64
		    ": %s", p->name, c->frames + p->unstamped, p->error);
	if (!packet_knows_link(p->link_type))
		log_warnx("%s: warning: its link type %d (%s) is not "
		    "understood", p->name, p->link_type, p->link_name);
	return (p->error[0] == '\0' && packet_knows_link(p->link_type));
}

bool
capture_merge_report(const struct capture_merge *t)
{
	size_t	 i;
	bool	 fine = true;

	for (i = 0; i < t->nparts; i++)
		fine = part_report(&t->parts[i]) && fine;
	return (fine);
}

/* ---- what it is made of */

size_t
capture_merge_count(const struct capture_merge *t)
{
	return (t->nparts);
}

int
capture_merge_link_type(const struct capture_merge *t, size_t i)
{
	return (t->parts[i].link_type);
}

const char *
capture_merge_name(const struct capture_merge *t, size_t i)
{
	return (t->parts[i].name);
}

bool
capture_merge_is_live(const struct capture_merge *t)
{
	return (t->nparts == 1 && t->parts[0].file != NULL &&
	    !capture_file_is_regular(t->parts[0].file) &&
	    t->parts[0].size == 0);
}

uint64_t
capture_merge_frames(const struct capture_merge *t)
{
	return (t->frames);
}

double
capture_merge_progress(const struct capture_merge *t)
{
	uint64_t	 size = 0, position = 0;
	size_t		 i;

	for (i = 0; i < t->nparts; i++) {
		const struct part *p = &t->parts[i];
		if (p->size == 0)
			return (-1);
		size += p->size;
		if (p->file != NULL)
			position += capture_file_position(p->file);
		else if (!p->asleep)
			position += p->position;
	}
	return (size > 0 ? (double)position / (double)size : -1);
}
