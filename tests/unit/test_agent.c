/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The alarms and captures of the agent: reports of the engine, reconciliation,
 * reloads and storms.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <syslog.h>

#include "agent_watches.h"
#include "base/log.h"
#include "stage.h"
#include "table.h"

/* A watch with a known key and, in `more`, other options. */
#define FLOW(name, interface, peer, more) \
	"watch \"" name "\" { interface = " interface " peer = " peer " " \
	"heartbeat = \"udp 20053\" source = s service = v " more " }\n"
#define WATCH_OF(name, more)	FLOW(name, "eth0", "192.0.2.12", more)
#define WATCH(name, more) \
	WATCH_OF(name, "role = r host = h " more)

#define COMMON	"alarm 45640 { interruption = 10s }\n"

static struct stage	 stage;

#define AGENT	(&stage.agent)

static int
end(void **state)
{
	(void)state;
	stage_end(&stage);
	return (0);
}

static const struct alarm *
alarm_of(size_t i)
{
	return (&stage.agent.current.alarms[i]);
}

/* The i-th notification from 1. */
static const struct notification *
notification(uint32_t i)
{
	const struct notification	*n;

	n = outbox_find(&stage.agent.outbox, i);
	assert_non_null(n);
	return (n);
}

/* The key and the detail of the i-th notification. */
static const char *
key(uint32_t i)
{
	static char	 text[ALARM_KEY_SIZE];

	return (alarm_key(notification(i)->watch, text));
}

static const char *
detail(uint32_t i)
{
	static char	 text[NOTIFICATION_DETAIL_SIZE];

	return (notification_detail(notification(i), text));
}

/* The texts of a watch, as the tables show them. */
static const char *
key_of(size_t i)
{
	static char	 text[ALARM_KEY_SIZE];

	return (alarm_key(stage.agent.current.config->watches[i], text));
}

static const char *
detail_of(size_t i)
{
	static char	 text[ALARM_DETAIL_SIZE];

	return (alarm_detail(alarm_of(i),
	    stage.agent.current.config->watches[i], text));
}

static void
assert_notification(uint32_t i, enum notification_event event,
    const char *watch, double at)
{
	assert_int_equal(notification(i)->event, event);
	assert_string_equal(notification(i)->watch->name, watch);
	assert_int_equal(notification(i)->time.ns, stage_wall(at).ns);
	assert_int_equal(notification(i)->alarm.state,
	    event == NOTIFICATION_RAISED ? ALARM_RAISED : ALARM_CLEARED);
}

static void
assert_notifications(uint32_t count)
{
	assert_int_equal(stage.agent.outbox.sequence, count);
	assert_int_equal(stage.agent.outbox.count, count);
}

static enum severity
severity(const struct configuration_watch *w)
{
	return (w->profile->alarm->severity);
}

static void
assert_active(uint32_t critical, uint32_t major, uint32_t minor,
    uint32_t warning)
{
	const uint32_t	*active = stage.agent.active;

	assert_int_equal(active[SEVERITY_CRITICAL], critical);
	assert_int_equal(active[SEVERITY_MAJOR], major);
	assert_int_equal(active[SEVERITY_MINOR], minor);
	assert_int_equal(active[SEVERITY_WARNING], warning);
	assert_int_equal(stage.agent.active_all,
	    critical + major + minor + warning);
}

/* ---- raise and clear */

static void
cleared_at_first(void **state)
{
	(void)state;
	stage_begin(&stage, COMMON WATCH("w", ""));
	assert_notifications(0);
	assert_active(0, 0, 0, 0);
	assert_int_equal(alarm_state(alarm_of(0)), ALARM_CLEARED);
	assert_int_equal(alarm_cause(alarm_of(0)), CAUSE_UNKNOWN);
	assert_int_equal(alarm_of(0)->serial, 0);
	assert_int_equal(alarm_of(0)->sequence, 0);
	assert_int_equal(alarm_of(0)->count, 0);
	assert_string_equal(detail_of(0), "");
	assert_true(wall_is_never(alarm_of(0)->raised));
	assert_true(wall_is_never(alarm_of(0)->cleared));
	assert_true(wall_is_never(stage.agent.last_change));
	assert_string_equal(key_of(0), "s/v/r/h/w/45640");
}

static void
raised_and_cleared(void **state)
{
	const struct alarm	*a;

	(void)state;
	stage_begin(&stage, COMMON WATCH("w", ""));
	stage_heartbeat(&stage, 0, 1);
	stage_advance(&stage, 10.999);
	assert_notifications(0);
	stage_advance(&stage, 11);
	assert_notifications(1);
	assert_notification(1, NOTIFICATION_RAISED, "w", 11);
	assert_active(0, 0, 1, 0);
	a = alarm_of(0);
	assert_int_equal(a->state, ALARM_RAISED);
	assert_int_equal(a->cause, CAUSE_UNKNOWN);
	assert_int_equal(a->serial, 1);
	assert_int_equal(a->sequence, 1);
	assert_int_equal(a->count, 1);
	assert_int_equal(a->raised.ns, stage_wall(11).ns);
	assert_true(wall_is_never(a->cleared));
	assert_int_equal(a->last_heartbeat.ns, stage_wall(1).ns);
	assert_int_equal(stage.agent.last_change.ns, stage_wall(11).ns);

	stage_heartbeat(&stage, 0, 12.5);
	assert_notifications(2);
	assert_notification(2, NOTIFICATION_CLEARED, "w", 12.5);
	assert_active(0, 0, 0, 0);
	assert_int_equal(alarm_state(a), ALARM_CLEARED);
	assert_int_equal(a->serial, 1);
	assert_int_equal(a->sequence, 2);
	assert_int_equal(a->count, 1);
	assert_int_equal(a->raised.ns, stage_wall(11).ns);
	assert_int_equal(a->cleared.ns, stage_wall(12.5).ns);
	assert_int_equal(a->last_heartbeat.ns, stage_wall(12.5).ns);
	assert_int_equal(stage.agent.last_change.ns, stage_wall(12.5).ns);
	assert_non_null(strstr(detail_of(0), "1.500 s"));

	stage_heartbeat(&stage, 0, 13);
	stage_advance(&stage, 22);
	assert_notifications(2);
}

static void
causes(void **state)
{
	(void)state;
	stage_begin(&stage, COMMON WATCH("never", "") WATCH("stops", "")
	    FLOW("link", "eth1", "192.0.2.12", ""));
	stage_heartbeat(&stage, 1, 1);
	stage_heartbeat(&stage, 2, 1);
	detect_stopping(&stage.detect, 1, stage_mono(1.5));
	stage_capture(&stage, 1, SHARED_CAPTURE_DOWN, "", 2);
	stage_advance(&stage, 30);
	assert_int_equal(alarm_of(0)->cause, CAUSE_NEVER_HEARD);
	assert_true(wall_is_never(alarm_of(0)->last_heartbeat));
	assert_int_equal(alarm_of(1)->cause, CAUSE_INSTANCE_STOPPED);
	assert_int_equal(alarm_of(2)->cause, CAUSE_LINK_ABNORMAL);
	/* The cause of the last interruption stays. */
	stage_heartbeat(&stage, 1, 31);
	assert_int_equal(alarm_state(alarm_of(1)), ALARM_CLEARED);
	assert_int_equal(alarm_of(1)->cause, CAUSE_INSTANCE_STOPPED);
}

/* Serials count the raises of all alarms, sequences all notifications. */
static void
serials_and_sequences(void **state)
{
	(void)state;
	stage_begin(&stage, COMMON WATCH("a", "") WATCH("b", ""));
	stage_heartbeat(&stage, 0, 1);
	stage_heartbeat(&stage, 1, 2);
	stage_advance(&stage, 20);		/* raises a, b */
	stage_heartbeat(&stage, 1, 21);		/* clears b */
	stage_heartbeat(&stage, 0, 22);		/* clears a */
	stage_advance(&stage, 31.5);		/* raises b */
	assert_notifications(5);
	assert_notification(1, NOTIFICATION_RAISED, "a", 11);
	assert_notification(2, NOTIFICATION_RAISED, "b", 12);
	assert_notification(3, NOTIFICATION_CLEARED, "b", 21);
	assert_notification(4, NOTIFICATION_CLEARED, "a", 22);
	assert_notification(5, NOTIFICATION_RAISED, "b", 31);
	assert_int_equal(notification(1)->alarm.serial, 1);
	assert_int_equal(notification(2)->alarm.serial, 2);
	assert_int_equal(notification(3)->alarm.serial, 2);
	assert_int_equal(notification(4)->alarm.serial, 1);
	assert_int_equal(notification(5)->alarm.serial, 3);
	assert_int_equal(alarm_of(0)->sequence, 4);
	assert_int_equal(alarm_of(1)->sequence, 5);
	assert_int_equal(alarm_of(0)->count, 1);
	assert_int_equal(alarm_of(1)->count, 2);
	assert_int_equal(alarm_of(1)->serial, 3);
	/* Earlier notifications have not changed. */
	assert_int_equal(notification(2)->alarm.count, 1);
	assert_int_equal(notification(2)->alarm.sequence, 2);
}

static void
active_by_severity(void **state)
{
	(void)state;
	stage_begin(&stage,
	    "alarm 1 { name = c severity = critical interruption = 10s }\n"
	    "alarm 2 { name = j severity = major interruption = 10s }\n"
	    "alarm 3 { name = n severity = minor interruption = 10s }\n"
	    "alarm 4 { name = w severity = warning interruption = 10s }\n"
	    WATCH("1", "alarm = 1") WATCH("2", "alarm = 2")
	    WATCH("2b", "alarm = 2") WATCH("3", "alarm = 3")
	    WATCH("4", "alarm = 4") WATCH("4b", "alarm = 4")
	    WATCH("4c", "alarm = 4"));
	stage_advance(&stage, 11);
	assert_active(1, 2, 1, 3);
	stage_heartbeat(&stage, 1, 12);
	stage_heartbeat(&stage, 6, 12);
	assert_active(1, 1, 1, 2);
	stage_heartbeat(&stage, 0, 13);
	assert_active(0, 1, 1, 2);
}

/* ---- two active nodes */

#define VRRP(name, more) \
	"watch \"" name "\" { interface = eth0 heartbeat = \"vrrp 51\" " \
	"source = s service = v role = r host = h " more " }\n"

