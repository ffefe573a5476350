/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verdicts on alarms from the evidence of an engine.  The watches are on
 * the interface `any`, of which the kernel has no evidence.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>

#include "diagnose.h"
#include "scratch.h"
#include "slow_read.h"
#include "stage.h"

#define WATCH(name, peer)						\
	"watch \"" name "\" { interface = any peer = " peer		\
	" heartbeat = ip interruption = 10s alarm = 45640 }\n"

static const char	 text[] =
    WATCH("first", "192.0.2.12") WATCH("second", "192.0.2.13");

static struct stage	 stage;

static void
begin_with(const char *configuration)
{
	stage_begin(&stage, configuration);
	stage.agent.diagnose = diagnose_new(stage.agent.current.config);
	assert_non_null(stage.agent.diagnose);
}

static int
begin(void **state)
{
	(void)state;
	begin_with(text);
	return (0);
}

static int
end(void **state)
{
	(void)state;
	diagnose_free(stage.agent.diagnose);
	stage.agent.diagnose = NULL;
	stage_end(&stage);
	return (0);
}

/* The engine reports that this signal is present. */
static void
report_signal(uint32_t watch, enum evidence_number number, double at,
    uint16_t flags)
{
	struct evidence	 e = {
		.flags = (uint16_t)(EVIDENCE_RECEIVED | flags),
		.last = stage_wall(1),
	};

	e.signals[number].state = EVIDENCE_PRESENT;
	e.signals[number].at = stage_wall(at);
	e.signals[number].count = 1;
	stage.agent.now = stage_mono(at);
	diagnose_evidence(&stage.agent, watch, &e, false, stage_wall(at));
}

static const struct alarm *
alarm_at(size_t i)
{
	return (&stage.agent.current.alarms[i]);
}

static const struct notification *
notification(uint32_t sequence)
{
	const struct notification	*n;

	n = outbox_find(&stage.agent.outbox, sequence);
	assert_non_null(n);
	return (n);
}

static void
assert_event(uint32_t sequence, enum notification_event event,
    enum cause cause)
{
	assert_int_equal(notification(sequence)->event, event);
	assert_int_equal(notification(sequence)->alarm.cause, cause);
}

static void
work(double at)
{
	stage.agent.now = stage_mono(at);
	diagnose_work(&stage.agent, stage_wall(at));
}

/* Only the first watch is interrupted, at 11 s. */
static void
interrupt_first(void)
{
	stage_heartbeat(&stage, 0, 1);
	stage_heartbeat(&stage, 1, 5);
	report_signal(0, EVIDENCE_PORT_REFUSED, 10.9, 0);
	stage_advance(&stage, 11);
	stage_heartbeat(&stage, 1, 11);
}

static void
verdict_at_the_raise(void **state)
{
	(void)state;
	interrupt_first();
	assert_int_equal(stage.agent.outbox.sequence, 1);
	assert_event(1, NOTIFICATION_RAISED, CAUSE_INSTANCE_STOPPED);
	assert_int_equal(alarm_at(0)->side, CAUSE_SIDE_PEER);
	assert_int_equal(alarm_at(0)->confidence, 95);
	assert_int_equal(alarm_at(0)->number, EVIDENCE_PORT_REFUSED);
	assert_int_equal(alarm_at(0)->decided.at.ns, stage_wall(10.9).ns);
	/* A watch without evidence has the verdict on its event. */
	stage_advance(&stage, 21);
	assert_event(2, NOTIFICATION_RAISED, CAUSE_UNKNOWN);
}

/* The kernel is queried for it, when nothing else has to be done. */
static void
evidence_before_the_raise(void **state)
{
	const struct evidence	 e = { .flags = EVIDENCE_RECEIVED };

	(void)state;
	stage_heartbeat(&stage, 0, 1);
	stage.agent.now = stage_mono(10.9);
	assert_int_not_equal(diagnose_due(&stage.agent).ns,
	    stage.agent.now.ns);
	diagnose_evidence(&stage.agent, 0, &e, true, stage_wall(10.9));
	assert_int_equal(diagnose_due(&stage.agent).ns, stage.agent.now.ns);
	work(10.9);
	assert_int_not_equal(diagnose_due(&stage.agent).ns,
	    stage.agent.now.ns);
	/* After the raise it is not needed. */
	stage_advance(&stage, 11);
	diagnose_evidence(&stage.agent, 0, &e, true, stage_wall(11));
	assert_int_not_equal(diagnose_due(&stage.agent).ns,
	    stage.agent.now.ns);
}

