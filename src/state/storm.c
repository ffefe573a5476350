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
	bool			 exceeded;

	if (s->limit == 0)
		return (true);
	slot = &s->recent[s->nrecent % s->limit];
	exceeded = s->nrecent >= s->limit &&
	    mono_sub(now, *slot) < s->window_ns;
	*slot = now;
	s->nrecent++;
	return (!exceeded);
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
		s->opened = now;
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
	s->opened = s->last = now;
}

struct mono_time
storm_due(const struct storm *s)
{
	if (!is_open(s))
		return (MONO_NEVER);
	if (s->open.raised + s->open.cleared >= STORM_TRANSITIONS_MAX)
		return (s->opened);
	return (mono_min(mono_add(s->last, s->window_ns),
	    mono_add(s->opened, STORM_WINDOWS_MAX * s->window_ns)));
}

struct notification_storm
storm_close(struct storm *s, uint32_t sequence, uint32_t delivered)
{
	storm_set_notified(s, &s->open, sequence, delivered);
	memset(&s->open, 0, sizeof(s->open));
	return (s->notified);
}

void
storm_set_notified(struct storm *s, const struct notification_storm *storm,
    uint32_t sequence, uint32_t delivered)
{
	if (s->notified_by <= delivered)
		s->oldest_needed = storm->first;
	s->notified = *storm;
	s->notified_by = sequence;
}

uint32_t
storm_oldest(const struct storm *s, uint32_t delivered, uint32_t size)
{
	if (s->notified_by != 0 && (delivered < s->notified_by ||
	    delivered - s->notified_by < size))
		return (s->oldest_needed);
	return (is_open(s) ? s->open.first : UINT32_MAX);
}

const struct notification_storm *
storm_shown(const struct storm *s)
{
	return (is_open(s) ? &s->open : &s->notified);
}
