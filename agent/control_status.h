/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lines of JSON that the control socket answers, see hbwatch-control(5).
 * Their values are those of the tables of HBWATCH-MIB.
 */
#ifndef HBW_CONTROL_STATUS_H
#define HBW_CONTROL_STATUS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "agent.h"
#include "base/json.h"
#include "base/wall.h"
#include "control_survey.h"
#include "state/notification.h"

/* Places that are not in struct agent.  The strings are the caller's. */
struct control_place {
	const char	*state;		/* the state directory */
	const char	*listen;	/* of -L; NULL: a subagent */
};

/* The line "daemon", for a survey that is complete. */
void	 control_status_daemon(FILE *, const struct agent *,
	    const struct control_place *, const struct control_survey *,
	    struct wall_time now);

/*
 * Begins the line "watch" of the watch at a position.  The caller ends it with
 * json_end().  `evidence`: with the evidence of each alarm.
 */
void	 control_status_watch(struct json *, FILE *, const struct agent *,
	    uint32_t position, bool evidence);

/*
 * True for a notification about this watch or its interface; `index` is its
 * hbwWatchIndex.
 */
bool	 control_status_is_about(const struct notification *, uint32_t index,
	    const char *interface);
/* Adds an element to the array "events". */
void	 control_status_event(struct json *, const struct agent *,
	    const struct notification *);

#endif
