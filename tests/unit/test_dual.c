/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "detect/dual.h"

/* The rows have other positions than their watches. */
#define WATCHES		3
#define ROWS		2
#define EVENTS		64
#define FIRST		100

#define HOUR		(INT64_C(3600) * 1000)

static struct {
	struct detect_watch	 watches[WATCHES];
	struct detect_source	 source;
	struct detect_source	*list[1];
	struct detect		 detect;
	struct dual		 rows[ROWS];
	struct duals		 duals;
	struct detect_event	 events[EVENTS];
	size_t			 nevents;
	size_t			 checked;	/* of the events */
	int64_t			 interval_ms;	/* that advertise() sends */
	uint32_t		 vlan;
	bool			 here;
} t;

static const uint32_t	 watches[ROWS] = { 2, 0 };

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
	duals_free(&t.duals);
	detect_free(&t.detect);
	assert_true(detect_init(&t.detect, t.watches, WATCHES, t.list, emit,
	    &t));
	assert_true(duals_init(&t.duals, &t.detect, FIRST, t.rows, watches,
	    ROWS));
}

static int
setup(void **state)
{
	unsigned	 i;

	(void)state;
	memset(&t, 0, sizeof(t));
	t.interval_ms = 1000;
	t.list[0] = &t.source;
	detect_source_begin(&t.source, ms(-HOUR));
	for (i = 0; i < WATCHES; i++) {
		detect_watch_begin(&t.watches[i], ms(-HOUR));
		detect_watch_configure(&t.watches[i], 0, ms(HOUR * 20).ns, 1,
		    true);
	}
	for (i = 0; i < ROWS; i++) {
		dual_begin(&t.rows[i]);
		dual_configure(&t.rows[i], ms(5000).ns, false);
	}
	replace_detector();
	return (0);
}

static int
teardown(void **state)
{
	(void)state;
	assert_int_equal(t.checked, t.nevents);
	duals_free(&t.duals);
	detect_free(&t.detect);
	return (0);
}

/* A sender is the last octet of an address. */
static void
send_state(int64_t at, uint8_t sender, bool active)
{
	struct dual_advertisement	 a = {
		.sender = { ADDR_IPV4, { 192, 0, 2, sender } },
		.vlan = t.vlan, .active = active, .here = t.here,
		.interval_ns = ms(t.interval_ms).ns,
	};

	duals_advance(&t.duals, mono_add(ms(at), -1));
	dual_advertised(&t.duals, 0, &a, ms(at));
}

static void
advertise(int64_t at, uint8_t sender)
{
	send_state(at, sender, true);
}

static void
stop(int64_t at, uint8_t sender)
{
	send_state(at, sender, false);
}

/* From one time to another one, every so many ms. */
static void
advertise_from(int64_t from, int64_t to, int64_t every, uint8_t sender)
{
	for (; from <= to; from += every)
		advertise(from, sender);
}

/* Two senders in the order of time. */
static void
advertise_both(int64_t from, int64_t to, int64_t offset, uint8_t a, uint8_t b)
{
	for (; from <= to; from += t.interval_ms) {
		advertise(from, a);
		advertise(from + offset, b);
	}
}

static void
claim(int64_t at, uint8_t sender)
{
	const struct mac	 mac = { { 2, 0, 0, 0, 0, sender } };

	duals_advance(&t.duals, mono_add(ms(at), -1));
	dual_claim(&t.duals, 0, ms(at), &mac, t.vlan, sender == 1 ?
	    DUAL_OWNER_HERE : sender == 2 ? DUAL_OWNER_PEER :
	    DUAL_OWNER_ELSEWHERE);
}

static const struct detect_event *
next_event(enum detect_transition transition, int64_t at)
{
	const struct detect_event	*e;

	assert_true(t.checked < t.nevents);
	e = &t.events[t.checked++];
	assert_int_equal(e->transition, transition);
	assert_int_equal(e->at.ns, ms(at).ns);
	assert_int_equal(e->watch, FIRST);
	assert_true(e->dual);
	return (e);
}

static void
expect_raised(int64_t at)
{
	const struct detect_event	*e = next_event(DETECT_RAISED, at);

	assert_int_equal(e->silence_ns, 0);
	assert_int_equal(e->number % 2, 1);
	assert_true(t.rows[0].raised || t.checked < t.nevents);
}

