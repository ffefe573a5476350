/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For the tests of the store: a store in a directory of its own for each test,
 * rows to write and the rows that were read.
 */
#ifndef HBW_TEST_STORE_FIXTURE_H
#define HBW_TEST_STORE_FIXTURE_H

#include <dirent.h>
#include <errno.h>

#include <sqlite3.h>

#include "scratch.h"
#include "state/epoch_file.h"
#include "state/store.h"
#include "state/store_directory.h"
#include "state/store_tables.h"

#define N(array)	(sizeof(array) / sizeof((array)[0]))

/* A file that is set aside is called hbwatchd.db.TIME. */
#define DB		"state/hbwatchd.db"
#define EPOCH		"state/epoch"
#define ASIDE		"hbwatchd.db.2"

/* For store_commit: are there notifications that it does not write? */
#define NEWEST		(&(struct store_mark){ STORE_MARK_OPEN })
#define NOT_NEWEST	(&(struct store_mark){ STORE_MARK_KEPT })

/* A test that starts in an empty directory. */
#define SCRATCH(test)	cmocka_unit_test_setup_teardown(test, begin, end)

static struct scratch		 scratch;
static struct store		*store;
static struct store_counters	 counters;
static bool			 may_mount;	/* set by main */

/* Virtual time: the tests never wait. */
static struct mono_time		 now;

static inline const char *
path(const char *name)
{
	return (scratch_path(&scratch, name));
}

static inline int
begin(void **state)
{
	(void)state;
	scratch_begin(&scratch);
	now = mono_now();
	return (0);
}

static inline int
end(void **state)
{
	(void)state;
	store_close(store);
	store = NULL;
	/* A test that failed leaves its mounts. */
	while (may_mount && umount2(path("state"), MNT_DETACH) == 0)
		continue;
	scratch_end(&scratch);
	return (0);
}

static inline void
open_in(const char *directory)
{
	store_close(store);
	memset(&counters, 0xa5, sizeof(counters));
	assert_int_equal(store_open(&store, path(directory), -1, 0, &counters),
	    STORE_OK);
	assert_non_null(store);
}

static inline void
open_store(void)
{
	open_in("state");
}

static inline void
close_store(void)
{
	store_close(store);
	store = NULL;
}

/*
 * Begins a transaction later than the next retry.  False when the state cannot
 * be written; the test fails if `recreated` is not what the store returns.
 */
static inline bool
try_begin(bool recreated)
{
	bool	 is_new, ok;

	now = mono_add(now, 3600 * NSEC_PER_SEC);
	ok = store_begin(store, now, &is_new, &counters);
	if (ok)
		assert_int_equal(is_new, recreated);
	return (ok);
}

static inline void
begin_write(void)
{
	assert_true(try_begin(false));
}

static inline void
begin_new_file(void)
{
	assert_true(try_begin(true));
}

static inline bool
try_commit(void)
{
	store_put_counters(store, &counters);
	if (!store_commit(store, now, NEWEST))
		return (false);
	store_checkpoint(store, false);
	return (true);
}

static inline void
commit(void)
{
	assert_true(try_commit());
	assert_false(store_is_failing(store));
}

/* The number of files whose name begins with the prefix. */
static inline size_t
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

static inline void
assert_epoch_file(uint32_t epoch, bool unsaved)
{
	struct epoch_file	 epoch_file;

	assert_true(epoch_file_read(path(EPOCH), &epoch_file));
	assert_int_equal(epoch_file.epoch, epoch);
	assert_int_equal(epoch_file.unsaved, unsaved);
}

static inline void
write_epoch_file(uint32_t epoch, bool unsaved)
{
	struct epoch_file	 epoch_file = {
		.epoch = epoch, .unsaved = unsaved, .database = UINT64_MAX,
	};

	assert_true(epoch_file_write(path(EPOCH), &epoch_file));
}

/*
 * Accepts the files as they are: version 0.2.0 wrote only the first line of the
 * epoch file, so nothing shows that one of them was changed.
 */
static inline void
accept_files(void)
{
	struct stat	 st;

	if (stat(path(EPOCH), &st) == 0 && st.st_size > 19)
		assert_int_equal(truncate(path(EPOCH), 19), 0);
}

/* Executes SQL on the file, as with sqlite3(1). */
static inline void
sql(const char *text)
{
	sqlite3	*db;
	char	*error = NULL;

	assert_int_equal(sqlite3_open(path(DB), &db), SQLITE_OK);
	if (sqlite3_exec(db, text, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s: %s", text, error);
	sqlite3_close(db);
	accept_files();
}

/* A watch with the texts that a watch may have, or without them. */
static inline struct configuration_watch *
new_watch(const char *name, const char *peer, const char *host, bool texts)
{
	struct configuration_profile	*profile;
	struct configuration_watch	*w;
	struct configuration_alarm	*alarm;
	struct addr			 addr = { 0 };

	if (peer != NULL)
		assert_true(addr_parse(peer, &addr));
	alarm = configuration_alarm_new(&(struct configuration_alarm){
		.id = 45640, .name = "Heartbeat Interruption",
		.severity = SEVERITY_MINOR, .type = "Heartbeat",
		.service_type = "Flink",
		.repair[CAUSE_LINK_ABNORMAL] = texts ? "Check it" : NULL,
	});
	assert_non_null(alarm);
	profile = configuration_profile_new(&(struct configuration_profile){
		.interface = "eth1", .heartbeat = "udp 20053",
		.alarm = alarm, .source = "mrs-cluster-1", .service = "Flink",
		.role = "FlinkServer", .host = host,
		.peer_host = texts ? "node-2" : NULL,
		.log = texts ? "/var/log/prestart.log" : NULL,
		.log_pattern = texts ? "Float ip" : NULL,
	});
	configuration_alarm_release(alarm);
	assert_non_null(profile);
	w = configuration_watch_new(profile, name, &addr);
	configuration_profile_release(profile);
	assert_non_null(w);
	return (w);
}

static inline struct configuration_watch *
watch_of(const char *name, const char *peer, const char *host)
{
	return (new_watch(name, peer, host, true));
}

static inline struct configuration_watch *
plain_watch_of(const char *name, const char *peer, const char *host)
{
	return (new_watch(name, peer, host, false));
}

/* Each field has a different value. */
static inline struct notification
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
			.cause = CAUSE_LINK_ABNORMAL,
			.end = ALARM_END_DISABLED,
			.flags = ALARM_RECEIVED | ALARM_LOSSY,
			.side = CAUSE_SIDE_BETWEEN,
			.confidence = 60,
			.number = EVIDENCE_PORT_REFUSED,
			.decided = {
				.at = { 9000 + sequence },
				.count = UINT32_MAX - sequence,
				.state = EVIDENCE_PRESENT,
				.code = EVIDENCE_CODE_RST,
				.mac = { { 0x02, 0xfe, 1, 2, 3, 0xff } },
				.address = { ADDR_IPV4, { 192, 0, 2, 13 } },
				.port = 65535,
			},
		},
		.watch = watch_of(name, "192.0.2.12", "node-1"),
	});
}

