/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What systemd is told: that we are ready, that we live, how we are.  Where
 * systemd did not start us, or the build has no libsystemd, nobody is told.
 */
#ifndef HBW_READINESS_H
#define HBW_READINESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent.h"
#include "mono.h"

struct readiness {
	bool			 ready;		/* and said so */
	int64_t			 interval_ns;	/* of the watchdog; 0: none */
	struct mono_time	 due;		/* its next feed */
	int64_t			 pass;		/* live->pass at the last */
	struct mono_time	 status_due;
	size_t			 watches;	/* as told */
	uint32_t		 active;
};

void	 readiness_init(struct readiness *);
/*
 * To be called on each turn once net-snmp is set up; `settled` when no reload
 * is under way.  Detection feeds the watchdog: an engine that made no pass
 * since the last feed gets none.
 */
void	 readiness_turn(struct readiness *, const struct agent *,
	    bool settled);
/* By when readiness_turn wants to be called. */
struct mono_time readiness_due(const struct readiness *);
void	 readiness_reloading(struct readiness *, struct mono_time now);
void	 readiness_stopping(void);

#endif
