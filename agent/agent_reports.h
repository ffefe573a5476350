/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Applies the reports of engines, and the changes that an engine could not
 * report before it ended.
 */
#ifndef HBW_AGENT_REPORTS_H
#define HBW_AGENT_REPORTS_H

#include "agent.h"
#include "base/mono.h"
#include "base/wall.h"
#include "engine/engine_process.h"

/* ENGINE_EVENT: an alarm was raised or cleared.  Ignores an invalid one. */
void	 agent_event(struct agent *, const struct engine_report *);
/* ENGINE_CAPTURE: the state of a capture changed.  Ignores an invalid one. */
void	 agent_capture_event(struct agent *, const struct engine_report *,
	    struct wall_time now);

/*
 * Compares alarms and captures with the shared rows, and applies the changes
 * that were not reported.  To be called while no engine writes to the rows.
 */
void	 agent_reconcile(struct agent *, struct mono_time now,
	    struct wall_time wall);

#endif