static inline struct notification
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
	n.capture->watcher = (struct notification_watcher){
		.blind_watches = blind ? 7 : 0, .source = "mrs-cluster-1",
		.host = "node-1",
	};
	n.capture->state = blind ? SHARED_CAPTURE_FAILED : SHARED_CAPTURE_DOWN;
	snprintf(n.capture->interface, sizeof(n.capture->interface), "%s",
	    interface);
	snprintf(n.capture->error, sizeof(n.capture->error), "%s",
	    blind ? "it is gone" : "");
	return (n);
}

static inline struct notification
watcher_notification(uint32_t sequence, enum notification_event event)
{
	struct notification	 n = {
		.sequence = sequence, .event = (uint8_t)event,
		.time = { 1000 + sequence },
		.capture = calloc(1, sizeof(*n.capture)),
	};

	assert_non_null(n.capture);
	n.capture->watcher = (struct notification_watcher){
		.watches = 100000, .blind_watches = 7, .active = UINT32_MAX,
		.source = "mrs-cluster-1", .host = "node-1",
	};
	return (n);
}

static inline struct notification
storm_notification(uint32_t sequence, uint32_t raised, uint32_t cleared,
    uint32_t first, int64_t since)
{
	return ((struct notification){
		.sequence = sequence, .event = NOTIFICATION_STORM,
		.storm = { raised, cleared, first, { since } },
	});
}

/* Puts a notification and releases it. */
static inline void
put(struct notification n)
{
	store_put_notification(store, &n);
	notification_release(&n);
}

static inline void
put_many(uint32_t count)
{
	while (count-- > 0)
		put(alarm_notification(++counters.sequence, 1, "w"));
}

/* ---- what is read */

struct got {
	struct notification	 notifications[64];
	size_t			 count;
	size_t			 most;	/* rows after which to stop; 0: all */
	char			 texts[64][300];
	uint32_t		 numbers[64];
};

static struct got	 got;

static inline bool
take_notification(void *arg, struct notification *n)
{
	struct got	*g = arg;

	assert_true(g->count < N(g->notifications));
	g->notifications[g->count++] = *n;
	return (g->count != g->most);
}

static inline bool
take_name(void *arg, uint32_t number, const char *name)
{
	struct got	*g = arg;

	assert_true(g->count < N(g->texts));
	g->numbers[g->count] = number;
	snprintf(g->texts[g->count++], sizeof(g->texts[0]), "%s", name);
	return (g->count != g->most);
}

static inline bool
take_blind(void *arg, const char *interface)
{
	return (take_name(arg, 0, interface));
}

static inline bool
ignore_name(void *arg, uint32_t number, const char *name)
{
	(void)arg;
	(void)number;
	(void)name;
	return (true);
}

static inline bool
take_storm(void *arg, uint32_t sequence, const struct notification_storm *storm)
{
	struct notification	 n = {
		.sequence = sequence, .event = NOTIFICATION_STORM,
		.storm = *storm,
	};

	return (take_notification(arg, &n));
}

static inline void
free_got(void)
{
	size_t	 i;

	for (i = 0; i < got.count; i++)
		notification_release(&got.notifications[i]);
	memset(&got, 0, sizeof(got));
}

/* Reads all rows; false when some of them cannot be read. */
static inline bool
read_everything(void)
{
	struct notification_storm	 storm;
	struct notification		 n;
	bool				 ok;
	uint32_t			 i;

	free_got();
	ok = store_names(store, take_name, &got);
	free_got();
	ok = store_interfaces(store, take_name, &got) && ok;
	free_got();
	ok = store_blind(store, take_blind, &got) && ok;
	free_got();
	ok = store_alarms(store, take_notification, &got) && ok;
	free_got();
	ok = store_notifications(store, 0, take_notification, &got) && ok;
	free_got();
	ok = store_storms(store, take_storm, &got) && ok;
	free_got();
	(void)store_open_storm(store, &storm);
	for (i = store_oldest(store); i != 0 && i <= counters.sequence &&
	    i < 100; i++)
		if (store_notification(store, i, &n))
			notification_release(&n);
		else
			ok = false;
	/* Once damage was found, every reader returns false. */
	return (store_names(store, ignore_name, NULL) &&
	    store_interfaces(store, ignore_name, NULL) && ok);
}

#endif
