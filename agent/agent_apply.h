/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A new generation takes effect, and takes over alarms and captures.
 */
#ifndef HBW_AGENT_APPLY_H
#define HBW_AGENT_APPLY_H

#include <stdbool.h>

#include "agent.h"

/*
 * `next` takes effect.  Alarms and captures that are still configured are taken
 * over from the previous generation or, at the start, from the last run.  The
 * active alarm of a watch that was removed is cleared.  Afterwards *next is the
 * previous generation, for the caller to free.
 */
void	 agent_apply(struct agent *, struct generation *next,
	    struct wall_time now);

/*
 * The same for a configuration and its shared rows, which the agent then owns.
 * False when memory is exhausted; then the caller owns both.
 */
bool	 agent_configure(struct agent *, struct configuration *,
	    struct shared_state *, struct wall_time now);

#endif
