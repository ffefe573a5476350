/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/log.h"
#include "base/utf8.h"
#include "state/epoch_file.h"
#include "state/store.h"
#include "state/store_db.h"

/* How often what failed is tried, and said, again. */
#define RETRY_NS	(1 * NSEC_PER_SEC)
#define SAY_NS		(3600 * NSEC_PER_SEC)

/* Another process that just ends gets so long. */
#define LOCK_TRIES	150
#define LOCK_MS		20

/* No count of ours ever comes to more; beyond it they might wrap. */
#define COUNT_MOST	INT32_MAX

/*
 * The log's pages, of 4 KB, are carried over to the file when there is time for
 * it, or when they are many.
 */
#define LOG_PAGES		64
#define LOG_PAGES_MOST		300

/* A text of a row that is longer is not ours. */
#define ROW_TEXT_MOST	4096

/* The columns of a notice, in the order in which they are bound and read. */
#define COLUMNS \
	"sequence, watch_index, event, time, watch, peer, interface," \
	"heartbeat, alarm_id, alarm_name, severity, type, service_type," \
	"source, service, role, host, raised, cleared, last_heartbeat, span," \
	"serial, count, transitions, state, cause, end, flags," \
	"capture_index, capture_state, error"
#define MARKS \
	"?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?"

enum statement {
	PUT_COUNTERS,
	PUT_NAME,
	PUT_NOTIFICATION,
	PUT_ALARM,
	PUT_BLIND,
	PUT_SIGHT,
	PUT_OLDEST,
	PUT_STORM,
	PUT_OLDEST_STORM,
	GET_NOTIFICATION,
	GET_STORM,
	GET_OLDEST,
	STATEMENTS
};

static const char *const statement_texts[STATEMENTS] = {
	[PUT_COUNTERS] = "INSERT OR REPLACE INTO counters (id, epoch,"
	    " sequence, delivered, serial, last_change)"
	    " VALUES (1, ?, ?, ?, ?, ?)",
	[PUT_NAME] = "INSERT OR REPLACE INTO name (number, name)"
	    " VALUES (?, ?)",
	[PUT_NOTIFICATION] = "INSERT OR REPLACE INTO notice (" COLUMNS ")"
	    " VALUES (" MARKS ")",
	[PUT_ALARM] = "INSERT OR REPLACE INTO alarm (" COLUMNS ")"
	    " VALUES (" MARKS ")",
	[PUT_BLIND] = "INSERT OR REPLACE INTO blind (interface) VALUES (?)",
	[PUT_SIGHT] = "DELETE FROM blind WHERE interface = ?",
	[PUT_OLDEST] = "DELETE FROM notice WHERE sequence < ?",
	[PUT_STORM] = "INSERT OR REPLACE INTO storm (sequence, raised,"
	    " cleared, first, since) VALUES (?, ?, ?, ?, ?)",
	[PUT_OLDEST_STORM] = "DELETE FROM storm WHERE sequence < ?"
	    " AND sequence < (SELECT max(sequence) FROM storm)",
	[GET_STORM] = "SELECT raised, cleared, first, since FROM storm"
	    " WHERE sequence = ?",
	[GET_NOTIFICATION] = "SELECT " COLUMNS " FROM notice WHERE sequence = ?",
	[GET_OLDEST] = "SELECT min(sequence) FROM notice",
};

struct store {
	int			 lock;		/* the directory; -1: none */
	char			*directory;
	char			*file;
	char			*epoch_file_name;
	struct epoch_file		 epoch_file;
	bool			 mark_waits;	/* to be written */
	sqlite3			*db;		/* NULL: none to be had */
	sqlite3_stmt		*statements[STATEMENTS];
	bool			 writable;
	bool			 damaged;	/* found while it was read */
	bool			 recreated;		/* must all be written */
	bool			 was_read;	/* at the start */
	struct store_counters	 read;		/* what was found in it */
	uint32_t		 used;		/* epoch: it may not go on */
	struct configuration_profile *profile;	/* of the last that was read */

	int			 log_pages;

	bool			 fails;
	bool			 failed_now;	/* within this transaction */
	char			 reason[STORE_DB_REASON_SIZE];
	struct mono_time	 retry;
	struct mono_time	 say;
};

/* ---- what is wrong with it */

static void
fails(struct store *s, const char *reason, struct mono_time now)
{
	if (s->reason != reason)
		snprintf(s->reason, sizeof(s->reason), "%s", reason);
	if (!s->fails || !mono_before(now, s->say)) {
		log_warnx("%s: cannot be written: %s; alarms go on from "
		    "memory", s->file, s->reason);
		s->say = mono_add(now, SAY_NS);
	}
	s->fails = true;
	s->retry = mono_add(now, RETRY_NS);
}

