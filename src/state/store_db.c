/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
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
#include "state/store_reserve.h"
#include "state/store_rows.h"

/* PRAGMA application_id: "hbw1". */
#define APPLICATION_ID	0x68627731

/* The smallest file that SQLite writes, in bytes. */
#define SIZE_MIN	512

/* The time that another process gets to close the file. */
#define BUSY_MS		3000

/*
 * This VFS of SQLite locks the file against other processes as long as it is
 * open, and lets several connections of this process use it; the index of the
 * write-ahead log is in their memory.
 */
#define VFS		"unix-excl"

/* Longer values of a damaged file are not read; in bytes. */
#define VALUE_MAX	(16 * 1024 * 1024)

/* Sets the reason why a file is invalid. */
static enum store_db_state __attribute__((format(printf, 2, 3)))
invalid(char *reason, const char *format, ...)
{
	va_list	 ap;

	va_start(ap, format);
	vsnprintf(reason, STORE_DB_REASON_SIZE, format, ap);
	va_end(ap);
	return (STORE_DB_INVALID);
}

static enum store_db_state
state_of_error(sqlite3 *db, int error, char *reason)
{
	snprintf(reason, STORE_DB_REASON_SIZE, "%s", db != NULL ?
	    sqlite3_errmsg(db) : sqlite3_errstr(error));
	switch (error & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_ERROR:	/* the SQL is correct, so the file is not */
	case SQLITE_NOTADB:
		return (STORE_DB_INVALID);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		snprintf(reason, STORE_DB_REASON_SIZE, STORE_DB_REASON_IN_USE);
		return (STORE_DB_IN_USE);
	default:
		return (STORE_DB_UNAVAILABLE);
	}
}

bool
store_db_no_memory(int error)
{
	return ((error & 0xff) == SQLITE_NOMEM || error == SQLITE_IOERR_NOMEM);
}

static int
run(sqlite3 *db, const char *sql)
{
	return (sqlite3_exec(db, sql, NULL, NULL, NULL));
}

/*
 * The one value that a statement returns, as a text that the caller frees; NULL
 * when there is none.  *error is SQLite's result code.
 */
static char *
query(sqlite3 *db, const char *sql, int *error)
{
	sqlite3_stmt	*q;
	const char	*text = NULL;
	char		*copy;

	*error = sqlite3_prepare_v2(db, sql, -1, &q, NULL);
	if (*error == SQLITE_OK)
		*error = sqlite3_step(q);
	if (*error == SQLITE_ROW)
		text = (const char *)sqlite3_column_text(q, 0);
	copy = text == NULL ? NULL : strdup(text);
	sqlite3_finalize(q);
	return (copy);
}

static bool
query_number(sqlite3 *db, const char *sql, long long *value, int *error)
{
	char	*text = query(db, sql, error);

	if (text != NULL)
		*value = strtoll(text, NULL, 10);
	free(text);
	return (text != NULL);
}

/* ---- validation */

static enum store_db_state
check_content(sqlite3 *db, char *reason)
{
	enum store_db_state	 state = STORE_DB_WRITABLE;
	char			*text;
	int			 error;

	text = query(db, "PRAGMA quick_check(1)", &error);
	if (text == NULL)
		return (state_of_error(db, error, reason));
	if (strcmp(text, "ok") != 0)
		state = invalid(reason, "damaged: %.*s",
		    (int)strcspn(text, "\n"), text);
	free(text);
	return (state);
}

static char *
schema_of(sqlite3 *db, int *error)
{
	return (query(db, "SELECT group_concat(sql, ';') FROM"
	    " (SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND"
	    " name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name)", error));
}

/*
 * Is the schema exactly the one that this version creates?  A view or a trigger
 * of somebody else may run for ever.  True also when memory is exhausted; then
 * *error is SQLITE_NOMEM.
 */
