/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence_file.h"
#include "packet/packet.h"

/* The name of a watch has at most 255 octets. */
#define COMMENT_SIZE	400

/*
 * The file begins at least so long before the last heartbeat, because this must
 * be in the file, also after an interruption longer than EVIDENCE_FILE_NS.
 */
#define BEFORE_LAST_NS	(10 * NSEC_PER_SEC)

/*
 * If no heartbeat was ever received, the file begins when the watch began, so
 * that a replay raises the alarm at the same time.
 */
static struct wall_time
beginning(const struct evidence_raise *r)
{
	struct wall_time	 from = wall_add(r->raised, -EVIDENCE_FILE_NS);
	struct wall_time	 last = wall_add(r->last, -BEFORE_LAST_NS);

	if (wall_is_never(r->last))
		return (wall_add(r->raised, -r->silence_ns));
	return (last.ns < from.ns ? last : from);
}

bool
evidence_file_begin(struct evidence_file *f, const struct evidence_raise *r)
{
	*f = (struct evidence_file){
		.serial = r->serial, .alarm_id = r->alarm_id,
		.watch = strdup(r->watch), .interface = strdup(r->interface),
		.from = beginning(r),
		.moments = {
			[EVIDENCE_MOMENT_LAST] = r->last,
			[EVIDENCE_MOMENT_RAISED] = r->raised,
		},
		.received = !wall_is_never(r->last),
	};
	if (f->watch != NULL && f->interface != NULL)
		return (true);
	evidence_file_free(f);
	return (false);
}

void
evidence_file_free(struct evidence_file *f)
{
	free(f->watch);
	free(f->interface);
	f->watch = f->interface = NULL;
}

/* ---- comments */

static void
print_moment(FILE *out, const char *name, struct wall_time at)
{
	char	 text[WALL_TEXT_SIZE];

	fprintf(out, "%s: %s\n", name, wall_text(at, text));
}

static void
print_signals(FILE *out, const struct evidence *e)
{
	const struct evidence_signal	*s;
	char				 text[EVIDENCE_TEXT_SIZE];
	unsigned			 i;

	for (i = 1; i <= EVIDENCE_MAX; i++) {
		s = &e->signals[i];
		fprintf(out, "%s: %s; %s\n", evidence_name(i),
		    evidence_state_text(s), evidence_text(i, s, text));
	}
}

static void
print_header(FILE *out, const struct evidence_file *f)
{
	static const char *const	 ends[] = {
		[EVIDENCE_END_NONE] = "hbwatchd writes this file; if it does "
		    "not any more, it was killed",
		[EVIDENCE_END_TIME] = "ten minutes after the raise",
		[EVIDENCE_END_DAEMON] = "hbwatchd was stopped",
		[EVIDENCE_END_ROOM] = "no room within evidence-files or on "
		    "the disk",
		[EVIDENCE_END_ERROR] = "a write failed",
	};
	const struct verdict		*v = &f->verdict;

	fprintf(out, "Evidence of alarm %" PRIu32 ", serial %" PRIu32
	    ", watch \"%s\", interface %s\n", f->alarm_id, f->serial, f->watch,
	    f->interface);
	print_moment(out, "Last heartbeat", f->moments[EVIDENCE_MOMENT_LAST]);
	print_moment(out, "Raised", f->moments[EVIDENCE_MOMENT_RAISED]);
	print_moment(out, "Cleared", f->moments[EVIDENCE_MOMENT_CLEARED]);
	fprintf(out, "End: %s\n", ends[f->end]);
	if (f->missing > 0)
		fprintf(out, "Frames are missing: they were overwritten before "
		    "they could be written\n");
	if (!f->has_verdict)
		return;
	fprintf(out, "Cause: %s, side: %s, confidence: %u %%\n",
	    cause_text(v->cause), cause_side_text(v->side),
	    (unsigned)v->confidence);
	if (v->number != 0)
		fprintf(out, "Decided by: %s\n", evidence_name(v->number));
	print_signals(out, &f->evidence);
}

void
evidence_file_add_header(const struct evidence_file *f,
    struct pcapng_buffer *b)
{
	char	*text = NULL;
	size_t	 length;
	FILE	*out = open_memstream(&text, &length);

	if (out == NULL) {
		b->exhausted = true;
		return;
	}
	print_header(out, f);
	if (fclose(out) == 0)
		pcapng_add_section(b, PACKAGE_VERSION, text);
	else
		b->exhausted = true;
	free(text);
}

