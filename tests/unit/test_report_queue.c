/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/socket.h>

#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "engine/engine_process.h"
#include "engine/report_queue.h"

static struct report_queue	 reports;
static struct engine_process	 parent;
static int			 child;

static int
begin(void **state)
{
	int	 pair[2];

	(void)state;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0)
		return (-1);
	parent.socket = pair[0];
	parent.next = parent.count = 0;
	child = pair[1];
	return (report_queue_init(&reports) ? 0 : -1);
}

static int
end(void **state)
{
	(void)state;
	report_queue_free(&reports);
	close(parent.socket);
	close(child);
	return (0);
}

static void
add_event(uint32_t watch)
{
	struct engine_event	 e = {
		.watch = watch, .number = 2 * watch + 1,
		.at_wall = { 1000 + watch },
	};

	assert_true(report_queue_add_event(&reports, &e));
}

static void
add_capture(uint32_t capture)
{
	struct engine_message	 m = {
		.type = ENGINE_CAPTURE, .capture = capture,
	};

	snprintf(m.text, sizeof(m.text), "error %u", (unsigned)capture);
	assert_true(report_queue_add(&reports, &m));
}

static void
take_event(uint32_t watch)
{
	struct engine_report	 r;

	assert_int_equal(engine_receive(&parent, &r), ENGINE_REPORT);
	assert_int_equal(r.type, ENGINE_EVENT);
	assert_null(r.message);
	assert_int_equal(r.event->watch, watch);
	assert_int_equal(r.event->number, 2 * watch + 1);
	assert_int_equal(r.event->at_wall.ns, 1000 + watch);
}

static void
take_capture(uint32_t capture)
{
	struct engine_report	 r;
	char			 error[32];

	snprintf(error, sizeof(error), "error %u", (unsigned)capture);
	assert_int_equal(engine_receive(&parent, &r), ENGINE_REPORT);
	assert_int_equal(r.type, ENGINE_CAPTURE);
	assert_null(r.event);
	assert_int_equal(r.message->capture, capture);
	assert_string_equal(r.message->text, error);
}

static void
add_evidence(uint32_t watch)
{
	struct engine_evidence	 e = {
		.type = ENGINE_EVIDENCE, .watch = watch,
		.evidence = { .flags = EVIDENCE_LOSSY },
	};

	assert_true(report_queue_add_evidence(&reports, &e));
}

static void
take_evidence(uint32_t watch)
{
	struct engine_report	 r;

	assert_int_equal(engine_receive(&parent, &r), ENGINE_REPORT);
	assert_int_equal(r.type, ENGINE_EVIDENCE);
	assert_null(r.event);
	assert_null(r.message);
	assert_int_equal(r.evidence->watch, watch);
	assert_int_equal(r.evidence->evidence.flags, EVIDENCE_LOSSY);
}

static void
take_nothing(void)
{
	struct engine_report	 r;

	assert_false(engine_has_buffered(&parent));
	assert_int_equal(engine_receive(&parent, &r), ENGINE_NOTHING);
}

/* Evidence comes before its event, and the parent wakes up once for both. */
static void
event_is_in_the_datagram_of_its_evidence(void **state)
{
	(void)state;
	add_event(1);
	add_evidence(2);
	add_event(2);
	add_event(3);
	add_evidence(4);
	add_event(5);
	add_evidence(6);
	add_capture(7);
	assert_true(report_queue_flush(&reports, child));
	take_event(1);
	assert_false(engine_has_buffered(&parent));
	take_evidence(2);
	assert_true(engine_has_buffered(&parent));
	take_event(2);
	assert_false(engine_has_buffered(&parent));
	take_event(3);
	take_evidence(4);
	assert_false(engine_has_buffered(&parent));
	take_event(5);
	take_evidence(6);
	assert_false(engine_has_buffered(&parent));
	take_capture(7);
	take_nothing();
}

