/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mono.h"
#include "base/wall.h"
#include "state/store_db.h"

/* "hbw1": what `file` and others know our files by. */
#define APPLICATION_ID	0x68627731

/* No file of SQLite's is smaller. */
#define SIZE_LEAST	512

/* Another process that just ends gets so long. */
#define BUSY_MS		3000

/* No row of ours comes near; what a damaged file says may. */
#define ROW_BYTES_MOST	65536

/*
 * So much is taken when the disk has room: the file keeps it as free pages,
 * and the write-ahead log as its length.  A disk that is filled up by others
 * later then changes nothing for a long while.
 */
#define RESERVE_FILE	(4 * 1024 * 1024)
#define RESERVE_LOG	(1536 * 1024)
/* It is at most one part in so many of what is free. */
#define RESERVE_SHARE	2U


#define SAID \
	"watch_index INTEGER NOT NULL, event INTEGER NOT NULL," \
	"time INTEGER NOT NULL, watch TEXT, peer TEXT, interface TEXT," \
	"heartbeat TEXT, alarm_id INTEGER, alarm_name TEXT," \
	"severity INTEGER, type TEXT, service_type TEXT, source TEXT," \
	"service TEXT, role TEXT, host TEXT, raised INTEGER," \
	"cleared INTEGER, last_heartbeat INTEGER, span INTEGER," \
	"serial INTEGER, count INTEGER, transitions INTEGER," \
	"state INTEGER, cause INTEGER, end INTEGER, flags INTEGER," \
	"capture_index INTEGER, capture_state INTEGER, error TEXT"

/* migrations[n] brings version n to n + 1. */
static const char *const migrations[] = {
	/* 0: an empty file */
	"CREATE TABLE counters (id INTEGER PRIMARY KEY CHECK (id = 1),"
	" epoch INTEGER NOT NULL, sequence INTEGER NOT NULL,"
	" delivered INTEGER NOT NULL, serial INTEGER NOT NULL,"
	" last_change INTEGER NOT NULL) STRICT;"
	"CREATE TABLE name (number INTEGER PRIMARY KEY,"
	" name TEXT NOT NULL UNIQUE) STRICT;"
	"CREATE TABLE notice (sequence INTEGER PRIMARY KEY, " SAID ") STRICT;"
	"CREATE TABLE alarm (sequence INTEGER NOT NULL, " SAID ","
	" PRIMARY KEY (watch_index)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE blind (interface TEXT PRIMARY KEY) STRICT;",
	/* 1: what a storm's notice says */
	"CREATE TABLE storm (sequence INTEGER PRIMARY KEY,"
	" raised INTEGER NOT NULL, cleared INTEGER NOT NULL,"
	" first INTEGER NOT NULL, since INTEGER NOT NULL) STRICT;",
};

#define VERSION	((int)(sizeof(migrations) / sizeof(migrations[0])))

static enum store_db_state
state_of_error(sqlite3 *db, int error, char *reason)
{
	snprintf(reason, STORE_DB_REASON_SIZE, "%s",
	    db != NULL ? sqlite3_errmsg(db) : sqlite3_errstr(error));
	switch (error & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_ERROR:	/* our statements have none */
	case SQLITE_NOTADB:
		return (STORE_DB_BAD);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		snprintf(reason, STORE_DB_REASON_SIZE,
		    "another hbwatchd uses it");
		return (STORE_DB_TAKEN);
	default:
		return (STORE_DB_NONE);
	}
}

/* The one number that a statement gives. */
static int
number(sqlite3 *db, const char *sql, sqlite3_int64 *value)
{
	sqlite3_stmt	*statement;
	int		 error;

	error = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
	if (error != SQLITE_OK)
		return (error);
	error = sqlite3_step(statement);
	if (error == SQLITE_ROW)
		*value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return (error == SQLITE_ROW ? SQLITE_OK : error);
}

