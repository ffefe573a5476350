/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the agent accepts from an engine that an attacker may control.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>
#include <syslog.h>

#include "base/rate_limit.h"
#include "engine/engine_check.h"

#define SECOND		NSEC_PER_SEC
#define NOW		((struct mono_time){ 5000 * SECOND })
#define WALL		INT64_C(1795348800000000000)

static const struct engine_check_clocks	 clocks = { NOW, { WALL } };

/* A watch with an interruption of 10 s, whose alarm was cleared at 4900 s. */
static const struct engine_check_known	 cleared = {
	.transitions = 8, .changed = { 4900 * SECOND },
	.interruption_ns = 10 * SECOND, .enabled = true,
};
static const struct engine_check_known	 raised = {
	.transitions = 9, .changed = { 4900 * SECOND },
	.interruption_ns = 10 * SECOND, .enabled = true,
};

/* A raise 10 s before NOW. */
static struct engine_event
a_raise(void)
{
	return ((struct engine_event){
		.at = { 4990 * SECOND }, .at_wall = { WALL - 10 * SECOND },
		.last_heartbeat = { WALL - 20 * SECOND },
		.watch = 3, .number = 9, .transition = DETECT_RAISED,
		.received = 1,
	});
}

static struct engine_event
a_clear(void)
{
	return ((struct engine_event){
		.at = { 4990 * SECOND }, .at_wall = { WALL - 10 * SECOND },
		.last_heartbeat = { WALL - 10 * SECOND },
		.watch = 3, .number = 10, .transition = DETECT_CLEARED,
	});
}

static struct detect_event	 event;
static struct wall_time		 at;

static const char *
check(const struct engine_event *e, const struct engine_check_known *known)
{
	memset(&event, 0, sizeof(event));
	at = WALL_NEVER;
	return (engine_check_event(e, known, &clocks, &event, &at));
}

/* ---- events */

static void
valid_events(void **state)
{
	struct engine_event	 e = a_raise();

	(void)state;
	assert_null(check(&e, &cleared));
	assert_int_equal(event.transition, DETECT_RAISED);
	assert_int_equal(event.watch, 3);
	assert_int_equal(event.number, 9);
	assert_int_equal(event.at.ns, 4990 * SECOND);
	assert_int_equal(event.last_heartbeat.ns, WALL - 20 * SECOND);
	assert_int_equal(event.silence_ns, 10 * SECOND);
	assert_true(event.received);
	assert_int_equal(at.ns, WALL - 10 * SECOND);
	e = a_clear();
	assert_null(check(&e, &raised));
	assert_int_equal(event.transition, DETECT_CLEARED);
	assert_int_equal(event.number, 10);
	assert_int_equal(event.duration_ns, 90 * SECOND);
	assert_int_equal(event.last_heartbeat.ns, WALL - 10 * SECOND);
}

static void
wrong_transitions(void **state)
{
	static const uint32_t	 numbers[] = {
		0, 1, 8, 10, 11, INT32_MAX, UINT32_MAX,
	};
	struct engine_event	 e = a_raise();
	size_t			 i;

	(void)state;
	assert_string_equal(check(&e, NULL), "no such watch");
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		e.number = numbers[i];
		assert_non_null(check(&e, &cleared));
	}
	e = a_raise();
	/* It is active, but a raise comes; and the other way round. */
	assert_non_null(check(&e, &raised));
	e.number = 10;
	assert_non_null(check(&e, &raised));
	e = a_clear();
	assert_non_null(check(&e, &cleared));
	e.number = 9;
	assert_non_null(check(&e, &cleared));
	for (i = 0; i < 256; i++) {
		e = a_raise();
		e.transition = (uint8_t)i;
		assert_int_equal(check(&e, &cleared) == NULL,
		    i == DETECT_RAISED);
	}
}

static void
disabled_watch(void **state)
{
	struct engine_check_known	 known = cleared;
	struct engine_event		 e = a_raise();

	(void)state;
	known.enabled = false;
	assert_non_null(check(&e, &known));
}

/* ---- evidence */

