/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compares the detector with a simple model, which records all that happens to
 * a watch and searches these records for each decision.  Time advances in large
 * steps, so that heartbeats often arrive exactly at a deadline.
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

/* More than the records and events of all steps. */
#define HISTORY		(4 * STEPS)
#define EVENTS		(8 * STEPS)

/* ---- the model */

enum type {
	BEGAN,
	HEARTBEAT,
	STOPPING,
	RESUMED,		/* the source of the watch */
	RAISED,
	CLEARED,
};

struct record {
	enum type	 type;
	int64_t		 at;
};

struct model_watch {
	uint32_t	 source;
	int64_t		 interruption;
	int64_t		 hold_down;
	uint32_t	 recovery;
	bool		 enabled;
	/* `late` was called in the silence since then, and how often in all. */
	int64_t		 late_since;
	size_t		 late;
	struct record history[HISTORY];
	size_t		 n;
};

struct log {
	struct detect_event	 events[EVENTS];
	size_t			 n;
};

static struct model_watch	 model[WATCHES];
static bool			 model_blind[SOURCES];
static struct log		 expected, found;
static bool			 with_late;
static size_t			 found_late[WATCHES];

static void
add_record(struct model_watch *m, enum type type, int64_t at)
{
	assert_true(m->n < HISTORY);
	m->history[m->n++] = (struct record){ type, at };
}

static size_t
count(const struct model_watch *m, enum type type)
{
	size_t	 i, n = 0;

	for (i = 0; i < m->n; i++)
		n += m->history[i].type == type;
	return (n);
}

static bool
is_raised(const struct model_watch *m)
{
	return (count(m, RAISED) > count(m, CLEARED));
}

static int64_t
latest(const struct model_watch *m, enum type type)
{
	int64_t	 at = INT64_MIN;
	size_t	 i;

	for (i = 0; i < m->n; i++)
		if (m->history[i].type == type && m->history[i].at > at)
			at = m->history[i].at;
	return (at);
}

static int64_t
silent_since(const struct model_watch *m)
{
	int64_t	 since = latest(m, BEGAN);

	if (count(m, HEARTBEAT) > 0)
		since = latest(m, HEARTBEAT);
	if (latest(m, RESUMED) > since)
		since = latest(m, RESUMED);
	return (since);
}

static int64_t
due(const struct model_watch *m)
{
	return (silent_since(m) + m->interruption + m->hold_down);
}

static int64_t
late_due(const struct model_watch *m, int64_t interval)
{
	int64_t	 silence = m->interruption - m->interruption / 10;

	if (silence > DETECT_LATE_INTERVALS * interval)
		silence = DETECT_LATE_INTERVALS * interval;
	if (silence < m->interruption / 2)
		silence = m->interruption / 2;
	return (silent_since(m) + silence);
}

/* True if the peer announced its stop and sent nothing after the grace time. */
static bool
announced(const struct model_watch *m)
{
	int64_t	 received = INT64_MIN;
	size_t	 i;

	for (i = m->n; i-- > 0 && m->history[i].type != CLEARED;)
		if (m->history[i].type == STOPPING)
			return (received <= m->history[i].at +
			    DETECT_STOP_GRACE_NS);
		else if (m->history[i].type == HEARTBEAT &&
		    m->history[i].at > received)
			received = m->history[i].at;
	return (false);
}

/* The number of heartbeats since the raise, or since the last gap. */
static uint32_t
recovered(const struct model_watch *m)
{
	uint32_t	 n = 0;
	int64_t		 next = INT64_MAX;
	size_t		 i;

	for (i = m->n; i-- > 0;) {
		if (m->history[i].type == RAISED)
			return (n);
		if (m->history[i].type != HEARTBEAT)
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
		e->silence_ns = m->interruption + m->hold_down;
		e->received = received;
		e->stopping = announced(m);
	} else {
		e->duration_ns = at - latest(m, RAISED);
	}
	add_record(m, transition == DETECT_RAISED ? RAISED : CLEARED, at);
}

static void
model_heartbeat(uint32_t i, int64_t at)
{
	struct model_watch	*m = &model[i];

	if (!m->enabled)
		return;
	if (latest(m, HEARTBEAT) > at)
		at = latest(m, HEARTBEAT);
	if (is_raised(m) && latest(m, RAISED) > at)
		at = latest(m, RAISED);
	if (!is_raised(m) && !model_blind[m->source] && at > due(m))
		expect(i, DETECT_RAISED, due(m));
	add_record(m, HEARTBEAT, at);
	if (is_raised(m) && recovered(m) >= m->recovery)
		expect(i, DETECT_CLEARED, at);
}

