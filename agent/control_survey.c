/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "control_survey.h"
#include "table.h"

/* Watches that one call ranks: less than a tenth of a millisecond. */
#define PART	128

struct control_survey *
control_survey_new(const struct agent *agent)
{
	struct control_survey	*s = calloc(1, sizeof(*s));

	if (s == NULL)
		return (NULL);
	s->references = 1;
	s->configured = agent->configured;
	s->nwatches = agent->current.config->nwatches;
	s->ranks = malloc(s->nwatches + 1);
	s->watches = calloc(agent->current.shared->ncaptures + 1,
	    sizeof(*s->watches));
	if (s->ranks != NULL && s->watches != NULL)
		return (s);
	control_survey_release(s);
	return (NULL);
}

struct control_survey *
control_survey_share(struct control_survey *s)
{
	s->references++;
	return (s);
}

void
control_survey_release(struct control_survey *s)
{
	if (s == NULL || --s->references > 0)
		return;
	free(s->ranks);
	free(s->watches);
	free(s);
}

/* ---- ranks */

static enum control_rank
severity_rank(enum severity severity)
{
	return (severity == SEVERITY_CRITICAL ? CONTROL_RANK_CRITICAL :
	    severity == SEVERITY_MAJOR ? CONTROL_RANK_MAJOR :
	    severity == SEVERITY_MINOR ? CONTROL_RANK_MINOR :
	    CONTROL_RANK_WARNING);
}

static enum control_rank
alarm_rank(const struct agent *agent, size_t position)
{
	const struct generation	*g = &agent->current;
	const struct alarm	*a = &g->alarms[position];
	enum operator_state	 operator = alarm_operator_state(a);

	if (operator == OPERATOR_SHELVED)
		return (CONTROL_RANK_SHELVED);
	if (a->state != ALARM_RAISED)
		return ((a->flags & ALARM_CHATTERING) != 0 ?
		    CONTROL_RANK_CHATTERING : CONTROL_RANK_OTHER);
	if (operator == OPERATOR_ACKNOWLEDGED)
		return (CONTROL_RANK_ACKNOWLEDGED);
	return (severity_rank(generation_alarm_watch(g, position)->profile->
	    alarm->severity));
}

static enum control_rank
state_rank(enum detect_state state)
{
	return (state == DETECT_BLIND ? CONTROL_RANK_BLIND :
	    state == DETECT_LATE ? CONTROL_RANK_LATE : CONTROL_RANK_OTHER);
}

static void
rank(struct control_survey *s, const struct agent *agent, uint32_t position)
{
	struct watch_view	 view;
	enum detect_state	 state;
	enum control_rank	 found, other;
	uint32_t		 dual;

	watch_view_set(&view, agent, position);
	state = watch_view_state(&view);
	found = alarm_rank(agent, position);
	dual = alarm_positions_dual(&agent->current.shared->positions,
	    position);
	if (dual != ALARM_POSITIONS_NONE) {
		other = alarm_rank(agent, dual);
		found = other < found ? other : found;
	}
	other = state_rank(state);
	found = other < found ? other : found;
	s->ranks[position] = (uint8_t)found;
	s->states[state]++;
	if (view.config->profile->enabled &&
	    view.watch.source < agent->current.shared->ncaptures)
		s->watches[view.watch.source]++;
}

bool
control_survey_work(struct control_survey *s, const struct agent *agent)
{
	size_t	 end = s->nwatches - s->done < PART ? s->nwatches :
		    s->done + PART;

	for (; s->done < end; s->done++)
		rank(s, agent, (uint32_t)s->done);
	return (s->done == s->nwatches);
}

size_t
control_survey_find(const struct control_survey *s, enum control_rank wanted,
    size_t from)
{
	const uint8_t	*found;

	found = memchr(s->ranks + from, wanted, s->nwatches - from);
	return (found == NULL ? s->nwatches : (size_t)(found - s->ranks));
}
