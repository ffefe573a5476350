/* SPDX-License-Identifier: BSD-2-Clause */
#include "agent_alarms.h"
#include "evidence_writer.h"
#include "flapping.h"
#include "operator.h"
#include "reminder.h"

void
agent_count_active(struct agent *agent, const struct configuration_watch *w,
    int change)
{
	agent->active[w->profile->alarm->severity] += (uint32_t)change;
	agent->active_all += (uint32_t)change;
}

/* An alarm of a generation that is not in effect is counted, but not listed. */
static void
set_active(struct agent *agent, const struct agent_alarm *changed, bool active)
{
	agent_count_active(agent, changed->watch, active ? 1 : -1);
	generation_set_active(&agent->current,
	    changed->watch->profile->alarm->id, changed->index, active);
}

void
agent_set_verdict(struct agent *agent, const struct agent_alarm *changed,
    const struct verdict *verdict)
{
	(void)alarm_set_verdict(changed->alarm, verdict);
	changed->alarm->verdict_change = ++agent->verdict_changes;
}

/*
 * A raise that receivers do not get has no file, so that an alarm that is
 * raised again and again does not displace the files of others.  The raise with
 * which it begins to chatter has one.
 */
static bool
needs_evidence(const struct alarm *a, bool begins)
{
	if (begins)
		return ((a->flags & ALARM_CHATTERING_SENT) != 0);
	return ((a->flags & ALARM_SUMMARISED) == 0 &&
	    a->notified == a->serial);
}

static void
write_evidence(struct agent *agent, const struct agent_alarm *raised)
{
	const struct alarm			*a = raised->alarm;
	const struct configuration_profile	*p = raised->watch->profile;
	const struct evidence_raise		 r = {
		.serial = a->serial, .alarm_id = p->alarm->id,
		.watch = raised->watch->name, .interface = p->interface,
		.raised = a->raised, .last = a->last_heartbeat,
		.silence_ns = p->interruption_ns + p->hold_down_ns,
	};

	evidence_writer_raised(agent->evidence_writer, &r);
}

void
agent_raise(struct agent *agent, const struct agent_alarm *raised,
    const struct detect_event *event, const struct verdict *verdict,
    struct wall_time at)
{
	bool	 chattering;

	agent_count_operator(agent, raised->alarm, -1);
	alarm_raise(raised->alarm, event, verdict, at, ++agent->serial);
	agent_count_operator(agent, raised->alarm, 1);
	set_active(agent, raised, true);
	chattering = flapping_raised(agent, raised);
	if (chattering)
		agent_notify_chattering(agent, raised, at);
	else
		agent_notify_raise(agent, raised, at);
	if (needs_evidence(raised->alarm, chattering))
		write_evidence(agent, raised);
	reminder_raised(agent, raised->alarm);
}

void
agent_clear(struct agent *agent, const struct agent_alarm *cleared,
    const struct detect_event *event, struct wall_time at, enum alarm_end end)
{
	agent_count_operator(agent, cleared->alarm, -1);
	alarm_clear(cleared->alarm, event, at, end);
	agent_count_operator(agent, cleared->alarm, 1);
	set_active(agent, cleared, false);
	agent_notify_clear(agent, cleared, at);
	evidence_writer_cleared(agent->evidence_writer, cleared->alarm->serial,
	    at);
	if (end == ALARM_END_HEARTBEAT)
		return;
	flapping_end(agent, cleared, at);
	operator_end(agent, cleared, OPERATOR_CONFIGURATION, at);
}
