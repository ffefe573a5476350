/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

#ifdef HAVE_LIBSYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include "systemd_notify.h"

/* Of the time after which systemd takes us for dead. */
#define FEEDS		3
/* Until then detection has made no pass. */
#define LOOK_AGAIN_NS	NSEC_PER_SEC

#ifdef HAVE_LIBSYSTEMD
#define tell(...)	((void)sd_notifyf(0, __VA_ARGS__))
#else
#define sd_watchdog_enabled(unset, usec)	((void)(usec), 0)

static void __attribute__((format(printf, 1, 2)))
tell(const char *format, ...)
{
	(void)format;
}
#endif

void
systemd_notify_init(struct systemd_notify *r)
{
	uint64_t	 usec = 0;

	memset(r, 0, sizeof(*r));
	if (sd_watchdog_enabled(0, &usec) > 0 && usec / FEEDS < INT64_MAX /
	    NSEC_PER_USEC)
		r->interval_ns = (int64_t)(usec / FEEDS) * NSEC_PER_USEC;
}

static void
tell_status(struct systemd_notify *r, const struct agent *agent)
{
	if (mono_before(agent->now, r->status_due) ||
	    (r->watches == agent->current.config->nwatches &&
	    r->active == agent->active_all))
		return;
	r->status_due = mono_add(agent->now, NSEC_PER_SEC);
	r->watches = agent->current.config->nwatches;
	r->active = agent->active_all;
	tell("STATUS=%zu watch%s, %" PRIu32 " active alarm%s", r->watches,
	    r->watches == 1 ? "" : "es", r->active,
	    r->active == 1 ? "" : "s");
}

static void
feed(struct systemd_notify *r, const struct agent *agent)
{
	int64_t	 pass = atomic_load(agent->current.shared->next_wakeup);

	if (r->interval_ns == 0 || mono_before(agent->now, r->due))
		return;
	if (!agent->engine_lives || pass == r->pass) {
		r->due = mono_add(agent->now, LOOK_AGAIN_NS);
		return;
	}
	r->pass = pass;
	r->due = mono_add(agent->now, r->interval_ns);
	tell("WATCHDOG=1");
}

void
systemd_notify_turn(struct systemd_notify *r, const struct agent *agent, bool settled)
{
	if (!r->ready && settled && agent->engine_lives) {
		r->ready = true;
		tell("READY=1");
	}
	tell_status(r, agent);
	feed(r, agent);
}

struct mono_time
systemd_notify_due(const struct systemd_notify *r)
{
	return (r->interval_ns == 0 ? MONO_NEVER : r->due);
}

void
systemd_notify_reloading(struct systemd_notify *r, struct mono_time now)
{
	r->ready = false;
	tell("RELOADING=1\nMONOTONIC_USEC=%" PRId64, now.ns / NSEC_PER_USEC);
}

void
systemd_notify_stopping(void)
{
	tell("STOPPING=1");
}
