/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Prints the alarms that the daemon would have raised during captures.
 */
#include <stdio.h>

#include "base/json.h"
#include "offline/player.h"
#include "offline/replay.h"
#include "state/alarm.h"

static void
print_raised(struct json *j, const struct player *p,
    const struct detect_event *event)
{
	const struct configuration_watch *w = p->config->watches[event->watch];
	const struct addr	*peer = player_peer(p, event->watch);
	char			 text[ADDR_TEXT_SIZE];

	json_text(j, "severity", severity_text(w->profile->alarm->severity));
	json_text(j, "peer", peer != NULL ? addr_text(peer, text) : NULL);
	json_time(j, "lastHeartbeat", event->received ?
	    event->last_heartbeat : WALL_NEVER);
	json_text(j, "cause", cause_text(alarm_event_verdict(event,
	    (struct wall_time){ event->at.ns }).cause));
}

static void
print_event(void *arg, const struct player *p,
    const struct detect_event *event)
{
	const struct configuration_watch *w = p->config->watches[event->watch];
	bool			 raised = event->transition == DETECT_RAISED;
	struct json		 j;

	(void)arg;
	json_begin(&j, stdout);
	json_text(&j, "event", raised ? "raised" : "cleared");
	json_time(&j, "time", (struct wall_time){ event->at.ns });
	json_text(&j, "watch", w->name);
	json_count(&j, "alarmId", w->profile->alarm->id);
	if (raised)
		print_raised(&j, p, event);
	else
		json_duration(&j, "duration", event->duration_ns);
	json_end(&j);
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
	uint32_t	 i;

	(void)arg;
	for (i = 0; i < p->config->nwatches; i++)
		print_summary(p, i);
}

enum command_status
replay_main(int argc, char **argv)
{
	static const struct player_output	 output = {
		.event = print_event, .finish = print_summaries,
	};

	return (player_main(argc, argv, "", NULL, &output));
}
