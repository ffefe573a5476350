/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "log.h"

/* An engine without a pass for so long does not look after its rows. */
#define ENGINE_SILENT_NS	(3 * NSEC_PER_SEC)

/* hbwCaptureIndex of interfaces that never had an ifIndex: from here on. */
#define CAPTURE_INDEX_NONE	UINT32_C(2147483648)

/* The parts that change together with the configuration. */
struct parts {
	struct alarm	*alarms;
	uint32_t	*indexes;
	uint32_t	*by_index;
	uint32_t	*by_alarm;
	uint32_t	*by_ifindex;
	uint32_t	*ifindexes;
	uint32_t	*restarts;
};

bool
agent_init(struct agent *agent, struct wall_time now, uint32_t epoch)
{
	memset(agent, 0, sizeof(*agent));
	agent->start_time = now;
	agent->epoch = epoch;
	return (outbox_init(&agent->outbox));
}

static void
free_alarms(struct alarm *alarms, size_t n)
{
	size_t	 i;

	for (i = 0; alarms != NULL && i < n; i++)
		alarm_identity_release(alarms[i].identity);
	free(alarms);
}

static void
free_parts(struct parts *p, size_t nwatches)
{
	free_alarms(p->alarms, nwatches);
	free(p->indexes);
	free(p->by_index);
	free(p->by_alarm);
	free(p->by_ifindex);
	free(p->ifindexes);
	free(p->restarts);
}

static struct parts
parts_of(const struct agent *agent)
{
	return ((struct parts){
		agent->alarms, agent->indexes, agent->by_index,
		agent->by_alarm, agent->by_ifindex, agent->ifindexes,
		agent->restarts,
	});
}

void
agent_free(struct agent *agent)
{
	struct parts	 parts = parts_of(agent);

	free_parts(&parts,
	    agent->config != NULL ? agent->config->nwatches : 0);
	live_free(agent->live);
	configuration_free(agent->config);
	names_free(&agent->names);
	outbox_free(&agent->outbox);
}

/* ---- what happens to alarms */

static void
count_active(struct agent *agent, const struct alarm *a, int change)
{
	agent->active[a->identity->severity] += (uint32_t)change;
	agent->active_all += (uint32_t)change;
}

static void
notify_alarm(struct agent *agent, struct alarm *a, enum notice_event event,
    struct wall_time at)
{
	struct notice	*n;

	agent->last_change = at;
	n = outbox_add(&agent->outbox, event, at);
	if (n == NULL) {
		log_warnx("out of memory: a notification of watch \"%s\" is "
		    "lost", a->identity->watch);
		return;
	}
	a->sequence = n->sequence;
	n->alarm = *a;
	(void)alarm_identity_share(a->identity);
	log_info("%s %s %" PRIu32 ": %s",
	    event == NOTICE_RAISED ? "raised" : "cleared",
	    a->identity->watch, a->identity->id, a->detail);
}

static void
raise_one(struct agent *agent, struct alarm *a,
    const struct detect_event *event, struct wall_time at)
{
	alarm_raise(a, event, at, ++agent->serial);
	count_active(agent, a, 1);
	notify_alarm(agent, a, NOTICE_RAISED, at);
}

static void
clear_one(struct agent *agent, struct alarm *a,
    const struct detect_event *event, struct wall_time at, const char *detail)
{
	alarm_clear(a, event, at, detail);
	count_active(agent, a, -1);
	notify_alarm(agent, a, NOTICE_CLEARED, at);
}

/* Odd transitions raise, even ones clear; one that is known is no news. */
static void
apply(struct agent *agent, struct alarm *a, const struct detect_event *event,
    struct wall_time at, const char *detail)
{
	if (event->number <= a->transitions)
		return;
	if (event->transition == DETECT_RAISED && a->state == ALARM_CLEARED)
		raise_one(agent, a, event, at);
	else if (event->transition == DETECT_CLEARED &&
	    a->state == ALARM_RAISED)
		clear_one(agent, a, event, at, detail);
	else
		a->transitions = event->number;
}

void
agent_event(struct agent *agent, const struct engine_report *r)
{
	if (r->event.watch < agent->config->nwatches)
		apply(agent, &agent->alarms[r->event.watch], &r->event, r->at,
		    NULL);
}

void
agent_capture(struct agent *agent, const struct engine_report *r,
    struct wall_time now)
{
	struct notice	*n;
	struct capture_view	*view;
	bool			 blind = r->state == LIVE_CAPTURE_FAILED;

