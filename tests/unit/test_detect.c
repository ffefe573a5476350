/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/mman.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "detect/detect.h"
#include "detect/detect_interval.h"

#define WATCHES		4
#define SOURCES		2
#define EVENTS		64

/* The two clocks differ, so that a test fails if they are mixed up. */
#define WALL_OFFSET_NS	(1795348800 * NSEC_PER_SEC)

static struct {
	struct detect_watch	 watches[WATCHES];
	struct detect_source	 sources[SOURCES];
	struct detect_source	*list[SOURCES];
	struct detect		 detect;
	struct detect_event	 events[EVENTS];
	size_t			 nevents;
	size_t			 checked;	/* of the events */
} t;

static struct mono_time
ms(int64_t n)
{
	return ((struct mono_time){ n * NSEC_PER_MSEC });
}

static void
emit(void *arg, const struct detect_event *event)
{
	assert_ptr_equal(arg, &t);
	assert_true(t.nevents < EVENTS);
	t.events[t.nevents++] = *event;
}

static void
replace_detector(void)
{
	detect_free(&t.detect);
	assert_true(detect_init(&t.detect, t.watches, WATCHES, t.list, emit,
	    &t));
}

/* Enables watch 0, with recovery 1. */
static void
watch_at(int64_t interruption_ms, struct mono_time at)
{
	detect_watch_begin(&t.watches[0], at);
	detect_watch_configure(&t.watches[0], 0, ms(interruption_ms).ns, 1,
	    true);
	replace_detector();
}

/* Enables a watch that begins at 0. */
static void
watch(uint32_t i, uint32_t source, int64_t interruption_ms, uint32_t recovery)
{
	detect_watch_begin(&t.watches[i], ms(0));
	detect_watch_configure(&t.watches[i], source, ms(interruption_ms).ns,
	    recovery, true);
	replace_detector();
}

static int
setup(void **state)
{
	uint32_t	 i;

	(void)state;
	memset(&t, 0, sizeof(t));
	for (i = 0; i < SOURCES; i++) {
		detect_source_begin(&t.sources[i], ms(0));
		t.list[i] = &t.sources[i];
	}
	for (i = 0; i < WATCHES; i++)
		detect_watch_begin(&t.watches[i], ms(0));
	return (detect_init(&t.detect, t.watches, WATCHES, t.list, emit, &t) ?
	    0 : -1);
}

static int
teardown(void **state)
{
	(void)state;
	detect_free(&t.detect);
	return (0);
}

static struct wall_time
wall_of(struct mono_time at)
{
	return ((struct wall_time){ at.ns + WALL_OFFSET_NS });
}

static void
heartbeat(uint32_t i, int64_t at_ms)
{
	detect_heartbeat(&t.detect, i, ms(at_ms), wall_of(ms(at_ms)));
}

static void
advance(int64_t now_ms)
{
	detect_advance(&t.detect, ms(now_ms));
}

/* Advances to `ns` nanoseconds before or after a time. */
static void
advance_ns(int64_t now_ms, int64_t ns)
{
	detect_advance(&t.detect, mono_add(ms(now_ms), ns));
}

static const struct detect_event *
next_event(enum detect_transition transition, uint32_t i, int64_t at_ms)
{
	const struct detect_event	*e;

	assert_true(t.checked < t.nevents);
	e = &t.events[t.checked++];
	assert_int_equal(e->transition, transition);
	assert_int_equal(e->watch, i);
	assert_int_equal(e->at.ns, ms(at_ms).ns);
	return (e);
}

static const struct detect_event *
raised(uint32_t i, int64_t at_ms)
{
	const struct detect_event	*e;

	e = next_event(DETECT_RAISED, i, at_ms);
	assert_int_equal(e->number % 2, 1);
	assert_int_equal(e->silence_ns, t.watches[i].interruption_ns);
	return (e);
}

static const struct detect_event *
cleared(uint32_t i, int64_t at_ms, int64_t duration_ms)
{
	const struct detect_event	*e;

	e = next_event(DETECT_CLEARED, i, at_ms);
	assert_int_equal(e->number % 2, 0);
	assert_int_equal(e->duration_ns, duration_ms * NSEC_PER_MSEC);
	return (e);
}

static void
nothing_more(void)
{
	assert_int_equal(t.nevents, t.checked);
}

static void
assert_state(uint32_t i, int64_t now_ms, enum detect_state expected)
{
	assert_int_equal(detect_state(&t.watches[i],
	    t.list[t.watches[i].source], ms(now_ms)), expected);
}

/* ---- raise and clear */

static void
never_before_the_deadline(void **state)
{
	(void)state;
	watch(0, 0, 30000, 1);
	heartbeat(0, 1000);
	advance(30000);
	advance_ns(31000, -1);
	nothing_more();
	assert_state(0, 30999, DETECT_ALIVE);
}

static void
raised_at_the_deadline(void **state)
{
	const struct detect_event	*e;

	(void)state;
	watch(0, 0, 30000, 1);
	heartbeat(0, 1000);
	assert_int_equal(detect_next(&t.detect).ns, ms(30000).ns);
	advance(31000);
	e = raised(0, 31000);
	assert_int_equal(e->number, 1);
	assert_int_equal(e->last_heartbeat.ns, wall_of(ms(1000)).ns);
	assert_true(e->received);
	assert_false(e->stopping || e->lossy || e->link_down);
	nothing_more();
	assert_state(0, 31000, DETECT_INTERRUPTED);
	assert_int_equal(detect_next(&t.detect).ns, MONO_NEVER.ns);
}

/* The time of an event is the deadline, even if detect_advance is late. */
static void
raised_late(void **state)
{
	(void)state;
	watch(0, 0, 30000, 1);
	heartbeat(0, 1000);
	advance(99000);
	raised(0, 31000);
	nothing_more();
}

static void
never_received(void **state)
{
	const struct detect_event	*e;

	(void)state;
	watch(0, 0, 30000, 1);
	advance_ns(30000, -1);
	nothing_more();
	assert_state(0, 29999, DETECT_STARTING);
	advance(30000);
	e = raised(0, 30000);
	assert_false(e->received);
	assert_true(wall_is_never(e->last_heartbeat));
	assert_state(0, 30000, DETECT_INTERRUPTED);
	heartbeat(0, 31000);
	cleared(0, 31000, 1000);
	nothing_more();
}

/* A heartbeat exactly at the deadline is in time. */
static void
heartbeat_at_the_deadline(void **state)
{
	(void)state;
	watch(0, 0, 30000, 1);
	heartbeat(0, 1000);
	heartbeat(0, 31000);
	advance(31000);
	nothing_more();
	advance_ns(61000, -1);
	heartbeat(0, 61000);
	advance(61000);
	nothing_more();
	assert_int_equal(detect_interruptions(&t.watches[0]), 0);
}

static void
first_heartbeat_at_the_deadline(void **state)
{
	(void)state;
	watch(0, 0, 30000, 1);
	heartbeat(0, 30000);
	advance(30000);
	nothing_more();
}

