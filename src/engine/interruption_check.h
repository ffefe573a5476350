/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Logs a warning for watches whose `interruption` is so short that few lost
 * heartbeats raise the alarm.  The interval of the heartbeats is known only
 * after some of them.
 */
#ifndef HBW_INTERRUPTION_CHECK_H
#define HBW_INTERRUPTION_CHECK_H

#include <stdint.h>

#include "config/configuration.h"
#include "engine/shared_state.h"

struct interruption_check {
	const struct configuration		*config;	/* borrowed */
	/* The last section with a warning: many watches may have the same. */
	const struct configuration_profile	*warned;
};

/* Checks a watch; call it when detect_heartbeat has returned true. */
void	 interruption_check_watch(struct interruption_check *, uint32_t watch,
	    const struct detect_watch *);
/* Checks all watches, to whose rows an engine may be writing. */
void	 interruption_check_all(const struct configuration *,
	    const struct shared_state *, struct mono_time now);

#endif