static int
run(sqlite3 *db, const char *sql)
{
	return (sqlite3_exec(db, sql, NULL, NULL, NULL));
}

static int
check_whole(sqlite3 *db, char *reason)
{
	sqlite3_stmt	*statement;
	const char	*text;
	int		 error;

	error = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1,
	    &statement, NULL);
	if (error != SQLITE_OK)
		return (error);
	error = sqlite3_step(statement);
	text = error == SQLITE_ROW ?
	    (const char *)sqlite3_column_text(statement, 0) : NULL;
	if (text != NULL && strcmp(text, "ok") == 0) {
		error = SQLITE_OK;
	} else if (text != NULL) {
		snprintf(reason, STORE_DB_REASON_SIZE, "damaged: %s", text);
		reason[strcspn(reason, "\n")] = '\0';
		error = SQLITE_CORRUPT;
	}
	sqlite3_finalize(statement);
	return (error);
}

/* One migration is there as a whole or not at all. */
static int
migrate(sqlite3 *db, int version)
{
	char	 pragma[64];
	int	 error;

	snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %d",
	    version + 1);
	error = run(db, "BEGIN IMMEDIATE");
	if (error == SQLITE_OK)
		error = run(db, migrations[version]);
	if (error == SQLITE_OK)
		error = run(db, pragma);
	if (error == SQLITE_OK)
		error = run(db, "COMMIT");
	if (error != SQLITE_OK)
		(void)run(db, "ROLLBACK");
	return (error);
}

/* Where room is scarce there is no reserve. */
static bool
has_room(const char *file)
{
	struct statvfs	 fs;

	return (statvfs(file, &fs) == 0 && (uint64_t)fs.f_bavail *
	    fs.f_frsize >= RESERVE_SHARE * (RESERVE_FILE + RESERVE_LOG));
}

static void
reserve_file(sqlite3 *db)
{
	char	 fill[64];

	snprintf(fill, sizeof(fill),
	    "INSERT INTO reserve VALUES (zeroblob(%u))", RESERVE_FILE);
	if (run(db, "BEGIN; CREATE TABLE reserve (b)") != SQLITE_OK ||
	    run(db, fill) != SQLITE_OK ||
	    run(db, "DROP TABLE reserve; COMMIT") != SQLITE_OK)
		(void)run(db, "ROLLBACK");
}

/* The log of a file, -1 when there is none. */
static int
open_log(const char *file, int flags)
{
	char	*name;
	int	 fd;

	if (asprintf(&name, "%s-wal", file) < 0)
		return (-1);
	fd = open(name, flags | O_CLOEXEC | O_NOFOLLOW);
	free(name);
	return (fd);
}

/*
 * A log whose blocks are there is written in place: a commit then changes
 * nothing of the file system's own, which would have to be on disk as well, and
 * a full disk does not matter.  What is in it stays.
 */
static void
reserve_log(const char *file)
{
	static const char	 zeros[65536];
	off_t			 end;
	int			 fd;

	fd = open_log(file, O_WRONLY);
	if (fd == -1)
		return;
	while ((end = lseek(fd, 0, SEEK_END)) >= 0 && end < RESERVE_LOG)
		if (write(fd, zeros, sizeof(zeros)) != (ssize_t)sizeof(zeros))
			break;
	(void)fsync(fd);
	close(fd);
}

/* Is there a log with something in it (SQLite file format, section 4.1)? */
static bool
has_log(const char *file)
{
	uint8_t	 magic[4] = { 0 };
	ssize_t	 n;
	int	 fd;

	fd = open_log(file, O_RDONLY);
	if (fd == -1)
		return (false);
	n = read(fd, magic, sizeof(magic));
	close(fd);
	return (n == sizeof(magic) && magic[0] == 0x37 && magic[1] == 0x7f &&
	    magic[2] == 0x06 && (magic[3] & 0xfe) == 0x82);
}

