/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/search.h"
#include "generation.h"

void
generation_forget_old(struct generation *g)
{
	free(g->before);
	free(g->removed);
	g->before = g->removed = NULL;
	g->nremoved = 0;
}

void
generation_free(struct generation *g)
{
	shared_state_free(g->shared);
	configuration_free(g->config);
	free(g->alarms);
	free(g->changed);
	free(g->indexes);
	free(g->by_index);
	free(g->by_alarm);
	rank_set_free(&g->active);
	free(g->captures);
	generation_forget_old(g);
	*g = (struct generation){ 0 };
}

/* ---- a new generation */

struct pair {
	uint64_t	 key;
	uint32_t	 position;
};

static int
compare_pairs(const void *a, const void *b)
{
	uint64_t	 x = ((const struct pair *)a)->key;
	uint64_t	 y = ((const struct pair *)b)->key;

	return (x < y ? -1 : x > y);
}

/* Sorts positions by their keys, which must all be different. */
static void
sort_pairs(struct pair *pairs, size_t n)
{
	qsort(pairs, n, sizeof(*pairs), compare_pairs);
}

static bool
number_watches(struct watch_index *index, struct generation *g)
{
	size_t	 i;

	for (i = 0; i < g->config->nwatches; i++) {
		g->indexes[i] = watch_index_add(index,
		    g->config->watches[i]->name);
		if (g->indexes[i] == 0)
			return (false);
	}
	return (true);
}

static bool
number_captures(struct watch_index *index, struct generation *g)
{
	size_t	 i;

	for (i = 0; i < g->shared->ncaptures; i++) {
		g->captures[i].index = watch_index_add(index,
		    g->shared->names[i]);
		if (g->captures[i].index == 0)
			return (false);
	}
	return (true);
}

static bool
order_captures(struct generation *g)
{
	struct pair	*pairs;
	size_t		 i, n = g->shared->ncaptures;

	pairs = calloc(n + 1, sizeof(*pairs));
	if (pairs == NULL)
		return (false);
	for (i = 0; i < n; i++)
		pairs[i] = (struct pair){ g->captures[i].index, (uint32_t)i };
	sort_pairs(pairs, n);
	for (i = 0; i < n; i++)
		g->captures[i].position = pairs[i].position;
	free(pairs);
	return (true);
}

static bool
order_watches(struct generation *g)
{
	const struct configuration	*config = g->config;
	struct pair			*pairs;
	size_t				 i, n = config->nwatches;
	uint64_t			 id;

	pairs = calloc(n + 1, sizeof(*pairs));
	if (pairs == NULL)
		return (false);
	for (i = 0; i < n; i++)
		pairs[i] = (struct pair){ g->indexes[i], (uint32_t)i };
	sort_pairs(pairs, n);
	for (i = 0; i < n; i++) {
		g->by_index[i] = pairs[i].position;
		id = config->watches[pairs[i].position]->profile->alarm->id;
		pairs[i].key |= id << 32;
	}
	sort_pairs(pairs, n);
	for (i = 0; i < n; i++)
		g->by_alarm[i] = pairs[i].position;
	free(pairs);
	return (true);
}

/* Finds each watch in the old configuration, and lists the removed ones. */
static bool
find_old_watches(struct generation *g, const struct generation *old)
{
	size_t	 i, found, n = old->config->nwatches;
	bool	*kept;

	g->before = calloc(g->config->nwatches + 1, sizeof(*g->before));
	g->removed = calloc(n + 1, sizeof(*g->removed));
	kept = calloc(n + 1, sizeof(*kept));
	if (g->before == NULL || g->removed == NULL || kept == NULL) {
		free(kept);
		return (false);
	}
	for (i = 0; i < g->config->nwatches; i++) {
		/* A name has the same hbwWatchIndex in all generations. */
		found = generation_find(old, g->indexes[i]);
		g->before[i] = found == SIZE_MAX ? SHARED_STATE_NEW :
		    (uint32_t)found;
		if (found != SIZE_MAX)
			kept[found] = true;
	}
	for (i = 0; i < n; i++)
		if (!kept[i])
			g->removed[g->nremoved++] = (uint32_t)i;
	free(kept);
	return (true);
}

bool
generation_new(struct generation *g, struct watch_index *watches,
    struct watch_index *captures, const struct generation *old,
    struct configuration *config, struct shared_state *shared)
{
	size_t	 i, n = config->nwatches;

	*g = (struct generation){ .config = config, .shared = shared };
	g->alarms = calloc(n + 1, sizeof(*g->alarms));
	g->changed = calloc(n + 1, sizeof(*g->changed));
	g->indexes = calloc(n + 1, sizeof(*g->indexes));
	g->by_index = calloc(n + 1, sizeof(*g->by_index));
	g->by_alarm = calloc(n + 1, sizeof(*g->by_alarm));
	g->captures = calloc(shared->ncaptures + 1, sizeof(*g->captures));
	if (g->alarms == NULL || g->changed == NULL || g->indexes == NULL ||
	    g->by_index == NULL || g->by_alarm == NULL || g->captures == NULL ||
	    !number_watches(watches, g) || !order_watches(g) ||
	    !number_captures(captures, g) || !order_captures(g) ||
	    !rank_set_init(&g->active, (uint32_t)n) ||
	    (old->config != NULL && !find_old_watches(g, old))) {
		g->config = NULL;
		g->shared = NULL;
		generation_free(g);
		return (false);
	}
	for (i = 0; i < n; i++)
		alarm_init(&g->alarms[i]);
	return (true);
}

struct wanted_index {
	const struct generation	*generation;
	uint32_t		 index;
};

static bool
is_index_less(const void *arg, size_t position)
{
	const struct wanted_index	*wanted = arg;
	const struct generation		*g = wanted->generation;

	return (g->indexes[g->by_index[position]] < wanted->index);
}

size_t
generation_find(const struct generation *g, uint32_t index)
{
	struct wanted_index	 wanted = { g, index };
	size_t			 found;

	found = search_first(g->config->nwatches, is_index_less, &wanted);
	if (found < g->config->nwatches &&
	    g->indexes[g->by_index[found]] == index)
		return (g->by_index[found]);
	return (SIZE_MAX);
}

static uint32_t
alarm_id_at(const struct generation *g, uint32_t position)
{
	return (g->config->watches[position]->profile->alarm->id);
}

void
generation_list_active(struct generation *g)
{
	uint32_t	 i;

	for (i = 0; i < g->active.size; i++)
		rank_set_put(&g->active, i,
		    g->alarms[g->by_alarm[i]].state == ALARM_RAISED);
}

struct wanted_alarm {
	const struct generation	*generation;
	uint32_t		 alarm_id;
	uint32_t		 index;
};

static bool
is_alarm_less(const void *arg, size_t row)
{
	const struct wanted_alarm	*wanted = arg;
	const struct generation		*g = wanted->generation;
	uint32_t			 position = g->by_alarm[row];
	uint32_t			 id = alarm_id_at(g, position);

	return (id < wanted->alarm_id || (id == wanted->alarm_id &&
	    g->indexes[position] < wanted->index));
}

void
generation_set_active(struct generation *g, uint32_t alarm_id,
    uint32_t index, bool active)
{
	struct wanted_alarm	 wanted = { g, alarm_id, index };
	size_t			 row;

	row = search_first(g->active.size, is_alarm_less, &wanted);
	if (row < g->active.size &&
	    alarm_id_at(g, g->by_alarm[row]) == alarm_id &&
	    g->indexes[g->by_alarm[row]] == index)
		rank_set_put(&g->active, (uint32_t)row, active);
}
