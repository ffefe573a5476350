/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What systemd is told: that we are ready, that we live, how we are.  Where
 * systemd did not start us, or the build has no libsystemd, nobody is told.
 */
#ifndef HBW_SYSTEMD_NOTIFY_H
#define HBW_SYSTEMD_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent.h"
#include "base/mono.h"

struct systemd_notify {
	bool			 ready;		/* and said so */
	int64_t			 interval_ns;	/* of the watchdog; 0: none */
	struct mono_time	 due;		/* its next feed */
	int64_t			 pass;		/* live->pass at the last */
	struct mono_time	 status_due;
	size_t			 watches;	/* as told */
	uint32_t		 active;
};

void	 systemd_notify_init(struct systemd_notify *);
/*
 * To be called on each turn once net-snmp is set up; `settled` when no reload
 * is under way.  Detection feeds the watchdog: an engine that made no pass
 * since the last feed gets none.
 */
void	 systemd_notify_turn(struct systemd_notify *, const struct agent *,
	    bool settled);
/* By when systemd_notify_turn wants to be called. */
struct mono_time systemd_notify_due(const struct systemd_notify *);
void	 systemd_notify_reloading(struct systemd_notify *, struct mono_time now);
void	 systemd_notify_stopping(void);

#endif
