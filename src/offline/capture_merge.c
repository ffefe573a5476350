/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/heap.h"
#include "base/log.h"
#include "base/mono.h"
#include "base/progress.h"
#include "offline/capture_merge.h"
#include "offline/command.h"
#include "offline/reorder_window.h"
#include "packet/capture_file.h"
#include "packet/packet.h"

/*
 * One of the captures.  If there are several, each file is `postponed`: it is
 * closed until its first frame is the earliest one of all.  Rotated captures do
 * not overlap in time, so this saves memory and open files.
 */
struct input {
	const char		*name;		/* the caller's */
	struct capture_file	*file;		/* NULL: closed */
	struct reorder_window	*window;	/* NULL: closed */
	bool			 postponed;	/* closed until `first` */
	bool			 ended;		/* all frames were read */
	struct capture_file_info info;		/* valid also when closed */
	struct wall_time	 first;		/* time of the first frame */
	uint64_t		 no_timestamp;	/* ignored frames */
	uint64_t		 times;		/* frames with no bytes */
	struct wall_time	 newest;	/* latest timestamp read */
	int			 unsupported;	/* a frame's link type; or -1 */
	char			 error[CAPTURE_ERROR_SIZE]; /* "": none */
	uint64_t		 position;	/* octets read when closed */
	struct reorder_window_count counts;
};

struct capture_merge {
	struct input		*inputs;	/* owned */
	size_t			 ninputs;
	struct heap		 next;		/* inputs by their next frame */
	struct wall_time	 latest;	/* timestamp handed out last */
	struct mono_time	 flush_at;	/* for a pipe: see refill() */
	struct wall_time	 flush_until;
	unsigned		 stopping;	/* flushes since the signal */
	bool			 done;		/* `take` returned false */
	uint64_t		 frames;	/* handed out or skipped */
	unsigned		 skipped;	/* since the last hand-out */
	capture_merge_take	*take;
	capture_merge_filter	*filter;
	void			*arg;
	capture_merge_tick	*tick;
};

/* After this many skipped frames the time of the last one is handed out. */
#define SKIP_MAX	4096

/* A frame from a pipe is handed out at the latest after twice this time. */
#define FLUSH_NS	(500 * NSEC_PER_MSEC)

/* ---- one of the captures */

static void
input_close(struct input *in)
{
	if (in->file != NULL)
		in->position = capture_file_position(in->file);
	capture_file_close(in->file);
	reorder_window_free(in->window);
	in->file = NULL;
	in->window = NULL;
}

/* On error false, with one line in in->error. */
static bool
input_open(struct input *in, capture_file_idle *idle, void *arg)
{
	*in = (struct input){ .name = in->name, .unsupported = -1 };
	in->window = reorder_window_new(&in->counts);
	if (in->window == NULL) {
		strcpy(in->error, "out of memory");
		return (false);
	}
	in->file = capture_file_open(in->name, idle, arg, in->error);
	if (in->file == NULL)
		return (false);
	in->info = *capture_file_info(in->file);
	return (true);
}

/* Reads a frame into the window.  False when memory is exhausted. */
static bool
input_read(struct capture_merge *m, struct input *in)
{
	struct capture_frame	 frame;

	if (capture_file_next(in->file, &frame, in->error) !=
	    CAPTURE_FILE_FRAME) {
		in->ended = true;
		return (true);
	}
	if (wall_is_never(frame.timestamp)) {
		in->no_timestamp++;
		return (true);
	}
	if (frame.link_type != in->info.link_type &&
	    !packet_supports_link(frame.link_type))
		in->unsupported = frame.link_type;
	if (frame.timestamp.ns > in->newest.ns)
		in->newest = frame.timestamp;
	in->times += frame.bytes == NULL;
	return (reorder_window_push(in->window, &frame, frame.bytes != NULL &&
	    (m->filter == NULL || m->filter(m->arg, &frame))));
}

/* Reads until the window is full.  False when memory is exhausted. */
static bool
input_fill(struct capture_merge *m, struct input *in)
{
	while (!in->ended && !reorder_window_full(in->window))
		if (!input_read(m, in))
			return (false);
	return (true);
}

/* Reads the time of the first frame and closes the capture until then. */
static bool
input_postpone(struct capture_merge *m, struct input *in)
{
	const struct reorder_window_entry *entry;

	if (!input_fill(m, in))
		return (false);
	entry = reorder_window_first(in->window);
	if (entry != NULL) {
		in->postponed = true;
		in->first = entry->timestamp;
	}
	input_close(in);
	return (true);
}