/* A heartbeat ended the silence on which early evidence was. */
static void
evidence_before_no_raise(void **state)
{
	(void)state;
	stage_heartbeat(&stage, 0, 1);
	stage_heartbeat(&stage, 1, 1);
	report_signal(0, EVIDENCE_PORT_REFUSED, 10.4, 0);
	stage_advance(&stage, 11);
	assert_event(1, NOTIFICATION_RAISED, CAUSE_UNKNOWN);
}

/* Evidence on an earlier silence, or on its end, is not about this one. */
static void
old_evidence(void **state)
{
	(void)state;
	report_signal(0, EVIDENCE_PORT_REFUSED, 0.5, 0);
	stage_heartbeat(&stage, 0, 1);
	stage_heartbeat(&stage, 1, 5);
	report_signal(0, EVIDENCE_PORT_REFUSED, 10.5, EVIDENCE_CLEARED);
	stage_advance(&stage, 11);
	assert_event(1, NOTIFICATION_RAISED, CAUSE_UNKNOWN);
}

static void
changes(void **state)
{
	(void)state;
	interrupt_first();
	/* The same cause. */
	report_signal(0, EVIDENCE_PEER_CLOSED_CONNECTION, 12, 0);
	assert_int_equal(stage.agent.outbox.sequence, 1);
	assert_int_equal(alarm_at(0)->number, EVIDENCE_PEER_CLOSED_CONNECTION);
	/* Another cause: at once, and then after ten seconds. */
	report_signal(0, EVIDENCE_PROHIBITED, 13, 0);
	assert_event(2, NOTIFICATION_CHANGED, CAUSE_FILTERED);
	assert_int_equal(alarm_at(0)->sequence, 2);
	assert_int_equal(notification(2)->alarm.serial, alarm_at(0)->serial);
	report_signal(0, EVIDENCE_PORT_REFUSED, 14, 0);
	assert_int_equal(alarm_at(0)->cause, CAUSE_INSTANCE_STOPPED);
	assert_int_equal(stage.agent.outbox.sequence, 2);
	assert_false(mono_before(stage_mono(23), diagnose_due(&stage.agent)));
	work(22.9);
	assert_int_equal(stage.agent.outbox.sequence, 2);
	work(23);
	assert_event(3, NOTIFICATION_CHANGED, CAUSE_INSTANCE_STOPPED);
	/* The cause is back before its turn: nothing has changed. */
	report_signal(0, EVIDENCE_PROHIBITED, 25, 0);
	report_signal(0, EVIDENCE_PORT_REFUSED, 26, 0);
	work(40);
	assert_int_equal(stage.agent.outbox.sequence, 3);
	/* A minute after the raise, the verdict is final. */
	report_signal(0, EVIDENCE_PROHIBITED, 71.5, 0);
	work(90);
	assert_int_equal(alarm_at(0)->cause, CAUSE_INSTANCE_STOPPED);
	assert_int_equal(stage.agent.outbox.sequence, 3);
}

/* Evidence on the notified cause does not shorten the ten seconds. */
static void
changes_at_most_once_in_ten_seconds(void **state)
{
	(void)state;
	interrupt_first();
	report_signal(0, EVIDENCE_PROHIBITED, 13, 0);
	assert_event(2, NOTIFICATION_CHANGED, CAUSE_FILTERED);
	report_signal(0, EVIDENCE_PROHIBITED, 14, 0);
	report_signal(0, EVIDENCE_PORT_REFUSED, 15, 0);
	assert_int_equal(stage.agent.outbox.sequence, 2);
	work(22.9);
	assert_int_equal(stage.agent.outbox.sequence, 2);
	work(23);
	assert_event(3, NOTIFICATION_CHANGED, CAUSE_INSTANCE_STOPPED);
}

static void
verdict_at_the_clear(void **state)
{
	(void)state;
	stage_heartbeat(&stage, 0, 1);
	stage_heartbeat(&stage, 1, 5);
	report_signal(0, EVIDENCE_ARP_UNANSWERED, 10.9, 0);
	stage_advance(&stage, 11);
	assert_event(1, NOTIFICATION_RAISED, CAUSE_HOST_DOWN);
	assert_int_equal(alarm_at(0)->confidence, 50);
	/* The clear itself carries the new verdict. */
	report_signal(0, EVIDENCE_PEER_REBOOTED, 12, EVIDENCE_CLEARED |
	    EVIDENCE_NEW_PROCESS);
	assert_int_equal(stage.agent.outbox.sequence, 1);
	stage_heartbeat(&stage, 0, 12);
	assert_event(2, NOTIFICATION_CLEARED, CAUSE_HOST_DOWN);
	assert_int_equal(alarm_at(0)->confidence, 95);
	assert_int_equal(alarm_at(0)->number, EVIDENCE_PEER_REBOOTED);
	work(30);
	assert_int_equal(stage.agent.outbox.sequence, 2);
}

