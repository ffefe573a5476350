/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The notifications of alarms: each goes into the outbox, by itself, as part of
 * a storm, or only for the history, and is logged.
 */
#ifndef HBW_AGENT_NOTIFY_H
#define HBW_AGENT_NOTIFY_H

#include "agent.h"
#include "base/mono.h"
#include "base/wall.h"
#include "config/configuration.h"
#include "state/alarm.h"

/* An alarm and the watch that it belongs to; owns nothing. */
struct agent_alarm {
	struct alarm			*alarm;
	struct configuration_watch	*watch;
	uint32_t			 index;		/* hbwWatchIndex */
};

/* The alarm at this position of the current configuration. */
struct agent_alarm agent_alarm_at(const struct agent *, size_t position);

/*
 * Queue hbwAlarmRaised and hbwAlarmCleared for an alarm that has changed at the
 * wall clock time `at`.  A raise counts for a storm when it is notified.  If an
 * earlier raise is still active for receivers, it is not summarised: otherwise
 * its clear would be, too, and they would not get the end of the earlier one.
 */
void	 agent_notify_raise(struct agent *, const struct agent_alarm *,
	    struct wall_time at);
void	 agent_notify_clear(struct agent *, const struct agent_alarm *,
	    struct wall_time at);

/*
 * Queues the raise with which an alarm begins to chatter, and hbwAlarmChanged.
 * In a storm both are only in the history, and the storm includes the raise.
 */
void	 agent_notify_chattering(struct agent *, const struct agent_alarm *,
	    struct wall_time at);

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
 * raise or clear with the old time.  That it is chattering is not notified if
 * too many alarms are raised or begin to chatter at this time.
 */
void	 agent_notify_difference(struct agent *, const struct agent_alarm *,
	    struct wall_time now);

/*
 * Logs the notifications of alarms that are not logged yet, a limited number in
 * one call: in a storm the table must not wait for the log.  True: there are
 * more.
 */
bool	 agent_log_changes(struct agent *);

/*
 * Adds `change`, 1 or -1, to the numbers of shelved and of unacknowledged
 * alarms.  To be called before and after the alarm changes.
 */
void	 agent_count_operator(struct agent *, const struct alarm *, int change);

/* When a storm is over, queues its notification. */
void	 agent_storm(struct agent *, struct mono_time now,
	    struct wall_time wall);

#endif
