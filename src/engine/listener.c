/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "engine/link.h"
#include "engine/listener.h"

/* Frames in one call, and calls in one pass: then deadlines are looked at. */
#define DRAIN_FRAMES	1024
#define DRAIN_CALLS	4

#define DOWN_TEXT	"the interface is down"

/* So many passes in a row may end in an error while the interface is up. */
#define CAPTURE_ERRORS	10

static void
set_capture_state(struct listener *listener, enum shared_capture_state state,
    const char *error)
{
	struct engine_report	 r = {
		.type = ENGINE_CAPTURE, .capture = listener->position,
		.state = state, .before = listener->row->state,
	};

	listener->row->state = state;
	listener->row->source.blind = state == SHARED_CAPTURE_FAILED;
	listener->row->source.link_down = state == SHARED_CAPTURE_DOWN;
	listener->row->listening = listener->capture != NULL;
	snprintf(listener->row->error, sizeof(listener->row->error), "%s", error);
	if (r.state == r.before)
		return;
	snprintf(r.error, sizeof(r.error), "%s", error);
	listener->all->report(listener->all->arg, &r);
}

/* ---- frames */

static struct mono_time
arrival(struct listeners *all, struct wall_time timestamp)
{
	/* It may have come while the others were handed out. */
	if (all->latest.ns < timestamp.ns - all->clock_offset.learned_ns)
		all->latest = mono_now();
	return (clock_offset_arrival(&all->clock_offset, timestamp, all->before, all->latest));
}

static void
found(void *arg, uint32_t watch, const struct heartbeat *heartbeat)
{
	struct listener	*listener = arg;
	struct listeners	*all = listener->all;

	if (heartbeat->alive) {
		detect_heartbeat(&all->detect, watch, all->at,
		    (struct wall_time){ all->at.ns + all->clock_offset.clock_ns });
		listener->counted = true;
	} else if (heartbeat->stop) {
		detect_stopping(&all->detect, watch, all->at);
	}
}

static void
take_frame(void *arg, const struct capture_frame *frame)
{
	struct listener		*listener = arg;
	struct shared_capture	*row = listener->row;
	enum packet_verdict	 verdict;

	listener->all->taken++;
	if (frame->timestamp.ns <= listener->skip.ns)
		return;
	row->packets++;
	row->drained = frame->timestamp;
	listener->counted = false;
	listener->all->at = arrival(listener->all, frame->timestamp);
	verdict = match_frame(listener->match, frame, found, listener);
	if (listener->counted)
		row->heartbeats++;
	if (verdict == PACKET_MALFORMED || verdict == PACKET_LINK_UNKNOWN)
		row->malformed++;
}

/* ---- captures */

static void
listener_fail(struct listener *listener, const char *error)
{
	struct capture	*failed = listener->capture;

	listener->capture = NULL;
	log_warnx("%s: capture failed: %s", listener->row->interface, error);
	set_capture_state(listener, SHARED_CAPTURE_FAILED, error);
	/* The last, since the error may be its own. */
	capture_close(failed);
}

/* An interface that is down is heard: its silence is true. */
void
listener_check_link(struct listener *listener)
{
	struct shared_capture	*row = listener->row;
	uint32_t		 ifindex;
	enum link_state		 state;

	if (listener->capture == NULL)
		return;
	state = link_state(listener->all->link, row->interface, &ifindex);
	if (state == LINK_MISSING || ifindex != row->ifindex) {
		listener_fail(listener, "the interface disappeared");
		return;
	}
	if (state == LINK_DOWN && row->state != SHARED_CAPTURE_DOWN) {
		log_info("%s: down", row->interface);
		set_capture_state(listener, SHARED_CAPTURE_DOWN, DOWN_TEXT);
	} else if (state == LINK_UP && row->state == SHARED_CAPTURE_DOWN) {
		log_info("%s: up", row->interface);
		set_capture_state(listener, SHARED_CAPTURE_RUNNING, "");
	}
}

void
listener_check_losses(struct listener *listener)
{
	uint64_t	 dropped;

	if (listener->capture == NULL)
		return;
	dropped = capture_dropped(listener->capture);
	if (dropped == listener->dropped)
		return;
	listener->row->dropped += dropped - listener->dropped;
	listener->dropped = dropped;
	listener->row->source.lossy = listener->all->now;
}

