/* SPDX-License-Identifier: BSD-2-Clause */
/* The interval of the heartbeats of a watch, from the latest ones. */
#ifndef HBW_DETECT_INTERVAL_H
#define HBW_DETECT_INTERVAL_H

#include <stddef.h>
#include <stdint.h>

#include "detect/detect.h"

/*
 * The learned interval, of the first `max` entries of the ring, 1 to
 * DETECT_INTERVALS; 0: none.
 */
int64_t	 detect_interval_learned_ns(const struct detect_watch *, size_t max);

/*
 * The shortest interval of the ring, which is not above the learned one.  If
 * there is none, it is longer than any silence that matters.
 */
int64_t	 detect_interval_shortest_ns(const struct detect_watch *);

#endif