/* ---- the merge */

/* Hands out the time of the last skipped frame. */
static void
hand_out_time(struct capture_merge *m)
{
	struct capture_frame	 frame = { .timestamp = m->latest };

	m->skipped = 0;
	m->done = !m->take(m->arg, &frame);
}

/* Hands out the first entry of the window, and removes it. */
static void
hand_out(struct capture_merge *m, struct input *in,
    const struct reorder_window_entry *entry)
{
	struct capture_frame	 frame;

	if (entry->timestamp.ns > m->latest.ns)
		m->latest = entry->timestamp;
	if (entry->frame != NULL) {
		frame = *entry->frame;
		frame.timestamp = m->latest;
		m->skipped = 0;
		m->done = !m->take(m->arg, &frame);
	} else if (++m->skipped == SKIP_MAX || m->frames == 0) {
		hand_out_time(m);
	}
	m->frames++;
	reorder_window_shift(in->window);
}

static void
hand_out_until(struct capture_merge *m, struct input *in,
    struct wall_time until)
{
	const struct reorder_window_entry *entry;

	while (!m->done &&
	    (entry = reorder_window_first(in->window)) != NULL &&
	    entry->timestamp.ns <= until.ns)
		hand_out(m, in, entry);
	if (!m->done && m->skipped > 0)
		hand_out_time(m);
}

/* Hands out all frames when the pipe, the only capture, has no data. */
static bool
idle(void *arg)
{
	struct capture_merge	*m = arg;
	struct input		*in = &m->inputs[0];

	/* The header of the capture is read before the run. */
	if (m->take != NULL) {
		hand_out_until(m, in, in->newest);
		m->tick(m->arg);
	}
	return (!command_stopped() && !m->done);
}

/*
 * Fills the window.  A pipe may have some data all the time, so that idle() is
 * never called, and yet need long to fill the window.  Therefore, every
 * FLUSH_NS, all frames that had been read at the previous flush are handed out.
 * False when memory is exhausted.
 */
static bool
refill(struct capture_merge *m, struct input *in)
{
	if (m->ninputs > 1 || in->info.regular)
		return (input_fill(m, in));
	while (!in->ended && !m->done && !reorder_window_full(in->window)) {
		if (!input_read(m, in))
			return (false);
		if (mono_before(mono_now(), m->flush_at))
			continue;
		hand_out_until(m, in, m->flush_until);
		m->flush_until = in->newest;
		m->flush_at = mono_add(mono_now(), FLUSH_NS);
		m->tick(m->arg);
		/* After a signal, a pipe ends even if the writer continues. */
		if (command_stopped() && ++m->stopping > 2)
			in->ended = true;
	}
	return (true);
}

/*
 * Puts a capture into the heap, unless it has no frame.  The heap takes the
 * timestamp as its deadline.  False when memory is exhausted.
 */
static bool
enqueue(struct capture_merge *m, uint32_t i)
{
	struct input	*in = &m->inputs[i];

	if (in->file != NULL) {
		if (!refill(m, in))
			return (false);
		if (reorder_window_first(in->window) != NULL)
			in->first = reorder_window_first(in->window)->timestamp;
		else
			input_close(in);
	}
	if (in->file != NULL || in->postponed)
		heap_push(&m->next, (struct mono_time){ in->first.ns }, i);
	return (true);
}

/*
 * Hands out the earliest frame of all, which is of input i.  False when memory
 * is exhausted.
 */
static bool
step(struct capture_merge *m, uint32_t i)
{
	struct input		*in = &m->inputs[i];
	const struct reorder_window_entry *entry = NULL;

	/* If the file was removed in the meantime, input_open fails. */
	if (in->postponed && input_open(in, NULL, NULL) && !input_fill(m, in))
		return (false);
	if (in->file != NULL)
		entry = reorder_window_first(in->window);
	if (entry != NULL) {
		hand_out(m, in, entry);
		if (!refill(m, in))
			return (false);
		entry = reorder_window_first(in->window);
	}
	if (entry == NULL) {
		input_close(in);
		heap_pop(&m->next);
	} else if (m->ninputs > 1) {	/* a single one is always first */
		heap_defer_top(&m->next,
		    (struct mono_time){ entry->timestamp.ns });
	}
	return (true);
}

