/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The notifications about hbwatchd itself: started, alive and stopped; the
 * reminders of active alarms; and chattering alarms.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "agent_watcher.h"
#include "evidence_writer.h"
#include "flapping.h"
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
	/* If the start was not notified, the stop is not notified either. */
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

/* With another key the alarm is raised anew at the reload. */
static void
reminders_after_another_key(void **state)
{
	(void)state;
	raise_both(TEXT("reminder = 1min"));
	stage_reload(&stage, TEXT("reminder = 1min role = other"), 60);
	assert_newest(6, NOTIFICATION_RAISED, 60);
	deliver();
	assert_int_equal(reminder_due(AGENT).ns, stage_mono(120).ns);
	/* Another reload, with the same key, does not change that. */
	stage_reload(&stage, TEXT("reminder = 1min role = other"), 70);
	assert_int_equal(reminder_due(AGENT).ns, stage_mono(120).ns);
	remind(119.9);
	assert_int_equal(AGENT->outbox.sequence, 6);
}

/* ---- chattering alarms */

#define FLAPPING(options)						\
	"watch w { interface = eth0 interruption = 1s heartbeat = ip\n"	\
	"	peer = 192.0.2.12 " options " }\n"

/* The last heartbeat of the watch. */
static double	 last;

/* Heartbeats keep the alarm from being raised until then. */
static void
beat_until(double to)
{
	for (last += 0.9; last < to; last += 0.9)
		stage_heartbeat(&stage, 0, last);
	last = to;
	stage_heartbeat(&stage, 0, to);
}

static void
raise_at(double at)
{
	beat_until(at - 1);
	stage_advance(&stage, at);
}

/* The alarm is raised at a time and cleared half a second later. */
static void
flap(double at)
{
	raise_at(at);
	flapping_work(AGENT, stage_wall(at));
	last = at + 0.5;
	stage_heartbeat(&stage, 0, last);
}

static void
begin(const char *text)
{
	last = 0;
	stage_begin(&stage, text);
}

static bool
is_chattering(void)
{
	return ((AGENT->current.alarms[0].flags & ALARM_CHATTERING) != 0);
}

static void
calm_down(double at)
{
	AGENT->now = stage_mono(at);
	flapping_work(AGENT, stage_wall(at));
}

static const struct notification *
nth(uint32_t i)
{
	return (outbox_find(&AGENT->outbox, i));
}

static void
chattering_and_calm(void **state)
{
	char	 detail[256];

	(void)state;
	begin(FLAPPING("flapping = 3 in 1min"));
	flap(2);
	flap(12);
	flap(22);
	assert_int_equal(AGENT->outbox.sequence, 6);
	assert_false(is_chattering());
	flap(32);
	/* The raise is only in the history; then comes the notification. */
	assert_int_equal(AGENT->outbox.sequence, 9);
	assert_int_equal(nth(7)->event, NOTIFICATION_RAISED);
	assert_int_equal(nth(7)->withheld, NOTIFICATION_CHATTERING);
	assert_int_equal(nth(7)->delivery, NOTIFICATION_DELIVERED);
	assert_int_equal(nth(8)->event, NOTIFICATION_CHANGED);
	assert_int_equal(nth(8)->change, OPERATOR_CHANGE_CHATTERING);
	assert_int_equal(nth(8)->delivery, NOTIFICATION_PENDING);
	assert_string_equal(notification_detail(nth(8), detail), "chattering: "
	    "the alarm is raised again and again; its raises and clears are "
	    "only in the history");
	assert_int_equal(nth(9)->event, NOTIFICATION_CLEARED);
	assert_int_equal(nth(9)->withheld, NOTIFICATION_CHATTERING);
	assert_true(is_chattering());
	flap(42);
	assert_int_equal(AGENT->outbox.sequence, 11);
	assert_int_equal(nth(10)->withheld, NOTIFICATION_CHATTERING);
	/* One raise, that at 42, is within the last minute. */
	beat_until(92);
	calm_down(92);
	assert_true(is_chattering());
	calm_down(92.1);
	assert_false(is_chattering());
	assert_newest(12, NOTIFICATION_CHANGED, 92.1);
	assert_int_equal(newest()->change, OPERATOR_CHANGE_CALM);
	assert_int_equal(newest()->delivery, NOTIFICATION_PENDING);
	assert_int_equal(flapping_due(AGENT).ns, MONO_NEVER.ns);
	/* It is notified as any other again. */
	flap(110);
	assert_int_equal(AGENT->outbox.sequence, 14);
	assert_int_equal(newest()->withheld, 0);
}