static void
write_mark(struct store *s)
{
	bool	 waited = s->mark_waits;

	s->mark_waits = !epoch_file_write(s->epoch_file_name, &s->epoch_file);
	if (s->mark_waits && !waited)
		log_debug("%s: %s", s->epoch_file_name, strerror(errno));
}

static void
mark_unsaved(struct store *s, bool unsaved)
{
	if (s->epoch_file.unsaved == unsaved && !s->mark_waits)
		return;
	s->epoch_file.unsaved = unsaved;
	write_mark(s);
}

bool
store_fails(const struct store *s)
{
	return (s->fails);
}

struct mono_time
store_retry(const struct store *s)
{
	return (s->retry);
}

bool
store_is_there(const struct store *s)
{
	return (s->db != NULL);
}

void
store_damaged(struct store *s)
{
	s->damaged = true;
}

/* ---- the file */

static void
close_file(struct store *s)
{
	size_t	 i;

	for (i = 0; i < STATEMENTS; i++) {
		sqlite3_finalize(s->statements[i]);
		s->statements[i] = NULL;
	}
	if (s->writable)
		store_db_close(s->file, s->db);
	else
		sqlite3_close(s->db);
	s->db = NULL;
	s->writable = false;
}

static int
logged(void *arg, sqlite3 *db, const char *schema, int pages)
{
	struct store	*s = arg;

	(void)db;
	(void)schema;
	s->log_pages = pages;
	return (SQLITE_OK);
}

static void
checkpoint_wal(struct store *s)
{
	(void)sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE,
	    NULL, NULL);
	s->log_pages = 0;
}

void
store_retry_now(struct store *s)
{
	s->retry = (struct mono_time){ INT64_MIN };
}

void
store_checkpoint(struct store *s)
{
	if (s->writable && s->log_pages >= LOG_PAGES)
		checkpoint_wal(s);
}

static bool
prepare(struct store *s)
{
	size_t	 i;

	for (i = 0; i < STATEMENTS; i++)
		if (sqlite3_prepare_v3(s->db, statement_texts[i], -1,
		    SQLITE_PREPARE_PERSISTENT, &s->statements[i], NULL) !=
		    SQLITE_OK) {
			snprintf(s->reason, sizeof(s->reason), "damaged: %s",
			    sqlite3_errmsg(s->db));
			return (false);
		}
	(void)sqlite3_wal_hook(s->db, logged, s);
	return (true);
}

static bool
read_counters(struct store *s, struct store_counters *c)
{
	sqlite3_stmt	*q;
	sqlite3_int64	 v[5] = { 0 };
	bool		 fine;
	int		 i;

	if (sqlite3_prepare_v2(s->db, "SELECT epoch, sequence, delivered,"
	    " serial, last_change FROM counters", -1, &q, NULL) != SQLITE_OK)
		return (false);
	fine = sqlite3_step(q) == SQLITE_ROW;
	for (i = 0; fine && i < 5; i++) {
		v[i] = sqlite3_column_int64(q, i);
		/* The last is a time, of whatever clock. */
		fine = i == 4 || (v[i] >= 0 && v[i] <= COUNT_MOST);
	}
	sqlite3_finalize(q);
	if (!fine || v[0] == 0 || v[2] > v[1]) {
		snprintf(s->reason, sizeof(s->reason),
		    "damaged: its counters cannot be");
		return (false);
	}
	*c = (struct store_counters){
		.epoch = (uint32_t)v[0], .sequence = (uint32_t)v[1],
		.delivered = (uint32_t)v[2], .serial = (uint32_t)v[3],
		.last_change = { v[4] },
	};
	return (true);
}

/* What a new state begins with; a mark tells that there was another one. */
static void
new_counters(struct store *s, struct store_counters *c, bool lost)
{
	*c = (struct store_counters){
		.epoch = s->epoch_file.epoch + (s->epoch_file.epoch == 0 && lost ? 2 : 1),
	};
	if (c->epoch == 0)
		c->epoch = 1;
}

static enum store_db_state
open_once(struct store *s, bool *made)
{
	enum store_db_state	 state;

	state = store_db_open(s->file, &s->db, made, s->reason);
	s->writable = state == STORE_DB_WRITABLE;
	if (s->db != NULL && !prepare(s)) {
		close_file(s);
		return (STORE_DB_BAD);
	}
	if (s->db != NULL && !*made && !read_counters(s, &s->read)) {
		close_file(s);
		return (STORE_DB_BAD);
	}
	return (state);
}

