/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Explains what happened during captures, and why alarms were raised.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/log.h"
#include "base/mono.h"
#include "offline/explain.h"
#include "offline/explain_report.h"
#include "state/alarm.h"

#define MINUTE_NS	(60 * NSEC_PER_SEC)

struct explain {
	struct explain_report	 report;
	bool			 json;
};

/* ---- minutes */

/* Is the number of heartbeats about the same as in the minutes before? */
static bool
is_similar(const struct explain_minutes *m, uint64_t n)
{
	uint64_t	 least = n < m->least ? n : m->least;
	uint64_t	 most = n > m->most ? n : m->most;

	return ((n == 0) == (m->most == 0) && most - least <= 2 + most / 10);
}

/* Adds `count` minutes, each with `n` heartbeats. */
static bool
add_minutes(struct explain_watch *w, int64_t first, int64_t count, uint64_t n)
{
	struct explain_minutes	*m;

	m = w->nminutes > 0 ? &w->minutes[w->nminutes - 1] : NULL;
	if (m != NULL && is_similar(m, n)) {
		m->count += count;
		m->least = n < m->least ? n : m->least;
		m->most = n > m->most ? n : m->most;
		return (true);
	}
	if (!array_reserve(&w->minutes, &w->capacity, w->nminutes + 1,
	    sizeof(*w->minutes)))
		return (false);
	w->minutes[w->nminutes++] = (struct explain_minutes){
		first, count, n, n,
	};
	return (true);
}

/* Closes the minutes before this one. */
static bool
close_minutes(struct explain_watch *w, int64_t minute)
{
	int64_t	 empty = minute - w->minute - 1;
	bool	 ok;

	if (minute <= w->minute)
		return (true);
	ok = add_minutes(w, w->minute, 1, w->heartbeats) && (empty == 0 ||
	    add_minutes(w, w->minute + 1, empty, 0));
	w->minute = minute;
	w->heartbeats = 0;
	return (ok);
}

static bool
begin(struct explain_report *r, const struct player *p)
{
	size_t	 i;

	if (r->watches != NULL)
		return (true);
	r->watches = calloc(p->config->nwatches + 1, sizeof(*r->watches));
	if (r->watches == NULL)
		return (false);
	r->nwatches = p->config->nwatches;
	for (i = 0; i < r->nwatches; i++)
		r->watches[i].minute = p->start.ns / MINUTE_NS;
	return (true);
}

static void
on_heartbeat(void *arg, const struct player *p, uint32_t watch)
{
	struct explain_report	*r = &((struct explain *)arg)->report;

	if (!begin(r, p) || !close_minutes(&r->watches[watch],
	    p->now.ns / MINUTE_NS))
		r->exhausted = true;
	else
		r->watches[watch].heartbeats++;
}

/* ---- alarms */

/* The last one of the watch and this kind, or NULL. */
static struct explain_alarm *
last_alarm(struct explain_report *r, uint32_t watch, bool dual)
{
	size_t	 i;

	for (i = r->nalarms; i > 0; i--)
		if (r->alarms[i - 1].watch == watch &&
		    r->alarms[i - 1].dual == dual)
			return (&r->alarms[i - 1]);
	return (NULL);
}

static void
set_verdict(struct explain_alarm *a, struct wall_time at,
    const struct evidence *evidence, const struct verdict *verdict)
{
	bool	 changed = a->nchanges == 0 ||
		    a->verdict.cause != verdict->cause;

	a->evidence = *evidence;
	a->verdict = *verdict;
	if (changed && a->nchanges < EXPLAIN_CHANGES)
		a->changes[a->nchanges++] = (struct explain_change){
			at, *verdict,
		};
}