	if (r->capture >= agent->live->ncaptures)
		return;
	agent_order_captures(agent);
	/* Down and up again is heard: it is no blindness. */
	if (blind == (r->before == LIVE_CAPTURE_FAILED))
		return;
	view = malloc(sizeof(*view));
	n = view == NULL ? NULL : outbox_add(&agent->outbox,
	    blind ? NOTICE_BLIND : NOTICE_RESTORED, now);
	if (n == NULL) {
		log_warnx("out of memory: a notification of %s is lost",
		    agent->live->captures[r->capture].interface);
		free(view);
		return;
	}
	agent_view_capture(agent, r->capture, view);
	view->capture.state = r->state;
	snprintf(view->capture.error, sizeof(view->capture.error), "%s",
	    r->error);
	n->capture = view;
}

void
agent_view_capture(const struct agent *agent, size_t i,
    struct capture_view *view)
{
	view->capture = agent->live->captures[i];
	view->index = agent->ifindexes[i];
	view->restarts = agent->restarts[i];
	if (agent_sees(agent))
		return;
	view->capture.state = LIVE_CAPTURE_FAILED;
	snprintf(view->capture.error, sizeof(view->capture.error),
	    "the engine does not answer");
}

void
agent_view_watch(const struct agent *agent, size_t i, struct watch_view *view)
{
	struct detect_source	 source;

	view->identity = agent->alarms[i].identity;
	view->config = agent->config->watches[i]->profile;
	view->now = agent->now;
	detect_watch_read(&agent->live->watches[i], &view->watch);
	/* A disabled watch has none; and the engine reads strangers' bytes. */
	memset(&source, 0, sizeof(source));
	if (view->watch.source < agent->live->ncaptures)
		source = agent->live->captures[view->watch.source].source;
	/* Nobody looks after the rows: that is blindness too. */
	if (!agent_sees(agent))
		source.blind = true;
	view->state = detect_state(&view->watch, &source, view->now);
}

/* The transition of that number, as far as the row still tells of it. */
static struct detect_event
event_of_row(const struct detect_watch *w, uint32_t number,
    struct mono_time now)
{
	struct detect_event	 event = {
		.number = number,
		.last_heartbeat = w->heard ? w->last_wall : WALL_NEVER,
		.silence_ns = w->interruption_ns,
		.heard = w->heard,
		.stopping = w->stopping,
	};

	if (number % 2 == 1) {
		event.transition = DETECT_RAISED;
		event.at = w->raised_at;
	} else {
		event.transition = DETECT_CLEARED;
		/* A raise that followed is later than what cleared. */
		event.at = number < w->transitions ?
		    mono_min(w->last, w->raised_at) :
		    mono_max(w->last, w->raised_at);
	}
	/* A row that was disabled forgot its times. */
	if (!w->enabled)
		event.at = now;
	return (event);
}

static void
reconcile_one(struct agent *agent, size_t i, struct mono_time now,
    struct wall_time wall)
{
	struct alarm		*a = &agent->alarms[i];
	struct detect_event	 event;
	struct detect_watch	 w;
	struct wall_time	 at;

	detect_watch_mend(&agent->live->watches[i]);
	detect_watch_read(&agent->live->watches[i], &w);
	/* Of a long row of raises and clears the last pair is enough. */
	if (w.transitions - a->transitions > 2)
		a->transitions += (w.transitions - a->transitions - 1) / 2 * 2;
	while (a->transitions < w.transitions) {
		event = event_of_row(&w, a->transitions + 1, now);
		at = wall_add(wall, mono_sub(event.at, now));
		/* The row's raise may be another than the one cleared. */
		event.duration_ns = wall_sub(at, a->raised);
		apply(agent, a, &event, at,
		    w.enabled ? NULL : "the watch was disabled");
	}
}

void
agent_reconcile(struct agent *agent, struct mono_time now,
    struct wall_time wall)
{
	size_t	 i;

	for (i = 0; i < agent->config->nwatches; i++)
		reconcile_one(agent, i, now, wall);
}

/* ---- configuration */

static int
compare_u64(const void *a, const void *b)
{
	uint64_t	 x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x < y ? -1 : x > y);
}