static struct engine_evidence
an_evidence(void)
{
	struct engine_evidence	 e = { .type = ENGINE_EVIDENCE, .watch = 3 };
	struct evidence_signal	*signal;

	signal = &e.evidence.signals[EVIDENCE_PORT_REFUSED];
	*signal = (struct evidence_signal){
		.at = { WALL - SECOND }, .count = 7, .code = 3,
		.state = EVIDENCE_PRESENT, .port = 20053,
	};
	assert_true(addr_parse("192.0.2.12", &signal->address));
	e.evidence.last = (struct wall_time){ WALL - 20 * SECOND };
	e.evidence.raised = (struct wall_time){ WALL };
	e.evidence.flags = EVIDENCE_RECEIVED | EVIDENCE_LOSSY;
	return (e);
}

static const char *
check_evidence(struct engine_evidence *e)
{
	return (engine_check_evidence(e, &cleared, clocks.wall));
}

static void
valid_evidence(void **state)
{
	struct engine_evidence	 e = an_evidence(), expected;
	struct evidence_signal	*deaf;
	unsigned		 i;

	(void)state;
	/* The largest code that has a meaning is kept. */
	deaf = &e.evidence.signals[EVIDENCE_PEER_DOES_NOT_HEAR_US];
	deaf->state = EVIDENCE_PRESENT;
	deaf->code = EVIDENCE_DEAF_BOTH;
	expected = e;
	assert_null(check_evidence(&e));
	for (i = 0; i <= EVIDENCE_MAX; i++)
		if (i != EVIDENCE_PORT_REFUSED &&
		    i != EVIDENCE_PEER_DOES_NOT_HEAR_US)
			expected.evidence.signals[i].state = EVIDENCE_UNKNOWN;
	assert_memory_equal(&e, &expected, sizeof(e));
}

static void
wrong_evidence(void **state)
{
	struct engine_check_known	 disabled = cleared;
	struct engine_evidence		 e = an_evidence();
	unsigned			 i;

	(void)state;
	disabled.enabled = false;
	assert_string_equal(engine_check_evidence(&e, NULL, clocks.wall),
	    "no such watch");
	assert_non_null(engine_check_evidence(&e, &disabled, clocks.wall));
	for (i = 0; i <= EVIDENCE_MAX; i++) {
		e = an_evidence();
		e.evidence.signals[i].state = EVIDENCE_PRESENT + 1;
		assert_non_null(check_evidence(&e));
		e = an_evidence();
		e.evidence.signals[i].address.family = ADDR_IPV6 + 1;
		assert_non_null(check_evidence(&e));
	}
	e = an_evidence();
	e.evidence.flags = (uint16_t)(EVIDENCE_FLAGS + 1);
	assert_non_null(check_evidence(&e));
}

/* Values that a correct engine may send after a step of the clock. */
static void
corrected_evidence(void **state)
{
	struct engine_evidence	 e = an_evidence();
	struct evidence_signal	*signals = e.evidence.signals;

	(void)state;
	signals[EVIDENCE_PORT_REFUSED].at.ns = WALL + 3600 * SECOND;
	signals[EVIDENCE_PORT_REFUSED].address.octets[9] = 7;
	signals[EVIDENCE_PEER_REBOOTED].state = EVIDENCE_PRESENT;
	signals[EVIDENCE_PEER_REBOOTED].code = EVIDENCE_REBOOT_MLD + 1;
	e.evidence.last.ns = -1;
	e.evidence.raised.ns = INT64_MAX;
	assert_null(check_evidence(&e));
	assert_int_equal(signals[EVIDENCE_PORT_REFUSED].at.ns, 0);
	assert_int_equal(signals[EVIDENCE_PORT_REFUSED].address.octets[9], 0);
	assert_int_equal(signals[EVIDENCE_PEER_REBOOTED].code, 0);
	assert_int_equal(e.evidence.last.ns, 0);
	assert_int_equal(e.evidence.raised.ns, 0);
}