/* The alarm of two active nodes of a watch. */
static const struct alarm *
dual_of(size_t watch)
{
	return (alarm_of(alarm_positions_dual(
	    &stage.agent.current.shared->positions, watch)));
}

/* It is raised and cleared beside the alarm of the heartbeat. */
static void
dual_raised_and_cleared(void **state)
{
	(void)state;
	stage_begin(&stage, COMMON WATCH("w", "") VRRP("v", ""));
	stage_heartbeat(&stage, 0, 1);
	stage_heartbeat(&stage, 1, 1);
	assert_null(stage_dual(&stage, 1, 3));
	assert_notifications(1);
	assert_notification(1, NOTIFICATION_RAISED, "v", 3);
	assert_string_equal(key(1), "s/v/r/h/v/45640001");
	assert_string_equal(detail(1), "two nodes are active "
	    "(vrrp 51 on eth0)");
	assert_active(1, 0, 0, 0);
	assert_int_equal(dual_of(1)->cause, CAUSE_DUAL_ACTIVE);
	assert_int_equal(dual_of(1)->last_heartbeat.ns, stage_wall(1).ns);
	assert_int_equal(alarm_state(alarm_of(1)), ALARM_CLEARED);

	stage_advance(&stage, 11);
	assert_notifications(3);
	assert_active(1, 0, 2, 0);
	assert_string_equal(key(3), "s/v/r/h/v/45640");
	stage_heartbeat(&stage, 1, 12);
	assert_active(1, 0, 1, 0);
	assert_null(stage_dual(&stage, 1, 13));
	assert_notifications(5);
	assert_notification(5, NOTIFICATION_CLEARED, "v", 13);
	assert_string_equal(key(5), "s/v/r/h/v/45640001");
	assert_string_equal(detail(5), "only one node is active; the alarm "
	    "was active for 10.000 s");
	assert_int_equal(notification(5)->alarm.serial,
	    notification(1)->alarm.serial);
	assert_active(0, 0, 1, 0);
}

/* The detail names the floating IP and one of the nodes, not this host. */
static void
dual_names_a_node(void **state)
{
	struct dual_sender	*s;
	struct addr		 address;

	(void)state;
	stage_begin(&stage, VRRP("v", "floating-ip = 192.0.2.10")
	    VRRP("u", ""));
	assert_true(addr_parse("192.0.2.12", &address));
	s = stage.agent.current.shared->duals[0].senders;
	s[0] = (struct dual_sender){
		.active_ns = NSEC_PER_SEC, .address = address,
		.mac = { { 2, 0, 0, 0, 0, 0x12 } },
	};
	s[1] = (struct dual_sender){
		.active_ns = NSEC_PER_SEC, .flags = DUAL_HERE,
		.mac = { { 2, 0, 0, 0, 0, 0x11 } },
	};
	assert_null(stage_dual(&stage, 0, 3));
	assert_string_equal(detail(1), "two nodes are active (vrrp 51 on "
	    "eth0), floating IP 192.0.2.10; one of them is 192.0.2.12, MAC "
	    "address 02:00:00:00:00:12");
	s = stage.agent.current.shared->duals[1].senders;
	s[2] = (struct dual_sender){
		.active_ns = NSEC_PER_SEC, .flags = DUAL_CLAIMS,
		.mac = { { 2, 0, 0, 0, 0, 0x13 } },
	};
	assert_null(stage_dual(&stage, 1, 4));
	assert_string_equal(detail(2), "two nodes are active (vrrp 51 on "
	    "eth0); one of them is MAC address 02:00:00:00:00:13");
}

/* One node must be active for the interruption time before the clear. */
static void
dual_cleared_too_early(void **state)
{
	(void)state;
	stage_begin(&stage, VRRP("v", ""));
	assert_null(stage_dual(&stage, 0, 3));
	assert_string_equal(stage_dual(&stage, 0, 7.9),
	    "a clear before its time");
	assert_notifications(1);
	assert_null(stage_dual(&stage, 0, 8));
	/* The next raise has no deadline. */
	assert_null(stage_dual(&stage, 0, 8));
	assert_int_equal(dual_of(0)->state, ALARM_RAISED);
	assert_notifications(3);
}

/* The engine was killed before it sent its reports; the row has them. */
static void
dual_reports_missing(void **state)
{
	struct dual	*row;

	(void)state;
	stage_begin(&stage, WATCH("w", "") VRRP("v", ""));
	row = &AGENT->current.shared->duals[0];
	row->transitions = 1;
	row->raised = true;
	row->raised_at = stage_mono(3);
	row->both = stage_mono(4);
	agent_reconcile(AGENT, stage_mono(5), stage_wall(5));
	assert_notifications(1);
	assert_notification(1, NOTIFICATION_RAISED, "v", 3);
	assert_int_equal(dual_of(1)->cause, CAUSE_DUAL_ACTIVE);
	assert_int_equal(row->both.ns, stage_mono(4).ns);

	/* Cleared, raised and cleared again. */
	row->transitions = 4;
	row->raised = false;
	row->raised_at = stage_mono(20);
	row->cleared_at = stage_mono(30);
	agent_reconcile(AGENT, stage_mono(40), stage_wall(40));
	assert_notifications(2);
	assert_notification(2, NOTIFICATION_CLEARED, "v", 30);
	assert_int_equal(row->transitions, 2);
	assert_int_equal(row->raised, 0);
	assert_active(0, 0, 0, 0);
}

/* The alarm does not depend on rows of an engine that sent invalid reports. */
static void
dual_of_an_invalid_engine(void **state)
{
	struct dual	*row;

	(void)state;
	stage_begin(&stage, WATCH("w", "") VRRP("v", ""));
	assert_null(stage_dual(&stage, 1, 3));
	row = &AGENT->current.shared->duals[0];
	memset(row->senders, 0x33, sizeof(row->senders));
	row->transitions = 6;
	row->owner = DUAL_OWNER_HERE;
	agent_distrust(AGENT, stage_mono(9));
	assert_notifications(1);
	assert_int_equal(row->transitions, 1);
	assert_int_equal(row->raised, 1);
	assert_int_equal(row->raised_at.ns, stage_mono(3).ns);
	assert_int_equal(row->both.ns, stage_mono(9).ns);
	assert_int_equal(row->owner, DUAL_OWNER_UNKNOWN);
	assert_int_equal(dual_actives(row, stage_mono(9)), 0);
}

/* There is no alarm behind the last position, and a disabled one has none. */
static void
dual_of_no_watch(void **state)
{
	struct engine_event	 e;

	(void)state;
	stage_begin(&stage, WATCH("w", "") VRRP("v", "") VRRP("off",
	    "enabled = false"));
	assert_null(stage_dual(&stage, 1, 3));
	e = stage.event;
	e.number = 1;
	e.transition = DETECT_RAISED;
	e.watch = 5;
	assert_string_equal(stage_report(&stage, &e), "no such watch");
	assert_string_equal(stage_dual(&stage, 2, 4),
	    "the watch is disabled");
	assert_notifications(1);
}

/* Begins with an active alarm of each kind, and reloads. */
static void
reload_with_dual(const char *text)
{
	stage_begin(&stage, COMMON VRRP("v", "") WATCH("w", ""));
	assert_null(stage_dual(&stage, 0, 3));
	stage_advance(&stage, 10);
	assert_notifications(3);
	assert_active(1, 0, 2, 0);
	stage_reload(&stage, text, 20);
}

static void
dual_unchanged(void **state)
{
	(void)state;
	/* Its position changes, and its severity. */
	reload_with_dual(COMMON "alarm 45640001 { severity = major }\n"
	    WATCH("x", "") VRRP("u", "") WATCH("w", "") VRRP("v", ""));
	assert_notifications(3);
	assert_active(0, 1, 2, 0);
	assert_int_equal(dual_of(3)->state, ALARM_RAISED);
	assert_int_equal(dual_of(3)->serial, 1);
	assert_int_equal(alarm_state(dual_of(1)), ALARM_CLEARED);
	assert_null(stage_dual(&stage, 3, 21));
	assert_notifications(4);
	assert_notification(4, NOTIFICATION_CLEARED, "v", 21);
	assert_active(0, 0, 2, 0);
}

static void
dual_switched_off(void **state)
{
	(void)state;
	reload_with_dual(COMMON VRRP("v", "dual-active = none")
	    WATCH("w", ""));
	assert_notifications(4);
	assert_notification(4, NOTIFICATION_CLEARED, "v", 20);
	assert_string_equal(key(4), "s/v/r/h/v/45640001");
	assert_string_equal(detail(4),
	    "the watch has this alarm no longer");
	assert_int_equal(alarm_clear_type(&notification(4)->alarm),
	    ALARM_CLEARED_BY_CONFIGURATION);
	assert_active(0, 0, 2, 0);
	/* It can come back as a new alarm. */
	stage_reload(&stage, COMMON VRRP("v", "") WATCH("w", ""), 21);
	assert_notifications(4);
	assert_int_equal(dual_of(0)->count, 0);
	assert_null(stage_dual(&stage, 0, 22));
}

static void
dual_of_another_id(void **state)
{
	(void)state;
	reload_with_dual(COMMON "alarm 7 { name = two severity = warning }\n"
	    VRRP("v", "dual-active = 7") WATCH("w", ""));
	assert_notifications(5);
	assert_notification(4, NOTIFICATION_CLEARED, "v", 20);
	assert_string_equal(key(4), "s/v/r/h/v/45640001");
	assert_notification(5, NOTIFICATION_RAISED, "v", 20);
	assert_string_equal(key(5), "s/v/r/h/v/7");
	assert_string_equal(detail(5), "two nodes are active "
	    "(vrrp 51 on eth0)");
	assert_active(0, 0, 2, 1);
	stage_reload(&stage, COMMON VRRP("v", "") WATCH("w", ""), 30);
	assert_notifications(7);
	assert_active(1, 0, 2, 0);
}

static void
dual_of_a_removed_watch(void **state)
{
	(void)state;
	reload_with_dual(COMMON WATCH("w", ""));
	assert_notifications(5);
	assert_string_equal(key(4), "s/v/r/h/v/45640");
	assert_string_equal(key(5), "s/v/r/h/v/45640001");
	assert_string_equal(detail(5), "the watch was removed from the "
	    "configuration");
	assert_active(0, 0, 1, 0);
}

