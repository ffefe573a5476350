/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Alarms are raised and cleared: each change is counted and notified, and
 * everything that depends on it gets it: flapping, reminders, operators and
 * evidence files.
 */
#ifndef HBW_AGENT_ALARMS_H
#define HBW_AGENT_ALARMS_H

#include "agent.h"
#include "agent_notify.h"
#include "base/wall.h"
#include "config/configuration.h"
#include "detect/detect.h"
#include "state/alarm.h"

/* `at` is the wall clock time of the event. */
void	 agent_raise(struct agent *, const struct agent_alarm *,
	    const struct detect_event *, const struct verdict *,
	    struct wall_time at);
void	 agent_clear(struct agent *, const struct agent_alarm *,
	    const struct detect_event *, struct wall_time at, enum alarm_end);

/* Sets another verdict on an active alarm.  It is stored, but not sent. */
void	 agent_set_verdict(struct agent *, const struct agent_alarm *,
	    const struct verdict *);
/* Adds `change`, 1 or -1, to the numbers of active alarms. */
void	 agent_count_active(struct agent *, const struct configuration_watch *,
	    int change);

#endif