static void
deadline_between_two_heartbeats(void **state)
{
	const struct detect_event	*e;

	(void)state;
	watch(0, 0, 30000, 1);
	heartbeat(0, 1000);
	heartbeat(0, 43500);
	e = raised(0, 31000);
	assert_int_equal(e->number, 1);
	assert_int_equal(e->last_heartbeat.ns, wall_of(ms(1000)).ns);
	e = cleared(0, 43500, 12500);
	assert_int_equal(e->number, 2);
	assert_int_equal(e->last_heartbeat.ns, wall_of(ms(43500)).ns);
	advance(50000);
	nothing_more();
	assert_int_equal(detect_interruptions(&t.watches[0]), 1);
}

static void
heartbeat_a_nanosecond_too_late(void **state)
{
	struct mono_time	 at = mono_add(ms(31000), 1);

	(void)state;
	watch(0, 0, 30000, 1);
	heartbeat(0, 1000);
	detect_heartbeat(&t.detect, 0, at, wall_of(at));
	raised(0, 31000);
	assert_int_equal(t.nevents, 2);
	assert_int_equal(t.events[1].transition, DETECT_CLEARED);
	assert_int_equal(t.events[1].at.ns, at.ns);
	assert_int_equal(t.events[1].duration_ns, 1);
}

static void
raise_and_clear_alternate(void **state)
{
	int64_t	 n;

	(void)state;
	watch(0, 0, 1000, 1);
	for (n = 0; n < 10; n++) {
		heartbeat(0, n * 5000);
		if (n > 0)
			cleared(0, n * 5000, 4000);
		heartbeat(0, n * 5000);
		advance(n * 5000 + 2000);
		advance(n * 5000 + 3000);
		assert_int_equal(raised(0, n * 5000 + 1000)->number,
		    2 * n + 1);
		nothing_more();
	}
	assert_int_equal(detect_interruptions(&t.watches[0]), 10);
	assert_int_equal(t.watches[0].heartbeats, 20);
}

/* ---- recovery */

static void
recovery_counts(void **state)
{
	(void)state;
	watch(0, 0, 10000, 3);
	heartbeat(0, 0);
	advance(10000);
	raised(0, 10000);
	heartbeat(0, 20000);
	heartbeat(0, 30000);	/* exactly at the deadline */
	nothing_more();
	assert_state(0, 30000, DETECT_INTERRUPTED);
	heartbeat(0, 40000);
	cleared(0, 40000, 30000);
	nothing_more();
}

static void
recovery_with_a_gap(void **state)
{
	struct mono_time	 late = mono_add(ms(31000), 1);

	(void)state;
	watch(0, 0, 10000, 3);
	heartbeat(0, 0);
	advance(10000);
	raised(0, 10000);
	heartbeat(0, 20000);
	heartbeat(0, 21000);
	detect_heartbeat(&t.detect, 0, late, wall_of(late));
	heartbeat(0, 32000);
	nothing_more();
	heartbeat(0, 33000);
	cleared(0, 33000, 23000);
	nothing_more();
}

/* detect_advance was not called between the heartbeats. */
static void
recovery_starts_with_the_gap(void **state)
{
	(void)state;
	watch(0, 0, 10000, 2);
	heartbeat(0, 0);
	heartbeat(0, 20000);
	raised(0, 10000);
	nothing_more();
	heartbeat(0, 40000);
	nothing_more();
	heartbeat(0, 41000);
	cleared(0, 41000, 31000);
	nothing_more();
}

/* A second recovery needs as many heartbeats as the first. */
static void
recovery_is_counted_again(void **state)
{
	(void)state;
	watch(0, 0, 10000, 2);
	heartbeat(0, 0);
	heartbeat(0, 20000);
	raised(0, 10000);
	heartbeat(0, 21000);
	cleared(0, 21000, 11000);
	advance(31000);
	raised(0, 31000);
	heartbeat(0, 32000);
	nothing_more();
	heartbeat(0, 33000);
	cleared(0, 33000, 2000);
}

static void
recovery_of_a_watch_never_received(void **state)
{
	(void)state;
	watch(0, 0, 10000, 2);
	advance(10000);
	raised(0, 10000);
	heartbeat(0, 11000);
	nothing_more();
	heartbeat(0, 12000);
	cleared(0, 12000, 2000);
}

/* A gap that is not longer than `interruption` does not end the recovery. */
static void
recovery_across_a_short_blindness(void **state)
{
	(void)state;
	watch(0, 0, 10000, 2);
	heartbeat(0, 0);
	advance(10000);
	raised(0, 10000);
	heartbeat(0, 20000);
	detect_source_resume(&t.sources[0], ms(21000));
	heartbeat(0, 22000);
	cleared(0, 22000, 12000);
}

static void
recovery_across_a_long_blindness(void **state)
{
	(void)state;
	watch(0, 0, 10000, 2);
	heartbeat(0, 0);
	advance(10000);
	raised(0, 10000);
	heartbeat(0, 20000);
	detect_source_resume(&t.sources[0], ms(31000));
	heartbeat(0, 32000);
	nothing_more();
	heartbeat(0, 33000);
	cleared(0, 33000, 23000);
}

/* ---- disabled, stopping, link, loss */

static void
disabled(void **state)
{
	(void)state;
	replace_detector();
	assert_state(0, 0, DETECT_DISABLED);
	assert_int_equal(detect_next(&t.detect).ns, MONO_NEVER.ns);
	heartbeat(0, 1000);
	advance(99000);
	nothing_more();
	assert_false(t.watches[0].received);
	assert_int_equal(t.watches[0].heartbeats, 0);
	t.sources[0].blind = true;
	assert_state(0, 99000, DETECT_DISABLED);
}

static void
stop_is_announced(void **state)
{
	(void)state;
	watch(0, 0, 30000, 1);
	heartbeat(0, 1000);
	detect_stopping(&t.detect, 0, ms(1000));
	assert_state(0, 1000, DETECT_ALIVE);
	advance(31000);
	assert_true(raised(0, 31000)->stopping);
	heartbeat(0, 40000);
	cleared(0, 40000, 9000);
	/* The next interruption has another cause. */
	advance(70000);
	assert_false(raised(0, 70000)->stopping);
}

/* Some peers still send for a moment after they announced their stop. */
static void
stop_with_heartbeats_after_it(void **state)
{
	(void)state;
	watch(0, 0, 30000, 1);
	heartbeat(0, 1000);
	detect_stopping(&t.detect, 0, ms(1000));
	heartbeat(0, 2000);
	heartbeat(0, 4000);	/* exactly DETECT_STOP_GRACE_NS */
	advance(34000);
	assert_true(raised(0, 34000)->stopping);
}

static void
stop_is_revoked(void **state)
{
	(void)state;
	watch(0, 0, 30000, 1);
	heartbeat(0, 1000);
	detect_stopping(&t.detect, 0, ms(1000));
	heartbeat(0, 4001);
	advance(34001);
	assert_false(raised(0, 34001)->stopping);
}