static void
expect_cleared(int64_t at, int64_t duration)
{
	const struct detect_event	*e;

	duals_advance(&t.duals, ms(at));
	e = next_event(DETECT_CLEARED, at);
	assert_int_equal(e->duration_ns, ms(duration).ns);
	assert_int_equal(e->number % 2, 0);
	assert_false(t.rows[0].raised);
	assert_int_equal(t.rows[0].cleared_at.ns, ms(at).ns);
	assert_int_equal(duals_next(&t.duals).ns, MONO_NEVER.ns);
}

static void
expect_nothing(int64_t until)
{
	duals_advance(&t.duals, ms(until));
	assert_int_equal(t.checked, t.nevents);
}

/* ---- two active nodes */

static void
two_masters(void **state)
{
	(void)state;
	advertise(0, 1);
	advertise(500, 2);
	assert_int_equal(dual_actives(&t.rows[0], ms(900)), 2);
	advertise_both(1000, 1000, 500, 1, 2);
	advertise(2000, 1);
	expect_nothing(2499);
	advertise(2500, 2);
	expect_raised(2500);
	assert_int_equal(t.rows[0].raised_at.ns, ms(2500).ns);
	advertise_both(3000, 60000, 500, 1, 2);
	expect_nothing(60500);
	/* The last one of sender 2 was at 60.5 s. */
	advertise_from(61000, 65000, 1000, 1);
	expect_nothing(65499);
	expect_cleared(65500, 63000);
	advertise_from(66000, 90000, 1000, 1);
	expect_nothing(90000);
	assert_int_equal(dual_actives(&t.rows[0], ms(90000)), 1);
	assert_int_equal(dual_actives(&t.rows[0], ms(95000)), 0);
}

/* Their advertisements come at the same time; the order may change. */
static void
two_masters_together(void **state)
{
	(void)state;
	advertise_both(0, 1000, 1, 1, 2);
	advertise_both(2000, 2000, 1, 2, 1);
	expect_raised(2001);
	advertise_both(3000, 60000, 1, 2, 1);
	expect_nothing(60000);
	advertise_from(61000, 70000, 1000, 2);
	expect_cleared(65001, 63000);
}

static void
one_stops(void **state)
{
	(void)state;
	advertise_both(0, 10000, 500, 1, 2);
	expect_raised(2500);
	advertise(11000, 1);
	stop(11200, 2);
	assert_int_equal(dual_actives(&t.rows[0], ms(11200)), 1);
	advertise_from(12000, 16000, 1000, 1);
	expect_cleared(16200, 13700);
}

static void
both_stop(void **state)
{
	(void)state;
	advertise_both(0, 10000, 500, 1, 2);
	expect_raised(2500);
	stop(11000, 1);
	stop(11700, 2);
	assert_int_equal(dual_actives(&t.rows[0], ms(11700)), 0);
	expect_nothing(15999);
	expect_cleared(16000, 13500);
}

/* It is raised again by the next pair only. */
static void
raised_twice(void **state)
{
	(void)state;
	advertise_both(0, 10000, 500, 1, 2);
	expect_raised(2500);
	advertise_from(11000, 20000, 1000, 1);
	expect_cleared(15500, 13000);
	advertise(20500, 2);
	advertise_both(21000, 21000, 500, 1, 2);
	advertise(22000, 1);
	expect_nothing(22000);
	advertise(22500, 2);
	expect_raised(22500);
	assert_int_equal(t.rows[0].transitions, 3);
	expect_cleared(27500, 5000);
}

/* The other row and the other watches are not concerned. */
static void
other_row(void **state)
{
	struct dual_advertisement	 a = {
		.sender = { ADDR_IPV4, { 192, 0, 2, 2 } }, .active = true,
		.interval_ns = ms(1000).ns,
	};

	(void)state;
	advertise(0, 1);
	dual_advertised(&t.duals, 1, &a, ms(500));
	advertise(1000, 1);
	dual_advertised(&t.duals, 1, &a, ms(1500));
	assert_int_equal(dual_actives(&t.rows[0], ms(1500)), 1);
	assert_int_equal(dual_actives(&t.rows[1], ms(1500)), 1);
	expect_nothing(20000);
}

