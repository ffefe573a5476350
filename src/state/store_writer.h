/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes batches to the store in a thread of its own, so that its owner never
 * waits for the disk.  One batch is written at a time; what happens meanwhile
 * is in the next one.
 *
 * Before store_writer_start the owner writes the batches itself.
 */
#ifndef HBW_STORE_WRITER_H
#define HBW_STORE_WRITER_H

#include <stdbool.h>

#include "state/store_batch.h"

struct store;
struct store_writer;

/* Owns the store, also when it returns NULL (errno). */
struct store_writer *store_writer_new(struct store *);
/*
 * Starts the thread, after the process has dropped its privileges: each thread
 * has its own.  From then on only the thread uses the store.  False on error
 * (errno).
 */
bool	 store_writer_start(struct store_writer *);
/*
 * Ends the thread when no batch is being written, and closes and frees
 * everything; NULL is ignored.  False when that takes longer than the limit:
 * then everything remains for the end of the process, or for another call.
 */
bool	 store_writer_end(struct store_writer *, int limit_ms);

/*
 * Hands over a batch; the last one must have been taken.  The caller does not
 * touch it until store_writer_take returns it.
 */
void	 store_writer_put(struct store_writer *, struct store_batch *);
/*
 * The batch that was put last, with its result; NULL: it is not finished.
 * *displaced: the files of the state were removed or replaced, so the owner has
 * to put a batch, see store_is_in_place.  The thread checks this.
 */
struct store_batch *store_writer_take(struct store_writer *, bool *displaced);
/* A descriptor that is readable when store_writer_take returns something. */
int	 store_writer_event(const struct store_writer *);
/* Waits until it is readable; false after the limit. */
bool	 store_writer_wait(struct store_writer *, int limit_ms);

/*
 * The owner's own connection, for reading rows while the thread writes.  It is
 * valid until the next store_writer_take.  NULL: the file cannot be read.
 */
struct store *store_writer_reader(const struct store_writer *);

#endif