/* In replay, times are wall times, which need more bits than are stored. */
static void
stop_at_a_large_time(void **state)
{
	/* The year 2026, and around the overflow of the stored bits. */
	const int64_t		 half = INT64_C(1) <<
				    (DETECT_STOPPING_BITS - 1);
	const int64_t		 epochs[] = { 1795348800000, 26 * half - 2000,
				    27 * half - 2000 };
	size_t			 i;
	int64_t			 now;

	(void)state;
	for (i = 0; i < sizeof(epochs) / sizeof(epochs[0]); i++) {
		now = epochs[i];
		watch_at(30000, ms(now));
		heartbeat(0, now);
		detect_stopping(&t.detect, 0, ms(now));
		heartbeat(0, now + 3000);
		assert_true(t.watches[0].stopping);
		heartbeat(0, now + 3001);
		assert_false(t.watches[0].stopping);
		/* A heartbeat from before the announcement arrives late. */
		detect_stopping(&t.detect, 0, ms(now + 5000));
		heartbeat(0, now + 4000);
		assert_true(t.watches[0].stopping);
	}
}

/* Even the longest intervals have a resolution of 25 us. */
static void
intervals_are_exact_to_25_us(void **state)
{
	static const int64_t	 sent_ms[] = { 1, 17, 1000, 33333, 86400000 };
	size_t			 i, k;
	int64_t			 now;

	(void)state;
	for (i = 0; i < sizeof(sent_ms) / sizeof(sent_ms[0]); i++) {
		now = 0;
		watch_at(86400000, ms(0));
		for (k = 0; k < 3; k++, now += ms(sent_ms[i]).ns + 10000)
			detect_heartbeat(&t.detect, 0,
			    (struct mono_time){ now - (k == 2) * 20000 },
			    wall_of(ms(0)));
		assert_in_range(detect_interval_ns(&t.watches[0]),
		    ms(sent_ms[i]).ns - 25000, ms(sent_ms[i]).ns + 25000);
		assert_int_equal(detect_longest_gap_ns(&t.watches[0]),
		    ms(sent_ms[i]).ns);
		assert_true(detect_jitter_ns(&t.watches[0]) < 25000);
	}
}

/* The heartbeat that clears an alarm ends the announcement too. */
static void
stop_and_back_at_once(void **state)
{
	(void)state;
	watch(0, 0, 500, 1);
	heartbeat(0, 1000);
	raised(0, 500);
	cleared(0, 1000, 500);
	detect_stopping(&t.detect, 0, ms(1000));
	heartbeat(0, 2000);
	assert_true(raised(0, 1500)->stopping);
	cleared(0, 2000, 500);
	advance(2500);
	assert_false(raised(0, 2500)->stopping);
}

static void
stop_before_a_late_heartbeat(void **state)
{
	(void)state;
	watch(0, 0, 30000, 1);
	heartbeat(0, 1000);
	detect_stopping(&t.detect, 0, ms(1000));
	heartbeat(0, 90000);
	assert_true(raised(0, 31000)->stopping);
	cleared(0, 90000, 59000);
}

static void
link_is_down(void **state)
{
	(void)state;
	watch(0, 0, 30000, 1);
	watch(1, 1, 30000, 1);
	heartbeat(0, 1000);
	heartbeat(1, 1000);
	t.sources[1].link_down = true;
	assert_state(1, 2000, DETECT_ALIVE);
	advance(31000);
	assert_false(raised(0, 31000)->link_down);
	assert_true(raised(1, 31000)->link_down);
}

static void
loss_within_the_silence(void **state)
{
	static const struct {
		int64_t	 lossy_ms;
		bool	 within;
	} c[] = {
		{ 0, false }, { 999, false }, { 1000, true }, { 20000, true },
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		watch(0, 0, 30000, 1);
		heartbeat(0, 1000);
		t.sources[0].last_loss = ms(c[i].lossy_ms);
		advance(31000);
		assert_int_equal(raised(0, 31000)->lossy, c[i].within);
	}
}

/* ---- blindness */

static void
blind_raises_nothing(void **state)
{
	(void)state;
	watch(0, 0, 30000, 1);
	heartbeat(0, 1000);
	t.sources[0].blind = true;
	assert_state(0, 2000, DETECT_BLIND);
	advance(31000);
	advance(500000);
	nothing_more();
	assert_state(0, 500000, DETECT_BLIND);
}

static void
after_blindness_a_full_interruption_is_monitored(void **state)
{
	const struct detect_event	*e;

	(void)state;
	watch(0, 0, 30000, 1);
	heartbeat(0, 1000);
	t.sources[0].blind = true;
	advance(31000);
	advance(100000);
	t.sources[0].blind = false;
	detect_source_resume(&t.sources[0], ms(100000));
	assert_state(0, 100000, DETECT_ALIVE);
	advance_ns(130000, -1);
	nothing_more();
	assert_true(detect_next(&t.detect).ns <= ms(130000).ns);
	advance(130000);
	e = raised(0, 130000);
	assert_true(e->received);
	assert_int_equal(e->last_heartbeat.ns, wall_of(ms(1000)).ns);
	assert_int_equal(detect_silence_ns(&t.watches[0], ms(130000)),
	    ms(129000).ns);
}

static void
after_blindness_never_received(void **state)
{
	(void)state;
	watch(0, 0, 30000, 1);
	t.sources[0].blind = true;
	advance(20000);
	t.sources[0].blind = false;
	detect_source_resume(&t.sources[0], ms(20000));
	advance_ns(50000, -1);
	nothing_more();
	advance(50000);
	assert_false(raised(0, 50000)->received);
}

static void
heartbeat_after_blindness(void **state)
{
	(void)state;
	watch(0, 0, 30000, 1);
	heartbeat(0, 1000);
	t.sources[0].blind = true;
	advance(100000);
	t.sources[0].blind = false;
	detect_source_resume(&t.sources[0], ms(100000));
	heartbeat(0, 110000);
	nothing_more();
	assert_int_equal(detect_longest_gap_ns(&t.watches[0]), 0);
	assert_int_equal(detect_interval_ns(&t.watches[0]), 0);
	advance_ns(140000, -1);
	nothing_more();
	advance(140000);
	raised(0, 140000);
}

/* The source captures: only the blind watch is not raised. */
static void
one_watch_is_blind(void **state)
{
	(void)state;
	watch(0, 0, 30000, 1);
	watch(1, 0, 30000, 1);
	heartbeat(0, 1000);
	heartbeat(1, 1000);
	detect_watch_set_blind(&t.watches[0], true, ms(2000));
	heartbeat(0, 3000);
	assert_state(0, 3000, DETECT_BLIND);
	assert_int_equal(t.watches[0].heartbeats, 1);
	advance(100000);
	raised(1, 31000);
	nothing_more();
	assert_state(0, 100000, DETECT_BLIND);
	detect_watch_set_blind(&t.watches[0], false, ms(100000));
	assert_state(0, 100000, DETECT_STARTING);
	advance_ns(130000, -1);
	nothing_more();
	advance(130000);
	assert_false(raised(0, 130000)->received);
}

static void
assert_counts(uint32_t source, uint32_t blind, uint32_t interrupted,
    uint32_t alive)
{
	assert_int_equal(t.sources[source].blind_watches, blind);
	assert_int_equal(t.sources[source].interrupted, interrupted);
	assert_int_equal(t.sources[source].alive, alive);
}

