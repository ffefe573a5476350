/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The answer to a request of the control socket, written in small parts, so
 * that a long one does not delay the agent.
 */
#ifndef HBW_CONTROL_ANSWER_H
#define HBW_CONTROL_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "agent.h"
#include "base/json.h"
#include "control_status.h"
#include "control_survey.h"
#include "state/control_request.h"

/* Shared by all answers; owns only the survey. */
struct control_answers {
	struct agent			*agent;
	const struct control_place	*place;
	/* In progress; NULL: none. */
	struct control_survey		*survey;
	FILE				*out;	/* open_memstream(3) */
	char				**text;	/* of the stream */
};

enum control_stage {
	CONTROL_SURVEY,		/* waits for a survey */
	CONTROL_ROWS,
	CONTROL_ROW,
	CONTROL_EVENTS,
	CONTROL_NAME_LIST,
	CONTROL_STORED,		/* waits until an action is on disk */
};

struct control_answer {
	enum control_stage	 stage;
	struct control_request	 request;
	uint32_t		 configured;	/* agent->configured */
	struct control_survey	*survey;	/* a reference, or NULL */
	enum control_rank	 rank;		/* CONTROL_ROWS */
	uint32_t		 position;	/* the next watch */
	size_t			 lines;		/* written so far */
	size_t			 omitted;	/* lines that are not written */
	struct json		 json;		/* CONTROL_EVENTS */
	uint32_t		 sequence;	/* the next notification, or
						   the one to be stored */
	unsigned		 events;	/* written so far */
	const char		*fault;		/* of an action, or NULL */
	bool			 no_watch;
	unsigned		 looked;	/* notifications read */
};

enum control_progress {
	CONTROL_MORE,		/* there is more to write */
	CONTROL_WAITS,		/* for the survey or the disk */
	CONTROL_DONE,
};

/*
 * Begins an answer.  If the request is an action of an operator, `who`, the
 * action is done now.  The texts of the request must be valid until the answer
 * is done.
 */
void	 control_answer_begin(struct control_answer *,
	    struct control_answers *, const struct control_request *,
	    const char *who);
/* Writes the next part: a line, some names, or some events. */
enum control_progress control_answer_work(struct control_answer *,
	    struct control_answers *);
/* Releases what it owns, at any time. */
void	 control_answer_free(struct control_answer *);

/* Writes the last line of an answer that failed. */
void	 control_answer_error(FILE *, const char *error);

/*
 * Continues the survey, if answers wait for one.  True when there was something
 * to do.
 */
bool	 control_answers_survey(struct control_answers *);

#endif