/* Its file has all of it: so the log begins anew, and keeps its blocks. */
static void
empty_log(const char *file)
{
	static const char	 zeros[32];
	int			 fd;

	fd = open_log(file, O_WRONLY);
	if (fd == -1)
		return;
	(void)(pwrite(fd, zeros, sizeof(zeros), 0) > 0 && fsync(fd) == 0);
	close(fd);
}

void
store_db_close(const char *file, sqlite3 *db)
{
	int	 logged = 0, carried = -1;
	bool	 whole;

	if (db == NULL)
		return;
	whole = sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_FULL,
	    &logged, &carried) == SQLITE_OK && logged == carried;
	/* While it is ours: another process may wait for it to write there. */
	if (whole)
		empty_log(file);
	sqlite3_close(db);
}

static void
set_up(sqlite3 *db)
{
	sqlite3_extended_result_codes(db, 1);
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 16 * 1024 * 1024);
	sqlite3_busy_timeout(db, BUSY_MS);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)run(db, "PRAGMA trusted_schema = OFF;"
	    "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;"
	    "PRAGMA locking_mode = EXCLUSIVE;");
}

static sqlite3_stmt *
schema_of(sqlite3 *db)
{
	sqlite3_stmt	*statement = NULL;

	if (sqlite3_prepare_v2(db, "SELECT group_concat(sql, ';') FROM"
	    " (SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND"
	    " name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name)", -1,
	    &statement, NULL) == SQLITE_OK)
		(void)sqlite3_step(statement);
	return (statement);
}

/*
 * Are the tables those that we made, and is there nothing else?  What others
 * put into a schema may run for ever.
 */
static bool
is_our_schema(sqlite3 *db, sqlite3_int64 version)
{
	sqlite3		*model;
	sqlite3_stmt	*ours = NULL, *found = NULL;
	const char	*a, *b;
	bool		 same = false;
	int		 error, i;

	error = sqlite3_open(":memory:", &model);
	for (i = 0; i < version && error == SQLITE_OK; i++)
		error = run(model, migrations[i]);
	if (error == SQLITE_OK) {
		ours = schema_of(model);
		found = schema_of(db);
		a = (const char *)sqlite3_column_text(ours, 0);
		b = (const char *)sqlite3_column_text(found, 0);
		same = a != NULL && b != NULL && strcmp(a, b) == 0;
	}
	sqlite3_finalize(ours);
	sqlite3_finalize(found);
	sqlite3_close(model);
	return (same);
}

/* What is in a file that can be read, and is it for us? */
static enum store_db_state
judge(sqlite3 *db, sqlite3_int64 *version, char *reason)
{
	sqlite3_int64	 application = 0, tables = 0;
	int		 error;

	error = number(db, "PRAGMA application_id", &application);
	if (error == SQLITE_OK)
		error = number(db, "PRAGMA user_version", version);
	if (error == SQLITE_OK)
		error = number(db, "SELECT count(*) FROM sqlite_schema",
		    &tables);
	if (error != SQLITE_OK)
		return (state_of_error(db, error, reason));
	if (tables == 0 && *version == 0)
		return (STORE_DB_WRITABLE);
	if (application != APPLICATION_ID || *version < 1) {
		snprintf(reason, STORE_DB_REASON_SIZE, "not of hbwatchd");
		return (STORE_DB_BAD);
	}
	if (*version > VERSION) {
		snprintf(reason, STORE_DB_REASON_SIZE, "of a later version "
		    "of hbwatchd (schema %lld; this one knows up to %d)",
		    (long long)*version, VERSION);
		return (STORE_DB_BAD);
	}
	if (!is_our_schema(db, *version)) {
		snprintf(reason, STORE_DB_REASON_SIZE,
		    "damaged: its tables are not ours");
		return (STORE_DB_BAD);
	}
	reason[0] = '\0';
	error = check_whole(db, reason);
	if (error == SQLITE_OK)
		return (STORE_DB_WRITABLE);
	if (reason[0] != '\0')
		return (STORE_DB_BAD);
	return (state_of_error(db, error, reason));
}

