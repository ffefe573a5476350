/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The agent's state in the store.  It is read at the start, and written in each
 * turn of the loop in which it changed, before a notification is sent.
 */
#ifndef HBW_PERSISTENCE_H
#define HBW_PERSISTENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent.h"
#include "base/mono.h"
#include "state/store.h"
#include "state/store_tables.h"

struct persistence;

/*
 * Opens the store in a directory and reads its counters, watch indexes and
 * undelivered notifications into an agent that has no configuration yet.  Sets
 * agent->persistence, which the caller closes.  `lock` is that of
 * store_directory_take, or -1.  Unless the result is STORE_OK, hbwatchd cannot
 * start.
 */
enum store_result persistence_open(struct agent *, const char *directory,
	    int lock);
/* Closes the store without writing; NULL is ignored. */
void	 persistence_close(struct persistence *);

/*
 * Read the rest of the state for the first configuration: alarms and blind
 * interfaces are passed to a callback (store.h), storms go into the agent.
 */
void	 persistence_alarms(struct persistence *, store_take_notification *,
	    void *arg);
void	 persistence_blind(struct persistence *, store_take_blind *, void *arg);
void	 persistence_storms(struct agent *);

/*
 * Writes what changed since the last time: one transaction of limited size, or
 * with `all` as many as needed.  Notifications that cannot be written stay in
 * the outbox.
 */
void	 persistence_save(struct agent *, struct mono_time now, bool all);
/* When persistence_save() has something to write; MONO_NEVER: nothing. */
struct mono_time persistence_due(const struct agent *, struct mono_time now);

/*
 * A descriptor that is readable when the files of the state may have been
 * removed or replaced; -1: persistence_due includes regular checks.  Each time
 * it is readable, persistence_files_changed is called.
 */
int	 persistence_files(const struct agent *);
void	 persistence_files_changed(struct agent *, struct mono_time now);

/*
 * True when the state cannot be written.  Then notifications may be sent
 * before they are on disk.
 */
bool	 persistence_is_failing(const struct agent *);

/*
 * The history, from disk and outbox: the oldest sequence that can be read,
 * which is one more than the newest when there is none; and a notification,
 * which is valid until the next call, NULL if it cannot be read.
 */
uint32_t persistence_oldest(const struct agent *);
const struct notification *persistence_notification(const struct agent *,
	    uint32_t sequence);

#endif
