/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The agent's state, in the store: read at the start, written on each turn of
 * the loop in which something changed, before a notification leaves.
 */
#ifndef HBW_RECORD_H
#define HBW_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "agent.h"
#include "mono.h"
#include "store.h"

struct record;

/*
 * Reads the state in a directory into an agent without a configuration yet, and
 * gives it its record; agent_free closes it.
 */
enum store_result record_open(struct agent *, const char *directory);
void	 record_close(struct record *);

/* What the last run left, for carry_from_record. */
void	 record_alarms(struct record *, store_take_notice *, void *arg);
void	 record_blind(struct record *, store_take_blind *, void *arg);
/* The storms that it told, and the one that it did not, into the agent. */
void	 record_storms(struct agent *);

/*
 * Writes what is new, some of it where it is much; with `all`, all of it.  What
 * cannot be written stays in the outbox.
 */
void	 record_save(struct agent *, struct mono_time now, bool all);
/* When record_save has something to do; MONO_NEVER when it has not. */
struct mono_time record_due(const struct agent *, struct mono_time now);

/* May notifications leave that are not on disk, because none can be? */
bool	 record_fails(const struct agent *);

/*
 * The history: the oldest sequence that can be read (one more than the newest
 * when there is none), and a notice of it, NULL if it cannot be read; good
 * until the next call.
 */
uint32_t record_oldest(const struct agent *);
const struct notice *record_notice(const struct agent *, uint32_t sequence);

#endif
