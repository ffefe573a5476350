/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>

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

void
agent_watches_text(const struct agent_watches *w, uint32_t active, char *text)
{
	const struct {
		uint32_t	 count;
		const char	*state;
	} states[] = {
		{ w->alive, "alive" }, { w->starting, "starting" },
		{ w->interrupted, "interrupted" }, { w->blind, "blind" },
		{ w->disabled, "disabled" },
	};
	const char	*separator = ": ";
	const size_t	 size = AGENT_WATCHES_TEXT_SIZE;
	size_t		 n, i;

	n = (size_t)snprintf(text, size, "%" PRIu32 " watch%s", w->total,
	    w->total == 1 ? "" : "es");
	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (states[i].count == 0)
			continue;
		n += (size_t)snprintf(text + n, size - n, "%s%" PRIu32 " %s",
		    separator, states[i].count, states[i].state);
		separator = ", ";
	}
	snprintf(text + n, size - n, "; %" PRIu32 " active alarm%s", active,
	    active == 1 ? "" : "s");
}
