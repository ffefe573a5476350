/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "state/storm.h"

bool
storm_configure(struct storm *s, uint32_t limit, int64_t window_ns)
{
	if (limit == s->limit && window_ns == s->window_ns)
		return (true);
	free(s->recent);
	s->recent = NULL;
	s->nrecent = 0;
	s->limit = 0;
	s->window_ns = window_ns;
	if (limit == 0)
		return (true);
	s->recent = calloc(limit, sizeof(*s->recent));
	if (s->recent == NULL)
		return (false);
	s->limit = limit;
	return (true);
}

void
storm_free(struct storm *s)
{
	free(s->recent);
	memset(s, 0, sizeof(*s));
}

bool
storm_raise(struct storm *s, struct mono_time now)
{
	struct mono_time	*slot;
	bool			 storms;

	if (s->limit == 0)
		return (true);
	slot = &s->recent[s->nrecent % s->limit];
	storms = s->nrecent >= s->limit &&
	    mono_sub(now, *slot) < s->window_ns;
	*slot = now;
	s->nrecent++;
	return (!storms);
}

static bool
is_open(const struct storm *s)
{
	return (s->open.first != 0);
}

void
storm_add(struct storm *s, bool raised, uint32_t sequence,
    struct wall_time wall, struct mono_time now)
{
	if (!is_open(s)) {
		s->open = (struct notification_storm){
			.first = sequence, .since = wall,
		};
		s->began = now;
	}
	if (raised)
		s->open.raised++;
	else
		s->open.cleared++;
	s->last = now;
}

void
storm_resume(struct storm *s, const struct notification_storm *open,
    struct mono_time now)
{
	s->open = *open;
	s->began = s->last = now;
}

struct mono_time
storm_due(const struct storm *s)
{
	if (!is_open(s))
		return (MONO_NEVER);
	if (s->open.raised + s->open.cleared >= STORM_MOST)
		return (s->began);
	return (mono_min(mono_add(s->last, s->window_ns),
	    mono_add(s->began, STORM_WINDOWS * s->window_ns)));
}

struct notification_storm
storm_tell(struct storm *s, uint32_t sequence, uint32_t delivered)
{
	storm_told(s, &s->open, sequence, delivered);
	memset(&s->open, 0, sizeof(s->open));
	return (s->told);
}

void
storm_told(struct storm *s, const struct notification_storm *storm,
    uint32_t sequence, uint32_t delivered)
{
	if (s->told_by <= delivered)
		s->told_first = storm->first;
	s->told = *storm;
	s->told_by = sequence;
}

uint32_t
storm_oldest(const struct storm *s, uint32_t delivered, uint32_t size)
{
	if (s->told_by != 0 && (delivered < s->told_by ||
	    delivered - s->told_by < size))
		return (s->told_first);
	return (is_open(s) ? s->open.first : UINT32_MAX);
}

const struct notification_storm *
storm_shown(const struct storm *s)
{
	return (is_open(s) ? &s->open : &s->told);
}
