/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "state/store.h"
#include "state/store_directory.h"
#include "state/store_epoch.h"
#include "state/store_internal.h"
#include "state/store_reserve.h"
#include "state/store_tables.h"

/* The time between two tries to write, and between two log lines about it. */
#define RETRY_NS	(1 * NSEC_PER_SEC)
#define LOG_AGAIN_NS	(3600 * NSEC_PER_SEC)

/*
 * A checkpoint copies the write-ahead log to the database.  It is due when the
 * log has this number of pages (4 KB): while hbwatchd is idle, and in any case.
 * It syncs two files, and a notification may wait for it, so if the log has
 * blocks for more pages, nearly all of them are used before.
 */
#define WAL_PAGES_IDLE	64
#define WAL_PAGES_MAX	300

/* ---- failures */

static void
set_reason(struct store *s, const char *reason)
{
	if (s->reason != reason)
		snprintf(s->reason, sizeof(s->reason), "%s", reason);
}

/*
 * Logs the first failure, and then one line an hour.  From here on,
 * notifications may be sent from memory.
 */
static void
set_failing(struct store *s, const char *reason, struct mono_time now)
{
	set_reason(s, reason);
	store_epoch_mark(s);
	if (!s->failing || !mono_before(now, s->log_again)) {
		log_errx("%s: cannot be written: %s; alarms continue from "
		    "memory, in epoch %u; retrying every 1 to 10 s", s->file,
		    s->reason, s->epoch);
		s->log_again = mono_add(now, LOG_AGAIN_NS);
	}
	s->failing = true;
	s->retry = mono_add(now, RETRY_NS);
}

bool
store_is_failing(const struct store *s)
{
	return (s->failing);
}

struct mono_time
store_next_retry(const struct store *s)
{
	return (s->retry);
}

void
store_retry_now(struct store *s)
{
	s->retry = (struct mono_time){ INT64_MIN };
}

void
store_set_damaged(struct store *s)
{
	s->damaged = true;
}

bool
store_is_readable(const struct store *s)
{
	return (s->db != NULL);
}

bool
store_is_damaged(const struct store *s)
{
	return (s->damaged);
}

const char *
store_file(const struct store *s)
{
	return (s->file);
}

/* ---- the file */

static void
close_file(struct store *s)
{
	size_t	 i;

	for (i = 0; i < STORE_STATEMENTS; i++) {
		sqlite3_finalize(s->statements[i]);
		s->statements[i] = NULL;
	}
	if (s->writable)
		store_db_close(s->file, s->db);
	else
		sqlite3_close(s->db);
	s->db = NULL;
	s->writable = false;
	s->damaged = false;
	store_place_forget_files(&s->place);
}

static int
on_wal_write(void *arg, sqlite3 *db, const char *schema, int pages)
{
	struct store	*s = arg;

	(void)db;
	(void)schema;
	s->wal_pages = pages;
	return (SQLITE_OK);
}

void
store_set_synced(struct store *s, bool synced)
{
	if (!s->writable || s->synced == synced)
		return;
	(void)sqlite3_exec(s->db, synced ? "PRAGMA synchronous = FULL" :
	    "PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
	s->synced = synced;
}

void
store_checkpoint(struct store *s, bool idle)
{
	if (!s->writable ||
	    s->wal_pages < (idle ? WAL_PAGES_IDLE : s->wal_pages_max))
		return;
	(void)sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE,
	    NULL, NULL);
	s->wal_pages = 0;
}

/*
 * Prepares the statements, and reads the counters if the file has them.
 * Returns WRITABLE, INVALID, or UNAVAILABLE when memory is exhausted.
 */
static enum store_db_state
prepare(struct store *s, bool created)
{
	enum store_statement	 i;
	int			 error = SQLITE_OK;

	for (i = 0; i < STORE_STATEMENTS && error == SQLITE_OK; i++)
		error = store_rows_prepare(s->db, i, &s->statements[i]);
	if (error != SQLITE_OK) {
		snprintf(s->reason, sizeof(s->reason), "damaged: %s",
		    sqlite3_errmsg(s->db));
	} else {
		(void)sqlite3_wal_hook(s->db, on_wal_write, s);
		if (created || store_get_counters(s, &s->counters))
			return (STORE_DB_WRITABLE);
		error = sqlite3_errcode(s->db);
		set_reason(s, "damaged: invalid counters");
	}
	if (!store_db_no_memory(error))
		return (STORE_DB_INVALID);
	set_reason(s, sqlite3_errstr(error));
	return (STORE_DB_UNAVAILABLE);
}

