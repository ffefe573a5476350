/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cases of the agent's diagnosis: the evidence on one alarm each.  Those
 * that were raised are kept, for hbwEvidenceTable.
 */
#ifndef HBW_DIAGNOSE_CASES_H
#define HBW_DIAGNOSE_CASES_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mono.h"
#include "base/wall.h"
#include "detect/detect.h"
#include "diagnose.h"
#include "diagnosis/evidence.h"

/* Further ones are for watches that are late and not raised. */
#define DIAGNOSE_CASES	(DIAGNOSE_KEPT + 64)

struct diagnose_case {
	TAILQ_ENTRY(diagnose_case) entry;
	uint32_t		 index;		/* hbwWatchIndex */
	uint32_t		 alarm_id;
	bool			 kept;		/* it was raised */
	bool			 examined;	/* the peer, by the agent */
	struct evidence		 engine;	/* as it reported */
	struct mono_time	 reported;	/* when; 0: never */
	struct evidence		 evidence;	/* of all */
	struct evidence_signal	 log, ping;	/* state 0: unknown */
	struct mono_time	 log_due;
	struct mono_time	 search_due;	/* of all sockets */
	uint32_t		 looks;		/* into the log, not answered */
	uint32_t		 old_looks;	/* of them, for an old raise */
	struct mono_time	 kernel_due;	/* or MONO_NEVER */
	struct mono_time	 until;		/* end of the window; or 0 */
	uint8_t			 notified;	/* cause in the last one */
	/* The next hbwAlarmChanged; MONO_NEVER: nothing to notify. */
	struct mono_time	 changed_due;
	struct mono_time	 changed_next;	/* it is not sent earlier */
};

TAILQ_HEAD(diagnose_list, diagnose_case);

struct diagnose_cases {
	struct diagnose_case	 all[DIAGNOSE_CASES];
	/* Each case is in one of these, the least recently used one first. */
	struct diagnose_list	 free, late, kept;
	/* By alarm id and index: those in use, and the kept ones. */
	struct diagnose_case	*sorted[DIAGNOSE_CASES];
	struct diagnose_case	*order[DIAGNOSE_KEPT];
	size_t			 count, nkept;
};

/* Initialises it without cases. */
void	 diagnose_cases_init(struct diagnose_cases *);

/* NULL: the alarm has no case. */
struct diagnose_case *diagnose_find_case(struct diagnose_cases *,
	    uint32_t index, uint32_t alarm_id);
/*
 * The case of an alarm, which is a new one if it has none.  That replaces the
 * one that was used least recently, first of those that are not kept.
 */
struct diagnose_case *diagnose_case_of(struct diagnose_cases *,
	    uint32_t index, uint32_t alarm_id);
/* Keeps a case whose alarm was raised; it may replace another one. */
void	 diagnose_keep_case(struct diagnose_cases *, struct diagnose_case *);

/*
 * Replaces the signals of the engine.  Signals that only the agent has stay;
 * those of the kernel stay where frames show nothing.
 */
void	 diagnose_take_engine(struct diagnose_case *);
/*
 * Begins the evidence on a raise: that of the engine if it is `fresh`, and what
 * the event itself shows where frames do not.
 */
void	 diagnose_take_event(struct diagnose_case *,
	    const struct detect_event *, struct wall_time at, bool fresh);

#endif
