/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cost of a varbind, a heartbeat and a look-up with few watches and with
 * many.  It is run by hand and has no limits.  On a busy machine the
 * nanoseconds vary, the ratios much less.
 *
 *	bench_table count WATCHES HEARTBEATS
 *
 * in callgrind counts the instructions of that many heartbeats, from the frame
 * to the row, and then those for decoding the same frames: two dumps.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_STOP_INSTRUMENTATION
#define CALLGRIND_DUMP_STATS_AT(text)
#endif

#include "bytes.h"
#include "match/match.h"
#include "packet/packet.h"
#include "stage.h"
#include "table.h"

#define FEW		1000
#define MANY		100000
/* The number of runs; the fastest one is printed. */
#define RUNS		5
#define OPERATIONS	2000000
#define LINKTYPE_ETHERNET	1

/* For counting instructions; each watch has a heartbeat a second. */
#define ADVANCE_EVERY	64
#define COUNT_SECONDS	3	/* of interruption */

/* A prime step, so that the next watch is not the neighbour. */
#define STEP		7919

struct subject {
	struct stage	 stage;
	size_t		 nwatches;
	double		 now;		/* seconds since it began */
};

static double
seconds(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
}

/* Peers are 10.0.0.0/8, four ports, four interfaces, four alarms. */
static void
begin(struct subject *s, size_t n, unsigned interruption)
{
	static const unsigned	 alarms[] = { 45640, 12010, 27003, 46003 };
	char			*text;
	size_t			 size, i;
	FILE			*f = open_memstream(&text, &size);

	if (f == NULL)
		abort();
	for (i = 0; i < n; i++)
		fprintf(f, "watch w%zu { interface = eth%zu "
		    "peer = 10.%zu.%zu.%zu heartbeat = \"udp %zu\" "
		    "alarm = %u interruption = %us }\n", i, i % 4,
		    i >> 16 & 255, i >> 8 & 255, i & 255, 20000 + i % 4,
		    alarms[i % 4], interruption);
	if (fclose(f) != 0)
		abort();
	s->nwatches = n;
	stage_begin(&s->stage, text);
	free(text);
}

/* ---- what is measured: each returns how many operations it did */

static size_t
walk(struct subject *s)
{
	const struct agent	*agent = &s->stage.agent;
	struct instance		 instance;
	struct value		 value;
	oid			 name[MAX_OID_LEN];
	size_t			 r = table_root_length, length = r, count = 0;

	while (table_find_next(agent, name + r, length - r, &instance) ==
	    TABLE_FOUND) {
		length = table_name(agent, &instance, name);
		table_value(agent, &instance, &value);
		count++;
	}
	return (count);
}

static size_t
find(struct subject *s)
{
	const struct agent	*agent = &s->stage.agent;
	struct instance		 instance;
	struct value		 value;
	oid			 name[] = { 1, 3, 1, 2, 0 };
	size_t			 i;

	for (i = 0; i < OPERATIONS; i++) {
		name[4] = 1 + i * STEP % s->nwatches;
		if (table_find(agent, name, 5, &instance) != TABLE_FOUND)
			abort();
		table_value(agent, &instance, &value);
	}
	return (OPERATIONS);
}

/* Each watch has its heartbeat once a second, and none is ever late. */
static size_t
heartbeats(struct subject *s)
{
	double		 step = 1.0 / (double)s->nwatches;
	size_t		 i;

	for (i = 0; i < OPERATIONS; i++) {
		s->now += step;
		detect_heartbeat(&s->stage.detect,
		    (uint32_t)(i * STEP % s->nwatches), stage_mono(s->now),
		    stage_wall(s->now));
		/* Once a millisecond or so, as the engine does. */
		if (i % (s->nwatches / 1000) == 0)
			detect_advance(&s->stage.detect,
			    stage_mono(s->now));
	}
	return (OPERATIONS);
}

static void
found(void *arg, uint32_t watch, const struct heartbeat *heartbeat)
{
	(void)heartbeat;
	*(uint64_t *)arg += watch + 1;
}

/* Makes a frame; frame_of fills in the peer and the port. */
static void
begin_frame(struct bytes *b, struct capture_frame *frame)
{
	*b = (struct bytes){ .n = 0 };
	put_ethernet(b, 0x0800);
	put_ipv4(b, 17, 64, 16);
	put_udp(b, 20000, 20000, 8);
	put_zeros(b, 8);
	*frame = (struct capture_frame){
		.link_type = LINKTYPE_ETHERNET, .bytes = b->at,
		.captured = b->n, .wire = b->n,
	};
}