/* A watch that is renamed is a new watch. */
static void
dual_of_a_renamed_watch(void **state)
{
	(void)state;
	reload_with_dual(COMMON VRRP("v2", "") WATCH("w", ""));
	assert_notifications(5);
	assert_active(0, 0, 1, 0);
	assert_int_equal(dual_of(0)->count, 0);
}

static void
dual_of_a_disabled_watch(void **state)
{
	(void)state;
	reload_with_dual(COMMON VRRP("v", "enabled = false") WATCH("w", ""));
	assert_notifications(5);
	assert_string_equal(key(4), "s/v/r/h/v/45640001");
	assert_string_equal(detail(4), "the watch was disabled");
	assert_string_equal(key(5), "s/v/r/h/v/45640");
	assert_active(0, 0, 1, 0);
	stage_reload(&stage, COMMON VRRP("v", "") WATCH("w", ""), 30);
	assert_notifications(5);
	assert_null(stage_dual(&stage, 0, 31));
	assert_notifications(6);
}

/* The limit of a storm is for alarms of both kinds. */
static void
dual_in_a_storm(void **state)
{
	(void)state;
	stage_begin(&stage, "storm = 2 in 5s\n" COMMON VRRP("a", "")
	    VRRP("b", "") VRRP("c", "") VRRP("d", ""));
	assert_null(stage_dual(&stage, 0, 1));
	assert_null(stage_dual(&stage, 1, 1));
	assert_null(stage_dual(&stage, 2, 1));
	assert_null(stage_dual(&stage, 3, 1));
	assert_notifications(4);
	assert_active(4, 0, 0, 0);
	assert_false(notification_is_summarised(notification(2)));
	assert_true(notification_is_summarised(notification(3)));
	assert_true(notification_is_summarised(notification(4)));
	agent_storm(&stage.agent, stage_mono(7), stage_wall(7));
	assert_int_equal(notification(5)->event, NOTIFICATION_STORM);
	assert_int_equal(notification(5)->storm.raised, 2);
}

/* ---- reports that are repeated, late or lost */

/*
 * Raises every 10.1 s, in the past, with a clear after each.  Returns how many
 * raises were accepted.
 */
static unsigned
report_past(double from, double to)
{
	struct engine_event	 e = { .received = 1 };
	unsigned		 n;

	for (n = 0; from <= to; from += 10.1, n++) {
		e.number = alarm_of(0)->transitions + 1;
		e.transition = DETECT_RAISED;
		e.at = stage_mono(from);
		if (stage_report(&stage, &e) != NULL)
			return (n);
		e.number++;
		e.transition = DETECT_CLEARED;
		e.at = stage_mono(from + 0.001);
		assert_null(stage_report(&stage, &e));
	}
	return (n);
}

static void
count_line(void *arg, int priority, const char *line)
{
	unsigned	*lines = arg;

	*lines += priority <= LOG_WARNING &&
	    strstr(line, "the engine left invalid values") != NULL;
}

/* One engine after the other leaves an invalid row. */
static void
invalid_rows_again_and_again(void **state)
{
	unsigned	 lines = 0, i;

	(void)state;
	stage_begin(&stage, COMMON WATCH("w", ""));
	log_redirect(count_line, &lines);
	for (i = 0; i < 100; i++) {
		stage.agent.current.shared->watches[0].transitions = i + 1000;
		agent_reconcile(&stage.agent, stage_mono(1), stage_wall(1));
	}
	assert_int_equal(lines, 20);
	stage.agent.current.shared->watches[0].transitions = 1000;
	agent_reconcile(&stage.agent, stage_mono(31), stage_wall(31));
	assert_int_equal(lines, 21);
	log_redirect(NULL, NULL);
}

static void
count_raise(void *arg, int priority, const char *line)
{
	unsigned	*lines = arg;

	*lines += priority == LOG_WARNING && strstr(line, "raised") != NULL;
}

/* Many alarms are raised in a turn of the loop, but few are logged in it. */
static void
alarms_are_logged_later(void **state)
{
	unsigned	 lines = 0;

	(void)state;
	stage_begin(&stage, "storm = off\nwatch w { interface = eth0 "
	    "peer = 10.0.0.0/26 heartbeat = ip interruption = 10s }\n");
	log_redirect(count_raise, &lines);
	stage_advance(&stage, 11);
	assert_int_equal(stage.agent.active_all, 64);
	assert_int_equal(lines, 0);
	assert_true(agent_log_changes(&stage.agent));
	assert_int_equal(lines, 32);
	assert_false(agent_log_changes(&stage.agent));
	assert_int_equal(lines, 64);
	assert_false(agent_log_changes(&stage.agent));
	assert_int_equal(lines, 64);
	log_redirect(NULL, NULL);
}

/* A lying engine reports many silences; a reload gives it no more of them. */
static void
too_many_raises(void **state)
{
	(void)state;
	stage_begin(&stage, COMMON WATCH("w", ""));
	stage_advance(&stage, 11);
	stage_heartbeat(&stage, 0, 12);
	stage.agent.now = stage_mono(10000);
	stage.agent.reports_read = stage_mono(9990);
	/* From 9960 to 10000, with both ends. */
	assert_int_equal(report_past(100, 9000), 5);
	stage_reload(&stage, COMMON WATCH("w", ""), 10000);
	assert_int_equal(report_past(1000, 9000), 0);
	/* A correct engine may continue. */
	stage.agent.now = stage.agent.reports_read = stage_mono(10010);
	assert_int_equal(report_past(10010, 10010), 1);
}

/* A report that comes again or too late is no report of a correct engine. */
static void
doubled_and_late_reports(void **state)
{
	struct engine_event	 raise, clear, again;

	(void)state;
	stage_begin(&stage, COMMON WATCH("w", ""));
	stage_advance(&stage, 11);
	raise = stage.event;
	assert_null(stage.wrong);
	assert_non_null(stage_report(&stage, &raise));
	assert_notifications(1);
	stage_heartbeat(&stage, 0, 12);
	clear = stage.event;
	assert_null(stage.wrong);
	assert_non_null(stage_report(&stage, &clear));
	assert_non_null(stage_report(&stage, &raise));
	assert_notifications(2);
	assert_active(0, 0, 0, 0);
	assert_int_equal(alarm_state(alarm_of(0)), ALARM_CLEARED);
	stage_advance(&stage, 23);
	again = stage.event;
	assert_null(stage.wrong);
	assert_notifications(3);
	assert_non_null(stage_report(&stage, &clear));
	assert_non_null(stage_report(&stage, &raise));
	assert_non_null(stage_report(&stage, &again));
	assert_notifications(3);
	assert_active(0, 0, 1, 0);
	assert_int_equal(alarm_of(0)->state, ALARM_RAISED);
}

/* An active alarm is not raised again, a cleared one not cleared again. */
static void
reports_of_the_same_kind(void **state)
{
	struct engine_event	 e;

	(void)state;
	stage_begin(&stage, COMMON WATCH("w", ""));
	stage_advance(&stage, 11);
	e = stage.event;
	e.number = 3;
	assert_non_null(stage_report(&stage, &e));
	e.number = 2;
	assert_non_null(stage_report(&stage, &e));
	assert_notifications(1);
	assert_active(0, 0, 1, 0);
	e.transition = DETECT_CLEARED;
	assert_null(stage_report(&stage, &e));
	assert_notifications(2);
	e.number = 3;
	assert_non_null(stage_report(&stage, &e));
	e.number = 4;
	assert_non_null(stage_report(&stage, &e));
	assert_notifications(2);
	assert_active(0, 0, 0, 0);
}

static void
reports_of_unknown_rows(void **state)
{
	struct engine_event	 e;
	struct engine_message	 m = {
		.type = ENGINE_CAPTURE, .state = SHARED_CAPTURE_FAILED,
	};

	(void)state;
	stage_begin(&stage, COMMON WATCH("w", "")
	    WATCH("off", "enabled = false"));
	stage_advance(&stage, 11);
	e = stage.event;
	e.watch = 1;		/* it is disabled */
	assert_non_null(stage_report(&stage, &e));
	e.watch = 2;
	assert_non_null(stage_report(&stage, &e));
	e.watch = UINT32_MAX;
	assert_non_null(stage_report(&stage, &e));
	m.capture = 1;
	assert_non_null(agent_capture_event(AGENT, &m, stage_wall(12)));
	m.capture = 0;
	m.state = 0;
	assert_non_null(agent_capture_event(AGENT, &m, stage_wall(12)));
	m.state = SHARED_CAPTURE_FAILED + 1;
	assert_non_null(agent_capture_event(AGENT, &m, stage_wall(12)));
	assert_notifications(1);
}

static void
reconcile_without_a_loss(void **state)
{
	(void)state;
	stage_begin(&stage, COMMON WATCH("a", "") WATCH("b", ""));
	stage_heartbeat(&stage, 0, 1);
	stage_advance(&stage, 10.5);		/* raises b */
	agent_reconcile(AGENT, stage_mono(15), stage_wall(15));
	agent_reconcile(AGENT, stage_mono(16), stage_wall(16));
	assert_notifications(1);
	assert_active(0, 0, 1, 0);
}

static void
reconcile_a_lost_raise(void **state)
{
	(void)state;
	stage_begin(&stage, COMMON WATCH("w", ""));
	stage_heartbeat(&stage, 0, 1);
	stage.lose = true;
	stage_advance(&stage, 14);
	assert_notifications(0);
	agent_reconcile(AGENT, stage_mono(20), stage_wall(20));
	assert_notifications(1);
	/* It has the time of the raise, not of the reconciliation. */
	assert_notification(1, NOTIFICATION_RAISED, "w", 11);
	assert_int_equal(alarm_of(0)->last_heartbeat.ns, stage_wall(1).ns);
	assert_int_equal(alarm_of(0)->serial, 1);
	assert_active(0, 0, 1, 0);
	agent_reconcile(AGENT, stage_mono(20), stage_wall(20));
	assert_notifications(1);
	/* The next report has an effect again. */
	stage.lose = false;
	stage_heartbeat(&stage, 0, 21);
	assert_notifications(2);
	assert_notification(2, NOTIFICATION_CLEARED, "w", 21);
	assert_int_equal(alarm_of(0)->serial, 1);
}