static enum store_db_state
open_file(struct store *s, bool *created)
{
	enum store_db_state	 state, prepared;

	state = store_db_open(s->file, &s->db, created, s->reason);
	s->writable = s->synced = state == STORE_DB_WRITABLE;
	s->opened += s->writable;
	if (s->writable) {
		store_place_set_files(&s->place, s->file);
		s->wal_pages_max = store_reserve_wal_pages(s->file) / 10 * 9;
		if (s->wal_pages_max < WAL_PAGES_MAX)
			s->wal_pages_max = WAL_PAGES_MAX;
	}
	if (s->db == NULL)
		return (state);
	prepared = prepare(s, *created);
	if (prepared == STORE_DB_WRITABLE)
		return (state);
	close_file(s);
	return (prepared);
}

/* Opens the file; an invalid one is set aside, and a new one is created. */
static enum store_db_state
open_or_replace(struct store *s, bool *created, bool *lost)
{
	enum store_db_state	 state;

	state = open_file(s, created);
	*lost = state == STORE_DB_INVALID;
	if (!*lost)
		return (state);
	if (!store_db_set_aside(s->file, s->reason))
		return (STORE_DB_UNAVAILABLE);
	state = open_file(s, created);
	return (state == STORE_DB_INVALID ? STORE_DB_UNAVAILABLE : state);
}

/* ---- opening */

/*
 * Writes a new epoch to the epoch file and the database.  If one of them is
 * lost later, the other one shows that there was a state.
 */
static void
start_epoch(struct store *s, struct store_counters *c)
{
	struct store_mark	 mark = { STORE_MARK_OPEN };
	bool			 recreated;

	c->epoch = s->epoch;
	store_epoch_begin(s);
	if (!s->writable || !store_begin(s, mono_now(), &recreated, c))
		return;
	store_put_counters(s, c);
	(void)store_commit(s, mono_now(), &mark);
	/* A new file's reserved blocks are in the log. */
	store_checkpoint(s, true);
}

/* Returns the counters to continue with. */
static struct store_counters
first_counters(struct store *s, bool created, const char *restored,
    uint32_t noted)
{
	bool			 has_counters = s->db != NULL && !created;
	struct store_counters	 c = { .epoch = 0 };

	if (has_counters)
		c = s->counters;
	if (store_epoch_choose(s, has_counters, restored, noted))
		start_epoch(s, &c);
	else if (s->writable)
		(void)store_epoch_write(s, false);
	return (c);
}

/*
 * The first start writes the epoch before the database, so that a database
 * without an epoch file is always one whose file was lost.
 */
static const char *
read_epoch(struct store *s)
{
	const char	*restored = store_epoch_read(s);

	if (restored != NULL)
		return (restored);
	s->epoch = s->epoch_file.epoch;
	if (s->epoch == 0) {
		s->epoch = 1;
		store_epoch_begin(s);
	} else if (s->epoch_file.database_changed != 0) {
		/* From now on, the time of the database changes. */
		(void)store_epoch_write(s, s->epoch_file.unsaved);
	}
	return (NULL);
}

static struct store *
new_store(const char *directory, int lock)
{
	struct store	*s;

	s = calloc(1, sizeof(*s));
	if (s == NULL) {
		if (lock != -1)
			close(lock);
		return (NULL);
	}
	s->lock = lock;
	s->watch = store_watch_new();
	s->directory = strdup(directory);
	if (asprintf(&s->file, "%s/hbwatchd.db", directory) < 0)
		s->file = NULL;
	if (asprintf(&s->epoch_path, "%s/epoch", directory) < 0)
		s->epoch_path = NULL;
	if (s->directory == NULL || s->file == NULL || s->epoch_path == NULL) {
		store_close(s);
		return (NULL);
	}
	return (s);
}

static bool
lock_directory(struct store *s, int tries)
{
	if (s->lock == -1 &&
	    !store_directory_lock(s->directory, tries, &s->lock)) {
		set_reason(s, STORE_DB_REASON_IN_USE);
		return (false);
	}
	if (s->place.directory.inode == 0) {
		store_place_set_directory(&s->place, s->directory, s->lock);
		store_watch_directory(s->watch, s->directory);
	}
	return (true);
}

static bool
can_read(const struct store *s)
{
	struct store	*reader = store_open_reader(s);

	store_close(reader);
	return (reader != NULL);
}

/*
 * The disk may have failed since the file was opened.  Then it is opened again,
 * perhaps read-only.  A file that cannot be read is not continued later.
 */
static enum store_db_state
open_readable(struct store *s)
{
	enum store_db_state	 state;
	bool			 created;

	close_file(s);
	state = open_file(s, &created);
	s->was_read = !created && can_read(s);
	if (s->was_read)
		return (state);
	close_file(s);
	set_reason(s, "cannot be read any more");
	return (STORE_DB_UNAVAILABLE);
}

