/* SPDX-License-Identifier: BSD-2-Clause */
/* When an engine reports the evidence on a raise; no frame is captured. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/socket.h>

#include <stdlib.h>
#include <unistd.h>

#include "engine/engine_process.h"
#include "engine/evidence_reports.h"

#include "load.h"

#define SECOND		NSEC_PER_SEC
#define MSEC		NSEC_PER_MSEC

static struct configuration	*config;
static struct shared_state	*shared;
static struct match		*match;
static struct listeners		 common;
static struct listener		 listener;
static struct evidence_reports	 r;
static struct detect_source	*sources[1];
static struct engine_process	 agent;
static int			 parent;

static void
emit(void *arg, const struct detect_event *event)
{
	const struct engine_event	 e = report_queue_event(event,
					    (struct wall_time){ 1 });

	(void)arg;
	evidence_reports_event(&r, event, e.at_wall);
	assert_true(report_queue_add_event(&common.reports, &e));
}

static void
late(void *arg, uint32_t watch, struct mono_time now)
{
	(void)arg;
	tracker_late(&listener.evidence->tracker, watch, now);
}

static int
begin(void **state)
{
	struct tracker_setting	 setting = { .interface = "hbw0" };
	const struct mono_time	 start = { 0 };
	int			 pair[2];
	uint32_t		 i;

	(void)state;
	config = load("watch \"w\" { interface = \"hbw0\" heartbeat ="
	    " \"udp 20053\" peer = { \"192.0.2.12\", \"192.0.2.13\" }"
	    " interruption = 10s }\n");
	if (config == NULL || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0)
		return (-1);
	parent = pair[0];
	agent = (struct engine_process){ .socket = pair[1] };
	config->evidence = 0;
	shared = shared_state_new(config, start);
	match = match_new(config, "hbw0");
	if (shared == NULL || match == NULL)
		return (-1);
	sources[0] = &shared->captures[0].source;
	detect_source_begin(sources[0], start);
	for (i = 0; i < 2; i++) {
		detect_watch_begin(&shared->watches[i], start);
		detect_watch_configure(&shared->watches[i], 0, 10 * SECOND, 1,
		    true);
	}
	setting.config = config;
	setting.match = match;
	setting.watches = shared->watches;
	setting.source = sources[0];
	listener = (struct listener){
		.evidence = evidence_capture_new(&setting),
	};
	r = (struct evidence_reports){
		.enabled = true, .common = &common, .listeners = &listener,
		.shared = shared, .due = MONO_NEVER,
	};
	return (listener.evidence != NULL &&
	    report_queue_init(&common.reports) &&
	    detect_init(&common.detect, shared->watches, 2, sources, emit,
	    NULL) && detect_report_late(&common.detect, late, NULL) ? 0 : -1);
}

static int
end(void **state)
{
	(void)state;
	detect_free(&common.detect);
	report_queue_free(&common.reports);
	evidence_capture_free(listener.evidence);
	match_free(match);
	shared_state_free(shared);
	configuration_free(config);
	close(parent);
	close(agent.socket);
	return (0);
}

static void
pass_at(int64_t ns)
{
	common.now = (struct mono_time){ ns };
	detect_advance(&common.detect, common.now);
	evidence_reports_pass(&r);
	evidence_reports_soon(&r);
	assert_true(report_queue_flush(&common.reports, parent));
}

/* The next report that the agent receives has this type. */
static struct engine_report
receive(enum engine_report_type type)
{
	struct engine_report	 report;

	assert_int_equal(engine_receive(&agent, &report), ENGINE_REPORT);
	assert_int_equal(report.type, type);
	return (report);
}

static void
expect_evidence(uint32_t watch)
{
	assert_int_equal(receive(ENGINE_EVIDENCE).evidence->watch, watch);
}

static void
expect_raise(uint32_t watch)
{
	assert_int_equal(receive(ENGINE_EVENT).event->watch, watch);
}

static void
expect_nothing(void)
{
	struct engine_report	 report;

	assert_int_equal(engine_receive(&agent, &report), ENGINE_NOTHING);
}

static void
heartbeat(uint32_t watch, int64_t ns)
{
	(void)detect_heartbeat(&common.detect, watch, (struct mono_time){ ns },
	    (struct wall_time){ ns });
}

static void
evidence_comes_before_the_raise(void **state)
{
	(void)state;
	heartbeat(0, SECOND);
	heartbeat(1, 3 * SECOND);
	pass_at(11 * SECOND - 6 * MSEC);
	expect_nothing();
	pass_at(11 * SECOND - 2 * MSEC);
	expect_evidence(0);
	pass_at(11 * SECOND - MSEC);
	expect_nothing();
	pass_at(11 * SECOND);
	expect_raise(0);
	expect_nothing();
}

/* Without a pass in that time, it comes together with the raise. */
static void
evidence_comes_with_the_raise(void **state)
{
	(void)state;
	heartbeat(0, SECOND);
	heartbeat(1, 3 * SECOND);
	pass_at(11 * SECOND);
	expect_evidence(0);
	expect_raise(0);
	expect_nothing();
}

/* A heartbeat came at the last moment: later evidence is sent again. */
static void
a_heartbeat_prevents_the_raise(void **state)
{
	(void)state;
	heartbeat(0, SECOND);
	heartbeat(1, 3 * SECOND);
	pass_at(11 * SECOND - 2 * MSEC);
	expect_evidence(0);
	heartbeat(0, 11 * SECOND - MSEC);
	pass_at(13 * SECOND - MSEC);
	expect_evidence(1);
	pass_at(13 * SECOND);
	expect_raise(1);
	pass_at(21 * SECOND - 3 * MSEC);
	expect_evidence(0);
	pass_at(21 * SECOND);
	expect_raise(0);
	expect_nothing();
}

/* Evidence that waits must not wake the engine again and again. */
static void
a_postponed_pass_is_a_single_one(void **state)
{
	(void)state;
	pass_at(SECOND);
	common.now.ns += MSEC;
	evidence_reports_postpone(&r);
	assert_int_equal(r.due.ns, SECOND + 2 * MSEC);
	pass_at(r.due.ns);
	assert_true(r.due.ns > common.now.ns);
}

int
main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest	 tests[] = {
		TEST(evidence_comes_before_the_raise),
		TEST(evidence_comes_with_the_raise),
		TEST(a_heartbeat_prevents_the_raise),
		TEST(a_postponed_pass_is_a_single_one),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
