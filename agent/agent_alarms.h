/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Alarms are raised and cleared: each change is logged, counted, and put into
 * the outbox as a notification, by itself or as part of a storm.
 */
#ifndef HBW_AGENT_ALARMS_H
#define HBW_AGENT_ALARMS_H

#include "agent.h"
#include "base/mono.h"
#include "base/wall.h"
#include "config/configuration.h"
#include "detect/detect.h"
#include "state/alarm.h"

/* An alarm and the watch that it belongs to; owns nothing. */
struct agent_alarm {
	struct alarm			*alarm;
	struct configuration_watch	*watch;
	uint32_t			 index;		/* hbwWatchIndex */
};

/* The alarm at this position of the current configuration. */
struct agent_alarm agent_alarm_at(const struct agent *, size_t position);

/* `at` is the wall clock time of the event. */
void	 agent_raise(struct agent *, const struct agent_alarm *,
	    const struct detect_event *, const struct verdict *,
	    struct wall_time at);
void	 agent_clear(struct agent *, const struct agent_alarm *,
	    const struct detect_event *, struct wall_time at, enum alarm_end);

/* Sets another verdict on an active alarm.  It is stored, but not sent. */
void	 agent_set_verdict(struct agent *, const struct agent_alarm *,
	    const struct verdict *);
/*
 * Queues hbwAlarmChanged.  Another cause of a summarised alarm is not notified,
 * and that of a shelved or chattering one is only in the history.
 */
void	 agent_change(struct agent *, const struct agent_alarm *,
	    enum operator_change, struct wall_time now);

/* Queues hbwAlarmReminder for an active alarm; see reminder.h. */
void	 agent_remind(struct agent *, const struct agent_alarm *,
	    struct wall_time now);

/*
 * To be called when the notifications of an alarm are not withheld any more:
 * notifies what receivers do not have, that it is chattering or calm, and its
 * raise or clear with the old time.
 */
void	 agent_notify_difference(struct agent *, const struct agent_alarm *,
	    struct wall_time now);

/*
 * Logs the notifications of alarms that are not logged yet, a limited number in
 * one call: in a storm the table must not wait for the log.  True: there are
 * more.
 */
bool	 agent_log_changes(struct agent *);

/* Adds `change`, 1 or -1, to the numbers of active alarms. */
void	 agent_count_active(struct agent *, const struct configuration_watch *,
	    int change);

/*
 * Adds `change`, 1 or -1, to the numbers of shelved and of unacknowledged
 * alarms.  To be called before and after the alarm changes.
 */
void	 agent_count_operator(struct agent *, const struct alarm *, int change);

/* When a storm is over, queues its notification. */
void	 agent_storm(struct agent *, struct mono_time now,
	    struct wall_time wall);

#endif