/* The signals that only the agent can know. */
static void
foreign_evidence(void **state)
{
	static const enum evidence_number	 numbers[] = {
		EVIDENCE_LOCAL_PORT_OPEN, EVIDENCE_CARRIER,
		EVIDENCE_FLOATING_IP_FITS, EVIDENCE_LOG_MESSAGE,
		EVIDENCE_PING_ANSWERED,
	};
	const struct evidence_signal		 none = {
		.state = EVIDENCE_UNKNOWN,
	};
	struct engine_evidence			 e = an_evidence();
	size_t					 i;

	(void)state;
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		e.evidence.signals[numbers[i]].state = EVIDENCE_PRESENT;
		e.evidence.signals[numbers[i]].count = 1;
	}
	assert_null(check_evidence(&e));
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		assert_memory_equal(&e.evidence.signals[numbers[i]], &none,
		    sizeof(none));
}

/* A raise needs a silence since the last transition. */
static void
times_of_events(void **state)
{
	struct engine_event	 e = a_raise();

	(void)state;
	e.at.ns = 4910 * SECOND;
	assert_null(check(&e, &cleared));
	e.at.ns -= 1;
	assert_string_equal(check(&e, &cleared), "a raise before its deadline");
	e.at.ns = INT64_MIN;
	assert_non_null(check(&e, &cleared));
	e.at.ns = INT64_MAX;
	assert_string_equal(check(&e, &cleared), "a time in the future");
	/* The stored time is not in the future. */
	e.at.ns = 5001 * SECOND;
	assert_null(check(&e, &cleared));
	assert_int_equal(event.at.ns, NOW.ns);
	e.at.ns += 1;
	assert_string_equal(check(&e, &cleared), "a time in the future");
	e = a_clear();
	e.at.ns = 4900 * SECOND;
	assert_null(check(&e, &raised));
	assert_int_equal(event.duration_ns, 0);
	e.at.ns -= 1;
	assert_non_null(check(&e, &raised));
}

/*
 * The number of raises that are accepted, one after the other with a clear
 * after each.  They are `step_ns` apart, the first one at `from`.
 */
static unsigned
accepted_raises(struct engine_check_known *known, struct mono_time from,
    int64_t step_ns, const struct engine_check_clocks *now)
{
	struct engine_event	 e = a_raise();
	unsigned		 n = 0;

	for (e.at = from; !mono_before(now->now, e.at);
	    e.at = mono_add(e.at, step_ns)) {
		e.number = known->transitions + 1;
		e.transition = DETECT_RAISED;
		if (engine_check_event(&e, known, now, &event, &at) != NULL)
			break;
		known->used = engine_check_used(known);
		known->transitions++;
		n++;
		e.number++;
		e.transition = DETECT_CLEARED;
		assert_null(engine_check_event(&e, known, now, &event, &at));
		known->transitions++;
		known->changed = event.at;
	}
	return (n);
}

/*
 * Raises and clears of a whole day, after a day without any.  No more are
 * accepted than were possible since the agent has read all reports.
 */
static void
flood_of_the_past(void **state)
{
	struct engine_check_clocks	 later = clocks;
	struct engine_check_known	 known = cleared;
	const int64_t			 day = 86400 * SECOND;
	struct engine_event		 e = a_raise();

	(void)state;
	known.interruption_ns = 1 * SECOND;
	known.changed = known.used = mono_add(NOW, -day);
	known.read = NOW;
	assert_int_equal(accepted_raises(&known, mono_add(NOW, 1 * SECOND -
	    day), 1 * SECOND, &clocks), 32);
	e.at = NOW;
	e.number = known.transitions + 1;
	assert_string_equal(check(&e, &known),
	    "too many transitions in a short time");
	/* Ten seconds later, ten more. */
	later.now = mono_add(NOW, 10 * SECOND);
	known.read = later.now;
	assert_int_equal(accepted_raises(&known, mono_add(known.changed,
	    1 * SECOND), 1 * SECOND, &later), 10);
}

