/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "base/search.h"
#include "peer_hosts.h"

void
peer_hosts_free(struct peer_hosts *h)
{
	free(h->list);
	*h = (struct peer_hosts){ .list = NULL };
}

static int
by_name(const void *a, const void *b)
{
	const struct peer_hosts_entry	*x = a, *y = b;
	uintptr_t			 p = (uintptr_t)x->name;
	uintptr_t			 q = (uintptr_t)y->name;

	if (p != q)
		return (p < q ? -1 : 1);
	return ((x->watch > y->watch) - (x->watch < y->watch));
}

bool
peer_hosts_set(struct peer_hosts *h, const struct configuration *config)
{
	const char	*name;
	size_t		 i, n = 0;

	peer_hosts_free(h);
	for (i = 0; i < config->nwatches; i++)
		n += config->watches[i]->profile->peer_host != NULL;
	if (n == 0)
		return (true);
	h->list = calloc(n, sizeof(*h->list));
	if (h->list == NULL)
		return (false);
	for (i = 0; i < config->nwatches; i++) {
		name = config->watches[i]->profile->peer_host;
		if (name != NULL)
			h->list[h->count++] = (struct peer_hosts_entry){
				name, (uint32_t)i,
			};
	}
	qsort(h->list, h->count, sizeof(*h->list), by_name);
	return (true);
}

struct wanted {
	const struct peer_hosts	*hosts;
	const char		*name;
};

/* A search_less. */
static bool
is_less(const void *arg, size_t position)
{
	const struct wanted	*w = arg;

	return ((uintptr_t)w->hosts->list[position].name <
	    (uintptr_t)w->name);
}

void
peer_hosts_add_evidence(const struct peer_hosts *h, const struct agent *agent,
    const struct configuration_watch *w, struct evidence *e)
{
	const struct configuration	*config = agent->current.config;
	const struct configuration_profile	*p = w->profile, *q;
	const struct wanted		 wanted = { h, p->peer_host };
	struct detect_watch		 row;
	uint32_t			 watch;
	size_t				 i;

	if (p->peer_host == NULL)
		return;
	for (i = search_first(h->count, is_less, &wanted); i < h->count &&
	    h->list[i].name == p->peer_host; i++) {
		watch = h->list[i].watch;
		q = config->watches[watch]->profile;
		/* The names of interfaces are interned, too. */
		if (!q->enabled || q->interface == p->interface)
			continue;
		shared_state_read_watch(agent->current.shared, watch,
		    agent->now, &row);
		if (!row.received || row.last_wall.ns <= e->last.ns ||
		    detect_silence_ns(&row, agent->now) >=
		    q->interruption_ns / 2)
			continue;
		e->signals[EVIDENCE_OTHER_PEERS_ALIVE] =
		    (struct evidence_signal){
			.state = EVIDENCE_PRESENT, .code = 1, .count = 1,
			.at = row.last_wall,
			.address = config->watches[watch]->peer,
		};
		return;
	}
}
