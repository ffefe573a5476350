/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "ear.h"
#include "link.h"
#include "log.h"

/* Frames in one call, and calls in one pass: then deadlines are looked at. */
#define DRAIN_FRAMES	1024
#define DRAIN_CALLS	4

#define DOWN_TEXT	"the interface is down"

/* So many passes in a row may end in an error while the interface is up. */
#define CAPTURE_ERRORS	10

static void
set_capture_state(struct ear *ear, enum live_capture_state state,
    const char *error)
{
	struct engine_report	 r = {
		.type = ENGINE_CAPTURE, .capture = ear->position,
		.state = state, .before = ear->live->state,
	};

	ear->live->state = state;
	ear->live->source.blind = state == LIVE_CAPTURE_FAILED;
	ear->live->source.link_down = state == LIVE_CAPTURE_DOWN;
	ear->live->listening = ear->capture != NULL;
	snprintf(ear->live->error, sizeof(ear->live->error), "%s", error);
	if (r.state == r.before)
		return;
	snprintf(r.error, sizeof(r.error), "%s", error);
	ear->all->report(ear->all->arg, &r);
}

/* ---- frames */

static struct mono_time
arrival(struct ears *all, struct wall_time stamp)
{
	/* It may have come while the others were handed out. */
	if (all->latest.ns < stamp.ns - all->stamps.learned_ns)
		all->latest = mono_now();
	return (stamps_arrival(&all->stamps, stamp, all->before, all->latest));
}

static void
found(void *arg, uint32_t watch, const struct heartbeat *heartbeat)
{
	struct ear	*ear = arg;
	struct ears	*all = ear->all;

	if (heartbeat->alive) {
		detect_heartbeat(&all->detect, watch, all->at,
		    (struct wall_time){ all->at.ns + all->stamps.clock_ns });
		ear->counted = true;
	} else if (heartbeat->stop) {
		detect_stopping(&all->detect, watch, all->at);
	}
}

static void
take_frame(void *arg, const struct capture_frame *frame)
{
	struct ear		*ear = arg;
	struct live_capture	*live = ear->live;
	enum packet_verdict	 verdict;

	ear->all->taken++;
	if (frame->stamp.ns <= ear->skip.ns)
		return;
	live->packets++;
	live->drained = frame->stamp;
	ear->counted = false;
	ear->all->at = arrival(ear->all, frame->stamp);
	verdict = match_frame(ear->match, frame, found, ear);
	if (ear->counted)
		live->heartbeats++;
	if (verdict == PACKET_MALFORMED || verdict == PACKET_LINK_UNKNOWN)
		live->malformed++;
}

/* ---- captures */

static void
ear_fail(struct ear *ear, const char *error)
{
	struct capture	*failed = ear->capture;

	ear->capture = NULL;
	log_warnx("%s: capture failed: %s", ear->live->interface, error);
	set_capture_state(ear, LIVE_CAPTURE_FAILED, error);
	/* The last, since the error may be its own. */
	capture_close(failed);
}

/* An interface that is down is heard: its silence is true. */
void
ear_look_at_link(struct ear *ear)
{
	struct live_capture	*live = ear->live;
	uint32_t		 ifindex;
	enum link_state		 state;

	if (ear->capture == NULL)
		return;
	state = link_state(ear->all->link, live->interface, &ifindex);
	if (state == LINK_MISSING || ifindex != live->ifindex) {
		ear_fail(ear, "the interface disappeared");
		return;
	}
	if (state == LINK_DOWN && live->state != LIVE_CAPTURE_DOWN) {
		log_info("%s: down", live->interface);
		set_capture_state(ear, LIVE_CAPTURE_DOWN, DOWN_TEXT);
	} else if (state == LINK_UP && live->state == LIVE_CAPTURE_DOWN) {
		log_info("%s: up", live->interface);
		set_capture_state(ear, LIVE_CAPTURE_RUNNING, "");
	}
}

void
ear_look_at_losses(struct ear *ear)
{
	uint64_t	 dropped;

	if (ear->capture == NULL)
		return;
	dropped = capture_dropped(ear->capture);
	if (dropped == ear->dropped)
		return;
	ear->live->dropped += dropped - ear->dropped;
	ear->dropped = dropped;
	ear->live->source.lossy = ear->all->now;
}