/* Reports that waited while the agent was blocked for ten minutes. */
static void
blocked_agent(void **state)
{
	struct engine_check_known	 known = cleared;

	(void)state;
	known.interruption_ns = 1 * SECOND;
	known.read = mono_add(NOW, -600 * SECOND);
	known.changed = known.used = mono_add(NOW, -3600 * SECOND);
	assert_int_equal(accepted_raises(&known, known.read, 1 * SECOND,
	    &clocks), 601);
	/* The same from an engine that is too late, but not very much. */
	known.read = NOW;
	known.changed = known.used = mono_add(NOW, -3600 * SECOND);
	assert_int_equal(accepted_raises(&known,
	    mono_add(NOW, -ENGINE_CHECK_DELAY_NS), 1 * SECOND, &clocks), 31);
}

/* A watch whose heartbeats come a little later than its interruption. */
static void
raised_all_the_time(void **state)
{
	static const int64_t		 interruptions[] = {
		NSEC_PER_MSEC, SECOND, 30 * SECOND, 86400 * SECOND,
	};
	struct engine_check_clocks	 now = clocks;
	struct engine_check_known	 known;
	struct mono_time		 raised_at;
	size_t				 i;
	unsigned			 n;

	(void)state;
	for (i = 0; i < sizeof(interruptions) / sizeof(interruptions[0]);
	    i++) {
		known = cleared;
		known.interruption_ns = interruptions[i];
		known.changed = NOW;
		for (n = 0; n < 1000; n++) {
			raised_at = mono_add(known.changed, interruptions[i]);
			now.now = mono_add(raised_at, NSEC_PER_MSEC / 10);
			known.read = raised_at;
			assert_int_equal(accepted_raises(&known, raised_at,
			    SECOND, &now), 1);
		}
	}
}

/* The wall-clock time must fit the monotonic one. */
static void
wall_times(void **state)
{
	static const int64_t	 wrong[] = {
		INT64_MIN, INT64_MAX, 0, -1, WALL - 3600 * SECOND,
		WALL + 3600 * SECOND,
	};
	struct engine_event	 e = a_raise();
	size_t			 i;

	(void)state;
	e.at_wall.ns += SECOND;
	assert_null(check(&e, &cleared));
	assert_int_equal(at.ns, WALL - 9 * SECOND);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		e.at_wall.ns = wrong[i];
		e.last_heartbeat.ns = wrong[i];
		assert_null(check(&e, &cleared));
		assert_int_equal(at.ns, WALL - 10 * SECOND);
		assert_true(event.last_heartbeat.ns >= 0);
	}
}

/* A flag may be any octet. */
static void
flags(void **state)
{
	struct engine_event	 e = a_raise();

	(void)state;
	e.received = 2;
	e.stopping = 0x80;
	e.lossy = 0xff;
	e.link_down = 1;
	assert_null(check(&e, &cleared));
	assert_int_equal(event.received, 1);
	assert_int_equal(event.stopping, 1);
	assert_int_equal(event.lossy, 1);
	assert_int_equal(event.link_down, 1);
	e = a_raise();
	e.received = 0;
	assert_null(check(&e, &cleared));
	assert_int_equal(event.received, 0);
	assert_int_equal(event.stopping, 0);
	/* Then there is no last heartbeat either. */
	assert_true(wall_is_never(event.last_heartbeat));
}

/* ---- messages */

static void
captures(void **state)
{
	struct engine_message	 m = {
		.type = ENGINE_CAPTURE, .capture = 1,
		.state = SHARED_CAPTURE_FAILED,
	};

	(void)state;
	memset(m.text, 0xff, sizeof(m.text));
	assert_null(engine_check_capture(&m, 2));
	assert_int_equal(strlen(m.text), sizeof(m.text) - 1);
	assert_int_equal(strspn(m.text, "?"), sizeof(m.text) - 1);
	assert_string_equal(engine_check_capture(&m, 1), "no such capture");
	m.capture = UINT32_MAX;
	assert_non_null(engine_check_capture(&m, 2));
	m.capture = 0;
	m.state = 0;
	assert_non_null(engine_check_capture(&m, 2));
	m.state = UINT32_MAX;
	assert_non_null(engine_check_capture(&m, 2));
}