/* Opens it, in place of one that was no good if need be. */
static enum store_db_state
open_or_replace(struct store *s, bool *made, bool *lost)
{
	enum store_db_state	 state;

	state = open_once(s, made);
	*lost = state == STORE_DB_BAD;
	if (!*lost)
		return (state);
	if (!store_db_set_aside(s->file, s->reason)) {
		log_warn("%s: %s, and cannot be set aside", s->file,
		    s->reason);
		snprintf(s->reason, sizeof(s->reason),
		    "a bad file is in its place");
		return (STORE_DB_NONE);
	}
	state = open_once(s, made);
	return (state == STORE_DB_BAD ? STORE_DB_NONE : state);
}

/* The first commit of a file, and its mark: both, so that a loss is seen. */
static void
begin_life(struct store *s, const struct store_counters *c)
{
	bool	 recreated;

	s->epoch_file = (struct epoch_file){ .epoch = c->epoch };
	if (s->writable && store_begin(s, mono_now(), &recreated, NULL)) {
		store_put_counters(s, c);
		(void)store_commit(s, mono_now(), true);
	}
	write_mark(s);
}

static void
first_counters(struct store *s, struct store_counters *c, bool made, bool lost)
{
	if (s->db == NULL || made) {
		new_counters(s, c, lost);
		begin_life(s, c);
		return;
	}
	*c = s->read;
	if (!s->epoch_file.unsaved && s->epoch_file.epoch <= c->epoch) {
		/* One that was lost is made anew before it is needed. */
		s->mark_waits = s->epoch_file.epoch != c->epoch;
		s->epoch_file.epoch = c->epoch;
		return;
	}
	/* What went out without being written is not known any more. */
	log_warnx("%s: notifications were sent that it does not know: a new "
	    "epoch", s->file);
	c->epoch = (s->epoch_file.epoch > c->epoch ? s->epoch_file.epoch : c->epoch) + 1;
	begin_life(s, c);
}

static void
chown_to_root(const char *file)
{
	struct stat	 st;

	if (lstat(file, &st) != 0 || st.st_uid == 0 ||
	    (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
		return;
	if (lchown(file, 0, 0) == 0)
		log_warnx("%s: was owned by uid %u; it is ours again", file,
		    (unsigned)st.st_uid);
}

void
store_adopt(const char *directory)
{
	static const char *const	 names[] = {
		"", "/hbwatchd.db", "/hbwatchd.db-wal", "/epoch",
	};
	struct stat	 st;
	char		*file;
	size_t		 i;

	if (geteuid() != 0)
		return;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		/* A directory without our file may be anybody's. */
		if (asprintf(&file, "%s%s", directory,
		    i == 0 ? names[1] : names[i]) < 0)
			return;
		if (i > 0)
			chown_to_root(file);
		else if (lstat(file, &st) == 0)
			chown_to_root(directory);
		free(file);
	}
}

static void
make_directory(const char *directory)
{
	struct stat	 st;

	if (mkdir(directory, 0700) != 0 && errno != EEXIST)
		log_warn("%s", directory);
	else if (stat(directory, &st) == 0 && (st.st_mode & 022) != 0)
		log_warnx("%s: others may write to it; expected mode 0700",
		    directory);
}

/*
 * The lock of the file itself comes too late: one that another process is just
 * making passes for one that is cut short.  False when another process has the
 * directory; where it cannot be locked at all there is no more than the file's.
 */
static bool
lock_directory(struct store *s, int tries)
{
	int	 fd;

	if (s->lock != -1)
		return (true);
	fd = open(s->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return (true);
	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK) {
			close(fd);
			return (true);
		}
		if (--tries <= 0) {
			close(fd);
			snprintf(s->reason, sizeof(s->reason),
			    "another hbwatchd uses it");
			return (false);
		}
		(void)poll(NULL, 0, LOCK_MS);
	}
	s->lock = fd;
	return (true);
}

static struct store *
new_store(const char *directory)
{
	struct store	*s;

	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return (NULL);
	s->lock = -1;
	s->directory = strdup(directory);
	if (asprintf(&s->file, "%s/hbwatchd.db", directory) < 0)
		s->file = NULL;
	if (asprintf(&s->epoch_file_name, "%s/epoch", directory) < 0)
		s->epoch_file_name = NULL;
	if (s->directory == NULL || s->file == NULL || s->epoch_file_name == NULL) {
		store_close(s);
		return (NULL);
	}
	return (s);
}

enum store_result
store_open(struct store **store, const char *directory,
    struct store_counters *counters)
{
	struct store		*s;
	enum store_db_state	 state;
	bool			 made = false, lost = false, lost_mark = false;

