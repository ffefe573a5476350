/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_LIBSYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include "systemd_notify.h"

/* The number of WATCHDOG=1 within the limit that systemd sets. */
#define WATCHDOG_COUNT	3
/* The time until the next check if the engine has not run. */
#define CHECK_AGAIN_NS	NSEC_PER_SEC
/* The least time between two STATUS=. */
#define STATUS_NS	NSEC_PER_SEC

#ifdef HAVE_LIBSYSTEMD
#define send_state(...)	((void)sd_notifyf(0, __VA_ARGS__))
#else
#define sd_watchdog_enabled(unset, usec)	((void)(usec), 0)

static void __attribute__((format(printf, 1, 2)))
send_state(const char *format, ...)
{
	(void)format;
}
#endif

void
systemd_notify_init(struct systemd_notify *n)
{
	uint64_t	 usec = 0;

	memset(n, 0, sizeof(*n));
	n->wanted = getenv("NOTIFY_SOCKET") != NULL;
	if (sd_watchdog_enabled(0, &usec) > 0 &&
	    usec / WATCHDOG_COUNT < INT64_MAX / NSEC_PER_USEC)
		n->interval_ns = (int64_t)(usec / WATCHDOG_COUNT) *
		    NSEC_PER_USEC;
}

/*
 * Before the start is complete, and until an engine has begun with new rows,
 * all watches would be blind.
 */
static void
send_status(struct systemd_notify *n, const struct agent *agent)
{
	struct agent_watches	 w;
	char			 text[AGENT_WATCHES_TEXT_SIZE];

	if (!n->wanted || !n->started)
		return;
	if (atomic_load(agent->current.shared->next_wakeup) == 0) {
		n->status_waits = true;
		n->status_due = mono_add(agent->now, STATUS_NS);
		return;
	}
	w = agent_watches_now(agent);
	agent_watches_text(&w, agent->active_all, text);
	n->status_waits = strcmp(text, n->status) != 0;
	if (!n->status_waits || mono_before(agent->now, n->status_due))
		return;
	n->status_waits = false;
	n->status_due = mono_add(agent->now, STATUS_NS);
	strcpy(n->status, text);
	send_state("STATUS=%s", text);
}

static void
send_watchdog(struct systemd_notify *n, const struct agent *agent)
{
	int64_t	 wakeup = atomic_load(agent->current.shared->next_wakeup);

	if (n->interval_ns == 0 || mono_before(agent->now, n->due))
		return;
	if (!agent->engine_running || wakeup == n->last_wakeup) {
		n->due = mono_add(agent->now, CHECK_AGAIN_NS);
		return;
	}
	n->last_wakeup = wakeup;
	n->due = mono_add(agent->now, n->interval_ns);
	send_state("WATCHDOG=1");
}

void
systemd_notify_turn(struct systemd_notify *n, const struct agent *agent,
    bool settled)
{
	if (!n->ready && settled && agent->engine_running) {
		n->ready = n->started = true;
		send_state("READY=1");
	}
	send_status(n, agent);
	send_watchdog(n, agent);
}

struct mono_time
systemd_notify_due(const struct systemd_notify *n)
{
	return (mono_min(n->interval_ns == 0 ? MONO_NEVER : n->due,
	    n->status_waits ? n->status_due : MONO_NEVER));
}

void
systemd_notify_reloading(struct systemd_notify *n, struct mono_time now)
{
	n->ready = false;
	send_state("RELOADING=1\nMONOTONIC_USEC=%" PRId64,
	    now.ns / NSEC_PER_USEC);
}

void
systemd_notify_stopping(void)
{
	send_state("STOPPING=1");
}
