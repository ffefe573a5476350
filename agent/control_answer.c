/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "control_answer.h"
#include "operator.h"
#include "persistence.h"

/*
 * With at most this many watches, status lists all of them.  With more it lists
 * those that need attention, up to a limit.
 */
#define STATUS_ALL	100
#define STATUS_MOST	1000
#define NAMES_MOST	1000
#define EVENTS_MOST	10
/* The most notifications that are searched for them, from the newest on. */
#define EVENTS_SEARCHED	20000

/* The most that one call of control_answer_work() does. */
#define NAMES_PART	256
#define EVENTS_PART	8

/* ---- the end */

void
control_answer_error(FILE *out, const char *error)
{
	struct json	 j;

	json_begin(&j, out);
	json_text(&j, "type", "end");
	json_flag(&j, "ok", false);
	json_text(&j, "error", error);
	json_end(&j);
}

static enum control_progress
fail(struct control_answers *all, const char *error)
{
	control_answer_error(all->out, error);
	return (CONTROL_DONE);
}

static enum control_progress
fail_watch(struct control_answers *all, const char *name, const char *fault)
{
	char	 quoted[UTF8_QUOTE_SIZE], error[CONTROL_ERROR_SIZE];

	utf8_quote(name, quoted);
	if (fault == NULL)
		snprintf(error, sizeof(error), "no watch %s", quoted);
	else
		snprintf(error, sizeof(error), "watch %s: %s", quoted, fault);
	return (fail(all, error));
}

static enum control_progress
end(const struct control_answer *answer, struct control_answers *all)
{
	struct json	 j;

	json_begin(&j, all->out);
	json_text(&j, "type", "end");
	json_flag(&j, "ok", true);
	json_count(&j, "lines", answer->lines);
	json_count(&j, "omitted", answer->omitted);
	json_end(&j);
	return (CONTROL_DONE);
}

/* The position of the watch of the request; SIZE_MAX: there is none. */
static size_t
find_watch(const struct control_answer *answer,
    const struct control_answers *all)
{
	return (generation_find(&all->agent->current,
	    watch_index_find(&all->agent->watch_index,
	    answer->request.watch)));
}

/* ---- status */

static enum control_progress
begin_status(struct control_answer *answer, struct control_answers *all)
{
	size_t	 position;

	control_status_daemon(all->out, all->agent, all->place, answer->survey,
	    wall_now());
	if (answer->request.command != CONTROL_STATUS_WATCH) {
		answer->stage = CONTROL_ROWS;
		return (CONTROL_MORE);
	}
	position = find_watch(answer, all);
	if (position == SIZE_MAX)
		return (fail_watch(all, answer->request.watch, NULL));
	answer->position = (uint32_t)position;
	answer->stage = CONTROL_ROW;
	return (CONTROL_MORE);
}

static enum control_progress
wait_for_survey(struct control_answer *answer, struct control_answers *all)
{
	const struct control_survey	*s = answer->survey;

	if (s != NULL && s->configured != all->agent->configured) {
		control_survey_release(answer->survey);
		s = answer->survey = NULL;
	}
	if (s != NULL && s->done == s->nwatches)
		return (begin_status(answer, all));
	/*
	 * A survey in progress may lack changes that the client made before
	 * its request.
	 */
	if (s != NULL || (all->survey != NULL && all->survey->done > 0))
		return (CONTROL_WAITS);
	if (all->survey == NULL)
		all->survey = control_survey_new(all->agent);
	if (all->survey == NULL)
		return (fail(all, "out of memory"));
	answer->survey = control_survey_share(all->survey);
	return (CONTROL_MORE);
}

bool
control_answers_survey(struct control_answers *all)
{
	struct control_survey	*s = all->survey;

	if (s == NULL)
		return (false);
	if (s->configured == all->agent->configured && s->references > 1 &&
	    !control_survey_work(s, all->agent))
		return (true);
	control_survey_release(s);
	all->survey = NULL;
	return (true);
}

/* The last rank that the answer lists. */
static enum control_rank
last_rank(const struct control_answer *answer)
{
	return (answer->request.command == CONTROL_STATUS_ALL ||
	    answer->survey->nwatches <= STATUS_ALL ? CONTROL_RANK_OTHER :
	    CONTROL_RANK_CHATTERING);
}

static enum control_progress
end_rows(struct control_answer *answer, struct control_answers *all)
{
	answer->omitted = answer->survey->nwatches - answer->lines;
	return (end(answer, all));
}

static enum control_progress
write_rows(struct control_answer *answer, struct control_answers *all)
{
	const struct control_survey	*s = answer->survey;
	struct json			 j;
	size_t				 found;

	if (answer->request.command == CONTROL_STATUS &&
	    answer->lines == STATUS_MOST)
		return (end_rows(answer, all));
	found = control_survey_find(s, answer->rank, answer->position);
	if (found < s->nwatches) {
		control_status_watch(&j, all->out, all->agent, (uint32_t)found,
		    false);
		json_end(&j);
		answer->lines++;
		answer->position = (uint32_t)found + 1;
		return (CONTROL_MORE);
	}
	if (answer->rank == last_rank(answer))
		return (end_rows(answer, all));
	answer->rank++;
	answer->position = 0;
	return (CONTROL_MORE);
}

/* ---- one watch */

