/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ranks of all watches at one time: which of them need attention, and how
 * many there are of each state.  It is made in parts, so that many watches do
 * not delay the agent, and the answers to several requests share it.
 */
#ifndef HBW_CONTROL_SURVEY_H
#define HBW_CONTROL_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent.h"
#include "detect/detect.h"

/* In the order in which status lists the watches. */
enum control_rank {
	CONTROL_RANK_CRITICAL,		/* an alarm is active */
	CONTROL_RANK_MAJOR,
	CONTROL_RANK_MINOR,
	CONTROL_RANK_WARNING,
	CONTROL_RANK_BLIND,
	CONTROL_RANK_ACKNOWLEDGED,	/* each active alarm is */
	CONTROL_RANK_LATE,
	CONTROL_RANK_SHELVED,
	CONTROL_RANK_CHATTERING,
	CONTROL_RANK_OTHER,		/* needs no attention */
};

struct control_survey {
	unsigned	 references;
	uint32_t	 configured;	/* agent->configured */
	size_t		 nwatches;
	size_t		 done;		/* watches with a rank */
	uint8_t		*ranks;		/* of each watch; owned */
	size_t		 states[DETECT_DISABLED + 1];	/* number of watches */
	size_t		*watches;	/* the same for each capture; owned */
};

/*
 * Begins a survey of the present configuration, with one reference; NULL when
 * memory is exhausted.
 */
struct control_survey *control_survey_new(const struct agent *);
struct control_survey *control_survey_share(struct control_survey *);
/* Drops a reference; NULL is ignored. */
void	 control_survey_release(struct control_survey *);

/*
 * Ranks some more watches.  True when all are ranked.  The configuration must
 * be the one of control_survey_new().
 */
bool	 control_survey_work(struct control_survey *, const struct agent *);

/*
 * The position of the first watch of this rank from `from` on; nwatches if
 * there is none.  For a survey that is complete.
 */
size_t	 control_survey_find(const struct control_survey *, enum control_rank,
	    size_t from);

#endif