static void
three_masters(void **state)
{
	int64_t	 at;

	(void)state;
	for (at = 0; at <= 10000; at += 1000) {
		advertise(at, 1);
		advertise(at + 300, 2);
		advertise(at + 600, 3);
	}
	expect_raised(2300);
	assert_int_equal(dual_actives(&t.rows[0], ms(10600)), 3);
	stop(10700, 2);
	advertise_both(11000, 30000, 600, 1, 3);
	expect_nothing(30600);
	stop(30700, 1);
	advertise_from(31600, 35600, 1000, 3);
	expect_cleared(35700, 33400);
}

static void
more_masters_than_entries(void **state)
{
	int64_t	 at;
	uint8_t	 i;

	(void)state;
	for (at = 0; at <= 20000; at += 1000)
		for (i = 1; i <= 10; i++)
			advertise(at + i, i);
	/* Each entry is replaced before its sender sends again. */
	expect_nothing(20010);
	assert_int_equal(dual_actives(&t.rows[0], ms(20010)), DUAL_SENDERS);
}

/* 1 s and 10 s: the alarm stays active between the rare ones. */
static void
unequal_intervals(void **state)
{
	int64_t	 at;

	(void)state;
	for (at = 0; at < 60000; at += 1000) {
		t.interval_ms = 1000;
		advertise(at, 1);
		t.interval_ms = 10000;
		if (at % 10000 == 3000)
			advertise(at + 400, 2);
	}
	/* The third time that sender 2 sends. */
	expect_raised(23400);
	t.interval_ms = 1000;
	advertise_from(60000, 83000, 1000, 1);
	/* Three intervals after 53.4 s. */
	expect_nothing(83399);
	expect_cleared(83400, 60000);
}

/* The interval is that of the sender that may persist. */
static void
rare_sender_is_replaced(void **state)
{
	(void)state;
	t.interval_ms = 10000;
	advertise(0, 1);
	t.interval_ms = 1000;
	advertise_from(1000, 5000, 1000, 2);
	/* Sender 2 fails, and sender 1 takes over. */
	t.interval_ms = 10000;
	advertise_from(9000, 50000, 10000, 1);
	expect_nothing(60000);
}

static void
this_host_is_a_master(void **state)
{
	int64_t	 at;

	(void)state;
	for (at = 0; at <= 2000; at += 1000) {
		t.here = true;
		advertise(at, 1);
		t.here = false;
		advertise(at + 500, 2);
	}
	assert_int_equal(t.rows[0].senders[0].flags & DUAL_HERE, DUAL_HERE);
	assert_int_equal(t.rows[0].senders[1].flags & DUAL_HERE, 0);
	expect_raised(2500);
	expect_cleared(7500, 5000);
}

/* ---- one after the other */

static void
failover_announced(void **state)
{
	(void)state;
	advertise_from(0, 10000, 1000, 1);
	stop(10200, 1);
	advertise_from(10900, 20000, 1000, 2);
	/* Back again, soon. */
	stop(20100, 2);
	advertise_from(20800, 30000, 1000, 1);
	expect_nothing(40000);
}

static void
failover_by_silence(void **state)
{
	(void)state;
	advertise_from(0, 10000, 1000, 1);
	advertise_from(13600, 20600, 1000, 2);
	advertise_from(24200, 30000, 1000, 1);
	expect_nothing(40000);
}

/* The old master has sent one more when it receives the new one's. */
static void
preemption(void **state)
{
	(void)state;
	advertise_from(0, 10000, 1000, 1);
	advertise(10950, 2);
	advertise(11000, 1);
	advertise_from(11950, 20000, 1000, 2);
	expect_nothing(30000);
}

/* The old master of CARP advertises for almost one more interval. */
static void
preemption_of_carp(void **state)
{
	(void)state;
	advertise_from(0, 10000, 1000, 2);
	advertise_from(13600, 20600, 1000, 1);
	advertise(20700, 2);
	advertise(21100, 1);
	advertise(21600, 1);
	advertise_from(21700, 30700, 1000, 2);
	expect_nothing(40000);
}

/* A backup sends one at its start; the master continues. */
static void
backup_starts_as_master(void **state)
{
	(void)state;
	advertise_from(0, 10000, 1000, 1);
	advertise(10500, 2);
	advertise_from(11000, 20000, 1000, 1);
	advertise(20500, 2);
	advertise_from(21000, 30000, 1000, 1);
	expect_nothing(40000);
}

