/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The notifications that a capture is blind or restored.
 */
#ifndef HBW_AGENT_CAPTURES_H
#define HBW_AGENT_CAPTURES_H

#include <stdbool.h>
#include <stdint.h>

#include "agent.h"
#include "base/wall.h"

/*
 * Queues a notification when a capture has become blind or is no longer blind
 * since its last notification.  `error` NULL: the error of its shared row.
 */
void	 agent_notify_blind(struct agent *, uint32_t capture, bool blind,
	    const char *error, struct wall_time now);

/*
 * Sets the reason why no capture of the engine is reliable, a constant text, or
 * NULL when they are reliable again.  Queues a notification for each capture
 * that becomes blind or is restored.
 */
void	 agent_engine_fault(struct agent *, const char *reason,
	    struct wall_time now);

#endif