static void
watches_are_counted(void **state)
{
	(void)state;
	watch(0, 0, 30000, 1);
	watch(1, 0, 30000, 1);
	watch(2, 1, 30000, 1);
	assert_counts(0, 0, 0, 0);
	heartbeat(0, 1000);
	heartbeat(0, 2000);
	assert_counts(0, 0, 0, 1);
	advance(30000);
	raised(1, 30000);
	raised(2, 30000);
	assert_counts(0, 0, 1, 1);
	assert_counts(1, 0, 1, 0);
	heartbeat(1, 31000);
	cleared(1, 31000, 1000);
	assert_counts(0, 0, 0, 2);
	/* The next detector counts again. */
	t.sources[0].alive = 77;
	detect_watch_set_blind(&t.watches[0], true, ms(32000));
	detect_watch_set_blind(&t.watches[2], true, ms(32000));
	replace_detector();
	assert_counts(0, 1, 0, 1);
	assert_counts(1, 1, 0, 0);
	advance(61000);
	raised(1, 61000);
	assert_counts(0, 1, 1, 0);
	/* The deadline was not checked before the heartbeat. */
	detect_watch_set_blind(&t.watches[0], false, ms(62000));
	replace_detector();
	assert_counts(0, 0, 1, 0);
	heartbeat(0, 93000);
	raised(0, 92000);
	cleared(0, 93000, 1000);
	assert_counts(0, 0, 1, 1);
	t.watches[1].enabled = false;
	replace_detector();
	assert_counts(0, 0, 0, 1);
}

/* An active alarm stays until a heartbeat is received again. */
static void
raised_and_blind(void **state)
{
	(void)state;
	watch(0, 0, 30000, 1);
	advance(30000);
	raised(0, 30000);
	detect_watch_set_blind(&t.watches[0], true, ms(40000));
	heartbeat(0, 50000);
	assert_state(0, 50000, DETECT_BLIND);
	nothing_more();
	detect_watch_set_blind(&t.watches[0], false, ms(60000));
	assert_state(0, 60000, DETECT_INTERRUPTED);
	heartbeat(0, 61000);
	cleared(0, 61000, 31000);
}

/* The deadline was not checked before the source went blind. */
static void
blind_at_the_heartbeat(void **state)
{
	(void)state;
	watch(0, 0, 30000, 1);
	heartbeat(0, 1000);
	t.sources[0].blind = true;
	heartbeat(0, 90000);
	advance(90000);
	nothing_more();
}

static void
alarm_stays_active_through_blindness(void **state)
{
	(void)state;
	watch(0, 0, 30000, 1);
	heartbeat(0, 1000);
	advance(31000);
	raised(0, 31000);
	t.sources[0].blind = true;
	advance(40000);
	assert_state(0, 40000, DETECT_BLIND);
	t.sources[0].blind = false;
	detect_source_resume(&t.sources[0], ms(100000));
	advance(200000);
	nothing_more();
	assert_state(0, 200000, DETECT_INTERRUPTED);
	heartbeat(0, 201000);
	cleared(0, 201000, 170000);
}

/* Unmonitored time, without a change of the state. */
static void
resumed_without_blindness(void **state)
{
	(void)state;
	watch(0, 0, 30000, 1);
	heartbeat(0, 1000);
	advance(2000);
	detect_source_resume(&t.sources[0], ms(90000));
	advance(90000);
	nothing_more();
	advance(120000);
	raised(0, 120000);
}

static void
resume_does_not_go_back(void **state)
{
	(void)state;
	watch(0, 0, 30000, 1);
	detect_source_resume(&t.sources[0], ms(20000));
	detect_source_resume(&t.sources[0], ms(10000));
	advance_ns(50000, -1);
	nothing_more();
	advance(50000);
	raised(0, 50000);
}

static void
another_source_is_not_blind(void **state)
{
	(void)state;
	watch(0, 0, 30000, 1);
	watch(1, 1, 30000, 1);
	heartbeat(0, 1000);
	heartbeat(1, 1000);
	t.sources[0].blind = true;
	advance(31000);
	raised(1, 31000);
	nothing_more();
	assert_state(0, 31000, DETECT_BLIND);
	assert_state(1, 31000, DETECT_INTERRUPTED);
}

/* ---- the state and the statistics of a watch */

static void
states(void **state)
{
	(void)state;
	watch(0, 0, 30000, 1);
	assert_state(0, 0, DETECT_STARTING);
	assert_state(0, 20000, DETECT_STARTING);
	heartbeat(0, 20000);
	assert_state(0, 20000, DETECT_ALIVE);
	/* With one heartbeat there is no interval, so it is not late. */
	assert_state(0, 49000, DETECT_ALIVE);
	heartbeat(0, 22000);
	assert_int_equal(detect_interval_ns(&t.watches[0]), ms(2000).ns);
	assert_state(0, 28000, DETECT_ALIVE);
	assert_state(0, 28001, DETECT_LATE);
	assert_state(0, 51999, DETECT_LATE);
	heartbeat(0, 29000);
	assert_state(0, 29000, DETECT_ALIVE);
	advance(59000);
	raised(0, 59000);
	assert_state(0, 59000, DETECT_INTERRUPTED);
	heartbeat(0, 60000);
	assert_state(0, 60000, DETECT_ALIVE);
	t.sources[0].blind = true;
	assert_state(0, 60000, DETECT_BLIND);
}

/* The median decides, also when one interval is much shorter. */
static void
late_after_short_interval(void **state)
{
	(void)state;
	watch(0, 0, 30000, 1);
	heartbeat(0, 1000);
	heartbeat(0, 3000);
	heartbeat(0, 5000);
	heartbeat(0, 7000);
	heartbeat(0, 7600);
	assert_int_equal(detect_interval_shortest_ns(&t.watches[0]),
	    ms(600).ns);
	assert_state(0, 7600 + 1800, DETECT_ALIVE);
	assert_state(0, 7600 + 1801, DETECT_ALIVE);
	assert_state(0, 7600 + 6000, DETECT_ALIVE);
	assert_state(0, 7600 + 6001, DETECT_LATE);
}

/* It is the shortest one of the ring, and not above the learned one. */
static void
shortest_interval(void **state)
{
	struct detect_watch	*w = &t.watches[0];
	int64_t			 learned_ns, shortest_ns;
	unsigned		 n, i;

	(void)state;
	for (n = 0; n < 20000; n++) {
		memset(w->intervals, 0, sizeof(w->intervals));
		for (i = 0; i < n % (DETECT_INTERVALS + 1); i++)
			w->intervals[i] = 1 + (uint32_t)hash_word(0,
			    (uint64_t)n << 8 | i) % (n % 3 == 0 ? 100 : 40000);
		learned_ns = detect_interval_ns(w);
		shortest_ns = detect_interval_shortest_ns(w);
		if (learned_ns > 0)
			assert_true(shortest_ns <= learned_ns);
		if (i == 0)
			assert_true(shortest_ns > 24 * 3600 * NSEC_PER_SEC);
	}
}

/* Unmonitored silence does not make a watch late. */
static void
late_after_blindness(void **state)
{
	(void)state;
	watch(0, 0, 30000, 1);
	heartbeat(0, 1000);
	heartbeat(0, 2000);
	detect_source_resume(&t.sources[0], ms(20000));
	assert_state(0, 23000, DETECT_ALIVE);
	assert_state(0, 23001, DETECT_LATE);
}

static void
heartbeat_after(uint32_t i, int64_t *now_ms, int64_t interval_ms)
{
	*now_ms += interval_ms;
	heartbeat(i, *now_ms);
}

