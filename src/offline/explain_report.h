/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The report on played captures, and its two forms: text and JSON.
 */
#ifndef HBW_EXPLAIN_REPORT_H
#define HBW_EXPLAIN_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/wall.h"
#include "diagnosis/evidence.h"
#include "diagnosis/verdict.h"
#include "offline/player.h"

/* Successive minutes in which a watch received about as many heartbeats. */
struct explain_minutes {
	int64_t		 first;		/* since 1970 */
	int64_t		 count;
	uint64_t	 least;		/* heartbeats in a minute */
	uint64_t	 most;
};

/* The time line of a watch. */
struct explain_watch {
	struct explain_minutes	*minutes;	/* owned */
	size_t			 nminutes;
	size_t			 capacity;
	int64_t			 minute;	/* the present one */
	uint64_t		 heartbeats;	/* in it */
	size_t			 nalarms;
};

struct explain_change {
	struct wall_time	 at;
	struct verdict		 verdict;
};

/* Further changes of a verdict are not shown. */
#define EXPLAIN_CHANGES	8

struct explain_alarm {
	uint32_t		 watch;
	const struct configuration_alarm *type;
	bool			 dual;		/* two active nodes */
	struct wall_time	 last;		/* heartbeat, or WALL_NEVER */
	struct wall_time	 raised;
	struct wall_time	 cleared;	/* WALL_NEVER: still active */
	struct addr		 peer;		/* or ADDR_NONE */
	/* The verdict at the raise, and each with another cause. */
	struct explain_change	 changes[EXPLAIN_CHANGES];
	size_t			 nchanges;
	struct verdict		 verdict;	/* the final one */
	struct evidence		 evidence;	/* for it */
};

struct explain_report {
	struct player		*player;
	struct explain_watch	*watches;	/* owned; by position */
	size_t			 nwatches;
	struct explain_alarm	*alarms;	/* owned; by time */
	size_t			 nalarms;
	size_t			 capacity;
	bool			 exhausted;	/* out of memory */
};

/* Why a signal is not known.  A constant text. */
const char *explain_unknown(const struct explain_report *,
	    const struct explain_alarm *, enum evidence_number);

void	 explain_print_text(const struct explain_report *, FILE *);
/* One object, in one line; hbwatch(1) has the members. */
void	 explain_print_json(const struct explain_report *, FILE *);

#endif
