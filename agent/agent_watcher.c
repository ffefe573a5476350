/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>

#include "agent_watcher.h"
#include "agent_watches.h"
#include "base/log.h"

/* The longest time that hbwWatcherStarted waits for the engine. */
#define START_NS	(5 * NSEC_PER_SEC)

struct notification_watcher
agent_watcher_now(const struct agent *agent)
{
	const struct configuration_profile	*p;
	struct agent_watches			 w;
	struct notification_watcher		 watcher;

	w = agent_watches_lasting(agent);
	watcher = (struct notification_watcher){
		.watches = w.total, .blind_watches = w.blind,
		.active = agent->active_all,
	};
	p = agent->current.config->defaults;
	snprintf(watcher.source, sizeof(watcher.source), "%s", p->source);
	snprintf(watcher.host, sizeof(watcher.host), "%s", p->host);
	return (watcher);
}

/* Returns the sequence, or 0 when memory is exhausted. */
static uint32_t
notify(struct agent *agent, enum notification_event event,
    struct wall_time now)
{
	struct notification_capture	*c = calloc(1, sizeof(*c));
	struct notification		*n;

	n = c == NULL ? NULL : outbox_add(&agent->outbox, event, now);
	if (n == NULL) {
		log_errx("notification dropped: out of memory");
		free(c);
		return (0);
	}
	c->watcher = agent_watcher_now(agent);
	n->capture = c;
	return (n->sequence);
}

static void
start(struct agent *agent, bool settled, struct wall_time now)
{
	if (agent->watcher.since.ns == 0)
		agent->watcher.since = agent->now;
	if (!(settled && agent->engine_running) && mono_before(agent->now,
	    mono_add(agent->watcher.since, START_NS)))
		return;
	agent->watcher.started = true;
	agent->watcher.since = agent->now;
	(void)notify(agent, NOTIFICATION_STARTED, now);
}

void
agent_watcher_stop(struct agent *agent, struct wall_time now)
{
	if (agent->watcher.started)
		(void)notify(agent, NOTIFICATION_STOPPED, now);
}

static bool
is_pending(const struct agent *agent, uint32_t sequence)
{
	const struct notification	*n;

	n = outbox_find(&agent->outbox, sequence);
	return (n != NULL && n->delivery != NOTIFICATION_DELIVERED);
}

struct mono_time
agent_watcher_due(const struct agent *agent)
{
	const struct agent_watcher	*w = &agent->watcher;
	int64_t				 alive_ns;

	if (!w->started)
		return (w->since.ns == 0 ? MONO_NEVER :
		    mono_add(w->since, START_NS));
	alive_ns = agent->current.config->alive_ns;
	return (alive_ns == 0 ? MONO_NEVER : mono_add(w->since, alive_ns));
}

void
agent_watcher_work(struct agent *agent, bool settled, struct wall_time now)
{
	struct agent_watcher	*w = &agent->watcher;
	struct mono_time	 due;

	if (!w->started) {
		start(agent, settled, now);
		return;
	}
	due = agent_watcher_due(agent);
	if (mono_before(agent->now, due))
		return;
	/* The process may have been stopped for some intervals. */
	w->since = mono_before(agent->now, mono_add(due,
	    agent->current.config->alive_ns)) ? due : agent->now;
	if (w->alive == 0 || !is_pending(agent, w->alive))
		w->alive = notify(agent, NOTIFICATION_ALIVE, now);
}