static void
reconcile_a_lost_clear(void **state)
{
	(void)state;
	stage_begin(&stage, COMMON WATCH("w", ""));
	stage_heartbeat(&stage, 0, 1);
	stage_advance(&stage, 14);
	stage.lose = true;
	stage_heartbeat(&stage, 0, 15);
	agent_reconcile(AGENT, stage_mono(20), stage_wall(20));
	assert_notifications(2);
	assert_notification(2, NOTIFICATION_CLEARED, "w", 15);
	assert_int_equal(alarm_of(0)->serial, 1);
	assert_non_null(strstr(detail_of(0), "4.000 s"));
	assert_active(0, 0, 0, 0);
}

static void
reconcile_a_lost_pair(void **state)
{
	(void)state;
	stage_begin(&stage, COMMON WATCH("w", ""));
	stage_heartbeat(&stage, 0, 1);
	stage.lose = true;
	stage_heartbeat(&stage, 0, 15);
	agent_reconcile(AGENT, stage_mono(20), stage_wall(20));
	assert_notifications(2);
	assert_notification(1, NOTIFICATION_RAISED, "w", 11);
	assert_notification(2, NOTIFICATION_CLEARED, "w", 15);
	assert_active(0, 0, 0, 0);
}

/* A clear and the raise after it stay in the order of time. */
static void
reconcile_a_lost_clear_and_raise(void **state)
{
	(void)state;
	stage_begin(&stage, COMMON WATCH("w", ""));
	stage_heartbeat(&stage, 0, 1);
	stage_advance(&stage, 14);		/* raised at 11 */
	stage.lose = true;
	stage_heartbeat(&stage, 0, 15);		/* cleared */
	stage_heartbeat(&stage, 0, 16);
	stage_advance(&stage, 30);		/* raised at 26 */
	agent_reconcile(AGENT, stage_mono(40), stage_wall(40));
	assert_notifications(3);
	assert_int_equal(notification(2)->event, NOTIFICATION_CLEARED);
	assert_int_equal(notification(2)->alarm.serial, 1);
	/* It ended with the last heartbeat at the latest. */
	assert_int_equal(notification(2)->time.ns, stage_wall(16).ns);
	assert_non_null(strstr(detail(2), "5.000 s"));
	assert_notification(3, NOTIFICATION_RAISED, "w", 26);
	assert_int_equal(notification(3)->alarm.serial, 2);
	assert_active(0, 0, 1, 0);
}

static void
reconcile_a_long_series(void **state)
{
	uint32_t	 i, before, lost;
	double		 t;

	(void)state;
	for (before = 0; before <= 1; before++)
		for (lost = 1; lost <= 9; lost++) {
			stage_begin(&stage, COMMON WATCH("w", ""));
			stage_heartbeat(&stage, 0, t = 1);
			if (before == 1)
				stage_advance(&stage, t += 12);
			stage.lose = true;
			for (i = before; i < before + lost; i++)
				if (i % 2 == 0)
					stage_advance(&stage, t += 12);
				else
					stage_heartbeat(&stage, 0, t += 1);
			assert_int_equal(
			    stage.agent.current.shared->watches[0].transitions,
			    before + lost);
			agent_reconcile(AGENT, stage_mono(t), stage_wall(t));
			print_message("# raised before: %u, lost: %u, "
			    "notifications: %u\n", before, lost,
			    stage.agent.outbox.sequence);
			/* The agent counts what it has applied. */
			assert_int_equal(alarm_of(0)->transitions,
			    before + (lost % 2 == 1 ? 1 : 2));
			assert_int_equal(
			    stage.agent.current.shared->watches[0].transitions,
			    alarm_of(0)->transitions);
			assert_int_equal(alarm_of(0)->state,
			    (before + lost) % 2 == 1 ? ALARM_RAISED :
			    ALARM_CLEARED);
			/* Only the last one or the last pair is rebuilt. */
			assert_int_equal(stage.agent.outbox.sequence,
			    before + (lost % 2 == 1 ? 1 : 2));
			for (i = 1; i <= stage.agent.outbox.sequence; i++)
				assert_int_equal(notification(i)->event,
				    i % 2 == 1 ? NOTIFICATION_RAISED :
				    NOTIFICATION_CLEARED);
			for (i = 2; i <= stage.agent.outbox.sequence; i++)
				assert_true(notification(i)->time.ns >=
				    notification(i - 1)->time.ns);
			stage_end(&stage);
		}
	stage_begin(&stage, COMMON);
}

/* After any loss of reports the alarms agree with the rows. */
static void
reconcile_any_loss(void **state)
{
	uint32_t	 pattern, i, raises, clears;
	double		 t;

	(void)state;
	for (pattern = 0; pattern < 1u << 8; pattern++) {
		stage_begin(&stage, COMMON WATCH("w", ""));
		stage_heartbeat(&stage, 0, t = 1);
		for (i = 0; i < 8; i++) {
			stage.lose = (pattern >> i & 1) != 0;
			if (i % 2 == 0)
				stage_advance(&stage, t += 12);
			else
				stage_heartbeat(&stage, 0, t += 1);
		}
		agent_reconcile(AGENT, stage_mono(t), stage_wall(t));
		raises = clears = 0;
		for (i = 1; i <= stage.agent.outbox.sequence; i++) {
			assert_int_equal(notification(i)->event, i % 2 == 1 ?
			    NOTIFICATION_RAISED : NOTIFICATION_CLEARED);
			raises += notification(i)->event ==
			    NOTIFICATION_RAISED;
			clears += notification(i)->event ==
			    NOTIFICATION_CLEARED;
		}
		assert_int_equal(raises, clears);
		assert_int_equal(alarm_state(alarm_of(0)), ALARM_CLEARED);
		assert_active(0, 0, 0, 0);
		stage_end(&stage);
	}
	stage_begin(&stage, COMMON);
}

/* ---- reload */

static void
reload_unchanged(void **state)
{
	static const char	 text[] = COMMON
	    WATCH("up", "") WATCH("down", "");
	struct alarm		 before;

	(void)state;
	stage_begin(&stage, text);
	stage_heartbeat(&stage, 1, 1);
	stage_heartbeat(&stage, 0, 9);
	stage_advance(&stage, 12);		/* raises "down" */
	before = *alarm_of(1);
	stage_reload(&stage, text, 13);
	assert_notifications(1);
	assert_active(0, 0, 1, 0);
	assert_int_equal(stage.agent.config_time.ns, stage_wall(13).ns);
	assert_int_equal(stage.agent.last_change.ns, stage_wall(11).ns);
	/* Only notifications still refer to the old configuration. */
	assert_int_equal(notification(1)->watch->references, 1);
	assert_memory_equal(alarm_of(1), &before, sizeof(before));
	assert_string_equal(key_of(1), "s/v/r/h/down/45640");
	assert_int_equal(stage.agent.current.shared->watches[0].heartbeats, 1);
	/* The silence of the other watch continues. */
	stage_advance(&stage, 18.9);
	assert_notifications(1);
	stage_advance(&stage, 19);
	assert_notification(2, NOTIFICATION_RAISED, "up", 19);
	stage_heartbeat(&stage, 1, 20);
	assert_notification(3, NOTIFICATION_CLEARED, "down", 20);
	assert_int_equal(notification(3)->alarm.serial, 1);
}

static void
reload_in_another_order(void **state)
{
	(void)state;
	stage_begin(&stage, COMMON WATCH("a", "") WATCH("b", "")
	    WATCH("c", ""));
	stage_heartbeat(&stage, 0, 9);
	stage_heartbeat(&stage, 2, 9);
	stage_advance(&stage, 12);		/* raises b */
	stage_reload(&stage, COMMON WATCH("c", "") WATCH("new", "")
	    WATCH("b", "") WATCH("a", ""), 13);
	assert_notifications(1);
	assert_int_equal(stage.agent.current.indexes[0], 3);
	assert_int_equal(stage.agent.current.indexes[1], 4);
	assert_int_equal(stage.agent.current.indexes[2], 2);
	assert_int_equal(stage.agent.current.indexes[3], 1);
	assert_int_equal(alarm_of(2)->state, ALARM_RAISED);
	assert_string_equal(stage.agent.current.config->watches[2]->name, "b");
	stage_heartbeat(&stage, 2, 14);
	assert_notification(2, NOTIFICATION_CLEARED, "b", 14);
}

static void
index_of_a_name_is_permanent(void **state)
{
	(void)state;
	stage_begin(&stage, COMMON WATCH("a", "") WATCH("b", ""));
	stage_reload(&stage, COMMON WATCH("b", ""), 1);
	assert_int_equal(stage.agent.current.indexes[0], 2);
	stage_reload(&stage, COMMON WATCH("c", "") WATCH("b", ""), 2);
	assert_int_equal(stage.agent.current.indexes[0], 3);
	assert_int_equal(stage.agent.current.indexes[1], 2);
	stage_reload(&stage, COMMON, 3);
	stage_reload(&stage, COMMON WATCH("d", "") WATCH("a", ""), 4);
	assert_int_equal(stage.agent.current.indexes[0], 4);
	assert_int_equal(stage.agent.current.indexes[1], 1);
}

/* Raise and clear must have the same key, so the old alarm is cleared. */
static void
key_changed_while_raised(void **state)
{
	(void)state;
	stage_begin(&stage, COMMON WATCH("w", ""));
	stage_heartbeat(&stage, 0, 1);
	stage_advance(&stage, 12);
	stage_reload(&stage, COMMON WATCH_OF("w", "role = other host = h"), 15);
	assert_notifications(3);
	assert_notification(2, NOTIFICATION_CLEARED, "w", 15);
	assert_string_equal(key(2), "s/v/r/h/w/45640");
	assert_int_equal(notification(2)->alarm.serial, 1);
	assert_notification(3, NOTIFICATION_RAISED, "w", 15);
	assert_string_equal(key(3), "s/v/other/h/w/45640");
	assert_int_equal(notification(3)->alarm.serial, 2);
	assert_int_equal(notification(3)->alarm.last_heartbeat.ns,
	    stage_wall(1).ns);
	assert_active(0, 0, 1, 0);
	assert_int_equal(alarm_of(0)->count, 1);
	assert_int_equal(alarm_of(0)->sequence, 3);
	/* Later events are not ignored as repeated ones. */
	stage_heartbeat(&stage, 0, 16);
	assert_notifications(4);
	assert_notification(4, NOTIFICATION_CLEARED, "w", 16);
	assert_string_equal(key(4), "s/v/other/h/w/45640");
	assert_int_equal(notification(4)->alarm.serial, 2);
	assert_active(0, 0, 0, 0);
}