enum store_result
store_open(struct store **store, const char *directory, int lock,
    uint32_t noted, struct store_counters *counters)
{
	struct store		*s;
	enum store_db_state	 state = STORE_DB_IN_USE;
	const char		*restored = NULL;
	bool			 created = false, lost;

	s = *store = new_store(directory, lock);
	if (s == NULL)
		return (STORE_NO_MEMORY);
	store_directory_make(directory);
	if (lock_directory(s, STORE_DIRECTORY_TRIES)) {
		restored = read_epoch(s);
		state = open_or_replace(s, &created, &lost);
	}
	if (state == STORE_DB_IN_USE) {
		log_errx("%s: %s", s->file, s->reason);
		store_close(s);
		*store = NULL;
		return (STORE_IN_USE);
	}
	s->was_read = s->db != NULL && !created;
	*counters = first_counters(s, created, restored, noted);
	if (s->was_read && !can_read(s))
		state = open_readable(s);
	if (state != STORE_DB_WRITABLE) {
		if (!store_epoch_write(s, true))
			store_epoch_wait();
		set_failing(s, s->reason, mono_now());
	}
	counters->epoch = s->epoch;
	return (STORE_OK);
}

void
store_close(struct store *s)
{
	bool	 has_everything;

	if (s == NULL)
		return;
	has_everything = s->writable && !s->failing;
	close_file(s);
	if (has_everything)
		store_epoch_end(s);
	store_watch_free(s->watch);
	if (s->lock != -1)
		close(s->lock);
	store_end_reading(s);
	free(s->directory);
	free(s->file);
	free(s->epoch_path);
	free(s);
}

/* ---- a second connection */

struct store *
store_open_reader(const struct store *s)
{
	struct store	*reader;

	if (s->db == NULL || s->damaged)
		return (NULL);
	reader = calloc(1, sizeof(*reader));
	if (reader == NULL)
		return (NULL);
	reader->lock = -1;
	reader->db = store_db_open_reader(s->file, s->writable);
	if (reader->db != NULL && prepare(reader, false) == STORE_DB_WRITABLE)
		return (reader);
	store_close(reader);
	return (NULL);
}

unsigned
store_opened(const struct store *s)
{
	return (s->opened);
}

/* ---- opening again, for a transaction */

static void
set_used_epoch(struct store *s, uint32_t epoch)
{
	if (s->used_epoch < epoch)
		s->used_epoch = epoch;
}

/* Does the file still have the content that was read at the start? */
static bool
is_as_read(const struct store *s, const struct store_counters *before)
{
	return (s->was_read && s->change[0] == '\0' &&
	    s->counters.sequence == before->sequence &&
	    s->counters.epoch == before->epoch);
}

/*
 * Opens a file that could not be written before.  A file with content is used
 * only if its content was read at the start; any other one is set aside.
 */
static bool
open_again(struct store *s)
{
	struct store_counters	 before = s->counters;
	enum store_db_state	 state;
	bool			 created, lost;

	close_file(s);
	/* The directory, or its parent, may have been created only now. */
	if (s->lock == -1)
		(void)store_directory_make_again(s->directory);
	if (!lock_directory(s, 1))
		return (false);
	state = open_or_replace(s, &created, &lost);
	if (lost)
		set_used_epoch(s, s->epoch);
	if (state == STORE_DB_WRITABLE && !created &&
	    !is_as_read(s, &before)) {
		set_used_epoch(s, s->counters.epoch);
		s->counters = before;
		close_file(s);
		set_reason(s, s->change[0] != '\0' ? s->change :
		    "could not be read at the start");
		if (!store_db_set_aside(s->file, s->reason))
			return (false);
		state = open_file(s, &created);
	}
	if (state != STORE_DB_WRITABLE)
		return (false);
	s->change[0] = '\0';
	s->recreated = s->recreated || created;
	/* The sequences of the old file must not appear again in its epoch. */
	if (s->epoch <= s->used_epoch)
		s->epoch = store_epoch_next(s->used_epoch);
	return (true);
}

static bool
replace_damaged(struct store *s)
{
	close_file(s);
	set_used_epoch(s, s->epoch);
	set_reason(s, "damaged");
	s->damaged = !store_db_set_aside(s->file, s->reason);
	return (!s->damaged);
}

/* ---- files that were removed or replaced */

int
store_event(const struct store *s)
{
	return (store_watch_event(s->watch));
}

void
store_clear_event(struct store *s)
{
	store_watch_clear(s->watch);
}