static void
interval_is_the_median(void **state)
{
	const struct detect_watch	*w = &t.watches[0];
	int64_t				 now = 0;
	int				 i;

	(void)state;
	watch(0, 0, 30000, 1);
	assert_int_equal(detect_interval_ns(w), 0);
	heartbeat(0, now);
	assert_int_equal(detect_interval_ns(w), 0);
	heartbeat_after(0, &now, 1000);
	assert_int_equal(detect_interval_ns(w), ms(1000).ns);
	heartbeat_after(0, &now, 1200);
	assert_int_equal(detect_interval_ns(w), ms(1100).ns);
	heartbeat_after(0, &now, 20000);
	assert_int_equal(detect_interval_ns(w), ms(1200).ns);
	heartbeat_after(0, &now, 900);
	assert_int_equal(detect_interval_ns(w), ms(1100).ns);
	/* Only the latest intervals count. */
	for (i = 0; i < DETECT_INTERVALS; i++)
		heartbeat_after(0, &now, 5000 + i);
	assert_int_equal(detect_interval_ns(w), 5007500000);
	assert_int_equal(detect_longest_gap_ns(w), ms(20000).ns);
	nothing_more();
}

/*
 * Senders that send together: the interval is that of each of them, and when
 * the ring is full, none is late.
 */
static void
senders_together(void **state)
{
	const struct detect_watch	*w = &t.watches[0];
	static const int64_t		 apart_ms[] = { 0, 1, 50, 150 };
	struct mono_time		 at;
	size_t				 k;
	int				 senders, i, j;

	(void)state;
	for (senders = 2; senders <= 3; senders++)
		for (k = 0; k < sizeof(apart_ms) / sizeof(apart_ms[0]); k++) {
			watch(0, 0, 30000, 1);
			for (i = 0; i < 40; i++)
				for (j = 0; j < senders; j++) {
					at = ms(1000 * i + j * apart_ms[k] /
					    (senders - 1));
					if (i > 8)
						assert_state(0, at.ns /
						    NSEC_PER_MSEC,
						    DETECT_ALIVE);
					heartbeat(0, at.ns / NSEC_PER_MSEC);
				}
			assert_in_range(detect_interval_ns(w), ms(800).ns,
			    ms(1000).ns);
		}
}

/* One heartbeat that comes together with the first is no interval yet. */
static void
first_two_together(void **state)
{
	(void)state;
	watch(0, 0, 30000, 1);
	heartbeat(0, 1000);
	heartbeat(0, 1000);
	assert_int_equal(detect_interval_ns(&t.watches[0]), 0);
	assert_state(0, 1900, DETECT_ALIVE);
}

/* Heartbeats at this interval; returns how often one of them was learned. */
static int
learned(uint32_t i, int n, int64_t interval_ms)
{
	struct mono_time	 at;
	int			 times = 0;

	for (; n > 0; n--) {
		at = mono_add(t.watches[i].last, ms(interval_ms).ns);
		times += detect_heartbeat(&t.detect, i, at, wall_of(at));
	}
	return (times);
}

static void
short_interruption(void **state)
{
	static const struct {
		int64_t	 interruption_ms, interval_ms;
		bool	 is_short;
	} cases[] = {
		{ 30000, 1000, false },
		{ 3000, 1000, false },
		{ 3000, 1009, false },		/* within the tolerance */
		{ 3000, 1040, true },
		{ 2900, 1000, true },
		{ 1000, 1000, true },
		{ 999, 1000, true },		/* no interval is learned */
		{ 300, 1000, true },
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		watch(0, 0, cases[i].interruption_ms, 1);
		assert_int_equal(learned(0, 5, cases[i].interval_ms), 0);
		assert_false(detect_interruption_is_short(&t.watches[0]));
		assert_int_equal(learned(0, 20, cases[i].interval_ms), 1);
		assert_int_equal(detect_interruption_is_short(&t.watches[0]),
		    cases[i].is_short);
		t.nevents = 0;
	}
}

/* Also with senders that send together, it is found, and only once. */
static void
short_interruption_together(void **state)
{
	struct mono_time	 at;
	int			 senders, i, j, found;

	(void)state;
	for (senders = 1; senders <= 3; senders++) {
		watch(0, 0, 2000, 1);
		found = 0;
		for (i = 0; i < 40; i++)
			for (j = 0; j < senders; j++) {
				at = ms(1000 * i + 25 * j);
				if (detect_heartbeat(&t.detect, 0, at,
				    wall_of(at)) &&
				    detect_interruption_is_short(&t.watches[0]))
					found++;
			}
		assert_int_equal(found, 1);
	}
}

static bool
packet(uint32_t i, uint64_t content, int64_t at_us)
{
	struct mono_time	 at = { at_us * NSEC_PER_USEC };

	if (detect_is_copy(&t.detect, i, content, at))
		return (false);
	detect_heartbeat(&t.detect, i, at, wall_of(at));
	return (true);
}

static void
copies_are_not_counted(void **state)
{
	int64_t	 at = 4000000;

	(void)state;
	watch(0, 0, 1000, 1);
	watch(1, 0, 1000, 1);
	assert_true(packet(0, 7, 0));
	assert_false(packet(0, 7, 0));
	assert_false(packet(0, 7, 20));
	assert_false(packet(0, 7, 990));
	assert_true(packet(0, 7, 1002));
	/* After some intervals of a second. */
	assert_true(packet(0, 7, 1000000));
	assert_true(packet(0, 7, 2000000));
	assert_true(packet(0, 7, 3000000));
	assert_true(packet(0, 7, at));
	assert_true(packet(0, 8, at + 30));
	assert_false(packet(0, 7, at + 990));
	assert_false(packet(0, 8, at + 1000));
	/* The other watch did not have it. */
	assert_true(packet(1, 7, at + 990));
	/* The window begins with the original, not with a copy. */
	assert_true(packet(0, 7, at + 1002));
	assert_false(packet(0, 7, at + 1990));
	/* Out of order. */
	assert_true(packet(0, 9, at + 50000));
	assert_false(packet(0, 9, at + 49500));
	assert_int_equal(t.watches[0].heartbeats, 9);
	assert_int_equal(t.watches[1].heartbeats, 1);
}

/* Equal packets that are sent fast count when the interval is learned. */
static void
copies_of_fast_heartbeats(void **state)
{
	int64_t	 at_us;

	(void)state;
	watch(0, 0, 1000, 1);
	for (at_us = 0; at_us < 100000; at_us += 2000)
		assert_true(packet(0, 7, at_us));
	at_us = 98000;
	assert_false(packet(0, 7, at_us + 490));
	assert_true(packet(0, 7, at_us + 510));
}

/* Packets of many watches, whose copies follow after all of them. */
static void
copies_between_others(void **state)
{
	uint64_t	 content;

	(void)state;
	watch(0, 0, 1000, 1);
	for (content = 1; content <= 300; content++)
		assert_true(packet(0, hash_word(0, content), 100));
	for (content = 1; content <= 300; content++)
		assert_false(packet(0, hash_word(0, content), 900));
}

