/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/mono.h"
#include "diagnosis/diagnosis_text.h"
#include "offline/explain_report.h"

#define MINUTE_NS	(60 * NSEC_PER_SEC)
#define EVENT_SIZE	(EVIDENCE_TEXT_SIZE + 64)

const char *
explain_unknown(const struct explain_report *r, const struct explain_alarm *a,
    enum evidence_number number)
{
	const struct configuration_profile	*p =
	    r->player->config->watches[a->watch]->profile;

	switch (number) {
	case EVIDENCE_LOCAL_PORT_OPEN:
	case EVIDENCE_CARRIER:
	case EVIDENCE_FLOATING_IP_FITS:
		return ("no capture shows it; hbwatchd queries the kernel");
	case EVIDENCE_LOG_MESSAGE:
		return ("no capture shows it; hbwatchd reads the log");
	case EVIDENCE_PING_ANSWERED:
		return ("hbwatchd sends a ping only if it is configured");
	case EVIDENCE_FLOATING_IP_OWNER:
		if (p->floating_ip.family == ADDR_NONE)
			return ("no floating-ip is configured");
		break;
	default:
		break;
	}
	if (a->dual)
		return ("the alarm of two active nodes does not need it");
	if ((a->evidence.flags & EVIDENCE_NO_FRAMES) != 0)
		return ("too many watches were silent at the same time");
	if ((a->evidence.flags & EVIDENCE_GAP) != 0)
		return ("the captures have nothing of that time, and may have "
		    "a gap");
	return ("not in the captures; it was rare before, so its absence "
	    "shows nothing");
}

/* ---- the time line of a watch */

struct event {
	struct wall_time	 at;
	size_t			 order;		/* of equal times */
	char			*text;		/* owned */
};

struct events {
	struct event	*list;		/* owned */
	size_t		 count;
	size_t		 capacity;
};

/* If memory is exhausted, the event is missing. */
static void __attribute__((format(printf, 3, 4)))
add(struct events *events, struct wall_time at, const char *format, ...)
{
	char		 text[EVENT_SIZE];
	va_list		 ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (!array_reserve(&events->list, &events->capacity,
	    events->count + 1, sizeof(*events->list)))
		return;
	events->list[events->count] = (struct event){
		at, events->count, strdup(text),
	};
	if (events->list[events->count].text != NULL)
		events->count++;
}

static int
by_time(const void *a, const void *b)
{
	const struct event	*x = a, *y = b;

	if (x->at.ns != y->at.ns)
		return (x->at.ns < y->at.ns ? -1 : 1);
	return ((x->order > y->order) - (x->order < y->order));
}

static void
add_minutes(struct events *events, const struct explain_minutes *m)
{
	char		 first[WALL_TEXT_SIZE], last[WALL_TEXT_SIZE];
	char		 number[64];
	struct wall_time at = { m->first * MINUTE_NS };

	(void)wall_text(at, first);
	(void)wall_text(wall_add(at, (m->count - 1) * MINUTE_NS), last);
	if (m->most == 0)
		snprintf(number, sizeof(number), "no heartbeat");
	else if (m->least == m->most)
		snprintf(number, sizeof(number), "%" PRIu64 " heartbeat%s",
		    m->most, m->most == 1 ? "" : "s");
	else
		snprintf(number, sizeof(number), "%" PRIu64 " to %" PRIu64
		    " heartbeats", m->least, m->most);
	if (m->count == 1)
		add(events, at, "%.16sZ  %s", first, number);
	else
		add(events, at, "%.16sZ  %s%s, until %.16sZ", first, number,
		    m->most == 0 ? "" : " in each minute", last);
}

/* An event with its exact time. */
static void
add_moment(struct events *events, struct wall_time at, const char *text)
{
	char	 time[WALL_TEXT_SIZE];

	add(events, at, "%s  %s", wall_text(at, time), text);
}

static void
add_alarm(struct events *events, const struct explain_alarm *a)
{
	const struct evidence_signal		*s;
	char					 text[EVENT_SIZE];
	char					 words[EVIDENCE_TEXT_SIZE];
	size_t					 i;

	if (!wall_is_never(a->last))
		add_moment(events, a->last, "last heartbeat");
	for (i = 1; i <= EVIDENCE_MAX; i++) {
		s = &a->evidence.signals[i];
		if (s->state == EVIDENCE_PRESENT && !wall_is_never(s->at) &&
		    s->at.ns >= a->last.ns) {
			snprintf(text, sizeof(text), "%s: %s",
			    evidence_name(i), evidence_text(i, s, words));
			add_moment(events, s->at, text);
		}
	}
	snprintf(text, sizeof(text), "alarm %" PRIu32 " (%s) raised: %s",
	    a->type->id, severity_text(a->type->severity),
	    cause_text(a->changes[0].verdict.cause));
	add_moment(events, a->raised, text);
	for (i = 1; i < a->nchanges; i++) {
		snprintf(text, sizeof(text), "the cause is now %s",
		    cause_text(a->changes[i].verdict.cause));
		add_moment(events, a->changes[i].at, text);
	}
	if (!wall_is_never(a->cleared))
		add_moment(events, a->cleared, "alarm cleared");
}

static void
print_time_line(const struct explain_report *r, uint32_t watch, FILE *out)
{
	const struct explain_watch	*w = &r->watches[watch];
	struct events			 events = { 0 };
	size_t				 i;

	for (i = 0; i < w->nminutes; i++)
		add_minutes(&events, &w->minutes[i]);
	for (i = 0; i < r->nalarms; i++)
		if (r->alarms[i].watch == watch)
			add_alarm(&events, &r->alarms[i]);
	if (events.count > 0)
		qsort(events.list, events.count, sizeof(*events.list),
		    by_time);
	for (i = 0; i < events.count; i++) {
		fprintf(out, "  %s\n", events.list[i].text);
		free(events.list[i].text);
	}
	free(events.list);
}

