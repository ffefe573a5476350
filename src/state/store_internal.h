/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The struct that only three files use: store.c opens the database and makes
 * the transactions, store_epoch.c writes the epoch file, and store_tables.c
 * reads and writes the rows.
 */
#ifndef HBW_STORE_INTERNAL_H
#define HBW_STORE_INTERNAL_H

#include "base/mono.h"
#include "state/epoch_file.h"
#include "state/store_counters.h"
#include "state/store_db.h"
#include "state/store_place.h"
#include "state/store_rows.h"
#include "state/store_watch.h"

struct store {
	int			 lock;		/* the directory's; -1: none */
	char			*directory;
	char			*file;		/* path of the database */
	char			*epoch_path;
	struct store_place	 place;		/* of what is open */
	struct store_watch	*watch;
	bool			 displaced;	/* what is open was removed */
	char			 change[64];	/* what happened; "": nothing */
	struct epoch_file	 epoch_file;	/* its content */
	bool			 epoch_file_pending;	/* write it again */
	uint32_t		 epoch;		/* of the next notification */
	bool			 unmarked;	/* from store_unmarked_epoch */

	sqlite3			*db;		/* NULL: not available */
	sqlite3_stmt		*statements[STORE_STATEMENTS];
	bool			 writable;
	bool			 damaged;	/* to be set aside */
	bool			 recreated;	/* empty: write everything */
	bool			 synced;	/* at each commit */
	unsigned		 opened;	/* times */
	int			 wal_pages;	/* since the last checkpoint */
	int			 wal_pages_max;	/* then a checkpoint is due */
	struct configuration_profile *profile;	/* of the last row read */

	struct store_counters	 counters;	/* last read or put */
	bool			 was_read;	/* when the store was opened */
	uint32_t		 used_epoch;	/* a new one must be higher */

	bool			 failing;	/* last transaction failed */
	bool			 failed_now;	/* within this transaction */
	char			 reason[STORE_DB_REASON_SIZE];
	struct mono_time	 retry;		/* the next try */
	struct mono_time	 log_again;	/* the next line about it */
};

#endif
