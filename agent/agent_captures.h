/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Queues the notifications hbwWatcherBlind and hbwWatcherRestored.
 */
#ifndef HBW_AGENT_CAPTURES_H
#define HBW_AGENT_CAPTURES_H

#include <stdbool.h>
#include <stdint.h>

#include "agent.h"
#include "base/wall.h"

/*
 * Queues a notification if `blind` differs from the last notification of the
 * capture, an index of its generation.  `error` is the reason; if it is NULL,
 * that of the shared row is used.
 */
void	 agent_notify_blind(struct agent *, uint32_t capture, bool blind,
	    const char *error, struct wall_time now);

/*
 * Queues hbwWatcherRestored for the interface of a capture whose last
 * notification was hbwWatcherBlind, when no watch uses it any more.  `index` is
 * its hbwCaptureIndex.
 */
void	 agent_notify_not_monitored(struct agent *, const char *interface,
	    uint32_t index, struct wall_time now);

/*
 * Very frequent notifications of a capture are deferred.  True when one is, and
 * agent_notify_deferred() must be called again, for example in a second.
 */
bool	 agent_has_deferred(const struct agent *);
void	 agent_notify_deferred(struct agent *, struct wall_time now);

/*
 * Sets the reason why no capture of the engine is reliable, such as repeated
 * crashes: a constant text, or NULL when the captures are reliable again.
 * Queues a notification for each capture that becomes blind or is restored.
 */
void	 agent_engine_fault(struct agent *, const char *reason,
	    struct wall_time now);

#endif
