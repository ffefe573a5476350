/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The numbers that the state keeps over a restart.
 */
#ifndef HBW_STORE_COUNTERS_H
#define HBW_STORE_COUNTERS_H

#include <stdint.h>

#include "base/wall.h"

/* Each number but the epoch is at most INT32_MAX in the file. */
struct store_counters {
	uint32_t		 epoch;		/* from 1; grows after a loss */
	uint32_t		 sequence;	/* the newest; 0: none */
	uint32_t		 delivered;	/* all up to it are delivered */
	uint32_t		 serial;	/* raises of all alarms */
	struct wall_time	 last_change;	/* of any alarm */
};

#endif
