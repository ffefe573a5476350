/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The detector against a model of it that keeps everything that ever happened
 * and looks through all of it for each verdict.  Time goes in steps so coarse
 * that heartbeats often come at a deadline itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "detect/detect.h"

#define WATCHES		9
#define SOURCES		3
#define STEPS		400
#define SEEDS		200
#define STEP_NS		(250 * NSEC_PER_MSEC)

/* More than one watch can do in all steps. */
#define HISTORY		(4 * STEPS)
#define EVENTS		(8 * STEPS)

/* ---- the model */

enum what {
	BEGAN,
	HEARTBEAT,
	STOPPING,
	RESUMED,		/* of its source */
	RAISED,
	CLEARED,
};

struct happening {
	enum what	 what;
	int64_t		 at;
};

struct model_watch {
	uint32_t	 source;
	int64_t		 interruption;
	uint32_t	 recovery;
	bool		 enabled;
	struct happening history[HISTORY];
	size_t		 n;
};

struct log {
	struct detect_event	 events[EVENTS];
	size_t			 n;
};

static struct model_watch	 model[WATCHES];
static bool			 model_blind[SOURCES];
static struct log		 expected, found;

static void
happened(struct model_watch *m, enum what what, int64_t at)
{
	assert_true(m->n < HISTORY);
	m->history[m->n++] = (struct happening){ what, at };
}

static size_t
count(const struct model_watch *m, enum what what)
{
	size_t	 i, n = 0;

	for (i = 0; i < m->n; i++)
		n += m->history[i].what == what;
	return (n);
}

static bool
stands(const struct model_watch *m)
{
	return (count(m, RAISED) > count(m, CLEARED));
}

static int64_t
latest(const struct model_watch *m, enum what what)
{
	int64_t	 at = INT64_MIN;
	size_t	 i;

	for (i = 0; i < m->n; i++)
		if (m->history[i].what == what && m->history[i].at > at)
			at = m->history[i].at;
	return (at);
}

static int64_t
due(const struct model_watch *m)
{
	int64_t	 since = latest(m, BEGAN);

	if (count(m, HEARTBEAT) > 0)
		since = latest(m, HEARTBEAT);
	if (latest(m, RESUMED) > since)
		since = latest(m, RESUMED);
	return (since + m->interruption);
}

/* Did it say that it stops, and was it silent since but for a moment? */
static bool
announced(const struct model_watch *m)
{
	int64_t	 received = INT64_MIN;
	size_t	 i;

	for (i = m->n; i-- > 0 && m->history[i].what != CLEARED;)
		if (m->history[i].what == STOPPING)
			return (received <= m->history[i].at + DETECT_STOP_GRACE_NS);
		else if (m->history[i].what == HEARTBEAT &&
		    m->history[i].at > received)
			received = m->history[i].at;
	return (false);
}

/* The last heartbeats since the raise, none too far from the one before. */
static uint32_t
recovered(const struct model_watch *m)
{
	uint32_t	 n = 0;
	int64_t		 next = INT64_MAX;
	size_t		 i;

	for (i = m->n; i-- > 0;) {
		if (m->history[i].what == RAISED)
			return (n);
		if (m->history[i].what != HEARTBEAT)
			continue;
		if (n > 0 && next - m->history[i].at > m->interruption)
			return (n);
		next = m->history[i].at;
		n++;
	}
	return (n);
}

static struct wall_time
wall_of(int64_t at)
{
	return ((struct wall_time){ at + 1795348800 * NSEC_PER_SEC });
}

static void
expect(uint32_t i, enum detect_transition transition, int64_t at)
{
	struct model_watch	*m = &model[i];
	struct detect_event	*e = &expected.events[expected.n++];
	bool			 received = count(m, HEARTBEAT) > 0;

	assert_true(expected.n < EVENTS);
	*e = (struct detect_event){
		.transition = transition,
		.watch = i,
		.number = (uint32_t)(count(m, RAISED) + count(m, CLEARED)) + 1,
		.at = { at },
		.last_heartbeat = received ? wall_of(latest(m, HEARTBEAT)) :
		    WALL_NEVER,
	};
	if (transition == DETECT_RAISED) {
		e->silence_ns = m->interruption;
		e->received = received;
		e->stopping = announced(m);
	} else {
		e->duration_ns = at - latest(m, RAISED);
	}
	happened(m, transition == DETECT_RAISED ? RAISED : CLEARED, at);
}

static void
model_heartbeat(uint32_t i, int64_t at)
{
	struct model_watch	*m = &model[i];

	if (!m->enabled)
		return;
	if (latest(m, HEARTBEAT) > at)
		at = latest(m, HEARTBEAT);
	if (stands(m) && latest(m, RAISED) > at)
		at = latest(m, RAISED);
	if (!stands(m) && !model_blind[m->source] && at > due(m))
		expect(i, DETECT_RAISED, due(m));
	happened(m, HEARTBEAT, at);
	if (stands(m) && recovered(m) >= m->recovery)
		expect(i, DETECT_CLEARED, at);
}

/* The earliest that is due, of equals the lowest, one after the other. */
static void
model_advance(int64_t now)
{
	struct model_watch	*m;
	uint32_t		 i, first;

	do {
		first = WATCHES;
		for (i = 0; i < WATCHES; i++) {
			m = &model[i];
			if (m->enabled && !stands(m) &&
			    !model_blind[m->source] && due(m) <= now &&
			    (first == WATCHES || due(m) < due(&model[first])))
				first = i;
		}
		if (first < WATCHES)
			expect(first, DETECT_RAISED, due(&model[first]));
	} while (first < WATCHES);
}

