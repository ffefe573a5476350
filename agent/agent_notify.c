/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>

#include "agent_notify.h"
#include "base/log.h"
#include "state/notification.h"

struct agent_alarm
agent_alarm_at(const struct agent *agent, size_t position)
{
	const struct generation	*g = &agent->current;

	return ((struct agent_alarm){
		&g->alarms[position], generation_alarm_watch(g, position),
		generation_index(g, position),
	});
}

void
agent_count_operator(struct agent *agent, const struct alarm *a, int change)
{
	enum operator_state	 state = alarm_operator_state(a);

	if (state == OPERATOR_SHELVED)
		agent->shelved += (uint32_t)change;
	else if (state == OPERATOR_NONE && a->state == ALARM_RAISED)
		agent->unacknowledged += (uint32_t)change;
}

/* ---- log */

static void
log_change(const struct notification *n)
{
	const struct configuration_alarm	*type;
	const char				*severity, *name, *withheld;
	char			 detail[NOTIFICATION_DETAIL_SIZE];

	notification_detail(n, detail);
	type = n->watch->profile->alarm;
	severity = severity_text(type->severity);
	name = n->watch->name;
	withheld = n->withheld == 0 ? "" : n->withheld == NOTIFICATION_SHELVED ?
	    "; it is shelved: not notified" :
	    "; it is chattering: not notified";
	if (n->event == NOTIFICATION_RAISED)
		log_warnx("alarm %" PRIu32 " (%s) raised, watch \"%s\": %s%s",
		    type->id, severity, name, detail, withheld);
	else if (n->event == NOTIFICATION_CLEARED)
		log_notice("alarm %" PRIu32 " (%s) cleared, watch \"%s\": %s%s",
		    type->id, severity, name, detail, withheld);
	else if (n->event == NOTIFICATION_REMINDER)
		log_info("alarm %" PRIu32 " (%s) is still active, and nobody "
		    "has acknowledged it, watch \"%s\": %s", type->id,
		    severity, name, detail);
	else if (n->change == OPERATOR_CHANGE_CAUSE)
		log_warnx("alarm %" PRIu32 " (%s) has the cause %s now, watch "
		    "\"%s\": %s%s", type->id, severity,
		    cause_text(n->alarm.cause), name, detail, withheld);
	else
		log_notice("alarm %" PRIu32 " (%s), watch \"%s\": %s%s",
		    type->id, severity, name, detail, withheld);
}

/* A line costs more than all the rest of a raise. */
#define LINES_PER_TURN	32
/* The most notifications that a turn checks for lines. */
#define CHECKS_PER_TURN	4096

bool
agent_log_changes(struct agent *agent)
{
	const struct notification	*n;
	unsigned			 lines = 0, checks = 0;

	while (agent->logged < agent->outbox.sequence &&
	    lines < LINES_PER_TURN && checks++ < CHECKS_PER_TURN) {
		n = outbox_find(&agent->outbox, ++agent->logged);
		if (n == NULL || !notification_has_alarm(n) ||
		    notification_is_summarised(n))
			continue;
		log_change(n);
		lines++;
	}
	return (agent->logged < agent->outbox.sequence);
}

/* ---- notifications */

/* Why a raise, a clear or another cause of the alarm is not sent now. */
static enum notification_withheld
withheld(const struct alarm *a)
{
	if (alarm_operator_state(a) == OPERATOR_SHELVED)
		return (NOTIFICATION_SHELVED);
	return ((a->flags & ALARM_CHATTERING) != 0 ? NOTIFICATION_CHATTERING :
	    NOTIFICATION_NOT_WITHHELD);
}

/*
 * The same of hbwAlarmChanged.  If the raise with which an alarm began to
 * chatter is part of a storm, receivers get neither chattering(6) nor calm(7).
 */
static enum notification_withheld
withheld_change(const struct alarm *a, enum operator_change change)
{
	bool	 unsent = change == OPERATOR_CHANGE_CHATTERING ?
		    (a->flags & ALARM_SUMMARISED) != 0 :
		    (a->flags & ALARM_CHATTERING_SENT) == 0;

	if (change == OPERATOR_CHANGE_CAUSE)
		return (withheld(a));
	if (change != OPERATOR_CHANGE_CHATTERING &&
	    change != OPERATOR_CHANGE_CALM)
		return (NOTIFICATION_NOT_WITHHELD);
	if (withheld(a) == NOTIFICATION_SHELVED)
		return (NOTIFICATION_SHELVED);
	return (unsent ? NOTIFICATION_CHATTERING : NOTIFICATION_NOT_WITHHELD);
}

/*
 * Queues a notification.  One that is withheld or summarised is only in the
 * history.
 */
static void
notify_change(struct agent *agent, const struct agent_alarm *changed,
    enum notification_event event, enum operator_change change,
    struct wall_time at)
{
	struct alarm		*a = changed->alarm;
	struct notification	*n;
	bool			 is_change = event == NOTIFICATION_CHANGED;

