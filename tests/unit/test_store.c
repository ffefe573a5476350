/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <signal.h>

#include <sqlite3.h>

#include "scratch.h"
#include "state/epoch_file.h"
#include "state/store.h"
#include "state/store_directory.h"

#define N(array)	(sizeof(array) / sizeof((array)[0]))

/* What was set aside is called hbwatchd.db.TIME. */
#define DB		"state/hbwatchd.db"
#define EPOCH		"state/epoch"
#define ASIDE		"hbwatchd.db.2"

static struct scratch		 scratch;
static struct store		*store;
static struct store_counters	 counters;
static bool			 may_mount;

/* Virtual time, so that nothing has to be waited for. */
static struct mono_time		 now;

static const char *
path(const char *name)
{
	return (scratch_path(&scratch, name));
}

static int
begin(void **state)
{
	(void)state;
	scratch_begin(&scratch);
	now = mono_now();
	return (0);
}

static int
end(void **state)
{
	(void)state;
	store_close(store);
	store = NULL;
	/* If the test failed within. */
	if (may_mount)
		(void)umount2(path("state"), MNT_DETACH);
	scratch_end(&scratch);
	return (0);
}

/* ---- opening and writing */

static void
open_in(const char *directory)
{
	store_close(store);
	memset(&counters, 0xa5, sizeof(counters));
	assert_int_equal(store_open(&store, path(directory), &counters),
	    STORE_OK);
	assert_non_null(store);
}

static void
open_store(void)
{
	open_in("state");
}

static void
close_store(void)
{
	store_close(store);
	store = NULL;
}

/* False when it cannot be written; fails when there is a new file. */
static bool
try_begin(void)
{
	bool	 recreated, fine;

	/* As long after the last try as need be. */
	now = mono_add(now, 3600 * NSEC_PER_SEC);
	fine = store_begin(store, now, &recreated, &counters);
	if (fine)
		assert_false(recreated);
	return (fine);
}

static void
begin_write(void)
{
	assert_true(try_begin());
}

static bool
try_commit(void)
{
	store_put_counters(store, &counters);
	return (store_commit(store, now, true));
}

static void
commit(void)
{
	assert_true(try_commit());
	assert_false(store_is_failing(store));
}

/* How many files have a name that begins so. */
static size_t
count_files(const char *prefix)
{
	struct dirent	*e;
	size_t		 n = 0;
	DIR		*d = opendir(path("state"));

	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		n += strncmp(e->d_name, prefix, strlen(prefix)) == 0;
	closedir(d);
	return (n);
}

static void
assert_mark(uint32_t epoch, bool unsaved)
{
	struct epoch_file	 epoch_file;

	assert_true(epoch_file_read(path(EPOCH), &epoch_file));
	assert_int_equal(epoch_file.epoch, epoch);
	assert_int_equal(epoch_file.unsaved, unsaved);
}

static void
write_mark(uint32_t epoch, bool unsaved)
{
	struct epoch_file	 epoch_file = { epoch, unsaved };

	assert_true(epoch_file_write(path(EPOCH), &epoch_file));
}

