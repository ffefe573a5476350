/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state on disk: STATE/hbwatchd.db, an SQLite file in WAL mode that is
 * synced at each commit, and STATE/epoch (epoch_file.h).
 *
 * A state that cannot be read or written does not stop hbwatchd.  An invalid
 * file is set aside; while the state cannot be written, hbwatchd continues from
 * memory.  The store logs this itself: at once, and then once an hour.
 *
 * The rows are read and written by store_tables.h.
 */
#ifndef HBW_STORE_H
#define HBW_STORE_H

#include <stdbool.h>

#include "base/mono.h"
#include "base/wall.h"
#include "state/store_counters.h"
#include "state/store_mark.h"

struct store;

enum store_result {
	STORE_OK,
	STORE_IN_USE,		/* by another hbwatchd; logged */
	STORE_NO_MEMORY,
};

/*
 * Opens the state in a directory, which is created if needed, and reads its
 * counters.  `lock` is that of store_directory_take, which the store owns now;
 * with -1 it locks the directory itself.  `noted` is the last epoch that the
 * caller knows of (epoch_note.h), or 0: if it is later than that of the files,
 * a new epoch begins.  Without a usable state, the counters are those of a new
 * one.  A state that can be neither read nor written is STORE_OK too.  The
 * caller frees the store with store_close, which also ends an open transaction
 * without writing it.  On error *store is NULL.
 */
enum store_result store_open(struct store **, const char *directory,
	    int lock, uint32_t noted, struct store_counters *);
void	 store_close(struct store *);

/* Is there a file that can be read?  It may be read-only. */
bool	 store_is_readable(const struct store *);
/* The caller found invalid data: the next store_begin replaces the file. */
void	 store_set_damaged(struct store *);
/* Did the caller or the store find invalid data? */
bool	 store_is_damaged(const struct store *);
/* The path of the file, for log messages. */
const char *store_file(const struct store *);

/*
 * Begins a transaction.  `counters` are the caller's present ones.  False when
 * the state cannot be written now; then it is not tried again before
 * store_next_retry.  *recreated: the file is new and empty, so the caller must
 * put everything.  *counters has the epoch of store_epoch after it.
 */
bool	 store_begin(struct store *, struct mono_time now, bool *recreated,
	    struct store_counters *counters);
/* Ends the transaction, and nothing of it is written.  This is no failure. */
void	 store_cancel(struct store *);
/*
 * Ends the transaction.  True: all of it is on disk; false: nothing of it is.
 * If `mark` is open, the transaction has every notification that exists; then
 * the mark in the file epoch is removed, unless it is kept meanwhile.  After
 * false, store_epoch may be a new one.
 */
bool	 store_commit(struct store *, struct mono_time now,
	    struct store_mark *mark);

/*
 * The epoch of the next notification.  While store_is_failing, notifications
 * may be sent from memory, but only in this epoch: either the mark on disk says
 * that they are not stored, so that the next run begins another epoch, or the
 * epoch is one of store_unmarked_epoch.
 */
uint32_t store_epoch(const struct store *);
/*
 * The epoch that follows `epoch` if nothing can be written now: no other run
 * uses it.  It is the Unix time in seconds; if this is not higher than `epoch`,
 * because the clock was set back, a random number from 1 to 65536 is added to
 * `epoch`.  It is never below 1000000000, which counting does not reach: if the
 * clock is, and `epoch` is, too or is UINT32_MAX, a random number below 65536
 * is added to that.  A caller that begins one itself gives it to store_begin.
 */
uint32_t store_unmarked_epoch(uint32_t epoch, struct wall_time now);

/*
 * Are the files in the directory still those that are open?  If not, this is
 * logged, and the next store_begin creates them again, with a new epoch.
 */
bool	 store_is_in_place(struct store *);
/*
 * A descriptor that is readable when that should be checked; -1: check every
 * 2 s.  store_clear_event must be called first.
 */
int	 store_event(const struct store *);
void	 store_clear_event(struct store *);

/* Did the last transaction fail?  If so, when is the next try? */
bool	 store_is_failing(const struct store *);
struct mono_time store_next_retry(const struct store *);
/* Allows the next try at once. */
void	 store_retry_now(struct store *);

/*
 * Are transactions on disk when store_commit returns?  This is so unless it is
 * set to false.  Then they survive the end of the process, but a power loss may
 * undo them.
 */
void	 store_set_synced(struct store *, bool);

/*
 * Copies a long write-ahead log to the database; `idle`: also one that is not
 * so long, because the caller has nothing else to do.  It is called after each
 * transaction.
 */
void	 store_checkpoint(struct store *, bool idle);

/*
 * Opens the file of a store again, as a store whose rows can only be read, with
 * the functions of store_tables.h.  Another thread may read while this one
 * writes: a reader does not wait for a commit.  The caller closes it with
 * store_close, before the store itself; NULL on error.
 */
struct store *store_open_reader(const struct store *);
/* Grows when the store opens a file to write; then readers are out of date. */
unsigned store_opened(const struct store *);

#endif
