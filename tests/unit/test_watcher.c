/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The notifications about hbwatchd itself: started, alive and stopped; and the
 * reminders of active alarms.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "agent_watcher.h"
#include "operator.h"
#include "reminder.h"
#include "stage.h"

#define TEXT(options) \
	"source = cluster host = node-1 " options "\n" \
	"alarm 45640 { interruption = 10s }\n" \
	"watch a { interface = eth0 peer = 192.0.2.12 heartbeat = ip }\n" \
	"watch b { interface = eth1 peer = 192.0.2.13 heartbeat = ip }\n"

static struct stage	 stage;

#define AGENT	(&stage.agent)

static int
end(void **state)
{
	(void)state;
	stage_end(&stage);
	return (0);
}

static const struct notification *
newest(void)
{
	return (outbox_find(&AGENT->outbox, AGENT->outbox.sequence));
}

static void
assert_newest(uint32_t sequence, enum notification_event event, double at)
{
	assert_int_equal(AGENT->outbox.sequence, sequence);
	assert_int_equal(newest()->event, event);
	assert_int_equal(newest()->time.ns, stage_wall(at).ns);
}

/* The agent works at a time. */
static void
work(double at)
{
	AGENT->now = stage_mono(at);
	agent_watcher_work(AGENT, false, stage_wall(at));
}

static void
start(double at)
{
	AGENT->now = stage_mono(at);
	agent_watcher_work(AGENT, true, stage_wall(at));
}

static void
deliver(void)
{
	outbox_delivered(&AGENT->outbox, AGENT->outbox.sequence);
}

static void
started_with_values(void **state)
{
	const struct notification_watcher	*w;
	char					 detail[256];

	(void)state;
	stage_begin(&stage, TEXT(""));
	stage_capture(&stage, 1, SHARED_CAPTURE_FAILED, "it is gone", 1);
	stage_heartbeat(&stage, 0, 2);
	stage_advance(&stage, 12);
	assert_int_equal(AGENT->outbox.sequence, 2);
	start(13);
	assert_newest(3, NOTIFICATION_STARTED, 13);
	w = &newest()->capture->watcher;
	assert_int_equal(w->watches, 2);
	assert_int_equal(w->blind_watches, 1);
	assert_int_equal(w->active, 1);
	assert_string_equal(w->source, "cluster");
	assert_string_equal(w->host, "node-1");
	assert_string_equal(notification_detail(newest(), detail),
	    "hbwatchd has started: 2 watches, 1 blind, 1 active alarm");
	start(14);
	assert_int_equal(AGENT->outbox.sequence, 3);
	agent_watcher_stop(AGENT, stage_wall(15));
	assert_newest(4, NOTIFICATION_STOPPED, 15);
	assert_string_equal(notification_detail(newest(), detail),
	    "hbwatchd stops: 2 watches, 1 blind, 1 active alarm");
}

/* Without an engine it waits for some seconds only. */
static void
started_without_an_engine(void **state)
{
	(void)state;
	stage_begin(&stage, TEXT("alive = 1min"));
	agent_watcher_work(AGENT, false, stage_wall(0));
	assert_int_equal(agent_watcher_due(AGENT).ns, stage_mono(5).ns);
	work(4.9);
	assert_int_equal(AGENT->outbox.sequence, 0);
	/* What was not notified as started is not notified as stopped. */
	agent_watcher_stop(AGENT, stage_wall(4.9));
	assert_int_equal(AGENT->outbox.sequence, 0);
	AGENT->now = stage_mono(5);
	agent_watcher_work(AGENT, false, stage_wall(5));
	assert_newest(1, NOTIFICATION_STARTED, 5);
}

