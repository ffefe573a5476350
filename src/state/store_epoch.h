/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The epoch of the store, and its file (epoch_file.h).  An epoch is in the file
 * before a notification is sent in it, and the mark `unsaved` is there before a
 * notification is sent that the database does not have.  A store that cannot
 * write the file begins an epoch of store_unmarked_epoch (store.h) instead.
 *
 * The epoch after a start: E is the highest one of those in the file, in the
 * database and in a note (epoch_note.h); the next one is E + 1, or is from the
 * clock if E is, too.  From the top, the first line that fits decides:
 *
 *   the file                    the database                 the epoch
 *   --------------------------  ---------------------------  --------------
 *   missing                     missing, and no note         1
 *   missing                     there is one                 from the clock
 *   invalid, or a copy          any, or missing              from the clock
 *   valid                       another one, with another    the next one
 *                               log, or changed meanwhile
 *   older than the note         older than it, or missing    from the clock
 *   not used by a notification  any, or missing              E
 *   has the mark `unsaved`      any, or missing              the next one
 *   later than the database     older                        the next one
 *   valid                       missing, or invalid          the next one
 *   valid                       as at the end of the run     E continues
 *
 * In the cases from the clock, an older file may have been restored, so that
 * the last epoch is not known.
 */
#ifndef HBW_STORE_EPOCH_H
#define HBW_STORE_EPOCH_H

#include <stdbool.h>
#include <stdint.h>

struct store;

/* The epoch after `epoch`, if the new one will be written before it is used. */
uint32_t store_epoch_next(uint32_t epoch);

/*
 * Reads the file.  Returns NULL if it and the database are those of the last
 * run.  Otherwise they are from a backup, or part of them is lost; returns the
 * reason.  The database must not be open yet.
 */
const char *store_epoch_read(struct store *);
/* Was the epoch in the file begun, but not used for any notification? */
bool	 store_epoch_is_unused(const struct store *);
/*
 * Waits for the end of this second: another run may have used it for its epoch
 * without a trace.
 */
void	 store_epoch_wait(void);
/*
 * Sets s->epoch for the counters of the file, if there are any.  `restored`:
 * the reason why they may be older than the last ones; `noted`: see store_open.
 * False when the epoch continues.
 */
bool	 store_epoch_choose(struct store *, bool has_counters,
	    const char *restored, uint32_t noted);
/*
 * Begins the epoch s->epoch: writes it without the mark, as one that is not
 * used yet.
 */
void	 store_epoch_begin(struct store *);
/*
 * Writes the epoch with or without the mark, and the identity of the open
 * database, if the file has something else.  False on error (errno); then the
 * content of the file is unknown.
 */
bool	 store_epoch_write(struct store *, bool unsaved);
/*
 * Writes the file again if another process has changed or removed it.  False if
 * it now is the file of another time, as after the restore of a backup: then
 * the database may have been overwritten, too.
 */
bool	 store_epoch_check(struct store *);
/* Writes when the database was changed last; it has just been closed. */
void	 store_epoch_end(struct store *);
/* Does the file have the present epoch? */
bool	 store_epoch_is_written(const struct store *);
/* Begins an epoch of store_unmarked_epoch, which is in no file yet. */
void	 store_epoch_begin_unmarked(struct store *);
/*
 * Allows notifications that are not in the database: writes the mark, or begins
 * an epoch that needs none.
 */
void	 store_epoch_mark(struct store *);

#endif
