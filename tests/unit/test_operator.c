/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Alarms that operators acknowledge and shelve: what is notified, and what a
 * reload or a restart keeps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "operator.h"
#include "scratch.h"
#include "stage.h"

#define WATCH_OF(name, more) \
	"watch \"" name "\" { interface = eth0 peer = 192.0.2.12 " \
	"heartbeat = \"udp 20053\" source = s service = v host = h " more " }\n"
#define WATCH(name, more)	WATCH_OF(name, "role = r " more)
#define GROUP(more) \
	"watch \"g\" { interface = eth0 heartbeat = \"vrrp 1\" " more " }\n"
#define COMMON	"alarm 45640 { interruption = 10s }\n"
#define ONE	COMMON WATCH("w", "")

#define HOUR_NS	(3600 * NSEC_PER_SEC)
/* More than any test needs. */
#define SAVE_MS	60000

static struct scratch	 scratch;
static struct stage	 stage;
static bool		 running;

#define AGENT	(&stage.agent)

static int
begin(void **state)
{
	(void)state;
	scratch_begin(&scratch);
	return (0);
}

static void
stop(void)
{
	if (running)
		stage_end(&stage);
	running = false;
}

static int
end(void **state)
{
	(void)state;
	stop();
	scratch_end(&scratch);
	return (0);
}

static void
start(const char *text)
{
	stage_begin(&stage, text);
	running = true;
}

/* Continues from the state directory, as after SIGKILL. */
static void
restart(const char *text, double at, double wall)
{
	stop();
	memset(&stage, 0, sizeof(stage));
	assert_true(agent_init(AGENT, stage_wall(wall)));
	running = true;
	AGENT->now = stage_mono(at);
	assert_int_equal(persistence_open(AGENT,
	    scratch_path(&scratch, "state"), -1, NULL), STORE_OK);
	stage_reload(&stage, text, at);
}

/* All that is pending is delivered and on disk. */
static void
save(double at)
{
	struct notification	*n;

	while ((n = outbox_next(&AGENT->outbox, true)) != NULL)
		outbox_delivered(&AGENT->outbox, n->sequence);
	persistence_save_all(AGENT, stage_mono(at), SAVE_MS);
}

static struct alarm *
alarm_of(size_t position)
{
	return (&AGENT->current.alarms[position]);
}

static const struct notification *
notification(uint32_t sequence)
{
	const struct notification	*n;

	n = persistence_notification(AGENT, sequence);
	assert_non_null(n);
	return (n);
}

static void
assert_detail(uint32_t sequence, const char *expected)
{
	char	 detail[NOTIFICATION_DETAIL_SIZE];

	assert_string_equal(notification_detail(notification(sequence),
	    detail), expected);
}

/* The next notification of this test, which must be the last one so far. */
static void
assert_last(uint32_t sequence, enum notification_event event, int change,
    enum notification_withheld withheld)
{
	assert_int_equal(AGENT->outbox.sequence, sequence);
	assert_int_equal(notification(sequence)->event, event);
	assert_int_equal(notification(sequence)->change, change);
	assert_int_equal(notification(sequence)->withheld, withheld);
}

static void
assert_changed(uint32_t sequence, enum operator_change change)
{
	assert_last(sequence, NOTIFICATION_CHANGED, (int)change, 0);
}

static void
assert_sent(uint32_t sequence, enum notification_event event)
{
	assert_last(sequence, event, 0, 0);
	assert_int_equal(notification(sequence)->delivery,
	    NOTIFICATION_PENDING);
}

static void
assert_withheld(uint32_t sequence, enum notification_event event)
{
	assert_last(sequence, event, 0, NOTIFICATION_SHELVED);
	assert_true(notification_is_unsent(notification(sequence)));
}

static void
assert_counts(uint32_t shelved, uint32_t unacknowledged)
{
	assert_int_equal(AGENT->shelved, shelved);
	assert_int_equal(AGENT->unacknowledged, unacknowledged);
}

static void
assert_operator(size_t position, enum operator_state state, const char *who)
{
	const struct alarm	*a = alarm_of(position);

	assert_int_equal(alarm_operator_state(a), state);
	if (who == NULL)
		assert_null(a->operator);
	else
		assert_string_equal(a->operator->who, who);
}

/* Sets the clocks, and ends the shelves that are due. */
static void
work(double at)
{
	stage_advance(&stage, at);
	operator_work(AGENT, stage_wall(at));
}

static const char *
acknowledge(const char *watch, double at)
{
	stage_advance(&stage, at);
	return (operator_acknowledge(AGENT, watch, "alice", "I look at it",
	    stage_wall(at)));
}