static void
frame_of(struct bytes *b, size_t watch)
{
	set_u16(b, 26, 10 << 8 | (unsigned)(watch >> 16));
	set_u16(b, 28, (unsigned)watch & 0xffff);
	set_u16(b, 34, 20000 + watch % 4);
	set_u16(b, 36, 20000 + watch % 4);
}

static size_t
frames(struct subject *s)
{
	struct match		*match;
	struct bytes		 b;
	struct capture_frame	 frame;
	uint64_t		 sum = 0;
	size_t			 i, w;

	match = match_new(s->stage.agent.current.config, NULL);
	if (match == NULL)
		abort();
	begin_frame(&b, &frame);
	for (i = 0; i < OPERATIONS; i++) {
		w = i * STEP % s->nwatches;
		frame_of(&b, w);
		sum -= w + 1;
		(void)match_frame(match, &frame, found, &sum);
	}
	/* Each frame matched its own watch and no other. */
	if (sum != 0)
		abort();
	match_free(match);
	return (OPERATIONS);
}

/* ---- counting instructions */

static void
beats(void *arg, uint32_t watch, const struct heartbeat *heartbeat)
{
	struct subject	*s = arg;

	if (!detect_is_copy(&s->stage.detect, watch, heartbeat->content,
	    stage_mono(s->now)))
		detect_heartbeat(&s->stage.detect, watch, stage_mono(s->now),
		    stage_wall(s->now));
}

static void
frames_to_rows(struct subject *s, struct match *match, size_t n)
{
	struct bytes		 b;
	struct capture_frame	 frame;
	size_t			 i;

	begin_frame(&b, &frame);
	for (i = 0; i < n; i++) {
		s->now += 1.0 / (double)s->nwatches;
		frame_of(&b, i * STEP % s->nwatches);
		frame.timestamp = stage_wall(s->now);
		(void)match_frame(match, &frame, beats, s);
		if (i % ADVANCE_EVERY == 0)
			detect_advance(&s->stage.detect, stage_mono(s->now));
	}
}

static void
decoded(const struct subject *s, size_t n)
{
	struct bytes		 b;
	struct capture_frame	 frame;
	struct packet		 packet;
	size_t			 i;

	begin_frame(&b, &frame);
	for (i = 0; i < n; i++) {
		frame_of(&b, i * STEP % s->nwatches);
		if (packet_decode(frame.link_type, frame.bytes, frame.captured,
		    frame.wire, &packet) != PACKET_IP)
			abort();
	}
}

static uint64_t
received(const struct subject *s)
{
	uint64_t	 sum = 0;
	size_t		 i;

	for (i = 0; i < s->nwatches; i++)
		sum += s->stage.agent.current.shared->watches[i].heartbeats;
	return (sum);
}

static int
count(size_t nwatches, size_t n)
{
	static struct subject	 s;
	struct match		*match;

	begin(&s, nwatches, COUNT_SECONDS);
	match = match_new(s.stage.agent.current.config, NULL);
	if (match == NULL)
		abort();
	frames_to_rows(&s, match, n);
	CALLGRIND_START_INSTRUMENTATION;
	frames_to_rows(&s, match, n);
	CALLGRIND_DUMP_STATS_AT("heartbeats");
	decoded(&s, n);
	CALLGRIND_DUMP_STATS_AT("decoded");
	CALLGRIND_STOP_INSTRUMENTATION;
	if (received(&s) != 2 * n)
		abort();
	match_free(match);
	stage_end(&s.stage);
	return (0);
}

static double
best(size_t (*measured)(struct subject *), struct subject *s)
{
	double	 least = 0, begun, ns;
	size_t	 n;
	int	 i;

	for (i = 0; i < RUNS; i++) {
		begun = seconds();
		n = measured(s);
		ns = (seconds() - begun) * 1e9 / (double)n;
		if (i == 0 || ns < least)
			least = ns;
	}
	return (least);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char	*name;
		size_t		(*measured)(struct subject *);
	} t[] = {
		{ "GETNEXT walk, a varbind", walk },
		{ "GET, a varbind", find },
		{ "heartbeat to the detector", heartbeats },
		{ "frame to its watch", frames },
	};
	static struct subject	 few, many;
	double			 a, b;
	size_t			 i;

	if (argc == 4 && strcmp(argv[1], "count") == 0)
		return (count(strtoul(argv[2], NULL, 10),
		    strtoul(argv[3], NULL, 10)));
	begin(&few, FEW, 30);
	begin(&many, MANY, 30);
	printf("%-28s %12s %12s %8s\n", "", "1,000", "100,000", "ratio");
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		a = best(t[i].measured, &few);
		b = best(t[i].measured, &many);
		printf("%-28s %9.0f ns %9.0f ns %8.2f\n", t[i].name, a, b,
		    b / a);
	}
	stage_end(&few.stage);
	stage_end(&many.stage);
	return (0);
}
