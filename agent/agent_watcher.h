/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notifications about hbwatchd itself: that it has started, that it runs, and
 * that it stops.  A receiver that gets none of them for some time can conclude
 * that hbwatchd does not run.
 */
#ifndef HBW_AGENT_WATCHER_H
#define HBW_AGENT_WATCHER_H

#include <stdbool.h>

#include "agent.h"
#include "base/mono.h"
#include "base/wall.h"
#include "state/notification.h"

/* The present values of hbwatchd. */
struct notification_watcher agent_watcher_now(const struct agent *);

/* Queues hbwWatcherStopped, if hbwWatcherStarted was queued. */
void	 agent_watcher_stop(struct agent *, struct wall_time now);

/* When the next call of agent_watcher_work() has something to do. */
struct mono_time agent_watcher_due(const struct agent *);
/*
 * Queues hbwWatcherStarted, once: when an engine captures for the configuration
 * in effect (`settled`), so that hbwBlindWatches is right, or some seconds
 * after the start.  From then on, queues hbwWatcherAlive each `alive`, unless
 * the previous one still waits to be delivered.
 */
void	 agent_watcher_work(struct agent *, bool settled,
	    struct wall_time now);

#endif