/* A stopped process continues; it sends one before it receives. */
static void
old_master_continues(void **state)
{
	(void)state;
	advertise_from(0, 10000, 1000, 1);
	advertise_from(13600, 30600, 1000, 2);
	advertise(31000, 1);
	advertise_from(31600, 40600, 1000, 2);
	expect_nothing(50000);
}

static void
flapping_masters(void **state)
{
	int64_t	 at;

	(void)state;
	for (at = 0; at < 600000; at += 3000) {
		/* Sender 2 preempts, and stops soon. */
		advertise(at, 1);
		advertise(at + 900, 2);
		advertise(at + 1900, 2);
		stop(at + 2100, 2);
		advertise(at + 2800, 1);
	}
	expect_nothing(at + 10000);
	for (; at < 1200000; at += 10000) {
		/* Each of them fails without a word. */
		advertise_from(at, at + 2000, 1000, 1);
		advertise_from(at + 5100, at + 7000, 1000, 2);
	}
	expect_nothing(at + 10000);
}

/* A busy node receives the advertisement of its rival late. */
static void
short_intervals(void **state)
{
	(void)state;
	t.interval_ms = 10;
	advertise_from(0, 1000, 10, 1);
	advertise_from(1005, 1045, 10, 1);
	advertise(1005, 2);
	advertise_from(1015, 2000, 10, 2);
	expect_nothing(2000);
	advertise_both(2010, 2070, 5, 2, 1);
	expect_raised(2070);
	expect_cleared(7070, 5000);
}

static void
unknown_and_long_intervals(void **state)
{
	(void)state;
	t.interval_ms = 0;
	advertise(0, 1);
	advertise(500, 2);
	advertise(1000, 1);
	advertise(1500, 2);
	advertise(2000, 1);
	advertise(2500, 2);
	expect_raised(2500);
	/* It does not stay active for years. */
	t.interval_ms = INT64_C(1000) * 86400 * 365;
	advertise(3000, 1);
	t.interval_ms = 0;
	advertise(3500, 2);
	expect_nothing(3000 + 3 * 255000 - 1);
	expect_cleared(3000 + 3 * 255000, 500 + 3 * 255000);
}

static void
other_groups(void **state)
{
	struct dual_advertisement	 a = {
		.sender = { ADDR_IPV6, { 0xfe, 0x80 } }, .active = true,
		.interval_ns = ms(1000).ns,
	};
	int64_t				 at;

	(void)state;
	for (at = 0; at < 20000; at += 1000) {
		t.vlan = 0;
		advertise(at, 1);
		t.vlan = 7;
		advertise(at + 300, 2);
		/* The group of the other family has the same number. */
		dual_advertised(&t.duals, 0, &a, ms(at + 600));
	}
	expect_nothing(30000);
	assert_int_equal(dual_actives(&t.rows[0], ms(19600)), 1);
}

/* ---- time that is not monitored */

static void
nothing_while_blind(void **state)
{
	(void)state;
	t.source.blind = true;
	advertise_both(0, 10000, 500, 1, 2);
	expect_nothing(10500);
	t.source.blind = false;
	t.watches[2].blind = true;
	advertise_both(11000, 20000, 500, 1, 2);
	expect_nothing(20500);
	t.watches[2].blind = false;
	t.watches[2].enabled = false;
	advertise_both(21000, 30000, 500, 1, 2);
	expect_nothing(30500);
	assert_int_equal(dual_actives(&t.rows[0], ms(30500)), 0);
}

/* The old master may have stopped in the gap. */
static void
gap_in_the_capture(void **state)
{
	(void)state;
	advertise(0, 1);
	advertise(500, 2);
	advertise(1000, 1);
	detect_source_resume(&t.source, ms(1400));
	advertise(1500, 2);
	advertise(2500, 2);
	expect_nothing(10000);
}

static void
no_clear_while_blind(void **state)
{
	(void)state;
	advertise_both(0, 10000, 500, 1, 2);
	expect_raised(2500);
	t.source.blind = true;
	expect_nothing(100000);
	detect_source_resume(&t.source, ms(100000));
	t.source.blind = false;
	expect_nothing(104999);
	expect_cleared(105000, 102500);
}