static void
alive_each_interval(void **state)
{
	(void)state;
	stage_begin(&stage, TEXT("alive = 10min"));
	start(1);
	deliver();
	assert_int_equal(agent_watcher_due(AGENT).ns, stage_mono(601).ns);
	work(600);
	assert_int_equal(AGENT->outbox.sequence, 1);
	work(601);
	assert_newest(2, NOTIFICATION_ALIVE, 601);
	deliver();
	/* It was late: the next one is not. */
	work(1203);
	assert_newest(3, NOTIFICATION_ALIVE, 1203);
	deliver();
	work(1800.9);
	assert_int_equal(AGENT->outbox.sequence, 3);
	work(1801);
	assert_newest(4, NOTIFICATION_ALIVE, 1801);
	deliver();
	/* After a pause there is one, not one for each interval. */
	work(10000);
	assert_newest(5, NOTIFICATION_ALIVE, 10000);
	deliver();
	work(10001);
	assert_int_equal(AGENT->outbox.sequence, 5);
	work(10600);
	assert_newest(6, NOTIFICATION_ALIVE, 10600);
}

/* While the receiver is away, they do not pile up. */
static void
one_alive_waits(void **state)
{
	(void)state;
	stage_begin(&stage, TEXT("alive = 10min"));
	start(0);
	work(600);
	assert_int_equal(AGENT->outbox.sequence, 2);
	work(1200);
	work(1800);
	assert_int_equal(AGENT->outbox.sequence, 2);
	assert_int_equal(agent_watcher_due(AGENT).ns, stage_mono(2400).ns);
	deliver();
	work(2400);
	assert_newest(3, NOTIFICATION_ALIVE, 2400);
}

static void
alive_after_a_reload(void **state)
{
	(void)state;
	stage_begin(&stage, TEXT(""));
	start(0);
	assert_int_equal(agent_watcher_due(AGENT).ns, MONO_NEVER.ns);
	work(1000);
	assert_int_equal(AGENT->outbox.sequence, 1);
	stage_reload(&stage, TEXT("alive = 10min"), 1000);
	work(1000);
	assert_newest(2, NOTIFICATION_ALIVE, 1000);
	deliver();
	stage_reload(&stage, TEXT("alive = 1min"), 1010);
	work(1060);
	assert_newest(3, NOTIFICATION_ALIVE, 1060);
	stage_reload(&stage, TEXT("alive = off"), 1070);
	work(5000);
	assert_int_equal(AGENT->outbox.sequence, 3);
}

/* ---- reminders */

static void
remind(double at)
{
	AGENT->now = stage_mono(at);
	reminder_work(AGENT, stage_wall(at));
}

/* Watch a is raised at 10, watch b at 20. */
static void
raise_both(const char *text)
{
	stage_begin(&stage, text);
	stage_heartbeat(&stage, 1, 5);
	stage_heartbeat(&stage, 1, 10);
	stage_advance(&stage, 20);
	assert_int_equal(AGENT->outbox.sequence, 2);
	outbox_delivered(&AGENT->outbox, 1);
	outbox_delivered(&AGENT->outbox, 2);
}

static void
reminded_each_interval(void **state)
{
	(void)state;
	raise_both(TEXT("reminder = 1min"));
	assert_int_equal(reminder_due(AGENT).ns, stage_mono(70).ns);
	remind(69.9);
	assert_int_equal(AGENT->outbox.sequence, 2);
	remind(70);
	assert_newest(3, NOTIFICATION_REMINDER, 70);
	assert_string_equal(newest()->watch->name, "a");
	assert_int_equal(newest()->alarm.state, ALARM_RAISED);
	assert_int_equal(newest()->alarm.raised.ns, stage_wall(10).ns);
	assert_int_equal(AGENT->current.alarms[0].sequence, 3);
	deliver();
	remind(80);
	assert_newest(4, NOTIFICATION_REMINDER, 80);
	assert_string_equal(newest()->watch->name, "b");
	deliver();
	/* After a pause there is one, and the next one is not late. */
	remind(200);
	assert_int_equal(AGENT->outbox.sequence, 6);
	outbox_delivered(&AGENT->outbox, 5);
	deliver();
	assert_int_equal(reminder_due(AGENT).ns, stage_mono(250).ns);
}