	n = outbox_add(&agent->outbox, event, at);
	if (n == NULL) {
		log_errx("watch \"%s\": notification dropped: out of memory",
		    changed->watch->name);
		return;
	}
	a->sequence = n->sequence;
	n->change = is_change ? (uint8_t)change : 0;
	if (is_change)
		n->withheld = withheld_change(a, change);
	else if (event != NOTIFICATION_RAISED ||
	    (a->flags & ALARM_SUMMARISED) == 0)
		n->withheld = withheld(a);
	if (event == NOTIFICATION_RAISED && withheld(a) == 0)
		a->notified = a->serial;
	else if (event == NOTIFICATION_CLEARED && n->withheld == 0)
		a->notified = 0;
	else if (n->change == OPERATOR_CHANGE_CHATTERING && n->withheld == 0)
		a->flags |= ALARM_CHATTERING_SENT;
	else if (n->change == OPERATOR_CHANGE_CALM && n->withheld == 0)
		a->flags &= (uint8_t)~ALARM_CHATTERING_SENT;
	n->alarm = *a;
	(void)operator_action_share(a->operator);
	n->watch = configuration_watch_share(changed->watch);
	n->watch_index = changed->index;
	if (!notification_is_unsent(n))
		return;
	outbox_delivered(&agent->outbox, n->sequence);
	if (notification_is_summarised(n))
		storm_add(&agent->storm, event == NOTIFICATION_RAISED,
		    n->sequence, at, agent->now);
}

void
agent_change(struct agent *agent, const struct agent_alarm *changed,
    enum operator_change change, struct wall_time now)
{
	if (change != OPERATOR_CHANGE_CAUSE ||
	    (changed->alarm->flags & ALARM_SUMMARISED) == 0)
		notify_change(agent, changed, NOTIFICATION_CHANGED, change,
		    now);
}

void
agent_remind(struct agent *agent, const struct agent_alarm *active,
    struct wall_time now)
{
	notify_change(agent, active, NOTIFICATION_REMINDER, 0, now);
}

/* `counts`: it may begin a storm, or be a part of one. */
static void
notify_raise(struct agent *agent, const struct agent_alarm *raised, bool counts,
    struct wall_time at)
{
	struct alarm	*a = raised->alarm;

	a->flags &= (uint8_t)~ALARM_SUMMARISED;
	if (counts && !storm_raise(&agent->storm, agent->now) &&
	    a->notified == 0)
		a->flags |= ALARM_SUMMARISED;
	agent->last_change = at;
	notify_change(agent, raised, NOTIFICATION_RAISED, 0, at);
}

void
agent_notify_raise(struct agent *agent, const struct agent_alarm *raised,
    struct wall_time at)
{
	notify_raise(agent, raised, withheld(raised->alarm) == 0, at);
}

void
agent_notify_chattering(struct agent *agent, const struct agent_alarm *raised,
    struct wall_time at)
{
	notify_raise(agent, raised,
	    withheld(raised->alarm) != NOTIFICATION_SHELVED, at);
	agent_change(agent, raised, OPERATOR_CHANGE_CHATTERING, at);
}

void
agent_notify_clear(struct agent *agent, const struct agent_alarm *cleared,
    struct wall_time at)
{
	agent->last_change = at;
	notify_change(agent, cleared, NOTIFICATION_CLEARED, 0, at);
}

void
agent_notify_difference(struct agent *agent,
    const struct agent_alarm *changed, struct wall_time now)
{
	const struct alarm	*a = changed->alarm;
	bool			 chattering, sent;

	chattering = (a->flags & ALARM_CHATTERING) != 0;
	sent = (a->flags & ALARM_CHATTERING_SENT) != 0;
	if (withheld(a) == NOTIFICATION_SHELVED)
		return;
	if (sent && !chattering)
		agent_change(agent, changed, OPERATOR_CHANGE_CALM, now);
	if (chattering && !sent && (a->flags & ALARM_SUMMARISED) == 0 &&
	    storm_raise(&agent->storm, agent->now))
		agent_change(agent, changed, OPERATOR_CHANGE_CHATTERING, now);
	if (chattering)
		return;
	if (a->state == ALARM_RAISED && a->notified != a->serial)
		agent_notify_raise(agent, changed, now);
	else if (a->state != ALARM_RAISED && a->notified != 0)
		agent_notify_clear(agent, changed, now);
}

void
agent_storm(struct agent *agent, struct mono_time now, struct wall_time wall)
{
	struct notification	*n;
	char			 detail[NOTIFICATION_DETAIL_SIZE];

	if (mono_before(now, storm_due(&agent->storm)))
		return;
	n = outbox_add(&agent->outbox, NOTIFICATION_STORM, wall);
	/* Out of memory: the next turn of the loop tries again. */
	if (n == NULL)
		return;
	n->storm = storm_close(&agent->storm, n->sequence,
	    agent->outbox.delivered);
	log_warnx("%s", notification_detail(n, detail));
}
