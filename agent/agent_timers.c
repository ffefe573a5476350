/* SPDX-License-Identifier: BSD-2-Clause */
#include "agent_notify.h"
#include "agent_timers.h"
#include "agent_watcher.h"
#include "flapping.h"
#include "operator.h"
#include "reminder.h"

struct mono_time
agent_timers_due(const struct agent *agent)
{
	return (mono_min(mono_min(storm_due(&agent->storm),
	    operator_due(agent)), mono_min(agent_watcher_due(agent),
	    mono_min(reminder_due(agent), flapping_due(agent)))));
}

void
agent_timers_work(struct agent *agent, bool settled, struct wall_time now)
{
	operator_work(agent, now);
	agent_storm(agent, agent->now, now);
	agent_watcher_work(agent, settled, now);
	reminder_work(agent, now);
	flapping_work(agent, now);
}