static bool
is_our_schema(sqlite3 *db, long long version, int *error)
{
	sqlite3	*model;
	char	*expected = NULL, *found = NULL;
	bool	 same;
	int	 i;

	*error = sqlite3_open(":memory:", &model);
	for (i = 0; i < version && *error == SQLITE_OK; i++)
		*error = run(model, store_rows_schema[i]);
	if (*error == SQLITE_OK)
		expected = schema_of(model, error);
	if (expected != NULL)
		found = schema_of(db, error);
	/* A database in memory has no other errors. */
	if (expected == NULL || store_db_no_memory(*error))
		*error = SQLITE_NOMEM;
	same = *error == SQLITE_NOMEM ||
	    (found != NULL && strcmp(expected, found) == 0);
	free(expected);
	free(found);
	sqlite3_close(model);
	return (same);
}

/*
 * Returns STORE_DB_WRITABLE when the file is valid.  *version is 0 when it is
 * empty.
 */
static enum store_db_state
validate(sqlite3 *db, long long *version, char *reason)
{
	long long	 application = 0, tables = 0;
	int		 error;

	if (!query_number(db, "PRAGMA application_id", &application, &error) ||
	    !query_number(db, "PRAGMA user_version", version, &error) ||
	    !query_number(db, "SELECT count(*) FROM sqlite_schema", &tables,
	    &error))
		return (state_of_error(db, error, reason));
	if (tables == 0 && *version == 0)
		return (STORE_DB_WRITABLE);
	if (application != APPLICATION_ID || *version < 1)
		return (invalid(reason, "not written by hbwatchd"));
	if (*version > STORE_ROWS_VERSION)
		return (invalid(reason, "written by a later version of "
		    "hbwatchd: schema %lld; expected at most %d", *version,
		    STORE_ROWS_VERSION));
	if (!is_our_schema(db, *version, &error))
		return (invalid(reason,
		    "damaged: its tables are not hbwatchd's"));
	if (error == SQLITE_NOMEM)
		return (state_of_error(NULL, error, reason));
	return (check_content(db, reason));
}

/* ---- opening */

/* Does one step of the schema, completely or not at all. */
static int
upgrade(sqlite3 *db, long long version)
{
	char	*sql;
	int	 error;

	sql = sqlite3_mprintf("BEGIN IMMEDIATE; %s PRAGMA application_id = %d;"
	    " PRAGMA user_version = %lld; COMMIT", store_rows_schema[version],
	    APPLICATION_ID, version + 1);
	error = sql == NULL ? SQLITE_NOMEM : run(db, sql);
	if (error != SQLITE_OK)
		(void)run(db, "ROLLBACK");
	sqlite3_free(sql);
	return (error);
}

static void
configure(sqlite3 *db)
{
	sqlite3_extended_result_codes(db, 1);
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, VALUE_MAX);
	sqlite3_busy_timeout(db, BUSY_MS);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)run(db, "PRAGMA trusted_schema = OFF;"
	    "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;");
}

static enum store_db_state
open_to_write(sqlite3 *db, const char *file, bool *created, char *reason)
{
	long long		 version = 0;
	enum store_db_state	 state;
	int			 error;

	if (sqlite3_db_readonly(db, "main") == 1)
		return (state_of_error(NULL, SQLITE_READONLY, reason));
	state = validate(db, &version, reason);
	if (state != STORE_DB_WRITABLE)
		return (state);
	/* The VFS has taken the lock on the file before, and keeps it. */
	error = run(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	    "PRAGMA wal_autocheckpoint = 0; BEGIN EXCLUSIVE; COMMIT;");
	*created = version == 0;
	while (error == SQLITE_OK && version < STORE_ROWS_VERSION)
		error = upgrade(db, version++);
	if (error != SQLITE_OK)
		return (state_of_error(db, error, reason));
	store_reserve_blocks(file, db, *created);
	return (STORE_DB_WRITABLE);
}

/*
 * The URI of a file that does not change while it is open, which the caller
 * frees; NULL when memory is exhausted.
 */