static void
log_lines(void **state)
{
	static const struct {
		int32_t	 before;
		int	 after;
	} priorities[] = {
		{ LOG_EMERG, LOG_CRIT }, { LOG_ALERT, LOG_CRIT },
		{ LOG_CRIT, LOG_CRIT }, { LOG_ERR, LOG_ERR },
		{ LOG_DEBUG, LOG_DEBUG }, { INT32_MAX, LOG_DEBUG },
		{ INT32_MIN, LOG_CRIT }, { -1, LOG_DEBUG },
		/* A facility is not taken either. */
		{ LOG_AUTH | LOG_WARNING, LOG_WARNING },
	};
	struct engine_message	 m = { .type = ENGINE_LOG };
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(priorities) / sizeof(priorities[0]); i++) {
		m.priority = priorities[i].before;
		engine_check_line(&m);
		assert_int_equal(m.priority, priorities[i].after);
	}
	/* C0, DEL, C1 and what is not UTF-8; the rest stays. */
	strcpy(m.text, "a\nb\x1b[2Jc\x7f" "d\xc2\x9b" "e\xc2\x80\xff \xc3\xa4");
	engine_check_line(&m);
	assert_string_equal(m.text, "a?b?[2Jc?d??e??? \xc3\xa4");
	memset(m.text, 'x', sizeof(m.text));
	engine_check_line(&m);
	assert_int_equal(strlen(m.text), sizeof(m.text) - 1);
}

/* ---- rows */

static void
possible_rows_are_unchanged(void **state)
{
	struct detect_watch	 w, before;
	struct detect_source	 s, t;

	(void)state;
	memset(&w, 0, sizeof(w));
	w.last.ns = 4999 * SECOND;
	/* An alarm that was raised before the boot. */
	w.raised_at.ns = -1000000 * SECOND;
	w.last_wall.ns = WALL;
	w.jitter_ns = 25000.5f;
	memcpy(&before, &w, sizeof(w));
	engine_check_watch(&w, NOW);
	assert_memory_equal(&w, &before, sizeof(w));
	detect_source_begin(&s, (struct mono_time){ 4000 * SECOND });
	t = s;
	engine_check_source(&s, NOW);
	assert_int_equal(s.since.ns, t.since.ns);
	assert_int_equal(s.last_loss.ns, t.last_loss.ns);
}

static void
impossible_watches(void **state)
{
	static const float	 jitters[] = {
		NAN, INFINITY, -INFINITY, -1.0f, 1e30f,
	};
	static const int64_t	 times[] = { INT64_MIN, INT64_MAX };
	struct detect_watch	 w;
	struct detect_source	 source = { .since = NOW };
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(jitters) / sizeof(jitters[0]); i++) {
		memset(&w, 0xff, sizeof(w));
		w.jitter_ns = jitters[i];
		w.last.ns = w.raised_at.ns = times[i % 2];
		w.last_wall.ns = times[i % 2];
		engine_check_watch(&w, NOW);
		assert_int_equal(w.last.ns, NOW.ns);
		assert_int_equal(w.raised_at.ns, NOW.ns);
		assert_true(w.last_wall.ns >= 0);
		/* All that the tables compute of it is defined. */
		assert_int_equal(detect_jitter_ns(&w), 0);
		assert_int_equal(detect_silence_ns(&w, NOW), 0);
		assert_true(detect_interval_ns(&w) > 0);
		assert_true(detect_longest_gap_ns(&w) > 0);
		(void)detect_state(&w, &source, NOW);
		(void)detect_interruption_is_short(&w);
	}
}