static const char *
shelve(const char *watch, int64_t duration_ns, double at)
{
	stage_advance(&stage, at);
	return (operator_shelve(AGENT, watch, duration_ns, "bob", "new switch",
	    stage_wall(at)));
}

/* The next action is permitted again, without waiting for it. */
static void
forget_actions(size_t position)
{
	alarm_of(position)->operator->limit = (struct rate_limit){ { 0 } };
}

static const char *
unshelve(const char *watch, double at)
{
	stage_advance(&stage, at);
	return (operator_unshelve(AGENT, watch, "carol", "", stage_wall(at)));
}

static const char *
reset(size_t position, double at)
{
	const struct operator_request	 r = {
		.state = OPERATOR_NONE, .who = "dave", .text = "",
	};

	stage_advance(&stage, at);
	return (operator_act(AGENT, position, &r, stage_wall(at)));
}

/* ---- acknowledge */

static void
acknowledged(void **state)
{
	(void)state;
	start(ONE);
	assert_counts(0, 0);
	assert_string_equal(acknowledge("w", 1), "it has no active alarm "
	    "that is not shelved");
	stage_heartbeat(&stage, 0, 1);
	stage_advance(&stage, 11);
	assert_sent(1, NOTIFICATION_RAISED);
	assert_counts(0, 1);
	assert_null(acknowledge("w", 12));
	assert_changed(2, OPERATOR_CHANGE_ACKNOWLEDGED);
	assert_detail(2, "acknowledged by alice: I look at it");
	assert_int_equal(notification(2)->alarm.state, ALARM_RAISED);
	assert_operator(0, OPERATOR_ACKNOWLEDGED, "alice");
	assert_int_equal(alarm_of(0)->operator->time.ns, stage_wall(12).ns);
	assert_counts(0, 0);
	/* A request that is repeated changes nothing. */
	assert_null(acknowledge("w", 13));
	assert_changed(2, OPERATOR_CHANGE_ACKNOWLEDGED);
	/* That of somebody else does. */
	assert_null(operator_acknowledge(AGENT, "w", "bob", "",
	    stage_wall(13)));
	assert_changed(3, OPERATOR_CHANGE_ACKNOWLEDGED);
	assert_detail(3, "acknowledged by bob");
	/* The clear ends it, without a notification of its own. */
	stage_heartbeat(&stage, 0, 14);
	assert_sent(4, NOTIFICATION_CLEARED);
	assert_null(notification(4)->alarm.operator);
	assert_operator(0, OPERATOR_NONE, NULL);
	assert_counts(0, 0);
	stage_advance(&stage, 24);
	assert_sent(5, NOTIFICATION_RAISED);
	assert_counts(0, 1);
	/* The earlier rows of the history keep what was then. */
	assert_string_equal(notification(2)->alarm.operator->who, "alice");
}

static void
unacknowledged(void **state)
{
	(void)state;
	start(ONE);
	stage_advance(&stage, 10);
	assert_null(acknowledge("w", 12));
	assert_null(reset(0, 13));
	assert_changed(3, OPERATOR_CHANGE_UNACKNOWLEDGED);
	assert_detail(3, "unacknowledged by dave");
	assert_operator(0, OPERATOR_NONE, "dave");
	assert_counts(0, 1);
	assert_null(reset(0, 14));
	assert_int_equal(AGENT->outbox.sequence, 3);
	stage_heartbeat(&stage, 0, 15);
	assert_operator(0, OPERATOR_NONE, NULL);
	assert_counts(0, 0);
}

/* ---- shelve */

/* Shelved and unshelved in each state, with no change meanwhile. */
static void
shelved_without_a_change(void **state)
{
	(void)state;
	start(ONE);
	assert_null(shelve("w", HOUR_NS, 1));
	assert_changed(1, OPERATOR_CHANGE_SHELVED);
	assert_detail(1, "shelved until 2026-11-22T13:00:01.000000Z by bob: "
	    "new switch");
	assert_counts(1, 0);
	assert_int_equal(operator_shelved_seconds(alarm_of(0)->operator,
	    stage_mono(1.5)), 3600);
	assert_null(unshelve("w", 2));
	assert_changed(2, OPERATOR_CHANGE_UNSHELVED);
	assert_detail(2, "unshelved by carol");
	assert_string_equal(unshelve("w", 3), "it has no shelved alarm");
	assert_counts(0, 0);
	stage_advance(&stage, 10);
	assert_sent(3, NOTIFICATION_RAISED);
	assert_null(shelve("w", HOUR_NS, 11));
	assert_changed(4, OPERATOR_CHANGE_SHELVED);
	assert_counts(1, 0);
	assert_string_equal(acknowledge("w", 12), "it has no active alarm "
	    "that is not shelved");
	assert_null(unshelve("w", 12));
	assert_changed(5, OPERATOR_CHANGE_UNSHELVED);
	assert_counts(0, 1);
}

