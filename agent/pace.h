/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pace at which one receiver gets notifications: a burst after a pause,
 * then the option `rate`.
 */
#ifndef HBW_PACE_H
#define HBW_PACE_H

#include <stdint.h>

#include "base/mono.h"

struct pace {
	struct mono_time next;		/* the earliest time to send */
};

/* Sets the earliest time after a send; `rate` is per second, from 1. */
void	 pace_sent(struct pace *, uint32_t rate, struct mono_time now);

#endif