/* A node that is back shows less than before. */
static void
clear_keeps_the_verdict(void **state)
{
	(void)state;
	interrupt_first();
	report_signal(0, EVIDENCE_SEGMENT_ALIVE, 12, EVIDENCE_CLEARED);
	stage_heartbeat(&stage, 0, 12);
	assert_event(2, NOTIFICATION_CLEARED, CAUSE_INSTANCE_STOPPED);
	assert_int_equal(alarm_at(0)->confidence, 95);
}

static void
kept_across_a_reload(void **state)
{
	(void)state;
	interrupt_first();
	stage_reload(&stage, WATCH("second", "192.0.2.13")
	    WATCH("first", "192.0.2.12"), 12);
	assert_int_equal(alarm_at(1)->cause, CAUSE_INSTANCE_STOPPED);
	assert_int_equal(alarm_at(1)->confidence, 95);
	assert_int_equal(alarm_at(1)->number, EVIDENCE_PORT_REFUSED);
	/* The case goes on, at its new position. */
	report_signal(1, EVIDENCE_PROHIBITED, 13, 0);
	assert_int_equal(alarm_at(1)->cause, CAUSE_FILTERED);
	assert_event(2, NOTIFICATION_CHANGED, CAUSE_FILTERED);
	/* The watch is removed. */
	report_signal(1, EVIDENCE_PORT_REFUSED, 14, 0);
	stage_reload(&stage, WATCH("second", "192.0.2.13"), 15);
	work(30);
	assert_int_equal(stage.agent.outbox.sequence, 3);
	assert_event(3, NOTIFICATION_CLEARED, CAUSE_INSTANCE_STOPPED);
}

#define WATCH_OF(name, interface, peer, host)				\
	"watch \"" name "\" { interface = " interface " peer = " peer	\
	" heartbeat = ip interruption = 10s peer-host = " host " }\n"

/* The same node is received on another interface. */
static void
same_peer_host(void **state)
{
	const struct evidence_signal	*s;

	(void)state;
	end(NULL);
	begin_with(WATCH_OF("other", "eth9", "192.0.2.21", "node-3")
	    WATCH_OF("first", "eth8", "192.0.2.12", "node-2")
	    WATCH_OF("near", "eth8", "192.0.2.22", "node-2")
	    WATCH_OF("second", "eth9", "192.0.2.13", "node-2"));
	stage_heartbeat(&stage, 1, 1);
	stage_heartbeat(&stage, 0, 9);
	stage_heartbeat(&stage, 2, 9);
	stage_heartbeat(&stage, 3, 9);
	stage_advance(&stage, 11);
	assert_int_equal(diagnose_count(&stage.agent), 1);
	s = &diagnose_kept_at(&stage.agent, 0).evidence->signals[
	    EVIDENCE_OTHER_PEERS_ALIVE];
	assert_int_equal(s->state, EVIDENCE_PRESENT);
	assert_int_equal(s->code, 1);
	assert_int_equal(s->at.ns, stage_wall(9).ns);
	assert_int_equal(s->address.octets[3], 13);
}

/* ---- the log file of the instance */

static struct scratch	 scratch;

/* The first watch has a log file, which has this line. */
static void
begin_with_log(const char *line)
{
	char	 configuration[1024];

	end(NULL);
	scratch_begin(&scratch);
	scratch_write(scratch_path(&scratch, "log"), line, strlen(line));
	snprintf(configuration, sizeof(configuration), "watch \"first\" { "
	    "interface = any peer = 192.0.2.12 heartbeat = ip "
	    "interruption = 10s alarm = 45640 log = \"%s\" }\n"
	    WATCH("second", "192.0.2.13"), scratch_path(&scratch, "log"));
	begin_with(configuration);
	assert_true(diagnose_start(stage.agent.diagnose));
}

/* Waits for an answer of the thread, and takes it. */
static void
work_on_answer(double at)
{
	struct pollfd	 fd = { diagnose_event(&stage.agent), POLLIN, 0 };

	assert_int_equal(poll(&fd, 1, 60000), 1);
	work(at);
}

/* The alarm does not wait for a log on a disk that hangs. */
static void
hanging_log(void **state)
{
	(void)state;
	begin_with_log("Float ip 192.0.2.10 is invalid\n");
	slow_read_set(true);
	interrupt_first();
	assert_event(1, NOTIFICATION_RAISED, CAUSE_INSTANCE_STOPPED);
	assert_true(slow_read_wait());
	work(12);
	assert_int_equal(stage.agent.outbox.sequence, 1);
	slow_read_set(false);
	work_on_answer(13);
	assert_event(2, NOTIFICATION_CHANGED, CAUSE_FLOATING_IP);
	scratch_end(&scratch);
}