static enum store_db_state
begin_to_write(sqlite3 *db, const char *file, bool *made, char *reason)
{
	sqlite3_int64		 version = 0;
	enum store_db_state	 state;
	int			 error;

	state = judge(db, &version, reason);
	if (state != STORE_DB_WRITABLE)
		return (state);
	/* The lock is taken here at the latest, and kept until the end. */
	error = run(db, "PRAGMA journal_mode = WAL");
	if (error == SQLITE_OK)
		error = run(db, "PRAGMA synchronous = FULL;"
		    "PRAGMA wal_autocheckpoint = 0;"
		    "BEGIN EXCLUSIVE; COMMIT;");
	if (error != SQLITE_OK)
		return (state_of_error(db, error, reason));
	*made = version == 0;
	if (*made)
		error = run(db, "PRAGMA application_id = 1751283505");
	while (error == SQLITE_OK && version < VERSION)
		error = migrate(db, (int)version++);
	if (error != SQLITE_OK)
		return (state_of_error(db, error, reason));
	(void)sqlite3_file_control(db, NULL, SQLITE_FCNTL_PERSIST_WAL,
	    &(int){ 1 });
	if (has_room(file)) {
		if (*made)
			reserve_file(db);
		reserve_log(file);
	}
	return (STORE_DB_WRITABLE);
}

/*
 * The name of a file that does not change, as SQLite takes it; NULL when there
 * is no memory.
 */
static char *
immutable_name(const char *file)
{
	size_t	 size = 3 * strlen(file) + 32, n;
	char	*name = malloc(size);

	if (name == NULL)
		return (NULL);
	n = (size_t)snprintf(name, size, "file:");
	for (; *file != '\0'; file++)
		n += (size_t)snprintf(name + n, size - n,
		    strchr("%?#", *file) != NULL ? "%%%02x" : "%c",
		    (unsigned char)*file);
	snprintf(name + n, size - n, "?immutable=1");
	return (name);
}

/*
 * Without a lock, and without the files that SQLite else makes beside it.  With
 * a log that has something in it, it takes that to read it.
 */
static int
open_unlocked(const char *file, sqlite3 **db)
{
	char	*name;
	int	 error;

	if (has_log(file))
		return (sqlite3_open_v2(file, db, SQLITE_OPEN_READONLY |
		    SQLITE_OPEN_NOMUTEX, "unix-none"));
	name = immutable_name(file);
	if (name == NULL)
		return (SQLITE_NOMEM);
	error = sqlite3_open_v2(name, db, SQLITE_OPEN_READONLY |
	    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, "unix-none");
	free(name);
	return (error);
}

static enum store_db_state
open_to_read(const char *file, sqlite3 **db, char *reason)
{
	char			 ignored[STORE_DB_REASON_SIZE];
	sqlite3_int64		 version = 0;
	enum store_db_state	 state;

	if (open_unlocked(file, db) != SQLITE_OK)
		return (STORE_DB_NONE);
	set_up(*db);
	state = judge(*db, &version, ignored);
	if (state == STORE_DB_BAD) {
		snprintf(reason, STORE_DB_REASON_SIZE, "%s", ignored);
		return (STORE_DB_BAD);
	}
	return (state == STORE_DB_WRITABLE && version == VERSION ?
	    STORE_DB_READABLE : STORE_DB_NONE);
}

/*
 * A file without a log is as long as its header says (SQLite file format,
 * section 1.3.7); SQLite itself does not mind if it is free pages that are cut.
 */
static bool
is_cut(const char *file, off_t size)
{
	uint8_t	 header[32];
	off_t	 pages, page_size;
	int	 fd;

	if (has_log(file))
		return (false);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return (false);
	if (read(fd, header, sizeof(header)) != (ssize_t)sizeof(header))
		memset(header, 0, sizeof(header));
	close(fd);
	page_size = header[16] << 8 | header[17];
	pages = (off_t)header[28] << 24 | header[29] << 16 | header[30] << 8 |
	    header[31];
	return (page_size > 1 && size < pages * page_size);
}

