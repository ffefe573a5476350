/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reserves disk blocks for the database and its write-ahead log (WAL) while
 * there is room.  Then the state can be written for a while on a full disk.
 *
 * `file` is the path of the database; the WAL is beside it.  Errors are
 * ignored, because the state can be written without reserved blocks, too.
 */
#ifndef HBW_STORE_RESERVE_H
#define HBW_STORE_RESERVE_H

#include <stdbool.h>

#include <sqlite3.h>

/*
 * Reserves blocks for the WAL, and for the database if it was just created:
 * 16 MB together, 5.5 MB when less than twice as much is free, and nothing when
 * less than twice 5.5 MB is.
 */
void	 store_reserve_blocks(const char *file, sqlite3 *, bool created);

/* The number of pages for which the WAL has blocks; 0: none, or unknown. */
int	 store_reserve_wal_pages(const char *file);

/*
 * Copies the WAL to the database and marks the WAL as empty, without returning
 * its blocks.  The caller has the lock of the file, and closes it after that.
 */
void	 store_reserve_checkpoint(const char *file, sqlite3 *);

/* Is there a WAL with content? */
bool	 store_reserve_wal_in_use(const char *file);

#endif
