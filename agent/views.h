/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the getters of the columns look at.  A table makes a view of a row as it
 * is; a notification makes one of the row as it was.  So both say the same.
 * The alarm table's view is struct alarm.
 */
#ifndef HBW_VIEWS_H
#define HBW_VIEWS_H

#include <stdint.h>

#include "alarm.h"
#include "configuration.h"
#include "detect.h"
#include "live.h"

struct agent;

struct scalars_view {
	const struct agent	*agent;
	uint32_t		 epoch;
	uint32_t		 sequence;
};

struct capture_view {
	struct live_capture	 capture;	/* a copy */
	uint32_t		 index;		/* hbwCaptureIndex */
	uint32_t		 restarts;
};

struct watch_view {
	const struct alarm_identity		*identity;
	const struct configuration_profile	*config;
	struct detect_watch			 watch;		/* a copy */
	enum detect_state			 state;
	struct mono_time			 now;
};

#endif