/* It is raised when it becomes calm: receivers get the raise. */
static void
calm_while_raised(void **state)
{
	(void)state;
	begin(FLAPPING("flapping = 1 in 1min"));
	flap(2);
	flap(12);
	assert_true(is_chattering());
	assert_int_equal(AGENT->outbox.sequence, 5);
	raise_at(21);
	assert_int_equal(AGENT->outbox.sequence, 6);
	assert_int_equal(newest()->withheld, NOTIFICATION_CHATTERING);
	calm_down(81);
	assert_true(is_chattering());
	calm_down(82);
	assert_int_equal(AGENT->outbox.sequence, 8);
	assert_int_equal(nth(7)->change, OPERATOR_CHANGE_CALM);
	assert_int_equal(nth(8)->event, NOTIFICATION_RAISED);
	assert_int_equal(nth(8)->withheld, 0);
	assert_int_equal(nth(8)->alarm.raised.ns, stage_wall(21).ns);
	stage_heartbeat(&stage, 0, 83);
	assert_newest(9, NOTIFICATION_CLEARED, 83);
	assert_int_equal(newest()->withheld, 0);
}

/* The same number of raises in a longer time is not chattering. */
static void
not_chattering(void **state)
{
	double	 at;

	(void)state;
	begin(FLAPPING("flapping = 3 in 1min"));
	for (at = 2; at < 600; at += 20.1)
		flap(at);
	assert_false(is_chattering());
	beat_until(700);
	stage_reload(&stage, FLAPPING(""), 700);
	for (at = 702; at < 800; at += 2)
		flap(at);
	assert_false(is_chattering());
	assert_int_equal(newest()->withheld, 0);
}

/* A reload keeps it; one without the option ends it. */
static void
chattering_and_reloads(void **state)
{
	(void)state;
	begin(FLAPPING("flapping = 1 in 1min"));
	flap(2);
	flap(12);
	raise_at(21);
	assert_int_equal(AGENT->outbox.sequence, 6);
	stage_reload(&stage, FLAPPING("flapping = 2 in 1min"), 30);
	assert_true(is_chattering());
	calm_down(89);
	assert_true(is_chattering());
	stage_reload(&stage, FLAPPING(""), 89);
	assert_false(is_chattering());
	assert_int_equal(AGENT->outbox.sequence, 8);
	assert_int_equal(nth(7)->change, OPERATOR_CHANGE_CALM);
	assert_newest(8, NOTIFICATION_RAISED, 89);
}

/* Receivers have a raise of an alarm whose watch is removed: it is cleared. */
static void
removed_while_chattering(void **state)
{
	(void)state;
	begin(FLAPPING("flapping = 1 in 1min"));
	flap(2);
	raise_at(11);
	assert_true(is_chattering());
	AGENT->current.alarms[0].notified = 1;
	stage_reload(&stage, "", 20);
	assert_newest(7, NOTIFICATION_CLEARED, 20);
	assert_int_equal(nth(6)->change, OPERATOR_CHANGE_CALM);
	assert_int_equal(newest()->withheld, 0);
}

/* The alarm with the old key ends as one that is removed. */
static void
other_key_while_chattering(void **state)
{
	(void)state;
	begin(FLAPPING("flapping = 1 in 1min"));
	flap(2);
	flap(12);
	assert_true(is_chattering());
	assert_int_equal(AGENT->outbox.sequence, 5);
	AGENT->current.alarms[0].notified = 1;
	stage_reload(&stage, FLAPPING("flapping = 1 in 1min role = other"),
	    20);
	assert_false(is_chattering());
	assert_int_equal(nth(6)->change, OPERATOR_CHANGE_CALM);
	assert_string_equal(nth(6)->watch->profile->role, "w");
	assert_newest(7, NOTIFICATION_CLEARED, 20);
	assert_int_equal(newest()->withheld, 0);
}

#define FLAPPING_MANY							\
	"watch v { interface = eth0 interruption = 10s heartbeat = ip\n" \
	"	peer = 10.0.0.0/24 flapping = 5 in 1min }\n"		\
	"watch w { interface = eth0 interruption = 10s heartbeat = ip\n" \
	"	peer = 10.0.1.0/24 flapping = 5 in 1min }\n"

/* Many alarms become calm together, some of them in a later turn. */
static void
many_become_calm(void **state)
{
	size_t	 i;

	(void)state;
	stage_begin(&stage, FLAPPING_MANY);
	stage_advance(&stage, 10);
	for (i = 0; i < 512; i++)
		AGENT->current.alarms[i].flags |= ALARM_CHATTERING |
		    ALARM_CHATTERING_SENT;
	stage_reload(&stage, FLAPPING_MANY, 20);
	assert_int_equal(AGENT->outbox.sequence, 512);
	calm_down(81);
	assert_int_equal(AGENT->outbox.sequence, 512 + 256);
	assert_false(mono_before(AGENT->now, flapping_due(AGENT)));
	calm_down(81);
	assert_int_equal(AGENT->outbox.sequence, 512 + 512);
	assert_int_equal(flapping_due(AGENT).ns, MONO_NEVER.ns);
}

