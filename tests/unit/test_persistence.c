/* SPDX-License-Identifier: BSD-2-Clause */
/* An agent that ends or is killed, and restarts from its state directory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/resource.h>
#include <sys/wait.h>

#include <poll.h>
#include <signal.h>

#include <sqlite3.h>

#include "persistence.h"
#include "scratch.h"
#include "slow_disk.h"
#include "stage.h"
#include "state/epoch_file.h"

#define WATCH_OF(name, more) \
	"watch \"" name "\" { interface = eth0 peer = 192.0.2.12 " \
	"heartbeat = \"udp 20053\" source = s service = v " more " }\n"
#define WATCH(name, more)	WATCH_OF(name, "role = r host = h " more)
#define COMMON	"alarm 45640 { interruption = 10s }\n"
#define OTHER	"watch \"other\" { interface = lo heartbeat = \"vrrp 1\" }\n"

static struct scratch	 scratch;
static struct stage	 stage;
static bool		 running;

#define AGENT		(&stage.agent)
#define EARLY		"; sent before it was stored"
/* More than any test needs. */
#define LONG_MS		60000

/* ---- memory */

/* Which call of the code under test fails; see LDFLAGS in Makefile.am. */
static enum { ENOUGH, NO_NAME, NO_NOTIFICATION }	 no_memory;

bool	 __real_watch_index_restore(struct watch_index *, const char *,
	    uint32_t);
bool	 __wrap_watch_index_restore(struct watch_index *, const char *,
	    uint32_t);
bool	 __real_outbox_restore(struct outbox *, struct notification *);
bool	 __wrap_outbox_restore(struct outbox *, struct notification *);

bool
__wrap_watch_index_restore(struct watch_index *index, const char *name,
    uint32_t number)
{
	return (no_memory != NO_NAME &&
	    __real_watch_index_restore(index, name, number));
}

bool
__wrap_outbox_restore(struct outbox *box, struct notification *n)
{
	return (no_memory != NO_NOTIFICATION && __real_outbox_restore(box, n));
}

/* ---- the parts of the daemon */

/* That of the next start. */
static struct epoch_note	 next_note = { .file = -1 };

static void
start(const char *text, double at)
{
	assert_false(running);
	memset(&stage, 0, sizeof(stage));
	assert_true(agent_init(AGENT, stage_wall(at)));
	AGENT->now = stage_mono(at);
	assert_int_equal(persistence_open(AGENT,
	    scratch_path(&scratch, "state"), -1, &next_note), STORE_OK);
	next_note = (struct epoch_note){ .file = -1 };
	stage_reload(&stage, text, at);
	running = true;
}

/* The part of a turn of the loop that saves. */
static void
save(double at)
{
	uint32_t	 epoch = AGENT->epoch;

	while (agent_log_changes(AGENT))
		continue;
	persistence_save(AGENT, stage_mono(at));
	/* A new file gets everything in the next turn. */
	if (AGENT->epoch != epoch)
		persistence_save(AGENT, stage_mono(at));
}

static void
save_all(double at)
{
	persistence_save_all(AGENT, stage_mono(at), LONG_MS);
}

/* Ends as after SIGKILL or a power loss: unsaved changes are lost. */
static void
stop(void)
{
	assert_true(running);
	running = false;
	stage_end(&stage);
}

static void
restart(const char *text, double at)
{
	stop();
	start(text, at);
}

static int
begin(void **state)
{
	(void)state;
	scratch_begin(&scratch);
	return (0);
}

static int
end(void **state)
{
	const struct rlimit	 none = { RLIM_INFINITY, RLIM_INFINITY };

	(void)state;
	(void)setrlimit(RLIMIT_FSIZE, &none);
	slow_disk_set(false, false);
	no_memory = ENOUGH;
	if (running)
		stop();
	scratch_end(&scratch);
	return (0);
}

