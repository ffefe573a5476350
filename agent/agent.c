/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdatomic.h>
#include <string.h>

#include "agent.h"
#include "flapping.h"
#include "reminder.h"

/* An engine whose wakeup is overdue by this time does not update its rows. */
#define ENGINE_SILENT_NS	(2 * NSEC_PER_SEC)
/* An engine never sleeps longer, so a later wakeup is invalid. */
#define ENGINE_SLEEP_MAX_NS	(60 * NSEC_PER_SEC)

bool
agent_init(struct agent *agent, struct wall_time now)
{
	memset(agent, 0, sizeof(*agent));
	agent->start_time = now;
	agent->epoch = 1;
	return (outbox_init(&agent->outbox, 0));
}

void
agent_free(struct agent *agent)
{
	generation_free(&agent->current);
	heap_free(&agent->shelves);
	reminder_free(agent);
	flapping_free(agent);
	watch_index_free(&agent->watch_index);
	watch_index_free(&agent->capture_index);
	outbox_free(&agent->outbox);
	storm_free(&agent->storm);
}

struct mono_time
agent_engine_alive_until(const struct agent *agent)
{
	struct mono_time	 wakeup;

	wakeup.ns = atomic_load(agent->current.shared->next_wakeup);
	if (mono_before(mono_add(agent->now, ENGINE_SLEEP_MAX_NS), wakeup))
		return (agent->now);
	return (mono_add(wakeup, ENGINE_SILENT_NS));
}

bool
agent_engine_is_alive(const struct agent *agent)
{
	return (agent->engine_running &&
	    mono_before(agent->now, agent_engine_alive_until(agent)));
}
