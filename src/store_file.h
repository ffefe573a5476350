/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SQLite file of the store: opened, checked, brought to this version's
 * schema, or set aside.
 */
#ifndef HBW_STORE_FILE_H
#define HBW_STORE_FILE_H

#include <stdbool.h>

#include <sqlite3.h>

enum store_file_state {
	STORE_FILE_WRITABLE,
	STORE_FILE_READABLE,	/* and no more: read-only file system, … */
	STORE_FILE_NONE,	/* cannot be had at all */
	STORE_FILE_TAKEN,	/* by another process */
	STORE_FILE_BAD,		/* not ours, damaged, of a later version */
};

#define STORE_FILE_REASON_SIZE	200

/*
 * Opens a file that is there, or makes one.  *db is not NULL for WRITABLE and
 * READABLE alone; *made says that it is new.  For the others, and for READABLE,
 * `reason`, of STORE_FILE_REASON_SIZE bytes, says why.
 */
enum store_file_state store_file_open(const char *file, sqlite3 **db,
	    bool *made, char *reason);

/* Closes it; NULL is taken too. */
void	 store_file_close(const char *file, sqlite3 *db);

/*
 * Renames a file, and what belongs to it, so that its name is free; logs that
 * with the reason.  False when that cannot be done (errno).
 */
bool	 store_file_set_aside(const char *file, const char *reason);

#endif
