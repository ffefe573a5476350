/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "base/search.h"
#include "engine/alarm_positions.h"

bool
alarm_positions_init(struct alarm_positions *p,
    const struct configuration *config)
{
	size_t	 i, n = 0;

	*p = (struct alarm_positions){ .nwatches = config->nwatches };
	for (i = 0; i < config->nwatches; i++)
		n += config->watches[i]->profile->dual != NULL;
	p->duals = calloc(n + 1, sizeof(*p->duals));
	if (p->duals == NULL)
		return (false);
	for (i = 0; i < config->nwatches; i++)
		if (config->watches[i]->profile->dual != NULL)
			p->duals[p->nduals++] = (uint32_t)i;
	return (true);
}

void
alarm_positions_free(struct alarm_positions *p)
{
	free(p->duals);
	*p = (struct alarm_positions){ 0 };
}

struct wanted_watch {
	const uint32_t	*duals;
	size_t		 watch;
};

static bool
is_watch_less(const void *arg, size_t i)
{
	const struct wanted_watch	*wanted = arg;

	return (wanted->duals[i] < wanted->watch);
}

uint32_t
alarm_positions_dual(const struct alarm_positions *p, size_t watch)
{
	struct wanted_watch	 wanted = { p->duals, watch };
	size_t			 i;

	i = search_first(p->nduals, is_watch_less, &wanted);
	return (i < p->nduals && p->duals[i] == watch ?
	    (uint32_t)(p->nwatches + i) : ALARM_POSITIONS_NONE);
}
