/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>

#include "agent_alarms.h"
#include "base/log.h"
#include "evidence_writer.h"
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

static void
log_change(const struct alarm *a, const struct configuration_watch *w,
    enum notification_event event)
{
	const struct configuration_alarm	*type = w->profile->alarm;
	const char				*severity;
	char					 detail[ALARM_DETAIL_SIZE];

	alarm_detail(a, w, detail);
	severity = severity_text(type->severity);
	if (event == NOTIFICATION_CHANGED)
		log_warnx("alarm %" PRIu32 " (%s) has the cause %s now, watch "
		    "\"%s\": %s", type->id, severity, cause_text(a->cause),
		    w->name, detail);
	else if (event == NOTIFICATION_RAISED)
		log_warnx("alarm %" PRIu32 " (%s) raised, watch \"%s\": %s",
		    type->id, severity, w->name, detail);
	else
		log_notice("alarm %" PRIu32 " (%s) cleared, watch \"%s\": %s",
		    type->id, severity, w->name, detail);
}

/* A summarised change is added to the history, but it is not sent. */
static void
notify_change(struct agent *agent, const struct agent_alarm *changed,
    enum notification_event event, struct wall_time at)
{
	struct alarm		*a = changed->alarm;
	struct notification	*n;

	n = outbox_add(&agent->outbox, event, at);
	if (n == NULL) {
		log_errx("watch \"%s\": notification dropped: out of memory",
		    changed->watch->name);
		return;
	}
	a->sequence = n->sequence;
	n->alarm = *a;
	n->watch = configuration_watch_share(changed->watch);
	n->watch_index = changed->index;
	if ((a->flags & ALARM_SUMMARISED) == 0) {
		log_change(a, changed->watch, event);
		return;
	}
	outbox_delivered(&agent->outbox, n->sequence);
	storm_add(&agent->storm, event == NOTIFICATION_RAISED, a->sequence, at,
	    agent->now);
}

void
agent_set_verdict(struct agent *agent, const struct agent_alarm *changed,
    const struct verdict *verdict)
{
	(void)alarm_judge(changed->alarm, verdict);
	changed->alarm->verdict_change = ++agent->verdict_changes;
}

void
agent_change(struct agent *agent, const struct agent_alarm *changed,
    struct wall_time now)
{
	if ((changed->alarm->flags & ALARM_SUMMARISED) == 0)
		notify_change(agent, changed, NOTIFICATION_CHANGED, now);
}

/* An alarm that a storm notification summarised has no file. */
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

	if ((a->flags & ALARM_SUMMARISED) == 0)
		evidence_writer_raised(agent->evidence_writer, &r);
}

void
agent_raise(struct agent *agent, const struct agent_alarm *raised,
    const struct detect_event *event, const struct verdict *verdict,
    struct wall_time at)
{
	alarm_raise(raised->alarm, event, verdict, at, ++agent->serial);
	if (!storm_raise(&agent->storm, agent->now))
		raised->alarm->flags |= ALARM_SUMMARISED;
	set_active(agent, raised, true);
	agent->last_change = at;
	notify_change(agent, raised, NOTIFICATION_RAISED, at);
	write_evidence(agent, raised);
}

void
agent_clear(struct agent *agent, const struct agent_alarm *cleared,
    const struct detect_event *event, struct wall_time at, enum alarm_end end)
{
	alarm_clear(cleared->alarm, event, at, end);
	set_active(agent, cleared, false);
	agent->last_change = at;
	notify_change(agent, cleared, NOTIFICATION_CLEARED, at);
	evidence_writer_cleared(agent->evidence_writer, cleared->alarm->serial,
	    at);
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
