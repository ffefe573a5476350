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

static void
free_duals(struct generation *g)
{
	size_t	 i, n = g->duals == NULL ? 0 : g->shared->positions.nduals;

	for (i = 0; i < n; i++)
		configuration_watch_release(g->duals[i]);
	free(g->duals);
	g->duals = NULL;
}

static void
free_alarms(struct generation *g)
{
	size_t	 i, n = g->shared == NULL ? 0 : generation_alarms(g);

	for (i = 0; i < n; i++)
		operator_action_release(g->alarms[i].operator);
	free(g->alarms);
}

void
generation_free(struct generation *g)
{
	free_alarms(g);
	free_duals(g);
	shared_state_free(g->shared);
	configuration_free(g->config);
	free(g->changed);
	free(g->used);
	free(g->raised);
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

/* The watches of one section have the same profile. */
static void
count_watches(struct generation *g)
{
	const struct configuration_profile	*p, *last = NULL;
	uint32_t				 capture = 0;
	size_t					 i;

	for (i = 0; i < g->config->nwatches; i++) {
		p = g->config->watches[i]->profile;
		if (!p->enabled)
			continue;
		if (p != last)
			capture = shared_state_find_capture(g->shared,
			    p->interface);
		last = p;
		g->captures[capture].watches++;
	}
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
	struct pair	*pairs;
	size_t		 i, n = g->config->nwatches;

	pairs = calloc(n + 1, sizeof(*pairs));
	if (pairs == NULL)
		return (false);
	for (i = 0; i < n; i++)
		pairs[i] = (struct pair){ g->indexes[i], (uint32_t)i };
	sort_pairs(pairs, n);
	for (i = 0; i < n; i++)
		g->by_index[i] = pairs[i].position;
	free(pairs);
	return (true);
}

/* A profile whose alarm is that of two active nodes.  NULL: no memory. */
static struct configuration_profile *
dual_profile(const struct configuration_profile *p)
{
	struct configuration_profile	 profile = *p;

	profile.alarm = p->dual;
	return (configuration_profile_new(&profile));
}

/* The watches of one section share the profile. */
static bool
make_duals(struct generation *g)
{
	const struct alarm_positions		*positions;
	const struct configuration_watch	*w;
	const struct configuration_profile	*last = NULL;
	struct configuration_profile		*profile = NULL;
	size_t					 i;

	positions = &g->shared->positions;
	g->duals = calloc(positions->nduals + 1, sizeof(*g->duals));
	for (i = 0; g->duals != NULL && i < positions->nduals; i++) {
		w = g->config->watches[positions->duals[i]];
		if (w->profile != last) {
			configuration_profile_release(profile);
			profile = dual_profile(w->profile);
			last = w->profile;
		}
		if (profile == NULL)
			return (false);
		g->duals[i] = configuration_watch_new(profile, w->name,
		    &w->peer);
		if (g->duals[i] == NULL)
			break;
	}
	configuration_profile_release(profile);
	return (g->duals != NULL && i == positions->nduals);
}

static uint32_t
alarm_id_at(const struct generation *g, uint32_t position)
{
	return (generation_alarm_watch(g, position)->profile->alarm->id);
}

static bool
order_alarms(struct generation *g)
{
	struct pair	*pairs;
	size_t		 i, n = generation_alarms(g);
	uint64_t	 id;

	pairs = calloc(n + 1, sizeof(*pairs));
	if (pairs == NULL)
		return (false);
	for (i = 0; i < n; i++) {
		id = alarm_id_at(g, (uint32_t)i);
		pairs[i] = (struct pair){ id << 32 | generation_index(g, i),
			(uint32_t)i };
	}
	sort_pairs(pairs, n);
	for (i = 0; i < n; i++)
		g->by_alarm[i] = pairs[i].position;
	free(pairs);
	return (true);
}

uint32_t
generation_before(const struct generation *g, const struct generation *old,
    size_t position)
{
	uint32_t	 before = g->before[generation_watch(g, position)];

	if (before == SHARED_STATE_NEW ||
	    !alarm_positions_is_dual(&g->shared->positions, position))
		return (before);
	before = alarm_positions_dual(&old->shared->positions, before);
	return (before == ALARM_POSITIONS_NONE ? SHARED_STATE_NEW : before);
}

/*
 * Finds each watch in the old configuration, and lists the alarms that are
 * removed.
 */
static bool
find_old_watches(struct generation *g, const struct generation *old)
{
	size_t		 i, found, n = generation_alarms(old);
	uint32_t	 before;
	bool		*kept;

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
	}
	for (i = 0; i < generation_alarms(g); i++) {
		before = generation_before(g, old, i);
		if (before != SHARED_STATE_NEW)
			kept[before] = true;
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
	size_t	 nalarms = alarm_positions_count(&shared->positions);

	*g = (struct generation){ .config = config, .shared = shared };
	g->alarms = calloc(nalarms + 1, sizeof(*g->alarms));
	g->changed = calloc(nalarms + 1, sizeof(*g->changed));
	g->used = calloc(nalarms + 1, sizeof(*g->used));
	g->raised = calloc(nalarms + 1, sizeof(*g->raised));
	g->indexes = calloc(n + 1, sizeof(*g->indexes));
	g->by_index = calloc(n + 1, sizeof(*g->by_index));
	g->by_alarm = calloc(nalarms + 1, sizeof(*g->by_alarm));
	g->captures = calloc(shared->ncaptures + 1, sizeof(*g->captures));
	if (g->alarms == NULL || g->changed == NULL || g->used == NULL ||
	    g->raised == NULL ||
	    g->indexes == NULL || g->by_index == NULL || g->by_alarm == NULL ||
	    g->captures == NULL ||
	    !number_watches(watches, g) || !order_watches(g) ||
	    !make_duals(g) || !order_alarms(g) ||
	    !number_captures(captures, g) || !order_captures(g) ||
	    !rank_set_init(&g->active, (uint32_t)nalarms) ||
	    (old->config != NULL && !find_old_watches(g, old))) {
		/* They are still the caller's. */
		free_duals(g);
		g->config = NULL;
		g->shared = NULL;
		generation_free(g);
		return (false);
	}
	count_watches(g);
	for (i = 0; i < nalarms; i++)
		if (alarm_positions_is_dual(&shared->positions, i))
			g->alarms[i].flags = ALARM_DUAL;
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

size_t
generation_find_alarm(const struct generation *g, uint32_t index, bool dual)
{
	size_t		 watch = generation_find(g, index);
	uint32_t	 position;

	if (watch == SIZE_MAX || !dual)
		return (watch);
	position = alarm_positions_dual(&g->shared->positions, watch);
	return (position == ALARM_POSITIONS_NONE ? SIZE_MAX : position);
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
	    generation_index(g, position) < wanted->index));
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
	    generation_index(g, g->by_alarm[row]) == index)
		rank_set_put(&g->active, (uint32_t)row, active);
}
