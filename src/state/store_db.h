/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SQLite file of the store: opened, checked, brought to this version's
 * schema, or set aside.
 */
#ifndef HBW_STORE_DB_H
#define HBW_STORE_DB_H

#include <stdbool.h>

#include <sqlite3.h>

enum store_db_state {
	STORE_DB_WRITABLE,
	STORE_DB_READABLE,	/* and no more: read-only file system, … */
	STORE_DB_NONE,	/* cannot be had at all */
	STORE_DB_TAKEN,	/* by another process */
	STORE_DB_BAD,		/* not ours, damaged, of a later version */
};

#define STORE_DB_REASON_SIZE	200

/*
 * Opens a file that is there, or makes one.  *db is not NULL for WRITABLE and
 * READABLE alone; *made says that it is new.  For the others, and for READABLE,
 * `reason`, of STORE_DB_REASON_SIZE bytes, says why.
 */
enum store_db_state store_db_open(const char *file, sqlite3 **db,
	    bool *made, char *reason);

/* Closes it; NULL is taken too. */
void	 store_db_close(const char *file, sqlite3 *db);

/*
 * Renames a file, and what belongs to it, so that its name is free; logs that
 * with the reason.  False when that cannot be done (errno).
 */
bool	 store_db_set_aside(const char *file, const char *reason);

#endif