/* An answer to early evidence is part of the verdict at the raise. */
static void
answer_before_the_raise(void **state)
{
	const struct evidence	 e = { .flags = EVIDENCE_RECEIVED };

	(void)state;
	begin_with_log("Float ip 192.0.2.10 is invalid\n");
	stage_heartbeat(&stage, 0, 1);
	stage_heartbeat(&stage, 1, 5);
	stage.agent.now = stage_mono(10.9);
	diagnose_evidence(&stage.agent, 0, &e, true, stage_wall(10.9));
	work(10.9);
	work_on_answer(10.95);
	stage_advance(&stage, 11);
	assert_event(1, NOTIFICATION_RAISED, CAUSE_FLOATING_IP);
	scratch_end(&scratch);
}

/* An answer that arrives after the clear is not about the next raise. */
static void
late_answer(void **state)
{
	(void)state;
	begin_with_log("Float ip 192.0.2.10 is invalid\n");
	slow_read_set(true);
	interrupt_first();
	assert_true(slow_read_wait());
	stage_heartbeat(&stage, 0, 12);
	assert_event(2, NOTIFICATION_CLEARED, CAUSE_INSTANCE_STOPPED);
	slow_read_set(false);
	work_on_answer(12.5);
	stage_heartbeat(&stage, 1, 20);
	stage_advance(&stage, 22);
	assert_event(3, NOTIFICATION_RAISED, CAUSE_UNKNOWN);
	/* The next look finds no new line. */
	work_on_answer(23);
	assert_int_equal(stage.agent.outbox.sequence, 3);
	scratch_end(&scratch);
}

static void
switched_off(void **state)
{
	(void)state;
	end(NULL);
	stage_begin(&stage, "evidence = 0\n" WATCH("first", "192.0.2.12"));
	stage.agent.diagnose = diagnose_new(stage.agent.current.config);
	assert_non_null(stage.agent.diagnose);
	stage_heartbeat(&stage, 0, 1);
	report_signal(0, EVIDENCE_PORT_REFUSED, 10.9, 0);
	stage_advance(&stage, 11);
	assert_event(1, NOTIFICATION_RAISED, CAUSE_UNKNOWN);
	assert_int_equal(diagnose_count(&stage.agent), 0);
}

/* The alarms that were raised last are kept, in the order of the indexes. */
static void
kept_alarms(void **state)
{
	enum { WATCHES = DIAGNOSE_KEPT + 44 };
	struct diagnose_kept	 kept;
	char			*many;
	size_t			 length, i;
	FILE			*f = open_memstream(&many, &length);

	(void)state;
	assert_non_null(f);
	end(NULL);
	for (i = 0; i < WATCHES; i++)
		fprintf(f, "watch \"w%zu\" { interface = any "
		    "peer = 10.0.%zu.%zu heartbeat = ip "
		    "interruption = %zus }\n", i, i / 250,
		    i % 250 + 1, i + 1);
	assert_int_equal(fclose(f), 0);
	begin_with(many);
	free(many);
	for (i = 0; i < WATCHES; i++)
		stage_advance(&stage, (double)i + 1);
	assert_int_equal(stage.agent.active_all, WATCHES);
	assert_int_equal(diagnose_count(&stage.agent), DIAGNOSE_KEPT);
	for (i = 0; i < DIAGNOSE_KEPT; i++) {
		kept = diagnose_kept_at(&stage.agent, i);
		assert_int_equal(kept.alarm_id, 45640);
		assert_int_equal(kept.index, WATCHES - DIAGNOSE_KEPT + 1 + i);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup_teardown(verdict_at_the_raise, begin,
		    end),
		cmocka_unit_test_setup_teardown(evidence_before_the_raise,
		    begin, end),
		cmocka_unit_test_setup_teardown(evidence_before_no_raise,
		    begin, end),
		cmocka_unit_test_setup_teardown(old_evidence, begin, end),
		cmocka_unit_test_setup_teardown(changes, begin, end),
		cmocka_unit_test_setup_teardown(
		    changes_at_most_once_in_ten_seconds, begin, end),
		cmocka_unit_test_setup_teardown(verdict_at_the_clear, begin,
		    end),
		cmocka_unit_test_setup_teardown(clear_keeps_the_verdict, begin,
		    end),
		cmocka_unit_test_setup_teardown(kept_across_a_reload, begin,
		    end),
		cmocka_unit_test_setup_teardown(same_peer_host, begin, end),
		cmocka_unit_test_setup_teardown(hanging_log, begin, end),
		cmocka_unit_test_setup_teardown(answer_before_the_raise, begin,
		    end),
		cmocka_unit_test_setup_teardown(late_answer, begin, end),
		cmocka_unit_test_setup_teardown(switched_off, begin, end),
		cmocka_unit_test_setup_teardown(kept_alarms, begin, end),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