static void
describe(const struct evidence_file *f, enum evidence_moment moment,
    char *comment)
{
	static const char *const	 names[] = {
		[EVIDENCE_MOMENT_LAST] = "last heartbeat",
		[EVIDENCE_MOMENT_RAISED] = "alarm raised",
		[EVIDENCE_MOMENT_CLEARED] = "alarm cleared",
	};
	char				 text[WALL_TEXT_SIZE];

	snprintf(comment, COMMENT_SIZE, "%s at %s: alarm %" PRIu32
	    ", watch \"%s\"", names[moment], wall_text(f->moments[moment],
	    text), f->alarm_id, f->watch);
}

/* ---- packets */

/* The number of the interface with this link type in the file. */
static uint32_t
link_of(struct evidence_file *f, int link_type, struct pcapng_buffer *b)
{
	uint32_t	 i;

	for (i = 0; i < f->nlinks; i++)
		if (f->links[i] == link_type)
			return (i);
	/* The link type of one interface hardly ever changes. */
	if (f->nlinks == EVIDENCE_FILE_LINKS)
		return (UINT32_MAX);
	pcapng_add_interface(b, link_type, f->interface);
	f->links[f->nlinks++] = link_type;
	if (f->nlinks == 1 && !f->received)
		pcapng_add_statistics(b, 0, f->from);
	return (f->nlinks - 1);
}

/*
 * Is the pending packet the nearest one to this moment?  `next` NULL: nothing
 * is known to follow.
 */
static bool
is_nearest(const struct evidence_file *f, enum evidence_moment moment,
    const struct evidence_record *next)
{
	struct wall_time	 at = f->moments[moment];
	struct wall_time	 before = f->pending.wall;

	if (wall_is_never(at) || f->shown[moment])
		return (false);
	return (next == NULL || at.ns <= before.ns || (at.ns < next->wall.ns &&
	    at.ns - before.ns < next->wall.ns - at.ns));
}

/* Adds the pending packet. */
static void
add_packet(struct evidence_file *f, const struct evidence_record *next,
    struct pcapng_buffer *b)
{
	const struct evidence_record	*r = &f->pending;
	const struct capture_frame	 frame = {
		.timestamp = r->wall, .bytes = r->bytes,
		.captured = r->captured, .wire = r->wire,
	};
	char				 text[EVIDENCE_MOMENTS][COMMENT_SIZE];
	char				*comments[EVIDENCE_MOMENTS];
	uint32_t			 link = link_of(f, r->link_type, b);
	size_t				 n = 0;
	unsigned			 moment;

	f->has_pending = false;
	if (link == UINT32_MAX)
		return;
	for (moment = 0; moment < EVIDENCE_MOMENTS; moment++) {
		if (!is_nearest(f, moment, next))
			continue;
		describe(f, moment, text[n]);
		comments[n] = text[n];
		n++;
		f->shown[moment] = true;
	}
	pcapng_add_packet(b, link, &frame, comments, n);
	f->packets++;
}

/*
 * The position of the first record of the file: the later half of its room is
 * for the frames that follow.
 */
static uint64_t
first_of(const struct evidence_file *f, const struct evidence_ring *ring)
{
	uint64_t	 head = evidence_ring_head(ring), most = 0;

	/* A block of a frame is about as large as its record. */
	if (f->room > PCAPNG_SECTION_SIZE)
		most = (f->room - PCAPNG_SECTION_SIZE) / 2;
	return (head > most ? head - most : 0);
}

bool
evidence_file_add_frames(struct evidence_file *f,
    const struct evidence_ring *ring, struct mono_time until, size_t most,
    struct pcapng_buffer *b)
{
	struct evidence_record	 record;
	uint64_t		 position = f->position, oldest;
	size_t			 left;

	/* A malicious engine could add records for as long as they are read. */
	left = ring->size / offsetof(struct evidence_record, bytes);
	oldest = evidence_ring_oldest(ring);
	if (position == 0)
		f->first = first_of(f, ring);
	if (f->packets > 0 && oldest > position)
		f->missing += oldest - position;
	while (b->length <= most && !b->exhausted) {
		if (left-- == 0 ||
		    !evidence_ring_read(ring, &position, &record) ||
		    mono_before(until, record.mono)) {
			if (f->has_pending)
				add_packet(f, NULL, b);
			return (false);
		}
		f->position = position;
		if (record.wall.ns < f->from.ns || position <= f->first)
			continue;
		if (f->has_pending)
			add_packet(f, &record, b);
		f->pending = record;
		f->has_pending = true;
	}
	return (!b->exhausted);
}

void
evidence_file_add_time(struct evidence_file *f, struct wall_time now,
    struct pcapng_buffer *b)
{
	/* No frame has been received yet. */
	if (f->nlinks == 0)
		(void)link_of(f, LINK_ETHERNET, b);
	pcapng_add_statistics(b, 0, now);
}
