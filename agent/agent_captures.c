/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent_captures.h"
#include "base/log.h"
#include "base/utf8.h"
#include "engine/shared_state.h"
#include "state/notification.h"

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
	copy->index = c->index;
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
