/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent_captures.h"
#include "agent_watcher.h"
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

/* Adds a notification with the state of an interface; false: no memory. */
static bool
notify(struct agent *agent, enum notification_event event,
    const struct notification_capture *capture, struct wall_time now)
{
	struct notification_capture	*copy = malloc(sizeof(*copy));
	struct notification		*n;

	n = copy == NULL ? NULL : outbox_add(&agent->outbox, event, now);
	if (n == NULL) {
		log_errx("%s: notification dropped: out of memory",
		    capture->interface);
		free(copy);
		return (false);
	}
	*copy = *capture;
	copy->watcher = agent_watcher_now(agent);
	n->capture = copy;
	return (true);
}

void
agent_notify_blind(struct agent *agent, uint32_t i, bool blind,
    const char *error, struct wall_time now)
{
	struct generation_capture	*c = &agent->current.captures[i];
	struct notification_capture	 capture = { .index = c->index };
	struct shared_capture		 row;

	c->deferred = false;
	if (blind == c->notified_blind)
		return;
	if (!rate_limit_allows(&c->limit, NOTIFICATIONS_NS,
	    NOTIFICATIONS_BURST, agent->now)) {
		c->deferred = true;
		return;
	}
	shared_state_read_capture(agent->current.shared, i, agent->now, &row);
	capture.state = blind ? SHARED_CAPTURE_FAILED : row.state;
	memcpy(capture.interface, row.interface, sizeof(capture.interface));
	snprintf(capture.error, sizeof(capture.error), "%s",
	    error != NULL ? error : row.error);
	utf8_clean(capture.error, sizeof(capture.error));
	if (notify(agent, blind ? NOTIFICATION_BLIND : NOTIFICATION_RESTORED,
	    &capture, now))
		c->notified_blind = blind;
	else
		c->deferred = true;
}

void
agent_notify_not_monitored(struct agent *agent, const char *interface,
    uint32_t index, struct wall_time now)
{
	struct notification_capture	 capture = {
		.index = index, .state = SHARED_CAPTURE_NOT_MONITORED,
		.error = "no watch uses the interface any more",
	};

	snprintf(capture.interface, sizeof(capture.interface), "%s",
	    interface);
	log_notice("%s: %s; it is not blind any more", interface,
	    capture.error);
	(void)notify(agent, NOTIFICATION_RESTORED, &capture, now);
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