static void
no_clear_while_the_watch_is_blind(void **state)
{
	(void)state;
	advertise_both(0, 10000, 500, 1, 2);
	expect_raised(2500);
	detect_watch_set_blind(&t.watches[2], true, ms(11000));
	expect_nothing(100000);
	detect_watch_set_blind(&t.watches[2], false, ms(100000));
	expect_nothing(104999);
	expect_cleared(105000, 102500);
}

/* The engine was stopped, and has lost no packet. */
static void
found_late(void **state)
{
	(void)state;
	advertise_both(0, 10000, 500, 1, 2);
	expect_raised(2500);
	duals_advance(&t.duals, ms(60000));
	expect_cleared(15000, 12500);
}

static void
engine_replaced(void **state)
{
	(void)state;
	advertise_both(0, 0, 500, 1, 2);
	replace_detector();
	advertise_both(1000, 10000, 500, 1, 2);
	expect_raised(2500);
	replace_detector();
	advertise_both(11000, 20000, 500, 1, 2);
	expect_nothing(20500);
	replace_detector();
	expect_cleared(25000, 22500);
	replace_detector();
	assert_int_equal(duals_next(&t.duals).ns, MONO_NEVER.ns);
	assert_int_equal(t.rows[0].transitions, 2);
}

static void
engine_after_a_gap(void **state)
{
	(void)state;
	advertise_both(0, 10000, 500, 1, 2);
	expect_raised(2500);
	replace_detector();
	detect_source_resume(&t.source, ms(50000));
	expect_nothing(54999);
	expect_cleared(55000, 52500);
}

static void
engine_killed_in_a_write(void **state)
{
	struct dual	 copy;

	(void)state;
	t.rows[0].version = 3;
	t.rows[0].raised = 7;
	t.rows[0].raised_at = ms(0);
	replace_detector();
	assert_int_equal(t.rows[0].version, 4);
	assert_int_equal(t.rows[0].raised, 1);
	assert_int_equal(t.rows[0].transitions, 1);
	dual_read(&t.rows[0], &copy);
	assert_memory_equal(&copy, &t.rows[0], sizeof(copy));
	duals_advance(&t.duals, ms(10000));
	t.checked = t.nevents;
}

/* The daemon was restarted; the two are still active. */
static void
restored(void **state)
{
	(void)state;
	dual_restore(&t.rows[0], 7, true, ms(-50000), ms(0));
	replace_detector();
	advertise_both(200, 20200, 500, 1, 2);
	expect_nothing(20700);
	assert_int_equal(t.rows[0].transitions, 7);
	expect_cleared(25200, 75200);
}

static void
restored_and_over(void **state)
{
	(void)state;
	dual_restore(&t.rows[0], 7, true, ms(-50000), ms(0));
	replace_detector();
	advertise_from(0, 20000, 1000, 1);
	expect_cleared(10000, 60000);
	teardown(NULL);
	setup(NULL);
	dual_configure(&t.rows[0], ms(5000).ns, true);
	dual_restore(&t.rows[0], 7, true, ms(-50000), ms(0));
	replace_detector();
	expect_nothing(59999);
	expect_cleared(60000, 110000);
	/* No alarm was active. */
	dual_restore(&t.rows[0], 8, false, ms(-50000), ms(0));
	replace_detector();
	expect_nothing(100000);
}

/* It takes no time, although it was raised 20 years ago. */
static void
restored_after_years(void **state)
{
	const int64_t	 years = INT64_C(20) * 365 * 86400 * 1000;	/* ms */

	(void)state;
	dual_restore(&t.rows[0], 7, true, ms(-years), ms(0));
	replace_detector();
	duals_advance_both(&t.duals, &t.detect, ms(9999));
	expect_cleared(10000, years + 10000);
}

/* ---- the floating IP */

