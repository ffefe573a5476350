/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The confidence that a flow is a heartbeat.  It is above 0.5 for heartbeats,
 * which discover shows, and below 0.5 for other traffic.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/mono.h"
#include "offline/flow.h"
#include "offline/port_score.h"

#define START	(1795348800 * NSEC_PER_SEC)
#define PORT	20053

static uint32_t random_state;

/* A pseudo-random number, 0..1; the same sequence in each run. */
static double
chance(void)
{
	random_state = random_state * 1664525 + 1013904223;
	return ((random_state >> 8) / 16777216.0);
}

static void
add(struct flow *f, double seconds, size_t octets)
{
	assert_true(flow_count(f, (struct wall_time){
	    START + (int64_t)(seconds * 1e9) }, octets, PORT, PORT));
}

static struct flow_verdict
verdict_of(struct flow *f, double port_score)
{
	struct flow_context	 setting = {
		.watched_ns = 60 * NSEC_PER_SEC, .answered = true,
		.port_score = port_score,
	};
	struct flow_verdict	 v = flow_score(f, &setting);

	print_message("confidence %.2f\n", v.confidence);
	flow_free(f);
	return (v);
}

static void
heartbeat(void **state)
{
	struct flow		 f = { .kind = FLOW_UNKNOWN };
	struct flow_verdict	 v;
	int			 i;

	(void)state;
	for (i = 0; i < 60; i++)
		add(&f, i + 0.01 * chance(), 72);
	v = verdict_of(&f, 1);
	assert_true(v.confidence > 0.9);
	assert_true(llabs(v.interval_ns - NSEC_PER_SEC) < 5 * NSEC_PER_MSEC);
	assert_true(v.jitter_ns < 10 * NSEC_PER_MSEC);
}

/* A third of the packets is lost, and there is an outage of 15 s. */
static void
lost_packets(void **state)
{
	struct flow		 f = { .kind = FLOW_UNKNOWN };
	struct flow_verdict	 v;
	int			 i;

	(void)state;
	for (i = 0; i < 60; i++)
		if ((i < 20 || i > 35) && chance() > 0.33)
			add(&f, i, 72);
	v = verdict_of(&f, 1);
	assert_true(v.confidence > 0.5);
	assert_true(v.regular_ns <= 5 * NSEC_PER_SEC);
}

/* A node sends its own heartbeats and answers those of its peer. */
static void
two_phases(void **state)
{
	struct flow	 f = { .kind = FLOW_UNKNOWN };
	int		 i;

	(void)state;
	for (i = 0; i < 60; i++) {
		add(&f, i, 72);
		add(&f, i + 0.3, 72);
	}
	assert_true(verdict_of(&f, 1).confidence > 0.7);
}

static void
too_few_packets(void **state)
{
	struct flow	 f = { .kind = FLOW_UNKNOWN };
	int		 i;

	(void)state;
	assert_true(verdict_of(&f, 1).confidence == 0);
	for (i = 0; i < 4; i++)
		add(&f, i, 72);
	assert_true(verdict_of(&f, 1).confidence == 0);
}

/* Packets at random times and of random sizes. */
static void
random_traffic(void **state)
{
	struct flow	 f = { .kind = FLOW_UNKNOWN };
	double		 t = 0;

	(void)state;
	for (; t < 60; t -= log(1 - chance()))
		add(&f, t, 20 + (size_t)(1400 * chance()));
	assert_true(verdict_of(&f, 1).confidence < 0.2);
}

/* Regular, but too large or too frequent for a heartbeat. */
static void
media_stream(void **state)
{
	struct flow	 f = { .kind = FLOW_UNKNOWN };
	int		 i;

	(void)state;
	for (i = 0; i < 600; i++)
		add(&f, i / 10.0, 1300);
	assert_true(verdict_of(&f, 1).confidence < 0.2);
	for (i = 0; i < 6000; i++)
		add(&f, i / 100.0, 160);
	assert_true(verdict_of(&f, 1).confidence < 0.2);
}

/* NTP is as regular as a heartbeat; only its port excludes it. */
static void
regular_services(void **state)
{
	struct flow	 f = { .kind = FLOW_UNKNOWN };
	int		 i;

	(void)state;
	for (i = 0; i < 60; i++)
		add(&f, i, 48);
	assert_true(verdict_of(&f, port_score(123)).confidence == 0);
	assert_true(port_score(53) == 0);
	assert_true(port_score(20053) == 1);
	assert_true(port_score_of_protocol(1) == 0);
	assert_true(port_score_of_protocol(89) == 1);
}

/* A flow that a decoder validated needs no regularity. */
static void
irregular_but_decoded(void **state)
{
	struct flow	 f = { .kind = FLOW_DECODED };

	(void)state;
	add(&f, 0, 20);
	add(&f, 1, 20);
	add(&f, 5, 20);
	assert_true(verdict_of(&f, 1).confidence > 0.97);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(heartbeat),
		cmocka_unit_test(lost_packets),
		cmocka_unit_test(two_phases),
		cmocka_unit_test(too_few_packets),
		cmocka_unit_test(random_traffic),
		cmocka_unit_test(media_stream),
		cmocka_unit_test(regular_services),
		cmocka_unit_test(irregular_but_decoded),
	};

	return (cmocka_run_group_tests_name("flow", tests, NULL, NULL));
}
