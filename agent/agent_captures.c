/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent_captures.h"
#include "agent_watches.h"
#include "base/log.h"
#include "base/utf8.h"
#include "engine/shared_state.h"
#include "state/notification.h"

/*
 * An engine that reports the same capture as blind and restored in a loop must
 * not fill the outbox: a capture has this many notifications at once, and then
 * one in each interval, with the state that it has at that time.
 */
#define NOTIFICATIONS_BURST	10
#define NOTIFICATIONS_NS	(60 * NSEC_PER_SEC)

/* The present values of hbwatchd itself. */
static struct notification_watcher
watcher_now(const struct agent *agent)
{
	const struct configuration_profile	*p;
	struct notification_watcher		 watcher = {
		.blind_watches = agent_watches_lasting(agent).blind,
	};

	p = agent->current.config->defaults;
	snprintf(watcher.source, sizeof(watcher.source), "%s", p->source);
	snprintf(watcher.host, sizeof(watcher.host), "%s", p->host);
	return (watcher);
}

void
agent_notify_blind(struct agent *agent, uint32_t i, bool blind,
    const char *error, struct wall_time now)
{
	struct generation_capture	*c = &agent->current.captures[i];
	struct shared_capture		 row;
	struct notification_capture	*copy;
	struct notification		*n;

	c->deferred = false;
	if (blind == c->notified_blind)
		return;
	if (!rate_limit_allows(&c->limit, NOTIFICATIONS_NS,
	    NOTIFICATIONS_BURST, agent->now)) {
		c->deferred = true;
		return;
	}
	copy = calloc(1, sizeof(*copy));
	n = copy == NULL ? NULL : outbox_add(&agent->outbox,
	    blind ? NOTIFICATION_BLIND : NOTIFICATION_RESTORED, now);
	if (n == NULL) {
		log_errx("%s: notification dropped: out of memory",
		    agent->current.shared->names[i]);
		free(copy);
		return;
	}
	shared_state_read_capture(agent->current.shared, i, agent->now, &row);
	copy->watcher = watcher_now(agent);
	copy->index = c->index;
	copy->state = blind ? SHARED_CAPTURE_FAILED : row.state;
	memcpy(copy->interface, row.interface, sizeof(copy->interface));
	snprintf(copy->error, sizeof(copy->error), "%s",
	    error != NULL ? error : row.error);
	utf8_clean(copy->error, sizeof(copy->error));
	n->capture = copy;
	c->notified_blind = blind;
}

static bool
is_failed(const struct agent *agent, uint32_t i)
{
	struct shared_capture	 row;

	shared_state_read_capture(agent->current.shared, i, agent->now, &row);
	return (row.state == SHARED_CAPTURE_FAILED);
}

void
agent_engine_fault(struct agent *agent, const char *reason,
    struct wall_time now)
{
	uint32_t	 i;

	if (agent->engine_fault == reason)
		return;
	agent->engine_fault = reason;
	for (i = 0; i < agent->current.shared->ncaptures; i++)
		if (reason != NULL || !is_failed(agent, i))
			agent_notify_blind(agent, i, reason != NULL, reason,
			    now);
}

bool
agent_has_deferred(const struct agent *agent)
{
	size_t	 i;

	for (i = 0; i < agent->current.shared->ncaptures; i++)
		if (agent->current.captures[i].deferred)
			return (true);
	return (false);
}

void
agent_notify_deferred(struct agent *agent, struct wall_time now)
{
	uint32_t	 i;

	for (i = 0; i < agent->current.shared->ncaptures; i++)
		if (agent->current.captures[i].deferred)
			agent_notify_blind(agent, i, agent->engine_fault !=
			    NULL || is_failed(agent, i), agent->engine_fault,
			    now);
}