/* RFC 3550, section 6.4.1: J += (|D| - J) / 16. */
static void
jitter(void **state)
{
	const struct detect_watch	*w = &t.watches[0];
	int64_t				 now = 0;

	(void)state;
	watch(0, 0, 30000, 1);
	heartbeat(0, 0);
	heartbeat_after(0, &now, 1000);
	assert_int_equal(detect_jitter_ns(w), 0);
	heartbeat_after(0, &now, 1000);
	assert_int_equal(detect_jitter_ns(w), 0);
	heartbeat_after(0, &now, 1160);
	assert_int_equal(detect_jitter_ns(w), ms(10).ns);
	heartbeat_after(0, &now, 1000);
	assert_in_range(detect_jitter_ns(w), 19375000 - 2, 19375000 + 2);
	heartbeat_after(0, &now, 1000);
	assert_in_range(detect_jitter_ns(w), 18164063 - 2, 18164063 + 2);
}

static size_t
intervals(const struct detect_watch *w)
{
	size_t	 n = 0, i;

	for (i = 0; i < DETECT_INTERVALS; i++)
		n += w->intervals[i] != 0;
	return (n);
}

/* An interruption counts for the longest gap and not as an interval. */
static void
an_interruption_is_not_an_interval(void **state)
{
	const struct detect_watch	*w = &t.watches[0];

	(void)state;
	watch(0, 0, 30000, 1);
	heartbeat(0, 0);
	heartbeat(0, 1000);
	heartbeat(0, 61000);
	heartbeat(0, 62000);
	assert_int_equal(detect_interval_ns(w), ms(1000).ns);
	assert_int_equal(intervals(w), 2);
	assert_int_equal(detect_jitter_ns(w), 0);
	assert_int_equal(detect_longest_gap_ns(w), ms(60000).ns);
	/* A gap of exactly `interruption` is an interval. */
	heartbeat(0, 92000);
	assert_int_equal(intervals(w), 3);
}

static void
silence(void **state)
{
	(void)state;
	watch_at(30000, ms(5000));
	assert_int_equal(detect_silence_ns(&t.watches[0], ms(4000)), 0);
	assert_int_equal(detect_silence_ns(&t.watches[0], ms(7000)),
	    ms(2000).ns);
	heartbeat(0, 8000);
	assert_int_equal(detect_silence_ns(&t.watches[0], ms(7000)), 0);
	assert_int_equal(detect_silence_ns(&t.watches[0], ms(9500)),
	    ms(1500).ns);
}

/* The deadline of a watch counts from its start. */
static void
watch_started_later(void **state)
{
	(void)state;
	watch_at(30000, ms(5000));
	advance_ns(35000, -1);
	nothing_more();
	advance(35000);
	raised(0, 35000);
}

/* ---- order */

static void
timestamps_out_of_order(void **state)
{
	(void)state;
	watch(0, 0, 30000, 1);
	heartbeat(0, 10000);
	heartbeat(0, 9000);
	assert_int_equal(t.watches[0].last.ns, ms(10000).ns);
	assert_int_equal(t.watches[0].heartbeats, 2);
	assert_int_equal(detect_longest_gap_ns(&t.watches[0]), 0);
	advance_ns(40000, -1);
	nothing_more();
	advance(40000);
	raised(0, 40000);
}

/* A heartbeat may have a timestamp before the start of its watch. */
static void
timestamp_before_the_start(void **state)
{
	(void)state;
	watch_at(30000, ms(5000));
	detect_source_resume(&t.sources[0], ms(5000));
	heartbeat(0, 4900);
	nothing_more();
	advance_ns(35000, -1);
	nothing_more();
	advance(35000);
	raised(0, 35000);
}

/* Other watches have no hold-down, and none has one in the next detector. */
static void
hold_down_of_one_watch(void **state)
{
	(void)state;
	watch(0, 0, 10000, 1);
	watch(1, 0, 10000, 1);
	assert_true(detect_hold_down(&t.detect, 1, ms(500).ns));
	heartbeat(0, 1000);
	heartbeat(1, 1000);
	advance(11000);
	raised(0, 11000);
	assert_int_equal(detect_next(&t.detect).ns, ms(11500).ns);
	assert_int_equal(detect_state(&t.watches[1], &t.sources[0],
	    ms(11000)), DETECT_LATE);
	advance(11499);
	assert_int_equal(t.nevents, 1);
	advance(11500);
	assert_int_equal(next_event(DETECT_RAISED, 1, 11500)->silence_ns,
	    ms(10500).ns);
	heartbeat(1, 12000);
	cleared(1, 12000, 500);
	replace_detector();
	advance(22000);
	raised(1, 22000);
}

/* The duration of an alarm is never negative. */
static void
timestamp_before_the_raise(void **state)
{
	(void)state;
	watch(0, 0, 30000, 1);
	heartbeat(0, 0);
	advance(30000);
	raised(0, 30000);
	heartbeat(0, 29900);
	cleared(0, 30000, 0);
}

static void
events_in_the_order_of_time(void **state)
{
	(void)state;
	watch(0, 0, 40000, 1);
	watch(1, 0, 20000, 1);
	watch(2, 1, 30000, 1);
	watch(3, 0, 10000, 1);
	/* The first deadlines are 40, 20, 30 and 10 s. */
	heartbeat(3, 10000);
	heartbeat(3, 20000);
	heartbeat(3, 30000);
	heartbeat(1, 18000);
	heartbeat(2, 9000);
	heartbeat(0, 500);
	advance(100000);
	raised(1, 38000);
	raised(2, 39000);
	raised(3, 40000);
	raised(0, 40500);
	nothing_more();
}

/* Events at the same time are in the order of the watches. */
static void
events_at_the_same_time(void **state)
{
	(void)state;
	watch(3, 0, 10000, 1);
	watch(1, 0, 20000, 1);
	watch(2, 0, 30000, 1);
	heartbeat(1, 20000);
	heartbeat(3, 10000);
	heartbeat(3, 20000);
	heartbeat(3, 30000);
	heartbeat(2, 10000);
	advance(40000);
	raised(1, 40000);
	raised(2, 40000);
	raised(3, 40000);
	nothing_more();
}

/* The next raise after `now_ms` and before `limit_ms`; -1: none. */
static int64_t
next_raise(int64_t now_ms, int64_t limit_ms, uint32_t *i)
{
	struct mono_time	 next = detect_next_raise(&t.detect, ms(now_ms),
				    ms(limit_ms), i);

	return (next.ns == MONO_NEVER.ns ? -1 : next.ns / NSEC_PER_MSEC);
}

static void
the_next_raise(void **state)
{
	uint32_t	 i = 99;

	(void)state;
	assert_int_equal(next_raise(0, 1000000, &i), -1);
	watch(0, 0, 30000, 1);
	watch(1, 0, 30005, 1);
	watch(2, 1, 29000, 1);
	assert_int_equal(next_raise(0, 29000, &i), -1);
	assert_int_equal(i, 99);
	assert_int_equal(next_raise(0, 29001, &i), 29000);
	assert_int_equal(i, 2);
	/* The entry of the heap stays, although the alarm is due later. */
	heartbeat(2, 28000);
	assert_int_equal(next_raise(29998, 30003, &i), 30000);
	assert_int_equal(i, 0);
	/* A blind watch raises none, nor does one on a blind source. */
	t.watches[0].blind = true;
	assert_int_equal(next_raise(29998, 30010, &i), 30005);
	assert_int_equal(i, 1);
	t.sources[0].blind = true;
	assert_int_equal(next_raise(29998, 30010, &i), -1);
	t.sources[0].blind = t.watches[0].blind = false;
	assert_int_equal(next_raise(30000, 30005, &i), -1);
	assert_int_equal(next_raise(30000, 30006, &i), 30005);
	advance(30005);
	assert_int_equal(next_raise(30000, 50000, &i), -1);
	heartbeat(0, 30006);
	assert_int_equal(next_raise(30006, 57001, &i), 57000);
	assert_int_equal(i, 2);
}

