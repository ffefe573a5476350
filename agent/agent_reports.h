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
#include "engine/engine_check.h"
#include "engine/engine_process.h"

/*
 * ENGINE_EVENT: an alarm was raised or cleared.  ENGINE_CAPTURE: the state of a
 * capture changed.  Both return NULL, or what is wrong with the report, a
 * constant text; then nothing has changed.
 */
const char *agent_event(struct agent *, const struct engine_event *,
	    const struct engine_check_clocks *);
const char *agent_capture_event(struct agent *, struct engine_message *,
	    struct wall_time now);

/*
 * ENGINE_EVIDENCE: the evidence on the silence of a watch, in which invalid
 * values are corrected.  Returns NULL, or the fault, a constant text.
 */
const char *agent_evidence(struct agent *, struct engine_evidence *,
	    const struct engine_check_clocks *);

/* The name of the watch that a report is about; NULL: none. */
const char *agent_report_watch(const struct agent *,
	    const struct engine_report *);

/*
 * Compares alarms and captures with the shared rows, and applies the changes
 * that were not reported.  To be called while no engine writes to the rows;
 * `now` is read after the last one has ended.  A row that contradicts its alarm
 * is set to the alarm; one line is logged.
 */
void	 agent_reconcile(struct agent *, struct mono_time now,
	    struct wall_time wall);

/*
 * The same for the rows of an engine that sent an invalid report: no change is
 * taken from them, and the silence of all watches counts from `now` on.
 */
void	 agent_distrust(struct agent *, struct mono_time now);

#endif