	s = *store = new_store(directory);
	if (s == NULL)
		return (STORE_NO_MEMORY);
	make_directory(directory);
	state = STORE_DB_TAKEN;
	if (lock_directory(s, LOCK_TRIES)) {
		lost_mark = !epoch_file_read(s->epoch_file_name, &s->epoch_file);
		if (lost_mark)
			log_warnx("%s: damaged", s->epoch_file_name);
		state = open_or_replace(s, &made, &lost);
	}
	if (state == STORE_DB_TAKEN) {
		log_warnx("%s: %s", s->file, s->reason);
		store_close(s);
		*store = NULL;
		return (STORE_TAKEN);
	}
	if (state != STORE_DB_WRITABLE)
		fails(s, s->reason, mono_now());
	s->was_read = s->db != NULL && !made;
	first_counters(s, counters, made, lost || lost_mark);
	return (STORE_FINE);
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	close_file(s);
	if (s->lock != -1)
		close(s->lock);
	configuration_profile_release(s->profile);
	free(s->directory);
	free(s->file);
	free(s->epoch_file_name);
	free(s);
}

/* Is a file that was found later what was read at the start? */
static bool
is_as_read(const struct store *s, const struct store_counters *before)
{
	return (s->was_read && s->read.sequence == before->sequence &&
	    s->read.epoch == before->epoch);
}

static void
use_epoch(struct store *s, uint32_t epoch)
{
	if (s->used < epoch)
		s->used = epoch;
}

/*
 * A file that could not be written is opened anew.  What is in it by then goes
 * on only if it is what was read at the start.
 */
static bool
open_again(struct store *s, struct store_counters *counters)
{
	struct store_counters	 before = s->read;
	enum store_db_state	 state;
	bool			 made, lost;

	close_file(s);
	/* The directory may have come only now. */
	if (!lock_directory(s, 1))
		return (false);
	state = open_or_replace(s, &made, &lost);
	if (lost)
		use_epoch(s, counters->epoch);
	if (state == STORE_DB_WRITABLE && !made && !is_as_read(s, &before)) {
		use_epoch(s, s->read.epoch);
		s->read = before;
		close_file(s);
		if (!store_db_set_aside(s->file,
		    "could not be read at the start"))
			return (false);
		state = open_once(s, &made);
	}
	if (state != STORE_DB_WRITABLE)
		return (false);
	s->recreated = s->recreated || made;
	/* Of this one or of another: what is told now is told of neither. */
	if (counters->epoch > s->used)
		return (true);
	counters->epoch = s->used + 1;
	/* It may be told before the file has it. */
	s->epoch_file = (struct epoch_file){ .epoch = counters->epoch, .unsaved = true };
	write_mark(s);
	return (true);
}

/* ---- reading */

static bool
text_of(struct store *s, sqlite3_stmt *q, int column, const char **text,
    int most)
{
	int	 length;

	*text = (const char *)sqlite3_column_text(q, column);
	length = sqlite3_column_bytes(q, column);
	if (*text == NULL || length > most || (int)strlen(*text) != length ||
	    !utf8_valid(*text))
		s->damaged = true;
	return (!s->damaged);
}

static bool
number_of(struct store *s, sqlite3_stmt *q, int column, int64_t least,
    int64_t most, int64_t *value)
{
	*value = sqlite3_column_int64(q, column);
	if (*value < least || *value > most)
		s->damaged = true;
	return (!s->damaged);
}

static bool
read_alarm(struct store *s, sqlite3_stmt *q, struct alarm *a)
{
	int64_t	 v[11];
	int	 i;

	for (i = 0; i < 4; i++)
		v[i] = sqlite3_column_int64(q, 17 + i);
	for (; i < 7; i++)
		if (!number_of(s, q, 17 + i, 0, COUNT_MOST, &v[i]))
			return (false);
	if (!number_of(s, q, 24, ALARM_CLEARED, ALARM_RAISED, &v[7]) ||
	    !number_of(s, q, 25, 1, ALARM_CAUSE_LOCAL_FAULT, &v[8]) ||
	    !number_of(s, q, 26, 0, ALARM_END_REKEYED, &v[9]) ||
	    !number_of(s, q, 27, 0, ALARM_FLAGS, &v[10]))
		return (false);
	*a = (struct alarm){
		.raised = { v[0] }, .cleared = { v[1] },
		.last_heartbeat = { v[2] }, .span_ns = v[3],
		.serial = (uint32_t)v[4], .count = (uint32_t)v[5],
		.transitions = (uint32_t)v[6], .state = (uint8_t)v[7],
		.cause = (uint8_t)v[8], .end = (uint8_t)v[9],
		.flags = (uint8_t)v[10],
	};
	return (true);
}