/* A heartbeat each second does not cause a wake-up each second. */
static void
wakeups_are_few(void **state)
{
	struct mono_time	 next;
	int64_t			 now;
	int			 wakes = 0;

	(void)state;
	watch(0, 0, 30000, 1);
	for (now = 0; now <= 600000; now += 1000) {
		heartbeat(0, now);
		next = detect_next(&t.detect);
		if (next.ns > ms(now).ns)
			continue;
		wakes++;
		advance(now);
		assert_true(detect_next(&t.detect).ns > ms(now).ns);
	}
	nothing_more();
	assert_in_range(wakes, 1, 21);
}

/* A blind source does not cause more wake-ups. */
static void
wakeups_are_few_while_blind(void **state)
{
	struct mono_time	 next = { 0 };
	int			 wakes = 0;

	(void)state;
	watch(0, 0, 30000, 1);
	t.sources[0].blind = true;
	while ((next = detect_next(&t.detect)).ns <= ms(600000).ns) {
		detect_advance(&t.detect, next);
		assert_true(detect_next(&t.detect).ns > next.ns);
		wakes++;
	}
	nothing_more();
	assert_in_range(wakes, 1, 21);
}

/* detect_overdue raises nothing and postpones outdated deadlines. */
static void
overdue(void **state)
{
	(void)state;
	watch(0, 0, 1000, 1);
	watch(1, 0, 1500, 1);
	heartbeat(0, 900);
	assert_int_equal(detect_next(&t.detect).ns, ms(1000).ns);
	assert_false(detect_overdue(&t.detect, ms(1000)));
	assert_int_equal(detect_next(&t.detect).ns, ms(1500).ns);
	assert_false(detect_overdue(&t.detect, ms(1499)));
	assert_true(detect_overdue(&t.detect, ms(1500)));
	nothing_more();
	assert_true(detect_overdue(&t.detect, ms(1500)));
	advance(1500);
	raised(1, 1500);
	assert_false(detect_overdue(&t.detect, ms(1500)));
	assert_int_equal(detect_next(&t.detect).ns, ms(1900).ns);
	t.sources[0].blind = true;
	assert_false(detect_overdue(&t.detect, ms(1900)));
	t.sources[0].blind = false;
	assert_true(detect_overdue(&t.detect, ms(2900)));
	advance(2900);
	raised(0, 1900);
	nothing_more();
	assert_int_equal(detect_next(&t.detect).ns, MONO_NEVER.ns);
}

/* ---- a detector that continues with the rows of another one */

static void
replaced(void **state)
{
	struct detect_watch	 before;

	(void)state;
	watch(0, 0, 30000, 2);
	heartbeat(0, 1000);
	detect_stopping(&t.detect, 0, ms(1000));
	before = t.watches[0];
	replace_detector();
	assert_memory_equal(&before, &t.watches[0], sizeof(before));
	advance_ns(31000, -1);
	nothing_more();
	replace_detector();
	advance(31000);
	assert_true(raised(0, 31000)->stopping);
	replace_detector();
	nothing_more();
	advance(90000);
	heartbeat(0, 91000);
	replace_detector();
	heartbeat(0, 92000);
	assert_int_equal(cleared(0, 92000, 61000)->number, 2);
	nothing_more();
}

/* The deadline passed before the new detector was called. */
static void
replaced_over_a_deadline(void **state)
{
	(void)state;
	watch(0, 0, 30000, 1);
	heartbeat(0, 1000);
	replace_detector();
	advance(31500);
	raised(0, 31000);
	nothing_more();
}

static void
writer_was_killed(void **state)
{
	struct detect_watch	 copy;

	(void)state;
	watch(0, 0, 30000, 1);
	heartbeat(0, 1000);
	t.watches[0].version++;
	detect_watch_read(&t.watches[0], &copy);
	assert_int_equal(copy.heartbeats, 1);
	replace_detector();
	assert_int_equal(t.watches[0].version % 2, 0);
	advance(31000);
	raised(0, 31000);
	assert_int_equal(t.watches[0].version % 2, 0);
}

/* The writer was killed after it set `raised` and before it counted. */
static void
writer_was_killed_in_a_raise(void **state)
{
	(void)state;
	watch(0, 0, 30000, 1);
	heartbeat(0, 1000);
	t.watches[0].version++;
	t.watches[0].raised = true;
	t.watches[0].raised_at = ms(31000);
	replace_detector();
	assert_int_equal(t.watches[0].transitions, 1);
	heartbeat(0, 40000);
	assert_int_equal(cleared(0, 40000, 9000)->number, 2);
	nothing_more();
}

static void
writer_was_killed_in_a_clear(void **state)
{
	(void)state;
	watch(0, 0, 30000, 1);
	heartbeat(0, 1000);
	advance(31000);
	raised(0, 31000);
	t.watches[0].version++;
	t.watches[0].raised = false;
	t.watches[0].last = ms(40000);
	replace_detector();
	assert_int_equal(t.watches[0].transitions, 2);
	advance(70000);
	assert_int_equal(raised(0, 70000)->number, 3);
	nothing_more();
}

static void
no_watch(void **state)
{
	struct detect	 d;

	(void)state;
	assert_true(detect_init(&d, NULL, 0, NULL, emit, &t));
	assert_int_equal(detect_next(&d).ns, MONO_NEVER.ns);
	detect_advance(&d, MONO_NEVER);
	detect_free(&d);
	nothing_more();
}

/* ---- a reader in parallel with the writer */

/* With so many writes, a reader that does not check `version` fails. */
#define WRITES	1000000

/* After n heartbeats, the last is at n ms, and all intervals are 1 ms. */
static void *
write_heartbeats(void *arg)
{
	int64_t	 n;

	(void)arg;
	for (n = 1; n <= WRITES; n++)
		heartbeat(0, n);
	return (NULL);
}

static bool
consistent(const struct detect_watch *w)
{
	uint64_t	 n = w->heartbeats;

	if (n == 0)
		return (!w->received && intervals(w) == 0);
	return (w->received && w->last.ns == ms((int64_t)n).ns &&
	    w->last_wall.ns == wall_of(w->last).ns &&
	    w->oldest == (n - 1) % DETECT_INTERVALS &&
	    intervals(w) == (n > DETECT_INTERVALS ? DETECT_INTERVALS : n - 1));
}

/*
 * If the writer is preempted during a write, the reader gives up with an odd
 * version.  Such copies are not checked.  How many there are depends on the
 * load of the machine; read_again tests what the reader does.
 */