static void
raised_while_shelved(void **state)
{
	(void)state;
	start(ONE);
	assert_null(shelve("w", HOUR_NS, 1));
	stage_advance(&stage, 10);
	assert_withheld(2, NOTIFICATION_RAISED);
	assert_int_equal(alarm_of(0)->state, ALARM_RAISED);
	assert_int_equal(AGENT->active_all, 1);
	assert_counts(1, 0);
	assert_null(unshelve("w", 50));
	assert_int_equal(notification(3)->change, OPERATOR_CHANGE_UNSHELVED);
	/* The raise has its old time and serial. */
	assert_sent(4, NOTIFICATION_RAISED);
	assert_int_equal(notification(4)->time.ns, stage_wall(50).ns);
	assert_int_equal(notification(4)->alarm.raised.ns, stage_wall(10).ns);
	assert_int_equal(notification(4)->alarm.serial, 1);
	assert_int_equal(alarm_of(0)->count, 1);
	assert_counts(0, 1);
	stage_heartbeat(&stage, 0, 51);
	assert_sent(5, NOTIFICATION_CLEARED);
}

static void
cleared_while_shelved(void **state)
{
	(void)state;
	start(ONE);
	stage_advance(&stage, 10);
	assert_null(shelve("w", HOUR_NS, 11));
	stage_heartbeat(&stage, 0, 12);
	assert_withheld(3, NOTIFICATION_CLEARED);
	assert_operator(0, OPERATOR_SHELVED, "bob");
	assert_null(unshelve("w", 13));
	assert_sent(5, NOTIFICATION_CLEARED);
	assert_int_equal(notification(5)->alarm.cleared.ns, stage_wall(12).ns);
	stage_advance(&stage, 22);
	assert_sent(6, NOTIFICATION_RAISED);
}

/* A raise and its clear within the shelf are never sent. */
static void
both_while_shelved(void **state)
{
	(void)state;
	start(ONE);
	assert_null(shelve("w", HOUR_NS, 1));
	stage_advance(&stage, 10);
	stage_heartbeat(&stage, 0, 12);
	assert_withheld(3, NOTIFICATION_CLEARED);
	assert_null(unshelve("w", 13));
	assert_changed(4, OPERATOR_CHANGE_UNSHELVED);
	/* Raised, cleared and raised again: the raise has another serial. */
	stage_advance(&stage, 22);
	assert_sent(5, NOTIFICATION_RAISED);
	assert_null(shelve("w", HOUR_NS, 23));
	stage_heartbeat(&stage, 0, 24);
	stage_advance(&stage, 34);
	assert_withheld(8, NOTIFICATION_RAISED);
	assert_null(unshelve("w", 35));
	assert_sent(10, NOTIFICATION_RAISED);
	assert_int_equal(notification(10)->alarm.serial, 3);
}

static void
cause_while_shelved(void **state)
{
	struct agent_alarm	 alarm;

	(void)state;
	start(ONE);
	stage_advance(&stage, 10);
	assert_null(shelve("w", HOUR_NS, 11));
	alarm = agent_alarm_at(AGENT, 0);
	agent_change(AGENT, &alarm, OPERATOR_CHANGE_CAUSE, stage_wall(12));
	assert_last(3, NOTIFICATION_CHANGED, OPERATOR_CHANGE_CAUSE,
	    NOTIFICATION_SHELVED);
	assert_null(unshelve("w", 13));
	assert_changed(4, OPERATOR_CHANGE_UNSHELVED);
}

static void
shelf_replaces_acknowledgement(void **state)
{
	(void)state;
	start(ONE);
	stage_advance(&stage, 10);
	assert_null(acknowledge("w", 11));
	assert_null(shelve("w", HOUR_NS, 12));
	assert_changed(3, OPERATOR_CHANGE_SHELVED);
	assert_counts(1, 0);
	assert_null(reset(0, 13));
	assert_changed(4, OPERATOR_CHANGE_UNSHELVED);
	assert_counts(0, 1);
}

/* ---- the end of a shelf */