static bool
same_profile(const struct configuration_profile *a,
    const struct configuration_profile *b)
{
	return (strcmp(a->interface, b->interface) == 0 &&
	    strcmp(a->heartbeat, b->heartbeat) == 0 &&
	    strcmp(a->source, b->source) == 0 &&
	    strcmp(a->service, b->service) == 0 &&
	    strcmp(a->role, b->role) == 0 && strcmp(a->host, b->host) == 0 &&
	    a->alarm->id == b->alarm->id &&
	    a->alarm->severity == b->alarm->severity &&
	    strcmp(a->alarm->name, b->alarm->name) == 0 &&
	    strcmp(a->alarm->type, b->alarm->type) == 0 &&
	    strcmp(a->alarm->service_type, b->alarm->service_type) == 0);
}

/* Neighbours mostly have it in common. */
static struct configuration_profile *
share_profile(struct store *s, struct configuration_profile *like)
{
	struct configuration_alarm	*alarm;

	if (s->profile != NULL && same_profile(s->profile, like))
		return (s->profile);
	configuration_profile_release(s->profile);
	s->profile = NULL;
	alarm = configuration_alarm_new(like->alarm);
	if (alarm == NULL)
		return (NULL);
	like->alarm = alarm;
	s->profile = configuration_profile_new(like);
	configuration_alarm_release(alarm);
	return (s->profile);
}

static struct configuration_watch *
read_watch(struct store *s, sqlite3_stmt *q)
{
	struct configuration_alarm	 alarm = { 0 };
	struct configuration_profile	 like = { .alarm = &alarm }, *profile;
	struct addr			 peer = { 0 };
	const char			*name, *address;
	int64_t				 id, severity;

	if (!text_of(s, q, 4, &name, 255) || !text_of(s, q, 5, &address, 64) ||
	    !text_of(s, q, 6, &like.interface, IF_NAMESIZE - 1) ||
	    !text_of(s, q, 7, &like.heartbeat, ROW_TEXT_MOST) ||
	    !number_of(s, q, 8, 1, INT32_MAX, &id) ||
	    !text_of(s, q, 9, &alarm.name, ROW_TEXT_MOST) ||
	    !number_of(s, q, 10, SEVERITY_CRITICAL, SEVERITY_WARNING,
	    &severity) ||
	    !text_of(s, q, 11, &alarm.type, ROW_TEXT_MOST) ||
	    !text_of(s, q, 12, &alarm.service_type, ROW_TEXT_MOST) ||
	    !text_of(s, q, 13, &like.source, ROW_TEXT_MOST) ||
	    !text_of(s, q, 14, &like.service, ROW_TEXT_MOST) ||
	    !text_of(s, q, 15, &like.role, ROW_TEXT_MOST) ||
	    !text_of(s, q, 16, &like.host, ROW_TEXT_MOST))
		return (NULL);
	if (*address != '\0' && !addr_parse(address, &peer)) {
		s->damaged = true;
		return (NULL);
	}
	alarm.id = (uint32_t)id;
	alarm.severity = (enum severity)severity;
	profile = share_profile(s, &like);
	return (profile == NULL ? NULL :
	    configuration_watch_new(profile, name, &peer));
}

static struct notification_capture *
read_capture(struct store *s, sqlite3_stmt *q)
{
	struct notification_capture	*c;
	const char		*interface, *error;
	int64_t			 index, state;

	if (!text_of(s, q, 6, &interface, IF_NAMESIZE - 1) ||
	    !number_of(s, q, 28, 0, UINT32_MAX, &index) ||
	    !number_of(s, q, 29, SHARED_CAPTURE_RUNNING, SHARED_CAPTURE_FAILED,
	    &state) ||
	    !text_of(s, q, 30, &error, SHARED_ERROR_SIZE - 1))
		return (NULL);
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return (NULL);
	c->index = (uint32_t)index;
	c->state = (uint32_t)state;
	snprintf(c->interface, sizeof(c->interface), "%s", interface);
	snprintf(c->error, sizeof(c->error), "%s", error);
	return (c);
}

/* From four columns of a row. */
static bool
storm_of(struct store *s, sqlite3_stmt *q, struct notification_storm *storm)
{
	int64_t	 v[3];
	int	 i;

	for (i = 0; i < 3; i++)
		if (!number_of(s, q, i, 0, COUNT_MOST, &v[i]))
			return (false);
	*storm = (struct notification_storm){
		.raised = (uint32_t)v[0], .cleared = (uint32_t)v[1],
		.first = (uint32_t)v[2],
		.since = { sqlite3_column_int64(q, 3) },
	};
	return (true);
}

static bool
read_storm(struct store *s, uint32_t sequence, struct notification_storm *storm)
{
	sqlite3_stmt	*q = s->statements[GET_STORM];

	sqlite3_bind_int64(q, 1, sequence);
	if (sqlite3_step(q) != SQLITE_ROW || !storm_of(s, q, storm))
		s->damaged = true;
	sqlite3_reset(q);
	return (!s->damaged);
}