/* No file can be written after this offset; -1: there is no limit. */
static void
limit_files(rlim_t offset)
{
	const struct rlimit	 limit = { offset, RLIM_INFINITY };

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A full disk allows to overwrite the small epoch file. */
static void
fill_disk(bool full)
{
	limit_files(full ? 1024 : RLIM_INFINITY);
}

/* Sends the next notification; returns its sequence, or 0 if there is none. */
static uint32_t
send_next(void)
{
	struct notification	*n;

	n = outbox_next(&AGENT->outbox, persistence_is_failing(AGENT));
	if (n == NULL)
		return (0);
	persistence_sending(AGENT, n);
	n->delivery = NOTIFICATION_SENT;
	return (n->sequence);
}

static void
deliver(uint32_t sequence)
{
	outbox_delivered(&AGENT->outbox, sequence);
}

static void
deliver_all(void)
{
	uint32_t	 sequence;

	while ((sequence = send_next()) != 0)
		deliver(sequence);
}

/* Adds notifications: blind and restored by turns. */
static void
add_notifications(uint32_t count, double at)
{
	while (count-- > 0)
		stage_capture(&stage, 0,
		    AGENT->current.captures[0].notified_blind ?
		    SHARED_CAPTURE_RUNNING : SHARED_CAPTURE_FAILED, "", at);
}

static void
sql(const char *text)
{
	sqlite3	*db;
	char	*error = NULL;

	assert_int_equal(sqlite3_open(scratch_path(&scratch,
	    "state/hbwatchd.db"), &db), SQLITE_OK);
	if (sqlite3_exec(db, text, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s: %s", text, error);
	sqlite3_close(db);
	/* As in version 0.2.0, nothing shows that a file was changed. */
	(void)!truncate(scratch_path(&scratch, "state/epoch"), 19);
}

/* ---- checks */

static const struct alarm *
alarm_of(size_t i)
{
	return (&AGENT->current.alarms[i]);
}

static const struct notification *
notification(uint32_t sequence)
{
	const struct notification	*n;

	n = persistence_notification(AGENT, sequence);
	assert_non_null(n);
	assert_int_equal(n->sequence, sequence);
	return (n);
}

static const char *
detail(uint32_t sequence)
{
	static char	 text[NOTIFICATION_DETAIL_SIZE];

	return (notification_detail(notification(sequence), text));
}

static const char *
key(uint32_t sequence)
{
	static char	 text[ALARM_KEY_SIZE];

	return (alarm_key(notification(sequence)->watch, text));
}

static void
assert_notification(uint32_t i, enum notification_event event,
    const char *watch, uint32_t serial, double at)
{
	assert_int_equal(notification(i)->event, event);
	assert_string_equal(notification(i)->watch->name, watch);
	assert_int_equal(notification(i)->time.ns, stage_wall(at).ns);
	assert_int_equal(notification(i)->alarm.serial, serial);
	assert_int_equal(notification(i)->alarm.sequence, i);
	assert_int_equal(notification(i)->alarm.state,
	    event == NOTIFICATION_RAISED ? ALARM_RAISED : ALARM_CLEARED);
}

/* The invariants, the newest sequence and the number of active alarms. */
static void
assert_state(uint32_t sequence, uint32_t active)
{
	uint32_t	 by_severity[AGENT_SEVERITIES + 1] = { 0 };
	uint32_t	 raised = 0;
	size_t		 i;

	for (i = 0; i < AGENT->current.config->nwatches; i++) {
		const struct configuration_watch *w =
		    AGENT->current.config->watches[i];
		bool is_raised = alarm_of(i)->state == ALARM_RAISED;

		raised += is_raised;
		by_severity[w->profile->alarm->severity] += is_raised;
		assert_int_equal(AGENT->current.shared->watches[i].raised,
		    is_raised);
		assert_int_equal(AGENT->current.shared->watches[i].transitions,
		    alarm_of(i)->transitions);
		assert_int_equal(alarm_of(i)->transitions % 2, is_raised);
	}
	assert_int_equal(raised, active);
	assert_int_equal(AGENT->active_all, active);
	assert_memory_equal(AGENT->active, by_severity, sizeof(by_severity));
	assert_int_equal(AGENT->outbox.sequence, sequence);
}

/* The history can be read from the oldest row to the newest. */
static void
assert_history(uint32_t oldest)
{
	uint32_t	 i;

	assert_int_equal(persistence_oldest(AGENT), oldest);
	for (i = oldest; i <= AGENT->outbox.sequence; i++)
		(void)notification(i);
	assert_null(persistence_notification(AGENT,
	    AGENT->outbox.sequence + 1));
}

static void
assert_epoch_file(uint32_t epoch, bool unsaved)
{
	struct epoch_file	 epoch_file;

	assert_true(epoch_file_read(scratch_path(&scratch, "state/epoch"),
	    &epoch_file));
	assert_int_equal(epoch_file.epoch, epoch);
	assert_int_equal(epoch_file.unsaved, unsaved);
}

/* ---- nothing is lost */

static void
empty_state(void **state)
{
	(void)state;
	start(COMMON WATCH("w", ""), 0);
	assert_state(0, 0);
	assert_int_equal(AGENT->epoch, 1);
	assert_int_equal(persistence_oldest(AGENT), 1);
	assert_null(persistence_notification(AGENT, 0));
	assert_null(persistence_notification(AGENT, 1));
	assert_int_equal(persistence_due(AGENT, stage_mono(0)).ns,
	    stage_mono(0).ns);		/* a new watch index */
	save(0);
	assert_int_equal(persistence_due(AGENT, stage_mono(0)).ns,
	    MONO_NEVER.ns);
	assert_false(persistence_is_failing(AGENT));
	restart(COMMON WATCH("w", ""), 1);
	assert_state(0, 0);
	assert_int_equal(AGENT->epoch, 1);
	assert_true(wall_is_never(AGENT->last_change));
	/* There is no new watch index. */
	assert_int_equal(persistence_due(AGENT, stage_mono(1)).ns,
	    MONO_NEVER.ns);
}

static void
everything_restored(void **state)
{
	static const char	 text[] = COMMON WATCH("a", "")
	    WATCH("b", "") WATCH("c", "alarm = 12010 interruption = 10s");
	struct alarm		 before[3];
	char			 details[4][NOTIFICATION_DETAIL_SIZE];
	uint32_t		 i;

	(void)state;
	start(text, 0);
	stage_heartbeat(&stage, 0, 1);
	stage_heartbeat(&stage, 1, 2);
	stage_advance(&stage, 20);		/* raises c, a, b */
	stage_heartbeat(&stage, 1, 21);		/* clears b */
	assert_state(4, 2);
	for (i = 0; i < 4; i++)
		snprintf(details[i], sizeof(details[i]), "%s", detail(i + 1));
	memcpy(before, AGENT->current.alarms, sizeof(before));
	save(21);
	deliver_all();
	save(22);
	restart(text, 25);
	assert_state(4, 2);
	assert_int_equal(AGENT->epoch, 1);
	assert_int_equal(AGENT->serial, 3);
	assert_int_equal(AGENT->last_change.ns, stage_wall(21).ns);
	assert_int_equal(AGENT->start_time.ns, stage_wall(25).ns);
	assert_int_equal(AGENT->outbox.pending, 0);
	assert_int_equal(AGENT->outbox.delivered, 4);
	assert_memory_equal(AGENT->current.alarms, before, sizeof(before));
	assert_history(1);
	assert_notification(1, NOTIFICATION_RAISED, "c", 1, 10);
	assert_notification(2, NOTIFICATION_RAISED, "a", 2, 11);
	assert_notification(3, NOTIFICATION_RAISED, "b", 3, 12);
	assert_notification(4, NOTIFICATION_CLEARED, "b", 3, 21);
	for (i = 0; i < 4; i++)
		assert_string_equal(detail(i + 1), details[i]);
}

/* An active alarm is neither raised again nor cleared before a heartbeat. */
static void
active_alarm(void **state)
{
	static const char	 text[] = COMMON WATCH("w", "");

	(void)state;
	start(text, 0);
	stage_heartbeat(&stage, 0, 1);
	stage_advance(&stage, 12);
	save(12);
	deliver_all();
	save(13);
	restart(text, 20);
	assert_state(1, 1);
	stage_advance(&stage, 500);
	assert_state(1, 1);
	restart(text, 600);
	stage_advance(&stage, 700);
	assert_state(1, 1);
	stage_heartbeat(&stage, 0, 701);
	assert_state(2, 0);
	assert_notification(2, NOTIFICATION_CLEARED, "w", 1, 701);
	assert_string_equal(detail(2),
	    "the heartbeat is back; the alarm was active for 690.000 s");
	assert_int_equal(alarm_of(0)->raised.ns, stage_wall(11).ns);
	/* Later alarms are as usual. */
	stage_advance(&stage, 712);
	assert_state(3, 1);
	assert_notification(3, NOTIFICATION_RAISED, "w", 2, 711);
	assert_int_equal(notification(3)->alarm.count, 2);
}

/* The verdict changes after the raise; then the process is killed. */
static void
verdict_is_stored(void **state)
{
	static const char	 text[] = COMMON WATCH("w", "");
	struct agent_alarm	 alarm;
	struct verdict		 v = {
		.cause = CAUSE_PEER_HUNG, .side = CAUSE_SIDE_PEER,
		.confidence = 65, .number = EVIDENCE_PEER_OTHER_TRAFFIC,
		.decided = {
			.state = EVIDENCE_PRESENT, .at = stage_wall(12),
		},
	};

	(void)state;
	start(text, 0);
	stage_heartbeat(&stage, 0, 1);
	stage_advance(&stage, 12);
	alarm = agent_alarm_at(AGENT, 0);
	/* Before the raise is on disk, and after it. */
	agent_set_verdict(AGENT, &alarm, &v);
	save(12);
	assert_false(mono_before(stage_mono(12.2),
	    persistence_due(AGENT, stage_mono(12.2))));
	save(12.2);
	save(12.4);
	assert_int_equal(persistence_due(AGENT, stage_mono(13)).ns,
	    MONO_NEVER.ns);
	restart(text, 20);
	assert_int_equal(alarm_of(0)->cause, CAUSE_PEER_HUNG);
	assert_int_equal(alarm_of(0)->confidence, 65);
	alarm = agent_alarm_at(AGENT, 0);
	v.cause = CAUSE_FILTERED;
	v.confidence = 98;
	agent_set_verdict(AGENT, &alarm, &v);
	save(21);
	restart(text, 30);
	assert_state(1, 1);
	assert_int_equal(alarm_of(0)->cause, CAUSE_FILTERED);
	assert_int_equal(alarm_of(0)->side, CAUSE_SIDE_PEER);
	assert_int_equal(alarm_of(0)->confidence, 98);
	assert_int_equal(alarm_of(0)->number, EVIDENCE_PEER_OTHER_TRAFFIC);
	assert_int_equal(alarm_of(0)->decided.at.ns, stage_wall(12).ns);
	assert_int_equal(notification(1)->alarm.cause, CAUSE_UNKNOWN);
}

/* Unmonitored time never counts as silence. */
static void
silence_restarts(void **state)
{
	static const char	 text[] = COMMON WATCH("w", "");

	(void)state;
	start(text, 0);
	stage_advance(&stage, 10);
	stage_heartbeat(&stage, 0, 11);
	save(11);
	restart(text, 100);
	assert_state(2, 0);
	stage_advance(&stage, 109.9);
	assert_state(2, 0);
	stage_advance(&stage, 110);
	assert_state(3, 1);
	assert_notification(3, NOTIFICATION_RAISED, "w", 2, 110);
}

/* An unsaved notification was not sent, so it may be lost. */
static void
killed_before_it_was_saved(void **state)
{
	static const char	 text[] = COMMON WATCH("w", "");

	(void)state;
	start(text, 0);
	save(0);
	stage_advance(&stage, 12);
	assert_state(1, 1);
	assert_int_equal(send_next(), 0);
	restart(text, 20);
	assert_state(0, 0);
	assert_int_equal(AGENT->serial, 0);
	stage_advance(&stage, 30);
	assert_state(1, 1);
	assert_notification(1, NOTIFICATION_RAISED, "w", 1, 30);
	save(30);
	assert_int_equal(send_next(), 1);
	/* A clear, too. */
	deliver_all();
	save(31);
	stage_heartbeat(&stage, 0, 31);
	assert_state(2, 0);
	restart(text, 40);
	assert_state(1, 1);
	stage_heartbeat(&stage, 0, 41);
	assert_state(2, 0);
	assert_notification(2, NOTIFICATION_CLEARED, "w", 1, 41);
	assert_int_equal(AGENT->epoch, 1);
}

/* Undelivered notifications are sent again, unchanged and in order. */
static void
pending_are_sent_again(void **state)
{
	static const char	 text[] = COMMON WATCH("a", "")
	    WATCH("b", "") WATCH("c", "") WATCH("d", "");
	char			 details[4][NOTIFICATION_DETAIL_SIZE];
	uint32_t		 i;

	(void)state;
	start(text, 0);
	stage_advance(&stage, 12);
	save(12);
	for (i = 1; i <= 4; i++) {
		assert_int_equal(send_next(), i);
		snprintf(details[i - 1], sizeof(details[0]), "%s %s", key(i),
		    detail(i));
	}
	deliver(1);
	deliver(3);
	save(13);
	restart(text, 20);
	assert_int_equal(AGENT->outbox.pending, 3);
	assert_int_equal(AGENT->outbox.delivered, 1);
	for (i = 2; i <= 4; i++) {
		char	 again[NOTIFICATION_DETAIL_SIZE];

		assert_int_equal(send_next(), i);
		snprintf(again, sizeof(again), "%s %s", key(i), detail(i));
		assert_string_equal(again, details[i - 1]);
		assert_notification(i, NOTIFICATION_RAISED,
		    notification(i)->watch->name, i, 10);
	}
	assert_int_equal(send_next(), 0);
	for (i = 2; i <= 4; i++)
		deliver(i);
	save(21);
	/* New ones are sent after them. */
	restart(text, 30);
	assert_int_equal(AGENT->outbox.pending, 0);
	assert_state(4, 4);
	assert_int_equal(AGENT->epoch, 1);
}

/* If only a delivery is to be written, it is delayed a little. */
static void
deliveries_are_delayed(void **state)
{
	static const char	 text[] = COMMON WATCH("a", "") WATCH("b", "");

	(void)state;
	start(text, 0);
	stage_advance(&stage, 12);
	save(12);
	deliver(send_next());
	assert_true(mono_before(stage_mono(12),
	    persistence_due(AGENT, stage_mono(12))));
	assert_true(mono_before(persistence_due(AGENT, stage_mono(12)),
	    stage_mono(13)));
	/* The last delivery is written at once. */
	deliver(send_next());
	assert_int_equal(persistence_due(AGENT, stage_mono(12)).ns,
	    stage_mono(12).ns);
	save(12);
	/* It is synced when nothing else is written for 20 ms. */
	assert_int_equal(mono_sub(persistence_due(AGENT, stage_mono(12)),
	    stage_mono(12)), 20 * NSEC_PER_MSEC);
	save(12.02);
	assert_int_equal(persistence_due(AGENT, stage_mono(12.02)).ns,
	    MONO_NEVER.ns);
	restart(text, 20);
	assert_int_equal(AGENT->outbox.delivered, 2);
}

/* ---- the configuration changed while hbwatchd was down */

static void
removed_while_down(void **state)
{
	(void)state;
	start(COMMON WATCH("a", "") WATCH("b", ""), 0);
	stage_heartbeat(&stage, 1, 9);
	stage_advance(&stage, 12);
	save(12);
	deliver_all();
	save(13);
	restart(COMMON WATCH("b", ""), 15);
	assert_state(2, 0);
	assert_notification(2, NOTIFICATION_CLEARED, "a", 1, 15);
	assert_string_equal(detail(2),
	    "the watch was removed from the configuration");
	assert_string_equal(key(2), "s/v/r/h/a/45640");
	assert_int_equal(AGENT->outbox.pending, 1);
	save(15);
	/* The clear is notified once. */
	restart(COMMON WATCH("b", ""), 16);
	assert_state(2, 0);
	assert_string_equal(detail(2),
	    "the watch was removed from the configuration");
	/* A name keeps its index for ever. */
	restart(COMMON WATCH("c", "") WATCH("a", "") WATCH("b", ""), 17);
	assert_state(2, 0);
	assert_int_equal(AGENT->current.indexes[0], 3);
	assert_int_equal(AGENT->current.indexes[1], 1);
	assert_int_equal(AGENT->current.indexes[2], 2);
}

static void
removed_while_down_and_killed(void **state)
{
	(void)state;
	start(COMMON WATCH("a", ""), 0);
	stage_advance(&stage, 12);
	save(12);
	deliver_all();
	save(13);
	restart(COMMON, 15);
	assert_state(2, 0);
	restart(COMMON, 16);
	assert_state(2, 0);
	assert_notification(2, NOTIFICATION_CLEARED, "a", 1, 16);
	save(16);
	restart(COMMON, 17);
	assert_state(2, 0);
	assert_notification(2, NOTIFICATION_CLEARED, "a", 1, 16);
}

static void
renamed_while_down(void **state)
{
	(void)state;
	start(COMMON WATCH("a", ""), 0);
	stage_heartbeat(&stage, 0, 1);
	stage_advance(&stage, 12);
	save(12);
	restart(COMMON WATCH("z", ""), 15);
	assert_state(2, 0);
	assert_notification(2, NOTIFICATION_CLEARED, "a", 1, 15);
	assert_int_equal(AGENT->current.indexes[0], 2);
	stage_advance(&stage, 26);
	assert_notification(3, NOTIFICATION_RAISED, "z", 2, 25);
}

static void
disabled_while_down(void **state)
{
	(void)state;
	start(COMMON WATCH("w", ""), 0);
	stage_advance(&stage, 12);
	save(12);
	restart(COMMON WATCH("w", "enabled = false"), 15);
	assert_state(2, 0);
	assert_notification(2, NOTIFICATION_CLEARED, "w", 1, 15);
	assert_string_equal(detail(2), "the watch was disabled");
	save(15);
	restart(COMMON WATCH("w", "enabled = false"), 16);
	assert_state(2, 0);
	save(16);
	restart(COMMON WATCH("w", ""), 20);
	assert_state(2, 0);
	stage_advance(&stage, 31);
	assert_state(3, 1);
	assert_notification(3, NOTIFICATION_RAISED, "w", 2, 30);
	stage_heartbeat(&stage, 0, 32);
	assert_state(4, 0);
}

static void
key_changed_while_down(void **state)
{
	(void)state;
	start(COMMON WATCH("w", ""), 0);
	stage_heartbeat(&stage, 0, 1);
	stage_advance(&stage, 12);
	save(12);
	restart(COMMON WATCH_OF("w", "role = other host = h"), 15);
	assert_state(3, 1);
	assert_notification(2, NOTIFICATION_CLEARED, "w", 1, 15);
	assert_string_equal(key(2), "s/v/r/h/w/45640");
	assert_string_equal(detail(2),
	    "the configuration changed the key of the alarm");
	assert_notification(3, NOTIFICATION_RAISED, "w", 2, 15);
	assert_string_equal(key(3), "s/v/other/h/w/45640");
	assert_int_equal(notification(3)->alarm.last_heartbeat.ns,
	    stage_wall(1).ns);
	save(15);
	restart(COMMON WATCH_OF("w", "role = other host = h"), 16);
	assert_state(3, 1);
	stage_heartbeat(&stage, 0, 17);
	assert_state(4, 0);
	assert_notification(4, NOTIFICATION_CLEARED, "w", 2, 17);
	assert_string_equal(key(4), "s/v/other/h/w/45640");
}

/* The number of transitions remains even if cleared, odd if raised. */
static void
key_changed_and_disabled_while_down(void **state)
{
	(void)state;
	start(COMMON WATCH("w", ""), 0);
	stage_advance(&stage, 12);
	save(12);
	restart(COMMON WATCH_OF("w", "role = q host = h enabled = false"), 15);
	assert_state(2, 0);
	save(15);
	restart(COMMON WATCH_OF("w", "role = q host = h"), 20);
	assert_state(2, 0);
	stage.lose = true;
	stage_advance(&stage, 31);
	stage_heartbeat(&stage, 0, 32);
	/* The engine was killed: the shared rows show the change. */
	agent_reconcile(AGENT, stage_mono(33), stage_wall(33));
	assert_state(4, 0);
	assert_notification(3, NOTIFICATION_RAISED, "w", 2, 30);
	assert_notification(4, NOTIFICATION_CLEARED, "w", 2, 32);
}

static void
key_changed_while_cleared(void **state)
{
	(void)state;
	start(COMMON WATCH("w", ""), 0);
	stage_advance(&stage, 12);
	stage_heartbeat(&stage, 0, 13);
	save(13);
	restart(COMMON WATCH_OF("w", "role = r host = other"), 15);
	assert_state(2, 0);
	assert_int_equal(alarm_of(0)->count, 0);
	stage_advance(&stage, 26);
	assert_notification(3, NOTIFICATION_RAISED, "w", 2, 25);
}

static void
severity_changed_while_down(void **state)
{
	(void)state;
	start(COMMON WATCH("w", ""), 0);
	stage_advance(&stage, 12);
	save(12);
	restart("alarm 45640 { interruption = 10s severity = critical }\n"
	    WATCH("w", ""), 15);
	assert_state(1, 1);
	assert_int_equal(AGENT->active[SEVERITY_CRITICAL], 1);
	/* The old notification keeps the old severity. */
	assert_int_equal(notification(1)->watch->profile->alarm->severity,
	    SEVERITY_MINOR);
	stage_heartbeat(&stage, 0, 16);
	assert_state(2, 0);
}

static void
reordered_while_down(void **state)
{
	(void)state;
	start(COMMON WATCH("a", "") WATCH("b", "") WATCH("c", ""), 0);
	stage_heartbeat(&stage, 0, 9);
	stage_heartbeat(&stage, 2, 9);
	stage_advance(&stage, 12);
	save(12);
	restart(COMMON WATCH("new", "") WATCH("c", "") WATCH("b", "")
	    WATCH("a", ""), 15);
	assert_state(1, 1);
	assert_int_equal(AGENT->current.indexes[0], 4);
	assert_int_equal(AGENT->current.indexes[1], 3);
	assert_int_equal(AGENT->current.indexes[2], 2);
	assert_int_equal(AGENT->current.indexes[3], 1);
	assert_int_equal(alarm_of(2)->state, ALARM_RAISED);
	stage_heartbeat(&stage, 2, 16);
	assert_notification(2, NOTIFICATION_CLEARED, "b", 1, 16);
}

/* ---- interfaces */

static void
blind_notified_once(void **state)
{
	static const char	 text[] = COMMON WATCH("w", "");

	(void)state;
	start(text, 0);
	stage_capture(&stage, 0, SHARED_CAPTURE_FAILED, "it is gone", 1);
	save(1);
	restart(text, 10);
	assert_state(1, 0);
	assert_true(AGENT->current.captures[0].notified_blind);
	assert_string_equal(detail(1), "eth0: it is gone");
	/* The watch of a blind interface is not raised. */
	stage_advance(&stage, 100);
	assert_state(1, 0);
	stage_capture(&stage, 0, SHARED_CAPTURE_FAILED, "it is gone", 101);
	assert_state(1, 0);
	stage_capture(&stage, 0, SHARED_CAPTURE_RUNNING, "", 102);
	assert_state(2, 0);
	assert_int_equal(notification(2)->event, NOTIFICATION_RESTORED);
	save(102);
	restart(text, 110);
	assert_false(AGENT->current.captures[0].notified_blind);
	stage_capture(&stage, 0, SHARED_CAPTURE_RUNNING, "", 111);
	assert_state(2, 0);
	stage_capture(&stage, 0, SHARED_CAPTURE_FAILED, "again", 112);
	assert_state(3, 0);
}

/* After a restart with another configuration, no watch uses an interface. */
static void
blind_until_a_restart(void **state)
{
	const struct notification	*n;

	(void)state;
	start(COMMON WATCH("w", "") OTHER, 0);
	stage_capture(&stage, 0, SHARED_CAPTURE_FAILED, "x", 1);
	stage_capture(&stage, 1, SHARED_CAPTURE_FAILED, "y", 1);
	save(1);
	restart(COMMON OTHER, 10);
	assert_state(3, 0);
	n = notification(3);
	assert_int_equal(n->event, NOTIFICATION_RESTORED);
	assert_string_equal(n->capture->interface, "eth0");
	assert_int_equal(n->capture->state, SHARED_CAPTURE_NOT_MONITORED);
	assert_int_equal(n->capture->index, notification(1)->capture->index);
	assert_int_equal(n->capture->watcher.blind_watches, 1);
	save(10);
	restart(COMMON WATCH("w", ""), 20);
	/* Now it is "lo" that no watch uses. */
	assert_state(4, 0);
	assert_string_equal(notification(4)->capture->interface, "lo");
	assert_false(AGENT->current.captures[0].notified_blind);
	save(20);
	restart(COMMON WATCH("w", ""), 30);
	assert_state(4, 0);
}

/* ---- many notifications */

static void
in_batches(void **state)
{
	static const char	 text[] = COMMON WATCH("w", "");
	uint32_t		 batch, sent = 0;

	(void)state;
	start(text, 0);
	save(0);
	add_notifications(2500, 1);
	assert_int_equal(send_next(), 0);
	save(1);
	batch = AGENT->outbox.stored;
	assert_in_range(batch, 100, 1250);
	while (send_next() != 0)
		sent++;
	assert_int_equal(sent, batch);
	assert_int_equal(persistence_due(AGENT, stage_mono(1)).ns,
	    stage_mono(1).ns);
	save(1);
	assert_int_equal(AGENT->outbox.stored, 2 * batch);
	restart(text, 2);
	assert_state(2 * batch, 0);
	assert_int_equal(AGENT->outbox.pending, 2 * batch);
	assert_int_equal(AGENT->epoch, 1);
	add_notifications(2500, 3);
	save_all(3);
	assert_int_equal(AGENT->outbox.stored, 2 * batch + 2500);
	restart(text, 4);
	assert_state(2 * batch + 2500, 0);
	assert_int_equal(AGENT->outbox.pending, 2 * batch + 2500);
	assert_history(1);
}

static void
history_is_trimmed(void **state)
{
	static const char	 text[] = COMMON WATCH("w", "");

	(void)state;
	start(text, 0);
	AGENT->current.config->history = 100;
	add_notifications(250, 1);
	save(1);
	/* Undelivered notifications are not deleted, not even on disk. */
	assert_history(1);
	restart(text, 2);
	AGENT->current.config->history = 100;
	assert_int_equal(AGENT->outbox.pending, 250);
	assert_history(1);
	deliver_all();
	save(2);
	assert_history(151);
	assert_int_equal(AGENT->outbox.count, 0);
	add_notifications(10, 3);
	save(3);
	assert_history(161);
	assert_int_equal(AGENT->outbox.count, 10);
	restart(text, 4);
	assert_history(161);
	assert_int_equal(AGENT->outbox.delivered, 250);
	AGENT->current.config->history = 5;
	deliver_all();
	save(5);
	assert_history(256);
	restart(text, 6);
	assert_history(256);
}

/* ---- the state cannot be written */

static void
continues_from_memory(void **state)
{
	static const char	 text[] = COMMON WATCH("w", "");
	double			 t = 1;
	int			 i;

	(void)state;
	start(text, 0);
	AGENT->current.config->history = 20;
	stage_advance(&stage, t += 12);
	save(t);
	deliver_all();
	save(t);
	fill_disk(true);
	for (i = 0; i < 50; i++) {
		stage_heartbeat(&stage, 0, t += 1);
		save(t);
		stage_advance(&stage, t += 12);
		save(t);
		/* Notifications are sent nevertheless. */
		deliver_all();
		save(t);
	}
	assert_true(persistence_is_failing(AGENT));
	assert_state(101, 1);
	assert_int_equal(AGENT->serial, 51);
	assert_int_equal(AGENT->outbox.pending, 0);
	/* The outbox keeps the configured history. */
	assert_int_equal(AGENT->outbox.count, 20);
	assert_history(82);
	fill_disk(false);
	save(t += 6);
	assert_false(persistence_is_failing(AGENT));
	assert_epoch_file(1, false);
	assert_int_equal(AGENT->outbox.stored, 101);
	assert_int_equal(AGENT->outbox.count, 0);
	assert_history(82);
	restart(text, t += 1);
	assert_int_equal(AGENT->epoch, 1);
	assert_int_equal(AGENT->serial, 51);
	assert_state(101, 1);
	assert_history(82);
	stage_heartbeat(&stage, 0, t += 1);
	assert_state(102, 0);
	assert_int_equal(notification(102)->alarm.serial, 51);
}

/* The serial of a raise that was dropped unsaved is not used again. */
static void
serials_of_dropped_raises(void **state)
{
	static const char	 text[] = COMMON WATCH("w", "");

	(void)state;
	start(text, 0);
	AGENT->current.config->history = 5;
	save(0);
	fill_disk(true);
	stage_advance(&stage, 12);
	save(12);
	deliver_all();
	add_notifications(20, 13);
	save(13);
	deliver_all();
	save(13);
	assert_int_equal(outbox_oldest(&AGENT->outbox), 17);
	save(20);		/* a retry that fails */
	fill_disk(false);
	save(26);
	assert_false(persistence_is_failing(AGENT));
	restart(text, 30);
	assert_state(21, 1);
	assert_int_equal(AGENT->serial, 1);
	assert_int_equal(AGENT->last_change.ns, stage_wall(10).ns);
	assert_int_equal(AGENT->epoch, 1);
	assert_history(17);
	stage_heartbeat(&stage, 0, 31);
	assert_notification(22, NOTIFICATION_CLEARED, "w", 1, 31);
}

/* Unsaved notifications were sent, and lost by SIGKILL: a new epoch. */
static void
killed_while_failing(void **state)
{
	static const char	 text[] = COMMON WATCH("w", "");

	(void)state;
	start(text, 0);
	save(0);
	fill_disk(true);
	stage_advance(&stage, 12);
	save(12);
	deliver_all();
	assert_state(1, 1);
	fill_disk(false);
	restart(text, 20);
	assert_int_equal(AGENT->epoch, 2);
	assert_state(0, 0);
}

/* A notification that could not be sent is not marked as sent early. */
static void
not_sent(void **state)
{
	static const char	 text[] = COMMON WATCH("w", "");
	struct notification	*n;

	(void)state;
	start(text, 0);
	save(0);
	fill_disk(true);
	stage_advance(&stage, 12);
	save(12);
	n = outbox_next(&AGENT->outbox, true);
	assert_non_null(n);
	assert_true(persistence_sending(AGENT, n));
	assert_non_null(strstr(detail(1), EARLY));
	persistence_not_sent(n);
	assert_null(strstr(detail(1), EARLY));
	fill_disk(false);
	save(20);
	assert_int_equal(AGENT->outbox.stored, 1);
	assert_null(strstr(detail(1), EARLY));
	assert_int_equal(send_next(), 1);
	/* It was sent once already. */
	assert_false(persistence_sending(AGENT, n));
	deliver(1);
	save(23);
	restart(text, 30);
	assert_null(strstr(detail(1), EARLY));
}

/* The file needs all alarms and much of the outbox: a try takes some time. */
static void
large_batches_are_rare(void **state)
{
	static const char	 text[] = COMMON WATCH("w", "");

	(void)state;
	start(text, 0);
	AGENT->current.config->history = 10500;
	save(0);
	fill_disk(true);
	stage_advance(&stage, 12);
	save(12);
	assert_int_equal(persistence_due(AGENT, stage_mono(12)).ns,
	    stage_mono(13).ns);
	add_notifications(11000, 12);
	deliver_all();
	save(12);
	assert_true(outbox_has_gap(&AGENT->outbox));
	save(13);
	assert_int_equal(persistence_due(AGENT, stage_mono(13)).ns,
	    stage_mono(23).ns);
	fill_disk(false);
	save(22);
	assert_true(persistence_is_failing(AGENT));
	save(23);
	assert_false(persistence_is_failing(AGENT));
	assert_int_equal(AGENT->outbox.stored, 11001);
}

/*
 * Not even the epoch file can be written: the notifications have an epoch that
 * the next run does not use.
 */
static void
killed_while_nothing_is_written(void **state)
{
	static const char	 text[] = COMMON WATCH("w", "");
	uint32_t		 epoch;

	(void)state;
	start(text, 0);
	save(0);
	limit_files(0);
	stage_advance(&stage, 12);
	save(12);
	deliver_all();
	assert_state(1, 1);
	epoch = AGENT->epoch;
	assert_true(epoch > 1000000000);
	/* It stays while nothing can be written. */
	save(14);
	assert_int_equal(AGENT->epoch, epoch);
	limit_files(RLIM_INFINITY);
	assert_epoch_file(1, false);
	restart(text, 20);
	assert_int_equal(AGENT->epoch, 1);
	assert_state(0, 0);
}

/* Such an epoch is written with the rest, and stays. */
static void
written_after_an_unmarked_epoch(void **state)
{
	static const char	 text[] = COMMON WATCH("w", "");
	uint32_t		 epoch;

	(void)state;
	start(text, 0);
	save(0);
	limit_files(0);
	add_notifications(2500, 1);
	save(1);
	deliver_all();
	epoch = AGENT->epoch;
	limit_files(RLIM_INFINITY);
	save(10);
	/* The database has the epoch, but not all of its notifications. */
	assert_true(AGENT->outbox.stored < 2500);
	assert_epoch_file(epoch, true);
	save_all(10);
	assert_epoch_file(epoch, false);
	restart(text, 20);
	assert_int_equal(AGENT->epoch, epoch);
	assert_state(2500, 0);
}

/* The epoch file says unsaved until everything is on disk. */
static void
killed_while_catching_up(void **state)
{
	static const char	 text[] = COMMON WATCH("w", "");
	uint32_t		 batch;

	(void)state;
	start(text, 0);
	save(0);
	fill_disk(true);
	add_notifications(2500, 1);
	save(1);
	assert_true(persistence_is_failing(AGENT));
	deliver_all();
	fill_disk(false);
	assert_epoch_file(1, true);
	save(10);
	batch = AGENT->outbox.stored;
	assert_in_range(batch, 100, 1250);
	assert_epoch_file(1, true);
	while (AGENT->outbox.stored + batch < 2500) {
		save(10);
		assert_epoch_file(1, true);
	}
	save(10);
	assert_int_equal(AGENT->outbox.stored, 2500);
	assert_epoch_file(1, false);
	add_notifications(2500, 11);
	save(11);
	assert_epoch_file(1, false);
	restart(text, 20);
	assert_int_equal(AGENT->epoch, 1);
	assert_state(2500 + batch, 0);
}

/* ---- a damaged state */

/* The complete state of the agent is written to a new file. */
static void
assert_replaced(const char *change, uint32_t sequence)
{
	static const char	 text[] = COMMON WATCH("a", "") WATCH("b", "");

	print_message("# %s\n", change);
	start(text, 0);
	stage_advance(&stage, 12);
	save(12);
	deliver(send_next());
	save(13);
	stop();
	sql(change);
	start(text, 20);
	assert_int_equal(AGENT->outbox.sequence, sequence);
	save_all(20);
	stage_heartbeat(&stage, 0, 21);
	stage_advance(&stage, 60);
	save_all(60);
	assert_int_equal(AGENT->epoch, 2);
	assert_int_equal(AGENT->outbox.stored, AGENT->outbox.sequence);
	assert_epoch_file(2, false);
	sequence = AGENT->outbox.sequence;
	restart(text, 70);
	assert_int_equal(AGENT->epoch, 2);
	assert_state(sequence, 2);
	stop();
	scratch_remove(scratch_path(&scratch, "state"));
}

static void
damaged(void **state)
{
	(void)state;
	assert_replaced("UPDATE counters SET epoch = 0", 0);
	assert_replaced("UPDATE counters SET sequence = 3", 3);
	assert_replaced("UPDATE counters SET delivered = 0, sequence = 1", 1);
	assert_replaced("UPDATE notice SET sequence = 5 WHERE sequence = 2", 2);
	assert_replaced("UPDATE notice SET state = 9 WHERE sequence = 2", 2);
	assert_replaced("DELETE FROM notice WHERE sequence = 2", 2);
	assert_replaced("UPDATE name SET name = CAST(x'ff' AS TEXT)"
	    " WHERE number = 2", 2);
	assert_replaced("UPDATE alarm SET state = 9 WHERE watch_index = 2", 2);
	assert_replaced("UPDATE alarm SET state = 9", 2);
}

/* Memory is exhausted when the state is read: the file is not replaced. */
static void
no_memory_at_the_start(void **state)
{
	static const char	 text[] = COMMON WATCH("w", "");

	(void)state;
	start(text, 0);
	stage_advance(&stage, 12);
	save(12);
	stop();
	for (no_memory = NO_NAME; no_memory <= NO_NOTIFICATION; no_memory++) {
		memset(&stage, 0, sizeof(stage));
		assert_true(agent_init(AGENT, stage_wall(20)));
		assert_int_equal(persistence_open(AGENT,
		    scratch_path(&scratch, "state"), -1, NULL), STORE_NO_MEMORY);
		stage_end(&stage);
	}
	no_memory = ENOUGH;
	start(text, 30);
	assert_int_equal(AGENT->epoch, 1);
	assert_state(1, 1);
	assert_int_equal(AGENT->outbox.pending, 1);
}

/* An invalid row of the history is found when it is read. */
static void
damaged_history(void **state)
{
	static const char	 text[] = COMMON WATCH("w", "");

	(void)state;
	start(text, 0);
	stage_advance(&stage, 12);
	stage_heartbeat(&stage, 0, 13);
	save(13);
	deliver_all();
	save(14);
	stop();
	sql("UPDATE notice SET cause = 77 WHERE sequence = 1");
	start(text, 20);
	assert_state(2, 0);
	assert_null(persistence_notification(AGENT, 1));
	stage_advance(&stage, 31);
	save(31);
	assert_int_equal(AGENT->epoch, 2);
	assert_history(3);
	restart(text, 40);
	assert_int_equal(AGENT->epoch, 2);
	assert_state(3, 1);
	assert_notification(3, NOTIFICATION_RAISED, "w", 2, 30);
}

/* A number of transitions that contradicts the state is corrected. */
static void
wrong_transitions(void **state)
{
	static const char	 text[] = COMMON WATCH("w", "");

	(void)state;
	start(text, 0);
	stage_advance(&stage, 12);
	save(12);
	stop();
	sql("UPDATE alarm SET transitions = 8");
	start(text, 20);
	assert_state(1, 1);
	stage_heartbeat(&stage, 0, 21);
	assert_state(2, 0);
	save(21);
	stop();
	sql("UPDATE alarm SET transitions = 11");
	start(text, 30);
	assert_state(2, 0);
	stage_advance(&stage, 41);
	assert_state(3, 1);
}

/* ---- storms */

#define FOUR \
	WATCH("a", "") WATCH("b", "") WATCH("c", "") WATCH("d", "")
#define STORM	"storm = 1 in 30s\n" COMMON

/* One turn of the loop. */
static void
turn(double at)
{
	stage_advance(&stage, at);
	agent_storm(AGENT, stage_mono(at), stage_wall(at));
	save(at);
}

static void
assert_notified(uint32_t i, uint32_t raised, uint32_t cleared, uint32_t first,
    double since)
{
	const struct notification_storm	*storm = &notification(i)->storm;

	assert_int_equal(notification(i)->event, NOTIFICATION_STORM);
	assert_int_equal(storm->raised, raised);
	assert_int_equal(storm->cleared, cleared);
	assert_int_equal(storm->first, first);
	assert_int_equal(storm->since.ns, stage_wall(since).ns);
}

static void
assert_shown(uint32_t raised, uint32_t cleared, uint32_t first, double since)
{
	const struct notification_storm	*storm = storm_shown(&AGENT->storm);

	assert_int_equal(storm->raised, raised);
	assert_int_equal(storm->cleared, cleared);
	assert_int_equal(storm->first, first);
	assert_int_equal(storm->since.ns, stage_wall(since).ns);
}

static uint32_t
capture_index(const char *interface)
{
	return (AGENT->current.captures[stage_find_capture(&stage,
	    interface)].index);
}

/* An interface keeps its index, also while no watch names it. */
static void
capture_indexes(void **state)
{
	static const char	 one[] =
	    "watch a { interface = eth7 heartbeat = \"vrrp 1\" }\n";
	static const char	 two[] =
	    "watch a { interface = eth1 heartbeat = \"vrrp 1\" }\n"
	    "watch b { interface = any heartbeat = \"vrrp 1\" }\n";
	static const char	 all[] =
	    "watch a { interface = eth1 heartbeat = \"vrrp 1\" }\n"
	    "watch b { interface = eth7 heartbeat = \"vrrp 1\" }\n"
	    "watch c { interface = eth0 heartbeat = \"vrrp 1\" }\n";

	(void)state;
	start(one, 0);
	assert_int_equal(capture_index("eth7"), 1);
	save(1);
	restart(two, 2);
	assert_int_equal(capture_index("any"), 2);
	assert_int_equal(capture_index("eth1"), 3);
	stage_capture(&stage, stage_find_capture(&stage, "eth1"),
	    SHARED_CAPTURE_FAILED, "gone", 3);
	assert_int_equal(notification(1)->capture->index, 3);
	save(3);
	restart(all, 4);
	assert_int_equal(capture_index("eth7"), 1);
	assert_int_equal(capture_index("eth1"), 3);
	assert_int_equal(capture_index("eth0"), 4);
	assert_int_equal(notification(1)->capture->index, 3);
}

/* An open storm continues after a restart. */
static void
storm_over_a_restart(void **state)
{
	(void)state;
	start(STORM FOUR, 0);
	turn(11);
	assert_int_equal(send_next(), 1);
	assert_int_equal(send_next(), 0);
	deliver(1);
	save(12);
	assert_shown(3, 0, 2, 10);
	restart(STORM FOUR, 20);
	assert_state(4, 4);
	assert_shown(3, 0, 2, 10);
	/* Its raises are not notified again. */
	assert_int_equal(AGENT->outbox.pending, 0);
	assert_int_equal(AGENT->outbox.delivered, 4);
	stage_heartbeat(&stage, 0, 21);		/* it was notified */
	stage_heartbeat(&stage, 3, 22);
	save(22);
	restart(STORM FOUR, 23);
	assert_state(6, 2);
	assert_shown(3, 1, 2, 10);
	assert_int_equal(AGENT->outbox.pending, 1);
	assert_int_equal(send_next(), 5);
	assert_int_equal(send_next(), 0);
	deliver(5);
	stage_heartbeat(&stage, 0, 32);
	stage_heartbeat(&stage, 3, 32);
	turn(41);
	stage_heartbeat(&stage, 0, 41.5);
	stage_heartbeat(&stage, 3, 41.5);
	turn(52);				/* one more raise is notified */
	assert_int_equal(notification(7)->event, NOTIFICATION_RAISED);
	assert_false(notification_is_summarised(notification(7)));
	assert_true(notification_is_summarised(notification(8)));
	turn(82);
	assert_notified(9, 4, 1, 2, 10);
	assert_state(9, 4);
	restart(STORM FOUR, 90);
	assert_state(9, 4);
	assert_notified(9, 4, 1, 2, 10);
	assert_shown(4, 1, 2, 10);
	assert_int_equal(storm_due(&AGENT->storm).ns, MONO_NEVER.ns);
	assert_int_equal(AGENT->outbox.pending, 2);
	deliver_all();
	save(91);
	restart(STORM FOUR, 100);
	assert_int_equal(AGENT->outbox.pending, 0);
	assert_shown(4, 1, 2, 10);
	/* The raise was summarised, so its clear is, after two restarts. */
	stage_heartbeat(&stage, 1, 101);
	assert_true(notification_is_summarised(notification(10)));
	save(101);
	restart(STORM FOUR, 110);
	assert_shown(0, 1, 10, 101);
	/* It is notified once, when it is due. */
	turn(119);
	assert_int_equal(AGENT->outbox.sequence, 10);
	stop();
	/* With `storm = off` it is notified at once. */
	start("storm = off\n" COMMON FOUR, 119);
	turn(119);
	assert_notified(11, 0, 1, 10, 101);
	assert_int_equal(AGENT->epoch, 1);
	assert_history(1);
}

/* A storm notification that was not saved was not sent. */
static void
killed_before_a_storm_was_saved(void **state)
{
	(void)state;
	start(STORM FOUR, 0);
	turn(11);
	deliver_all();
	save(12);
	stage_advance(&stage, 50);
	agent_storm(AGENT, stage_mono(50), stage_wall(50));
	assert_notified(5, 3, 0, 2, 10);
	assert_int_equal(send_next(), 0);
	restart(STORM FOUR, 60);
	assert_state(4, 4);
	assert_shown(3, 0, 2, 10);
	turn(90);
	assert_notified(5, 3, 0, 2, 10);
	assert_int_equal(send_next(), 5);
	/* It was not delivered, so it is sent again. */
	restart(STORM FOUR, 95);
	assert_notified(5, 3, 0, 2, 10);
	assert_int_equal(send_next(), 5);
	turn(1000);
	assert_state(5, 4);
}

/* Only a part of the storm was saved. */
static void
killed_while_a_storm_is_saved(void **state)
{
	char	*text;
	size_t	 size;
	FILE	*f = open_memstream(&text, &size);
	uint32_t batch;
	int	 i;

	(void)state;
	assert_non_null(f);
	fprintf(f, STORM);
	for (i = 0; i < 1500; i++)
		fprintf(f, WATCH("w%d", ""), i);
	assert_int_equal(fclose(f), 0);
	start(text, 0);
	turn(11);
	assert_state(1500, 1500);
	batch = AGENT->outbox.stored;
	assert_in_range(batch, 100, 1400);
	deliver_all();
	restart(text, 12);
	assert_state(batch, batch);
	assert_shown(batch - 1, 0, 2, 10);
	turn(22);
	assert_state(1500, 1500);
	assert_shown(1498, 0, 2, 10);
	assert_false(notification_is_summarised(notification(batch + 1)));
	free(text);
}

/* Watches that are removed while hbwatchd is down are summarised, too. */
static void
storm_and_removed_while_down(void **state)
{
	(void)state;
	start(STORM FOUR, 0);
	turn(11);
	deliver_all();
	save(12);
	restart(STORM WATCH("a", "") WATCH("b", "")
	    WATCH_OF("c", "role = other host = h"), 20);
	/* The clears of c and d and the raise of c. */
	assert_state(7, 3);
	assert_shown(3, 2, 2, 10);
	assert_int_equal(AGENT->outbox.pending, 1);
	turn(51);
	assert_notified(8, 3, 2, 2, 10);
}

/* The limit is in effect for the alarms that a start raises. */
static void
storm_at_the_start(void **state)
{
	(void)state;
	start(COMMON FOUR, 0);
	turn(11);
	deliver_all();
	save(12);
	restart("storm = 2 in 30s\n" COMMON
	    WATCH_OF("a", "role = o host = h")
	    WATCH_OF("b", "role = o host = h")
	    WATCH_OF("c", "role = o host = h")
	    WATCH_OF("d", "role = o host = h"), 20);
	assert_state(12, 4);
	assert_int_equal(AGENT->outbox.pending, 6);
	turn(60);
	assert_notified(13, 2, 0, 10, 20);
}

/* The history has the rows that a storm notification refers to. */
static void
storm_stays_in_the_history(void **state)
{
	double	 t;

	(void)state;
	start(STORM FOUR, 0);
	AGENT->current.config->history = 4;
	turn(11);
	deliver_all();
	add_notifications(20, 12);
	save(12);
	deliver_all();
	save(12);
	assert_history(2);
	/* The restart reads the rows from disk. */
	restart(STORM FOUR, 13);
	AGENT->current.config->history = 4;
	assert_shown(3, 0, 2, 10);
	turn(45);
	assert_notified(25, 3, 0, 2, 10);
	add_notifications(10, 46);
	save(46);
	restart(STORM FOUR, 47);
	AGENT->current.config->history = 4;
	save(47);
	assert_history(2);
	deliver(25);
	/* Deliver them one by one, except the third storm. */
	while (AGENT->outbox.delivered < 28) {
		deliver(AGENT->outbox.delivered + 1);
		save(48);
		assert_history(2);
	}
	deliver_all();
	save(49);
	assert_history(32);
	for (t = 60; t < 70; t += 1) {
		add_notifications(1, t);
		save(t);
		deliver_all();
		save(t);
	}
	/* The rows were deleted; the scalars still show the storm. */
	assert_history(42);
	restart(STORM FOUR, 80);
	assert_history(42);
	assert_shown(3, 0, 2, 10);
}

/* The same from memory. */
static void
storm_on_a_full_disk(void **state)
{
	(void)state;
	start(STORM FOUR, 0);
	AGENT->current.config->history = 2;
	turn(5);
	fill_disk(true);
	turn(11);
	deliver_all();
	save(12);
	assert_true(persistence_is_failing(AGENT));
	assert_history(2);
	turn(50);
	deliver_all();
	save(50);
	assert_history(2);
	assert_notified(5, 3, 0, 2, 10);
	fill_disk(false);
	save(60);
	assert_false(persistence_is_failing(AGENT));
	restart(STORM FOUR, 70);
	assert_shown(3, 0, 2, 10);
	assert_history(2);
	assert_state(5, 4);
	assert_int_equal(storm_due(&AGENT->storm).ns, MONO_NEVER.ns);
}

/* ---- the thread, on a disk that hangs or fails */

static void
start_thread(const char *text, double at)
{
	start(text, at);
	save(at);
	assert_true(persistence_start(AGENT->persistence));
}

static void
restart_thread(const char *text, double at)
{
	stop();
	start_thread(text, at);
}

/* Waits for the end of a transaction, and starts no other one. */
static void
wait_for_write(void)
{
	struct pollfd	 fd = { persistence_event(AGENT), POLLIN, 0 };

	assert_int_equal(poll(&fd, 1, LONG_MS), 1);
}

/* Waits for the end of a transaction, and then does a turn. */
static void
finish_write(double at)
{
	wait_for_write();
	save(at);
}

/* The same until everything is written and synced. */
static void
finish_writes(double at)
{
	struct mono_time	 due;

	while ((due = persistence_due(AGENT, stage_mono(at))).ns !=
	    MONO_NEVER.ns)
		if (mono_before(due, stage_mono(at + 0.1))) {
			at += 0.02;
			save(at);
		} else {
			finish_write(at);
		}
}

/* The disk hangs, and a transaction with the first alarm waits for it. */
static void
hang(double at)
{
	unsigned	 syncs = slow_disk_syncs();

	slow_disk_set(true, false);
	stage_advance(&stage, at);
	save(at);
	assert_true(slow_disk_wait(syncs));
}

/* The same for more than half a second. */
static void
hang_too_long(double at)
{
	hang(at);
	save(at + 0.5);
	save(at + 0.6);
	assert_true(persistence_is_failing(AGENT));
}

static bool
is_early(uint32_t sequence)
{
	return (strstr(detail(sequence), EARLY) != NULL);
}

/* A notification waits for its own transaction, and the agent for none. */
static void
waits_for_its_transaction(void **state)
{
	static const char	 text[] = COMMON WATCH("a", "") WATCH("b", "");

	(void)state;
	start_thread(text, 0);
	stage_heartbeat(&stage, 1, 5);
	hang(10);
	assert_state(1, 1);
	/* The next transaction writes this alarm. */
	stage_advance(&stage, 15);
	assert_state(2, 2);
	save(10.1);
	assert_int_equal(send_next(), 0);
	assert_false(persistence_is_failing(AGENT));
	slow_disk_set(false, false);
	finish_write(10.2);
	assert_int_equal(send_next(), 1);
	assert_int_equal(send_next(), 0);
	finish_write(10.3);
	assert_int_equal(send_next(), 2);
	assert_false(is_early(1));
	assert_int_equal(AGENT->epoch, 1);
	deliver(1);
	deliver(2);
	save(11);
	finish_writes(11);
	restart(text, 20);
	assert_state(2, 2);
	assert_int_equal(AGENT->outbox.pending, 0);
	assert_int_equal(AGENT->epoch, 1);
}

/* After half a second, notifications are sent from memory in a new epoch. */
static void
hanging_disk(void **state)
{
	static const char	 text[] = COMMON WATCH("a", "") WATCH("b", "")
	    WATCH("c", "");
	uint32_t		 epoch;

	(void)state;
	start_thread(text, 0);
	stage_heartbeat(&stage, 1, 5);
	stage_heartbeat(&stage, 2, 7);
	stage_advance(&stage, 10);
	save(10);
	finish_write(10);
	assert_int_equal(send_next(), 1);
	hang(15);
	save(15.49);
	assert_int_equal(send_next(), 0);
	save(15.5);
	assert_false(persistence_is_failing(AGENT));
	assert_int_equal(persistence_due(AGENT, stage_mono(15.5)).ns,
	    stage_mono(15.52).ns);
	save(15.52);
	assert_true(persistence_is_failing(AGENT));
	assert_int_equal(persistence_due(AGENT, stage_mono(16)).ns,
	    MONO_NEVER.ns);
	assert_int_equal(AGENT->epoch, 1);
	assert_int_equal(send_next(), 2);
	epoch = AGENT->epoch;
	assert_true(epoch > 1000000000);
	stage_advance(&stage, 17);
	assert_int_equal(send_next(), 3);
	assert_int_equal(AGENT->epoch, epoch);
	/* The agent repeats a sent notification with the same content. */
	outbox_requeue_all(&AGENT->outbox);
	assert_int_equal(send_next(), 1);
	assert_int_equal(notification(1)->epoch, 1);
	assert_int_equal(notification(2)->epoch, epoch);
	assert_false(is_early(1));
	assert_true(is_early(2));
	assert_true(is_early(3));
	/* Only memory is read. */
	deliver(1);
	save(17.1);
	assert_int_equal(persistence_oldest(AGENT), 2);
	assert_null(persistence_notification(AGENT, 1));
	/* The disk works again: the transaction did not have the marks. */
	slow_disk_set(false, false);
	finish_write(20);
	assert_false(persistence_is_failing(AGENT));
	finish_writes(20);
	assert_history(1);
	assert_int_equal(AGENT->outbox.stored, 3);
	restart_thread(text, 25);
	assert_int_equal(AGENT->epoch, epoch);
	assert_state(3, 3);
	assert_history(1);
	assert_false(is_early(1));
	assert_true(is_early(2));
	assert_true(is_early(3));
	/* A repetition after a restart is the same, too. */
	assert_int_equal(send_next(), 2);
	assert_int_equal(notification(2)->epoch, epoch);
	assert_int_equal(notification(1)->epoch, 1);
	stage_heartbeat(&stage, 0, 26);
	save(26);
	finish_writes(26);
	assert_false(is_early(4));
	assert_int_equal(AGENT->epoch, epoch);
}

/* A stored notification that was not sent is sent first, in its epoch. */
static void
hanging_disk_and_no_receiver(void **state)
{
	static const char	 text[] = COMMON WATCH("a", "") WATCH("b", "");

	(void)state;
	start_thread(text, 0);
	stage_heartbeat(&stage, 1, 5);
	stage_advance(&stage, 10);
	save(10);
	finish_write(10);
	hang(15);
	save(15.5);
	save(15.6);
	assert_int_equal(send_next(), 1);
	assert_int_equal(AGENT->epoch, 1);
	assert_int_equal(send_next(), 2);
	assert_int_equal(notification(1)->epoch, 1);
	assert_false(is_early(1));
	assert_true(notification(2)->epoch > 1);
	assert_true(is_early(2));
	slow_disk_set(false, false);
	finish_writes(18);
}

/*
 * The disk hangs again, in the epoch from memory.  The transaction lacks the
 * notification that is sent meanwhile, so the mark must stay.
 */
static void
hanging_disk_in_epoch_from_memory(void **state)
{
	static const char	 text[] = COMMON WATCH("a", "") WATCH("b", "");
	uint32_t		 epoch;

	(void)state;
	start_thread(text, 0);
	stage_heartbeat(&stage, 1, 5);
	hang_too_long(10);
	assert_int_equal(send_next(), 1);
	epoch = AGENT->epoch;
	slow_disk_set(false, false);
	wait_for_write();
	hang_too_long(11);
	stage_advance(&stage, 15);
	assert_int_equal(send_next(), 2);
	assert_int_equal(notification(2)->epoch, epoch);
	slow_disk_set(false, false);
	wait_for_write();
	assert_epoch_file(epoch, true);
	save(16);
	finish_writes(16);
	assert_epoch_file(epoch, false);
}

/* A notification that is not sent while the disk hangs is as usual. */
static void
hanging_disk_and_nothing_sent(void **state)
{
	static const char	 text[] = COMMON WATCH("a", "");

	(void)state;
	start_thread(text, 0);
	hang_too_long(10);
	assert_true(persistence_is_failing(AGENT));
	slow_disk_set(false, false);
	finish_write(18);
	assert_int_equal(send_next(), 1);
	assert_false(is_early(1));
	assert_int_equal(AGENT->epoch, 1);
}

/* Sends a notification while the disk hangs, and ends; returns its epoch. */
static uint32_t
be_killed_while_hanging(const char *text)
{
	uint32_t	 epoch = 0;
	int		 ends[2], status;
	pid_t		 pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		start_thread(text, 0);
		hang_too_long(10);
		if (send_next() == 1)
			epoch = notification(1)->epoch;
		_exit(write(ends[1], &epoch, sizeof(epoch)) !=
		    sizeof(epoch) || persistence_close(AGENT->persistence));
	}
	assert_int_equal(read(ends[0], &epoch, sizeof(epoch)), sizeof(epoch));
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return (epoch);
}

/* No sequence is used twice in an epoch. */
static void
assert_killed_while_hanging(bool with_note)
{
	static const char	 text[] = COMMON WATCH("a", "") WATCH("b", "");
	uint32_t		 epoch;

	epoch = be_killed_while_hanging(text);
	assert_true(epoch > 1);
	/* Only a file that is not on the disk can have the epoch. */
	next_note.epoch = with_note ? epoch : 0;
	start(text, 20);
	if (with_note)
		assert_true(AGENT->epoch > epoch);
	else
		assert_int_equal(AGENT->epoch, 1);
	/* SQLite has written the transaction, although it was not synced. */
	assert_state(2, 2);
	assert_int_equal(send_next(), 1);
	assert_true(notification(1)->epoch != epoch);
}

static void
killed_while_hanging(void **state)
{
	(void)state;
	assert_killed_while_hanging(false);
}

static void
killed_while_hanging_with_note(void **state)
{
	uint32_t	 epoch;

	(void)state;
	assert_killed_while_hanging(true);
	epoch = AGENT->epoch;
	/* The disk has it already. */
	restart(COMMON WATCH("a", "") WATCH("b", ""), 30);
	assert_int_equal(AGENT->epoch, epoch);
}

/* The note has the epoch before something is sent in it. */
static void
note_is_written(void **state)
{
	char	 digits[11] = "";
	int	 copy;

	(void)state;
	next_note.file = open(scratch_path(&scratch, "note"),
	    O_RDWR | O_CREAT, 0600);
	copy = dup(next_note.file);
	assert_int_not_equal(copy, -1);
	start_thread(COMMON WATCH("a", ""), 0);
	hang_too_long(10);
	assert_int_equal(pread(copy, digits, 10, 0), 0);
	assert_int_equal(send_next(), 1);
	assert_int_equal(pread(copy, digits, 10, 0), 10);
	assert_int_equal(strtoul(digits, NULL, 10), AGENT->epoch);
	close(copy);
}

static void *
release_disk(void *arg)
{
	(void)arg;
	/* Longer than a transaction may take, and not as long as the end. */
	(void)poll(NULL, 0, 700);
	slow_disk_set(false, false);
	return (NULL);
}

/* The end of the process waits longer for a slow disk than a notification. */
static void
slow_disk_at_the_end(void **state)
{
	pthread_t	 thread;

	(void)state;
	start_thread(COMMON WATCH("a", ""), 0);
	stage_advance(&stage, 10);
	save(10);
	finish_writes(10);
	slow_disk_set(true, false);
	assert_int_equal(pthread_create(&thread, NULL, release_disk, NULL), 0);
	assert_true(persistence_close(AGENT->persistence));
	assert_int_equal(pthread_join(thread, NULL), 0);
	AGENT->persistence = NULL;
}

/*
 * The disk hangs longer than a notification waits, and works again before the
 * end of the process: the epoch and all that was sent in it are stored.
 */
static void
hanging_disk_at_the_end(void **state)
{
	static const char	 text[] = COMMON WATCH("a", "") WATCH("b", "");
	struct mono_time	 now = stage_mono(11);
	uint32_t		 epoch;
	pthread_t		 thread;

	(void)state;
	start_thread(text, 0);
	stage_heartbeat(&stage, 1, 5);
	hang(10);
	stage_advance(&stage, 15);
	persistence_save_all(AGENT, now, 1);
	assert_int_equal(send_next(), 1);
	assert_int_equal(send_next(), 2);
	epoch = AGENT->epoch;
	assert_true(epoch > 1);
	assert_int_equal(pthread_create(&thread, NULL, release_disk, NULL), 0);
	persistence_save_all(AGENT, now, LONG_MS);
	assert_int_equal(pthread_join(thread, NULL), 0);
	restart(text, 20);
	assert_state(2, 2);
	assert_int_equal(AGENT->epoch, epoch);
	assert_true(is_early(1));
	assert_true(is_early(2));
}

/* The disk hangs and then fails: the mark has the epoch from memory. */
static void
hanging_disk_that_fails(void **state)
{
	static const char	 text[] = COMMON WATCH("a", "");
	uint32_t		 epoch;

	(void)state;
	start_thread(text, 0);
	hang_too_long(10);
	assert_int_equal(send_next(), 1);
	epoch = AGENT->epoch;
	slow_disk_set(false, true);
	finish_write(11);
	finish_write(11);
	assert_true(persistence_is_failing(AGENT));
	assert_epoch_file(epoch, true);
	/* The process ends, and the disk works again. */
	stop();
	slow_disk_set(false, false);
	start(text, 20);
	assert_true(AGENT->epoch > epoch);
}

/* On a disk that fails, the epoch file has a mark, and the epoch stays. */
static void
failing_disk(void **state)
{
	static const char	 text[] = COMMON WATCH("a", "");

	(void)state;
	start_thread(text, 0);
	slow_disk_set(false, true);
	stage_advance(&stage, 10);
	save(10);
	finish_write(10);
	assert_true(persistence_is_failing(AGENT));
	assert_int_equal(send_next(), 1);
	assert_int_equal(AGENT->epoch, 1);
	assert_true(is_early(1));
	assert_string_equal(detail(1), "no heartbeat (udp 20053 on eth0) from "
	    "192.0.2.12 for 10.000 s, none was ever received" EARLY);
	assert_epoch_file(1, true);
	slow_disk_set(false, false);
	save(11.1);
	finish_writes(11.1);
	assert_epoch_file(1, false);
	deliver(1);
	save(11.2);
	finish_writes(11.2);
	assert_int_equal(AGENT->outbox.count, 0);
	assert_true(is_early(1));
	restart(text, 20);
	assert_true(is_early(1));
}

/* More names than fit into one transaction, and an alarm behind them. */
static void
many_names(void **state)
{
	char	*text;
	size_t	 size;
	FILE	*f = open_memstream(&text, &size);
	int	 i;

	(void)state;
	assert_non_null(f);
	fprintf(f, COMMON);
	for (i = 0; i < 12000; i++)
		fprintf(f, WATCH("w%d", ""), i);
	assert_int_equal(fclose(f), 0);
	start(text, 0);
	stage_capture(&stage, 0, SHARED_CAPTURE_FAILED, "", 1);
	save(1);
	assert_int_equal(send_next(), 0);
	save(1);
	assert_int_equal(send_next(), 1);
	restart(text, 2);
	assert_int_equal(persistence_due(AGENT, stage_mono(2)).ns,
	    MONO_NEVER.ns);
	assert_int_equal(AGENT->current.indexes[11999], 12000);
	free(text);
}

/* The last changes are written before the end. */
static void
saved_at_the_end(void **state)
{
	static const char	 text[] = COMMON WATCH("w", "");

	(void)state;
	start_thread(text, 0);
	add_notifications(2000, 1);
	save(1);
	save_all(2);
	restart(text, 3);
	assert_state(2000, 0);
	assert_history(1);
}

/* ---- a state with schema 1 */

#define COLUMNS_1 \
	"watch_index INTEGER NOT NULL, event INTEGER NOT NULL," \
	"time INTEGER NOT NULL, watch TEXT, peer TEXT, interface TEXT," \
	"heartbeat TEXT, alarm_id INTEGER, alarm_name TEXT," \
	"severity INTEGER, type TEXT, service_type TEXT, source TEXT," \
	"service TEXT, role TEXT, host TEXT, raised INTEGER," \
	"cleared INTEGER, last_heartbeat INTEGER, span INTEGER," \
	"serial INTEGER, count INTEGER, transitions INTEGER," \
	"state INTEGER, cause INTEGER, end INTEGER, flags INTEGER," \
	"capture_index INTEGER, capture_state INTEGER, error TEXT"
#define ROW(sequence, index, event, at, name, cleared, transitions, state) \
	"(" sequence ", " index ", " event ", " at "000000000, '" name "'," \
	"'192.0.2.12', 'eth0', 'udp 20053', 45640, 'FlinkServer Heartbeat" \
	" Interruption Between the Active and Standby Nodes', 5," \
	" 'Heartbeat', 'Flink', 's', 'v', 'r', 'h', 1795348811000000000, " \
	cleared ", 1795348801000000000, 10000000000, " index ", 1, " \
	transitions ", " state ", 1, 0, 1, NULL, NULL, NULL)"
/* a was raised and cleared; the raise of b is not delivered. */
#define RAISED_A	ROW("1", "1", "1", "1795348811", "a", "0", "1", "2")
#define CLEARED_A \
	ROW("2", "1", "2", "1795348820", "a", "1795348820000000000", "2", "1")
#define RAISED_B	ROW("4", "2", "1", "1795348821", "b", "0", "1", "2")

static const char	 schema_1[] =
    "PRAGMA journal_mode = WAL; PRAGMA application_id = 1751283505;"
    "CREATE TABLE counters (id INTEGER PRIMARY KEY CHECK (id = 1),"
    " epoch INTEGER NOT NULL, sequence INTEGER NOT NULL,"
    " delivered INTEGER NOT NULL, serial INTEGER NOT NULL,"
    " last_change INTEGER NOT NULL) STRICT;"
    "CREATE TABLE name (number INTEGER PRIMARY KEY,"
    " name TEXT NOT NULL UNIQUE) STRICT;"
    "CREATE TABLE notice (sequence INTEGER PRIMARY KEY, " COLUMNS_1 ") STRICT;"
    "CREATE TABLE alarm (sequence INTEGER NOT NULL, " COLUMNS_1 ","
    " PRIMARY KEY (watch_index)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE blind (interface TEXT PRIMARY KEY) STRICT;"
    "PRAGMA user_version = 1;"
    "INSERT INTO counters VALUES (1, 6, 4, 3, 2, 1795348821000000000);"
    "INSERT INTO name VALUES (1, 'a'), (2, 'b');"
    "INSERT INTO notice VALUES " RAISED_A ", " CLEARED_A ", " RAISED_B ";"
    "INSERT INTO notice (sequence, watch_index, event, time, interface,"
    " capture_index, capture_state, error)"
    " VALUES (3, 0, 3, 1795348820500000000, 'eth0', 2, 3, 'gone');"
    "INSERT INTO alarm VALUES " CLEARED_A ", " RAISED_B ";"
    "INSERT INTO blind VALUES ('eth0');";

static void
state_of_schema_1(void **state)
{
	struct epoch_file	 epoch_file = { .epoch = 6, .database = 1 };
	static const char	 text[] = STORM WATCH("b", "")
	    WATCH("a", "") WATCH("c", "");
	int			 i;

	(void)state;
	assert_int_equal(mkdir(scratch_path(&scratch, "state"), 0700), 0);
	assert_true(epoch_file_write(scratch_path(&scratch, "state/epoch"),
	    &epoch_file));
	sql(schema_1);
	start(text, 30);
	for (i = 0; i < 2; i++) {
		assert_int_equal(AGENT->epoch, 6);
		assert_int_equal(AGENT->serial, 2);
		assert_int_equal(AGENT->last_change.ns, stage_wall(21).ns);
		assert_state(4, 1);
		assert_int_equal(AGENT->current.indexes[0], 2);
		assert_int_equal(AGENT->current.indexes[1], 1);
		assert_int_equal(AGENT->current.indexes[2], 3);
		assert_history(1);
		assert_notification(1, NOTIFICATION_RAISED, "a", 1, 11);
		assert_notification(2, NOTIFICATION_CLEARED, "a", 1, 20);
		assert_int_equal(notification(3)->event, NOTIFICATION_BLIND);
		assert_string_equal(detail(3), "eth0: gone");
		assert_notification(4, NOTIFICATION_RAISED, "b", 2, 21);
		assert_string_equal(key(4), "s/v/r/h/b/45640");
		assert_true(AGENT->current.captures[0].notified_blind);
		assert_int_equal(AGENT->outbox.pending, 1);
		assert_int_equal(send_next(), 4);
		assert_int_equal(storm_shown(&AGENT->storm)->first, 0);
		assert_int_equal(storm_due(&AGENT->storm).ns, MONO_NEVER.ns);
		save(30);
		/* The second time, with the present schema. */
		restart(text, 40);
	}
	stage_capture(&stage, 0, SHARED_CAPTURE_RUNNING, "", 41);
	turn(52);
	assert_state(7, 3);
	turn(90);
	assert_notified(8, 1, 0, 7, 50);
	restart(text, 100);
	assert_notified(8, 1, 0, 7, 50);
}

#define STORY(test)	cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		STORY(empty_state),
		STORY(everything_restored),
		STORY(active_alarm),
		STORY(verdict_is_stored),
		STORY(silence_restarts),
		STORY(killed_before_it_was_saved),
		STORY(pending_are_sent_again),
		STORY(deliveries_are_delayed),
		STORY(removed_while_down),
		STORY(removed_while_down_and_killed),
		STORY(renamed_while_down),
		STORY(disabled_while_down),
		STORY(key_changed_while_down),
		STORY(key_changed_and_disabled_while_down),
		STORY(key_changed_while_cleared),
		STORY(severity_changed_while_down),
		STORY(reordered_while_down),
		STORY(blind_notified_once),
		STORY(blind_until_a_restart),
		STORY(in_batches),
		STORY(history_is_trimmed),
		STORY(continues_from_memory),
		STORY(serials_of_dropped_raises),
		STORY(killed_while_failing),
		STORY(not_sent),
		STORY(large_batches_are_rare),
		STORY(killed_while_nothing_is_written),
		STORY(written_after_an_unmarked_epoch),
		STORY(killed_while_catching_up),
		STORY(damaged),
		STORY(no_memory_at_the_start),
		STORY(damaged_history),
		STORY(wrong_transitions),
		STORY(capture_indexes),
		STORY(storm_over_a_restart),
		STORY(killed_before_a_storm_was_saved),
		STORY(killed_while_a_storm_is_saved),
		STORY(storm_and_removed_while_down),
		STORY(storm_at_the_start),
		STORY(storm_stays_in_the_history),
		STORY(storm_on_a_full_disk),
		STORY(waits_for_its_transaction),
		STORY(hanging_disk),
		STORY(hanging_disk_and_no_receiver),
		STORY(hanging_disk_in_epoch_from_memory),
		STORY(hanging_disk_and_nothing_sent),
		STORY(killed_while_hanging),
		STORY(killed_while_hanging_with_note),
		STORY(note_is_written),
		STORY(slow_disk_at_the_end),
		STORY(hanging_disk_at_the_end),
		STORY(hanging_disk_that_fails),
		STORY(failing_disk),
		STORY(many_names),
		STORY(saved_at_the_end),
		STORY(state_of_schema_1),
	};

	/* write(2) returns an error when it reaches the limit. */
	signal(SIGXFSZ, SIG_IGN);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