/* Both hosts answer each request. */
static void
two_owners(void **state)
{
	int64_t	 at;

	(void)state;
	for (at = 0; at <= 60000; at += 5000) {
		claim(at, at % 10000 == 0 ? 1 : 2);
		claim(at + 1, at % 10000 == 0 ? 2 : 1);
	}
	expect_raised(5001);
	assert_int_equal(dual_owner(&t.rows[0], ms(60001)), DUAL_OWNER_BOTH);
	claim(62000, 2);
	claim(64000, 2);
	assert_int_equal(dual_owner(&t.rows[0], ms(64000)), DUAL_OWNER_BOTH);
	/* Sender 1 has claimed it last at 60 s. */
	expect_cleared(65000, 59999);
	assert_int_equal(dual_owner(&t.rows[0], ms(65000)), DUAL_OWNER_PEER);
	claim(66000, 2);
	expect_nothing(80000);
	assert_int_equal(dual_actives(&t.rows[0], ms(66000)), 0);
}

static void
owner_moves(void **state)
{
	(void)state;
	assert_int_equal(dual_owner(&t.rows[0], ms(0)), DUAL_OWNER_UNKNOWN);
	claim(0, 1);
	claim(2000, 1);
	assert_int_equal(dual_owner(&t.rows[0], ms(2000)), DUAL_OWNER_HERE);
	claim(3000, 2);
	/* An answer that was on its way. */
	claim(3010, 1);
	claim(3500, 2);
	claim(8000, 2);
	assert_int_equal(dual_owner(&t.rows[0], ms(8000)), DUAL_OWNER_PEER);
	/* Back after more than 10 s. */
	claim(13100, 1);
	expect_nothing(100000);
	claim(100000, 9);
	assert_int_equal(dual_owner(&t.rows[0], ms(100000)),
	    DUAL_OWNER_ELSEWHERE);
}

/* Both answer two requests. */
static void
answer_both(int64_t from, int64_t to, uint8_t a, uint8_t b)
{
	for (; from <= to; from += 1000) {
		claim(from, a);
		claim(from + 1, b);
	}
}

/* Nobody asks for the address any more: its owner is not known. */
static void
no_claims(void **state)
{
	(void)state;
	answer_both(0, 2000, 1, 2);
	expect_raised(1001);
	expect_nothing(61999);
	expect_cleared(62000, 60999);
}

static void
owners_stop(void **state)
{
	(void)state;
	answer_both(0, 2000, 1, 2);
	expect_raised(1001);
	dual_unclaimed(&t.duals, 0, ms(4000));
	assert_int_equal(dual_owner(&t.rows[0], ms(4000)), DUAL_OWNER_NOBODY);
	expect_cleared(9000, 7999);
}

/* The address moves every so many ms, and each owner claims it so often. */
static void
move_owner(int64_t from, int64_t to, int64_t hold, int64_t every)
{
	int64_t	 at;
	uint8_t	 sender = 1;

	for (; from < to; from += hold, sender = (uint8_t)(3 - sender))
		for (at = from; at < from + hold; at += every)
			claim(at, sender);
}

/* Only one node is active at each time, although they change fast. */
static void
quick_failovers(void **state)
{
	(void)state;
	dual_configure(&t.rows[0], ms(5000).ns, true);
	move_owner(0, 6000, 1000, 1000);
	expect_nothing(100000);
	/* Each new owner sends some claims. */
	move_owner(100000, 110000, 2000, 500);
	expect_nothing(200000);
	move_owner(200000, 210000, 2500, 100);
	expect_nothing(300000);
	/* An answer of the old owner is on its way, and the new one repeats. */
	move_owner(300000, 304000, 4000, 1000);
	claim(304000, 2);
	claim(304005, 1);
	claim(304500, 2);
	claim(305000, 2);
	move_owner(308000, 312000, 4000, 500);
	expect_nothing(400000);
}

/* Two nodes repeat their claims, which changes the owner for ever. */
static void
lasting_conflict(void **state)
{
	(void)state;
	dual_configure(&t.rows[0], ms(5000).ns, true);
	move_owner(0, 60000, 4000, 4000);
	/* Each of them claims it every 8 s; the first change was at 4 s. */
	expect_raised(24000);
	assert_int_equal(dual_owner(&t.rows[0], ms(56001)), DUAL_OWNER_BOTH);
	expect_nothing(111999);
	expect_cleared(112000, 88000);
}

/* Gratuitous claims of both, independent of each other. */
static void
interleaved_claims(void **state)
{
	int64_t	 at;

	(void)state;
	for (at = 0; at < 10000; at += 1000) {
		claim(at, 1);
		claim(at + 300, 2);
	}
	/* The claimant changes back at 1 s, 2 s and 3 s. */
	expect_raised(3000);
	expect_cleared(69000, 66000);
}

