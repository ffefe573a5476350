/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/json.h"
#include "base/mono.h"
#include "diagnosis/diagnosis_text.h"
#include "offline/explain_report.h"

#define MINUTE_NS	(60 * NSEC_PER_SEC)

static void
put_minutes(struct json *j, const struct explain_watch *w)
{
	size_t	 i;

	json_begin_array(j, "minutes");
	for (i = 0; i < w->nminutes; i++) {
		json_begin_element(j);
		json_time(j, "from", (struct wall_time){
			w->minutes[i].first * MINUTE_NS });
		json_count(j, "minutes", (uint64_t)w->minutes[i].count);
		json_count(j, "least", w->minutes[i].least);
		json_count(j, "most", w->minutes[i].most);
		json_end_element(j);
	}
	json_end_array(j);
}

static void
put_watch(struct json *j, const struct explain_report *r, uint32_t i)
{
	const struct player	*p = r->player;
	struct player_tally	*tally = &p->tallies[i];
	const struct addr	*peer = player_peer(p, i);
	char			 text[ADDR_TEXT_SIZE];

	json_begin_element(j);
	json_text(j, "watch", p->config->watches[i]->name);
	json_text(j, "heartbeat", p->config->watches[i]->profile->heartbeat);
	json_text(j, "peer", peer != NULL ? addr_text(peer, text) : NULL);
	json_text(j, "state", player_state(p, i));
	json_count(j, "heartbeats", p->watches[i].heartbeats);
	json_time(j, "firstHeartbeat", tally->first);
	json_time(j, "lastHeartbeat", tally->last);
	json_duration(j, "medianInterval", median_value(&tally->intervals));
	json_duration(j, "longestGap", tally->longest_ns);
	json_count(j, "alarms", r->watches[i].nalarms);
	put_minutes(j, &r->watches[i]);
	json_end_element(j);
}

static void
put_verdict(struct json *j, const struct verdict *v)
{
	json_text(j, "cause", cause_text(v->cause));
	json_text(j, "side", cause_side_text(v->side));
	json_count(j, "confidence", v->confidence);
	json_text(j, "decidedBy", v->number == 0 ? NULL :
	    evidence_name(v->number));
}

static void
put_changes(struct json *j, const struct explain_alarm *a)
{
	size_t	 i;

	json_begin_array(j, "verdicts");
	for (i = 0; i < a->nchanges; i++) {
		json_begin_element(j);
		json_time(j, "time", a->changes[i].at);
		put_verdict(j, &a->changes[i].verdict);
		json_end_element(j);
	}
	json_end_array(j);
}

static void
put_signals(struct json *j, const struct explain_report *r,
    const struct explain_alarm *a)
{
	const struct evidence_signal	*s;
	char				 text[EVIDENCE_TEXT_SIZE];
	unsigned			 i;

	json_begin_array(j, "signals");
	for (i = 1; i <= EVIDENCE_MAX; i++) {
		s = &a->evidence.signals[i];
		json_begin_element(j);
		json_count(j, "number", i);
		json_text(j, "name", evidence_name(i));
		json_text(j, "state", evidence_state_text(s));
		json_time(j, "time", s->at);
		json_count(j, "count", s->count);
		json_text(j, "text", s->state <= EVIDENCE_UNKNOWN ?
		    explain_unknown(r, a, i) : evidence_text(i, s, text));
		json_end_element(j);
	}
	json_end_array(j);
}

static void
put_alarm(struct json *j, const struct explain_report *r,
    const struct explain_alarm *a)
{
	const struct configuration_watch	*w =
	    r->player->config->watches[a->watch];
	char	 peer[ADDR_TEXT_SIZE];
	char	 detail[DIAGNOSIS_DETAIL_SIZE], repair[DIAGNOSIS_REPAIR_SIZE];

	json_begin_element(j);
	json_text(j, "watch", w->name);
	json_count(j, "alarmId", a->type->id);
	json_text(j, "severity", severity_text(a->type->severity));
	json_text(j, "peer", a->peer.family != ADDR_NONE ?
	    addr_text(&a->peer, peer) : NULL);
	json_time(j, "lastHeartbeat", a->last);
	json_time(j, "raised", a->raised);
	json_time(j, "cleared", a->cleared);
	json_duration(j, "duration", wall_is_never(a->cleared) ? -1 :
	    wall_sub(a->cleared, a->raised));
	put_verdict(j, &a->verdict);
	json_text(j, "detail", diagnosis_detail(w, &a->verdict, detail));
	json_text(j, "repair", diagnosis_repair(w, &a->verdict, repair));
	put_changes(j, a);
	put_signals(j, r, a);
	json_end_element(j);
}

void
explain_print_json(const struct explain_report *r, FILE *out)
{
	const struct player	*p = r->player;
	struct json		 j;
	uint32_t		 i;

	json_begin(&j, out);
	json_begin_array(&j, "captures");
	for (i = 0; i < capture_merge_count(p->merge); i++)
		json_text(&j, NULL, capture_merge_name(p->merge, i));
	json_end_array(&j);
	json_time(&j, "begin", p->start);
	json_time(&j, "end", p->now);
	json_count(&j, "packets", capture_merge_frames(p->merge));
	json_begin_array(&j, "watches");
	for (i = 0; i < r->nwatches; i++)
		put_watch(&j, r, i);
	json_end_array(&j);
	json_begin_array(&j, "alarms");
	for (i = 0; i < r->nalarms; i++)
		put_alarm(&j, r, &r->alarms[i]);
	json_end_array(&j);
	json_end(&j);
}