static void
shelf_ends(void **state)
{
	(void)state;
	start(ONE);
	assert_int_equal(operator_due(AGENT).ns, MONO_NEVER.ns);
	assert_null(shelve("w", 60 * NSEC_PER_SEC, 1));
	assert_int_equal(operator_due(AGENT).ns, stage_mono(61).ns);
	work(60.999);
	assert_withheld(2, NOTIFICATION_RAISED);
	assert_int_equal(operator_shelved_seconds(alarm_of(0)->operator,
	    stage_mono(60.999)), 1);
	work(61);
	assert_detail(3, "unshelved by hbwatchd: the shelf has ended");
	assert_sent(4, NOTIFICATION_RAISED);
	assert_operator(0, OPERATOR_NONE, "hbwatchd");
	assert_int_equal(operator_due(AGENT).ns, MONO_NEVER.ns);
	assert_int_equal(operator_shelved_seconds(alarm_of(0)->operator,
	    stage_mono(61)), 0);
}

/* The end can be moved in both directions. */
static void
shelf_changed(void **state)
{
	(void)state;
	start(ONE);
	assert_null(shelve("w", 60 * NSEC_PER_SEC, 1));
	assert_null(shelve("w", 90 * NSEC_PER_SEC, 2));
	assert_changed(2, OPERATOR_CHANGE_SHELVED);
	work(61);
	assert_operator(0, OPERATOR_SHELVED, "bob");
	assert_null(shelve("w", 5 * NSEC_PER_SEC, 62));
	assert_counts(1, 0);
	work(67);
	assert_operator(0, OPERATOR_NONE, "hbwatchd");
	assert_counts(0, 1);
	work(100);
	assert_sent(6, NOTIFICATION_RAISED);
}

/* However often a shelf is changed, the memory for the ends is limited. */
static void
many_changes(void **state)
{
	unsigned	 i;

	(void)state;
	start(ONE WATCH("v", ""));
	assert_null(shelve("v", 2 * HOUR_NS, 0));
	for (i = 0; i < 1000; i++) {
		assert_null(shelve("w", HOUR_NS + (int64_t)i, 1));
		forget_actions(0);
	}
	assert_true(AGENT->shelves.capacity <= 64);
	assert_counts(2, 0);
	work(3600);
	assert_operator(0, OPERATOR_SHELVED, "bob");
	work(3602);
	assert_operator(0, OPERATOR_NONE, "hbwatchd");
	assert_operator(1, OPERATOR_SHELVED, "bob");
	work(7200);
	assert_operator(1, OPERATOR_NONE, "hbwatchd");
}

/* Requests of one turn that set the same end do not remove another one. */
static void
repeated_shelves(void **state)
{
	unsigned	 i;

	(void)state;
	start(ONE WATCH("v", ""));
	for (i = 0; i < 63; i++) {
		assert_null(shelve("w", HOUR_NS, 1));
		forget_actions(0);
	}
	assert_null(shelve("v", 2 * HOUR_NS, 1));
	for (i = 0; i < 63; i++) {
		assert_null(shelve("w", HOUR_NS, 1));
		forget_actions(0);
	}
	work(3601);
	assert_operator(0, OPERATOR_NONE, "hbwatchd");
	work(7201);
	assert_operator(1, OPERATOR_NONE, "hbwatchd");
	assert_counts(0, 2);
}

/* Many shelves end together, some of them in a later turn of the loop. */
static void
many_ends(void **state)
{
	char		 text[60000], name[16], *p = text;
	unsigned	 i;

	(void)state;
	for (i = 0; i < 300; i++)
		p += snprintf(p, (size_t)(text + sizeof(text) - p),
		    "watch \"w%u\" { interface = eth0 peer = 192.0.2.12 "
		    "heartbeat = \"udp %u\" }\n", i, i + 1);
	start(text);
	for (i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "w%u", i);
		assert_null(shelve(name, 10 * NSEC_PER_SEC, 1));
	}
	assert_counts(300, 0);
	work(11);
	assert_counts(300 - 256, 0);
	assert_int_equal(operator_due(AGENT).ns, stage_mono(11).ns);
	work(11);
	assert_counts(0, 0);
	assert_int_equal(AGENT->outbox.sequence, 600);
}

/* ---- requests that are refused */

