/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>
#include <string.h>

#include "base/log.h"
#include "base/utf8.h"
#include "operator.h"

/* The name in the action when a shelf ends without an operator. */
#define WHO_ITSELF	"hbwatchd"

/* The most shelves that end in a turn of the loop. */
#define ENDS_PER_TURN	256

#define SHELVES_MIN	64

/*
 * Each action on an alarm is a row of the history.  This number can be
 * requested at once, and then one in each interval.
 */
#define ACTIONS_BURST	20
#define ACTIONS_NS	(10 * NSEC_PER_SEC)

/*
 * If the clock was set back by more than this, the times of a shelf are set
 * again.  After a smaller change it soon shows a later time than at the begin
 * of the shelf.
 */
#define CLOCK_BACK_NS	(60 * NSEC_PER_SEC)

/* ---- the ends of the shelves */

/*
 * An entry of agent->shelves has the position of an alarm and the end of its
 * shelf.  If the shelf ends early or gets another end, the entry stays there
 * and is ignored.
 */
static bool
is_current(const struct agent *agent, const struct heap_entry *e)
{
	const struct operator_action	*action;

	action = agent->current.alarms[e->item].operator;
	return (operator_action_state(action) == OPERATOR_SHELVED &&
	    action->ends.ns == e->due.ns);
}

/* Makes room, and removes ignored entries.  False when memory is exhausted. */
static bool
make_room(struct agent *agent)
{
	const struct heap	*old = &agent->shelves;
	struct heap		 h;
	size_t			 i, current = 0;

	for (i = 0; i < old->count; i++)
		current += is_current(agent, &old->entries[i]);
	if (!heap_init(&h, 2 * current < SHELVES_MIN ? SHELVES_MIN :
	    2 * current))
		return (false);
	for (i = 0; i < old->count; i++)
		if (is_current(agent, &old->entries[i]))
			heap_push(&h, old->entries[i].due,
			    old->entries[i].item);
	heap_free(&agent->shelves);
	agent->shelves = h;
	return (true);
}

static bool
add_end(struct agent *agent, size_t position, struct mono_time ends)
{
	struct heap	*h = &agent->shelves;

	if (h->count == h->capacity && !make_room(agent))
		return (false);
	heap_push(h, ends, (uint32_t)position);
	return (true);
}

struct mono_time
operator_due(const struct agent *agent)
{
	const struct heap_entry	*top = heap_top(&agent->shelves);

	return (top == NULL ? MONO_NEVER : top->due);
}

void
operator_work(struct agent *agent, struct wall_time now)
{
	struct agent_alarm	 shelved;
	struct heap_entry	 e;
	unsigned		 i;

	for (i = 0; i < ENDS_PER_TURN &&
	    !mono_before(agent->now, operator_due(agent)); i++) {
		e = *heap_top(&agent->shelves);
		heap_pop(&agent->shelves);
		if (!is_current(agent, &e))
			continue;
		shelved = agent_alarm_at(agent, e.item);
		operator_end(agent, &shelved, "the shelf has ended", now);
	}
}

/* ---- actions */

/* Takes the reference to the action, which may be NULL. */
static void
set_action(struct agent *agent, const struct agent_alarm *changed,
    struct operator_action *action, enum operator_change change,
    struct wall_time now)
{
	struct alarm	*a = changed->alarm;

	agent_count_operator(agent, a, -1);
	operator_action_release(a->operator);
	a->operator = action;
	agent_count_operator(agent, a, 1);
	agent_change(agent, changed, change, now);
	if (change == OPERATOR_CHANGE_UNSHELVED)
		agent_notify_difference(agent, changed, now);
}

static struct rate_limit
limit_of(const struct alarm *a)
{
	return (a->operator == NULL ? (struct rate_limit){ { 0 } } :
	    a->operator->limit);
}

void
operator_end(struct agent *agent, const struct agent_alarm *shelved,
    const char *text, struct wall_time now)
{
	const struct operator_action	 like = {
		.state = OPERATOR_NONE, .who = WHO_ITSELF, .text = text,
		.time = now, .limit = limit_of(shelved->alarm),
	};

	/* If memory is exhausted, the shelf ends without an action. */
	if (alarm_operator_state(shelved->alarm) == OPERATOR_SHELVED)
		set_action(agent, shelved, operator_action_new(&like),
		    OPERATOR_CHANGE_UNSHELVED, now);
}

int64_t
operator_shelve_most(const struct agent *agent)
{
	return (agent->current.config->shelve_most_ns);
}

