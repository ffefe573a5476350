/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The epoch of the store, and its file (epoch_file.h).  An epoch is in the file
 * before a notification is sent in it, and the mark `unsaved` is there before a
 * notification is sent that the database does not have.  A store that cannot
 * write the file begins an epoch of store_unmarked_epoch (store.h) instead.
 */
#ifndef HBW_STORE_EPOCH_H
#define HBW_STORE_EPOCH_H

#include <stdbool.h>
#include <stdint.h>

struct store;

/* The epoch after `epoch`, if the new one will be written before it is used. */
uint32_t store_epoch_next(uint32_t epoch);

/*
 * Writes the epoch with or without the mark, if the file has something else.
 * False on error (errno); then the content of the file is unknown.
 */
bool	 store_epoch_write(struct store *, bool unsaved);
/* Does the file have the present epoch? */
bool	 store_epoch_is_written(const struct store *);
/*
 * Allows notifications that are not in the database: writes the mark, or begins
 * an epoch that needs none.
 */
void	 store_epoch_mark(struct store *);

#endif
