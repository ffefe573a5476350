/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the agent does at its time: ends of shelves and storms, and
 * notifications in an interval.
 */
#ifndef HBW_AGENT_TIMERS_H
#define HBW_AGENT_TIMERS_H

#include <stdbool.h>

#include "agent.h"
#include "base/mono.h"
#include "base/wall.h"

/* When agent_timers_work() must be called at the latest. */
struct mono_time agent_timers_due(const struct agent *);
/* Does what is due at agent->now; see agent_watcher_work() for `settled`. */
void	 agent_timers_work(struct agent *, bool settled, struct wall_time now);

#endif