const char *
operator_check(const struct agent *agent, size_t position,
    const struct operator_request *r)
{
	struct agent_alarm	 alarm = agent_alarm_at(agent, position);

	if (utf8_text_fault(r->who, 1, OPERATOR_TEXT_MAX) != NULL)
		return ("the name of the operator is empty, longer than 255 "
		    "octets or not printable UTF-8");
	if (utf8_text_fault(r->text, 0, OPERATOR_TEXT_MAX) != NULL)
		return ("the text is longer than 255 octets or not printable "
		    "UTF-8");
	if (r->state == OPERATOR_NONE)
		return (NULL);
	if (!alarm.watch->profile->enabled)
		return ("the watch is disabled");
	if (r->state == OPERATOR_ACKNOWLEDGED &&
	    alarm.alarm->state != ALARM_RAISED)
		return ("the alarm is not active");
	if (r->state == OPERATOR_ACKNOWLEDGED &&
	    alarm_operator_state(alarm.alarm) == OPERATOR_SHELVED)
		return ("the alarm is shelved");
	if (r->state == OPERATOR_SHELVED && (r->duration_ns <= 0 ||
	    r->duration_ns > operator_shelve_most(agent)))
		return ("the duration is 0 or longer than the option "
		    "shelve-most permits");
	return (NULL);
}

/* The request may be repeated because its answer was lost. */
static bool
is_repeated(const struct operator_action *old,
    const struct operator_request *r)
{
	if (operator_action_state(old) != r->state)
		return (false);
	return (r->state == OPERATOR_NONE ||
	    (r->state == OPERATOR_ACKNOWLEDGED &&
	    strcmp(old->who, r->who) == 0 &&
	    strcmp(old->text, r->text) == 0));
}

static enum operator_change
change_of(enum operator_state old, enum operator_state new)
{
	if (new == OPERATOR_SHELVED)
		return (OPERATOR_CHANGE_SHELVED);
	if (new == OPERATOR_ACKNOWLEDGED)
		return (OPERATOR_CHANGE_ACKNOWLEDGED);
	return (old == OPERATOR_SHELVED ? OPERATOR_CHANGE_UNSHELVED :
	    OPERATOR_CHANGE_UNACKNOWLEDGED);
}

const char *
operator_act(struct agent *agent, size_t position,
    const struct operator_request *r, struct wall_time now)
{
	struct agent_alarm	 alarm = agent_alarm_at(agent, position);
	struct operator_action	*action, like = {
		.state = (uint8_t)r->state, .who = r->who, .text = r->text,
		.time = now, .limit = limit_of(alarm.alarm),
	};
	const char		*fault = operator_check(agent, position, r);
	enum operator_state	 old = alarm_operator_state(alarm.alarm);

	if (fault != NULL || is_repeated(alarm.alarm->operator, r))
		return (fault);
	(void)rate_limit_allows(&like.limit, ACTIONS_NS, ACTIONS_BURST,
	    agent->now);
	if (r->state == OPERATOR_SHELVED) {
		like.until = wall_add(now, r->duration_ns);
		like.ends = mono_add(agent->now, r->duration_ns);
	}
	action = operator_action_new(&like);
	if (action == NULL || (r->state == OPERATOR_SHELVED &&
	    !add_end(agent, position, like.ends))) {
		operator_action_release(action);
		return ("out of memory");
	}
	set_action(agent, &alarm, action, change_of(old, r->state), now);
	return (NULL);
}

/* ---- all alarms of a watch */

/* Does a request for the watch apply to this alarm? */
static bool
is_applicable(const struct alarm *a, const struct operator_request *r)
{
	enum operator_state	 state = alarm_operator_state(a);

	switch (r->state) {
	case OPERATOR_ACKNOWLEDGED:
		return (a->state == ALARM_RAISED && state != OPERATOR_SHELVED);
	case OPERATOR_NONE:
		return (state == OPERATOR_SHELVED);
	default:
		return (true);
	}
}

/* Finds the alarms to which the request applies; returns their number. */
static size_t
find_applicable(const struct agent *agent, uint32_t index,
    const struct operator_request *r, size_t positions[2])
{
	const struct generation	*g = &agent->current;
	size_t			 position, n = 0;
	int			 dual;

	for (dual = 0; dual < 2; dual++) {
		position = generation_find_alarm(g, index, dual == 1);
		if (position != SIZE_MAX &&
		    is_applicable(&g->alarms[position], r))
			positions[n++] = position;
	}
	return (n);
}

/*
 * As operator_check, but also limits how often clients of the control socket
 * change an alarm: otherwise one of them could remove all else from the
 * history.
 */