static enum control_progress
begin_row(struct control_answer *answer, struct control_answers *all)
{
	control_status_watch(&answer->json, all->out, all->agent,
	    answer->position, true);
	json_begin_array(&answer->json, "events");
	answer->sequence = all->agent->outbox.sequence;
	answer->stage = CONTROL_EVENTS;
	return (CONTROL_MORE);
}

static enum control_progress
write_events(struct control_answer *answer, struct control_answers *all)
{
	const struct agent		*agent = all->agent;
	const struct generation		*g = &agent->current;
	const struct notification	*n;
	uint32_t			 index = g->indexes[answer->position];
	const char			*interface;
	unsigned			 i;

	interface = g->config->watches[answer->position]->profile->interface;
	for (i = 0; i < EVENTS_PART; i++) {
		if (answer->events == EVENTS_MOST ||
		    answer->looked == EVENTS_SEARCHED ||
		    answer->sequence < persistence_oldest(agent)) {
			json_end_array(&answer->json);
			json_end(&answer->json);
			answer->lines++;
			return (end(answer, all));
		}
		n = persistence_notification(agent, answer->sequence--);
		answer->looked++;
		if (n == NULL || !control_status_is_about(n, index, interface))
			continue;
		control_status_event(&answer->json, agent, n);
		answer->events++;
	}
	return (CONTROL_MORE);
}

/* ---- names */

static enum control_progress
write_names(struct control_answer *answer, struct control_answers *all)
{
	const struct configuration	*config = all->agent->current.config;
	const char			*prefix = answer->request.watch;
	size_t				 length = strlen(prefix);
	struct json			 j;
	const char			*name;
	unsigned			 i;

	for (i = 0; i < NAMES_PART; i++) {
		if (answer->position == config->nwatches ||
		    answer->lines == NAMES_MOST)
			return (end(answer, all));
		name = config->watches[answer->position++]->name;
		if (strncmp(name, prefix, length) != 0)
			continue;
		json_begin(&j, all->out);
		json_text(&j, "type", "name");
		json_text(&j, "watch", name);
		json_end(&j);
		answer->lines++;
	}
	return (CONTROL_MORE);
}

/* ---- actions of an operator */

static const char *
act(struct agent *agent, const struct control_request *r, const char *who)
{
	if (r->command == CONTROL_ACKNOWLEDGE)
		return (operator_acknowledge(agent, r->watch, who, r->text,
		    wall_now()));
	if (r->command == CONTROL_SHELVE)
		return (operator_shelve(agent, r->watch, r->duration_ns, who,
		    r->text, wall_now()));
	return (operator_unshelve(agent, r->watch, who, r->text, wall_now()));
}

static void
begin_action(struct control_answer *answer, struct control_answers *all,
    const char *who)
{
	answer->no_watch = find_watch(answer, all) == SIZE_MAX;
	if (!answer->no_watch)
		answer->fault = act(all->agent, &answer->request, who);
	answer->sequence = all->agent->outbox.sequence;
}

static enum control_progress
wait_for_disk(struct control_answer *answer, struct control_answers *all)
{
	const struct agent	*agent = all->agent;

	if (answer->no_watch || answer->fault != NULL)
		return (fail_watch(all, answer->request.watch, answer->fault));
	if (agent->outbox.stored < answer->sequence &&
	    !persistence_is_failing(agent))
		return (CONTROL_WAITS);
	return (end(answer, all));
}

/* ---- all */

static enum control_stage
first_stage(enum control_command command)
{
	switch (command) {
	case CONTROL_STATUS:
	case CONTROL_STATUS_ALL:
	case CONTROL_STATUS_WATCH:
		return (CONTROL_SURVEY);
	case CONTROL_NAMES:
		return (CONTROL_NAME_LIST);
	case CONTROL_ACKNOWLEDGE:
	case CONTROL_SHELVE:
	case CONTROL_UNSHELVE:
		break;
	}
	return (CONTROL_STORED);
}

void
control_answer_begin(struct control_answer *answer,
    struct control_answers *all, const struct control_request *request,
    const char *who)
{
	*answer = (struct control_answer){
		.stage = first_stage(request->command), .request = *request,
		.configured = all->agent->configured,
	};
	if (answer->stage == CONTROL_STORED)
		begin_action(answer, all, who);
}

enum control_progress
control_answer_work(struct control_answer *answer, struct control_answers *all)
{
	if (answer->stage == CONTROL_SURVEY)
		answer->configured = all->agent->configured;
	else if (answer->configured != all->agent->configured &&
	    answer->stage != CONTROL_STORED) {
		/* A line may have begun. */
		if (answer->stage == CONTROL_EVENTS) {
			json_end_array(&answer->json);
			json_end(&answer->json);
		}
		return (fail(all, CONTROL_RELOADED));
	}
	switch (answer->stage) {
	case CONTROL_SURVEY:
		return (wait_for_survey(answer, all));
	case CONTROL_ROWS:
		return (write_rows(answer, all));
	case CONTROL_ROW:
		return (begin_row(answer, all));
	case CONTROL_EVENTS:
		return (write_events(answer, all));
	case CONTROL_NAME_LIST:
		return (write_names(answer, all));
	case CONTROL_STORED:
		return (wait_for_disk(answer, all));
	}
	return (CONTROL_DONE);
}

void
control_answer_free(struct control_answer *answer)
{
	control_survey_release(answer->survey);
	answer->survey = NULL;
}