static char *
immutable_uri(const char *file)
{
	size_t	 size = 3 * strlen(file) + 32, n;
	char	*uri = malloc(size);

	if (uri == NULL)
		return (NULL);
	n = (size_t)snprintf(uri, size, "file:");
	for (; *file != '\0'; file++)
		n += (size_t)snprintf(uri + n, size - n,
		    strchr("%?#", *file) != NULL ? "%%%02x" : "%c",
		    (unsigned char)*file);
	snprintf(uri + n, size - n, "?immutable=1");
	return (uri);
}

/*
 * Opens a file without a lock and without creating files beside it.  When the
 * write-ahead log has content, SQLite reads it only in the exclusive mode.
 */
static int
open_unlocked(const char *file, sqlite3 **db)
{
	char	*uri;
	int	 error;

	if (store_reserve_wal_in_use(file)) {
		error = sqlite3_open_v2(file, db, SQLITE_OPEN_READONLY |
		    SQLITE_OPEN_NOMUTEX, "unix-none");
		return (error != SQLITE_OK ? error :
		    run(*db, "PRAGMA locking_mode = EXCLUSIVE"));
	}
	uri = immutable_uri(file);
	if (uri == NULL)
		return (SQLITE_NOMEM);
	error = sqlite3_open_v2(uri, db, SQLITE_OPEN_READONLY |
	    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, "unix-none");
	free(uri);
	return (error);
}

/* `reason` keeps why the file cannot be written, unless it is invalid. */
static enum store_db_state
open_to_read(const char *file, sqlite3 **db, char *reason)
{
	char			 read_reason[STORE_DB_REASON_SIZE];
	long long		 version = 0;
	enum store_db_state	 state;

	if (open_unlocked(file, db) != SQLITE_OK)
		return (STORE_DB_UNAVAILABLE);
	configure(*db);
	state = validate(*db, &version, read_reason);
	if (state == STORE_DB_INVALID)
		return (invalid(reason, "%s", read_reason));
	return (state == STORE_DB_WRITABLE && version == STORE_ROWS_VERSION ?
	    STORE_DB_READABLE : STORE_DB_UNAVAILABLE);
}

/*
 * Without a write-ahead log, a file has at least the length that is in its
 * header (SQLite file format, section 1.3).  SQLite accepts a shorter file if
 * only free pages are missing.
 */