/* Sorts positions by a key of theirs; false when there is no memory. */
static bool
sort_positions(uint32_t *positions, size_t n, const uint64_t *keys)
{
	struct { uint64_t key; uint32_t position; } *pairs;
	size_t	 i;

	pairs = calloc(n + 1, sizeof(*pairs));
	if (pairs == NULL)
		return (false);
	for (i = 0; i < n; i++) {
		pairs[i].key = keys[i];
		pairs[i].position = (uint32_t)i;
	}
	qsort(pairs, n, sizeof(*pairs), compare_u64);
	for (i = 0; i < n; i++)
		positions[i] = pairs[i].position;
	free(pairs);
	return (true);
}

static bool
number_watches(struct agent *agent, const struct configuration *config,
    struct parts *p)
{
	const char	**list;
	size_t		  i;
	bool		  fine;

	list = calloc(config->nwatches + 1, sizeof(*list));
	if (list == NULL)
		return (false);
	for (i = 0; i < config->nwatches; i++)
		list[i] = config->watches[i]->name;
	fine = names_add(&agent->names, list, config->nwatches);
	for (i = 0; fine && i < config->nwatches; i++)
		p->indexes[i] = names_find(&agent->names, list[i]);
	free(list);
	return (fine);
}

static bool
order_watches(const struct configuration *config, struct parts *p)
{
	uint64_t	*keys;
	size_t		 i;
	bool		 fine;

	keys = calloc(config->nwatches + 1, sizeof(*keys));
	if (keys == NULL)
		return (false);
	for (i = 0; i < config->nwatches; i++)
		keys[i] = p->indexes[i];
	fine = sort_positions(p->by_index, config->nwatches, keys);
	for (i = 0; i < config->nwatches; i++)
		keys[i] |=
		    (uint64_t)config->watches[i]->profile->alarm->id << 32;
	fine = fine && sort_positions(p->by_alarm, config->nwatches, keys);
	free(keys);
	return (fine);
}

static bool
new_alarms(const struct configuration *config, struct parts *p)
{
	struct alarm_identity	*id;
	size_t			 i;

	for (i = 0; i < config->nwatches; i++) {
		id = alarm_identity_new(config->watches[i], p->indexes[i]);
		if (id == NULL)
			return (false);
		alarm_init(&p->alarms[i], id);
	}
	return (true);
}

static bool
new_parts(struct agent *agent, const struct configuration *config,
    const struct live *live, struct parts *p)
{
	size_t	 n = config->nwatches + 1;

	p->alarms = calloc(n, sizeof(*p->alarms));
	p->indexes = calloc(n, sizeof(*p->indexes));
	p->by_index = calloc(n, sizeof(*p->by_index));
	p->by_alarm = calloc(n, sizeof(*p->by_alarm));
	p->by_ifindex = calloc(live->ncaptures + 1, sizeof(*p->by_ifindex));
	p->ifindexes = calloc(live->ncaptures + 1, sizeof(*p->ifindexes));
	p->restarts = calloc(live->ncaptures + 1, sizeof(*p->restarts));
	return (p->alarms != NULL && p->indexes != NULL &&
	    p->by_index != NULL && p->by_alarm != NULL &&
	    p->by_ifindex != NULL && p->ifindexes != NULL &&
	    p->restarts != NULL &&
	    number_watches(agent, config, p) && order_watches(config, p) &&
	    new_alarms(config, p));
}

/* An alarm that was there under the same key is the same alarm. */
static void
carry_alarm(struct agent *agent, struct alarm *a, struct alarm *old,
    bool enabled, struct wall_time now)
{
	struct detect_event	 event = {
		.transition = DETECT_CLEARED, .number = old->transitions,
		.last_heartbeat = old->last_heartbeat,
	};
	struct alarm_identity	*identity = a->identity;

	if (strcmp(a->identity->key, old->identity->key) == 0) {
		/* Counted by the severity that it now has. */
		if (old->state == ALARM_RAISED) {
			count_active(agent, old, -1);
			count_active(agent, a, 1);
		}
		*a = *old;
		a->identity = identity;
		return;
	}
	a->transitions = old->transitions;
	if (old->state != ALARM_RAISED)
		return;
	clear_one(agent, old, &event, now,
	    "the configuration gave the alarm another key");
	if (!enabled)
		return;
	event.transition = DETECT_RAISED;
	event.heard = !wall_is_never(old->last_heartbeat);
	event.silence_ns = wall_sub(now,
	    event.heard ? old->last_heartbeat : old->raised);
	raise_one(agent, a, &event, now);
}

