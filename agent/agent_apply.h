/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A new generation takes effect: alarms and captures go on in it.
 */
#ifndef HBW_AGENT_APPLY_H
#define HBW_AGENT_APPLY_H

#include <stdbool.h>

#include "agent.h"

/*
 * `next` takes effect.  What stays is taken over from the generation before it
 * or, at the start, from the state of the last run; an alarm that is active and
 * whose watch goes is cleared.  Afterwards `next` is the generation before, for
 * the caller to free.
 */
void	 agent_apply(struct agent *, struct generation *next,
	    struct wall_time now);

/*
 * The same for a configuration and its shared rows.  False when memory is
 * exhausted; then nothing has changed and the caller keeps both.  Otherwise the
 * agent owns both.
 */
bool	 agent_configure(struct agent *, struct configuration *,
	    struct shared_state *, struct wall_time now);

#endif