static void
in_order(void **state)
{
	(void)state;
	assert_false(report_queue_waiting(&reports));
	add_event(1);
	add_event(2);
	add_capture(3);
	add_capture(4);
	add_event(5);
	assert_true(report_queue_waiting(&reports));
	assert_true(report_queue_flush(&reports, child));
	assert_false(report_queue_waiting(&reports));
	take_event(1);
	assert_true(engine_has_buffered(&parent));
	take_event(2);
	assert_false(engine_has_buffered(&parent));
	take_capture(3);
	take_capture(4);
	take_event(5);
	take_nothing();
}

/* Normally evidence is sent at once, and needs the same memory again. */
static void
same_memory(void **state)
{
	unsigned	 n;

	(void)state;
	for (n = 1; n < 4; n++) {
		add_evidence(n);
		assert_int_equal(reports.next_slot, 1);
		assert_true(report_queue_flush(&reports, child));
		take_evidence(n);
	}
	add_evidence(4);
	add_evidence(5);
	assert_int_equal(reports.next_slot, 2);
	assert_true(report_queue_flush(&reports, child));
	take_evidence(4);
	take_evidence(5);
}

/* Alarms never wait for memory that evidence uses. */
static void
too_much_evidence(void **state)
{
	struct engine_evidence	 e = { .type = ENGINE_EVIDENCE };
	struct engine_report	 r;
	unsigned		 n;

	(void)state;
	for (n = 0; n < REPORT_QUEUE_EVIDENCE_MAX; n++)
		add_evidence(n);
	assert_false(report_queue_add_evidence(&reports, &e));
	add_event(7);
	for (n = 0; report_queue_waiting(&reports); ) {
		assert_true(report_queue_flush(&reports, child));
		while (engine_receive(&parent, &r) == ENGINE_REPORT)
			n += r.type == ENGINE_EVIDENCE;
	}
	assert_int_equal(n, REPORT_QUEUE_EVIDENCE_MAX);
	add_evidence(1);
	assert_true(report_queue_flush(&reports, child));
	take_evidence(1);
}

/* The engine sends the events of a storm while it still finds more. */
static void
full_datagrams(void **state)
{
	size_t		 capacity = reports.entries.capacity;
	uint32_t	 i, n;

	(void)state;
	assert_false(report_queue_has_datagram(&reports));
	for (i = 1; i <= 10 * ENGINE_EVENTS; i++) {
		add_event(i);
		assert_int_equal(report_queue_has_datagram(&reports),
		    i % ENGINE_EVENTS == 0);
		if (i % ENGINE_EVENTS != 0)
			continue;
		assert_true(report_queue_flush(&reports, child));
		for (n = i - ENGINE_EVENTS + 1; n <= i; n++)
			take_event(n);
		take_nothing();
	}
	/* So the queue does not grow. */
	assert_int_equal(reports.entries.capacity, capacity);
	/* If the parent does not receive, it is not tried for each event. */
	for (i = 1; i < 3 * ENGINE_EVENTS; i++) {
		add_event(i);
		assert_int_equal(report_queue_has_datagram(&reports),
		    i % ENGINE_EVENTS == 0);
	}
}

/* More than the socket accepts: the engine does not wait, nothing is lost. */
static void
many_events(void **state)
{
	uint32_t	 sent = 100000, taken = 0, i;
	unsigned	 rounds = 0;

	(void)state;
	for (i = 0; i < sent; i++)
		add_event(i);
	while (taken < sent) {
		assert_true(report_queue_flush(&reports, child));
		/* The first call cannot send everything. */
		assert_true(rounds++ > 0 || report_queue_waiting(&reports));
		do {
			take_event(taken++);
		} while (engine_has_buffered(&parent));
	}
	take_nothing();
	assert_false(report_queue_waiting(&reports));
	/* Each datagram had many events. */
	assert_in_range(rounds, 1, sent / ENGINE_EVENTS + 1);
}

static void
take_line(int priority, const char *line)
{
	struct engine_report	 r;

	assert_int_equal(engine_receive(&parent, &r), ENGINE_REPORT);
	assert_int_equal(r.type, ENGINE_LOG);
	assert_int_equal(r.message->priority, priority);
	assert_string_equal(r.message->text, line);
}