/* While it is shelved, receivers are not notified of this either. */
static void
shelved_while_chattering(void **state)
{
	(void)state;
	begin(FLAPPING("flapping = 1 in 1min"));
	flap(2);
	assert_null(operator_shelve(AGENT, "w", 3600 * NSEC_PER_SEC, "noc", "",
	    stage_wall(3)));
	flap(12);
	assert_true(is_chattering());
	assert_int_equal(nth(5)->change, OPERATOR_CHANGE_CHATTERING);
	assert_int_equal(nth(5)->withheld, NOTIFICATION_SHELVED);
	beat_until(80);
	calm_down(80);
	assert_false(is_chattering());
	assert_int_equal(newest()->change, OPERATOR_CHANGE_CALM);
	assert_int_equal(newest()->withheld, NOTIFICATION_SHELVED);
}

/* When the shelf ends, receivers get what they do not have. */
static void
chattering_after_a_shelf(void **state)
{
	(void)state;
	begin(FLAPPING("flapping = 1 in 1min"));
	flap(2);
	assert_null(operator_shelve(AGENT, "w", 3600 * NSEC_PER_SEC, "noc", "",
	    stage_wall(3)));
	flap(12);
	assert_int_equal(nth(5)->withheld, NOTIFICATION_SHELVED);
	assert_null(operator_unshelve(AGENT, "w", "noc", "", stage_wall(13)));
	assert_int_equal(nth(7)->change, OPERATOR_CHANGE_UNSHELVED);
	assert_newest(8, NOTIFICATION_CHANGED, 13);
	assert_int_equal(newest()->change, OPERATOR_CHANGE_CHATTERING);
	assert_int_equal(newest()->withheld, 0);
	/* Now it becomes calm while it is shelved. */
	assert_null(operator_shelve(AGENT, "w", 3600 * NSEC_PER_SEC, "noc", "",
	    stage_wall(14)));
	beat_until(80);
	calm_down(80);
	assert_newest(10, NOTIFICATION_CHANGED, 80);
	assert_int_equal(newest()->withheld, NOTIFICATION_SHELVED);
	assert_null(operator_unshelve(AGENT, "w", "noc", "", stage_wall(81)));
	assert_newest(12, NOTIFICATION_CHANGED, 81);
	assert_int_equal(newest()->change, OPERATOR_CHANGE_CALM);
	assert_int_equal(newest()->withheld, 0);
	/* Receivers have all. */
	assert_null(operator_shelve(AGENT, "w", 3600 * NSEC_PER_SEC, "noc", "",
	    stage_wall(82)));
	assert_null(operator_unshelve(AGENT, "w", "noc", "", stage_wall(83)));
	assert_newest(14, NOTIFICATION_CHANGED, 83);
	assert_int_equal(newest()->change, OPERATOR_CHANGE_UNSHELVED);
}

/* The end of a shelf with the watch does not begin the chattering. */
static void
removed_while_shelved_and_chattering(void **state)
{
	(void)state;
	begin(FLAPPING("flapping = 1 in 1min"));
	flap(2);
	assert_null(operator_shelve(AGENT, "w", 3600 * NSEC_PER_SEC, "noc", "",
	    stage_wall(3)));
	flap(12);
	assert_true(is_chattering());
	assert_int_equal(AGENT->outbox.sequence, 6);
	stage_reload(&stage, "", 20);
	assert_int_equal(nth(7)->change, OPERATOR_CHANGE_CALM);
	assert_int_equal(nth(7)->withheld, NOTIFICATION_SHELVED);
	assert_newest(8, NOTIFICATION_CHANGED, 20);
	assert_int_equal(newest()->change, OPERATOR_CHANGE_UNSHELVED);
}

static void
assert_withheld(uint32_t sequence, enum notification_event event, int change)
{
	assert_int_equal(nth(sequence)->event, event);
	assert_int_equal(nth(sequence)->change, change);
	assert_int_equal(nth(sequence)->withheld, NOTIFICATION_CHATTERING);
	assert_int_equal(nth(sequence)->delivery, NOTIFICATION_DELIVERED);
}

