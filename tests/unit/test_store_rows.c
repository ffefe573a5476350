/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows that are written to the store and read again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store_fixture.h"

static void
assert_same_text(const char *a, const char *b)
{
	if (a == NULL)
		assert_null(b);
	else
		assert_string_equal(a, b);
}

static void
assert_same_watch(const struct configuration_watch *a,
    const struct configuration_watch *b)
{
	const struct configuration_profile	*p = a->profile;
	const struct configuration_profile	*q = b->profile;

	assert_string_equal(a->name, b->name);
	assert_true(addr_equal(&a->peer, &b->peer));
	assert_string_equal(p->interface, q->interface);
	assert_string_equal(p->heartbeat, q->heartbeat);
	assert_string_equal(p->source, q->source);
	assert_string_equal(p->service, q->service);
	assert_string_equal(p->role, q->role);
	assert_string_equal(p->host, q->host);
	assert_int_equal(p->alarm->id, q->alarm->id);
	assert_string_equal(p->alarm->name, q->alarm->name);
	assert_int_equal(p->alarm->severity, q->alarm->severity);
	assert_string_equal(p->alarm->type, q->alarm->type);
	assert_string_equal(p->alarm->service_type, q->alarm->service_type);
	assert_same_text(p->peer_host, q->peer_host);
	assert_same_text(p->log, q->log);
	assert_same_text(p->log_pattern, q->log_pattern);
}

static void
assert_same_action(const struct operator_action *a,
    const struct operator_action *b)
{
	if (a == NULL) {
		assert_null(b);
		return;
	}
	assert_int_equal(a->state, b->state);
	assert_string_equal(a->who, b->who);
	assert_string_equal(a->text, b->text);
	assert_int_equal(a->time.ns, b->time.ns);
	assert_int_equal(a->until.ns, b->until.ns);
}

static void
assert_same_alarm(const struct alarm *a, const struct alarm *b)
{
	assert_int_equal(a->raised.ns, b->raised.ns);
	assert_int_equal(a->cleared.ns, b->cleared.ns);
	assert_int_equal(a->last_heartbeat.ns, b->last_heartbeat.ns);
	assert_int_equal(a->span_ns, b->span_ns);
	assert_int_equal(a->serial, b->serial);
	assert_int_equal(a->sequence, b->sequence);
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->transitions, b->transitions);
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->cause, b->cause);
	assert_int_equal(a->end, b->end);
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->side, b->side);
	assert_int_equal(a->confidence, b->confidence);
	assert_int_equal(a->number, b->number);
	assert_int_equal(a->decided.at.ns, b->decided.at.ns);
	assert_int_equal(a->decided.count, b->decided.count);
	assert_int_equal(a->decided.state, b->decided.state);
	assert_int_equal(a->decided.code, b->decided.code);
	assert_int_equal(a->decided.port, b->decided.port);
	assert_memory_equal(&a->decided.mac, &b->decided.mac,
	    sizeof(a->decided.mac));
	assert_true(addr_equal(&a->decided.address, &b->decided.address));
	assert_int_equal(a->notified, b->notified);
	assert_same_action(a->operator, b->operator);
}

static void
assert_same_notification(const struct notification *a,
    const struct notification *b)
{
	assert_int_equal(a->sequence, b->sequence);
	assert_int_equal(a->event, b->event);
	assert_int_equal(a->watch_index, b->watch_index);
	assert_int_equal(a->sent_early, b->sent_early);
	assert_int_equal(a->epoch, b->epoch);
	assert_int_equal(a->withheld, b->withheld);
	assert_int_equal(a->change, b->change);
	assert_int_equal(a->time.ns, b->time.ns);
	if (notification_has_alarm(a)) {
		assert_same_alarm(&a->alarm, &b->alarm);
		assert_same_watch(a->watch, b->watch);
	} else {
		assert_null(b->watch);
	}
	if (notification_has_watcher(a)) {
		assert_int_equal(a->capture->index, b->capture->index);
		assert_int_equal(a->capture->state, b->capture->state);
		assert_string_equal(a->capture->interface,
		    b->capture->interface);
		assert_string_equal(a->capture->error, b->capture->error);
		assert_int_equal(a->capture->watcher.watches,
		    b->capture->watcher.watches);
		assert_int_equal(a->capture->watcher.blind_watches,
		    b->capture->watcher.blind_watches);
		assert_int_equal(a->capture->watcher.active,
		    b->capture->watcher.active);
		assert_string_equal(a->capture->watcher.source,
		    b->capture->watcher.source);
		assert_string_equal(a->capture->watcher.host,
		    b->capture->watcher.host);
	} else {
		assert_null(b->capture);
	}
	if (a->event != NOTIFICATION_STORM)
		return;
	assert_int_equal(a->storm.raised, b->storm.raised);
	assert_int_equal(a->storm.cleared, b->storm.cleared);
	assert_int_equal(a->storm.first, b->storm.first);
	assert_int_equal(a->storm.since.ns, b->storm.since.ns);
}