static void
refused(void **state)
{
	char	 text[300];

	(void)state;
	start(ONE WATCH("off", "enabled = false"));
	memset(text, 'x', sizeof(text));
	text[256] = '\0';
	stage_advance(&stage, 10);
	assert_string_equal(acknowledge("x", 11), "no such watch");
	assert_string_equal(shelve("x", HOUR_NS, 11), "no such watch");
	assert_string_equal(shelve("off", HOUR_NS, 11),
	    "the watch is disabled");
	assert_non_null(shelve("w", 0, 11));
	assert_non_null(shelve("w", -1, 11));
	assert_non_null(shelve("w", operator_shelve_most(AGENT) + 1, 11));
	assert_non_null(operator_acknowledge(AGENT, "w", "", "",
	    stage_wall(11)));
	assert_non_null(operator_acknowledge(AGENT, "w", text, "",
	    stage_wall(11)));
	assert_non_null(operator_acknowledge(AGENT, "w", "a", text,
	    stage_wall(11)));
	assert_non_null(operator_acknowledge(AGENT, "w", "a\nb", "",
	    stage_wall(11)));
	assert_non_null(operator_acknowledge(AGENT, "w", "a", "\xff",
	    stage_wall(11)));
	assert_int_equal(AGENT->outbox.sequence, 1);
	assert_counts(0, 1);
	text[255] = '\0';
	assert_null(operator_acknowledge(AGENT, "w", text, text,
	    stage_wall(11)));
	assert_null(shelve("w", operator_shelve_most(AGENT), 12));
}

/* A client cannot fill the history; what changes nothing is no action. */
static void
too_many_actions(void **state)
{
	unsigned	 i;

	(void)state;
	start(ONE);
	stage_advance(&stage, 10);
	for (i = 0; i < 1000; i++)
		assert_null(acknowledge("w", 11));
	assert_int_equal(AGENT->outbox.sequence, 2);
	for (i = 0; i < 19; i++)
		assert_null(shelve("w", HOUR_NS, 12));
	assert_int_equal(AGENT->outbox.sequence, 21);
	assert_string_equal(shelve("w", HOUR_NS, 12), "too many actions; at "
	    "most 20 are permitted at once, and then one in 10 s");
	assert_string_equal(unshelve("w", 12), "too many actions; at most 20 "
	    "are permitted at once, and then one in 10 s");
	assert_int_equal(AGENT->outbox.sequence, 21);
	assert_null(shelve("w", 10 * NSEC_PER_SEC, 21));
	assert_non_null(shelve("w", HOUR_NS, 21));
	/* The end of the shelf is not limited, and keeps the limit. */
	work(31);
	assert_operator(0, OPERATOR_NONE, "hbwatchd");
	assert_null(acknowledge("w", 31));
	assert_non_null(shelve("w", HOUR_NS, 31));
	/* After a pause it is as at the beginning. */
	for (i = 0; i < 20; i++)
		assert_null(shelve("w", HOUR_NS, 231));
	assert_non_null(shelve("w", HOUR_NS, 231));
}

/* ---- both alarms of a watch */

static void
two_alarms(void **state)
{
	(void)state;
	start(COMMON GROUP(""));
	stage_heartbeat(&stage, 0, 1);
	assert_null(stage_dual(&stage, 0, 2));
	assert_sent(1, NOTIFICATION_RAISED);
	/* Only the active one is acknowledged. */
	assert_null(acknowledge("g", 3));
	assert_changed(2, OPERATOR_CHANGE_ACKNOWLEDGED);
	assert_operator(0, OPERATOR_NONE, NULL);
	assert_operator(1, OPERATOR_ACKNOWLEDGED, "alice");
	/* Both are shelved. */
	assert_null(shelve("g", 60 * NSEC_PER_SEC, 4));
	assert_int_equal(notification(3)->watch->profile->alarm->id, 45640);
	assert_int_equal(notification(4)->watch->profile->alarm->id, 45640001);
	assert_changed(4, OPERATOR_CHANGE_SHELVED);
	assert_counts(2, 0);
	/* One of them was unshelved before. */
	assert_null(reset(0, 5));
	assert_null(unshelve("g", 6));
	assert_changed(6, OPERATOR_CHANGE_UNSHELVED);
	assert_counts(0, 1);
}

/* ---- storms */

static void
storm(void **state)
{
	(void)state;
	start("storm = 1 in 60s\n" COMMON WATCH("w", "") WATCH("v", ""));
	assert_null(shelve("v", HOUR_NS, 1));
	/* The raise of a shelved alarm does not count. */
	stage_advance(&stage, 10);
	assert_false(notification_is_summarised(notification(2)));
	assert_false(notification_is_summarised(notification(3)));
	assert_int_equal(storm_due(&AGENT->storm).ns, MONO_NEVER.ns);
	/* When it is notified, it counts. */
	assert_null(unshelve("v", 11));
	assert_true(notification_is_summarised(notification(5)));
	assert_int_equal(notification(5)->delivery, NOTIFICATION_DELIVERED);
	assert_int_not_equal(storm_due(&AGENT->storm).ns, MONO_NEVER.ns);
	/* Actions on a summarised alarm are notified. */
	assert_null(acknowledge("v", 12));
	assert_changed(6, OPERATOR_CHANGE_ACKNOWLEDGED);
	assert_int_equal(notification(6)->delivery, NOTIFICATION_PENDING);
	assert_false(notification_is_summarised(notification(6)));
}