static struct explain_alarm *
add_alarm(struct explain_report *r, const struct player *p,
    const struct detect_event *event)
{
	const struct configuration_profile *profile =
	    p->config->watches[event->watch]->profile;
	const struct addr	*peer = player_peer(p, event->watch);
	struct explain_alarm	*a;

	if (!begin(r, p) || !array_reserve(&r->alarms, &r->capacity,
	    r->nalarms + 1, sizeof(*r->alarms))) {
		r->exhausted = true;
		return (NULL);
	}
	a = &r->alarms[r->nalarms++];
	*a = (struct explain_alarm){
		.watch = event->watch, .raised = { event->at.ns },
		.last = event->received ? event->last_heartbeat : WALL_NEVER,
		.type = event->dual ? profile->dual : profile->alarm,
		.dual = event->dual,
	};
	if (peer != NULL)
		a->peer = *peer;
	r->watches[event->watch].nalarms++;
	return (a);
}

static void
on_event(void *arg, const struct player *p, const struct detect_event *event,
    const struct player_case *c)
{
	struct explain_report	*r = &((struct explain *)arg)->report;
	struct explain_alarm	*a;
	struct wall_time	 at = { event->at.ns };

	a = event->transition == DETECT_RAISED ? add_alarm(r, p, event) :
	    last_alarm(r, event->watch, event->dual);
	if (a == NULL)
		return;
	if (event->transition == DETECT_CLEARED)
		a->cleared = at;
	if (c != NULL)
		set_verdict(a, at, &c->evidence, &c->verdict);
}

/* Two active nodes; the evidence is the event itself. */
static void
on_dual(void *arg, const struct player *p, const struct detect_event *event)
{
	struct player_case	 c = { .watch = event->watch };
	struct wall_time	 at = { event->at.ns };

	c.evidence.flags = EVIDENCE_NO_FRAMES;
	c.verdict = alarm_event_verdict(event, at);
	alarm_evidence(event, at, &c.evidence);
	on_event(arg, p, event,
	    event->transition == DETECT_RAISED ? &c : NULL);
}

static void
on_verdict(void *arg, const struct player *p, uint32_t watch,
    struct wall_time at, const struct evidence *evidence,
    const struct verdict *verdict)
{
	struct explain_report	*r = &((struct explain *)arg)->report;
	struct explain_alarm	*a = last_alarm(r, watch, false);

	(void)p;
	if (a != NULL)
		set_verdict(a, at, evidence, verdict);
}

/* ---- from start to end */

/* The last minute ends with the captures, and is counted if it has begun. */
static int64_t
end_of(const struct explain_watch *w, struct wall_time end)
{
	int64_t	 minute = (end.ns - 1) / MINUTE_NS + 1;

	return (w->heartbeats > 0 && w->minute >= minute ? w->minute + 1 :
	    minute);
}

static void
finish(void *arg, struct player *p)
{
	struct explain		*e = arg;
	struct explain_report	*r = &e->report;
	uint32_t		 i;

	r->player = p;
	if (!begin(r, p))
		r->exhausted = true;
	for (i = 0; i < p->config->nwatches && !r->exhausted; i++)
		if (p->config->watches[i]->profile->enabled &&
		    !wall_is_never(p->start) && !close_minutes(&r->watches[i],
		    end_of(&r->watches[i], p->now)))
			r->exhausted = true;
	if (r->exhausted)
		log_errx("out of memory");
	else if (e->json)
		explain_print_json(r, stdout);
	else
		explain_print_text(r, stdout);
}

enum command_status
explain_main(int argc, char **argv)
{
	struct explain			 e = { 0 };
	const struct player_output	 output = {
		.event = on_event, .dual = on_dual, .verdict = on_verdict,
		.heartbeat = on_heartbeat, .finish = finish, .arg = &e,
	};
	enum command_status		 status;
	size_t				 i;

	status = player_main(argc, argv, "j", &e.json, &output);
	if (e.report.exhausted)
		status = COMMAND_FAILURE;
	for (i = 0; i < e.report.nwatches; i++)
		free(e.report.watches[i].minutes);
	free(e.report.watches);
	free(e.report.alarms);
	return (status);
}
