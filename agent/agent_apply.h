/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes a new generation take effect, with the alarms and captures of the
 * previous one.
 */
#ifndef HBW_AGENT_APPLY_H
#define HBW_AGENT_APPLY_H

#include <stdbool.h>

#include "agent.h"

/*
 * Makes `next` take effect.  Alarms and captures that are still configured are
 * taken over from the previous generation or, at the start, from the last run.
 * The active alarm of a removed watch is cleared.  Afterwards *next is the
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