/* The wall clock was set back since the raise. */
static void
key_changed_and_clock_set(void **state)
{
	struct configuration	*config;
	struct shared_state	*shared;

	(void)state;
	stage_begin(&stage, COMMON WATCH("w", ""));
	stage_heartbeat(&stage, 0, 1);
	stage_advance(&stage, 12);
	config = stage_configuration(COMMON WATCH_OF("w", "role = other"));
	shared = shared_state_new(config, stage_mono(15));
	assert_non_null(shared);
	assert_true(agent_configure(AGENT, config, shared, stage_wall(-300)));
	assert_notifications(3);
	assert_int_equal(notification(3)->event, NOTIFICATION_RAISED);
	/* It was silent for the interruption time at least. */
	assert_int_equal(notification(3)->alarm.span_ns, 10 * NSEC_PER_SEC);
}

static void
key_changed_while_cleared(void **state)
{
	(void)state;
	stage_begin(&stage, COMMON WATCH("w", ""));
	stage_advance(&stage, 12);
	stage_heartbeat(&stage, 0, 13);
	stage_reload(&stage, COMMON WATCH_OF("w", "role = r host = k"), 15);
	assert_notifications(2);
	assert_int_equal(alarm_of(0)->count, 0);
	assert_int_equal(alarm_of(0)->serial, 0);
	stage_advance(&stage, 24);
	assert_notifications(3);
	assert_notification(3, NOTIFICATION_RAISED, "w", 23);
	assert_int_equal(notification(3)->alarm.serial, 2);
}

/* Another alarm id is another key, and another row. */
static void
alarm_changed_while_raised(void **state)
{
	(void)state;
	stage_begin(&stage, COMMON WATCH("w", ""));
	stage_advance(&stage, 12);
	stage_reload(&stage, COMMON WATCH("w", "alarm = 12010"), 15);
	assert_notifications(3);
	assert_int_equal(notification(2)->watch->profile->alarm->id, 45640);
	assert_int_equal(notification(2)->event, NOTIFICATION_CLEARED);
	assert_int_equal(notification(3)->watch->profile->alarm->id, 12010);
	assert_int_equal(notification(3)->event, NOTIFICATION_RAISED);
	assert_int_equal(notification(3)->alarm.cause, CAUSE_NEVER_HEARD);
	assert_active(0, 1, 0, 0);
}

static void
removed_while_raised(void **state)
{
	(void)state;
	stage_begin(&stage, COMMON WATCH("a", "") WATCH("b", ""));
	stage_heartbeat(&stage, 1, 9);
	stage_advance(&stage, 12);
	stage_reload(&stage, COMMON WATCH("b", ""), 15);
	assert_notifications(2);
	assert_notification(2, NOTIFICATION_CLEARED, "a", 15);
	assert_int_equal(notification(2)->alarm.serial, 1);
	assert_int_equal(notification(2)->alarm.cleared.ns, stage_wall(15).ns);
	assert_non_null(strstr(detail(2), "removed"));
	assert_active(0, 0, 0, 0);
	/* If it is configured again, it is a new watch. */
	stage_reload(&stage, COMMON WATCH("b", "") WATCH("a", ""), 16);
	assert_notifications(2);
	assert_int_equal(alarm_of(1)->count, 0);
	stage_heartbeat(&stage, 0, 18);
	stage_advance(&stage, 26.5);
	assert_notifications(3);
	assert_notification(3, NOTIFICATION_RAISED, "a", 26);
	assert_int_equal(notification(3)->alarm.serial, 2);
}

static void
removed_while_cleared(void **state)
{
	(void)state;
	stage_begin(&stage, COMMON WATCH("a", "") WATCH("b", ""));
	stage_reload(&stage, COMMON, 2);
	assert_notifications(0);
	assert_int_equal(stage.agent.current.config->nwatches, 0);
}

static void
disabled_while_raised(void **state)
{
	(void)state;
	stage_begin(&stage, COMMON WATCH("w", ""));
	stage_heartbeat(&stage, 0, 1);
	stage_advance(&stage, 12);
	stage_reload(&stage, COMMON WATCH("w", "enabled = false"), 15);
	assert_notifications(2);
	assert_notification(2, NOTIFICATION_CLEARED, "w", 15);
	assert_int_equal(notification(2)->alarm.serial, 1);
	assert_int_equal(notification(2)->alarm.cleared.ns, stage_wall(15).ns);
	assert_non_null(strstr(detail(2), "disabled"));
	assert_active(0, 0, 0, 0);
	stage_heartbeat(&stage, 0, 16);
	stage_advance(&stage, 40);
	assert_notifications(2);
	/* If it is enabled, it starts again; raise and clear alternate. */
	stage_reload(&stage, COMMON WATCH("w", ""), 50);
	assert_notifications(2);
	stage_advance(&stage, 61);
	assert_notifications(3);
	assert_notification(3, NOTIFICATION_RAISED, "w", 60);
	assert_int_equal(notification(3)->alarm.count, 2);
	stage_heartbeat(&stage, 0, 62);
	assert_notification(4, NOTIFICATION_CLEARED, "w", 62);
}

/* A disabled watch raises nothing under its new key. */
static void
disabled_with_another_key_while_raised(void **state)
{
	(void)state;
	stage_begin(&stage, COMMON WATCH("w", ""));
	stage_advance(&stage, 12);
	stage_reload(&stage, COMMON WATCH_OF("w",
	    "role = other host = h enabled = false"), 15);
	assert_notifications(2);
	assert_notification(2, NOTIFICATION_CLEARED, "w", 15);
	assert_string_equal(key(2), "s/v/r/h/w/45640");
	assert_active(0, 0, 0, 0);
	assert_int_equal(alarm_of(0)->transitions, 2);
	assert_int_equal(alarm_of(0)->count, 0);
}

static void
severity_changed_while_raised(void **state)
{
	(void)state;
	stage_begin(&stage, COMMON WATCH("w", ""));
	stage_advance(&stage, 12);
	assert_active(0, 0, 1, 0);
	stage_reload(&stage,
	    "alarm 45640 { interruption = 10s severity = critical }\n"
	    WATCH("w", ""), 15);
	assert_notifications(1);
	assert_active(1, 0, 0, 0);
	assert_int_equal(severity(stage.agent.current.config->watches[0]),
	    SEVERITY_CRITICAL);
	/* Earlier notifications keep the old severity. */
	assert_int_equal(severity(notification(1)->watch), SEVERITY_MINOR);
	stage_heartbeat(&stage, 0, 16);
	assert_active(0, 0, 0, 0);
	assert_int_equal(severity(notification(2)->watch), SEVERITY_CRITICAL);
}

/* The alarm is active until the first heartbeat of the new peer. */
static void
peer_changed_while_raised(void **state)
{
	(void)state;
	stage_begin(&stage, COMMON WATCH("w", ""));
	stage_heartbeat(&stage, 0, 1);
	stage_advance(&stage, 12);
	stage_reload(&stage, COMMON FLOW("w", "eth0",
	    "192.0.2.99", "role = r host = h"), 15);
	assert_notifications(1);
	assert_active(0, 0, 1, 0);
	stage_advance(&stage, 40);
	assert_notifications(1);
	stage_heartbeat(&stage, 0, 41);
	assert_notifications(2);
	assert_notification(2, NOTIFICATION_CLEARED, "w", 41);
	assert_int_equal(notification(2)->alarm.serial, 1);
}

static void
interruption_changed(void **state)
{
	(void)state;
	stage_begin(&stage, COMMON WATCH("w", ""));
	stage_heartbeat(&stage, 0, 1);
	stage_reload(&stage, COMMON WATCH("w", "interruption = 20s"), 5);
	stage_advance(&stage, 20.9);
	assert_notifications(0);
	stage_advance(&stage, 21);
	assert_notification(1, NOTIFICATION_RAISED, "w", 21);
}

/* A raise that was not reported before the reload is not lost. */
static void
reload_after_a_loss(void **state)
{
	static const char	 text[] = COMMON WATCH("w", "");

	(void)state;
	stage_begin(&stage, text);
	stage_heartbeat(&stage, 0, 1);
	stage.lose = true;
	stage_advance(&stage, 12);
	stage_reload(&stage, text, 15);
	assert_notifications(1);
	assert_notification(1, NOTIFICATION_RAISED, "w", 11);
	assert_active(0, 0, 1, 0);
}

/* ---- captures */

static void
blind_and_restored(void **state)
{
	const struct notification	*n;

	(void)state;
	stage_begin(&stage, "source = cluster host = node-1\n" COMMON
	    WATCH("a", "")
	    FLOW("b", "any", "192.0.2.12", ""));
	stage_capture(&stage, 1, SHARED_CAPTURE_FAILED, "it is gone", 5);
	assert_notifications(1);
	n = notification(1);
	assert_int_equal(n->event, NOTIFICATION_BLIND);
	assert_int_equal(n->time.ns, stage_wall(5).ns);
	assert_null(n->watch);
	assert_string_equal(n->capture->interface, "eth0");
	assert_string_equal(n->capture->error, "it is gone");
	assert_int_equal(n->capture->state, SHARED_CAPTURE_FAILED);
	assert_int_equal(n->capture->index, 2);
	assert_string_equal(n->capture->watcher.source, "cluster");
	assert_string_equal(n->capture->watcher.host, "node-1");
	assert_int_equal(n->capture->watcher.blind_watches, 1);
	stage_capture(&stage, 0, SHARED_CAPTURE_FAILED, "it too", 5);
	assert_notifications(2);
	assert_int_equal(notification(2)->capture->watcher.blind_watches, 2);
	/* While one engine takes over from another, nothing more is blind. */
	stage.agent.engine_running = false;
	stage_capture(&stage, 0, SHARED_CAPTURE_RUNNING, "", 5);
	stage.agent.engine_running = true;
	assert_notifications(3);
	assert_int_equal(notification(3)->capture->watcher.blind_watches, 1);
	stage_capture(&stage, 1, SHARED_CAPTURE_RUNNING, "", 6);
	assert_notifications(4);
	n = notification(4);
	assert_int_equal(n->event, NOTIFICATION_RESTORED);
	assert_int_equal(n->capture->watcher.blind_watches, 0);
	assert_int_equal(n->capture->state, SHARED_CAPTURE_RUNNING);
	assert_string_equal(n->capture->error, "");
	assert_int_equal(notification(1)->capture->state,
	    SHARED_CAPTURE_FAILED);
	/* Captures do not change hbwAlarmLastChange. */
	assert_true(wall_is_never(stage.agent.last_change));
	assert_active(0, 0, 0, 0);
}