static void
fresh(void **state)
{
	struct stat	 st;
	mode_t		 mask = umask(022);

	(void)state;
	open_store();
	assert_int_equal(counters.epoch, 1);
	assert_int_equal(counters.sequence, 0);
	assert_int_equal(counters.delivered, 0);
	assert_int_equal(counters.serial, 0);
	assert_true(wall_is_never(counters.last_change));
	assert_true(store_is_readable(store));
	assert_false(store_is_failing(store));
	assert_int_equal(store_oldest(store), 0);
	assert_true(read_everything());
	assert_epoch_file(1, false);
	assert_int_equal(stat(path("state"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(path(EPOCH), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(path(DB), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(path(DB "-wal"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	/* The log has blocks for the commits of a burst. */
	assert_true(st.st_size > 12000000);
	umask(mask);
	open_store();
	assert_int_equal(counters.epoch, 1);
	assert_int_equal(count_files("hbwatchd.db."), 0);
}

/* Mode and owner of an earlier run as another user are corrected. */
static void
mode_and_owner_corrected(void **state)
{
	struct stat	 st;
	int		 lock;

	(void)state;
	open_store();
	close_store();
	assert_int_equal(chmod(path(DB), 0666), 0);
	if (geteuid() == 0 && chown(path(DB), 65534, 65534) != 0)
		print_message("# the owner cannot be changed here\n");
	assert_true(store_directory_take(path("state"),
	    &(struct store_owner){ geteuid(), getegid() }, &lock));
	assert_int_equal(store_open(&store, path("state"), lock, 0, &counters),
	    STORE_OK);
	assert_int_equal(stat(path(DB), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_uid, geteuid());
	assert_false(store_is_failing(store));
	assert_int_equal(counters.epoch, 1);
}

static void
counters_kept(void **state)
{
	const struct store_counters	 set = {
		.epoch = 5, .sequence = 1000000, .delivered = 999999,
		.serial = 2147483647, .last_change = { INT64_MAX },
	};

	(void)state;
	open_store();
	counters = set;
	begin_write();
	commit();
	open_store();
	assert_int_equal(counters.epoch, 5);
	assert_int_equal(counters.sequence, 1000000);
	assert_int_equal(counters.delivered, 999999);
	assert_int_equal(counters.serial, 2147483647);
	assert_int_equal(counters.last_change.ns, INT64_MAX);
	assert_epoch_file(5, false);
	/* A time before 1970 is valid. */
	begin_write();
	counters.last_change.ns = -1;
	commit();
	open_store();
	assert_int_equal(counters.epoch, 5);
	assert_int_equal(counters.last_change.ns, -1);
	counters.epoch = UINT32_MAX;
	begin_write();
	commit();
	open_store();
	assert_int_equal(counters.epoch, UINT32_MAX);
	assert_epoch_file(UINT32_MAX, false);
}

static void
assert_kept(struct notification set)
{
	struct notification	 n;

	begin_write();
	store_put_notification(store, &set);
	counters.sequence = set.sequence;
	commit();
	assert_true(store_notification(store, set.sequence, &n));
	assert_same_notification(&set, &n);
	notification_release(&n);
	open_store();
	assert_true(store_notification(store, set.sequence, &n));
	assert_same_notification(&set, &n);
	notification_release(&n);
	notification_release(&set);
	assert_true(read_everything());
}

static void
notifications_kept(void **state)
{
	struct notification	 n;
	char			 name[256];

	(void)state;
	open_store();
	assert_kept(alarm_notification(1, 7, "flinkserver"));
	assert_kept(alarm_notification(2, 7, "flinkserver"));
	n = alarm_notification(3, 2147483647, "flinkserver");
	n.time.ns = n.alarm.raised.ns = INT64_MAX;
	n.alarm.cleared = WALL_NEVER;
	n.alarm.last_heartbeat.ns = INT64_MIN;
	n.alarm.span_ns = -1;
	n.alarm.end = ALARM_END_REKEYED;
	n.alarm.cause = CAUSE_MAX;
	n.alarm.flags = ALARM_FLAGS;
	assert_kept(n);
	/* An IPv6 peer, and any peer. */
	n = alarm_notification(4, 1, "a");
	configuration_watch_release(n.watch);
	n.watch = watch_of("six", "2001:db8::c", "node-2");
	assert_kept(n);
	n = alarm_notification(5, 1, "a");
	configuration_watch_release(n.watch);
	n.watch = watch_of("any", NULL, "");
	assert_kept(n);
	/* The longest name, and characters that SQL uses. */
	memset(name, 'n', 255);
	name[255] = '\0';
	assert_kept(alarm_notification(6, 1, name));
	assert_kept(alarm_notification(7, 1,
	    "'; DROP TABLE notice; -- \xe2\x82\xac"));
	assert_kept(capture_notification(8, true, "eth1"));
	assert_kept(capture_notification(9, false, "enp65s0f1np1.99"));
	n = capture_notification(10, true, "eth1");
	memset(n.capture->error, 'e', SHARED_ERROR_SIZE - 1);
	memset(n.capture->watcher.host, 'h', NOTIFICATION_TEXT_SIZE - 1);
	n.capture->watcher.blind_watches = UINT32_MAX;
	assert_kept(n);
	assert_kept(storm_notification(11, 1000, 20, 3, INT64_MAX));
	n = capture_notification(12, true, "eth1");
	n.sent_early = 1;
	n.epoch = UINT32_MAX;
	assert_kept(n);
	assert_kept(watcher_notification(13, NOTIFICATION_ALIVE));
	assert_kept(watcher_notification(14, NOTIFICATION_STARTED));
	assert_kept(watcher_notification(15, NOTIFICATION_STOPPED));
	n = alarm_notification(16, 7, "flinkserver");
	n.event = NOTIFICATION_REMINDER;
	assert_kept(n);
}

/* Those that do not count for `history` are found, and no others. */
static void
extra_notifications(void **state)
{
	struct history_window	 window = { .count = 0 };
	struct notification	 n;

	(void)state;
	open_store();
	begin_write();
	put(alarm_notification(1, 1, "a"));
	put(watcher_notification(2, NOTIFICATION_STARTED));
	put(capture_notification(3, true, "eth1"));
	n = alarm_notification(4, 1, "a");
	n.event = NOTIFICATION_REMINDER;
	put(n);
	put(storm_notification(5, 1, 0, 1, 1));
	put(watcher_notification(6, NOTIFICATION_ALIVE));
	put(watcher_notification(7, NOTIFICATION_STOPPED));
	counters.sequence = 7;
	commit();
	assert_true(store_extra(store, &window));
	assert_int_equal(window.count, 4);
	assert_int_equal(window.extra[0], 2);
	assert_int_equal(window.extra[1], 4);
	assert_int_equal(window.extra[2], 6);
	assert_int_equal(window.extra[3], 7);
	history_window_free(&window);
}

static struct operator_action *
action_of(enum operator_state state, const char *who, const char *text)
{
	struct operator_action	*action;

	action = operator_action_new(&(struct operator_action){
	    .state = (uint8_t)state, .who = who, .text = text,
	    .time = { INT64_MAX - 1 }, .until = { INT64_MAX } });
	assert_non_null(action);
	return (action);
}

/* What an operator said is a part of the alarm. */
static void
actions_kept(void **state)
{
	struct notification	 n;
	char			 text[OPERATOR_TEXT_MAX + 1];

	(void)state;
	open_store();
	n = alarm_notification(1, 7, "w");
	n.alarm.notified = 2147483647;
	n.withheld = NOTIFICATION_SHELVED;
	n.alarm.operator = action_of(OPERATOR_SHELVED, "alice (uid 1000)",
	    "new switch; '\xe2\x82\xac'");
	assert_kept(n);
	n = alarm_notification(2, 7, "w");
	n.event = NOTIFICATION_CHANGED;
	n.change = OPERATOR_CHANGE_UNSHELVED;
	memset(text, 't', OPERATOR_TEXT_MAX);
	text[OPERATOR_TEXT_MAX] = '\0';
	n.alarm.operator = action_of(OPERATOR_NONE, text, text);
	assert_kept(n);
	n = alarm_notification(3, 7, "w");
	n.event = NOTIFICATION_CHANGED;
	n.change = OPERATOR_CHANGE_ACKNOWLEDGED;
	n.alarm.operator = action_of(OPERATOR_ACKNOWLEDGED, "", "");
	assert_kept(n);
	assert_true(store_alarms(store, take_notification, &got));
	assert_int_equal(got.count, 1);
	assert_int_equal(got.notifications[0].alarm.operator->state,
	    OPERATOR_ACKNOWLEDGED);
	free_got();
}

/* An exhausted memory does not make a file damaged. */
static void
no_memory(void **state)
{
	struct notification	 n;
	uint32_t		 i;
	sqlite3_int64		 used;

	(void)state;
	open_store();
	begin_write();
	for (i = 1; i <= 1000; i++)
		put(alarm_notification(i, 1, "a"));
	counters.sequence = 1000;
	commit();
	used = sqlite3_memory_used();
	sqlite3_hard_heap_limit64(1);
	assert_false(store_notification(store, 500, &n));
	sqlite3_hard_heap_limit64(0);
	assert_true(used > 1);
	assert_false(store_is_damaged(store));
	assert_true(store_notification(store, 500, &n));
	notification_release(&n);
}

static void
several_notifications(void **state)
{
	struct notification	 n;
	uint32_t		 i;

	(void)state;
	open_store();
	begin_write();
	for (i = 1; i <= 20; i++)
		put(alarm_notification(i, i % 3 + 1, i % 3 == 0 ? "a" : "b"));
	counters.sequence = 20;
	commit();
	assert_int_equal(store_oldest(store), 1);
	assert_true(store_notifications(store, 12, take_notification, &got));
	assert_int_equal(got.count, 8);
	for (i = 0; i < got.count; i++) {
		assert_int_equal(got.notifications[i].sequence, 13 + i);
		/* Consecutive rows share an equal profile. */
		assert_ptr_equal(got.notifications[i].watch->profile,
		    got.notifications[0].watch->profile);
	}
	free_got();
	got.most = 3;
	assert_false(store_notifications(store, 0, take_notification, &got));
	assert_int_equal(got.count, 3);
	free_got();
	assert_true(store_notifications(store, 20, take_notification, &got));
	assert_int_equal(got.count, 0);
	assert_false(store_notification(store, 0, &n));
	assert_false(store_notification(store, 21, &n));
	/* Neither a stop nor a missing row is taken for damage. */
	assert_true(read_everything());
	begin_write();
	commit();

	/* The last notification of each watch, by index. */
	assert_true(store_alarms(store, take_notification, &got));
	assert_int_equal(got.count, 3);
	for (i = 0; i < 3; i++)
		assert_int_equal(got.notifications[i].watch_index, i + 1);
	assert_int_equal(got.notifications[0].sequence, 18);
	assert_int_equal(got.notifications[1].sequence, 19);
	assert_int_equal(got.notifications[2].sequence, 20);
	assert_string_equal(got.notifications[0].watch->name, "a");
	free_got();
}

static struct notification
summarised_notification(uint32_t sequence)
{
	struct notification	 n = alarm_notification(sequence, 1, "w");

	n.alarm.flags |= ALARM_SUMMARISED;
	return (n);
}

static void
storms_kept(void **state)
{
	struct notification_storm	 open;
	struct notification		 n;

	(void)state;
	open_store();
	assert_false(store_open_storm(store, &open));
	begin_write();
	put(alarm_notification(1, 1, "w"));
	put(summarised_notification(3));
	put(summarised_notification(4));
	put(storm_notification(5, 1, 1, 3, 1003));
	commit();
	assert_false(store_open_storm(store, &open));
	/* A shelved change is not a part of the storm. */
	begin_write();
	n = summarised_notification(6);
	n.withheld = NOTIFICATION_SHELVED;
	put(n);
	commit();
	assert_false(store_open_storm(store, &open));
	begin_write();
	put(alarm_notification(7, 1, "w"));
	put(summarised_notification(9));
	put(capture_notification(10, true, "eth1"));
	put(summarised_notification(11));
	put(summarised_notification(12));
	/* `since` is the time of the first, even if a later one is earlier. */
	n = summarised_notification(13);
	n.time.ns = 7;
	put(n);
	commit();
	assert_true(store_open_storm(store, &open));
	assert_int_equal(open.raised, 3);
	assert_int_equal(open.cleared, 1);
	assert_int_equal(open.first, 9);
	assert_int_equal(open.since.ns, 1009);
	begin_write();
	put(storm_notification(14, 2, 1, 9, 1009));
	commit();
	open_store();
	assert_false(store_open_storm(store, &open));
	assert_true(store_storms(store, take_storm, &got));
	assert_int_equal(got.count, 2);
	assert_int_equal(got.notifications[0].sequence, 5);
	assert_int_equal(got.notifications[0].storm.first, 3);
	assert_int_equal(got.notifications[1].sequence, 14);
	assert_int_equal(got.notifications[1].storm.raised, 2);
	assert_int_equal(got.notifications[1].storm.cleared, 1);
	assert_int_equal(got.notifications[1].storm.since.ns, 1009);
	free_got();
	/* The last storm is never deleted. */
	begin_write();
	store_delete_before(store, 100);
	commit();
	open_store();
	assert_true(store_storms(store, take_storm, &got));
	assert_int_equal(got.count, 1);
	assert_int_equal(got.notifications[0].sequence, 14);
	free_got();
	assert_false(store_open_storm(store, &open));
	assert_true(read_everything());
}

static void
alarms_without_notifications(void **state)
{
	struct notification	 n = alarm_notification(9, 4, "w");

	(void)state;
	open_store();
	begin_write();
	store_put_alarm(store, &n);
	commit();
	open_store();
	assert_int_equal(store_oldest(store), 0);
	assert_true(store_alarms(store, take_notification, &got));
	assert_int_equal(got.count, 1);
	assert_same_notification(&n, &got.notifications[0]);
	free_got();
	notification_release(&n);
}

static void
names_kept(void **state)
{
	char	 name[256];

	(void)state;
	memset(name, 'n', 255);
	name[255] = '\0';
	open_store();
	begin_write();
	store_put_name(store, 2, "b");
	store_put_name(store, 1, "a");
	store_put_name(store, 2147483647, name);
	commit();
	open_store();
	assert_true(store_names(store, take_name, &got));
	assert_int_equal(got.count, 3);
	assert_int_equal(got.numbers[0], 1);
	assert_string_equal(got.texts[0], "a");
	assert_int_equal(got.numbers[1], 2);
	assert_string_equal(got.texts[1], "b");
	assert_int_equal(got.numbers[2], 2147483647);
	assert_string_equal(got.texts[2], name);
	free_got();
	got.most = 1;
	assert_false(store_names(store, take_name, &got));
	assert_int_equal(got.count, 1);
	free_got();
}

static void
assert_blind(const char *interface)
{
	assert_true(store_blind(store, take_blind, &got));
	assert_int_equal(got.count, interface == NULL ? 0 : 1);
	if (interface != NULL)
		assert_string_equal(got.texts[0], interface);
	memset(&got, 0, sizeof(got));
}

static void
blind_kept(void **state)
{
	(void)state;
	open_store();
	begin_write();
	put(capture_notification(1, true, "eth1"));
	put(capture_notification(2, true, "eth2"));
	put(capture_notification(3, false, "eth1"));
	put(capture_notification(4, true, "eth2"));
	put(capture_notification(5, false, "lo"));
	commit();
	open_store();
	assert_blind("eth2");
	begin_write();
	store_put_blind(store, "eth2", false);
	store_put_blind(store, "eth3", true);
	commit();
	open_store();
	assert_blind("eth3");
}

static void
old_notifications_deleted(void **state)
{
	struct notification	 n;
	uint32_t		 i;

	(void)state;
	open_store();
	begin_write();
	for (i = 1; i <= 9; i++)
		put(alarm_notification(i, 1, "w"));
	put(storm_notification(10, 0, 0, 0, 0));
	counters.sequence = 10;
	commit();
	begin_write();
	store_delete_before(store, 4);
	commit();
	assert_int_equal(store_oldest(store), 4);
	assert_false(store_notification(store, 3, &n));
	assert_true(read_everything());
	begin_write();
	store_delete_before(store, 11);
	commit();
	open_store();
	assert_int_equal(store_oldest(store), 0);
	assert_int_equal(counters.sequence, 10);
	/* The alarms are not deleted. */
	assert_true(store_alarms(store, take_notification, &got));
	assert_int_equal(got.count, 1);
	assert_int_equal(got.notifications[0].sequence, 9);
	free_got();
}

static void
without_a_commit(void **state)
{
	(void)state;
	open_store();
	begin_write();
	put(alarm_notification(1, 1, "w"));
	store_put_name(store, 1, "w");
	counters.sequence = 1;
	store_put_counters(store, &counters);
	open_store();
	assert_int_equal(counters.sequence, 0);
	assert_int_equal(store_oldest(store), 0);
	assert_true(store_names(store, take_name, &got));
	assert_int_equal(got.count, 0);
	assert_int_equal(counters.epoch, 1);
}

/* Earlier versions accept a file only with exactly this schema. */
#define COLUMNS_0_2_0 \
	"watch_index INTEGER NOT NULL, event INTEGER NOT NULL,time INTEGER " \
	"NOT NULL, watch TEXT, peer TEXT, interface TEXT,heartbeat TEXT, " \
	"alarm_id INTEGER, alarm_name TEXT,severity INTEGER, type TEXT, " \
	"service_type TEXT, source TEXT,service TEXT, role TEXT, host TEXT, " \
	"raised INTEGER,cleared INTEGER, last_heartbeat INTEGER, " \
	"span INTEGER,serial INTEGER, count INTEGER, transitions INTEGER," \
	"state INTEGER, cause INTEGER, end INTEGER, flags INTEGER," \
	"capture_index INTEGER, capture_state INTEGER, error TEXT"

#define COLUMNS_0_3_0 \
	", sent_early INTEGER, epoch INTEGER" \
	", watches INTEGER, blind_watches INTEGER, active_alarms INTEGER" \
	", watcher_source TEXT DEFAULT ''" \
	", watcher_host TEXT DEFAULT '', side INTEGER" \
	", confidence INTEGER" \
	", decided INTEGER, decided_at INTEGER, decided_count INTEGER, " \
	"decided_state INTEGER, decided_code INTEGER, decided_port INTEGER, " \
	"decided_mac INTEGER, decided_address TEXT DEFAULT '', " \
	"peer_host TEXT DEFAULT '', log TEXT DEFAULT '', " \
	"log_pattern TEXT DEFAULT '', repair TEXT DEFAULT '', " \
	"floating_ip TEXT DEFAULT '', notified INTEGER, withheld INTEGER, " \
	"change INTEGER, operator_state INTEGER, operator_time INTEGER, " \
	"shelved_until INTEGER, operator TEXT DEFAULT '', " \
	"operator_text TEXT DEFAULT ''"

/* The table `alarm` was created again, with another key. */
#define ALARM_COLUMNS_0_3_0 \
	",sent_early INTEGER,epoch INTEGER,watches INTEGER," \
	"blind_watches INTEGER,active_alarms INTEGER," \
	"watcher_source TEXT,watcher_host TEXT,side INTEGER," \
	"confidence INTEGER," \
	"decided INTEGER,decided_at INTEGER,decided_count INTEGER," \
	"decided_state INTEGER,decided_code INTEGER,decided_port INTEGER," \
	"decided_mac INTEGER,decided_address TEXT,peer_host TEXT,log TEXT," \
	"log_pattern TEXT,repair TEXT,floating_ip TEXT,notified INTEGER," \
	"withheld INTEGER,change INTEGER,operator_state INTEGER," \
	"operator_time INTEGER,shelved_until INTEGER,operator TEXT," \
	"operator_text TEXT"

static void
schema_of_version_0_3_0(void **state)
{
	static const char	 expected[] = "CREATE TABLE alarm ("
	    "sequence INTEGER NOT NULL, " COLUMNS_0_2_0 ALARM_COLUMNS_0_3_0
	    ", PRIMARY KEY "
	    "(watch_index, alarm_id)) STRICT, WITHOUT ROWID;CREATE TABLE blind "
	    "(interface TEXT PRIMARY KEY) STRICT;CREATE TABLE counters (id "
	    "INTEGER PRIMARY KEY CHECK (id = 1), epoch INTEGER NOT NULL, "
	    "sequence INTEGER NOT NULL, delivered INTEGER NOT NULL, serial "
	    "INTEGER NOT NULL, last_change INTEGER NOT NULL) STRICT;CREATE "
	    "TABLE interface (number INTEGER PRIMARY KEY, name TEXT NOT NULL "
	    "UNIQUE) STRICT;CREATE TABLE name (number INTEGER PRIMARY KEY, "
	    "name TEXT NOT NULL UNIQUE) STRICT;CREATE TABLE notice (sequence "
	    "INTEGER PRIMARY KEY, " COLUMNS_0_2_0 COLUMNS_0_3_0
	    ") STRICT;CREATE TABLE storm (sequence "
	    "INTEGER PRIMARY KEY, raised INTEGER NOT NULL, cleared INTEGER "
	    "NOT NULL, first INTEGER NOT NULL, since INTEGER NOT NULL) STRICT";
	sqlite3			*db;
	sqlite3_stmt		*q;

	(void)state;
	open_store();
	close_store();
	assert_int_equal(sqlite3_open(path(DB), &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT group_concat(sql, ';'),"
	    " (SELECT application_id FROM pragma_application_id),"
	    " (SELECT user_version FROM pragma_user_version)"
	    " FROM (SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL"
	    " ORDER BY name)", -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	assert_string_equal(sqlite3_column_text(q, 0), expected);
	assert_int_equal(sqlite3_column_int(q, 1), 1751283505);
	assert_int_equal(sqlite3_column_int(q, 2), 5);
	sqlite3_finalize(q);
	sqlite3_close(db);
}

/* SQL that removes what schema 5 added, and schema 4. */
#define DROP_BOTH(name) \
	"ALTER TABLE notice DROP COLUMN " name ";" \
	"ALTER TABLE five DROP COLUMN " name ";"
/* The table `alarm` of version 0.2.0, with the rows of this version. */
#define OLD_ALARM(added) \
	"CREATE TABLE alarm (sequence INTEGER NOT NULL, " COLUMNS_0_2_0 \
	", PRIMARY KEY (watch_index)) STRICT, WITHOUT ROWID;" added \
	"INSERT INTO alarm SELECT * FROM five; DROP TABLE five;"
#define DROP_5 \
	"ALTER TABLE alarm RENAME TO five;" \
	DROP_BOTH("watches") DROP_BOTH("blind_watches") \
	DROP_BOTH("active_alarms") DROP_BOTH("watcher_source") \
	DROP_BOTH("watcher_host") \
	DROP_BOTH("side") DROP_BOTH("confidence") DROP_BOTH("decided") \
	DROP_BOTH("decided_at") DROP_BOTH("decided_count") \
	DROP_BOTH("decided_state") DROP_BOTH("decided_code") \
	DROP_BOTH("decided_port") DROP_BOTH("decided_mac") \
	DROP_BOTH("decided_address") DROP_BOTH("peer_host") \
	DROP_BOTH("log") DROP_BOTH("log_pattern") DROP_BOTH("repair") \
	DROP_BOTH("floating_ip") DROP_BOTH("notified") DROP_BOTH("withheld") \
	DROP_BOTH("change") DROP_BOTH("operator_state") \
	DROP_BOTH("operator_time") DROP_BOTH("shelved_until") \
	DROP_BOTH("operator") DROP_BOTH("operator_text")
#define WITHOUT_5 \
	DROP_5 OLD_ALARM("ALTER TABLE alarm ADD COLUMN sent_early INTEGER;" \
	"ALTER TABLE alarm ADD COLUMN epoch INTEGER;")
#define WITHOUT_4 \
	DROP_5 DROP_BOTH("sent_early") DROP_BOTH("epoch") OLD_ALARM("")

/*
 * Before schema 5, an alarm had a cause without a verdict.  Its side and its
 * confidence are determined again.
 */
static struct notification
notification_without_verdict(uint32_t sequence)
{
	struct notification	 n = alarm_notification(sequence, 7, "w");

	configuration_watch_release(n.watch);
	n.watch = plain_watch_of("w", "192.0.2.12", "node-1");
	n.alarm.flags = ALARM_RECEIVED | ALARM_STOPPING;
	n.alarm.cause = CAUSE_INSTANCE_STOPPED;
	n.alarm.side = 0;
	alarm_complete(&n.alarm);
	assert_int_equal(n.alarm.side, CAUSE_SIDE_PEER);
	assert_int_equal(n.alarm.confidence, 97);
	assert_int_equal(n.alarm.number, EVIDENCE_PEER_ANNOUNCED_STOP);
	return (n);
}

/* Schema 1 had no storms. */
static void
upgraded_from_schema_1(void **state)
{
	struct notification	 n = notification_without_verdict(1);

	(void)state;
	open_store();
	begin_write();
	store_put_name(store, 7, "w");
	store_put_notification(store, &n);
	counters.sequence = 1;
	commit();
	close_store();
	sql(WITHOUT_4 "DROP TABLE storm; DROP TABLE interface;"
	    "PRAGMA user_version = 1");
	open_store();
	assert_int_equal(counters.epoch, 1);
	assert_int_equal(counters.sequence, 1);
	assert_true(store_alarms(store, take_notification, &got));
	assert_int_equal(got.count, 1);
	assert_same_notification(&n, &got.notifications[0]);
	free_got();
	notification_release(&n);
	assert_kept(storm_notification(2, 3, 2, 1, 7));
	assert_int_equal(count_files(ASIDE), 0);
}

/* Schema 2 did not have the numbers of the interfaces. */
static void
upgraded_from_schema_2(void **state)
{
	(void)state;
	open_store();
	begin_write();
	store_put_name(store, 7, "w");
	counters.sequence = 1;
	put(storm_notification(1, 3, 2, 1, 7));
	commit();
	close_store();
	sql(WITHOUT_4 "DROP TABLE interface; PRAGMA user_version = 2");
	open_store();
	assert_int_equal(counters.epoch, 1);
	assert_int_equal(counters.sequence, 1);
	assert_true(store_interfaces(store, take_name, &got));
	assert_int_equal(got.count, 0);
	begin_write();
	store_put_interface(store, 2, "eth1");
	store_put_interface(store, 1, "any");
	commit();
	open_store();
	assert_true(store_interfaces(store, take_name, &got));
	assert_int_equal(got.count, 2);
	assert_string_equal(got.texts[0], "any");
	assert_int_equal(got.numbers[1], 2);
	assert_string_equal(got.texts[1], "eth1");
	free_got();
	assert_int_equal(count_files(ASIDE), 0);
}

/* Schema 3 had no epoch of a notification. */
static void
upgraded_from_schema_3(void **state)
{
	struct notification	 n = notification_without_verdict(1);

	(void)state;
	open_store();
	begin_write();
	store_put_notification(store, &n);
	counters.sequence = 1;
	commit();
	close_store();
	sql(WITHOUT_4 "PRAGMA user_version = 3");
	open_store();
	assert_int_equal(counters.epoch, 1);
	assert_true(store_notifications(store, 0, take_notification, &got));
	assert_int_equal(got.count, 1);
	assert_same_notification(&n, &got.notifications[0]);
	free_got();
	notification_release(&n);
	assert_int_equal(count_files(ASIDE), 0);
}

/* Schema 4 had no verdict. */
static void
upgraded_from_schema_4(void **state)
{
	struct notification	 n = notification_without_verdict(1), got_blind;
	struct notification	 blind = capture_notification(2, true, "eth1");

	(void)state;
	blind.capture->watcher = (struct notification_watcher){ 0 };
	open_store();
	begin_write();
	store_put_notification(store, &n);
	store_put_notification(store, &blind);
	counters.sequence = 2;
	commit();
	close_store();
	sql(WITHOUT_5 "PRAGMA user_version = 4");
	open_store();
	assert_true(store_notification(store, 2, &got_blind));
	assert_same_notification(&blind, &got_blind);
	notification_release(&got_blind);
	notification_release(&blind);
	assert_true(store_alarms(store, take_notification, &got));
	assert_int_equal(got.count, 1);
	assert_same_notification(&n, &got.notifications[0]);
	free_got();
	/* The cause stays, also if the flags do not show it. */
	sql("UPDATE alarm SET side = 0, confidence = 0, decided = 0,"
	    " flags = 1");
	open_store();
	assert_true(store_alarms(store, take_notification, &got));
	assert_int_equal(got.notifications[0].alarm.cause,
	    CAUSE_INSTANCE_STOPPED);
	assert_int_equal(got.notifications[0].alarm.side, CAUSE_SIDE_UNKNOWN);
	assert_int_equal(got.notifications[0].alarm.confidence, 0);
	free_got();
	notification_release(&n);
	assert_int_equal(count_files(ASIDE), 0);
}

/* An alarm of two active nodes of watch 7, at a sequence. */
static struct notification
dual_notification(uint32_t sequence)
{
	struct notification	 n = alarm_notification(sequence, 7, "w");
	struct configuration_profile	 profile = *n.watch->profile;
	struct configuration_alarm	*type;
	struct configuration_profile	*p;

	type = configuration_alarm_new(profile.alarm);
	assert_non_null(type);
	type->id = 45640001;
	profile.alarm = type;
	assert_true(addr_parse("2001:db8::10", &profile.floating_ip));
	p = configuration_profile_new(&profile);
	assert_non_null(p);
	configuration_watch_release(n.watch);
	n.watch = configuration_watch_new(p, "w", &(struct addr){ 0 });
	assert_non_null(n.watch);
	configuration_profile_release(p);
	configuration_alarm_release(type);
	n.alarm.flags |= ALARM_DUAL;
	return (n);
}

/* Both alarms of a watch are kept, and the later row is the last one. */
static void
two_alarms_of_a_watch(void **state)
{
	struct notification	 first = alarm_notification(1, 7, "w");
	struct notification	 dual = dual_notification(2);
	struct notification	 last = alarm_notification(3, 7, "w");

	(void)state;
	open_store();
	begin_write();
	store_put_notification(store, &first);
	store_put_notification(store, &dual);
	store_put_notification(store, &last);
	counters.sequence = 3;
	commit();
	open_store();
	assert_true(store_alarms(store, take_notification, &got));
	assert_int_equal(got.count, 2);
	assert_same_notification(&dual, &got.notifications[0]);
	assert_true(addr_equal(&got.notifications[0].watch->profile->floating_ip,
	    &dual.watch->profile->floating_ip));
	assert_same_notification(&last, &got.notifications[1]);
	assert_int_equal(got.notifications[1].watch->profile->floating_ip.family,
	    ADDR_NONE);
	free_got();
	notification_release(&first);
	notification_release(&dual);
	notification_release(&last);
}

/* Texts that an alarm does not have are not in the configuration either. */
static void
texts_left_out(void **state)
{
	struct notification	 n = alarm_notification(1, 7, "w");

	(void)state;
	configuration_watch_release(n.watch);
	n.watch = plain_watch_of("w", NULL, "node-1");
	open_store();
	begin_write();
	store_put_notification(store, &n);
	commit();
	open_store();
	assert_true(store_alarms(store, take_notification, &got));
	assert_int_equal(got.count, 1);
	assert_same_notification(&n, &got.notifications[0]);
	assert_null(got.notifications[0].watch->profile->log);
	free_got();
	notification_release(&n);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		SCRATCH(fresh),
		SCRATCH(mode_and_owner_corrected),
		SCRATCH(counters_kept),
		SCRATCH(extra_notifications),
		SCRATCH(notifications_kept),
		SCRATCH(actions_kept),
		SCRATCH(no_memory),
		SCRATCH(several_notifications),
		SCRATCH(storms_kept),
		SCRATCH(alarms_without_notifications),
		SCRATCH(names_kept),
		SCRATCH(blind_kept),
		SCRATCH(old_notifications_deleted),
		SCRATCH(without_a_commit),
		SCRATCH(schema_of_version_0_3_0),
		SCRATCH(upgraded_from_schema_1),
		SCRATCH(upgraded_from_schema_2),
		SCRATCH(upgraded_from_schema_3),
		SCRATCH(upgraded_from_schema_4),
		SCRATCH(texts_left_out),
		SCRATCH(two_alarms_of_a_watch),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