/* Something that SQLite must not be given, or must not be left as it is? */
static bool
look_at(const char *file, char *reason)
{
	struct stat	 st;

	if (lstat(file, &st) != 0)
		return (true);
	if (!S_ISREG(st.st_mode)) {
		snprintf(reason, STORE_DB_REASON_SIZE, "not a file");
		return (false);
	}
	/* What is not even a header passes for a new file with SQLite. */
	if (st.st_size < SIZE_LEAST) {
		snprintf(reason, STORE_DB_REASON_SIZE,
		    "damaged: cut short");
		return (false);
	}
	if (is_cut(file, st.st_size)) {
		snprintf(reason, STORE_DB_REASON_SIZE, "damaged: cut short");
		return (false);
	}
	if ((st.st_mode & 077) != 0 && chmod(file, 0600) == 0)
		log_warnx("%s: others had access to it; its mode is 0600 "
		    "again", file);
	return (true);
}

/* A file that was not there; nobody else may read it, whatever the umask. */
static bool
create(const char *file)
{
	int	 fd;

	fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		return (false);
	close(fd);
	return (true);
}

/* One that could not be filled would pass for a damaged one later. */
static void
remove_created(const char *file)
{
	static const char *const	 suffixes[] = {
		"-wal", "-journal", "",
	};
	char				*name;
	size_t				 i;

	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		if (asprintf(&name, "%s%s", file, suffixes[i]) < 0)
			return;
		(void)unlink(name);
		free(name);
	}
}

enum store_db_state
store_db_open(const char *file, sqlite3 **db, bool *made, char *reason)
{
	enum store_db_state	 state;
	bool			 created;
	int			 error;

	*db = NULL;
	*made = false;
	reason[0] = '\0';
	created = create(file);
	if (!created && !look_at(file, reason))
		return (STORE_DB_BAD);
	error = sqlite3_open_v2(file, db, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOMUTEX, NULL);
	if (error == SQLITE_OK) {
		set_up(*db);
		state = begin_to_write(*db, file, made, reason);
	} else {
		state = state_of_error(*db, error, reason);
	}
	if (state == STORE_DB_NONE) {
		sqlite3_close(*db);
		*db = NULL;
		state = open_to_read(file, db, reason);
	}
	if (state == STORE_DB_WRITABLE || state == STORE_DB_READABLE)
		return (state);
	sqlite3_close(*db);
	*db = NULL;
	if (created)
		remove_created(file);
	return (state);
}

static void
rename_part(const char *file, const char *name, const char *suffix)
{
	char	*from, *to;

	if (asprintf(&from, "%s%s", file, suffix) < 0)
		return;
	if (asprintf(&to, "%s%s", name, suffix) >= 0) {
		(void)rename(from, to);
		free(to);
	}
	free(from);
}

bool
store_db_set_aside(const char *file, const char *reason)
{
	time_t		 now = (time_t)(wall_now().ns / NSEC_PER_SEC);
	struct stat	 st;
	struct tm	 tm;
	char		 when[32], *name;
	int		 n;

	gmtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
	for (n = 0; n < 100; n++) {
		if ((n == 0 ? asprintf(&name, "%s.%s", file, when) :
		    asprintf(&name, "%s.%s.%d", file, when, n)) < 0)
			return (false);
		if (lstat(name, &st) != 0)
			break;
		free(name);
	}
	if (n == 100)
		return (false);
	/* Before it: a new file must not find the log of another. */
	if (has_log(file))
		rename_part(file, name, "-wal");
	rename_part(file, name, "-journal");
	if (rename(file, name) != 0) {
		free(name);
		return (errno == ENOENT);
	}
	log_warnx("%s: %s; set aside as %s", file, reason, name);
	free(name);
	return (true);
}
