/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The arguments of the getters of columns.  A table fills a view from the
 * current row, and a notification fills one from the row as it was then, so
 * that both have the same values.
 */
#ifndef HBW_VIEWS_H
#define HBW_VIEWS_H

#include <stdbool.h>
#include <stdint.h>

#include "agent.h"
#include "config/configuration.h"
#include "detect/detect.h"
#include "engine/shared_state.h"
#include "state/alarm.h"
#include "state/notification.h"

struct scalars_view {
	const struct agent	*agent;
	uint32_t		 epoch;
	uint32_t		 sequence;
	const struct notification_storm *storm;
};

struct capture_view {
	struct shared_capture	 capture;	/* a copy */
	uint32_t		 index;		/* hbwCaptureIndex */
	uint32_t		 restarts;
};

struct watch_view {
	const struct configuration_watch	*config;
	struct detect_watch			 watch;		/* a copy */
	struct detect_source			 source;	/* a copy */
	struct mono_time			 now;
};

struct alarm_view {
	const struct configuration_watch	*config;
	const struct alarm			*alarm;
};

struct history_view {
	const struct notification		*notification;
	const struct configuration_watch	*watch;	/* NULL: of no alarm */
	const struct alarm			*alarm;	/* likewise */
	bool					 delivered;
};

#endif
