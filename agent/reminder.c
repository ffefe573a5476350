/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "agent_notify.h"
#include "base/log.h"
#include "reminder.h"

/* How many reminders are queued at once, and then one in each interval. */
#define BURST		10
#define INTERVAL_NS	(NSEC_PER_SEC / BURST)
/* The most entries that are checked in a turn of the loop. */
#define CHECKS_PER_TURN	1000

/*
 * The heap has an entry for each alarm that was raised, which stays there until
 * it is due.  Then it is removed if the alarm is cleared.
 */

static int64_t
interval_ns(const struct agent *agent)
{
	return (agent->current.config->reminder_ns);
}

/* The first reminder of the alarm that is due after `now`. */
static struct mono_time
next_due(const struct agent *agent, uint32_t i)
{
	struct mono_time	 raised = agent->current.raised[i];
	int64_t			 age_ns = mono_sub(agent->now, raised);
	int64_t			 ns = interval_ns(agent);

	return (mono_add(raised, age_ns < 0 ? ns : (age_ns / ns + 1) * ns));
}

static void
add(struct agent *agent, uint32_t i)
{
	struct reminders	*r = &agent->reminders;

	if (i >= r->heap.capacity || r->listed[i])
		return;
	r->listed[i] = true;
	heap_push(&r->heap, next_due(agent, i), i);
}

void
reminder_raised(struct agent *agent, const struct alarm *a)
{
	const struct generation	*g = &agent->current;

	if (g->alarms != NULL && a >= g->alarms &&
	    a < g->alarms + agent->reminders.heap.capacity)
		add(agent, (uint32_t)(a - g->alarms));
}

void
reminder_apply(struct agent *agent)
{
	struct reminders	*r = &agent->reminders;
	size_t			 i, n = generation_alarms(&agent->current);

	reminder_free(agent);
	if (interval_ns(agent) == 0)
		return;
	r->listed = calloc(n + 1, sizeof(*r->listed));
	if (r->listed == NULL || !heap_init(&r->heap, n)) {
		log_errx("out of memory; no reminders of alarms are sent");
		reminder_free(agent);
		return;
	}
	for (i = 0; i < n; i++)
		if (agent->current.alarms[i].state == ALARM_RAISED)
			add(agent, (uint32_t)i);
}

struct mono_time
reminder_due(const struct agent *agent)
{
	const struct heap_entry	*top = heap_top(&agent->reminders.heap);

	return (top == NULL ? MONO_NEVER :
	    mono_max(top->due, agent->reminders.held));
}

/* May the alarm have a reminder now? */
static bool
needs_reminder(const struct agent *agent, const struct alarm *a)
{
	const struct notification	*last;

	last = outbox_find(&agent->outbox, a->sequence);
	return (alarm_operator_state(a) == OPERATOR_NONE &&
	    (a->flags & ALARM_SUMMARISED) == 0 && a->notified == a->serial &&
	    (last == NULL || last->delivery == NOTIFICATION_DELIVERED));
}

/* Handles the top of the heap, which is due.  False: no more for now. */
static bool
handle_top(struct agent *agent, struct wall_time now)
{
	struct reminders	*r = &agent->reminders;
	struct heap_entry	 e = *heap_top(&r->heap);
	struct agent_alarm	 active = agent_alarm_at(agent, e.item);
	struct mono_time	 first;

	first = mono_add(agent->current.raised[e.item], interval_ns(agent));
	if (active.alarm->state != ALARM_RAISED) {
		heap_pop(&r->heap);
		r->listed[e.item] = false;
		return (true);
	}
	/* An entry of an earlier raise is due too early. */
	if (!mono_before(e.due, first) && needs_reminder(agent, active.alarm)) {
		if (!rate_limit_allows(&r->limit, INTERVAL_NS, BURST,
		    agent->now)) {
			r->held = mono_add(agent->now, INTERVAL_NS);
			return (false);
		}
		agent_remind(agent, &active, now);
	}
	heap_defer_top(&r->heap, next_due(agent, e.item));
	return (true);
}

void
reminder_work(struct agent *agent, struct wall_time now)
{
	unsigned	 i = 0;

	while (i++ < CHECKS_PER_TURN &&
	    !mono_before(agent->now, reminder_due(agent)) &&
	    handle_top(agent, now))
		continue;
}

void
reminder_free(struct agent *agent)
{
	heap_free(&agent->reminders.heap);
	free(agent->reminders.listed);
	agent->reminders.listed = NULL;
}
