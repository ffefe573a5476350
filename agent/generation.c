/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/search.h"
#include "generation.h"

void
generation_forget_old(struct generation *c)
{
	free(c->before);
	free(c->removed);
	c->before = c->removed = NULL;
	c->nremoved = 0;
}

void
generation_free(struct generation *c)
{
	shared_state_free(c->shared);
	configuration_free(c->config);
	free(c->alarms);
	free(c->indexes);
	free(c->by_index);
	free(c->by_alarm);
	free(c->captures);
	generation_forget_old(c);
	*c = (struct generation){ 0 };
}

/* ---- new ones */

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

bool
generation_sort(uint32_t *positions, size_t n, const uint64_t *keys)
{
	struct pair	*pairs;
	size_t		 i;

	pairs = calloc(n + 1, sizeof(*pairs));
	if (pairs == NULL)
		return (false);
	for (i = 0; i < n; i++)
		pairs[i] = (struct pair){ keys[i], (uint32_t)i };
	qsort(pairs, n, sizeof(*pairs), compare_pairs);
	for (i = 0; i < n; i++)
		positions[i] = pairs[i].position;
	free(pairs);
	return (true);
}

static bool
number_watches(struct watch_index *index, struct generation *c)
{
	const struct configuration	*config = c->config;
	const char			**list;
	size_t				  i;
	bool				  fine;

	list = calloc(config->nwatches + 1, sizeof(*list));
	if (list == NULL)
		return (false);
	for (i = 0; i < config->nwatches; i++)
		list[i] = config->watches[i]->name;
	fine = watch_index_add(index, list, config->nwatches);
	for (i = 0; fine && i < config->nwatches; i++)
		c->indexes[i] = watch_index_find(index, list[i]);
	free(list);
	return (fine);
}

static bool
order_watches(struct generation *c)
{
	const struct configuration	*config = c->config;
	uint64_t			*keys;
	size_t				 i;
	bool				 fine;

	keys = calloc(config->nwatches + 1, sizeof(*keys));
	if (keys == NULL)
		return (false);
	for (i = 0; i < config->nwatches; i++)
		keys[i] = c->indexes[i];
	fine = generation_sort(c->by_index, config->nwatches, keys);
	for (i = 0; i < config->nwatches; i++)
		keys[i] |= (uint64_t)config->watches[i]->profile->alarm->id
		    << 32;
	fine = fine && generation_sort(c->by_alarm, config->nwatches, keys);
	free(keys);
	return (fine);
}

/* Which watches are where, and which are gone? */
static bool
compare_with(struct generation *c, const struct generation *old)
{
	size_t	 i, found, n = old->config->nwatches;
	bool	*stays;

	c->before = calloc(c->config->nwatches + 1, sizeof(*c->before));
	c->removed = calloc(n + 1, sizeof(*c->removed));
	stays = calloc(n + 1, sizeof(*stays));
	if (c->before == NULL || c->removed == NULL || stays == NULL) {
		free(stays);
		return (false);
	}
	for (i = 0; i < c->config->nwatches; i++) {
		/* A name has the same hbwWatchIndex in all generations. */
		found = generation_find(old, c->indexes[i]);
		c->before[i] = found == SIZE_MAX ? SHARED_STATE_NEW :
		    (uint32_t)found;
		if (found != SIZE_MAX)
			stays[found] = true;
	}
	for (i = 0; i < n; i++)
		if (!stays[i])
			c->removed[c->nremoved++] = (uint32_t)i;
	free(stays);
	return (true);
}

bool
generation_new(struct generation *c, struct watch_index *index,
    const struct generation *old, struct configuration *config,
    struct shared_state *shared)
{
	size_t	 i, n = config->nwatches;

	*c = (struct generation){ .config = config, .shared = shared };
	c->alarms = calloc(n + 1, sizeof(*c->alarms));
	c->indexes = calloc(n + 1, sizeof(*c->indexes));
	c->by_index = calloc(n + 1, sizeof(*c->by_index));
	c->by_alarm = calloc(n + 1, sizeof(*c->by_alarm));
	c->captures = calloc(shared->ncaptures + 1, sizeof(*c->captures));
	if (c->alarms == NULL || c->indexes == NULL || c->by_index == NULL ||
	    c->by_alarm == NULL || c->captures == NULL ||
	    !number_watches(index, c) || !order_watches(c) ||
	    (old->config != NULL && !compare_with(c, old))) {
		c->config = NULL;
		c->shared = NULL;
		generation_free(c);
		return (false);
	}
	for (i = 0; i < n; i++)
		alarm_init(&c->alarms[i]);
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
	const struct generation		*c = wanted->generation;

	return (c->indexes[c->by_index[position]] < wanted->index);
}

size_t
generation_find(const struct generation *c, uint32_t index)
{
	struct wanted_index	 wanted = { c, index };
	size_t			 found;

	found = search_first(c->config->nwatches, is_index_less, &wanted);
	if (found < c->config->nwatches &&
	    c->indexes[c->by_index[found]] == index)
		return (c->by_index[found]);
	return (SIZE_MAX);
}