/* False when the files are others; then s->change says what happened. */
static bool
check_files(struct store *s)
{
	if (!store_place_check(&s->place, s->directory, s->file, s->change,
	    sizeof(s->change)))
		return (false);
	if (store_epoch_check(s))
		return (true);
	snprintf(s->change, sizeof(s->change),
	    "epoch was overwritten with an older copy");
	return (false);
}

bool
store_is_in_place(struct store *s)
{
	if (!s->displaced && !check_files(s)) {
		s->displaced = true;
		log_errx("%s: %s while hbwatchd was running; writing the "
		    "state again, in a new epoch", s->directory, s->change);
	}
	return (!s->displaced);
}

/*
 * Removes the epoch file of a directory that is not at its path any more: if it
 * comes back, the next start takes its epoch from the clock, because the one
 * after the epoch of the file is used elsewhere.  False when the file stays.
 */
static bool
end_moved_epoch(const struct store *s)
{
	const struct store_place_file	*old = &s->place.directory;
	struct store_place		 now = { .directory = { 0 } };

	store_place_set_directory(&now, s->directory, -1);
	return (s->lock == -1 || (now.directory.inode == old->inode &&
	    now.directory.device == old->device) ||
	    unlinkat(s->lock, "epoch", 0) == 0 || errno == ENOENT);
}

/* Leaves the files that were removed or replaced. */
static void
leave_place(struct store *s)
{
	s->writable = false;
	close_file(s);
	if (!end_moved_epoch(s))
		store_epoch_begin_unmarked(s);
	if (s->lock != -1)
		close(s->lock);
	s->lock = -1;
	memset(&s->place, 0, sizeof(s->place));
	/* An epoch that is in no file may continue. */
	if (!s->unmarked)
		set_used_epoch(s, s->epoch);
}

/* Returns true with the directory that is at the path now, locked. */
static bool
take_place(struct store *s)
{
	struct epoch_file	 found;

	leave_place(s);
	if (!store_directory_make_again(s->directory)) {
		set_reason(s, strerror(errno));
		return (false);
	}
	if (!lock_directory(s, 1))
		return (false);
	(void)epoch_file_read(s->epoch_path, &found);
	set_used_epoch(s, found.epoch);
	s->epoch_file_pending = true;
	s->displaced = false;
	return (true);
}

static bool
have_writable_file(struct store *s)
{
	if (!store_is_in_place(s) && !take_place(s))
		return (false);
	if (s->damaged && !replace_damaged(s))
		return (false);
	return (s->writable || open_again(s));
}

/* ---- transactions */

static bool
try_to_begin(struct store *s, struct mono_time now)
{
	if (s->failing && mono_before(now, s->retry))
		return (false);
	s->failed_now = false;
	if (have_writable_file(s) && sqlite3_exec(s->db, "BEGIN IMMEDIATE",
	    NULL, NULL, NULL) == SQLITE_OK)
		return (true);
	set_failing(s, s->writable ? sqlite3_errmsg(s->db) : s->reason, now);
	return (false);
}

bool
store_begin(struct store *s, struct mono_time now, bool *recreated,
    struct store_counters *counters)
{
	bool	 ok;

	if (counters->epoch > s->epoch) {
		s->epoch = counters->epoch;
		s->unmarked = true;
	}
	ok = try_to_begin(s, now);
	/* The database may get a new epoch before it has everything. */
	if (ok && !store_epoch_is_written(s))
		(void)store_epoch_write(s, true);
	counters->epoch = s->epoch;
	*recreated = ok && s->recreated;
	return (ok);
}

/* Returns NULL or the reason why nothing was written. */
static const char *
try_to_commit(struct store *s, struct store_mark *mark)
{
	if (s->failed_now)
		return (s->reason);
	if (!store_epoch_is_written(s) &&
	    !store_mark_decide(mark, STORE_MARK_REMOVED))
		return ("the file epoch cannot be written");
	return (sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK ?
	    NULL : sqlite3_errmsg(s->db));
}

void
store_cancel(struct store *s)
{
	(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

bool
store_commit(struct store *s, struct mono_time now, struct store_mark *mark)
{
	const char	*error = try_to_commit(s, mark);
	bool		 complete;

	if (error != NULL) {
		/* Before ROLLBACK replaces SQLite's message. */
		set_failing(s, error, now);
		(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
		return (false);
	}
	if (s->failing)
		log_notice("%s: can be written again", s->file);
	s->failing = false;
	s->recreated = false;
	s->unmarked = false;
	complete = store_mark_decide(mark, STORE_MARK_REMOVED);
	(void)store_epoch_write(s, s->epoch_file.unsaved && !complete);
	return (true);
}