static void
ear_error(struct ear *ear, enum capture_status status)
{
	if (status == CAPTURE_GONE) {
		ear_fail(ear, capture_error(ear->capture));
		return;
	}
	log_debug("%s: %s", ear->live->interface, capture_error(ear->capture));
	ear_look_at_link(ear);
	if (ear->capture != NULL &&
	    ear->live->state == LIVE_CAPTURE_RUNNING &&
	    ++ear->errors >= CAPTURE_ERRORS)
		ear_fail(ear, capture_error(ear->capture));
}

bool
ear_drain(struct ear *ear)
{
	enum capture_status	 status = CAPTURE_MORE;
	int			 calls;

	for (calls = 0; calls < DRAIN_CALLS && ear->capture != NULL &&
	    status == CAPTURE_MORE; calls++)
		status = capture_drain(ear->capture, DRAIN_FRAMES, take_frame,
		    ear);
	if (status == CAPTURE_INTERRUPTED || status == CAPTURE_GONE)
		ear_error(ear, status);
	else
		ear->errors = 0;
	/* What the one before had is behind us when the ring was empty once. */
	if (status != CAPTURE_MORE)
		ear->skip = WALL_NEVER;
	return (status != CAPTURE_MORE || ear->capture == NULL);
}

static size_t
count_watches(const struct configuration *config, const char *interface)
{
	size_t	 i, n = 0;

	for (i = 0; i < config->nwatches; i++)
		n += config->watches[i]->profile->enabled &&
		    strcmp(config->watches[i]->profile->interface,
		    interface) == 0;
	return (n);
}

static void
open_capture(struct ear *ear, const struct configuration *config,
    char *const *filters)
{
	const char	*interface = ear->live->interface;
	uint32_t	 ifindex;
	enum link_state	 state;

	state = link_state(ear->all->link, interface, &ifindex);
	ear->down = state == LINK_DOWN;
	if (state == LINK_MISSING) {
		snprintf(ear->error, sizeof(ear->error),
		    "there is no such interface");
		return;
	}
	ear->capture = capture_open_live(interface,
	    match_needs_payload(ear->match) ? CAPTURE_SNAPSHOT_LARGE :
	    CAPTURE_SNAPSHOT_SMALL, count_watches(config, interface), filters,
	    MATCH_FILTERS, ear->error);
	if (ear->capture == NULL)
		return;
	ear->opened = mono_now();
	if (!match_prepare(ear->match, capture_link_type(ear->capture),
	    ear->error) ||
	    !packet_knows_link(capture_link_type(ear->capture))) {
		if (ear->error[0] == '\0')
			snprintf(ear->error, sizeof(ear->error),
			    "link type %d is not understood",
			    capture_link_type(ear->capture));
		capture_close(ear->capture);
		ear->capture = NULL;
	}
}

bool
ear_open(struct ear *ear, struct ears *all, const struct configuration *config,
    struct live *live, uint32_t position)
{
	char	*filters[MATCH_FILTERS];

	*ear = (struct ear){
		.all = all, .live = &live->captures[position],
		.position = position,
	};
	ear->match = match_new(config, ear->live->interface);
	if (ear->match == NULL || !match_filters(ear->match, filters))
		return (false);
	open_capture(ear, config, filters);
	match_filters_free(filters);
	return (true);
}

void
ear_close(struct ear *ear)
{
	capture_close(ear->capture);
	match_free(ear->match);
}

void
ear_begin(struct ear *ear, bool after_gap)
{
	struct live_capture	*live = ear->live;
	bool			 saw = live->listening && !after_gap;

	if (ear->capture == NULL && ear->down) {
		/* What was before it was seen to be down is not known. */
		if (after_gap || live->source.blind)
			detect_source_resume(&live->source, ear->all->now);
		log_info("%s: down", live->interface);
		set_capture_state(ear, LIVE_CAPTURE_DOWN, DOWN_TEXT);
		return;
	}
	if (ear->capture == NULL) {
		ear_fail(ear, ear->error);
		return;
	}
	if (saw)
		ear->skip = live->drained;
	else
		detect_source_resume(&live->source, ear->opened);
	if (live->state != LIVE_CAPTURE_RUNNING && !live->listening)
		log_info("%s: capture resumed", live->interface);
	(void)link_state(ear->all->link, live->interface, &live->ifindex);
	set_capture_state(ear, LIVE_CAPTURE_RUNNING, "");
	ear_look_at_link(ear);
}