/* What somebody else does to the file. */
static void
sql(const char *text)
{
	sqlite3	*db;
	char	*error = NULL;

	assert_int_equal(sqlite3_open(path(DB), &db), SQLITE_OK);
	if (sqlite3_exec(db, text, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s: %s", text, error);
	sqlite3_close(db);
}

/* ---- what is put */

static struct configuration_watch *
watch_of(const char *name, const char *peer, const char *host)
{
	struct configuration_alarm	 alarm = {
		.id = 45640, .name = "Heartbeat Interruption",
		.severity = SEVERITY_MINOR, .type = "Heartbeat",
		.service_type = "Flink", .references = 1,
	};
	const struct configuration_profile	 like = {
		.interface = "eth1", .heartbeat = "udp 20053",
		.alarm = &alarm, .source = "mrs-cluster-1", .service = "Flink",
		.role = "FlinkServer", .host = host,
	};
	struct configuration_profile	*profile;
	struct configuration_watch	*w;
	struct configuration_alarm	*shared;
	struct addr			 addr = { 0 };

	if (peer != NULL)
		assert_true(addr_parse(peer, &addr));
	shared = configuration_alarm_new(&alarm);
	assert_non_null(shared);
	profile = configuration_profile_new(&(struct configuration_profile){
		.interface = like.interface, .heartbeat = like.heartbeat,
		.alarm = shared, .source = like.source,
		.service = like.service, .role = like.role, .host = like.host,
	});
	configuration_alarm_release(shared);
	assert_non_null(profile);
	w = configuration_watch_new(profile, name, &addr);
	configuration_profile_release(profile);
	assert_non_null(w);
	return (w);
}

/* Each field with a value of its own. */
static struct notification
alarm_notification(uint32_t sequence, uint32_t index, const char *name)
{
	bool	 raised = sequence % 2 == 1;

	return ((struct notification){
		.sequence = sequence,
		.event = raised ? NOTIFICATION_RAISED : NOTIFICATION_CLEARED,
		.watch_index = index,
		.time = { 1000 + sequence },
		.alarm = {
			.raised = { 2000 + sequence },
			.cleared = { 3000 + sequence },
			.last_heartbeat = { 4000 + sequence },
			.span_ns = 5000 + sequence,
			.serial = 6000 + sequence,
			.sequence = sequence,
			.count = 7000 + sequence,
			.transitions = 8000 + sequence,
			.state = raised ? ALARM_RAISED : ALARM_CLEARED,
			.cause = ALARM_CAUSE_LINK_ABNORMAL,
			.end = ALARM_END_DISABLED,
			.flags = ALARM_RECEIVED | ALARM_LOSSY,
		},
		.watch = watch_of(name, "192.0.2.12", "node-1"),
	});
}

static struct notification
capture_notification(uint32_t sequence, bool blind, const char *interface)
{
	struct notification	 n = {
		.sequence = sequence,
		.event = blind ? NOTIFICATION_BLIND : NOTIFICATION_RESTORED,
		.time = { 1000 + sequence },
		.capture = calloc(1, sizeof(*n.capture)),
	};

	assert_non_null(n.capture);
	n.capture->index = 3;
	n.capture->state = blind ? SHARED_CAPTURE_FAILED : SHARED_CAPTURE_DOWN;
	snprintf(n.capture->interface, sizeof(n.capture->interface), "%s",
	    interface);
	snprintf(n.capture->error, sizeof(n.capture->error), "%s",
	    blind ? "it is gone" : "");
	return (n);
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
}

static void
assert_same_notification(const struct notification *a, const struct notification *b)
{
	assert_int_equal(a->sequence, b->sequence);
	assert_int_equal(a->event, b->event);
	assert_int_equal(a->watch_index, b->watch_index);
	assert_int_equal(a->time.ns, b->time.ns);
	if (notification_has_alarm(a)) {
		assert_same_alarm(&a->alarm, &b->alarm);
		assert_same_watch(a->watch, b->watch);
	} else {
		assert_null(b->watch);
	}
	if (notification_has_capture(a)) {
		assert_int_equal(a->capture->index, b->capture->index);
		assert_int_equal(a->capture->state, b->capture->state);
		assert_string_equal(a->capture->interface,
		    b->capture->interface);
		assert_string_equal(a->capture->error, b->capture->error);
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

/* Puts it, and lets go of it. */
static void
put(struct notification n)
{
	store_put_notification(store, &n);
	notification_release(&n);
}

/* ---- what is got */

struct got {
	struct notification	 notifications[64];
	size_t		 count;
	size_t		 most;		/* stops after so many; 0: never */
	char		 texts[64][300];
	uint32_t	 numbers[64];
};

static struct got	 got;

static bool
take_notification(void *arg, struct notification *n)
{
	struct got	*g = arg;

	assert_true(g->count < N(g->notifications));
	g->notifications[g->count++] = *n;
	return (g->count != g->most);
}

static bool
take_name(void *arg, uint32_t number, const char *name)
{
	struct got	*g = arg;

	assert_true(g->count < N(g->texts));
	g->numbers[g->count] = number;
	snprintf(g->texts[g->count++], sizeof(g->texts[0]), "%s", name);
	return (g->count != g->most);
}

static bool
take_blind(void *arg, const char *interface)
{
	return (take_name(arg, 0, interface));
}

static bool
take_nothing(void *arg, uint32_t number, const char *name)
{
	(void)arg;
	(void)number;
	(void)name;
	return (true);
}

static bool
take_storm(void *arg, uint32_t sequence, const struct notification_storm *storm)
{
	struct got	*g = arg;

	assert_true(g->count < N(g->notifications));
	g->notifications[g->count++] = (struct notification){
		.sequence = sequence, .event = NOTIFICATION_STORM, .storm = *storm,
	};
	return (g->count != g->most);
}

static void
forget(void)
{
	size_t	 i;

	for (i = 0; i < got.count; i++)
		notification_release(&got.notifications[i]);
	memset(&got, 0, sizeof(got));
}

/* Reads all there is; false when some of it could not be read. */
static bool
read_everything(void)
{
	struct notification_storm	 storm;
	struct notification		 n;
	bool			 fine;
	uint32_t		 i;

	forget();
	fine = store_names(store, take_name, &got);
	forget();
	fine = store_blind(store, take_blind, &got) && fine;
	forget();
	fine = store_alarms(store, take_notification, &got) && fine;
	forget();
	fine = store_notifications(store, 0, take_notification, &got) && fine;
	forget();
	fine = store_storms(store, take_storm, &got) && fine;
	forget();
	(void)store_open_storm(store, &storm);
	for (i = store_oldest(store); i != 0 && i <= counters.sequence &&
	    i < 100; i++)
		if (store_notification(store, i, &n))
			notification_release(&n);
		else
			fine = false;
	/* What was found by one is known to all. */
	return (store_names(store, take_nothing, NULL) && fine);
}

/* ---- a state as it should be */

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
	assert_mark(1, false);
	assert_int_equal(stat(path("state"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(path(EPOCH), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(path(DB), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(path(DB "-wal"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	umask(mask);
	open_store();
	assert_int_equal(counters.epoch, 1);
	assert_int_equal(count_files("hbwatchd.db."), 0);
}

/* What others were given, and what another owns, is ours again. */
static void
modes_mended(void **state)
{
	struct stat	 st;

	(void)state;
	open_store();
	close_store();
	assert_int_equal(chmod(path(DB), 0666), 0);
	if (geteuid() == 0 && chown(path(DB), 65534, 65534) != 0)
		print_message("# not another's\n");
	store_directory_adopt(path("state"));
	open_store();
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
	begin_write();
	counters = set;
	commit();
	open_store();
	assert_int_equal(counters.epoch, 5);
	assert_int_equal(counters.sequence, 1000000);
	assert_int_equal(counters.delivered, 999999);
	assert_int_equal(counters.serial, 2147483647);
	assert_int_equal(counters.last_change.ns, INT64_MAX);
	assert_mark(5, false);
	/* A clock before 1970 is no damage. */
	begin_write();
	counters.last_change.ns = -1;
	commit();
	open_store();
	assert_int_equal(counters.epoch, 5);
	assert_int_equal(counters.last_change.ns, -1);
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
	char		 name[256];

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
	n.alarm.cause = ALARM_CAUSE_LOCAL_FAULT;
	n.alarm.flags = ALARM_FLAGS;
	assert_kept(n);
	/* An IPv6 peer, and anybody. */
	n = alarm_notification(4, 1, "a");
	configuration_watch_release(n.watch);
	n.watch = watch_of("six", "2001:db8::c", "node-2");
	assert_kept(n);
	n = alarm_notification(5, 1, "a");
	configuration_watch_release(n.watch);
	n.watch = watch_of("any", NULL, "");
	assert_kept(n);
	/* As long as names may be, and of all characters. */
	memset(name, 'n', 255);
	name[255] = '\0';
	assert_kept(alarm_notification(6, 1, name));
	assert_kept(alarm_notification(7, 1, "'; DROP TABLE notice; -- \xe2\x82\xac"));
	assert_kept(capture_notification(8, true, "eth1"));
	assert_kept(capture_notification(9, false, "enp65s0f1np1.99"));
	n = capture_notification(10, true, "eth1");
	memset(n.capture->error, 'e', SHARED_ERROR_SIZE - 1);
	assert_kept(n);
	assert_kept((struct notification){ .sequence = 11, .event = NOTIFICATION_STORM,
	    .storm = { 1000, 20, 3, { INT64_MAX } } });
}

static void
several_notifications(void **state)
{
	struct notification	 n;
	uint32_t	 i;

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
		/* Neighbours have in common what is the same. */
		assert_ptr_equal(got.notifications[i].watch->profile,
		    got.notifications[0].watch->profile);
	}
	forget();
	got.most = 3;
	assert_false(store_notifications(store, 0, take_notification, &got));
	assert_int_equal(got.count, 3);
	forget();
	assert_true(store_notifications(store, 20, take_notification, &got));
	assert_int_equal(got.count, 0);
	assert_false(store_notification(store, 0, &n));
	assert_false(store_notification(store, 21, &n));
	/* That they wanted no more, or asked in vain, is no damage. */
	assert_true(read_everything());
	begin_write();
	commit();

	/* The last of each watch, by index. */
	assert_true(store_alarms(store, take_notification, &got));
	assert_int_equal(got.count, 3);
	for (i = 0; i < 3; i++)
		assert_int_equal(got.notifications[i].watch_index, i + 1);
	assert_int_equal(got.notifications[0].sequence, 18);
	assert_int_equal(got.notifications[1].sequence, 19);
	assert_int_equal(got.notifications[2].sequence, 20);
	assert_string_equal(got.notifications[0].watch->name, "a");
	forget();
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
	put((struct notification){ .sequence = 5, .event = NOTIFICATION_STORM,
	    .storm = { 1, 1, 3, { 1003 } } });
	commit();
	assert_false(store_open_storm(store, &open));
	begin_write();
	put(alarm_notification(6, 1, "w"));
	put(summarised_notification(9));
	put(capture_notification(10, true, "eth1"));
	put(summarised_notification(11));
	put(summarised_notification(12));
	/* Since the first of them, which need not be the earliest. */
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
	put((struct notification){ .sequence = 14, .event = NOTIFICATION_STORM,
	    .storm = { 2, 1, 9, { 1009 } } });
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
	forget();
	/* The last of them stays when all else goes. */
	begin_write();
	store_delete_before(store, 100);
	commit();
	open_store();
	assert_true(store_storms(store, take_storm, &got));
	assert_int_equal(got.count, 1);
	assert_int_equal(got.notifications[0].sequence, 14);
	forget();
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
	forget();
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
	forget();
	got.most = 1;
	assert_false(store_names(store, take_name, &got));
	assert_int_equal(got.count, 1);
	forget();
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
trimmed(void **state)
{
	struct notification	 n;
	uint32_t	 i;

	(void)state;
	open_store();
	begin_write();
	for (i = 1; i <= 9; i++)
		put(alarm_notification(i, 1, "w"));
	put((struct notification){ .sequence = 10, .event = NOTIFICATION_STORM });
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
	/* The alarms stay. */
	assert_true(store_alarms(store, take_notification, &got));
	assert_int_equal(got.count, 1);
	assert_int_equal(got.notifications[0].sequence, 9);
	forget();
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

/* ---- when the epoch grows, and when it does not */

static void
epoch_of_a_lost_file(void **state)
{
	(void)state;
	open_store();
	close_store();
	assert_int_equal(unlink(path(DB)), 0);
	open_store();
	assert_int_equal(counters.epoch, 2);
	assert_mark(2, false);
	/* It was found once. */
	open_store();
	assert_int_equal(counters.epoch, 2);
}

static void
epoch_of_a_lost_mark(void **state)
{
	(void)state;
	open_store();
	begin_write();
	counters.epoch = 5;
	commit();
	close_store();
	assert_int_equal(unlink(path(EPOCH)), 0);
	open_store();
	assert_int_equal(counters.epoch, 5);
	begin_write();
	commit();
	assert_mark(5, false);
	close_store();
	scratch_write(path(EPOCH), "???", 3);
	open_store();
	assert_int_equal(counters.epoch, 5);
	begin_write();
	commit();
	assert_mark(5, false);
}

/* That there was one before is seen by either of them. */
static void
epoch_of_a_damaged_mark_alone(void **state)
{
	(void)state;
	assert_int_equal(mkdir(path("state"), 0700), 0);
	scratch_write(path(EPOCH), "???", 3);
	open_store();
	assert_int_equal(counters.epoch, 2);
	assert_mark(2, false);
}

static void
epoch_of_an_earlier_version(void **state)
{
	(void)state;
	assert_int_equal(mkdir(path("state"), 0700), 0);
	scratch_write(path(EPOCH), "12\n", 3);
	open_store();
	assert_int_equal(counters.epoch, 13);
	assert_mark(13, false);
}

/* Notifications went out that the file does not know. */
static void
epoch_of_a_file_behind(void **state)
{
	(void)state;
	open_store();
	begin_write();
	counters.sequence = 7;
	commit();
	close_store();
	write_mark(1, true);
	open_store();
	assert_int_equal(counters.epoch, 2);
	assert_int_equal(counters.sequence, 7);
	assert_mark(2, false);
	open_store();
	assert_int_equal(counters.epoch, 2);
}

/* Some of what was told is on disk, but not yet all. */
static void
epoch_until_it_is_even(void **state)
{
	(void)state;
	open_store();
	close_store();
	write_mark(1, true);
	open_store();
	assert_int_equal(counters.epoch, 2);
	close_store();
	open_store();
	begin_write();
	store_put_counters(store, &counters);
	assert_true(store_commit(store, now, false));
	/* It was not behind, and is not for having more to be put. */
	assert_mark(2, false);
	begin_write();
	counters.epoch = 3;
	store_put_counters(store, &counters);
	assert_true(store_commit(store, now, false));
	assert_mark(3, false);
}

/* A file of before, put back. */
static void
epoch_of_an_old_file(void **state)
{
	(void)state;
	open_store();
	close_store();
	write_mark(6, false);
	open_store();
	assert_int_equal(counters.epoch, 7);
	assert_mark(7, false);
}

/* ---- files that are none, or damaged */

static char	*good;		/* a file's bytes, with some of everything */
static size_t	 good_size;

static void
make_good(void)
{
	uint32_t	 i;
	char		 name[16];

	open_store();
	begin_write();
	for (i = 1; i <= 40; i++) {
		snprintf(name, sizeof(name), "w%u", i);
		store_put_name(store, i, name);
		put(alarm_notification(i, i, name));
	}
	put(capture_notification(41, true, "eth1"));
	put((struct notification){ .sequence = 42, .event = NOTIFICATION_STORM,
	    .storm = { 3, 2, 1, { 7 } } });
	counters.sequence = 42;
	counters.delivered = 30;
	counters.serial = 20;
	commit();
	close_store();
	good = scratch_read(path(DB), &good_size);
	assert_int_equal(unlink(path(DB)), 0);
	assert_int_equal(unlink(path(EPOCH)), 0);
}

/*
 * Whatever the bytes are: the state is as it was, or it is another, with
 * another epoch, and what was there is kept under another name; and then it
 * can be written.
 */
static bool
survive(const char *bytes, size_t size)
{
	bool	 recreated, kept, fine;

	(void)mkdir(path("state"), 0700);
	scratch_write(path(DB), bytes, size);
	write_mark(1, false);
	open_store();
	assert_true(store_is_readable(store));
	fine = read_everything();
	kept = counters.epoch == 1;
	if (!fine) {
		/* Found while it was read. */
		assert_true(kept);
		now = mono_add(now, NSEC_PER_SEC);
		store_set_damaged(store);
		assert_true(store_begin(store, now, &recreated, &counters));
		assert_true(recreated);
		kept = false;
		commit();
	}
	if (kept) {
		assert_int_equal(counters.sequence, 42);
		assert_int_equal(counters.delivered, 30);
		assert_int_equal(count_files(ASIDE), 0);
	} else {
		assert_int_equal(counters.epoch, 2);
		assert_true(count_files(ASIDE) >= 1);
	}
	begin_write();
	put(alarm_notification(43, 1, "w1"));
	counters.sequence = 43;
	commit();
	open_store();
	assert_int_equal(counters.epoch, kept ? 1 : 2);
	assert_int_equal(counters.sequence, 43);
	close_store();
	assert_int_equal(nftw(path("state"), scratch_remove, 8,
	    FTW_DEPTH | FTW_PHYS), 0);
	return (kept);
}

static void
whole(void **state)
{
	(void)state;
	make_good();
	assert_true(survive(good, good_size));
	free(good);
}

static void
cut_short(void **state)
{
	static const size_t	 lengths[] = {
		0, 1, 15, 16, 17, 99, 100, 101, 512, 1024, 4095, 4096, 4097,
		8191, 8192, 12288, 20480, 30000, 32768, 40960, 65536, 100000,
		1 << 20,
	};
	size_t			 i;

	(void)state;
	make_good();
	for (i = 0; i < N(lengths); i++) {
		print_message("# %zu bytes\n", lengths[i]);
		assert_true(lengths[i] < good_size);
		assert_false(survive(good, lengths[i]));
	}
	assert_false(survive(good, good_size - 1));
	assert_false(survive(good, good_size - 4096));
	free(good);
}

/* Zeros over each page of what is used, and then over all. */
static void
zeros(void **state)
{
	char	 page[4096];
	size_t	 i, lost = 0;

	(void)state;
	make_good();
	for (i = 0; i < 24; i++) {
		memcpy(page, good + i * sizeof(page), sizeof(page));
		memset(good + i * sizeof(page), 0, sizeof(page));
		lost += !survive(good, good_size);
		memcpy(good + i * sizeof(page), page, sizeof(page));
	}
	print_message("# %zu of 24 pages are missed\n", lost);
	assert_true(lost >= 6);
	memset(good, 0, good_size);
	assert_false(survive(good, good_size));
	assert_false(survive(good, 4096));
	free(good);
}

static void
garbage(void **state)
{
	static const char	 text[] = "SQLite format 3";
	unsigned		 random = 1;
	size_t			 round, i, at, kept = 0;
	char			*bytes;

	(void)state;
	make_good();
	assert_false(survive("x", 1));
	assert_false(survive(text, sizeof(text)));
	bytes = malloc(good_size);
	assert_non_null(bytes);
	for (round = 0; round < 100; round++) {
		memcpy(bytes, good, good_size);
		/* A few bytes of the first pages, or a stretch. */
		at = (random = random * 1103515245 + 12345) / 7 % (16 * 4096);
		for (i = 0; i < 1 + round % 40; i++) {
			random = random * 1103515245 + 12345;
			bytes[at + i] = (char)(random >> 16);
		}
		kept += survive(bytes, good_size);
	}
	print_message("# %zu of 100 had no effect\n", kept);
	for (i = 0; i < good_size; i++) {
		random = random * 1103515245 + 12345;
		bytes[i] = (char)(random >> 16);
	}
	assert_false(survive(bytes, good_size));
	free(bytes);
	free(good);
}

/* A write-ahead log that is not the file's own. */
static void
log_of_another(void **state)
{
	(void)state;
	make_good();
	assert_int_equal(mkdir(path("other"), 0700), 0);
	assert_int_equal(nftw(path("state"), scratch_remove, 8,
	    FTW_DEPTH | FTW_PHYS), 0);
	assert_int_equal(mkdir(path("state"), 0700), 0);
	scratch_write(path(DB "-wal"), good, 100000);
	assert_true(survive(good, good_size));
	free(good);
}

static void
no_file(void **state)
{
	struct stat	 st;
	size_t		 before, after;
	char		*bytes;

	(void)state;
	assert_int_equal(mkdir(path("state"), 0700), 0);
	assert_int_equal(mkdir(path(DB), 0700), 0);
	open_store();
	assert_int_equal(counters.epoch, 2);
	assert_true(store_is_readable(store));
	assert_int_equal(count_files(ASIDE), 1);
	close_store();
	assert_int_equal(lstat(path(DB), &st), 0);
	assert_true(S_ISREG(st.st_mode));

	/* Another's file is neither read nor written. */
	assert_int_equal(rename(path(DB), path("other.db")), 0);
	bytes = scratch_read(path("other.db"), &before);
	assert_int_equal(symlink(path("other.db"), path(DB)), 0);
	open_store();
	assert_int_equal(counters.epoch, 3);
	begin_write();
	put(alarm_notification(1, 1, "w"));
	commit();
	close_store();
	assert_int_equal(lstat(path(DB), &st), 0);
	assert_true(S_ISREG(st.st_mode));
	free(bytes);
	bytes = scratch_read(path("other.db"), &after);
	assert_int_equal(before, after);
	free(bytes);

	assert_int_equal(unlink(path(DB)), 0);
	assert_int_equal(symlink("/nonexistent/x", path(DB)), 0);
	open_store();
	assert_int_equal(counters.epoch, 4);
	close_store();

	assert_int_equal(unlink(path(DB)), 0);
	assert_int_equal(mkfifo(path(DB), 0600), 0);
	(void)alarm(20);
	open_store();
	(void)alarm(0);
	assert_int_equal(counters.epoch, 5);
	assert_false(store_is_failing(store));
	assert_int_equal(count_files(ASIDE), 4);
}

/* What is set aside is all there, under a name of its own. */
static void
set_aside(void **state)
{
	struct dirent	*e;
	DIR		*d;
	size_t		 size, i;
	char		*bytes, text[600], name[600];

	(void)state;
	assert_int_equal(mkdir(path("state"), 0700), 0);
	for (i = 1; i <= 5; i++) {
		memset(text, (int)('0' + i), sizeof(text));
		scratch_write(path(DB), text, sizeof(text));
		open_store();
		assert_int_equal(counters.epoch, i + 1);
		close_store();
	}
	assert_int_equal(count_files(ASIDE), 5);
	d = opendir(path("state"));
	assert_non_null(d);
	for (i = 0; (e = readdir(d)) != NULL;) {
		if (strncmp(e->d_name, ASIDE, strlen(ASIDE)) != 0)
			continue;
		snprintf(name, sizeof(name), "state/%s", e->d_name);
		bytes = scratch_read(path(name), &size);
		assert_int_equal(size, sizeof(text));
		i += (size_t)1 << (bytes[0] - '0') * 4;
		free(bytes);
	}
	closedir(d);
	assert_int_equal(i, 0x111110);
}

static void
assert_set_aside(const char *change)
{
	size_t	 before = count_files(ASIDE);

	print_message("# %s\n", change);
	sql(change);
	open_store();
	assert_int_equal(count_files(ASIDE), before + 1);
	assert_int_equal(counters.epoch, before + 2);
	assert_int_equal(counters.sequence, 0);
	assert_false(store_is_failing(store));
	close_store();
}

static void
not_ours(void **state)
{
	(void)state;
	open_store();
	begin_write();
	counters.sequence = 9;
	commit();
	close_store();
	assert_set_aside("PRAGMA user_version = 99");
	assert_set_aside("PRAGMA user_version = 2147483647");
	assert_set_aside("PRAGMA user_version = -1");
	assert_set_aside("PRAGMA user_version = 0");
	assert_set_aside("PRAGMA application_id = 1");
	assert_set_aside("PRAGMA application_id = 0");
	assert_set_aside("DROP TABLE notice");
	assert_set_aside("DROP TABLE counters");
	assert_set_aside("ALTER TABLE alarm DROP COLUMN flags");
	assert_set_aside("DELETE FROM counters");
	/* What we did not write might do anything. */
	assert_set_aside("DROP TABLE name; CREATE VIEW name AS WITH RECURSIVE"
	    " n(number, name) AS (SELECT 1, 'x' UNION ALL SELECT number, name"
	    " FROM n) SELECT * FROM n");
	assert_set_aside("CREATE TRIGGER t AFTER INSERT ON notice BEGIN"
	    " DELETE FROM notice; END");
	assert_set_aside("CREATE INDEX i ON notice (event)");
	assert_set_aside("CREATE TABLE more (x)");
	assert_set_aside("DROP TABLE blind;"
	    " CREATE VIRTUAL TABLE blind USING fts5(interface)");
}

static void
wrong_counters(void **state)
{
	(void)state;
	open_store();
	close_store();
	assert_set_aside("UPDATE counters SET epoch = 0");
	assert_set_aside("UPDATE counters SET epoch = -1");
	assert_set_aside("UPDATE counters SET epoch = 4294967296");
	assert_set_aside("UPDATE counters SET sequence = -1");
	assert_set_aside("UPDATE counters SET sequence = 9223372036854775807");
	assert_set_aside("UPDATE counters SET sequence = 4294967295");
	assert_set_aside("UPDATE counters SET delivered = 1");
	assert_set_aside("UPDATE counters SET sequence = 3, delivered = -1");
	assert_set_aside("UPDATE counters SET serial = 4294967295");
	assert_set_aside("UPDATE counters SET serial = -5");
}

/* Rows that cannot be: the file is replaced as soon as it is written. */
static void
wrong_values(void **state)
{
	static const char *const	 changes[] = {
		"UPDATE notice SET event = 0 WHERE sequence = 1",
		"UPDATE notice SET event = 6 WHERE sequence = 1",
		"UPDATE notice SET event = 3 WHERE sequence = 1",
		"UPDATE notice SET event = 5 WHERE sequence = 1",
		"UPDATE notice SET event = 1 WHERE sequence = 2",
		"UPDATE notice SET state = 0 WHERE sequence = 1",
		"UPDATE notice SET state = 3 WHERE sequence = 1",
		"UPDATE notice SET state = NULL WHERE sequence = 1",
		"UPDATE notice SET cause = 0 WHERE sequence = 1",
		"UPDATE notice SET cause = 11 WHERE sequence = 1",
		"UPDATE notice SET end = -1 WHERE sequence = 1",
		"UPDATE notice SET end = 4 WHERE sequence = 1",
		"UPDATE notice SET flags = 32 WHERE sequence = 1",
		"UPDATE notice SET flags = -1 WHERE sequence = 1",
		"UPDATE notice SET serial = -1 WHERE sequence = 1",
		"UPDATE notice SET serial = 4294967296 WHERE sequence = 1",
		"UPDATE notice SET count = 4294967296 WHERE sequence = 1",
		"UPDATE notice SET transitions = -1 WHERE sequence = 1",
		"UPDATE notice SET transitions = 4294967295 WHERE sequence = 1",
		"UPDATE notice SET watch_index = -1 WHERE sequence = 1",
		"UPDATE notice SET watch_index = 4294967296 WHERE sequence = 1",
		"UPDATE notice SET severity = 2 WHERE sequence = 1",
		"UPDATE notice SET severity = 7 WHERE sequence = 1",
		"UPDATE notice SET severity = NULL WHERE sequence = 1",
		"UPDATE notice SET alarm_id = 0 WHERE sequence = 1",
		"UPDATE notice SET alarm_id = 2147483648 WHERE sequence = 1",
		"UPDATE notice SET peer = '192.0.2.256' WHERE sequence = 1",
		"UPDATE notice SET peer = NULL WHERE sequence = 1",
		"UPDATE notice SET watch = NULL WHERE sequence = 1",
		"UPDATE notice SET watch = printf('%.256c', 'x')"
		    " WHERE sequence = 1",
		"UPDATE notice SET watch = 'a' || char(0) || 'b'"
		    " WHERE sequence = 1",
		"UPDATE notice SET watch = CAST(x'61ff' AS TEXT)"
		    " WHERE sequence = 1",
		"UPDATE notice SET interface = '0123456789abcdef'"
		    " WHERE sequence = 1",
		"UPDATE notice SET heartbeat = printf('%.5000c', 'x')"
		    " WHERE sequence = 1",
		"UPDATE notice SET host = printf('%.5000c', 'x')"
		    " WHERE sequence = 1",
		"UPDATE notice SET alarm_name = printf('%.5000c', 'x')"
		    " WHERE sequence = 1",
		"UPDATE notice SET service_type = NULL WHERE sequence = 1",
		"UPDATE notice SET role = CAST(x'c0af' AS TEXT)"
		    " WHERE sequence = 1",
		"UPDATE notice SET capture_state = 0 WHERE sequence = 2",
		"UPDATE notice SET capture_state = 4 WHERE sequence = 2",
		"UPDATE notice SET capture_index = -1 WHERE sequence = 2",
		"UPDATE notice SET error = printf('%.160c', 'x')"
		    " WHERE sequence = 2",
		"UPDATE notice SET interface = '0123456789abcdef'"
		    " WHERE sequence = 2",
		"UPDATE notice SET sequence = -4 WHERE sequence = 1",
		"UPDATE notice SET sequence = 4294967296 WHERE sequence = 2",
		"UPDATE alarm SET state = 3",
		"UPDATE alarm SET event = 3",
		"UPDATE alarm SET watch = CAST(x'61ff' AS TEXT)",
		"UPDATE alarm SET sequence = -1",
		"UPDATE name SET number = 0",
		"UPDATE name SET number = -1",
		"UPDATE name SET number = 2147483648",
		"UPDATE name SET name = printf('%.256c', 'x')",
		"UPDATE name SET name = CAST(x'ff' AS TEXT)",
		"UPDATE blind SET interface = '0123456789abcdef'",
		"UPDATE storm SET raised = -1",
		"UPDATE storm SET first = 4294967296",
		"DELETE FROM storm",
		"UPDATE alarm SET event = 5, sequence = 3",
	};
	bool				 recreated;
	size_t				 i;

	(void)state;
	for (i = 0; i < N(changes); i++) {
		print_message("# %s\n", changes[i]);
		open_store();
		begin_write();
		put(alarm_notification(1, 1, "w"));
		put(capture_notification(2, true, "eth1"));
		put((struct notification){ .sequence = 3, .event = NOTIFICATION_STORM });
		store_put_name(store, 1, "w");
		counters.sequence = counters.delivered = 3;
		commit();
		close_store();
		sql(changes[i]);
		open_store();
		assert_int_equal(counters.epoch, 1);
		assert_false(read_everything());
		now = mono_add(now, NSEC_PER_SEC);
		assert_true(store_begin(store, now, &recreated, &counters));
		assert_true(recreated);
		assert_int_equal(counters.epoch, 2);
		commit();
		assert_mark(2, false);
		assert_true(read_everything());
		assert_int_equal(count_files(ASIDE), 1);
		close_store();
		assert_int_equal(nftw(path("state"), scratch_remove, 8,
		    FTW_DEPTH | FTW_PHYS), 0);
	}
}

/* ---- while it is open */

/* The file is taken from under us. */
static void
removed_while_open(void **state)
{
	bool	 recreated;

	(void)state;
	open_store();
	assert_int_equal(truncate(path(DB), 0), 0);
	assert_int_equal(truncate(path(DB "-wal"), 0), 0);
	now = mono_add(now, NSEC_PER_SEC);
	if (store_begin(store, now, &recreated, &counters)) {
		put(alarm_notification(1, 1, "w"));
		counters.sequence = 1;
		(void)try_commit();
	}
	/* Whatever it noticed: another try writes it, or the next start. */
	now = mono_add(now, 3600 * NSEC_PER_SEC);
	if (store_begin(store, now, &recreated, &counters)) {
		put(alarm_notification(2, 1, "w"));
		counters.sequence = 2;
		(void)try_commit();
	}
	open_store();
	assert_true(read_everything());
	begin_write();
	commit();
	assert_true(counters.sequence == 2 || counters.epoch > 1);
}

/* It is looked after that two of us are never at one file. */
static void
taken(void **state)
{
	struct store		*other = NULL;
	struct store_counters	 c;
	int			 ready[2], done[2], status;
	pid_t			 pid;
	char			 byte;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(done), 0);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		close(done[1]);
		status = store_open(&other, path("state"), &c) == STORE_OK ?
		    0 : 1;
		(void)!write(ready[1], "x", 1);
		(void)!read(done[0], &byte, 1);
		store_close(other);
		_exit(status);
	}
	close(done[0]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(store_open(&other, path("state"), &c), STORE_IN_USE);
	assert_null(other);
	assert_int_equal(count_files(ASIDE), 0);
	close(done[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(ready[0]);
	close(ready[1]);
	open_store();
	assert_int_equal(counters.epoch, 1);
}

/* Another one of us is just making the file: it is not cut short. */
static void
taken_while_it_is_made(void **state)
{
	struct store		*other = NULL;
	struct store_counters	 c;
	int			 fd;

	(void)state;
	assert_int_equal(mkdir(path("state"), 0700), 0);
	fd = open(path("state"), O_RDONLY | O_DIRECTORY);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	scratch_write(path(DB), "", 0);
	assert_int_equal(store_open(&other, path("state"), &c), STORE_IN_USE);
	assert_null(other);
	assert_int_equal(count_files(ASIDE), 0);
	close(fd);
}

/*
 * The one that ends leaves nothing to be done once another may have the file:
 * what that one wrote to the log would be gone.
 */
static bool	 watches_the_log;
static unsigned	 emptied, emptied_late;

static bool
is_locked(void)
{
	struct flock	 lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int		 status = 1, fd;
	pid_t		 pid;

	pid = fork();
	if (pid == 0) {
		fd = open(path(DB), O_RDWR);
		_exit(fd == -1 || fcntl(fd, F_GETLK, &lock) != 0 ||
		    lock.l_type == F_UNLCK);
	}
	(void)waitpid(pid, &status, 0);
	return (status == 0);
}

/* The store's, in place of the C library's. */
ssize_t
pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
	if (watches_the_log && length == 32) {
		emptied++;
		emptied_late += !is_locked();
	}
	return ((ssize_t)syscall(SYS_pwrite64, fd, bytes, length, offset));
}

static void
nothing_after_the_lock(void **state)
{
	(void)state;
	open_store();
	begin_write();
	commit();
	watches_the_log = true;
	close_store();
	watches_the_log = false;
	assert_int_equal(emptied, 1);
	assert_int_equal(emptied_late, 0);
}

/* Five notices in a transaction, as fast as it goes, until it is killed. */
static void
write_until_killed(int told)
{
	uint32_t	 i;
	bool		 recreated;

	if (store_open(&store, path("state"), &counters) != STORE_OK)
		_exit(1);
	for (;;) {
		if (!store_begin(store, now, &recreated, &counters) || recreated)
			_exit(2);
		for (i = 1; i <= 5; i++)
			put(alarm_notification(counters.sequence + i, i, "w"));
		counters.sequence += 5;
		store_put_counters(store, &counters);
		if (!store_commit(store, now, true))
			_exit(3);
		if (write(told, &counters.sequence, sizeof(uint32_t)) !=
		    sizeof(uint32_t))
			_exit(4);
	}
}

/* Whole transactions, and all that were said to be on disk. */
static void
assert_whole(uint32_t told)
{
	struct notification	 n;
	uint32_t	 i;

	open_store();
	assert_int_equal(counters.epoch, 1);
	assert_int_equal(counters.sequence % 5, 0);
	assert_true(counters.sequence >= told);
	for (i = counters.sequence; i > 0 && i + 50 > counters.sequence; i--) {
		assert_true(store_notification(store, i, &n));
		notification_release(&n);
	}
	assert_false(store_notification(store, counters.sequence + 1, &n));
	close_store();
}

static void
killed(void **state)
{
	uint32_t	 round, told = 0, now_told;
	int		 pipes[2], status;
	size_t		 wanted;
	pid_t		 pid;

	(void)state;
	for (round = 0; round < 40; round++) {
		assert_int_equal(pipe(pipes), 0);
		pid = fork();
		assert_int_not_equal(pid, -1);
		if (pid == 0) {
			close(pipes[0]);
			write_until_killed(pipes[1]);
		}
		close(pipes[1]);
		/* At another place each time. */
		for (wanted = 1 + round * 7 % 11; wanted > 0 &&
		    read(pipes[0], &now_told, sizeof(now_told)) ==
		    sizeof(now_told); wanted--)
			told = now_told;
		assert_int_equal(kill(pid, SIGKILL), 0);
		while (read(pipes[0], &now_told, sizeof(now_told)) ==
		    sizeof(now_told))
			told = now_told;
		close(pipes[0]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_whole(told);
	}
	print_message("# %u notices\n", told);
}

/* ---- a write that fails in the middle */

static void
put_many(uint32_t count)
{
	while (count-- > 0)
		put(alarm_notification(++counters.sequence, 1, "w"));
}

static sqlite3	*first_opened;

static int
take_connection(sqlite3 *db, const char **error, const void *api)
{
	(void)error;
	(void)api;
	/* The next is a model to compare with. */
	if (first_opened == NULL)
		first_opened = db;
	return (SQLITE_OK);
}

/*
 * An error may end SQLite's transaction where it happens; what is put after it
 * must not be written by itself.
 */
static void
all_or_nothing(void **state)
{
	struct notification	 n;
	uint32_t	 i;

	(void)state;
	first_opened = NULL;
	(void)sqlite3_auto_extension((void (*)(void))take_connection);
	open_store();
	sqlite3_reset_auto_extension();
	begin_write();
	counters.sequence = 1;
	put(alarm_notification(1, 1, "w"));
	commit();
	assert_int_equal(sqlite3_exec(first_opened,
	    "CREATE TEMP TRIGGER t BEFORE INSERT ON notice WHEN"
	    " new.sequence = 3 BEGIN SELECT raise(ROLLBACK, 'no'); END",
	    NULL, NULL, NULL), SQLITE_OK);
	begin_write();
	put_many(4);
	store_delete_before(store, 2);
	assert_false(try_commit());
	assert_true(store_is_failing(store));
	/* As if it were killed here. */
	assert_int_equal(sqlite3_exec(first_opened, "DROP TRIGGER t", NULL,
	    NULL, NULL), SQLITE_OK);
	open_store();
	for (i = 1; i <= 5; i++) {
		if (store_notification(store, i, &n) != (i == 1))
			fail_msg("notice %u", i);
		if (i == 1)
			notification_release(&n);
	}
	assert_int_equal(store_oldest(store), 1);
}

/*
 * What is sent while a new file cannot be filled is of a new epoch, which is not
 * given again.
 */
static void
epoch_of_a_file_that_was_never_filled(void **state)
{
	bool	 recreated;

	(void)state;
	open_store();
	begin_write();
	put_many(3);
	commit();
	store_set_damaged(store);
	first_opened = NULL;
	(void)sqlite3_auto_extension((void (*)(void))take_connection);
	assert_true(store_begin(store, now, &recreated, &counters));
	sqlite3_reset_auto_extension();
	assert_true(recreated);
	assert_int_equal(counters.epoch, 2);
	assert_int_equal(sqlite3_exec(first_opened,
	    "CREATE TEMP TRIGGER t BEFORE INSERT ON notice"
	    " BEGIN SELECT raise(ROLLBACK, 'no'); END",
	    NULL, NULL, NULL), SQLITE_OK);
	put_many(1);
	assert_false(try_commit());
	open_store();
	assert_int_equal(counters.epoch, 3);
}

/* A mark that could not be written is tried again, not only when all is well. */
static void
mark_that_waits(void **state)
{
	bool	 recreated;

	(void)state;
	open_store();
	assert_int_equal(unlink(path(EPOCH)), 0);
	assert_int_equal(mkdir(path(EPOCH), 0700), 0);
	first_opened = NULL;
	(void)sqlite3_auto_extension((void (*)(void))take_connection);
	open_store();
	sqlite3_reset_auto_extension();
	assert_int_equal(sqlite3_exec(first_opened,
	    "CREATE TEMP TRIGGER t BEFORE INSERT ON notice"
	    " BEGIN SELECT raise(ROLLBACK, 'no'); END",
	    NULL, NULL, NULL), SQLITE_OK);
	begin_write();
	put_many(1);
	assert_false(try_commit());
	assert_int_equal(rmdir(path(EPOCH)), 0);
	now = mono_add(now, NSEC_PER_SEC);
	assert_true(store_begin(store, now, &recreated, &counters));
	put_many(1);
	assert_false(try_commit());
	assert_mark(1, true);
}

/* ---- a disk that is full, or may only be read */

static bool
mount_state(const char *size)
{
	if (may_mount && scratch_mount(path("state"), size))
		return (true);
	print_message("# not tested: no mount may be made here\n");
	return (false);
}

/* Fills what is left. */
static void
fill(void)
{
	static const char	 zeros[65536];
	size_t			 size = sizeof(zeros);
	FILE			*f = fopen(path("state/filler"), "wb");

	assert_non_null(f);
	setvbuf(f, NULL, _IONBF, 0);
	while (size > 0)
		if (fwrite(zeros, 1, size, f) != size)
			size /= 2;
	fclose(f);
}

/* What was reserved is enough for a while; then it fails, and goes on later. */
static void
full_disk(void **state)
{
	struct store_counters	 before;
	uint32_t		 told = 0;
	size_t			 rounds = 0;

	(void)state;
	if (!mount_state("12m"))
		return;
	open_store();
	fill();
	for (;;) {
		before = counters;
		if (!try_begin())
			break;
		put_many(100);
		if (!try_commit())
			break;
		told = counters.sequence;
		rounds++;
	}
	print_message("# %u notices fit\n", told);
	assert_true(told >= 1000);
	assert_true(store_is_failing(store));
	assert_mark(1, true);
	/* Not before its time. */
	assert_false(store_begin(store, now, &(bool){ false }, &counters));
	assert_true(mono_before(now, store_next_retry(store)));
	/* What was on disk is read, and nothing of what was not. */
	assert_int_equal(store_oldest(store), 1);
	assert_false(store_notification(store, told + 1, &(struct notification){ 0 }));
	counters = before;
	assert_int_equal(unlink(path("state/filler")), 0);
	begin_write();
	put_many(50);
	store_put_counters(store, &counters);
	assert_true(store_commit(store, now, false));
	assert_false(store_is_failing(store));
	/* Some of it is to follow. */
	assert_mark(1, true);
	begin_write();
	put_many(50);
	commit();
	assert_mark(1, false);
	open_store();
	assert_int_equal(counters.epoch, 1);
	assert_int_equal(counters.sequence, told + 100);
	close_store();
	assert_int_equal(umount(path("state")), 0);
}

/* It ended in that time: what it sent is not known any more. */
static void
full_disk_at_the_end(void **state)
{
	(void)state;
	if (!mount_state("12m"))
		return;
	open_store();
	fill();
	while (try_begin()) {
		put_many(100);
		if (!try_commit())
			break;
	}
	open_store();
	assert_int_equal(counters.epoch, 2);
	close_store();
	assert_int_equal(unlink(path("state/filler")), 0);
	open_store();
	assert_true(counters.epoch >= 2);
	assert_false(store_is_failing(store));
	assert_mark(counters.epoch, false);
	close_store();
	assert_int_equal(umount(path("state")), 0);
}

/* No room for the first file: nothing is piled up by trying. */
static void
full_disk_at_the_start(void **state)
{
	uint32_t	 epoch;
	bool		 recreated;
	int		 i;

	(void)state;
	if (!mount_state("64k"))
		return;
	fill();
	open_store();
	epoch = counters.epoch;
	assert_true(store_is_failing(store));
	for (i = 0; i < 10; i++)
		assert_false(try_begin());
	assert_int_equal(counters.epoch, epoch);
	assert_int_equal(count_files(ASIDE), 0);
	assert_int_equal(unlink(path("state/filler")), 0);
	assert_true(scratch_remount(path("state"), "12m", false));
	now = mono_add(now, 3600 * NSEC_PER_SEC);
	assert_true(store_begin(store, now, &recreated, &counters));
	assert_true(recreated);
	assert_int_equal(counters.epoch, epoch);
	commit();
	assert_mark(epoch, false);
	open_store();
	assert_int_equal(counters.epoch, epoch);
	close_store();
	assert_int_equal(umount(path("state")), 0);
}

/* Nor by a file that is damaged. */
static void
full_disk_and_damaged(void **state)
{
	bool	 recreated;
	int	 i;

	(void)state;
	if (!mount_state("64k"))
		return;
	scratch_write(path(DB), "not a database", 14);
	write_mark(4, false);
	fill();
	open_store();
	assert_int_equal(counters.epoch, 5);
	for (i = 0; i < 10; i++)
		assert_false(try_begin());
	assert_int_equal(count_files(ASIDE), 1);
	assert_int_equal(unlink(path("state/filler")), 0);
	assert_true(scratch_remount(path("state"), "12m", false));
	now = mono_add(now, 3600 * NSEC_PER_SEC);
	assert_true(store_begin(store, now, &recreated, &counters));
	assert_true(recreated);
	assert_int_equal(counters.epoch, 5);
	commit();
	assert_mark(5, false);
	close_store();
	assert_int_equal(umount(path("state")), 0);
}

static void
read_only(void **state)
{
	struct notification	 n;
	int		 i;

	(void)state;
	if (!mount_state("12m"))
		return;
	open_store();
	begin_write();
	put_many(3);
	store_put_name(store, 1, "w");
	counters.delivered = 2;
	commit();
	close_store();
	assert_true(scratch_remount(path("state"), "12m", true));
	open_store();
	assert_int_equal(counters.epoch, 1);
	assert_int_equal(counters.sequence, 3);
	assert_int_equal(counters.delivered, 2);
	assert_true(store_is_readable(store));
	assert_true(store_is_failing(store));
	assert_true(read_everything());
	for (i = 0; i < 3; i++) {
		assert_false(try_begin());
		assert_true(store_notification(store, 3, &n));
		notification_release(&n);
	}
	/* It may be written again: what was read goes on. */
	assert_true(scratch_remount(path("state"), "12m", false));
	begin_write();
	put_many(1);
	commit();
	assert_mark(1, false);
	open_store();
	assert_int_equal(counters.epoch, 1);
	assert_int_equal(counters.sequence, 4);
	assert_int_equal(count_files(ASIDE), 0);
	close_store();
	assert_int_equal(umount(path("state")), 0);
}

/* The same after it was killed, with a log that holds all of it. */
static void
read_only_after_a_kill(void **state)
{
	char	*bytes[2];
	size_t	 sizes[2];

	(void)state;
	if (!mount_state("32m"))
		return;
	open_store();
	begin_write();
	put_many(3);
	commit();
	bytes[0] = scratch_read(path(DB), &sizes[0]);
	bytes[1] = scratch_read(path(DB "-wal"), &sizes[1]);
	close_store();
	scratch_write(path(DB), bytes[0], sizes[0]);
	scratch_write(path(DB "-wal"), bytes[1], sizes[1]);
	free(bytes[0]);
	free(bytes[1]);
	assert_true(scratch_remount(path("state"), "32m", true));
	open_store();
	assert_int_equal(counters.epoch, 1);
	assert_int_equal(counters.sequence, 3);
	assert_true(read_everything());
	assert_true(store_is_failing(store));
	assert_true(scratch_remount(path("state"), "32m", false));
	begin_write();
	put_many(1);
	commit();
	open_store();
	assert_int_equal(counters.sequence, 4);
	close_store();
	assert_int_equal(umount(path("state")), 0);
}

/* The file is there only later: what it says is not what was told since. */
static void
there_only_later(void **state)
{
	bool	 recreated;

	(void)state;
	if (!mount_state("32m"))
		return;
	open_store();
	begin_write();
	put_many(3);
	commit();
	close_store();
	/* Something else is in its way, and cannot be written. */
	assert_int_equal(rename(path(DB), path("state/later")), 0);
	assert_int_equal(unlink(path(EPOCH)), 0);
	assert_true(scratch_remount(path("state"), "32m", true));
	open_store();
	assert_int_equal(counters.epoch, 1);
	assert_int_equal(counters.sequence, 0);
	assert_false(store_is_readable(store));
	assert_false(try_begin());
	assert_true(scratch_remount(path("state"), "32m", false));
	assert_int_equal(rename(path("state/later"), path(DB)), 0);
	now = mono_add(now, 3600 * NSEC_PER_SEC);
	assert_true(store_begin(store, now, &recreated, &counters));
	assert_true(recreated);
	/* Its epoch was used: the same sequences of both would be mixed up. */
	assert_int_equal(counters.epoch, 2);
	commit();
	assert_mark(2, false);
	assert_int_equal(count_files(ASIDE), 1);
	close_store();
	assert_int_equal(umount(path("state")), 0);
}

#define SCRATCH(test)	cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		SCRATCH(fresh),
		SCRATCH(modes_mended),
		SCRATCH(counters_kept),
		SCRATCH(notifications_kept),
		SCRATCH(several_notifications),
		SCRATCH(storms_kept),
		SCRATCH(alarms_without_notifications),
		SCRATCH(names_kept),
		SCRATCH(blind_kept),
		SCRATCH(trimmed),
		SCRATCH(without_a_commit),
		SCRATCH(epoch_of_a_lost_file),
		SCRATCH(epoch_of_a_lost_mark),
		SCRATCH(epoch_of_a_damaged_mark_alone),
		SCRATCH(epoch_of_an_earlier_version),
		SCRATCH(epoch_of_a_file_behind),
		SCRATCH(epoch_until_it_is_even),
		SCRATCH(epoch_of_an_old_file),
		SCRATCH(whole),
		SCRATCH(cut_short),
		SCRATCH(zeros),
		SCRATCH(garbage),
		SCRATCH(log_of_another),
		SCRATCH(no_file),
		SCRATCH(set_aside),
		SCRATCH(not_ours),
		SCRATCH(wrong_counters),
		SCRATCH(wrong_values),
		SCRATCH(removed_while_open),
		SCRATCH(taken),
		SCRATCH(taken_while_it_is_made),
		SCRATCH(nothing_after_the_lock),
		SCRATCH(killed),
		SCRATCH(all_or_nothing),
		SCRATCH(epoch_of_a_file_that_was_never_filled),
		SCRATCH(mark_that_waits),
		SCRATCH(full_disk),
		SCRATCH(full_disk_at_the_end),
		SCRATCH(full_disk_at_the_start),
		SCRATCH(full_disk_and_damaged),
		SCRATCH(read_only),
		SCRATCH(read_only_after_a_kill),
		SCRATCH(there_only_later),
	};

	may_mount = scratch_may_mount();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
