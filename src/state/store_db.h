/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SQLite file of the store: opens, validates and upgrades it, or sets it
 * aside.
 */
#ifndef HBW_STORE_DB_H
#define HBW_STORE_DB_H

#include <stdbool.h>

#include <sqlite3.h>

enum store_db_state {
	STORE_DB_WRITABLE,
	STORE_DB_READABLE,	/* not writable: read-only file system, … */
	STORE_DB_UNAVAILABLE,	/* neither opened nor created */
	STORE_DB_IN_USE,	/* locked by another process */
	STORE_DB_INVALID,	/* damaged, foreign or of a later version */
};

#define STORE_DB_REASON_SIZE	200
#define STORE_DB_REASON_IN_USE	"in use by another hbwatchd"

/*
 * Opens a file, or creates it with mode 0600; *created tells which.  *db is
 * NULL unless the result is WRITABLE or READABLE; the caller closes the first
 * with store_db_close and the second with sqlite3_close.  `reason` holds
 * STORE_DB_REASON_SIZE bytes: the reason why the result is not WRITABLE.
 */
enum store_db_state store_db_open(const char *file, sqlite3 **db,
	    bool *created, char *reason);

/* True if an error is not that of the file, because memory is exhausted. */
bool	 store_db_no_memory(int error);

/*
 * Opens the file of another connection of this process for reading only;
 * `writable`: that connection is.  A connection is used by one thread at a
 * time.  The caller closes it with sqlite3_close; NULL on error.
 */
sqlite3	*store_db_open_reader(const char *file, bool writable);

/* Copies the write-ahead log to the file and closes it.  NULL is ignored. */
void	 store_db_close(const char *file, sqlite3 *db);

/*
 * Renames a file and its write-ahead log to FILE.TIME, and logs it with the
 * reason.  True also when there is no file.  False on error, which is appended
 * to `reason` (STORE_DB_REASON_SIZE bytes) and not logged.
 */
bool	 store_db_set_aside(const char *file, char *reason);

#endif