static bool
is_truncated(const char *file, off_t size)
{
	uint8_t	 header[32];
	off_t	 pages, page_size;
	int	 fd;

	/* SQLite takes a file without a header for a new one. */
	if (size < SIZE_MIN)
		return (true);
	if (store_reserve_wal_in_use(file))
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

/* With fchmod(2), because the agent's jail does not permit chmod(2). */
static bool
hide_from_others(const char *file)
{
	int	 fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool	 done;

	if (fd == -1)
		return (false);
	done = fchmod(fd, 0600) == 0;
	close(fd);
	return (done);
}

/* Checks what SQLite does not.  WRITABLE: SQLite may open the file. */
static enum store_db_state
check_file(const char *file, char *reason)
{
	struct stat	 st;

	if (lstat(file, &st) != 0)
		return (STORE_DB_WRITABLE);
	if (!S_ISREG(st.st_mode))
		return (invalid(reason, "not a regular file"));
	if (is_truncated(file, st.st_size))
		return (invalid(reason, "damaged: truncated"));
	if ((st.st_mode & 077) != 0 && hide_from_others(file))
		log_warnx("%s: other users had access: mode was %04o; changed "
		    "to 0600", file, (unsigned)st.st_mode & 07777);
	return (STORE_DB_WRITABLE);
}

/* Creates a file that nobody else may read, whatever the umask is. */
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

/* False when the file cannot be written (errno). */
static bool
may_write(const char *file)
{
	return (faccessat(AT_FDCWD, file, W_OK, AT_EACCESS) == 0 ||
	    errno == ENOENT);
}

/*
 * Opens a file that other connections of this process may have open, too.  Only
 * after may_write: SQLite opens a file that cannot be written to read only,
 * without an error.  A transaction then fails; and SQLite does not close the
 * descriptor while another connection uses the file, nor does it use it again.
 */
static int
open_shared(const char *file, sqlite3 **db)
{
	return (sqlite3_open_v2(file, db, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOMUTEX, VFS));
}

static enum store_db_state
open_writable(const char *file, sqlite3 **db, bool *created, char *reason)
{
	int	 error;

	if (!may_write(file)) {
		snprintf(reason, STORE_DB_REASON_SIZE, "%s", strerror(errno));
		return (STORE_DB_UNAVAILABLE);
	}
	error = open_shared(file, db);
	if (error != SQLITE_OK)
		return (state_of_error(*db, error, reason));
	configure(*db);
	return (open_to_write(*db, file, created, reason));
}

/* Later, a file without content would look damaged. */
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
store_db_open(const char *file, sqlite3 **db, bool *created, char *reason)
{
	enum store_db_state	 state;
	bool			 new_file;

	*db = NULL;
	*created = false;
	reason[0] = '\0';
	new_file = create(file);
	if (!new_file && check_file(file, reason) == STORE_DB_INVALID)
		return (STORE_DB_INVALID);
	state = open_writable(file, db, created, reason);
	if (state == STORE_DB_UNAVAILABLE) {
		sqlite3_close(*db);
		*db = NULL;
		state = open_to_read(file, db, reason);
	}
	if (state == STORE_DB_WRITABLE || state == STORE_DB_READABLE)
		return (state);
	sqlite3_close(*db);
	*db = NULL;
	if (new_file)
		remove_created(file);
	return (state);
}

sqlite3 *
store_db_open_reader(const char *file, bool writable)
{
	sqlite3	*db = NULL;
	int	 error;

	if (writable && !may_write(file))
		return (NULL);
	error = writable ? open_shared(file, &db) : open_unlocked(file, &db);
	if (error == SQLITE_OK) {
		configure(db);
		error = run(db, "PRAGMA query_only = ON");
	}
	if (error == SQLITE_OK)
		return (db);
	sqlite3_close(db);
	return (NULL);
}

void
store_db_close(const char *file, sqlite3 *db)
{
	if (db == NULL)
		return;
	/* Under the lock: another process may be waiting to write there. */
	store_reserve_checkpoint(file, db);
	sqlite3_close(db);
}

/* ---- setting aside */

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

/* FILE.TIME or FILE.TIME.N, which the caller frees; NULL on error (errno). */
static char *
unused_name(const char *file)
{
	time_t		 now = (time_t)(wall_now().ns / NSEC_PER_SEC);
	struct stat	 st;
	struct tm	 tm;
	char		 when[32], number[16] = "", *name;
	int		 n;

	gmtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
	for (n = 1; n <= 100; n++) {
		if (asprintf(&name, "%s.%s%s", file, when, number) < 0)
			return (NULL);
		if (lstat(name, &st) != 0)
			return (name);
		free(name);
		snprintf(number, sizeof(number), ".%d", n);
	}
	errno = EEXIST;
	return (NULL);
}

static bool
rename_file(const char *file, const char *name)
{
	/* The log first: a new database must not find that of an old one. */
	if (store_reserve_wal_in_use(file))
		rename_part(file, name, "-wal");
	rename_part(file, name, "-journal");
	return (rename(file, name) == 0);
}

bool
store_db_set_aside(const char *file, char *reason)
{
	char	*name = unused_name(file);
	size_t	 length = strlen(reason);
	bool	 done = name != NULL && rename_file(file, name);

	if (done)
		log_errx("%s: %s; set aside as %s, starting with a new file",
		    file, reason, name);
	else if (errno == ENOENT)
		done = true;
	else
		snprintf(reason + length, STORE_DB_REASON_SIZE - length,
		    ", and it cannot be renamed: %s", strerror(errno));
	free(name);
	return (done);
}