static const char *
check(const struct agent *agent, size_t position,
    const struct operator_request *r)
{
	const struct alarm	*a = &agent->current.alarms[position];
	struct rate_limit	 limit = limit_of(a);
	const char		*fault = operator_check(agent, position, r);

	if (fault == NULL && !is_repeated(a->operator, r) &&
	    !rate_limit_allows(&limit, ACTIONS_NS, ACTIONS_BURST, agent->now))
		return ("too many actions; at most 20 are permitted at once, "
		    "and then one in 10 s");
	return (fault);
}

/*
 * All alarms are checked before the first one is changed.  `none` is the error
 * if the request applies to no alarm.
 */
static const char *
act_on_watch(struct agent *agent, const char *watch,
    const struct operator_request *r, const char *none, struct wall_time now)
{
	uint32_t	 index = watch_index_find(&agent->watch_index, watch);
	size_t		 i, n, positions[2];
	const char	*fault = NULL;

	if (index == 0 || generation_find(&agent->current, index) == SIZE_MAX)
		return ("no such watch");
	n = find_applicable(agent, index, r, positions);
	if (n == 0)
		return (none);
	for (i = 0; i < n && fault == NULL; i++)
		fault = check(agent, positions[i], r);
	for (i = 0; i < n && fault == NULL; i++)
		fault = operator_act(agent, positions[i], r, now);
	return (fault);
}

const char *
operator_acknowledge(struct agent *agent, const char *watch, const char *who,
    const char *text, struct wall_time now)
{
	const struct operator_request	 r = {
		.state = OPERATOR_ACKNOWLEDGED, .who = who, .text = text,
	};

	return (act_on_watch(agent, watch, &r, "it has no active alarm that "
	    "is not shelved", now));
}

const char *
operator_shelve(struct agent *agent, const char *watch, int64_t duration_ns,
    const char *who, const char *text, struct wall_time now)
{
	const struct operator_request	 r = {
		.state = OPERATOR_SHELVED, .duration_ns = duration_ns,
		.who = who, .text = text,
	};

	return (act_on_watch(agent, watch, &r, NULL, now));
}

const char *
operator_unshelve(struct agent *agent, const char *watch, const char *who,
    const char *text, struct wall_time now)
{
	const struct operator_request	 r = {
		.state = OPERATOR_NONE, .who = who, .text = text,
	};

	return (act_on_watch(agent, watch, &r, "it has no shelved alarm",
	    now));
}

/* ---- times */

uint32_t
operator_shelved_seconds(const struct operator_action *action,
    struct mono_time now)
{
	int64_t	 ns;

	if (operator_action_state(action) != OPERATOR_SHELVED)
		return (0);
	ns = mono_sub(action->ends, now);
	return (ns <= 0 ? 0 :
	    (uint32_t)((ns + NSEC_PER_SEC - 1) / NSEC_PER_SEC));
}

bool
operator_restore(struct operator_action *action, struct mono_time now,
    struct wall_time wall)
{
	int64_t	 rest, whole;
	bool	 again;

	if (operator_action_state(action) != OPERATOR_SHELVED)
		return (false);
	rest = wall_sub(action->until, wall);
	whole = wall_sub(action->until, action->time);
	again = rest - whole > CLOCK_BACK_NS;
	if (again) {
		action->time = wall;
		action->until = wall_add(wall, whole);
	}
	if (rest > whole)
		rest = whole;
	action->ends = mono_add(now, rest > 0 ? rest : 0);
	return (again);
}

/* ---- another configuration */

/*
 * An active alarm of a disabled watch is cleared later; then its shelf ends.
 */
static void
apply_alarm(struct agent *agent, size_t position, struct wall_time now)
{
	struct agent_alarm	 alarm = agent_alarm_at(agent, position);

	agent_count_operator(agent, alarm.alarm, 1);
	if (alarm_operator_state(alarm.alarm) != OPERATOR_SHELVED)
		return;
	if (!alarm.watch->profile->enabled &&
	    alarm.alarm->state != ALARM_RAISED)
		operator_end(agent, &alarm, OPERATOR_CONFIGURATION, now);
	else if (!add_end(agent, position, alarm.alarm->operator->ends))
		operator_end(agent, &alarm, "out of memory", now);
}

void
operator_apply(struct agent *agent, struct wall_time now)
{
	size_t	 i, n = generation_alarms(&agent->current);

	agent->shelved = agent->unacknowledged = 0;
	agent->shelves.count = 0;
	for (i = 0; i < n; i++)
		apply_alarm(agent, i, now);
}