/* Log lines beyond the limit are dropped, and a later line has their number. */
static void
too_many_log_lines(void **state)
{
	unsigned	 i;

	(void)state;
	for (i = 0; i < REPORT_QUEUE_LINES_MAX + 3; i++)
		report_queue_add_log_line(&reports, LOG_INFO, "line");
	assert_true(report_queue_flush(&reports, child));
	for (i = 0; i < REPORT_QUEUE_LINES_MAX; i++)
		take_line(LOG_INFO, "line");
	take_nothing();
	report_queue_add_log_line(&reports, LOG_ERR, "next");
	assert_true(report_queue_flush(&reports, child));
	take_line(LOG_WARNING, "3 log lines were dropped");
	take_line(LOG_ERR, "next");
	take_nothing();
}

static void
parent_has_ended(void **state)
{
	struct engine_report	 r;

	(void)state;
	add_event(1);
	close(parent.socket);
	assert_false(report_queue_flush(&reports, child));
	parent.socket = child;
	child = -1;
	assert_int_equal(engine_receive(&parent, &r), ENGINE_ENDED);
}

/* An attacker may control the engine, which can then send anything. */
static void
invalid_datagrams(void **state)
{
	static struct engine_events	 events;
	static const struct {
		uint32_t	 type, count;
		size_t		 length;
	} t[] = {
		{ ENGINE_EVENT, 1, 3 },
		{ ENGINE_EVENT, 0, ENGINE_EVENTS_SIZE(0) },
		{ ENGINE_EVENT, 0, ENGINE_EVENTS_SIZE(1) },
		{ ENGINE_EVENT, 2, ENGINE_EVENTS_SIZE(1) },
		{ ENGINE_EVENT, 1, ENGINE_EVENTS_SIZE(2) },
		{ ENGINE_EVENT, 1, ENGINE_EVENTS_SIZE(1) - 1 },
		{ ENGINE_EVENT, UINT32_MAX, ENGINE_EVENTS_SIZE(1) },
		{ ENGINE_EVENT, ENGINE_EVENTS + 1, sizeof(events) },
		{ ENGINE_CAPTURE, 1, ENGINE_EVENTS_SIZE(1) },
		{ ENGINE_CAPTURE, 1, sizeof(struct engine_message) - 1 },
		{ 0, 1, sizeof(struct engine_message) },
		{ ENGINE_EVIDENCE, 1, sizeof(struct engine_message) },
		{ ENGINE_EVIDENCE, 1, sizeof(struct engine_evidence) - 1 },
		{ ENGINE_EVIDENCE, 1, sizeof(struct engine_evidence) + 1 },
		{ ENGINE_EVIDENCE + 1, 1, sizeof(struct engine_message) },
		{ UINT32_MAX, 1, ENGINE_EVENTS_SIZE(1) },
	};
	struct engine_report	 r;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		events.type = t[i].type;
		events.count = t[i].count;
		assert_int_equal(send(child, &events, t[i].length, 0),
		    t[i].length);
		assert_int_equal(engine_receive(&parent, &r), ENGINE_INVALID);
		assert_false(engine_has_buffered(&parent));
	}
	add_event(7);
	assert_true(report_queue_flush(&reports, child));
	take_event(7);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup_teardown(in_order, begin, end),
		cmocka_unit_test_setup_teardown(
		    event_is_in_the_datagram_of_its_evidence, begin, end),
		cmocka_unit_test_setup_teardown(same_memory, begin, end),
		cmocka_unit_test_setup_teardown(too_much_evidence, begin, end),
		cmocka_unit_test_setup_teardown(full_datagrams, begin, end),
		cmocka_unit_test_setup_teardown(many_events, begin, end),
		cmocka_unit_test_setup_teardown(too_many_log_lines, begin, end),
		cmocka_unit_test_setup_teardown(parent_has_ended, begin, end),
		cmocka_unit_test_setup_teardown(invalid_datagrams, begin, end),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
