/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An alarm that is raised more often than the option `flapping` of its watch
 * permits is chattering.
 *
 * hbwAlarmChanged is sent when that begins and when it ends, but for an alarm
 * that begins to chatter in a storm it is only in the history.  In between,
 * raises and clears are only in the history.  It ends when at most half as many
 * raises are within the same time; then the raise or the clear is notified if
 * receivers do not have it.
 *
 * The times of the raises are not on disk.  After a restart or a reload a
 * chattering alarm stays chattering for that time at least.
 */
#ifndef HBW_FLAPPING_H
#define HBW_FLAPPING_H

#include <stdbool.h>

#include "agent.h"
#include "agent_notify.h"
#include "base/mono.h"
#include "base/wall.h"

/*
 * Counts the raise of an alarm of the current configuration.  True if the alarm
 * begins to chatter with this raise.
 */
bool	 flapping_raised(struct agent *, const struct agent_alarm *);
/* Ends the chattering of an alarm; does nothing if it is not chattering. */
void	 flapping_end(struct agent *, const struct agent_alarm *,
	    struct wall_time now);
/* Another configuration is in effect. */
void	 flapping_apply(struct agent *, struct wall_time now);

/* When flapping_work() has something to do; MONO_NEVER: nothing. */
struct mono_time flapping_due(const struct agent *);
/* Ends the chattering of alarms that are calm. */
void	 flapping_work(struct agent *, struct wall_time now);

void	 flapping_free(struct agent *);

#endif
