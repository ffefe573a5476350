/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent_captures.h"
#include "base/log.h"
#include "base/utf8.h"
#include "engine/shared_state.h"
#include "state/notification.h"

/* Captures without an ifIndex of their own get indexes from this one on. */
#define CAPTURE_INDEX_BASE	UINT32_C(2147483648)

void
agent_notify_blind(struct agent *agent, uint32_t i, bool blind,
    const char *error, struct wall_time now)
{
	struct generation_capture	*c = &agent->current.captures[i];
	struct shared_capture		 row;
	struct notification_capture	*copy;
	struct notification		*n;

	if (blind == c->notified_blind)
		return;
	copy = calloc(1, sizeof(*copy));
	n = copy == NULL ? NULL : outbox_add(&agent->outbox,
	    blind ? NOTIFICATION_BLIND : NOTIFICATION_RESTORED, now);
	if (n == NULL) {
		log_errx("%s: notification dropped: out of memory",
		    agent->current.shared->names[i]);
		free(copy);
		return;
	}
	shared_state_read_capture(agent->current.shared, i, &row);
	copy->index = c->ifindex;
	copy->state = blind ? SHARED_CAPTURE_FAILED : row.state;
	memcpy(copy->interface, row.interface, sizeof(copy->interface));
	snprintf(copy->error, sizeof(copy->error), "%s",
	    error != NULL ? error : row.error);
	utf8_clean(copy->error, sizeof(copy->error));
	n->capture = copy;
	c->notified_blind = blind;
}

void
agent_engine_fault(struct agent *agent, const char *reason,
    struct wall_time now)
{
	const struct shared_capture	*c;
	uint32_t			 i;

	if (agent->engine_fault == reason)
		return;
	agent->engine_fault = reason;
	for (i = 0; i < agent->current.shared->ncaptures; i++) {
		c = &agent->current.shared->captures[i];
		if (reason != NULL)
			agent_notify_blind(agent, i, true, reason, now);
		else if (c->state != SHARED_CAPTURE_FAILED)
			agent_notify_blind(agent, i, false, NULL, now);
	}
}

/* ---- hbwCaptureIndex */

/* The kernel may give the ifIndex of a removed interface to another one. */
static bool
ifindex_is_taken(const struct shared_state *shared, size_t failed)
{
	size_t	 i;

	for (i = 0; i < shared->ncaptures; i++)
		if (i != failed && shared->captures[i].ifindex ==
		    shared->captures[failed].ifindex)
			return (true);
	return (false);
}

/* The ifIndex; 0 for `any`, which has none. */
static uint32_t
capture_index(const struct shared_state *shared, size_t i)
{
	const struct shared_capture	*c = &shared->captures[i];

	if (strcmp(shared->names[i], "any") == 0)
		return (0);
	if (c->ifindex == 0 || (c->state == SHARED_CAPTURE_FAILED &&
	    ifindex_is_taken(shared, i)))
		return (CAPTURE_INDEX_BASE + (uint32_t)i);
	return (c->ifindex);
}

void
agent_order_captures(struct agent *agent)
{
	struct generation_capture	*c = agent->current.captures;
	struct generation_pair		*pairs;
	size_t				 i, n;

	n = agent->current.shared->ncaptures;
	pairs = calloc(n + 1, sizeof(*pairs));
	if (pairs == NULL)
		return;
	for (i = 0; i < n; i++) {
		c[i].ifindex = capture_index(agent->current.shared, i);
		pairs[i] = (struct generation_pair){
			c[i].ifindex, (uint32_t)i,
		};
	}
	generation_sort(pairs, n);
	for (i = 0; i < n; i++)
		c[i].position = pairs[i].position;
	free(pairs);
}