/* The clear ends the reminders, and the time counts from the next raise. */
static void
reminded_until_the_clear(void **state)
{
	(void)state;
	stage_begin(&stage, "reminder = 1min\n"
	    "watch a { interface = eth0 interruption = 10s heartbeat = ip\n"
	    "	peer = 192.0.2.12 }\n");
	stage_heartbeat(&stage, 0, 20);
	stage_advance(&stage, 30);
	assert_int_equal(AGENT->outbox.sequence, 3);
	deliver();
	remind(89.9);
	assert_int_equal(AGENT->outbox.sequence, 3);
	remind(90);
	assert_newest(4, NOTIFICATION_REMINDER, 90);
	stage_heartbeat(&stage, 0, 91);
	remind(1000);
	assert_int_equal(AGENT->outbox.sequence, 5);
	assert_int_equal(reminder_due(AGENT).ns, MONO_NEVER.ns);
}

static void
no_reminder_if_the_operator_has_acted(void **state)
{
	(void)state;
	raise_both(TEXT("reminder = 1min"));
	assert_null(operator_acknowledge(AGENT, "a", "noc", "", stage_wall(30)));
	assert_null(operator_shelve(AGENT, "b", 3600 * NSEC_PER_SEC, "noc", "",
	    stage_wall(30)));
	assert_int_equal(AGENT->outbox.sequence, 4);
	outbox_delivered(&AGENT->outbox, 3);
	outbox_delivered(&AGENT->outbox, 4);
	remind(100);
	assert_int_equal(AGENT->outbox.sequence, 4);
	assert_null(operator_unshelve(AGENT, "b", "noc", "", stage_wall(110)));
	deliver();
	remind(140);
	assert_newest(6, NOTIFICATION_REMINDER, 140);
	assert_string_equal(newest()->watch->name, "b");
}

static void
no_reminder_while_one_waits(void **state)
{
	(void)state;
	raise_both(TEXT("reminder = 1min"));
	remind(100);
	assert_int_equal(AGENT->outbox.sequence, 4);
	remind(1000);
	assert_int_equal(AGENT->outbox.sequence, 4);
	outbox_delivered(&AGENT->outbox, 3);
	remind(1060);
	assert_newest(5, NOTIFICATION_REMINDER, 1060);
	assert_string_equal(newest()->watch->name, "a");
}

#define MANY(options) options "\n" \
	"watch w { interface = eth0 interruption = 10s heartbeat = ip\n" \
	"	peer = 10.0.0.0/24 }\n"

/* Many alarms are reminded of one after the other; summarised ones are not. */
static void
ten_reminders_in_a_second(void **state)
{
	uint32_t	 i, count = 0;

	(void)state;
	stage_begin(&stage, MANY("reminder = 1min storm = 80 in 5s"));
	stage_advance(&stage, 10);
	assert_int_equal(AGENT->current.alarms[255].state, ALARM_RAISED);
	for (i = 1; i <= 256; i++)
		outbox_delivered(&AGENT->outbox, i);
	for (i = 0; i < 200; i++) {
		remind(70 + i * 0.1);
		count = AGENT->outbox.sequence - 256;
		assert_true(count <= 10 + i);
		assert_int_equal(newest()->event, NOTIFICATION_REMINDER);
	}
	assert_int_equal(count, 80);
}

static void
reminders_after_a_reload(void **state)
{
	(void)state;
	raise_both(TEXT(""));
	remind(1000);
	assert_int_equal(reminder_due(AGENT).ns, MONO_NEVER.ns);
	stage_reload(&stage, TEXT("reminder = 1min"), 1000);
	assert_int_equal(reminder_due(AGENT).ns, stage_mono(1030).ns);
	remind(1030);
	assert_newest(3, NOTIFICATION_REMINDER, 1030);
	assert_string_equal(newest()->watch->name, "a");
	stage_reload(&stage, TEXT("reminder = off"), 1035);
	remind(5000);
	assert_int_equal(AGENT->outbox.sequence, 3);
}

#define STAGED(f)	cmocka_unit_test_teardown(f, end)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		STAGED(started_with_values),
		STAGED(started_without_an_engine),
		STAGED(alive_each_interval),
		STAGED(one_alive_waits),
		STAGED(alive_after_a_reload),
		STAGED(reminded_each_interval),
		STAGED(reminded_until_the_clear),
		STAGED(no_reminder_if_the_operator_has_acted),
		STAGED(no_reminder_while_one_waits),
		STAGED(ten_reminders_in_a_second),
		STAGED(reminders_after_a_reload),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