bool
capture_merge_run(struct capture_merge *m, capture_merge_take *take,
    capture_merge_filter *filter, capture_merge_tick *tick, void *arg)
{
	const struct heap_entry	*top;
	uint32_t		 i;

	m->take = take;
	m->filter = filter;
	m->tick = tick;
	m->arg = arg;
	for (i = 0; i < m->ninputs && !m->done; i++)
		if (!enqueue(m, i))
			return (false);
	while (!m->done && (top = heap_top(&m->next)) != NULL)
		if (!step(m, top->item))
			return (false);
	if (!m->done && m->skipped > 0)
		hand_out_time(m);
	return (true);
}

/* ---- start and end */

/* On error false, after logging it. */
static bool
add_input(struct capture_merge *m, const char *name)
{
	struct input	*in = &m->inputs[m->ninputs++];
	bool		 only = m->next.capacity == 1;

	in->name = name;
	if (!input_open(in, only ? idle : NULL, m)) {
		progress_clear();
		log_errx("%s: %s", name, in->error);
		return (false);
	}
	if (only || !in->info.regular)
		return (true);
	if (input_postpone(m, in))
		return (true);
	progress_clear();
	log_errx("out of memory");
	return (false);
}

struct capture_merge *
capture_merge_open(char *const *names, size_t nnames)
{
	struct capture_merge	*m;
	size_t			 i;
	bool			 ok = true;

	m = calloc(1, sizeof(*m));
	if (m != NULL)
		m->inputs = calloc(nnames + 1, sizeof(*m->inputs));
	if (m == NULL || m->inputs == NULL || !heap_init(&m->next, nnames)) {
		log_errx("out of memory");
		capture_merge_close(m);
		return (NULL);
	}
	for (i = 0; i < nnames; i++)
		ok = add_input(m, names[i]) && ok;
	if (ok)
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
	for (i = 0; i < m->ninputs; i++)
		input_close(&m->inputs[i]);
	heap_free(&m->next);
	free(m->inputs);
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
warn_of_timestamps(const struct input *in)
{
	const struct reorder_window_count *c = &in->counts;
	char	 except[100] = "";

	if (in->no_timestamp > 0)
		log_warnx("%s: warning: ignored %" PRIu64 " packet%s without a "
		    "usable timestamp", in->name, in->no_timestamp,
		    plural(in->no_timestamp));
	if (c->late > 0)
		snprintf(except, sizeof(except), ", except %" PRIu64 " too far "
		    "out of order, counted at the time already reached",
		    c->late);
	if (c->out_of_order > 0 && !in->info.evidence)
		log_warnx("%s: warning: %" PRIu64 " packet%s out of order by "
		    "up to %.9f s; sorted%s", in->name, c->out_of_order,
		    plural(c->out_of_order), mono_seconds(c->lag_ns),
		    except);
}

static bool
input_report(const struct input *in)
{
	int	 unsupported = packet_supports_link(in->info.link_type) ?
	    in->unsupported : in->info.link_type;

	warn_of_timestamps(in);
	if (in->error[0] != '\0')
		log_warnx("%s: warning: cannot read beyond packet %" PRIu64
		    ": %s", in->name, in->counts.frames + in->no_timestamp -
		    in->times, in->error);
	if (unsupported >= 0)
		log_warnx("%s: warning: link type %d (%s) is not supported",
		    in->name, unsupported, capture_file_link_name(unsupported));
	return (in->error[0] == '\0' && unsupported < 0);
}

bool
capture_merge_report(const struct capture_merge *m)
{
	size_t	 i;
	bool	 ok = true;

	for (i = 0; i < m->ninputs; i++)
		ok = input_report(&m->inputs[i]) && ok;
	return (ok);
}

/* ---- properties */

size_t
capture_merge_count(const struct capture_merge *m)
{
	return (m->ninputs);
}

int
capture_merge_link_type(const struct capture_merge *m, size_t i)
{
	return (m->inputs[i].info.link_type);
}

const char *
capture_merge_name(const struct capture_merge *m, size_t i)
{
	return (m->inputs[i].name);
}

bool
capture_merge_is_live(const struct capture_merge *m)
{
	return (m->ninputs == 1 && m->inputs[0].file != NULL &&
	    !m->inputs[0].info.regular &&
	    m->inputs[0].info.size == 0);
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

	for (i = 0; i < m->ninputs; i++) {
		const struct input *in = &m->inputs[i];
		if (in->info.size == 0)
			return (-1);
		size += in->info.size;
		if (in->file != NULL)
			position += capture_file_position(in->file);
		else if (!in->postponed)
			position += in->position;
	}
	return (size > 0 ? (double)position / (double)size : -1);
}