/* False for a row that is damaged, or when there is no memory. */
static bool
read_notification(struct store *s, sqlite3_stmt *q, struct notification *n)
{
	int64_t	 sequence, index, event;

	memset(n, 0, sizeof(*n));
	if (!number_of(s, q, 0, 0, COUNT_MOST, &sequence) ||
	    !number_of(s, q, 1, 0, COUNT_MOST, &index) ||
	    !number_of(s, q, 2, NOTIFICATION_RAISED, NOTIFICATION_STORM, &event))
		return (false);
	n->sequence = (uint32_t)sequence;
	n->watch_index = (uint32_t)index;
	n->event = (uint8_t)event;
	n->time.ns = sqlite3_column_int64(q, 3);
	if (notification_has_alarm(n)) {
		if (!read_alarm(s, q, &n->alarm))
			return (false);
		n->alarm.sequence = n->sequence;
		n->watch = read_watch(s, q);
		return (n->watch != NULL);
	}
	if (n->event == NOTIFICATION_STORM)
		return (read_storm(s, n->sequence, &n->storm));
	n->capture = read_capture(s, q);
	return (n->capture != NULL);
}

/* To be called for each row until it is false. */
static bool
next_row(struct store *s, sqlite3_stmt *q)
{
	int	 error = sqlite3_step(q);

	if (error != SQLITE_ROW && error != SQLITE_DONE)
		s->damaged = true;
	return (error == SQLITE_ROW);
}

static sqlite3_stmt *
query(struct store *s, const char *text)
{
	sqlite3_stmt	*q = NULL;

	if (s->db != NULL && sqlite3_prepare_v2(s->db, text, -1, &q, NULL) !=
	    SQLITE_OK)
		s->damaged = true;
	return (q);
}

/* With `alarms`, there is nothing else. */
static bool
each_notification(struct store *s, sqlite3_stmt *q, bool alarms,
    store_take_notification *take, void *arg)
{
	struct notification	 n;
	bool		 fine = q != NULL;

	while (fine && next_row(s, q)) {
		fine = read_notification(s, q, &n);
		if (fine && alarms && !notification_has_alarm(&n)) {
			s->damaged = true;
			fine = false;
		}
		if (!fine)
			notification_release(&n);
		else
			fine = take(arg, &n);
	}
	sqlite3_finalize(q);
	return (fine && !s->damaged);
}

bool
store_names(struct store *s, store_take_name *take, void *arg)
{
	sqlite3_stmt	*q;
	const char	*name;
	int64_t		 number;
	bool		 fine;

	q = query(s, "SELECT number, name FROM name ORDER BY number");
	fine = q != NULL;
	while (fine && next_row(s, q))
		fine = number_of(s, q, 0, 1, INT32_MAX, &number) &&
		    text_of(s, q, 1, &name, 255) &&
		    take(arg, (uint32_t)number, name);
	sqlite3_finalize(q);
	return (fine && !s->damaged);
}

bool
store_alarms(struct store *s, store_take_notification *take, void *arg)
{
	return (each_notification(s, query(s, "SELECT " COLUMNS " FROM alarm"
	    " ORDER BY watch_index"), true, take, arg));
}

bool
store_blind(struct store *s, store_take_blind *take, void *arg)
{
	sqlite3_stmt	*q;
	const char	*interface;
	bool		 fine;

	q = query(s, "SELECT interface FROM blind");
	fine = q != NULL;
	while (fine && next_row(s, q))
		fine = text_of(s, q, 0, &interface, IF_NAMESIZE - 1) &&
		    take(arg, interface);
	sqlite3_finalize(q);
	return (fine && !s->damaged);
}

bool
store_notifications(struct store *s, uint32_t after, store_take_notification *take,
    void *arg)
{
	sqlite3_stmt	*q;

	q = query(s, "SELECT " COLUMNS " FROM notice WHERE sequence > ?"
	    " ORDER BY sequence");
	if (q != NULL)
		sqlite3_bind_int64(q, 1, after);
	return (each_notification(s, q, false, take, arg));
}

bool
store_notification(struct store *s, uint32_t sequence, struct notification *n)
{
	sqlite3_stmt	*q = s->statements[GET_NOTIFICATION];
	bool		 fine;

	if (s->db == NULL)
		return (false);
	sqlite3_bind_int64(q, 1, sequence);
	fine = next_row(s, q);
	if (fine && !read_notification(s, q, n)) {
		notification_release(n);
		fine = false;
	}
	sqlite3_reset(q);
	return (fine);
}