static void
remove_alarm(struct agent *agent, struct alarm *old, struct wall_time now)
{
	struct detect_event	 event = {
		.transition = DETECT_CLEARED,
		.number = old->transitions + 1,
		.last_heartbeat = old->last_heartbeat,
	};

	if (old->state == ALARM_RAISED)
		clear_one(agent, old, &event, now,
		    "the watch was removed from the configuration");
}

/* hbwWatchIndex belongs to a name, so the same index is the same watch. */
static void
carry_alarms(struct agent *agent, struct parts *p,
    const struct configuration *config, struct wall_time now)
{
	size_t		 i, j = 0, nold = agent->config->nwatches;
	size_t		 nwatches = config->nwatches;
	uint32_t	 index;

	for (i = 0; i < nold; i++) {
		uint32_t old = agent->by_index[i];
		index = agent->indexes[old];
		while (j < nwatches && p->indexes[p->by_index[j]] < index)
			j++;
		if (j < nwatches && p->indexes[p->by_index[j]] == index)
			carry_alarm(agent, &p->alarms[p->by_index[j]],
			    &agent->alarms[old],
			    config->watches[p->by_index[j]]->profile->enabled,
			    now);
		else
			remove_alarm(agent, &agent->alarms[old], now);
	}
}

static void
carry_restarts(const struct agent *agent, const struct live *live,
    struct parts *p)
{
	uint32_t	 i, found;

	for (i = 0; i < agent->live->ncaptures; i++) {
		found = live_capture_find(live,
		    agent->live->captures[i].interface);
		if (found != UINT32_MAX)
			p->restarts[found] = agent->restarts[i];
	}
}

bool
agent_configure(struct agent *agent, struct configuration *config,
    struct live *live, struct wall_time now)
{
	struct parts	 parts = { 0 }, old = parts_of(agent);
	size_t		 nold = 0;

	if (!new_parts(agent, config, live, &parts) ||
	    (agent->live != NULL &&
	    !live_carry(live, config, agent->live, agent->config))) {
		free_parts(&parts, config->nwatches);
		return (false);
	}
	if (agent->config != NULL) {
		nold = agent->config->nwatches;
		carry_alarms(agent, &parts, config, now);
		carry_restarts(agent, live, &parts);
	}
	free_parts(&old, nold);
	live_free(agent->live);
	configuration_free(agent->config);
	agent->config = config;
	agent->live = live;
	agent->alarms = parts.alarms;
	agent->indexes = parts.indexes;
	agent->by_index = parts.by_index;
	agent->by_alarm = parts.by_alarm;
	agent->by_ifindex = parts.by_ifindex;
	agent->ifindexes = parts.ifindexes;
	agent->restarts = parts.restarts;
	agent->config_time = now;
	agent_order_captures(agent);
	return (true);
}

bool
agent_sees(const struct agent *agent)
{
	return (agent->engine_lives &&
	    agent->now.ns - atomic_load(agent->live->pass) <
	    ENGINE_SILENT_NS);
}

/* Has a capture that works the number that one keeps which failed? */
static bool
ifindex_is_taken(const struct live *live, size_t failed)
{
	size_t	 i;

	for (i = 0; i < live->ncaptures; i++)
		if (i != failed && live->captures[i].ifindex ==
		    live->captures[failed].ifindex)
			return (true);
	return (false);
}

/* `any` has no ifIndex; one that has none of its own gets a number of ours. */
static uint32_t
capture_index(const struct live *live, size_t i)
{
	const struct live_capture	*c = &live->captures[i];

	if (strcmp(c->interface, "any") == 0)
		return (0);
	if (c->ifindex == 0 || (c->state == LIVE_CAPTURE_FAILED &&
	    ifindex_is_taken(live, i)))
		return (CAPTURE_INDEX_NONE + (uint32_t)i);
	return (c->ifindex);
}

void
agent_order_captures(struct agent *agent)
{
	uint64_t	*keys;
	size_t		 i, n = agent->live->ncaptures;

	keys = calloc(n + 1, sizeof(*keys));
	if (keys == NULL)
		return;
	for (i = 0; i < n; i++) {
		agent->ifindexes[i] = capture_index(agent->live, i);
		keys[i] = agent->ifindexes[i];
	}
	(void)sort_positions(agent->by_ifindex, n, keys);
	free(keys);
}