/* Raises in order of the deadlines, equal ones in order of the watches. */
static void
model_advance(int64_t now)
{
	struct model_watch	*m;
	uint32_t		 i, first;

	do {
		first = WATCHES;
		for (i = 0; i < WATCHES; i++) {
			m = &model[i];
			if (m->enabled && !is_raised(m) &&
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
			add_record(&model[i], RESUMED, at);
}

/* ---- the detector and the model */

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

static void
count_late(void *arg, uint32_t i, struct mono_time now)
{
	assert_ptr_equal(arg, &found);
	assert_int_equal(watches[i].raised, 0);
	assert_true(now.ns > silent_since(&model[i]));
	found_late[i]++;
}

/* An interval is learned from the same heartbeats. */
static void
model_late(int64_t now)
{
	struct model_watch	*m;
	uint32_t		 i;

	for (i = 0; with_late && i < WATCHES; i++) {
		m = &model[i];
		if (!m->enabled || is_raised(m) || model_blind[m->source] ||
		    m->late_since == silent_since(m) ||
		    now < late_due(m, detect_interval_ns(&watches[i])))
			continue;
		m->late_since = silent_since(m);
		m->late++;
	}
}

static uint32_t
below(uint32_t n)
{
	return ((uint32_t)lrand48() % n);
}

static void
init_detector(void)
{
	uint32_t	 i;

	assert_true(detect_init(&detect, watches, WATCHES, source_list, emit,
	    &found));
	for (i = 0; i < WATCHES; i++) {
		model[i].late_since = -1;
		assert_true(detect_hold_down(&detect, i, model[i].hold_down));
	}
	assert_true(!with_late ||
	    detect_report_late(&detect, count_late, &found));
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
		m->hold_down = below(4) / 3 * below(12) * STEP_NS;
		m->recovery = 1 + below(4) % 3;
		m->enabled = below(10) > 0;
		m->n = 0;
		m->late = found_late[i] = 0;
		add_record(m, BEGAN, 0);
		detect_watch_begin(&watches[i], (struct mono_time){ 0 });
		detect_watch_configure(&watches[i], m->source, m->interruption,
		    m->recovery, m->enabled);
	}
	init_detector();
}

static void
toggle_blind(uint32_t source, int64_t now)
{
	if (sources[source].blind) {
		detect_source_resume(&sources[source],
		    (struct mono_time){ now });
		model_resume(source, now);
	}
	sources[source].blind = model_blind[source] = !sources[source].blind;
}

/* A timestamp may be old, but not older than the last advance. */
static void
send_heartbeat(uint32_t i, int64_t now, int64_t advanced)
{
	int64_t	 at = now - below(3) * STEP_NS;

	if (below(8) > 0 || at < advanced)
		at = now;
	detect_heartbeat(&detect, i, (struct mono_time){ at },
	    wall_of(at > watches[i].last.ns || !watches[i].received ? at :
	    watches[i].last.ns));
	model_heartbeat(i, at);
}

static void
do_something(uint32_t choice, int64_t now)
{
	uint32_t	 i = below(WATCHES), source = below(SOURCES);

	if (choice < 4) {
		detect_stopping(&detect, i, (struct mono_time){ now });
		add_record(&model[i], STOPPING, now);
	} else if (choice < 7) {
		toggle_blind(source, now);
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
advance(int64_t now)
{
	model_late(now);
	detect_advance(&detect, (struct mono_time){ now });
	model_advance(now);
	assert_true(detect_next(&detect).ns > now);
}

static bool
is_equal(const struct detect_event *a, const struct detect_event *b)
{
	return (a->transition == b->transition && a->watch == b->watch &&
	    a->number == b->number && a->at.ns == b->at.ns &&
	    a->last_heartbeat.ns == b->last_heartbeat.ns &&
	    a->duration_ns == b->duration_ns &&
	    a->silence_ns == b->silence_ns && a->received == b->received &&
	    a->stopping == b->stopping && !a->lossy && !a->link_down);
}

/* The numbers of a source are those of its watches in each state. */
static void
compare_counts(uint32_t source)
{
	const struct detect_source	*s = &sources[source];
	uint32_t			 i, raised = 0, alive = 0;

	for (i = 0; i < WATCHES; i++) {
		if (model[i].source != source || !model[i].enabled)
			continue;
		if (is_raised(&model[i]))
			raised++;
		else if (count(&model[i], HEARTBEAT) > 0)
			alive++;
	}
	assert_int_equal(s->interrupted, raised);
	assert_int_equal(s->alive, alive);
	assert_int_equal(s->blind_watches, 0);
}

static void
compare(uint32_t seed, uint32_t step)
{
	static size_t	 compared;
	uint32_t	 i;

	if (step == 1)
		compared = 0;
	while (compared < found.n && compared < expected.n &&
	    is_equal(&found.events[compared], &expected.events[compared]))
		compared++;
	if (compared < found.n || compared < expected.n)
		fail_msg("seed %u, step %u: %zu events, %zu expected, "
		    "%zu equal", seed, step, found.n, expected.n, compared);
	for (i = 0; i < WATCHES; i++) {
		assert_int_equal(watches[i].raised, is_raised(&model[i]));
		assert_int_equal(found_late[i], model[i].late);
		assert_int_equal(watches[i].heartbeats,
		    count(&model[i], HEARTBEAT));
		assert_int_equal(detect_interruptions(&watches[i]),
		    count(&model[i], RAISED));
	}
	for (i = 0; i < SOURCES; i++)
		compare_counts(i);
}

/*
 * In each step, a watch receives a heartbeat with a probability of `chance`
 * percent.  The detector and the model advance every `steps` steps on average.
 */
static void
run(uint32_t seed)
{
	uint32_t	 step, i, chance, steps;
	int64_t		 now, advanced = 0;

	srand48(seed);
	with_late = seed % 2 == 0;
	begin();
	steps = 1 + below(4);
	chance = 3 + below(40);
	for (step = 1; step <= STEPS; step++) {
		now = step * STEP_NS;
		do_something(below(60), now);
		for (i = 0; i < WATCHES; i++)
			if (below(100) < chance)
				send_heartbeat(i, now, advanced);
		if (below(steps) == 0) {
			advance(now);
			advanced = now;
		}
		compare(seed, step);
	}
	detect_free(&detect);
}

static void
agrees_with_the_model(void **state)
{
	uint32_t	 seed;
	size_t		 events = 0, late = 0;

	(void)state;
	for (seed = 1; seed <= SEEDS; seed++) {
		run(seed);
		events += found.n;
		late += found_late[0];
	}
	/* Without events the test would find nothing. */
	assert_true(events > 100 * SEEDS);
	assert_true(late > SEEDS);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(agrees_with_the_model),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