/*
 * Receivers have an earlier raise, which a summarised one would leave active:
 * its clear would be summarised too.
 */
static void
raised_again_in_a_storm(void **state)
{
	(void)state;
	start("storm = 1 in 60s\n" COMMON WATCH("w", "") WATCH("v", ""));
	stage_heartbeat(&stage, 0, 5);
	stage_advance(&stage, 10);
	assert_sent(1, NOTIFICATION_RAISED);
	assert_null(shelve("v", HOUR_NS, 11));
	stage_heartbeat(&stage, 1, 12);
	stage_advance(&stage, 15);
	assert_true(notification_is_summarised(notification(4)));
	stage_advance(&stage, 22);
	assert_withheld(5, NOTIFICATION_RAISED);
	assert_null(unshelve("v", 23));
	assert_sent(7, NOTIFICATION_RAISED);
	assert_false(notification_is_summarised(notification(7)));
	stage_heartbeat(&stage, 1, 24);
	assert_sent(8, NOTIFICATION_CLEARED);
}

/* ---- reloads */

static void
kept_by_a_reload(void **state)
{
	(void)state;
	start(ONE WATCH("v", ""));
	stage_advance(&stage, 10);
	assert_null(acknowledge("w", 11));
	assert_null(shelve("v", 60 * NSEC_PER_SEC, 11));
	assert_int_equal(AGENT->outbox.sequence, 4);
	/* The positions change. */
	stage_reload(&stage, COMMON WATCH("u", "") WATCH("v", "")
	    WATCH("w", ""), 12);
	assert_int_equal(AGENT->outbox.sequence, 4);
	assert_operator(2, OPERATOR_ACKNOWLEDGED, "alice");
	assert_operator(1, OPERATOR_SHELVED, "bob");
	assert_counts(1, 0);
	assert_int_equal(operator_due(AGENT).ns, stage_mono(71).ns);
	/* Never raised, and shelved. */
	assert_null(shelve("u", HOUR_NS, 13));
	stage_reload(&stage, COMMON WATCH("u", ""), 14);
	assert_operator(0, OPERATOR_SHELVED, "bob");
	assert_counts(1, 0);
}

/* Removing or disabling a watch, and another key, end a shelf. */
static void
ended_by_a_reload(void **state)
{
	static const char *const	 next[] = {
		COMMON, COMMON WATCH("w", "enabled = false"),
		COMMON WATCH_OF("w", "role = other"),
	};
	uint32_t			 sequence;
	size_t				 i;
	int				 raised;

	(void)state;
	for (i = 0; i < sizeof(next) / sizeof(next[0]); i++)
		for (raised = 0; raised < 2; raised++) {
			start(ONE);
			stage_advance(&stage, raised ? 10 : 1);
			assert_null(shelve("w", HOUR_NS, raised ? 11 : 2));
			sequence = AGENT->outbox.sequence;
			stage_reload(&stage, next[i], raised ? 12 : 3);
			/* Receivers have the raise, and get the clear. */
			if (raised)
				assert_int_equal(notification(++sequence)->
				    withheld, NOTIFICATION_SHELVED);
			assert_int_equal(notification(++sequence)->change,
			    OPERATOR_CHANGE_UNSHELVED);
			assert_detail(sequence, "unshelved by hbwatchd: the "
			    "configuration changed");
			if (raised)
				assert_int_equal(notification(++sequence)->
				    event, NOTIFICATION_CLEARED);
			/* The alarm with the other key is another one. */
			if (raised && i == 2)
				assert_int_equal(notification(++sequence)->
				    event, NOTIFICATION_RAISED);
			assert_int_equal(AGENT->outbox.sequence, sequence);
			assert_int_equal(AGENT->shelved, 0);
			stop();
		}
}

/* Receivers never had the raise, so they do not get the clear. */
static void
removed_with_a_withheld_raise(void **state)
{
	(void)state;
	start(ONE);
	assert_null(shelve("w", HOUR_NS, 1));
	stage_advance(&stage, 10);
	stage_reload(&stage, COMMON, 11);
	assert_int_equal(notification(3)->withheld, NOTIFICATION_SHELVED);
	assert_changed(4, OPERATOR_CHANGE_UNSHELVED);
}

/* ---- restarts */