/* ---- an alarm */

/* The names of the signals that are unknown, a line for each reason. */
static void
print_unknown(const struct explain_report *r, const struct explain_alarm *a,
    FILE *out)
{
	const char	*reasons[EVIDENCE_MAX + 1] = { NULL }, *reason;
	const char	*title = "Not known:";
	unsigned	 i, k;

	for (i = 1; i <= EVIDENCE_MAX; i++)
		if (a->evidence.signals[i].state <= EVIDENCE_UNKNOWN)
			reasons[i] = explain_unknown(r, a, i);
	for (i = 1; i <= EVIDENCE_MAX; i++) {
		reason = reasons[i];
		if (reason == NULL)
			continue;
		fprintf(out, "  %-11s%s", title, evidence_name(i));
		for (k = i + 1; k <= EVIDENCE_MAX; k++)
			if (reasons[k] == reason) {
				fprintf(out, ", %s", evidence_name(k));
				reasons[k] = NULL;
			}
		fprintf(out, ": %s\n", reason);
		title = "";
	}
}

static void
print_signals(const struct explain_alarm *a, uint8_t state, const char *title,
    FILE *out)
{
	const struct evidence_signal	*s;
	char				 text[EVIDENCE_TEXT_SIZE];
	unsigned			 i;
	bool				 first = true;

	for (i = 1; i <= EVIDENCE_MAX; i++) {
		s = &a->evidence.signals[i];
		if (s->state != state)
			continue;
		fprintf(out, "  %-11s%s: %s\n", first ? title : "",
		    evidence_name(i), evidence_text(i, s, text));
		first = false;
	}
	if (first)
		fprintf(out, "  %-11snothing\n", title);
}

static void
print_alarm(const struct explain_report *r, const struct explain_alarm *a,
    FILE *out)
{
	const struct configuration_watch	*w =
	    r->player->config->watches[a->watch];
	const struct verdict			*v = &a->verdict;
	char					 text[WALL_TEXT_SIZE];
	char					 detail[DIAGNOSIS_DETAIL_SIZE];
	char					 repair[DIAGNOSIS_REPAIR_SIZE];

	fprintf(out, "\nAlarm %" PRIu32 " (%s), watch \"%s\", raised %s",
	    a->type->id, severity_text(a->type->severity), w->name,
	    wall_text(a->raised, text));
	if (wall_is_never(a->cleared))
		fputs(", active at the end\n", out);
	else
		fprintf(out, ", cleared after %.3f s\n",
		    mono_seconds(wall_sub(a->cleared, a->raised)));
	fprintf(out, "  %-11s%s (%s), confidence %u %%\n", "Cause:",
	    cause_text(v->cause), v->side == CAUSE_SIDE_UNKNOWN ?
	    "side unknown" : cause_side_text(v->side), (unsigned)v->confidence);
	diagnosis_detail(w, v, detail);
	fprintf(out, "  %-11s%s\n", "Why:", detail[0] != '\0' ? detail :
	    v->cause == CAUSE_NEVER_HEARD ? "no heartbeat was ever received" :
	    "the captures do not show the cause");
	fprintf(out, "  %-11s%s\n", "To do:", diagnosis_repair(w, v, repair));
	print_signals(a, EVIDENCE_PRESENT, "Seen:", out);
	print_signals(a, EVIDENCE_ABSENT, "Ruled out:", out);
	print_unknown(r, a, out);
}

/* ---- all */

static void
print_watch(const struct explain_report *r, uint32_t i, FILE *out)
{
	const struct configuration_watch	*w =
	    r->player->config->watches[i];
	const struct addr			*peer =
	    player_peer(r->player, i);
	char					 text[ADDR_TEXT_SIZE];
	int64_t					 interval;

	fprintf(out, "\nWatch \"%s\" (%s from %s): %s, %" PRIu64
	    " heartbeats", w->name, w->profile->heartbeat, peer == NULL ?
	    "any host" : addr_text(peer, text), player_state(r->player, i),
	    (uint64_t)r->player->watches[i].heartbeats);
	interval = median_value(&r->player->tallies[i].intervals);
	if (interval >= 0)
		fprintf(out, ", every %.3f s", mono_seconds(interval));
	fprintf(out, ", %zu alarm%s\n", r->watches[i].nalarms,
	    r->watches[i].nalarms == 1 ? "" : "s");
	print_time_line(r, i, out);
}

void
explain_print_text(const struct explain_report *r, FILE *out)
{
	const struct player	*p = r->player;
	char			 start[WALL_TEXT_SIZE], end[WALL_TEXT_SIZE];
	uint32_t		 i;

	fprintf(out, "Captures:");
	for (i = 0; i < capture_merge_count(p->merge); i++)
		fprintf(out, "%s %s", i == 0 ? "" : ",",
		    capture_merge_name(p->merge, i));
	fprintf(out, "\nTime: %s to %s, %" PRIu64 " packets\n",
	    wall_text(p->start, start), wall_text(p->now, end),
	    capture_merge_frames(p->merge));
	for (i = 0; i < r->nwatches; i++)
		print_watch(r, i, out);
	for (i = 0; i < r->nalarms; i++)
		print_alarm(r, &r->alarms[i], out);
	if (r->nalarms == 0)
		fputs("\nNo alarm was raised.\n", out);
}