/* An interface that is down is not blind, and nothing is notified. */
static void
down_is_not_blind(void **state)
{
	(void)state;
	stage_begin(&stage, COMMON WATCH("w", ""));
	stage_capture(&stage, 0, SHARED_CAPTURE_DOWN, "eth0 is down", 5);
	stage_capture(&stage, 0, SHARED_CAPTURE_RUNNING, "", 6);
	assert_notifications(0);
	stage_capture(&stage, 0, SHARED_CAPTURE_FAILED, "x", 7);
	stage_capture(&stage, 0, SHARED_CAPTURE_FAILED, "y", 8);
	assert_notifications(1);
	stage_capture(&stage, 0, SHARED_CAPTURE_DOWN, "eth0 is down", 9);
	assert_notifications(2);
	assert_int_equal(notification(2)->event, NOTIFICATION_RESTORED);
	assert_int_equal(notification(2)->capture->state,
	    SHARED_CAPTURE_DOWN);
	stage_capture(&stage, 0, SHARED_CAPTURE_RUNNING, "", 10);
	assert_notifications(2);
}

/* No watch uses a blind interface any more. */
static void
blind_until_a_reload(void **state)
{
	static const char *const	 without[] = {
		COMMON FLOW("b", "lo", "192.0.2.12", ""),
		COMMON FLOW("b", "lo", "192.0.2.12", "")
		    WATCH("a", "enabled = false"),
		"",
	};
	const struct notification	*n;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(without) / sizeof(without[0]); i++) {
		stage_begin(&stage, COMMON WATCH("a", "")
		    FLOW("b", "lo", "192.0.2.12", ""));
		stage_capture(&stage, 0, SHARED_CAPTURE_FAILED, "x", 5);
		stage_reload(&stage, COMMON WATCH("a", ""), 6);
		assert_notifications(1);
		stage_reload(&stage, without[i], 7);
		assert_notifications(2);
		n = notification(2);
		assert_int_equal(n->event, NOTIFICATION_RESTORED);
		assert_string_equal(n->capture->interface, "eth0");
		assert_int_equal(n->capture->state,
		    SHARED_CAPTURE_NOT_MONITORED);
		assert_int_equal(n->capture->index,
		    notification(1)->capture->index);
		assert_int_equal(n->capture->watcher.blind_watches, 0);
		/* Again with the interface, which still does not exist. */
		stage_reload(&stage, COMMON WATCH("a", ""), 8);
		assert_notifications(2);
		stage_capture(&stage, 0, SHARED_CAPTURE_FAILED, "x", 9);
		assert_notifications(3);
		stage_end(&stage);
	}
	/* A fault of the engine made it blind. */
	stage_begin(&stage, COMMON WATCH("a", "")
	    FLOW("b", "lo", "192.0.2.12", ""));
	agent_engine_fault(AGENT, "x", stage_wall(1));
	assert_notifications(2);
	stage_reload(&stage, without[0], 2);
	assert_notifications(3);
	assert_int_equal(notification(3)->capture->watcher.blind_watches, 1);
	agent_engine_fault(AGENT, NULL, stage_wall(3));
	assert_notifications(4);
	assert_string_equal(notification(4)->capture->interface, "lo");
}

/* The engine was killed before it could report; the rows show it. */
static void
reconcile_a_lost_blind(void **state)
{
	struct shared_capture	*c;

	(void)state;
	stage_begin(&stage, COMMON WATCH("w", ""));
	c = &AGENT->current.shared->captures[0];
	c->state = SHARED_CAPTURE_FAILED;
	strcpy(c->error, "it is gone");
	agent_reconcile(AGENT, stage_mono(5), stage_wall(5));
	agent_reconcile(AGENT, stage_mono(6), stage_wall(6));
	assert_notifications(1);
	assert_int_equal(notification(1)->event, NOTIFICATION_BLIND);
	assert_string_equal(notification(1)->capture->error, "it is gone");
	/* During a fault of the engine no capture is restored. */
	agent_engine_fault(AGENT, "x", stage_wall(7));
	c->state = SHARED_CAPTURE_RUNNING;
	c->error[0] = '\0';
	agent_reconcile(AGENT, stage_mono(8), stage_wall(8));
	assert_notifications(1);
	agent_engine_fault(AGENT, NULL, stage_wall(9));
	assert_notifications(2);
	c->state = SHARED_CAPTURE_FAILED;
	agent_reconcile(AGENT, stage_mono(10), stage_wall(10));
	c->state = SHARED_CAPTURE_DOWN;
	agent_reconcile(AGENT, stage_mono(11), stage_wall(11));
	assert_notifications(4);
	assert_int_equal(notification(4)->event, NOTIFICATION_RESTORED);
	assert_int_equal(notification(4)->capture->state, SHARED_CAPTURE_DOWN);
}

/* ---- the numbers of watches in words */

static void
assert_status(const char *expected)
{
	struct agent_watches	 w = agent_watches_now(AGENT);
	char			 words[AGENT_WATCHES_TEXT_SIZE];

	agent_watches_text(&w, AGENT->active_all, words);
	assert_string_equal(words, expected);
}

static void
status_in_words(void **state)
{
	struct agent_watches	 most;
	char			 words[AGENT_WATCHES_TEXT_SIZE];

	(void)state;
	stage_begin(&stage, "");
	assert_status("0 watches; 0 active alarms");
	stage_reload(&stage, COMMON WATCH("a", "")
	    FLOW("b", "lo", "192.0.2.12", "")
	    FLOW("c", "lo", "192.0.2.13", "enabled = false"), 0);
	assert_status("3 watches: 2 starting, 1 disabled; 0 active alarms");
	stage_heartbeat(&stage, 0, 1);
	assert_status("3 watches: 1 alive, 1 starting, 1 disabled; "
	    "0 active alarms");
	stage_advance(&stage, 10);
	assert_status("3 watches: 1 alive, 1 interrupted, 1 disabled; "
	    "1 active alarm");
	stage_capture(&stage, 0, SHARED_CAPTURE_FAILED, "x", 10);
	assert_status("3 watches: 1 interrupted, 1 blind, 1 disabled; "
	    "1 active alarm");
	stage_reload(&stage, COMMON FLOW("b", "lo", "192.0.2.12", ""), 10.5);
	assert_status("1 watch: 1 interrupted; 1 active alarm");
	AGENT->engine_running = false;
	assert_status("1 watch: 1 blind; 1 active alarm");
	memset(&most, 0xff, sizeof(most));
	agent_watches_text(&most, UINT32_MAX, words);
	assert_string_equal(words + strlen(words) - 26,
	    "; 4294967295 active alarms");
}

/* ---- a compromised engine writes invalid data */

static void
an_invalid_capture(void **state)
{
	union view			 view;
	const struct shared_capture	*shown;
	struct shared_capture		*c;

	(void)state;
	stage_begin(&stage, COMMON WATCH("w", ""));
	c = &AGENT->current.shared->captures[0];
	agent_engine_fault(AGENT, "x", stage_wall(1));
	memset(c->interface, 'i', sizeof(c->interface));
	memset(c->error, 0xff, sizeof(c->error));
	c->error[0] = '\n';
	c->state = 77;
	(void)capture_table.view(AGENT, 0, &view);
	shown = &view.capture.capture;
	assert_string_equal(shown->interface, "eth0");
	assert_int_equal(strlen(shown->error), SHARED_ERROR_SIZE - 1);
	assert_int_equal(strspn(shown->error, "?"), SHARED_ERROR_SIZE - 1);
	assert_int_equal(shown->state, SHARED_CAPTURE_FAILED);
	/* The notification has valid data, which the store can read. */
	c->state = SHARED_CAPTURE_DOWN;
	agent_engine_fault(AGENT, NULL, stage_wall(2));
	assert_notifications(2);
	assert_string_equal(notification(2)->capture->interface, "eth0");
	assert_int_equal(strspn(notification(2)->capture->error, "?"),
	    SHARED_ERROR_SIZE - 1);
	stage_capture(&stage, 0, SHARED_CAPTURE_FAILED, "a\tb\xc3", 3);
	assert_string_equal(notification(3)->capture->error, "a?b?");
	agent_reconcile(AGENT, stage_mono(4), stage_wall(4));
	assert_string_equal(c->interface, "eth0");
}

/* A number that is accepted without a check makes the watch mute for ever. */
static void
an_invalid_event(void **state)
{
	static const uint32_t	 numbers[] = {
		0, 2, 3, INT32_MAX, (uint32_t)INT32_MAX + 1, UINT32_MAX,
	};
	struct engine_event	 e = {
		.at = stage_mono(10), .transition = DETECT_RAISED,
	};
	size_t			 i;

	(void)state;
	stage_begin(&stage, COMMON WATCH("w", ""));
	stage.agent.now = stage_mono(10);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		e.number = numbers[i];
		assert_non_null(stage_report(&stage, &e));
	}
	assert_notifications(0);
	stage_advance(&stage, 11);
	assert_notifications(1);
	assert_notification(1, NOTIFICATION_RAISED, "w", 10);
}

