/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Prints the alarms that the daemon would have raised during captures.
 */
#include <stdio.h>

#include "base/json.h"
#include "offline/player.h"
#include "offline/replay.h"
#include "offline/replay_table.h"
#include "state/alarm.h"

struct replay {
	bool			 as_table;
	struct replay_table	 table;
};

static void
print_raised(struct json *j, const struct player *p,
    const struct detect_event *event, const struct configuration_alarm *alarm,
    const struct verdict *verdict)
{
	const struct addr	*peer = player_peer(p, event->watch);
	char			 text[ADDR_TEXT_SIZE];

	json_text(j, "severity", severity_text(alarm->severity));
	json_text(j, "peer", peer != NULL ? addr_text(peer, text) : NULL);
	json_time(j, "lastHeartbeat", event->received ?
	    event->last_heartbeat : WALL_NEVER);
	json_text(j, "cause", cause_text(verdict->cause));
	json_text(j, "side", cause_side_text(verdict->side));
	json_count(j, "confidence", verdict->confidence);
}

static void
print_alarm(struct replay *r, const struct player *p,
    const struct detect_event *event, const struct configuration_alarm *alarm,
    const struct verdict *verdict)
{
	const struct configuration_watch *w = p->config->watches[event->watch];
	bool			 raised = event->transition == DETECT_RAISED;
	struct json		 j;

	if (r->as_table) {
		replay_table_event(&r->table, p, event, alarm, verdict);
		return;
	}
	json_begin(&j, stdout);
	json_text(&j, "event", raised ? "raised" : "cleared");
	json_time(&j, "time", (struct wall_time){ event->at.ns });
	json_text(&j, "watch", w->name);
	json_count(&j, "alarmId", alarm->id);
	if (raised)
		print_raised(&j, p, event, alarm, verdict);
	else
		json_duration(&j, "duration", event->duration_ns);
	json_end(&j);
}

static void
print_event(void *arg, const struct player *p,
    const struct detect_event *event, const struct player_case *c)
{
	print_alarm(arg, p, event,
	    p->config->watches[event->watch]->profile->alarm,
	    c == NULL ? NULL : &c->verdict);
}

/* The same for an alarm of two active nodes. */
static void
print_dual(void *arg, const struct player *p, const struct detect_event *event)
{
	const struct verdict	 verdict = alarm_event_verdict(event,
				    (struct wall_time){ event->at.ns });

	print_alarm(arg, p, event,
	    p->config->watches[event->watch]->profile->dual, &verdict);
}

static void
print_summary(struct player *p, uint32_t i)
{
	const struct detect_watch	*w = &p->watches[i];
	struct player_tally		*tally = &p->tallies[i];
	struct json			 j;

	json_begin(&j, stdout);
	json_text(&j, "event", "summary");
	json_text(&j, "watch", p->config->watches[i]->name);
	json_text(&j, "state", player_state(p, i));
	json_count(&j, "heartbeats", w->heartbeats);
	json_time(&j, "firstHeartbeat", tally->first);
	json_time(&j, "lastHeartbeat", tally->last);
	json_duration(&j, "medianInterval", median_value(&tally->intervals));
	json_duration(&j, "longestGap", tally->longest_ns);
	json_count(&j, "interruptions", detect_interruptions(w));
	json_end(&j);
}

static void
print_summaries(void *arg, struct player *p)
{
	struct replay	*r = arg;
	uint32_t	 i;

	if (r->as_table) {
		replay_table_watches(&r->table, p);
		return;
	}
	for (i = 0; i < p->config->nwatches; i++)
		print_summary(p, i);
}

enum command_status
replay_main(int argc, char **argv)
{
	struct replay			 r = { .as_table = false };
	const struct player_output	 output = {
		.event = print_event, .dual = print_dual,
		.finish = print_summaries, .arg = &r,
	};

	return (player_main(argc, argv, "t", &r.as_table, &output));
}
