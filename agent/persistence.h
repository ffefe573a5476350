/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The agent's state, in the store: read at the start, written on each turn of
 * the loop in which something changed, before a notification leaves.
 */
#ifndef HBW_PERSISTENCE_H
#define HBW_PERSISTENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent.h"
#include "base/mono.h"
#include "state/store.h"

struct persistence;

/*
 * Reads the state in a directory into an agent without a configuration yet, and
 * gives it its record, which persistence_close frees.
 */
enum store_result persistence_open(struct agent *, const char *directory);
void	 persistence_close(struct persistence *);

/* What the last run left, for generation_restore. */
void	 persistence_alarms(struct persistence *, store_take_notification *, void *arg);
void	 persistence_blind(struct persistence *, store_take_blind *, void *arg);
/* The storms that it told, and the one that it did not, into the agent. */
void	 persistence_storms(struct agent *);

/*
 * Writes what is new, some of it where it is much; with `all`, all of it.  What
 * cannot be written stays in the outbox.
 */
void	 persistence_save(struct agent *, struct mono_time now, bool all);
/* When persistence_save has something to do; MONO_NEVER when it has not. */
struct mono_time persistence_due(const struct agent *, struct mono_time now);

/* May notifications leave that are not on disk, because none can be? */
bool	 persistence_fails(const struct agent *);

/*
 * The history: the oldest sequence that can be read (one more than the newest
 * when there is none), and a notice of it, NULL if it cannot be read; good
 * until the next call.
 */
uint32_t persistence_oldest(const struct agent *);
const struct notification *persistence_notification(const struct agent *, uint32_t sequence);

#endif