/* The rows of an engine that sent an invalid report are not used. */
static void
distrusted_rows(void **state)
{
	struct detect_watch	*w;

	(void)state;
	stage_begin(&stage, COMMON WATCH("a", "") WATCH("b", ""));
	stage_heartbeat(&stage, 0, 9);
	stage_advance(&stage, 11);		/* raises b */
	assert_notifications(1);
	w = AGENT->current.shared->watches;
	w[0].raised = true;
	w[0].transitions = 7;
	w[1].raised = false;
	w[1].transitions = 12;
	w[0].last = w[1].last = stage_mono(-900);
	w[1].recovered = 5;
	agent_distrust(AGENT, stage_mono(12));
	assert_int_equal(w[1].recovered, 0);
	agent_reconcile(AGENT, stage_mono(12), stage_wall(12));
	assert_notifications(1);
	assert_active(0, 0, 1, 0);
	stage_engine(&stage);
	/* The silence of a counts from then on. */
	stage_advance(&stage, 21);
	assert_notifications(1);
	stage_advance(&stage, 23);
	assert_notifications(2);
	assert_notification(2, NOTIFICATION_RAISED, "a", 22);
	stage_heartbeat(&stage, 0, 24);
	stage_heartbeat(&stage, 1, 24);
	assert_null(stage.wrong);
	assert_notifications(4);
	assert_active(0, 0, 0, 0);
}

/* The row of a disabled watch can end its alarm, but not raise one. */
static void
row_of_a_disabled_watch(void **state)
{
	struct detect_watch	*w;
	uint32_t		 i;

	(void)state;
	for (i = 1; i <= 4; i++) {
		stage_begin(&stage, COMMON WATCH("w", "enabled = false"));
		w = AGENT->current.shared->watches;
		w->transitions = i;
		w->raised = i % 2 != 0;
		w->last = w->raised_at = stage_mono(20);
		agent_reconcile(AGENT, stage_mono(30), stage_wall(30));
		assert_notifications(0);
		assert_active(0, 0, 0, 0);
		assert_int_equal(w->transitions, 0);
		assert_false(w->raised);
		stage_end(&stage);
	}
	stage_begin(&stage, COMMON WATCH("w", ""));
}

/* Times in the future would let the next engine raise alarms too late. */
static void
rows_with_future_times(void **state)
{
	struct shared_state	*shared;

	(void)state;
	stage_begin(&stage, COMMON WATCH("a", "") WATCH("b", ""));
	stage_advance(&stage, 0.5);
	shared = AGENT->current.shared;
	shared->watches[0].last = stage_mono(59);
	shared->captures[0].source.since = stage_mono(50);
	agent_reconcile(AGENT, stage_mono(1), stage_wall(1));
	stage_engine(&stage);
	stage_advance(&stage, 12);
	assert_null(stage.wrong);
	assert_notifications(2);
	assert_notification(1, NOTIFICATION_RAISED, "a", 11);
	assert_notification(2, NOTIFICATION_RAISED, "b", 11);
}

/* A row that is possible in itself, but not with the alarm. */
static void
rows_that_contradict_alarms(void **state)
{
	struct detect_watch	*w;

	(void)state;
	stage_begin(&stage, COMMON WATCH("a", "") WATCH("b", ""));
	stage_heartbeat(&stage, 0, 9);
	stage_advance(&stage, 11);		/* raises b at 10 */
	w = AGENT->current.shared->watches;
	/* A raise at a time when the silence was shorter. */
	w[0].raised = true;
	w[0].transitions = 1;
	w[0].raised_at = stage_mono(9.5);
	/* A number before that of the alarm. */
	w[1].raised = true;
	w[1].transitions = 0x80000001;
	agent_reconcile(AGENT, stage_mono(12), stage_wall(12));
	assert_notifications(1);
	assert_active(0, 0, 1, 0);
	assert_int_equal(w[0].transitions, 0);
	assert_false(w[0].raised);
	assert_int_equal(w[1].transitions, 1);
	assert_true(w[1].raised);
	assert_int_equal(w[1].raised_at.ns, stage_mono(10).ns);
	stage_engine(&stage);
	stage_heartbeat(&stage, 1, 13);
	stage_advance(&stage, 20);
	assert_null(stage.wrong);
	assert_notifications(3);
	assert_notification(2, NOTIFICATION_CLEARED, "b", 13);
	assert_notification(3, NOTIFICATION_RAISED, "a", 19);
}

/* The value of a column of the first watch. */
static long
shown(oid column)
{
	union view	 view;
	struct value	 value;

	table_column(&watch_table, column)->get(watch_table.view(AGENT, 0,
	    &view), &value);
	return (value.integer);
}

/* A correct engine raises it after the hold-down, and not before. */
static void
raised_after_the_hold_down(void **state)
{
	struct engine_event	 early;

	(void)state;
	stage_begin(&stage, COMMON WATCH("w", "hold-down = 5s"));
	stage_heartbeat(&stage, 0, 1);
	stage_advance(&stage, 15.9);
	assert_notifications(0);
	assert_int_equal(shown(11), DETECT_LATE);
	stage_advance(&stage, 16);
	assert_null(stage.wrong);
	assert_notifications(1);
	assert_notification(1, NOTIFICATION_RAISED, "w", 16);
	assert_non_null(strstr(detail(1), "for 15.000 s"));
	stage_heartbeat(&stage, 0, 17);
	assert_notifications(2);
	early = stage.event;
	early.number++;
	early.transition = DETECT_RAISED;
	early.at = stage_mono(31.9);
	stage.agent.now = stage_mono(40);
	assert_non_null(stage_report(&stage, &early));
	assert_notifications(2);
}

/* The tables agree while a report is on its way, and if the row is wrong. */
static void
the_state_is_that_of_the_alarm(void **state)
{
	(void)state;
	stage_begin(&stage, COMMON WATCH("w", ""));
	stage_heartbeat(&stage, 0, 1);
	stage.lose = true;
	stage_advance(&stage, 2);
	assert_int_equal(shown(11), DETECT_ALIVE);
	stage_advance(&stage, 14);
	assert_int_equal(shown(11), DETECT_LATE);
	assert_int_equal(shown(18), 0);
	assert_null(stage_report(&stage, &stage.event));
	AGENT->current.shared->watches[0].raised = false;
	AGENT->current.shared->watches[0].transitions = 77;
	AGENT->current.shared->watches[0].enabled = false;
	AGENT->current.shared->watches[0].source = 9999;
	assert_int_equal(shown(11), DETECT_INTERRUPTED);
	assert_int_equal(shown(18), 1);
}

/* Blind and restored in a loop: the outbox has few of them, and the last. */
static void
a_flood_of_blindness(void **state)
{
	double		 t;
	unsigned	 i;
	uint32_t	 count;

	(void)state;
	stage_begin(&stage, COMMON WATCH("w", "")
	    FLOW("other", "lo", "192.0.2.12", ""));
	stage.limited = true;
	for (i = 0, t = 1; i < 10000; i++, t += 0.001)
		stage_capture(&stage, 0, i % 2 == 0 ? SHARED_CAPTURE_FAILED :
		    SHARED_CAPTURE_RUNNING, "x", t);
	count = stage.agent.outbox.sequence;
	assert_in_range(count, 2, 20);
	assert_false(AGENT->current.captures[0].notified_blind);
	/* Another capture has a limit of its own. */
	stage_capture(&stage, 1, SHARED_CAPTURE_FAILED, "y", t);
	assert_notifications(++count);
	/* The last state is notified when the limit allows it. */
	stage_capture(&stage, 0, SHARED_CAPTURE_FAILED, "z", t);
	assert_true(agent_has_deferred(AGENT));
	agent_notify_deferred(AGENT, stage_wall(t));
	assert_notifications(count);
	AGENT->now = stage_mono(t + 90);
	agent_notify_deferred(AGENT, stage_wall(t + 90));
	assert_notifications(++count);
	assert_int_equal(notification(count)->event, NOTIFICATION_BLIND);
	assert_string_equal(notification(count)->capture->error, "z");
	assert_false(agent_has_deferred(AGENT));
	/* After a long time without any, they are notified at once again. */
	for (i = 0; i < 4; i++)
		stage_capture(&stage, 0, i % 2 == 0 ? SHARED_CAPTURE_RUNNING :
		    SHARED_CAPTURE_FAILED, "x", 4000);
	assert_notifications(count + 4);
}

static void
an_invalid_wakeup(void **state)
{
	(void)state;
	stage_begin(&stage, COMMON WATCH("w", ""));
	stage_advance(&stage, 1);
	assert_true(agent_engine_is_alive(AGENT));
	atomic_store(AGENT->current.shared->next_wakeup, stage_mono(1000).ns);
	assert_false(agent_engine_is_alive(AGENT));
	atomic_store(AGENT->current.shared->next_wakeup, INT64_MAX);
	assert_false(agent_engine_is_alive(AGENT));
}

/* The next engine can use the rows, and still raises alarms. */
static void
invalid_rows(void **state)
{
	(void)state;
	stage_begin(&stage, COMMON WATCH("a", "")
	    WATCH("b", "enabled = false"));
	stage_heartbeat(&stage, 0, 1);
	memset(AGENT->current.shared->watches, 0xff,
	    2 * sizeof(*AGENT->current.shared->watches));
	AGENT->current.shared->watches[0].last.ns = INT64_MAX;
	AGENT->current.shared->captures[0].source.since.ns = INT64_MAX;
	agent_reconcile(AGENT, stage_mono(20), stage_wall(20));
	assert_notifications(0);
	stage_engine(&stage);
	stage_advance(&stage, 29);
	assert_notifications(0);
	stage_advance(&stage, 31);
	assert_notifications(1);
	assert_notification(1, NOTIFICATION_RAISED, "a", 30);
	stage_heartbeat(&stage, 0, 32);
	assert_notifications(2);
}

static void
restarts_are_kept_by_a_reload(void **state)
{
	struct generation_capture	*captures;

	(void)state;
	stage_begin(&stage, COMMON WATCH("a", "")
	    FLOW("b", "lo", "192.0.2.12", ""));
	captures = stage.agent.current.captures;
	captures[stage_find_capture(&stage, "eth0")].restarts = 4;
	captures[stage_find_capture(&stage, "lo")].restarts = 5;
	stage_reload(&stage, COMMON FLOW("c", "bond0", "192.0.2.12", "")
	    FLOW("b", "lo", "192.0.2.12", ""), 2);
	assert_int_equal(stage.agent.current.shared->ncaptures, 2);
	assert_int_equal(stage.agent.current.captures[0].restarts, 0);
	assert_int_equal(stage.agent.current.captures[1].restarts, 5);
}

