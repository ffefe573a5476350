/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An agent for tests, from the text of a configuration.  The test calls the
 * detector with its own heartbeats and times.  There is no engine, no network
 * and no clock.
 */
#ifndef HBW_TEST_STAGE_H
#define HBW_TEST_STAGE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "agent_alarms.h"
#include "agent_apply.h"
#include "agent_captures.h"
#include "agent_reports.h"
#include "base/mono.h"
#include "detect/detect.h"
#include "engine/report_queue.h"
#include "persistence.h"

#include "load.h"

/*
 * Times of tests are seconds since 2026-11-22T12:00:00Z.  At that time the
 * monotonic clock is 1000 s.
 */
#define STAGE_NOON	INT64_C(1795348800)
#define STAGE_UP	INT64_C(1000)

struct stage {
	struct agent		  agent;
	struct detect		  detect;
	struct detect_source	**sources;
	bool			  lose;		/* reports are lost */
	bool			  limited;	/* notifications of captures */
	struct engine_event	  event;	/* the last, lost or not */
	const char		 *wrong;	/* with it, or NULL */
};

static inline struct mono_time
stage_mono(double s)
{
	return ((struct mono_time){
		STAGE_UP * NSEC_PER_SEC + (int64_t)(s * 1e9) });
}

static inline struct wall_time
stage_wall(double s)
{
	return ((struct wall_time){
		STAGE_NOON * NSEC_PER_SEC + (int64_t)(s * 1e9) });
}

/* Ends the program when the text has an error. */
static inline struct configuration *
stage_configuration(const char *text)
{
	struct configuration	*config = load(text);

	if (config == NULL)
		abort();
	return (config);
}

/* The agent gets an event of the engine.  Returns what is wrong with it. */
static inline const char *
stage_report(struct stage *s, const struct engine_event *event)
{
	const struct engine_check_clocks	 clocks = {
		s->agent.now, { s->agent.now.ns +
		    (STAGE_NOON - STAGE_UP) * NSEC_PER_SEC },
	};

	s->wrong = agent_event(&s->agent, event, &clocks);
	return (s->wrong);
}

static inline void
stage_emit(void *arg, const struct detect_event *event)
{
	struct stage	*s = arg;

	s->event = report_queue_event(event, (struct wall_time){
	    event->at.ns + (STAGE_NOON - STAGE_UP) * NSEC_PER_SEC });
	if (!s->lose)
		stage_report(s, &s->event);
}

/* A new engine takes over the rows. */
static inline void
stage_engine(struct stage *s)
{
	struct shared_state	*shared = s->agent.current.shared;
	size_t			 i;

	detect_free(&s->detect);
	free(s->sources);
	s->sources = calloc(shared->ncaptures + 1, sizeof(*s->sources));
	if (s->sources == NULL)
		abort();
	for (i = 0; i < shared->ncaptures; i++)
		s->sources[i] = &shared->captures[i].source;
	for (i = 0; i < shared->nwatches; i++)
		detect_watch_set_blind(&shared->watches[i], false,
		    s->agent.now);
	if (!detect_init(&s->detect, shared->watches, shared->nwatches,
	    s->sources, stage_emit, s))
		abort();
	for (i = 0; i < shared->nwatches; i++)
		if (!detect_hold_down(&s->detect, (uint32_t)i, s->agent.
		    current.config->watches[i]->profile->hold_down_ns))
			abort();
	s->agent.engine_running = true;
}

/* Reloads as the supervisor does. */
static inline void
stage_reload(struct stage *s, const char *text, double at)
{
	struct configuration	*config = stage_configuration(text);
	struct shared_state	*shared;
	size_t			 i;

	shared = shared_state_new(config, stage_mono(at));
	s->agent.now = stage_mono(at);
	/* The results must not depend on the interfaces of this host. */
	for (i = 0; shared != NULL && i < shared->ncaptures; i++)
		shared->captures[i].ifindex = 0;
	if (shared == NULL || !agent_configure(&s->agent, config, shared,
	    stage_wall(at)))
		abort();
	agent_reconcile(&s->agent, stage_mono(at), stage_wall(at));
	stage_engine(s);
	atomic_store(s->agent.current.shared->next_wakeup, s->agent.now.ns);
}

static inline void
stage_begin(struct stage *s, const char *text)
{
	memset(s, 0, sizeof(*s));
	if (!agent_init(&s->agent, stage_wall(0)))
		abort();
	s->agent.epoch = 7;
	stage_reload(s, text, 0);
}

static inline void
stage_end(struct stage *s)
{
	detect_free(&s->detect);
	free(s->sources);
	agent_free(&s->agent);
	(void)persistence_close(s->agent.persistence);
}

/* Sets the time of the engine and the agent, in seconds after noon. */
static inline void
stage_advance(struct stage *s, double at)
{
	s->agent.now = stage_mono(at);
	detect_advance(&s->detect, stage_mono(at));
	atomic_store(s->agent.current.shared->next_wakeup, s->agent.now.ns);
}

static inline void
stage_heartbeat(struct stage *s, uint32_t watch, double at)
{
	stage_advance(s, at);
	detect_heartbeat(&s->detect, watch, stage_mono(at), stage_wall(at));
}

/*
 * The engine reports the next transition of the alarm of two active nodes of a
 * watch.  Returns what is wrong with it.
 */
static inline const char *
stage_dual(struct stage *s, size_t watch, double at)
{
	const struct generation	*g = &s->agent.current;
	const char		*wrong;
	struct dual		*row;
	uint32_t		 position;

	position = alarm_positions_dual(&g->shared->positions, watch);
	if (position == ALARM_POSITIONS_NONE)
		abort();
	stage_advance(s, at);
	s->event = (struct engine_event){
		.at = stage_mono(at), .at_wall = stage_wall(at),
		.watch = position,
		.number = g->alarms[position].transitions + 1,
		.transition = g->alarms[position].state == ALARM_RAISED ?
		    DETECT_CLEARED : DETECT_RAISED,
	};
	wrong = stage_report(s, &s->event);
	if (wrong != NULL)
		return (wrong);
	row = &g->shared->duals[position - g->shared->nwatches];
	row->transitions = s->event.number;
	row->raised = s->event.transition == DETECT_RAISED;
	*(row->raised ? &row->raised_at : &row->cleared_at) = stage_mono(at);
	return (NULL);
}

/* The position of the capture of an interface. */
static inline uint32_t
stage_find_capture(const struct stage *s, const char *interface)
{
	return (shared_state_find_capture(s->agent.current.shared, interface));
}

/* The engine reports that the state of a capture changed. */
static inline void
stage_capture(struct stage *s, uint32_t capture,
    enum shared_capture_state state, const char *error, double at)
{
	struct shared_state	*shared = s->agent.current.shared;
	struct shared_capture	*c = &shared->captures[capture];
	struct engine_message	 m = {
		.type = ENGINE_CAPTURE, .capture = capture, .state = state,
	};

	c->state = state;
	c->source.blind = state == SHARED_CAPTURE_FAILED;
	c->listening = state != SHARED_CAPTURE_FAILED;
	c->source.link_down = state == SHARED_CAPTURE_DOWN;
	snprintf(c->error, sizeof(c->error), "%s", error);
	snprintf(m.text, sizeof(m.text), "%s", error);
	if (s->limited)
		s->agent.now = stage_mono(at);
	else
		s->agent.current.captures[capture].limit =
		    (struct rate_limit){ 0 };
	s->wrong = agent_capture_event(&s->agent, &m, stage_wall(at));
}

#endif
