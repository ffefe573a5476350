/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sd_notify(3): readiness, the watchdog and the status text.  Does nothing when
 * systemd did not start this process or the build has no libsystemd.
 */
#ifndef HBW_SYSTEMD_NOTIFY_H
#define HBW_SYSTEMD_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent.h"
#include "agent_watches.h"
#include "base/mono.h"

struct systemd_notify {
	bool			 ready;		/* READY=1 was sent */
	int64_t			 interval_ns;	/* of the watchdog; 0: none */
	struct mono_time	 due;		/* of the next WATCHDOG=1 */
	int64_t			 last_wakeup;	/* next_wakeup then */
	bool			 wanted;	/* systemd listens */
	bool			 started;	/* READY=1 was sent once */
	bool			 status_waits;	/* for status_due */
	struct mono_time	 status_due;	/* no other one before it */
	/* The last one. */
	char			 status[AGENT_WATCHES_TEXT_SIZE];
};

void	 systemd_notify_init(struct systemd_notify *);
/*
 * To be called in each turn of the loop; `settled`: no reload is under way.
 * Sends the status text when it has changed, at most once a second.
 * Sends WATCHDOG=1 only if the engine has run since the last one, so that the
 * watchdog monitors detection, too.
 */
void	 systemd_notify_turn(struct systemd_notify *, const struct agent *,
	    bool settled);
/* When systemd_notify_turn() must be called at the latest. */
struct mono_time systemd_notify_due(const struct systemd_notify *);
void	 systemd_notify_reloading(struct systemd_notify *,
	    struct mono_time now);
void	 systemd_notify_stopping(void);

#endif