static void
model_resume(uint32_t source, int64_t at)
{
	uint32_t	 i;

	for (i = 0; i < WATCHES; i++)
		if (model[i].source == source)
			happened(&model[i], RESUMED, at);
}

/* ---- both of them */

static struct detect_watch	 watches[WATCHES];
static struct detect_source	 sources[SOURCES];
static struct detect_source	*source_list[SOURCES];
static struct detect		 detect;

static void
emit(void *arg, const struct detect_event *event)
{
	struct log	*events = arg;

	assert_true(events->n < EVENTS);
	events->events[events->n++] = *event;
}

static uint32_t
below(uint32_t n)
{
	return ((uint32_t)lrand48() % n);
}

static void
init_detector(void)
{
	assert_true(detect_init(&detect, watches, WATCHES, source_list, emit,
	    &found));
}

static void
begin(void)
{
	uint32_t	 i;

	expected.n = found.n = 0;
	for (i = 0; i < SOURCES; i++) {
		detect_source_begin(&sources[i], (struct mono_time){ 0 });
		source_list[i] = &sources[i];
		model_blind[i] = false;
	}
	for (i = 0; i < WATCHES; i++) {
		struct model_watch *m = &model[i];
		m->source = below(SOURCES);
		m->interruption = (1 + below(12)) * STEP_NS;
		m->recovery = 1 + below(4) % 3;
		m->enabled = below(10) > 0;
		m->n = 0;
		happened(m, BEGAN, 0);
		detect_watch_begin(&watches[i], m->source, m->interruption,
		    m->recovery, m->enabled, (struct mono_time){ 0 });
	}
	init_detector();
}

static void
go_blind(uint32_t source, int64_t now)
{
	if (sources[source].blind) {
		detect_source_resume(&sources[source],
		    (struct mono_time){ now });
		model_resume(source, now);
	}
	sources[source].blind = model_blind[source] = !sources[source].blind;
}

/* A stamp may be late, though not from before the last look. */
static void
beat(uint32_t i, int64_t now, int64_t looked)
{
	int64_t	 at = now - below(3) * STEP_NS;

	if (below(8) > 0 || at < looked)
		at = now;
	detect_heartbeat(&detect, i, (struct mono_time){ at },
	    wall_of(at > watches[i].last.ns || !watches[i].received ? at :
	    watches[i].last.ns));
	model_heartbeat(i, at);
}

static void
other(uint32_t choice, int64_t now)
{
	uint32_t	 i = below(WATCHES), source = below(SOURCES);

	if (choice < 4) {
		detect_stopping(&detect, i, (struct mono_time){ now });
		happened(&model[i], STOPPING, now);
	} else if (choice < 7) {
		go_blind(source, now);
	} else if (choice == 7) {
		detect_source_resume(&sources[source],
		    (struct mono_time){ now });
		model_resume(source, now);
	} else if (choice == 8) {
		detect_free(&detect);
		init_detector();
	}
}

static void
look(int64_t now)
{
	detect_advance(&detect, (struct mono_time){ now });
	model_advance(now);
	assert_true(detect_next(&detect).ns > now);
}

static bool
same(const struct detect_event *a, const struct detect_event *b)
{
	return (a->transition == b->transition && a->watch == b->watch &&
	    a->number == b->number && a->at.ns == b->at.ns &&
	    a->last_heartbeat.ns == b->last_heartbeat.ns &&
	    a->duration_ns == b->duration_ns &&
	    a->silence_ns == b->silence_ns && a->received == b->received &&
	    a->stopping == b->stopping && !a->lossy && !a->link_down);
}

static void
compare(uint32_t seed, uint32_t step)
{
	static size_t	 compared;
	uint32_t	 i;

	if (step == 1)
		compared = 0;
	while (compared < found.n && compared < expected.n &&
	    same(&found.events[compared], &expected.events[compared]))
		compared++;
	if (compared < found.n || compared < expected.n)
		fail_msg("seed %u, step %u: %zu events, %zu expected, "
		    "%zu alike", seed, step, found.n, expected.n, compared);
	for (i = 0; i < WATCHES; i++) {
		assert_int_equal(watches[i].raised, stands(&model[i]));
		assert_int_equal(watches[i].heartbeats,
		    count(&model[i], HEARTBEAT));
		assert_int_equal(detect_interruptions(&watches[i]),
		    count(&model[i], RAISED));
	}
}

/* `lively` watches beat in a step with a chance of that many in a hundred. */
static void
run(uint32_t seed)
{
	uint32_t	 step, i, lively, lazy;
	int64_t		 now, looked = 0;

	srand48(seed);
	begin();
	lazy = 1 + below(4);
	lively = 3 + below(40);
	for (step = 1; step <= STEPS; step++) {
		now = step * STEP_NS;
		other(below(60), now);
		for (i = 0; i < WATCHES; i++)
			if (below(100) < lively)
				beat(i, now, looked);
		if (below(lazy) == 0) {
			look(now);
			looked = now;
		}
		compare(seed, step);
	}
	detect_free(&detect);
}

static void
as_the_model(void **state)
{
	uint32_t	 seed;
	size_t		 events = 0;

	(void)state;
	for (seed = 1; seed <= SEEDS; seed++) {
		run(seed);
		events += found.n;
	}
	/* It would be a poor test in which nothing happens. */
	assert_true(events > 100 * SEEDS);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(as_the_model),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
