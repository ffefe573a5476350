/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Captures: the notifications that one is blind or restored, and the order of
 * hbwCaptureTable.
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
 * Every capture is blind for a reason that is not its own (a constant text);
 * NULL: the engine can be relied on again.
 */
void	 agent_engine_fault(struct agent *, const char *reason,
	    struct wall_time now);

/*
 * Takes hbwCaptureIndex from the shared rows and sorts by it.  Until the next
 * call walks of the table see this order.
 */
void	 agent_order_captures(struct agent *);

#endif