/* The storm includes the raise; all the rest is only in the history. */
static void
chattering_in_a_storm(void **state)
{
	static const char	 text[] = "storm = 1 in 1min\n"
	    FLAPPING("flapping = 1 in 1min");

	(void)state;
	begin(text);
	flap(2);
	flap(12);
	assert_true(is_chattering());
	assert_int_equal(AGENT->outbox.sequence, 5);
	assert_true(notification_is_summarised(nth(3)));
	assert_withheld(4, NOTIFICATION_CHANGED, OPERATOR_CHANGE_CHATTERING);
	assert_withheld(5, NOTIFICATION_CLEARED, 0);
	flap(22);
	assert_int_equal(AGENT->outbox.sequence, 7);
	assert_withheld(6, NOTIFICATION_RAISED, 0);
	assert_int_equal(AGENT->storm.open.first, 3);
	assert_int_equal(AGENT->storm.open.raised, 1);
	assert_int_equal(AGENT->storm.open.cleared, 0);
	/* This is not repeated after a reload. */
	stage_reload(&stage, text, 30);
	assert_int_equal(AGENT->outbox.sequence, 7);
	beat_until(91);
	calm_down(91);
	assert_false(is_chattering());
	assert_int_equal(AGENT->outbox.sequence, 8);
	assert_withheld(8, NOTIFICATION_CHANGED, OPERATOR_CHANGE_CALM);
	/* Receivers have no raise of it, and get the next one. */
	flap(200);
	assert_int_equal(AGENT->outbox.sequence, 10);
	assert_int_equal(nth(9)->withheld, 0);
	assert_int_equal(nth(9)->delivery, NOTIFICATION_PENDING);
}

/* When the storm is over, a reload notifies what receivers do not have. */
static void
chattering_after_a_storm(void **state)
{
	(void)state;
	begin("storm = 1 in 1min\n" FLAPPING("flapping = 1 in 1min"));
	flap(2);
	flap(12);
	raise_at(21);
	assert_int_equal(AGENT->outbox.sequence, 6);
	stage_reload(&stage, FLAPPING("flapping = 1 in 1min"), 30);
	assert_newest(7, NOTIFICATION_CHANGED, 30);
	assert_int_equal(newest()->change, OPERATOR_CHANGE_CHATTERING);
	assert_int_equal(newest()->withheld, 0);
	calm_down(91);
	assert_int_equal(nth(8)->change, OPERATOR_CHANGE_CALM);
	assert_int_equal(nth(8)->withheld, 0);
	assert_newest(9, NOTIFICATION_RAISED, 91);
}

static bool
has_evidence(uint32_t serial)
{
	char	 name[64];

	snprintf(name, sizeof(name), "evidence/%u-w.pcapng", serial);
	assert_int_equal(AGENT->serial, serial);
	return (evidence_writer_has(AGENT->evidence_writer, name));
}

/* A raise that is not notified has no evidence file. */
static void
evidence_of_notified_raises(void **state)
{
	(void)state;
	begin("storm = 4 in 1h\n" FLAPPING("flapping = 2 in 1min"));
	AGENT->evidence_writer = evidence_writer_new("/nonexistent");
	assert_non_null(AGENT->evidence_writer);
	flap(2);
	assert_true(has_evidence(1));
	flap(12);
	assert_true(has_evidence(2));
	/* It begins to chatter. */
	flap(22);
	assert_true(has_evidence(3));
	flap(32);
	assert_false(has_evidence(4));
	beat_until(110);
	calm_down(110);
	assert_false(is_chattering());
	assert_null(operator_shelve(AGENT, "w", 3600 * NSEC_PER_SEC, "noc", "",
	    stage_wall(111)));
	flap(120);
	assert_false(has_evidence(5));
	assert_null(operator_unshelve(AGENT, "w", "noc", "", stage_wall(121)));
	flap(220);
	assert_true(has_evidence(6));
	/* A storm. */
	flap(230);
	assert_false(has_evidence(7));
	flap(240);
	assert_true(is_chattering());
	assert_false(has_evidence(8));
	assert_true(evidence_writer_end(AGENT->evidence_writer, 0));
	AGENT->evidence_writer = NULL;
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
		STAGED(reminders_after_another_key),
		STAGED(chattering_and_calm),
		STAGED(calm_while_raised),
		STAGED(not_chattering),
		STAGED(chattering_and_reloads),
		STAGED(removed_while_chattering),
		STAGED(other_key_while_chattering),
		STAGED(many_become_calm),
		STAGED(shelved_while_chattering),
		STAGED(chattering_after_a_shelf),
		STAGED(removed_while_shelved_and_chattering),
		STAGED(chattering_in_a_storm),
		STAGED(chattering_after_a_storm),
		STAGED(evidence_of_notified_raises),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