bool
store_open_storm(struct store *s, struct notification_storm *storm)
{
	sqlite3_stmt	*q;
	bool		 fine;

	/* The time is the first's; 16 is ALARM_SUMMARISED, 5 NOTIFICATION_STORM. */
	q = query(s, "SELECT count(*) FILTER (WHERE event = 1),"
	    " count(*) FILTER (WHERE event = 2), min(sequence), time"
	    " FROM notice WHERE event IN (1, 2) AND (flags & 16) != 0 AND"
	    " sequence > (SELECT coalesce(max(sequence), 0) FROM notice"
	    " WHERE event = 5)");
	fine = q != NULL && next_row(s, q) && storm_of(s, q, storm);
	sqlite3_finalize(q);
	return (fine && storm->first != 0);
}

bool
store_storms(struct store *s, store_take_storm *take, void *arg)
{
	struct notification_storm	 storm;
	sqlite3_stmt		*q;
	int64_t			 sequence;
	bool			 fine;

	q = query(s, "SELECT raised, cleared, first, since, sequence"
	    " FROM storm ORDER BY sequence");
	fine = q != NULL;
	while (fine && next_row(s, q))
		fine = storm_of(s, q, &storm) &&
		    number_of(s, q, 4, 1, COUNT_MOST, &sequence) &&
		    take(arg, (uint32_t)sequence, &storm);
	sqlite3_finalize(q);
	return (fine && !s->damaged);
}

uint32_t
store_oldest(struct store *s)
{
	sqlite3_stmt	*q = s->statements[GET_OLDEST];
	int64_t		 oldest = 0;

	if (s->db == NULL)
		return (0);
	if (next_row(s, q) && !number_of(s, q, 0, 0, COUNT_MOST, &oldest))
		oldest = 0;
	sqlite3_reset(q);
	return ((uint32_t)oldest);
}

/* ---- writing */

/* Takes a file that turned out to be damaged out of the way. */
static bool
remove_damaged(struct store *s, const struct store_counters *counters)
{
	close_file(s);
	use_epoch(s, counters->epoch);
	if (!store_db_set_aside(s->file, "damaged")) {
		snprintf(s->reason, sizeof(s->reason),
		    "a damaged file is in its place");
		return (false);
	}
	s->damaged = false;
	return (true);
}

/* Sees to it that there is a file to be written to. */
static bool
have_file(struct store *s, struct store_counters *counters)
{
	if (s->damaged && counters != NULL && !remove_damaged(s, counters))
		return (false);
	return (s->writable || open_again(s, counters));
}

bool
store_begin(struct store *s, struct mono_time now, bool *recreated,
    struct store_counters *counters)
{
	*recreated = false;
	if (s->fails && mono_before(now, s->retry))
		return (false);
	s->failed_now = false;
	if (!have_file(s, counters) ||
	    sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) !=
	    SQLITE_OK) {
		mark_unsaved(s, true);
		fails(s, s->writable ? sqlite3_errmsg(s->db) : s->reason, now);
		return (false);
	}
	*recreated = s->recreated;
	return (true);
}

/*
 * The first error of a transaction is what is said of it, and the last of it:
 * SQLite may have ended the transaction by itself, and what came then would be
 * on disk without the rest.
 */
static void
run_statement(struct store *s, sqlite3_stmt *q)
{
	int	 error;

	if (s->failed_now)
		return;
	error = sqlite3_step(q);
	if (error != SQLITE_DONE) {
		s->failed_now = true;
		snprintf(s->reason, sizeof(s->reason), "%s",
		    sqlite3_errmsg(s->db));
		s->damaged = (error & 0xff) == SQLITE_CORRUPT ||
		    (error & 0xff) == SQLITE_NOTADB;
	}
	sqlite3_reset(q);
}

void
store_put_name(struct store *s, uint32_t number, const char *name)
{
	sqlite3_stmt	*q = s->statements[PUT_NAME];

	sqlite3_bind_int64(q, 1, number);
	sqlite3_bind_text(q, 2, name, -1, SQLITE_STATIC);
	run_statement(s, q);
}

static void
bind_text(sqlite3_stmt *q, int column, const char *text)
{
	sqlite3_bind_text(q, column + 1, text, -1, SQLITE_STATIC);
}

static void
bind_watch(sqlite3_stmt *q, const struct configuration_watch *w, char *peer)
{
	const struct configuration_profile	*p = w->profile;

	bind_text(q, 4, w->name);
	bind_text(q, 5, addr_text(&w->peer, peer));
	bind_text(q, 6, p->interface);
	bind_text(q, 7, p->heartbeat);
	sqlite3_bind_int64(q, 9, p->alarm->id);
	bind_text(q, 9, p->alarm->name);
	sqlite3_bind_int64(q, 11, p->alarm->severity);
	bind_text(q, 11, p->alarm->type);
	bind_text(q, 12, p->alarm->service_type);
	bind_text(q, 13, p->source);
	bind_text(q, 14, p->service);
	bind_text(q, 15, p->role);
	bind_text(q, 16, p->host);
}

