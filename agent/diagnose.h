/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Diagnosis in the agent: joins the evidence of the engine with that of the
 * kernel, of log files and of probes, and sets the verdict on each alarm.
 *
 * The verdict is set when the alarm is raised, when its evidence changes in the
 * minute after that, and when it is cleared.  If the cause of an active alarm
 * changes, hbwAlarmChanged is queued, for each alarm at most once in ten
 * seconds.
 *
 * Nothing here waits: a signal that is not known in time stays unknown.
 */
#ifndef HBW_DIAGNOSE_H
#define HBW_DIAGNOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent_alarms.h"
#include "base/mono.h"
#include "base/wall.h"
#include "diagnosis/evidence.h"
#include "diagnosis/verdict.h"

/* The number of alarms whose evidence is kept: those raised last. */
#define DIAGNOSE_KEPT	256

struct diagnose;

/*
 * Opens the sockets, before the jail; those for probes only if a watch of the
 * configuration is probed.  NULL on error (errno).
 */
struct diagnose *diagnose_new(const struct configuration *);
/*
 * Starts the thread that reads log files, which has the privileges of the
 * process at this time.  False on error (errno).
 */
bool	 diagnose_start(struct diagnose *);
/* Frees it; NULL is ignored. */
void	 diagnose_free(struct diagnose *);
/* Another configuration takes effect. */
void	 diagnose_configure(struct diagnose *, const struct configuration *);

/* All functions below do nothing for an agent without a diagnosis. */

/*
 * Takes the evidence of the engine on a watch, which was validated.  `soon`: it
 * is not for an event that follows.  Then, if the alarm is not raised, it may
 * be in a moment, and the next diagnose_work queries the kernel for it, so that
 * the raise does not wait for that.
 */
void	 diagnose_evidence(struct agent *, uint32_t watch,
	    const struct evidence *, bool soon, struct wall_time now);
/*
 * The verdict on an alarm that is raised now, of the watch at `position`.  Call
 * diagnose_raised when it is raised.
 */
struct verdict diagnose_raise(struct agent *, size_t position,
	    const struct detect_event *, struct wall_time at);
void	 diagnose_raised(struct agent *, const struct agent_alarm *);
/* Sets the verdict on an alarm that is cleared now, before it is cleared. */
void	 diagnose_clear(struct agent *, const struct agent_alarm *,
	    struct wall_time at);

/* A descriptor that is readable when there is work; -1: none.  Not owned. */
int	 diagnose_event(const struct agent *);
/*
 * When diagnose_work() must be called at the latest; or MONO_NEVER.  It may
 * take some time, so it is called when nothing else waits.
 */
struct mono_time diagnose_due(const struct agent *);
void	 diagnose_work(struct agent *, struct wall_time now);

/* ---- hbwEvidenceTable */

struct diagnose_kept {
	uint32_t	 alarm_id;
	uint32_t	 index;		/* hbwWatchIndex */
	const struct evidence *evidence;
};

/* The number of alarms whose evidence is kept, and one of them in order. */
size_t	 diagnose_count(const struct agent *);
struct diagnose_kept diagnose_kept_at(const struct agent *, size_t i);

#endif
