/* SPDX-License-Identifier: BSD-2-Clause */
#include "agent_watches.h"

/* The engine may have written any number: takes at most what is left. */
static uint32_t
take(uint32_t *left, uint32_t count)
{
	if (count > *left)
		count = *left;
	*left -= count;
	return (count);
}

static void
count_capture(const struct agent *agent, size_t i, struct agent_watches *w)
{
	struct detect_source	 source;
	uint32_t		 left = agent->current.captures[i].watches;

	shared_state_read_source(agent->current.shared, i, agent->now,
	    &source);
	w->blind += take(&left, source.blind ? left : source.blind_watches);
	w->interrupted += take(&left, source.interrupted);
	w->alive += take(&left, source.alive);
	w->starting += left;
}

static struct agent_watches
count(const struct agent *agent, bool blind)
{
	const struct generation	*g = &agent->current;
	struct agent_watches	 w = {
		.total = (uint32_t)g->config->nwatches,
	};
	uint32_t		 enabled = 0;
	size_t			 i;

	for (i = 0; i < g->shared->ncaptures; i++) {
		enabled += g->captures[i].watches;
		if (!blind)
			count_capture(agent, i, &w);
	}
	if (blind)
		w.blind = enabled;
	w.disabled = w.total - enabled;
	return (w);
}

struct agent_watches
agent_watches_now(const struct agent *agent)
{
	return (count(agent, agent->engine_fault != NULL ||
	    !agent_engine_is_alive(agent)));
}

struct agent_watches
agent_watches_lasting(const struct agent *agent)
{
	return (count(agent, agent->engine_fault != NULL));
}
