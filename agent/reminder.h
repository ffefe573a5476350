/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reminders of active alarms that nobody has acknowledged: hbwAlarmReminder is
 * queued each `reminder` after the raise.
 *
 * None is sent for an alarm that is acknowledged, shelved or chattering, whose
 * raise was only summarised, or whose last notification waits to be delivered.
 * For all alarms together at most ten are queued in a second; the others follow
 * later.
 */
#ifndef HBW_REMINDER_H
#define HBW_REMINDER_H

#include "agent.h"
#include "base/mono.h"
#include "base/wall.h"

/* An alarm of the current configuration was raised. */
void	 reminder_raised(struct agent *, const struct alarm *);
/* Another configuration is in effect: lists the active alarms again. */
void	 reminder_apply(struct agent *);

/* When reminder_work() has something to do; MONO_NEVER: nothing. */
struct mono_time reminder_due(const struct agent *);
/* Queues the reminders that are due. */
void	 reminder_work(struct agent *, struct wall_time now);

void	 reminder_free(struct agent *);

#endif
