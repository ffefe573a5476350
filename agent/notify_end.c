/* SPDX-License-Identifier: BSD-2-Clause */
#include <poll.h>

#include "agent_watcher.h"
#include "base/log.h"
#include "notify_end.h"
#include "persistence.h"
#include "sinks.h"

#define WAIT_NS		(2 * NSEC_PER_SEC)

/* Sends notifications and reads the answers, until `limit` at the latest. */
static void
deliver(struct notify *notify, struct snmp_poll *p, struct mono_time limit)
{
	struct mono_time	 now = mono_now(), due;
	int64_t			 ns;

	p->count = 0;
	if (!snmp_library_poll(p, now, &due) ||
	    (notify->standalone && !sinks_poll(p)))
		fatal("cannot wait for events");
	due = mono_min(due, mono_min(limit, notify_due(notify)));
	ns = mono_before(now, due) ? mono_sub(due, now) : 0;
	/* Rounded up, so that the loop does not spin before the time. */
	if (poll(p->fds, p->count, (int)((ns + NSEC_PER_MSEC - 1) /
	    NSEC_PER_MSEC)) >= 0) {
		snmp_library_work(p, 0);
		if (notify->standalone)
			sinks_work(p);
	}
	notify_flush(notify, mono_now());
}

void
notify_end(struct notify *notify, struct snmp_poll *p)
{
	struct agent		*agent = notify->agent;
	struct mono_time	 limit;

	agent->now = mono_now();
	agent_watcher_stop(agent, wall_now());
	/* A notification is sent when it is on disk. */
	persistence_save_all(agent, agent->now, PERSISTENCE_HANG_MS);
	limit = mono_add(mono_now(), WAIT_NS);
	while (agent->watcher.started && agent->outbox.pending > 0 &&
	    (notify->standalone || notify->master != NULL) &&
	    mono_before(mono_now(), limit))
		deliver(notify, p, limit);
	persistence_save_all(agent, mono_now(), PERSISTENCE_HANG_MS);
}