static void
read_during_writes(void **state)
{
	struct detect_watch	 copy;
	pthread_t		 writer;
	uint64_t		 before = 0;
	bool			 torn = false;

	(void)state;
	watch(0, 0, 30000, 1);
	assert_int_equal(pthread_create(&writer, NULL, write_heartbeats, NULL),
	    0);
	while (before < WRITES) {
		detect_watch_read(&t.watches[0], &copy);
		if (copy.version % 2 != 0)
			continue;
		if (!consistent(&copy) || copy.heartbeats < before)
			torn = true;
		before = copy.heartbeats;
	}
	assert_int_equal(pthread_join(writer, NULL), 0);
	assert_false(torn);
	detect_watch_read(&t.watches[0], &copy);
	assert_memory_equal(&copy, &t.watches[0], sizeof(copy));
	assert_true(consistent(&copy));
}

/*
 * A watch that begins on one page and ends on the next.  The reader can access
 * one of the pages only, and faults on the other.  on_fault then permits the
 * other page instead, or writes.
 */
static struct {
	struct detect_watch	*watch;
	char			*pages[2];
	size_t			 size;
	void			 (*write)(void);
	volatile sig_atomic_t	 copies;	/* until `write` */
} split;

static void
permit(int page, int protection)
{
	if (mprotect(split.pages[page], split.size, protection) != 0)
		abort();
}

static void
on_fault(int number, siginfo_t *info, void *context)
{
	uintptr_t	 at = (uintptr_t)info->si_addr;
	uintptr_t	 begin = (uintptr_t)split.pages[0];
	int		 page = at >= begin + split.size;

	(void)context;
	if (at < begin || at >= begin + 2 * split.size || split.copies == 0) {
		signal(number, SIG_DFL);
		return;
	}
	permit(page, PROT_READ | PROT_WRITE);
	if (page == 1 && --split.copies == 0)
		split.write();
	else
		permit(1 - page, PROT_NONE);
}

/* Reads the watch; `write` is called in the middle of the nth copy. */
static void
read_split(struct detect_watch *copy, int n, void (*write)(void))
{
	struct sigaction	 action = { .sa_flags = SA_SIGINFO }, before;

	action.sa_sigaction = on_fault;
	split.write = write;
	split.copies = n;
	assert_int_equal(sigaction(SIGSEGV, &action, &before), 0);
	permit(1, PROT_NONE);
	detect_watch_read(split.watch, copy);
	permit(0, PROT_READ | PROT_WRITE);
	permit(1, PROT_READ | PROT_WRITE);
	assert_int_equal(sigaction(SIGSEGV, &before, NULL), 0);
	assert_int_equal(split.copies, 0);
}

static void
write_second(void)
{
	heartbeat(0, 2);
}

/* The second half of a write, which begin_write began. */
static void
end_write(void)
{
	split.watch->heartbeats--;
	split.watch->version--;
	heartbeat(0, (int64_t)split.watch->heartbeats + 1);
}

static void
begin_write(void)
{
	split.watch->version++;
	split.watch->heartbeats++;
}

static void
read_again(void **state)
{
	struct detect_watch	 copy;
	char			*pages;

	(void)state;
	split.size = (size_t)sysconf(_SC_PAGESIZE);
	pages = mmap(NULL, 2 * split.size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(pages != MAP_FAILED);
	split.pages[0] = pages;
	split.pages[1] = pages + split.size;
	split.watch = (struct detect_watch *)(void *)
	    (split.pages[1] - sizeof(*split.watch) / 2);
	detect_watch_begin(split.watch, ms(0));
	detect_watch_configure(split.watch, 0, ms(30000).ns, 1, true);
	detect_free(&t.detect);
	assert_true(detect_init(&t.detect, split.watch, 1, t.list, emit, &t));
	heartbeat(0, 1);

	/* A whole write during the copy. */
	read_split(&copy, 1, write_second);
	assert_true(consistent(&copy));
	assert_int_equal(copy.heartbeats, 2);

	/* A write that ends during the copy. */
	begin_write();
	read_split(&copy, 1, end_write);
	assert_true(consistent(&copy));
	assert_int_equal(copy.heartbeats, 3);

	/* A write that lasts longer than the first copy. */
	begin_write();
	read_split(&copy, 2, end_write);
	assert_true(consistent(&copy));
	assert_int_equal(copy.heartbeats, 4);
	munmap(pages, 2 * split.size);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		TEST(never_before_the_deadline),
		TEST(hold_down_of_one_watch),
		TEST(raised_at_the_deadline),
		TEST(raised_late),
		TEST(never_received),
		TEST(heartbeat_at_the_deadline),
		TEST(first_heartbeat_at_the_deadline),
		TEST(deadline_between_two_heartbeats),
		TEST(heartbeat_a_nanosecond_too_late),
		TEST(raise_and_clear_alternate),
		TEST(recovery_counts),
		TEST(recovery_with_a_gap),
		TEST(recovery_starts_with_the_gap),
		TEST(recovery_is_counted_again),
		TEST(recovery_of_a_watch_never_received),
		TEST(recovery_across_a_short_blindness),
		TEST(recovery_across_a_long_blindness),
		TEST(overdue),
		TEST(the_next_raise),
		TEST(disabled),
		TEST(stop_is_announced),
		TEST(stop_with_heartbeats_after_it),
		TEST(stop_is_revoked),
		TEST(stop_at_a_large_time),
		TEST(intervals_are_exact_to_25_us),
		TEST(stop_and_back_at_once),
		TEST(stop_before_a_late_heartbeat),
		TEST(link_is_down),
		TEST(loss_within_the_silence),
		TEST(blind_raises_nothing),
		TEST(after_blindness_a_full_interruption_is_monitored),
		TEST(after_blindness_never_received),
		TEST(heartbeat_after_blindness),
		TEST(one_watch_is_blind),
		TEST(watches_are_counted),
		TEST(raised_and_blind),
		TEST(blind_at_the_heartbeat),
		TEST(alarm_stays_active_through_blindness),
		TEST(resumed_without_blindness),
		TEST(resume_does_not_go_back),
		TEST(another_source_is_not_blind),
		TEST(states),
		TEST(late_after_blindness),
		TEST(late_after_short_interval),
		TEST(shortest_interval),
		TEST(copies_are_not_counted),
		TEST(copies_of_fast_heartbeats),
		TEST(copies_between_others),
		TEST(interval_is_the_median),
		TEST(senders_together),
		TEST(first_two_together),
		TEST(short_interruption),
		TEST(short_interruption_together),
		TEST(jitter),
		TEST(an_interruption_is_not_an_interval),
		TEST(silence),
		TEST(watch_started_later),
		TEST(timestamps_out_of_order),
		TEST(timestamp_before_the_start),
		TEST(timestamp_before_the_raise),
		TEST(events_in_the_order_of_time),
		TEST(events_at_the_same_time),
		TEST(wakeups_are_few),
		TEST(wakeups_are_few_while_blind),
		TEST(replaced),
		TEST(replaced_over_a_deadline),
		TEST(writer_was_killed),
		TEST(writer_was_killed_in_a_raise),
		TEST(writer_was_killed_in_a_clear),
		TEST(no_watch),
		TEST(read_during_writes),
		TEST(read_again),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