/* ---- storms */

#define SIX \
	WATCH("0", "") WATCH("1", "") WATCH("2", "") WATCH("3", "") \
	WATCH("4", "") WATCH("5", "")
#define STORM	"storm = 2 in 30s\n" COMMON
#define OFF	"storm = off\n" COMMON

static bool
summarised(uint32_t i)
{
	return (notification_is_summarised(notification(i)));
}

/* The i-th notification is hbwAlarmStorm. */
static void
assert_storm(uint32_t i, uint32_t raised, uint32_t cleared, uint32_t first,
    double since)
{
	const struct notification	*n = notification(i);

	assert_int_equal(n->event, NOTIFICATION_STORM);
	assert_int_equal(n->delivery, NOTIFICATION_PENDING);
	assert_int_equal(n->storm.raised, raised);
	assert_int_equal(n->storm.cleared, cleared);
	assert_int_equal(n->storm.first, first);
	assert_int_equal(n->storm.since.ns, stage_wall(since).ns);
}

/* One turn of the loop. */
static void
turn(double at)
{
	stage_advance(&stage, at);
	agent_storm(AGENT, stage_mono(at), stage_wall(at));
}

static void
no_storm_when_off(void **state)
{
	uint32_t	 i;

	(void)state;
	stage_begin(&stage, OFF SIX);
	turn(11);
	turn(10000);
	assert_notifications(6);
	for (i = 1; i <= 6; i++)
		assert_false(summarised(i));
	assert_int_equal(stage.agent.outbox.pending, 6);
}

static void
storm_in_one_notification(void **state)
{
	uint32_t	 i;

	(void)state;
	stage_begin(&stage, STORM SIX);
	turn(11);
	assert_notifications(6);
	assert_active(0, 0, 6, 0);
	for (i = 1; i <= 6; i++) {
		assert_int_equal(notification(i)->event, NOTIFICATION_RAISED);
		assert_int_equal(summarised(i), i > 2);
		assert_int_equal(notification(i)->delivery, i > 2 ?
		    NOTIFICATION_DELIVERED : NOTIFICATION_PENDING);
		assert_int_equal(notification(i)->alarm.serial, i);
		assert_int_equal(alarm_of(i - 1)->sequence, i);
	}
	assert_int_equal(stage.agent.outbox.pending, 2);
	/* Alarms whose raise was sent have their clear sent, too. */
	stage_heartbeat(&stage, 1, 13);
	stage_heartbeat(&stage, 4, 14);
	assert_false(summarised(7));
	assert_true(summarised(8));
	assert_int_equal(stage.agent.outbox.pending, 3);
	turn(24);		/* each is raised again */
	assert_notifications(10);
	assert_true(summarised(9));
	assert_true(summarised(10));
	turn(53.9);
	assert_notifications(10);
	turn(54);
	assert_notifications(11);
	assert_storm(11, 6, 1, 3, 10);
	assert_int_equal(stage.agent.outbox.pending, 4);
	turn(1000);
	assert_notifications(11);
	/* Clears of summarised raises are summarised. */
	stage_heartbeat(&stage, 5, 1001);
	assert_true(summarised(12));
	stage_heartbeat(&stage, 0, 1002);
	assert_false(summarised(13));
	turn(1012);		/* raises are sent again */
	assert_notifications(15);
	assert_false(summarised(14));
	assert_false(summarised(15));
	turn(1100);
	assert_notifications(16);
	assert_storm(16, 0, 1, 12, 1001);
	assert_active(0, 0, 6, 0);
}

static void
storm_without_an_end(void **state)
{
	uint32_t	 i, raised = 0, cleared = 0;
	double		 t;

	(void)state;
	stage_begin(&stage, STORM SIX);
	turn(11);
	for (t = 12; t < 311; t += 1) {
		for (i = 0; i < 6 && (int)t % 12 == 0; i++)
			stage_heartbeat(&stage, i, t);
		turn(t);
	}
	for (i = 1; i <= stage.agent.outbox.sequence; i++)
		assert_int_not_equal(notification(i)->event,
		    NOTIFICATION_STORM);
	turn(311);
	for (i = 1; i < stage.agent.outbox.sequence; i++) {
		raised += summarised(i) &&
		    notification(i)->event == NOTIFICATION_RAISED;
		cleared += summarised(i) &&
		    notification(i)->event == NOTIFICATION_CLEARED;
	}
	assert_storm(stage.agent.outbox.sequence, raised, cleared, 3, 10);
	assert_true(raised > 100 && cleared > 100);
}

/* `storm` changes during a storm. */
static void
storm_turned_off_and_on(void **state)
{
	(void)state;
	stage_begin(&stage, OFF SIX);
	stage_heartbeat(&stage, 4, 5);
	stage_heartbeat(&stage, 5, 5);
	turn(11);
	assert_notifications(4);
	stage_reload(&stage, STORM SIX, 12);
	turn(15);
	assert_notifications(6);
	assert_false(summarised(6));
	stage_heartbeat(&stage, 0, 16);
	turn(26);
	assert_notifications(8);
	assert_false(summarised(7));
	assert_true(summarised(8));
	stage_reload(&stage, OFF SIX, 27);
	turn(27);
	assert_notifications(9);
	assert_storm(9, 1, 0, 8, 26);
	/* Its raise was summarised, and so is its clear. */
	stage_heartbeat(&stage, 0, 28);
	turn(28);
	assert_notifications(11);
	assert_true(summarised(10));
	assert_storm(11, 0, 1, 10, 28);
	turn(38);
	assert_notifications(12);
	assert_false(summarised(12));
}

/* The same alarm stays summarised; another key is another alarm. */
static void
storm_and_reload(void **state)
{
	(void)state;
	stage_begin(&stage, STORM SIX);
	turn(11);
	stage_reload(&stage, STORM WATCH("5", "")
	    WATCH_OF("4", "role = other host = h") WATCH("0", ""), 12);
	turn(13);
	assert_active(0, 0, 3, 0);
	/* The clears of 1, 2, 3 and 4, and the raise of 4. */
	assert_notifications(11);
	assert_false(summarised(7));
	assert_true(summarised(8));
	assert_true(summarised(9));
	assert_true(summarised(10));
	assert_true(summarised(11));
	stage_heartbeat(&stage, 0, 14);
	assert_true(summarised(12));
	stage_heartbeat(&stage, 2, 14);
	assert_false(summarised(13));
	turn(100);
	assert_int_equal(notification(16)->event, NOTIFICATION_STORM);
	assert_int_equal(notification(16)->storm.cleared, 4);
}

/* A change of many keys can be a storm. */
static void
storm_by_a_reload(void **state)
{
	(void)state;
	stage_begin(&stage, OFF SIX);
	turn(11);
	stage_reload(&stage, "source = t\n" STORM
	    WATCH_OF("0", "role = q host = h")
	    WATCH_OF("1", "role = q host = h")
	    WATCH_OF("2", "role = q host = h")
	    WATCH_OF("3", "role = q host = h"),
	    12);
	turn(12);
	/* All six clears and four raises. */
	assert_notifications(16);
	assert_int_equal(AGENT->outbox.pending, 14);
	turn(42);
	assert_storm(17, 2, 0, 14, 12);
}

#define STAGED(test)	cmocka_unit_test_teardown(test, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STAGED(cleared_at_first),
		STAGED(raised_and_cleared),
		STAGED(causes),
		STAGED(dual_raised_and_cleared),
		STAGED(dual_names_a_node),
		STAGED(dual_cleared_too_early),
		STAGED(dual_reports_missing),
		STAGED(dual_of_an_invalid_engine),
		STAGED(dual_of_no_watch),
		STAGED(dual_unchanged),
		STAGED(dual_switched_off),
		STAGED(dual_of_another_id),
		STAGED(dual_of_a_removed_watch),
		STAGED(dual_of_a_renamed_watch),
		STAGED(dual_of_a_disabled_watch),
		STAGED(dual_in_a_storm),
		STAGED(serials_and_sequences),
		STAGED(active_by_severity),
		STAGED(invalid_rows_again_and_again),
		STAGED(alarms_are_logged_later),
		STAGED(too_many_raises),
		STAGED(doubled_and_late_reports),
		STAGED(reports_of_the_same_kind),
		STAGED(reports_of_unknown_rows),
		STAGED(reconcile_without_a_loss),
		STAGED(reconcile_a_lost_raise),
		STAGED(reconcile_a_lost_clear),
		STAGED(reconcile_a_lost_pair),
		STAGED(reconcile_a_lost_clear_and_raise),
		STAGED(reconcile_a_long_series),
		STAGED(reconcile_any_loss),
		STAGED(reload_unchanged),
		STAGED(reload_in_another_order),
		STAGED(index_of_a_name_is_permanent),
		STAGED(key_changed_while_raised),
		STAGED(key_changed_and_clock_set),
		STAGED(key_changed_while_cleared),
		STAGED(alarm_changed_while_raised),
		STAGED(removed_while_raised),
		STAGED(removed_while_cleared),
		STAGED(disabled_while_raised),
		STAGED(disabled_with_another_key_while_raised),
		STAGED(severity_changed_while_raised),
		STAGED(peer_changed_while_raised),
		STAGED(interruption_changed),
		STAGED(reload_after_a_loss),
		STAGED(raised_after_the_hold_down),
		STAGED(blind_and_restored),
		STAGED(blind_until_a_reload),
		STAGED(down_is_not_blind),
		STAGED(reconcile_a_lost_blind),
		STAGED(status_in_words),
		STAGED(an_invalid_capture),
		STAGED(an_invalid_event),
		STAGED(distrusted_rows),
		STAGED(row_of_a_disabled_watch),
		STAGED(rows_with_future_times),
		STAGED(rows_that_contradict_alarms),
		STAGED(the_state_is_that_of_the_alarm),
		STAGED(a_flood_of_blindness),
		STAGED(an_invalid_wakeup),
		STAGED(invalid_rows),
		STAGED(restarts_are_kept_by_a_reload),
		STAGED(no_storm_when_off),
		STAGED(storm_in_one_notification),
		STAGED(storm_without_an_end),
		STAGED(storm_turned_off_and_on),
		STAGED(storm_and_reload),
		STAGED(storm_by_a_reload),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