static void
kept_by_a_restart(void **state)
{
	(void)state;
	restart(ONE WATCH("v", "") WATCH("u", ""), 0, 0);
	stage_heartbeat(&stage, 2, 9);
	stage_advance(&stage, 10);
	assert_null(acknowledge("w", 11));
	assert_null(shelve("v", HOUR_NS, 12));
	/* Never raised. */
	assert_null(shelve("u", HOUR_NS, 13));
	save(13);
	restart(ONE WATCH("v", "") WATCH("u", ""), 20, 20);
	assert_int_equal(AGENT->outbox.sequence, 5);
	assert_operator(0, OPERATOR_ACKNOWLEDGED, "alice");
	assert_operator(1, OPERATOR_SHELVED, "bob");
	assert_operator(2, OPERATOR_SHELVED, "bob");
	assert_string_equal(alarm_of(1)->operator->text, "new switch");
	assert_counts(2, 0);
	assert_int_equal(alarm_of(2)->count, 0);
	assert_int_equal(AGENT->current.changed[2].ns, stage_mono(20).ns);
	assert_int_equal(operator_due(AGENT).ns, stage_mono(3612).ns);
	/* The history says who and why, too. */
	assert_detail(3, "acknowledged by alice: I look at it");
	assert_null(unshelve("v", 21));
	assert_changed(6, OPERATOR_CHANGE_UNSHELVED);
}

/* A new file has the alarms that were never raised, but shelved. */
static void
kept_by_a_new_file(void **state)
{
	(void)state;
	restart(ONE, 0, 0);
	assert_null(shelve("w", HOUR_NS, 1));
	save(1);
	assert_int_equal(unlink(scratch_path(&scratch, "state/hbwatchd.db")),
	    0);
	(void)unlink(scratch_path(&scratch, "state/hbwatchd.db-wal"));
	stage_capture(&stage, 0, SHARED_CAPTURE_FAILED, "x", 2);
	save(2);
	stage_capture(&stage, 0, SHARED_CAPTURE_RUNNING, "", 3);
	save(3);
	restart(ONE, 4, 4);
	assert_operator(0, OPERATOR_SHELVED, "bob");
	assert_counts(1, 0);
}

/* Both alarms of a watch, of which none was raised. */
static void
two_alarms_kept(void **state)
{
	(void)state;
	restart(COMMON GROUP(""), 0, 0);
	stage_heartbeat(&stage, 0, 1);
	assert_null(shelve("g", HOUR_NS, 2));
	assert_null(reset(0, 3));
	save(3);
	restart(COMMON GROUP(""), 4, 4);
	assert_operator(0, OPERATOR_NONE, "dave");
	assert_operator(1, OPERATOR_SHELVED, "bob");
	assert_int_equal(AGENT->outbox.sequence, 3);
}

/* What was withheld before the restart is notified after it. */
static void
withheld_before_a_restart(void **state)
{
	(void)state;
	restart(ONE WATCH("v", ""), 0, 0);
	stage_heartbeat(&stage, 1, 5);
	stage_advance(&stage, 15);
	assert_sent(2, NOTIFICATION_RAISED);
	assert_null(shelve("w", HOUR_NS, 16));
	assert_null(shelve("v", HOUR_NS, 16));
	stage_heartbeat(&stage, 1, 17);
	assert_withheld(5, NOTIFICATION_CLEARED);
	save(17);
	restart(ONE WATCH("v", ""), 18, 18);
	assert_int_equal(AGENT->outbox.sequence, 5);
	assert_int_equal(AGENT->outbox.pending, 0);
	assert_null(unshelve("v", 19));
	assert_sent(7, NOTIFICATION_CLEARED);
	assert_null(unshelve("w", 19));
	/* Receivers had this raise before the shelf. */
	assert_changed(8, OPERATOR_CHANGE_UNSHELVED);
	assert_int_equal(AGENT->serial, 2);
}

/* What follows a withheld raise in the file is sent after a restart. */
static void
sent_after_a_withheld_one(void **state)
{
	(void)state;
	restart(ONE, 0, 0);
	assert_null(shelve("w", HOUR_NS, 1));
	stage_advance(&stage, 10);
	assert_withheld(2, NOTIFICATION_RAISED);
	agent_notify_blind(AGENT, 0, true, "down", stage_wall(11));
	assert_int_equal(AGENT->outbox.sequence, 3);
	persistence_save_all(AGENT, stage_mono(11), SAVE_MS);
	restart(ONE, 12, 12);
	assert_int_equal(notification(3)->event, NOTIFICATION_BLIND);
	assert_int_equal(notification(3)->withheld, 0);
	assert_int_equal(notification(3)->delivery, NOTIFICATION_PENDING);
}