/* A conflict in the past does not add to a failover much later. */
static void
earlier_changes(void **state)
{
	(void)state;
	claim(0, 1);
	claim(1, 2);
	claim(1000, 2);
	claim(14000, 2);
	claim(14005, 1);
	claim(20000, 1);
	/* The same on two VLANs. */
	t.vlan = 7;
	claim(20010, 2);
	claim(21000, 2);
	t.vlan = 0;
	claim(21001, 1);
	expect_nothing(100000);
}

/* A master and the owner of the address are different senders. */
static void
master_and_owner(void **state)
{
	int64_t	 at;

	(void)state;
	for (at = 0; at < 20000; at += 1000) {
		advertise(at, 1);
		claim(at + 300, 1);
		claim(at + 600, 1);
	}
	expect_nothing(30000);
}

/* ---- random input */

static uint32_t
below(uint32_t n)
{
	return ((uint32_t)lrand48() % n);
}

static void
do_something(int64_t now)
{
	uint8_t	 sender = (uint8_t)(1 + below(6));

	t.interval_ms = 1000 * below(4);
	t.vlan = below(8) == 0;
	switch (below(16)) {
	case 0:
		stop(now, sender);
		break;
	case 1:
		dual_unclaimed(&t.duals, 0, ms(now));
		break;
	case 2:
		detect_source_resume(&t.source, ms(now));
		t.source.blind = !t.source.blind;
		break;
	case 3:
		replace_detector();
		break;
	case 4:
	case 5:
	case 6:
		claim(now, sender);
		break;
	default:
		advertise(now, sender);
		break;
	}
}

/* The events alternate, in order of time, and none is in the future. */
static void
random_input(void **state)
{
	int64_t		 now = 0, last = 0;
	unsigned	 i;
	size_t		 n = 0;

	(void)state;
	srand48(1);
	for (i = 0; i < 200000; i++) {
		now += below(4) == 0 ? below(8000) : below(900);
		do_something(now);
		duals_advance(&t.duals, ms(now));
		assert_true(duals_next(&t.duals).ns > ms(now).ns);
		assert_int_equal(t.duals.deadlines.count, t.duals.scheduled[0]);
		for (; t.checked < t.nevents; t.checked++, n++) {
			const struct detect_event *e = &t.events[t.checked];
			assert_int_equal(e->transition, n % 2 == 0 ?
			    DETECT_RAISED : DETECT_CLEARED);
			assert_int_equal(e->number, n + 1);
			assert_true(e->at.ns >= last && e->at.ns <= ms(now).ns);
			last = e->at.ns;
		}
		t.checked = t.nevents = 0;
		assert_int_equal(t.rows[0].transitions, n);
	}
	assert_true(n > 100);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		TEST(two_masters),
		TEST(two_masters_together),
		TEST(one_stops),
		TEST(both_stop),
		TEST(raised_twice),
		TEST(other_row),
		TEST(three_masters),
		TEST(more_masters_than_entries),
		TEST(unequal_intervals),
		TEST(rare_sender_is_replaced),
		TEST(this_host_is_a_master),
		TEST(failover_announced),
		TEST(failover_by_silence),
		TEST(preemption),
		TEST(preemption_of_carp),
		TEST(backup_starts_as_master),
		TEST(old_master_continues),
		TEST(flapping_masters),
		TEST(short_intervals),
		TEST(unknown_and_long_intervals),
		TEST(other_groups),
		TEST(nothing_while_blind),
		TEST(gap_in_the_capture),
		TEST(no_clear_while_blind),
		TEST(no_clear_while_the_watch_is_blind),
		TEST(found_late),
		TEST(engine_replaced),
		TEST(engine_after_a_gap),
		TEST(engine_killed_in_a_write),
		TEST(restored),
		TEST(restored_and_over),
		TEST(restored_after_years),
		TEST(two_owners),
		TEST(owner_moves),
		TEST(no_claims),
		TEST(quick_failovers),
		TEST(lasting_conflict),
		TEST(interleaved_claims),
		TEST(earlier_changes),
		TEST(owners_stop),
		TEST(master_and_owner),
		TEST(random_input),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