static void
bind_alarm(sqlite3_stmt *q, const struct alarm *a)
{
	const int64_t	 values[] = {
		a->raised.ns, a->cleared.ns, a->last_heartbeat.ns, a->span_ns,
		a->serial, a->count, a->transitions, a->state, a->cause,
		a->end, a->flags,
	};
	int		 i;

	for (i = 0; i < (int)(sizeof(values) / sizeof(values[0])); i++)
		sqlite3_bind_int64(q, 18 + i, values[i]);
}

static void
bind_capture(sqlite3_stmt *q, const struct notification_capture *c)
{
	bind_text(q, 6, c->interface);
	sqlite3_bind_int64(q, 29, c->index);
	sqlite3_bind_int64(q, 30, c->state);
	bind_text(q, 30, c->error);
}

static void
put(struct store *s, enum statement statement, const struct notification *n)
{
	sqlite3_stmt	*q = s->statements[statement];
	char		 peer[ADDR_TEXT_SIZE];

	sqlite3_clear_bindings(q);
	sqlite3_bind_int64(q, 1, n->sequence);
	sqlite3_bind_int64(q, 2, n->watch_index);
	sqlite3_bind_int64(q, 3, n->event);
	sqlite3_bind_int64(q, 4, n->time.ns);
	if (n->watch != NULL)
		bind_watch(q, n->watch, peer);
	if (notification_has_alarm(n))
		bind_alarm(q, &n->alarm);
	if (n->capture != NULL)
		bind_capture(q, n->capture);
	run_statement(s, q);
}

void
store_put_alarm(struct store *s, const struct notification *n)
{
	put(s, PUT_ALARM, n);
}

void
store_put_blind(struct store *s, const char *interface, bool blind)
{
	sqlite3_stmt	*q = s->statements[blind ? PUT_BLIND : PUT_SIGHT];

	bind_text(q, 0, interface);
	run_statement(s, q);
}

static void
put_storm(struct store *s, const struct notification *n)
{
	sqlite3_stmt	*q = s->statements[PUT_STORM];

	sqlite3_bind_int64(q, 1, n->sequence);
	sqlite3_bind_int64(q, 2, n->storm.raised);
	sqlite3_bind_int64(q, 3, n->storm.cleared);
	sqlite3_bind_int64(q, 4, n->storm.first);
	sqlite3_bind_int64(q, 5, n->storm.since.ns);
	run_statement(s, q);
}

void
store_put_notification(struct store *s, const struct notification *n)
{
	put(s, PUT_NOTIFICATION, n);
	if (n->event == NOTIFICATION_STORM)
		put_storm(s, n);
	if (notification_has_alarm(n))
		put(s, PUT_ALARM, n);
	else if (notification_has_capture(n))
		store_put_blind(s, n->capture->interface,
		    n->event == NOTIFICATION_BLIND);
}

void
store_put_oldest(struct store *s, uint32_t oldest)
{
	sqlite3_bind_int64(s->statements[PUT_OLDEST], 1, oldest);
	run_statement(s, s->statements[PUT_OLDEST]);
	sqlite3_bind_int64(s->statements[PUT_OLDEST_STORM], 1, oldest);
	run_statement(s, s->statements[PUT_OLDEST_STORM]);
}

void
store_put_counters(struct store *s, const struct store_counters *c)
{
	sqlite3_stmt	*q = s->statements[PUT_COUNTERS];

	sqlite3_bind_int64(q, 1, c->epoch);
	sqlite3_bind_int64(q, 2, c->sequence);
	sqlite3_bind_int64(q, 3, c->delivered);
	sqlite3_bind_int64(q, 4, c->serial);
	sqlite3_bind_int64(q, 5, c->last_change.ns);
	run_statement(s, q);
	s->read = *c;
}

bool
store_commit(struct store *s, struct mono_time now, bool even)
{
	if (!s->failed_now && sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) !=
	    SQLITE_OK) {
		s->failed_now = true;
		snprintf(s->reason, sizeof(s->reason), "%s",
		    sqlite3_errmsg(s->db));
	}
	if (s->failed_now) {
		(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
		mark_unsaved(s, true);
		fails(s, s->reason, now);
		return (false);
	}
	if (s->log_pages >= LOG_PAGES_MOST)
		checkpoint_wal(s);
	if (s->fails)
		log_info("%s: written again", s->file);
	s->fails = false;
	s->recreated = false;
	if (s->read.epoch != s->epoch_file.epoch) {
		s->epoch_file.epoch = s->read.epoch;
		s->epoch_file.unsaved = s->epoch_file.unsaved && !even;
		write_mark(s);
	}
	if (even)
		mark_unsaved(s, false);
	if (s->mark_waits)
		write_mark(s);
	return (true);
}