static void
impossible_duals(void **state)
{
	static const struct mono_time	 never = { INT64_MAX };
	struct dual			 d, before;
	unsigned			 i;

	(void)state;
	for (i = 0x7f; i <= 0xff; i += 0x80) {
		memset(&d, (int)i, sizeof(d));
		dual_configure(&d, 5 * SECOND, true);
		engine_check_dual(&d, NOW);
		assert_int_equal(d.raised, 1);
		assert_true(d.raised_at.ns <= NOW.ns);
		assert_true(d.quiet_ns <= 5 * SECOND);
		assert_int_equal(d.owner, DUAL_OWNER_UNKNOWN);
		assert_int_equal(d.senders[3].address.family, ADDR_NONE);
		assert_int_equal(d.senders[3].flags & ~DUAL_FLAGS, 0);
		assert_int_equal(d.senders[3].active_ns, 0);
		assert_int_equal(dual_actives(&d, NOW), 0);
		(void)dual_owner(&d, NOW);
	}
	/* A row that a correct engine writes does not change. */
	dual_begin(&d);
	dual_configure(&d, 5 * SECOND, true);
	d.both.ns = d.raised_at.ns = NOW.ns - SECOND;
	d.quiet_ns = DUAL_INTERVALS * DUAL_INTERVAL_MAX_NS;
	d.senders[0] = (struct dual_sender){
		.last = NOW, .rival_since = never, .active_ns = d.quiet_ns,
		.flags = DUAL_HERE | DUAL_PERSISTS,
		.address = { ADDR_IPV4, { 192, 0, 2, 1 } },
	};
	before = d;
	engine_check_dual(&d, NOW);
	assert_memory_equal(&d, &before, sizeof(d));
}

static void
impossible_captures(void **state)
{
	struct shared_capture	 c;

	(void)state;
	memset(&c, 0x82, sizeof(c));
	engine_check_row(&c, "eth0", NOW);
	assert_string_equal(c.interface, "eth0");
	assert_int_equal(c.state, SHARED_CAPTURE_FAILED);
	assert_int_equal(c.ifindex, 0);
	assert_int_equal(c.listening, 1);
	assert_int_equal(c.source.blind, 1);
	assert_int_equal(c.source.link_down, 1);
	assert_int_equal(c.source.since.ns, NOW.ns);
	assert_true(wall_is_never(c.drained));
	assert_int_equal(strlen(c.error), sizeof(c.error) - 1);
	memset(&c, 0, sizeof(c));
	c.source.last_loss.ns = INT64_MAX;
	engine_check_row(&c, "eth0", NOW);
	assert_int_equal(c.source.last_loss.ns, NOW.ns);
	assert_int_equal(c.listening, 0);
	assert_int_equal(c.source.blind, 0);
}

/* ---- the limit of floods */

static void
limited_rate(void **state)
{
	struct rate_limit	 limit = { 0 };
	int			 i, n = 0;

	(void)state;
	for (i = 0; i < 100; i++)
		n += rate_limit_allows(&limit, SECOND, 5, NOW);
	assert_int_equal(n, 5);
	assert_false(rate_limit_allows(&limit, SECOND, 5,
	    mono_add(NOW, SECOND - 1)));
	assert_true(rate_limit_allows(&limit, SECOND, 5,
	    mono_add(NOW, SECOND)));
	assert_false(rate_limit_allows(&limit, SECOND, 5,
	    mono_add(NOW, SECOND)));
	for (i = 0, n = 0; i < 100; i++)
		n += rate_limit_allows(&limit, SECOND, 5,
		    mono_add(NOW, 3600 * SECOND));
	assert_int_equal(n, 5);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(valid_events),
		cmocka_unit_test(wrong_transitions),
		cmocka_unit_test(disabled_watch),
		cmocka_unit_test(valid_evidence),
		cmocka_unit_test(wrong_evidence),
		cmocka_unit_test(corrected_evidence),
		cmocka_unit_test(foreign_evidence),
		cmocka_unit_test(times_of_events),
		cmocka_unit_test(flood_of_the_past),
		cmocka_unit_test(blocked_agent),
		cmocka_unit_test(raised_all_the_time),
		cmocka_unit_test(wall_times),
		cmocka_unit_test(flags),
		cmocka_unit_test(captures),
		cmocka_unit_test(log_lines),
		cmocka_unit_test(possible_rows_are_unchanged),
		cmocka_unit_test(impossible_watches),
		cmocka_unit_test(impossible_duals),
		cmocka_unit_test(impossible_captures),
		cmocka_unit_test(limited_rate),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
