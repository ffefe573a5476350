/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The agent's state in the store.  It is read at the start, and written in each
 * turn of the loop in which it changed, before a notification is sent.  A
 * thread writes it (store_writer.h), so that the agent does not wait.
 */
#ifndef HBW_PERSISTENCE_H
#define HBW_PERSISTENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent.h"
#include "base/mono.h"
#include "state/epoch_note.h"
#include "state/store.h"
#include "state/store_tables.h"

/*
 * If a transaction takes longer, the disk hangs, and notifications do not wait
 * for it any more.
 */
#define PERSISTENCE_HANG_MS	500

struct persistence;

/*
 * Opens the store in a directory and reads its counters, watch indexes and
 * undelivered notifications into an agent that has no configuration yet.  Sets
 * agent->persistence, which the caller closes.  `lock` is that of
 * store_directory_take, or -1; `note`, or NULL, belongs to it now.  Unless the
 * result is STORE_OK, hbwatchd cannot start.
 */
enum store_result persistence_open(struct agent *, const char *directory,
	    int lock, const struct epoch_note *note);
/*
 * From now on a thread writes the state.  It has the privileges of the process
 * at this time.  False on error (errno).
 */
bool	 persistence_start(struct persistence *);
/*
 * Closes the store without writing; NULL is ignored.  False, which is logged,
 * when the disk hangs: then the process has to end without exit(3), because a
 * thread still uses its memory.
 */
bool	 persistence_close(struct persistence *);

/*
 * Read the rest of the state for the first configuration: alarms and blind
 * interfaces are passed to a callback (store.h), storms go into the agent.  The
 * process ends when memory is exhausted.
 */
void	 persistence_alarms(struct persistence *, store_take_notification *,
	    void *arg);
void	 persistence_blind(struct persistence *, store_take_blind *, void *arg);
void	 persistence_storms(struct agent *);

/*
 * Hands over what changed since the last time, in a transaction of limited
 * size, unless the last transaction is still being written.  Never waits for
 * the disk.  Notifications that are not written stay in the outbox.
 */
void	 persistence_save(struct agent *, struct mono_time now);
/* When persistence_save() has something to do; MONO_NEVER: nothing. */
struct mono_time persistence_due(const struct agent *, struct mono_time now);
/* A descriptor that is readable when it has something to do. */
int	 persistence_event(const struct agent *);
/*
 * Writes everything, for the end of the process.  Waits at most `hang_ms` for
 * each transaction; if that is not enough, the disk hangs, and notifications do
 * not wait for it any more.  Begins no other transaction after 5 s.
 */
void	 persistence_save_all(struct agent *, struct mono_time now,
	    int hang_ms);

/*
 * True when the state cannot be written, or when a transaction takes more than
 * half a second.  Then notifications may be sent before they are on disk.
 */
bool	 persistence_is_failing(const struct agent *);
/*
 * Called before a notification is sent, every time.  If it is not on disk, it
 * is marked, and if necessary the agent gets a new epoch: after the end of the
 * process, its sequence could be given to another notification.  True for the
 * first time: if it was not sent then, persistence_not_sent() removes the mark.
 */
bool	 persistence_sending(struct agent *, struct notification *);
void	 persistence_not_sent(struct notification *);

/*
 * The history, from disk and outbox: the oldest sequence that can be read,
 * which is one more than the newest when there is none; and a notification,
 * which is valid until the next call, NULL if it cannot be read.
 */
uint32_t persistence_oldest(const struct agent *);
const struct notification *persistence_notification(const struct agent *,
	    uint32_t sequence);

#endif
