/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/detect_count.h"

/* An earlier detector has left its numbers in the source. */
static void
reset(const struct detect *d, const struct detect_watch *w)
{
	struct detect_source	*source;

	if (!w->enabled)
		return;
	source = d->sources[w->source];
	source->blind_watches = source->interrupted = source->alive = 0;
}

static void
count(const struct detect *d, const struct detect_watch *w)
{
	struct detect_source	*source;

	if (!w->enabled)
		return;
	source = d->sources[w->source];
	if (w->blind)
		source->blind_watches++;
	else if (w->raised)
		source->interrupted++;
	else if (w->received)
		source->alive++;
}

void
detect_count_watches(const struct detect *d, size_t nwatches)
{
	size_t	 i;

	for (i = 0; i < nwatches; i++)
		reset(d, &d->watches[i]);
	for (i = 0; i < nwatches; i++)
		count(d, &d->watches[i]);
}
