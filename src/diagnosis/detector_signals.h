/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The signals that come from the rows of the detector.  Pure.
 */
#ifndef HBW_DETECTOR_SIGNALS_H
#define HBW_DETECTOR_SIGNALS_H

#include <stddef.h>
#include <stdint.h>

#include "base/mono.h"
#include "config/config_types.h"
#include "detect/detect.h"
#include "diagnosis/evidence.h"

/* EVIDENCE_HEARTBEATS_THINNED: more than this share was missing. */
#define DETECTOR_SIGNALS_MISSING	5	/* a fifth */
/* The time before the silence that is examined. */
#define DETECTOR_SIGNALS_WINDOW_NS	(60 * NSEC_PER_SEC)

/*
 * EVIDENCE_HEARTBEATS_THINNED, from the intervals that the watch has recorded.
 * Call it when the silence is noticed, because later heartbeats are recorded,
 * too.
 */
void	 detector_signals_thinned(const struct detect_watch *,
	    struct evidence_signal *);

/*
 * EVIDENCE_OTHER_PEERS_ALIVE of a watch that is silent since `last`.  `others`
 * are positions of watches of the same source; those of the same peer are
 * ignored.  The caller is the process that writes the watches.
 */
struct detector_signals_others {
	const struct configuration	*config;
	const struct detect_watch	*watches;	/* by position */
	const struct detect_source	*source;
	const uint32_t			*others;
	size_t				 nothers;
};
void	 detector_signals_alive(const struct detector_signals_others *,
	    uint32_t watch, struct mono_time last, struct mono_time now,
	    struct evidence_signal *);

#endif
