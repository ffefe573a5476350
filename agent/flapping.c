/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "base/log.h"
#include "flapping.h"

/* The most alarms that are checked in a turn of the loop. */
#define CHECKS_PER_TURN	256

/* The latest raises of an alarm. */
struct flapping_raises {
	struct mono_time	*times;		/* a ring of limit + 1; owned */
	uint64_t		 count;		/* of all raises since then */
	struct mono_time	 since;		/* raises are counted */
	bool			 listed;	/* in the heap */
};

static const struct duration_limit *
limit_of(const struct agent *agent, size_t position)
{
	return (&generation_alarm_watch(&agent->current,
	    position)->profile->flapping);
}

/* The n-th latest raise, from 1; false if fewer were counted. */
static bool
latest(const struct flapping_raises *r, uint32_t limit, uint32_t n,
    struct mono_time *at)
{
	if (r->count < n)
		return (false);
	*at = r->times[(r->count - n) % (limit + 1)];
	return (true);
}

/* When the alarm is calm, if it is not raised again. */
static struct mono_time
calm_due(const struct agent *agent, size_t position)
{
	const struct flapping_raises	*r = &agent->flapping.raises[position];
	const struct duration_limit	*l = limit_of(agent, position);
	struct mono_time		 at = r->since;

	/* Half as many may be within the window. */
	(void)latest(r, l->limit, l->limit / 2 + 1, &at);
	return (mono_add(at, l->window_ns + 1));
}

static void
list(struct agent *agent, size_t position)
{
	struct flapping	*f = &agent->flapping;

	if (!f->raises[position].listed)
		heap_push(&f->calm, calm_due(agent, position),
		    (uint32_t)position);
	f->raises[position].listed = true;
}

/* Adds a raise at `now`.  True if there are more than the limit. */
static bool
add(struct flapping_raises *r, const struct duration_limit *l,
    struct mono_time now)
{
	struct mono_time	 first;

	if (r->times == NULL)
		r->times = calloc(l->limit + 1, sizeof(*r->times));
	if (r->times == NULL)
		return (false);
	r->times[r->count++ % (l->limit + 1)] = now;
	return (latest(r, l->limit, l->limit + 1, &first) &&
	    mono_sub(now, first) <= l->window_ns);
}

bool
flapping_raised(struct agent *agent, const struct agent_alarm *raised)
{
	const struct generation	*g = &agent->current;
	struct flapping		*f = &agent->flapping;
	size_t			 i;

	if (f->count == 0 || raised->alarm < g->alarms ||
	    raised->alarm >= g->alarms + f->count)
		return (false);
	i = (size_t)(raised->alarm - g->alarms);
	if (limit_of(agent, i)->limit == 0 ||
	    !add(&f->raises[i], limit_of(agent, i), g->changed[i]) ||
	    (raised->alarm->flags & ALARM_CHATTERING) != 0)
		return (false);
	raised->alarm->flags |= ALARM_CHATTERING;
	list(agent, i);
	return (true);
}

void
flapping_end(struct agent *agent, const struct agent_alarm *changed,
    struct wall_time now)
{
	if ((changed->alarm->flags & ALARM_CHATTERING) == 0)
		return;
	changed->alarm->flags &= (uint8_t)~ALARM_CHATTERING;
	agent_change(agent, changed, OPERATOR_CHANGE_CALM, now);
	agent_notify_difference(agent, changed, now);
}

/* Allocates memory for the raises, if a watch has the option. */
static void
begin(struct agent *agent)
{
	struct flapping	*f = &agent->flapping;
	size_t		 i = 0, n = generation_alarms(&agent->current);

	while (i < n && limit_of(agent, i)->limit == 0)
		i++;
	if (i == n)
		return;
	f->raises = calloc(n, sizeof(*f->raises));
	if (f->raises == NULL || !heap_init(&f->calm, n)) {
		log_errx("out of memory; the option flapping is ignored");
		flapping_free(agent);
		return;
	}
	f->count = n;
}

void
flapping_apply(struct agent *agent, struct wall_time now)
{
	struct flapping		*f = &agent->flapping;
	struct agent_alarm	 a;
	size_t			 i, n = generation_alarms(&agent->current);

	flapping_free(agent);
	begin(agent);
	for (i = 0; i < f->count; i++)
		f->raises[i].since = agent->now;
	for (i = 0; i < n; i++) {
		a = agent_alarm_at(agent, i);
		if (f->count == 0 || limit_of(agent, i)->limit == 0)
			flapping_end(agent, &a, now);
		else if ((a.alarm->flags & ALARM_CHATTERING) != 0)
			list(agent, i);
	}
}

struct mono_time
flapping_due(const struct agent *agent)
{
	const struct heap_entry	*top = heap_top(&agent->flapping.calm);

	return (top == NULL ? MONO_NEVER : top->due);
}

void
flapping_work(struct agent *agent, struct wall_time now)
{
	struct flapping		*f = &agent->flapping;
	struct agent_alarm	 a;
	struct mono_time	 due;
	uint32_t		 i;
	unsigned		 n;

	for (n = 0; n < CHECKS_PER_TURN &&
	    !mono_before(agent->now, flapping_due(agent)); n++) {
		i = heap_top(&f->calm)->item;
		a = agent_alarm_at(agent, i);
		due = calm_due(agent, i);
		if (mono_before(agent->now, due)) {
			heap_defer_top(&f->calm, due);
			continue;
		}
		heap_pop(&f->calm);
		f->raises[i].listed = false;
		flapping_end(agent, &a, now);
	}
}

void
flapping_free(struct agent *agent)
{
	struct flapping	*f = &agent->flapping;
	size_t		 i;

	for (i = 0; i < f->count; i++)
		free(f->raises[i].times);
	free(f->raises);
	heap_free(&f->calm);
	f->raises = NULL;
	f->count = 0;
}
