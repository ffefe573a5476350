/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reports of engines, and the reports that an engine could not make before
 * it ended.
 */
#ifndef HBW_AGENT_REPORTS_H
#define HBW_AGENT_REPORTS_H

#include "agent.h"
#include "base/mono.h"
#include "base/wall.h"
#include "engine/engine_process.h"

/* ENGINE_EVENT: a watch was raised or cleared. */
void	 agent_event(struct agent *, const struct engine_report *);
/* ENGINE_CAPTURE: the state of a capture changed. */
void	 agent_capture_event(struct agent *, const struct engine_report *,
	    struct wall_time now);

/*
 * Does what the missing reports would have done, as far as the shared rows
 * show it.  To be called while no engine writes to them.
 */
void	 agent_reconcile(struct agent *, struct mono_time now,
	    struct wall_time wall);

#endif