static void
listener_error(struct listener *listener, enum capture_status status)
{
	if (status == CAPTURE_GONE) {
		listener_fail(listener, capture_error(listener->capture));
		return;
	}
	log_debug("%s: %s", listener->row->interface, capture_error(listener->capture));
	listener_check_link(listener);
	if (listener->capture != NULL &&
	    listener->row->state == SHARED_CAPTURE_RUNNING &&
	    ++listener->errors >= CAPTURE_ERRORS)
		listener_fail(listener, capture_error(listener->capture));
}

bool
listener_drain(struct listener *listener)
{
	enum capture_status	 status = CAPTURE_MORE;
	int			 calls;

	for (calls = 0; calls < DRAIN_CALLS && listener->capture != NULL &&
	    status == CAPTURE_MORE; calls++)
		status = capture_drain(listener->capture, DRAIN_FRAMES, take_frame,
		    listener);
	if (status == CAPTURE_INTERRUPTED || status == CAPTURE_GONE)
		listener_error(listener, status);
	else
		listener->errors = 0;
	/* What the one before had is behind us when the ring was empty once. */
	if (status != CAPTURE_MORE)
		listener->skip = WALL_NEVER;
	return (status != CAPTURE_MORE || listener->capture == NULL);
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
open_capture(struct listener *listener, const struct configuration *config,
    char *const *filters)
{
	const char	*interface = listener->row->interface;
	uint32_t	 ifindex;
	enum link_state	 state;

	state = link_state(listener->all->link, interface, &ifindex);
	listener->down = state == LINK_DOWN;
	if (state == LINK_MISSING) {
		snprintf(listener->error, sizeof(listener->error),
		    "there is no such interface");
		return;
	}
	listener->capture = capture_open_live(interface,
	    match_needs_payload(listener->match) ? CAPTURE_SNAPSHOT_LARGE :
	    CAPTURE_SNAPSHOT_SMALL, count_watches(config, interface), filters,
	    MATCH_FILTERS, listener->error);
	if (listener->capture == NULL)
		return;
	listener->opened = mono_now();
	if (!match_prepare(listener->match, capture_link_type(listener->capture),
	    listener->error) ||
	    !packet_knows_link(capture_link_type(listener->capture))) {
		if (listener->error[0] == '\0')
			snprintf(listener->error, sizeof(listener->error),
			    "link type %d is not understood",
			    capture_link_type(listener->capture));
		capture_close(listener->capture);
		listener->capture = NULL;
	}
}

bool
listener_open(struct listener *listener, struct listeners *all, const struct configuration *config,
    struct shared_state *row, uint32_t position)
{
	char	*filters[MATCH_FILTERS];

	*listener = (struct listener){
		.all = all, .row = &row->captures[position],
		.position = position,
	};
	listener->match = match_new(config, listener->row->interface);
	if (listener->match == NULL || !match_filters(listener->match, filters))
		return (false);
	open_capture(listener, config, filters);
	match_filters_free(filters);
	return (true);
}

void
listener_close(struct listener *listener)
{
	capture_close(listener->capture);
	match_free(listener->match);
}

void
listener_begin(struct listener *listener, bool after_gap)
{
	struct shared_capture	*row = listener->row;
	bool			 saw = row->listening && !after_gap;

	if (listener->capture == NULL && listener->down) {
		/* What was before it was seen to be down is not known. */
		if (after_gap || row->source.blind)
			detect_source_resume(&row->source, listener->all->now);
		log_info("%s: down", row->interface);
		set_capture_state(listener, SHARED_CAPTURE_DOWN, DOWN_TEXT);
		return;
	}
	if (listener->capture == NULL) {
		listener_fail(listener, listener->error);
		return;
	}
	if (saw)
		listener->skip = row->drained;
	else
		detect_source_resume(&row->source, listener->opened);
	if (row->state != SHARED_CAPTURE_RUNNING && !row->listening)
		log_info("%s: capture resumed", row->interface);
	(void)link_state(listener->all->link, row->interface, &row->ifindex);
	set_capture_state(listener, SHARED_CAPTURE_RUNNING, "");
	listener_check_link(listener);
}