/* A raise that is notified late does not set the serials back. */
static void
serials_go_on(void **state)
{
	(void)state;
	restart(ONE WATCH("v", ""), 0, 0);
	assert_null(shelve("w", HOUR_NS, 1));
	stage_advance(&stage, 10);
	stage_heartbeat(&stage, 1, 11);
	stage_advance(&stage, 21);
	assert_int_equal(AGENT->serial, 3);
	assert_null(unshelve("w", 22));
	assert_int_equal(notification(AGENT->outbox.sequence)->alarm.serial,
	    1);
	save(22);
	restart(ONE WATCH("v", ""), 23, 23);
	assert_int_equal(AGENT->serial, 3);
	assert_int_equal(AGENT->last_change.ns, stage_wall(22).ns);
}

/* The shelf ends while hbwatchd is down, or while the clock is set. */
static void
clocks(void **state)
{
	(void)state;
	restart(ONE, 0, 0);
	assert_null(shelve("w", 60 * NSEC_PER_SEC, 1));
	save(1);
	restart(ONE, 100, 100);
	assert_int_equal(operator_due(AGENT).ns, stage_mono(100).ns);
	work(100);
	assert_changed(2, OPERATOR_CHANGE_UNSHELVED);
	save(100);
	/* The clock is set back: the rest is not longer than the whole. */
	assert_null(shelve("w", 60 * NSEC_PER_SEC, 101));
	save(101);
	restart(ONE, 50, 50);
	assert_int_equal(operator_due(AGENT).ns, stage_mono(110).ns);
	work(110);
	assert_int_equal(AGENT->shelved, 0);
}

/*
 * The clock stays set back.  The shelf begins again only once, so that it ends,
 * however often the process is restarted.
 */
static void
clock_stays_set_back(void **state)
{
	(void)state;
	restart(ONE, 2000, 2000);
	assert_null(shelve("w", 60 * NSEC_PER_SEC, 2001));
	save(2001);
	restart(ONE, 100, 100);
	assert_changed(2, OPERATOR_CHANGE_SHELVED);
	assert_int_equal(operator_due(AGENT).ns, stage_mono(160).ns);
	assert_int_equal(alarm_of(0)->operator->until.ns, stage_wall(160).ns);
	assert_operator(0, OPERATOR_SHELVED, "bob");
	save(100);
	restart(ONE, 140, 140);
	assert_int_equal(AGENT->outbox.sequence, 2);
	assert_int_equal(operator_due(AGENT).ns, stage_mono(160).ns);
	save(140);
	restart(ONE, 170, 170);
	work(170);
	assert_changed(3, OPERATOR_CHANGE_UNSHELVED);
	assert_int_equal(AGENT->shelved, 0);
}

/*
 * The process ended between two transactions: the end of the shelf is on disk,
 * but the raise that must follow is not.
 */
static void
ended_between_two_transactions(void **state)
{
	(void)state;
	restart(ONE, 0, 0);
	assert_null(shelve("w", HOUR_NS, 1));
	stage_advance(&stage, 10);
	assert_null(unshelve("w", 11));
	assert_sent(4, NOTIFICATION_RAISED);
	notification_release(outbox_find(&AGENT->outbox, 4));
	AGENT->outbox.count--;
	AGENT->outbox.sequence--;
	AGENT->outbox.pending--;
	persistence_save_all(AGENT, stage_mono(11), SAVE_MS);
	restart(ONE, 12, 12);
	assert_sent(4, NOTIFICATION_RAISED);
	assert_int_equal(notification(4)->alarm.serial, 1);
}

int
main(void)
{
#define T(test)	cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest	 tests[] = {
		T(acknowledged),
		T(unacknowledged),
		T(shelved_without_a_change),
		T(raised_while_shelved),
		T(cleared_while_shelved),
		T(both_while_shelved),
		T(cause_while_shelved),
		T(shelf_replaces_acknowledgement),
		T(shelf_ends),
		T(shelf_changed),
		T(many_changes),
		T(repeated_shelves),
		T(many_ends),
		T(refused),
		T(too_many_actions),
		T(two_alarms),
		T(storm),
		T(raised_again_in_a_storm),
		T(kept_by_a_reload),
		T(ended_by_a_reload),
		T(removed_with_a_withheld_raise),
		T(kept_by_a_restart),
		T(kept_by_a_new_file),
		T(two_alarms_kept),
		T(withheld_before_a_restart),
		T(sent_after_a_withheld_one),
		T(serials_go_on),
		T(clocks),
		T(clock_stays_set_back),
		T(ended_between_two_transactions),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
