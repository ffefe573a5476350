/* SPDX-License-Identifier: BSD-2-Clause */
#include <netinet/in.h>

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "engine/listener.h"
#include "match/match_filter.h"

/*
 * The maximum number of frames in one call, and of calls in one pass.  They let
 * deadlines be checked in time even if frames arrive faster than they are
 * taken.
 */
#define DRAIN_FRAMES	1024
#define DRAIN_CALLS	4

/*
 * The ring holds the packets that arrive while another process has the
 * processor, and while a new engine replaces the old one.  Its size depends on
 * what the watches can receive: there is room for about 750 heartbeats, and 48
 * for each watch.  Some watches receive more than heartbeats; each of these has
 * RING_BYTES_TRAFFIC.  With more than about 500 watches the heartbeats do not
 * come all at once: there is room for about 25,000, and one more for about
 * every tenth watch.
 */
#define RING_BYTES		(256 * 1024)
#define RING_BYTES_PER_WATCH	(16 * 1024)
#define RING_BYTES_TRAFFIC	(512 * 1024)
#define RING_BYTES_MANY		(8 * 1024 * 1024)
#define RING_BYTES_PER_MANY	32
#define RING_BYTES_MAX		(64 * 1024 * 1024)

#define DOWN_TEXT	"the interface is down"
#define REMOVED_TEXT	"the interface was removed"
#define RETURNS		"it returns"
#define RESUMES		"capture resumes"

/*
 * After this many consecutive passes with an error, the capture of an interface
 * that is up counts as failed.
 */
#define CAPTURE_ERRORS	10

static void
set_capture_state(struct listener *listener, enum shared_capture_state state,
    const char *error)
{
	struct shared_capture	*row = listener->row;
	struct engine_message	 m = {
		.type = ENGINE_CAPTURE, .capture = listener->position,
		.state = state,
	};
	bool			 changed = row->state != state;

	row->state = state;
	row->source.blind = state == SHARED_CAPTURE_FAILED;
	row->source.link_down = state == SHARED_CAPTURE_DOWN;
	row->listening = listener->capture != NULL;
	snprintf(row->error, sizeof(row->error), "%s", error);
	if (!changed)
		return;
	snprintf(m.text, sizeof(m.text), "%s", error);
	if (!report_queue_add(&listener->common->reports, &m))
		log_errx("%s: report of the capture state dropped: out of "
		    "memory", row->interface);
}

static void
set_down(struct listener *listener)
{
	log_warnx("%s: %s; silence counts as an interruption",
	    listener->row->interface, DOWN_TEXT);
	set_capture_state(listener, SHARED_CAPTURE_DOWN, DOWN_TEXT);
}

static void
set_failed(struct listener *listener, const char *error, const char *until)
{
	struct capture	*failed = listener->capture;

	log_errx("%s: cannot capture: %s; %zu watch%s blind until %s",
	    listener->row->interface, error, listener->nwatches,
	    listener->nwatches == 1 ? " is" : "es are", until);
	listener->capture = NULL;
	set_capture_state(listener, SHARED_CAPTURE_FAILED, error);
	/* `error` may belong to the capture, so it is closed last. */
	capture_close(failed);
}

/* ---- frames */

static struct mono_time
arrival(struct listeners *common, struct wall_time timestamp)
{
	/* The frame may have arrived after the clock was last read. */
	if (common->latest.ns < timestamp.ns - common->clock_offset.packet_ns)
		common->latest = mono_now();
	return (clock_offset_arrival(&common->clock_offset, timestamp,
	    common->before, common->latest));
}

/* A watch has counted the packet. */
static void
note_heartbeat(struct listener *listener, uint32_t watch,
    const struct packet *packet)
{
	struct tracker	*tracker = &listener->evidence->tracker;

	if (tracker_may_have(tracker, watch)) {
		listener->needed = true;
		tracker_returned(tracker, watch);
	} else if (listener->evidence->nwanted > 0 && !listener->needed) {
		listener->needed = evidence_capture_needs(listener->evidence,
		    packet, listener->common->arrived);
	}
}

static void
take_heartbeat(void *arg, uint32_t watch, const struct heartbeat *heartbeat)
{
	struct listener		*listener = arg;
	struct listeners	*common = listener->common;

	if (heartbeat->alive) {
		if (heartbeat->copy || detect_is_copy(&common->detect, watch,
		    heartbeat->content, common->arrived)) {
			listener->duplicate = true;
			return;
		}
		if (detect_heartbeat(&common->detect, watch, common->arrived,
		    clock_offset_wall(&common->clock_offset,
		    common->arrived)))
			interruption_check_watch(&common->interruption, watch,
			    &common->detect.watches[watch]);
		peer_macs_take(&common->peer_macs, watch, heartbeat->packet,
		    common->arrived);
		listener->counted = true;
		if (listener->evidence != NULL)
			note_heartbeat(listener, watch, heartbeat->packet);
	} else if (heartbeat->stop) {
		listener->stopping = true;
		detect_stopping(&common->detect, watch, common->arrived);
	}
}

/*
 * Keeps a frame as evidence that was counted, announces a stop, or is of an
 * active node: two of them may be active.
 */
static void
keep_frame(struct listener *listener, const struct capture_frame *frame)
{
	if (listener->counted)
		tracker_heartbeat(&listener->evidence->tracker, frame,
		    listener->common->arrived, listener->needed);
	else if (listener->stopping ||
	    (listener->active && !listener->duplicate))
		tracker_announcement(&listener->evidence->tracker, frame,
		    listener->common->arrived);
	else
		evidence_capture_frame(listener->evidence, frame,
		    listener->common->arrived);
}

/* A match_sent. */
static void
take_sender(void *arg, const struct match_sender *sender)
{
	struct listener			*listener = arg;
	struct listeners		*common = listener->common;
	const struct alarm_positions	*positions = common->positions;
	uint32_t			 position;
	struct dual_advertisement	 a = {
		.sender = sender->heartbeat->sender, .mac = sender->packet->mac,
		.vlan = sender->packet->vlan, .ifindex = sender->ifindex,
		.active = sender->heartbeat->active,
		.here = sender->packet->sent_here,
		.interval_ns = sender->heartbeat->interval_ns,
	};

	listener->active = listener->active || sender->heartbeat->active;
	position = alarm_positions_dual(positions, sender->watch);
	dual_advertised(&common->duals, position - (uint32_t)
	    positions->nwatches, &a, common->arrived);
}

/* A match_rejected. */
static void
reject_packet(void *arg, const struct match_rejection *rejection)
{
	struct listener	*listener = arg;

	reject_log_add(&listener->common->rejects, listener->config, rejection,
	    listener->common->arrived);
}

static void
take_frame(void *arg, const struct capture_frame *frame)
{
	struct listener		*listener = arg;
	struct shared_capture	*row = listener->row;
	enum packet_verdict	 verdict;

	listener->common->taken++;
	/* Also if it is skipped: later frames still wait in the ring. */
	listener->common->arrived = arrival(listener->common, frame->timestamp);
	if (frame->timestamp.ns <= listener->skip.ns)
		return;
	row->packets++;
	row->drained = frame->timestamp;
	listener->counted = listener->duplicate = false;
	listener->stopping = listener->needed = listener->active = false;
	verdict = match_frame(listener->match, frame, take_heartbeat, listener);
	if (listener->counted)
		row->heartbeats++;
	else if (listener->duplicate)
		row->duplicates++;
	if (listener->evidence != NULL)
		keep_frame(listener, frame);
	if (verdict == PACKET_MALFORMED || verdict == PACKET_LINK_UNKNOWN)
		row->malformed++;
}

/* ---- the capture in each pass */

/*
 * The interface was down when this engine began, so only the next engine can
 * capture.  Frames that arrive until then are lost.
 */
static void
check_link_without_capture(struct listener *listener, enum link_state state)
{
	struct detect_source	*source = &listener->row->source;

	if (source->blind)
		detect_source_resume(source, listener->common->now);
	source->blind = state == LINK_UP;
}

static void
check_link_of_capture(struct listener *listener, enum link_state state)
{
	uint32_t	 row_state = listener->row->state;

	if (state == LINK_DOWN && row_state != SHARED_CAPTURE_DOWN) {
		set_down(listener);
	} else if (state == LINK_UP && row_state == SHARED_CAPTURE_DOWN) {
		log_notice("%s: the interface is up", listener->row->interface);
		set_capture_state(listener, SHARED_CAPTURE_RUNNING,
		    listener->blind);
	}
}

void
listener_check_link(struct listener *listener)
{
	struct shared_capture	*row = listener->row;
	uint32_t		 ifindex;
	enum link_state		 state;

	if (row->state == SHARED_CAPTURE_FAILED)
		return;
	state = link_state(listener->common->link_socket, row->interface,
	    &ifindex);
	if (state == LINK_MISSING ||
	    (listener->capture != NULL && ifindex != row->ifindex))
		set_failed(listener, REMOVED_TEXT, RETURNS);
	else if (listener->capture == NULL)
		check_link_without_capture(listener, state);
	else
		check_link_of_capture(listener, state);
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
	listener->row->source.last_loss = listener->common->now;
}

static void
handle_error(struct listener *listener, enum capture_status status)
{
	if (status == CAPTURE_GONE) {
		set_failed(listener, REMOVED_TEXT, RETURNS);
		return;
	}
	log_debug("%s: %s", listener->row->interface,
	    capture_error(listener->capture));
	/* The interface may have gone down or been removed. */
	listener_check_link(listener);
	if (listener->capture != NULL &&
	    listener->row->state == SHARED_CAPTURE_RUNNING &&
	    ++listener->errors >= CAPTURE_ERRORS)
		set_failed(listener, capture_error(listener->capture), RESUMES);
}

bool
listener_drain(struct listener *listener)
{
	enum capture_status	 status = CAPTURE_MORE;
	int			 calls;

	for (calls = 0; calls < DRAIN_CALLS && listener->capture != NULL &&
	    status == CAPTURE_MORE; calls++)
		status = capture_drain(listener->capture, DRAIN_FRAMES,
		    take_frame, listener);
	if (status == CAPTURE_INTERRUPTED || status == CAPTURE_GONE)
		handle_error(listener, status);
	else
		listener->errors = 0;
	/*
	 * When the ring is empty, all frames that the old engine also received
	 * were skipped.  Later frames are new, even if the wall clock was
	 * stepped back and their timestamps are older.
	 */
	if (status != CAPTURE_MORE)
		listener->skip = WALL_NEVER;
	return (status != CAPTURE_MORE || listener->capture == NULL);
}

/* ---- start and end */

/*
 * True when the watch also receives packets that are not heartbeats: those of a
 * TCP connection, of any protocol, or of a tunnel.
 */
static bool
receives_traffic(const struct configuration_profile *profile)
{
	const struct protocol	*protocol = profile->form.protocol;

	return (protocol->transport == 0 ||
	    protocol->transport == IPPROTO_TCP || profile->decapsulate);
}

/* Counts a watch of the listener and makes the ring larger for it. */
static void
add_watch(struct listener *listener,
    const struct configuration_profile *profile)
{
	listener->nwatches++;
	if (listener->ring_bytes < RING_BYTES_MANY)
		listener->ring_bytes += receives_traffic(profile) ?
		    RING_BYTES_TRAFFIC : RING_BYTES_PER_WATCH;
	else if (listener->ring_bytes < RING_BYTES_MAX)
		listener->ring_bytes += RING_BYTES_PER_MANY;
}

void
listener_blind(struct listener *listener, uint32_t watch, const char *reason)
{
	listener->common->blind[watch] = true;
	if (listener->blind[0] == '\0')
		snprintf(listener->blind, sizeof(listener->blind),
		    "watch \"%s\" is blind: %s",
		    listener->config->watches[watch]->name, reason);
}

/* Called by match_prepare: only this watch becomes blind. */
static void
refuse_watch(void *arg, uint32_t watch, int line, const char *error)
{
	struct listener				*listener = arg;
	const struct configuration_watch	*w =
	    listener->config->watches[watch];

	(void)line;
	listener_blind(listener, watch, error);
	log_errx("watch \"%s\" is blind: heartbeat \"%s\" cannot be captured "
	    "on %s: %s", w->name, w->profile->heartbeat,
	    listener->row->interface, error);
}

/*
 * Sets the filter of the capture.  If that fails, sets the error and closes the
 * capture.  False when memory is exhausted.
 */
static bool
set_filter(struct listener *listener)
{
	char	*filters[MATCH_FILTERS];

	if (!match_filters(listener->config, listener->row->interface,
	    listener->match, filters))
		return (false);
	if (!capture_set_filter(listener->capture, filters, MATCH_FILTERS,
	    listener->error)) {
		capture_close(listener->capture);
		listener->capture = NULL;
	}
	match_filters_free(filters);
	return (true);
}

/*
 * Opens the capture, or sets the error if that fails.  False when memory is
 * exhausted.
 */
static bool
open_capture(struct listener *listener)
{
	const char	*interface = listener->row->interface;
	bool		 ifindex = strcmp(interface, "any") == 0 &&
			    match_needs_ifindex(listener->match);
	int		 type;

	listener->link = link_state(listener->common->link_socket, interface,
	    &listener->ifindex);
	if (listener->link == LINK_MISSING) {
		snprintf(listener->error, sizeof(listener->error),
		    "no such interface");
		return (true);
	}
	if (listener->evidence != NULL)
		evidence_capture_open(listener->evidence, ifindex);
	listener->capture = capture_open_live(interface,
	    match_needs_payload(listener->match) ?
	    CAPTURE_SNAPSHOT_LARGE : CAPTURE_SNAPSHOT_SMALL,
	    listener->ring_bytes, listener->error);
	if (listener->capture == NULL) {
		/* It may have gone down or away in the meantime. */
		if (listener->link == LINK_UP)
			listener->link = link_state(
			    listener->common->link_socket, interface,
			    &listener->ifindex);
		return (true);
	}
	if (ifindex)
		capture_add_ifindex(listener->capture);
	type = capture_link_type(listener->capture);
	if (!packet_supports_link(type)) {
		snprintf(listener->error, sizeof(listener->error),
		    "link type %d is not supported", type);
		capture_close(listener->capture);
		listener->capture = NULL;
		return (true);
	}
	(void)match_prepare(listener->match, type, refuse_watch, listener);
	if (!set_filter(listener))
		return (false);
	listener->opened = mono_now();
	return (true);
}

/* Joins the multicast groups of a watch. */
static void
join_groups(struct capture *capture, const struct configuration_profile *p)
{
	const char *const	*name = p->form.protocol->groups;
	struct addr		 group;

	for (; *name != NULL; name++)
		if (addr_parse(*name, &group))
			capture_join(capture, &group);
	if (addr_is_multicast(&p->local))
		capture_join(capture, &p->local);
}

/*
 * `any` is not promiscuous, so network cards hide the multicast groups that
 * were not joined.
 */
static void
join_all_groups(struct listener *listener, const struct configuration *config)
{
	const struct configuration_profile	*last = NULL, *p;
	size_t					 i;

	if (listener->capture == NULL ||
	    strcmp(listener->row->interface, "any") != 0)
		return;
	for (i = 0; i < config->nwatches; i++) {
		p = config->watches[i]->profile;
		if (!match_concerns(config->watches[i], "any") ||
		    (last != NULL && p->form.protocol == last->form.protocol &&
		    addr_equal(&p->local, &last->local)))
			continue;
		join_groups(listener->capture, p);
		last = p;
	}
}

/* A frame of the capture for evidence. */
static void
take_control_frame(void *arg, const struct diagnosis_frame *f)
{
	const struct listener	*listener = arg;

	floating_ips_frame(&listener->common->floating_ips,
	    listener->row->interface, f);
}

/* Starts the tracker.  False when memory is exhausted. */
static bool
open_evidence(struct listener *listener, const struct shared_state *shared)
{
	struct tracker_setting	 setting = {
		.config = listener->config,
		.interface = listener->row->interface,
		.match = listener->match, .watches = shared->watches,
		.source = &listener->row->source,
		.position = listener->position,
		.own = &listener->common->own,
		.kept = take_control_frame, .kept_arg = listener,
	};

	if (listener->config->evidence == 0)
		return (true);
	link_mac(listener->common->link_socket, setting.interface,
	    &setting.mac);
	listener->evidence = evidence_capture_new(&setting);
	return (listener->evidence != NULL);
}

/* After both captures of the listener were opened, or not. */
static void
finish_captures(struct listener *listener)
{
	struct evidence_capture	*evidence = listener->evidence;

	if (listener->capture == NULL) {
		if (evidence != NULL)
			evidence_capture_close(evidence);
		return;
	}
	if (evidence != NULL && match_filters_are_narrow(listener->config,
	    listener->row->interface, listener->match))
		evidence_capture_split(evidence, listener->capture);
	/* Within the sandbox, other filters can be changed. */
	capture_lock_filter(listener->capture);
}

bool
listener_open(struct listener *listener, struct listeners *common,
    const struct configuration *config, struct shared_state *shared,
    uint32_t position)
{
	size_t	 i;

	*listener = (struct listener){
		.common = common, .config = config,
		.row = &shared->captures[position], .position = position,
		.ring_bytes = RING_BYTES,
	};
	for (i = 0; i < shared->nwatches; i++)
		if (shared->watches[i].enabled &&
		    shared->watches[i].source == position)
			add_watch(listener, config->watches[i]->profile);
	listener->match = match_new(config, listener->row->interface);
	if (listener->match == NULL)
		return (false);
	match_ignore_own(listener->match, &common->own);
	match_report_rejected(listener->match, reject_packet, listener);
	match_report_senders(listener->match, take_sender, listener);
	if (!open_evidence(listener, shared) || !open_capture(listener))
		return (false);
	join_all_groups(listener, config);
	finish_captures(listener);
	return (true);
}

void
listener_close(struct listener *listener)
{
	/* In this order: see capture_split. */
	capture_close(listener->capture);
	evidence_capture_free(listener->evidence);
	match_free(listener->match);
}

void
listener_begin_evidence(struct listener *listener,
    const struct evidence_ring *ring)
{
	evidence_capture_begin(listener->evidence, ring, listener->skip,
	    listener->common->now);
}

void
listener_begin(struct listener *listener, bool after_gap)
{
	struct shared_capture	*row = listener->row;

	if (listener->capture == NULL && listener->link == LINK_DOWN) {
		/*
		 * Some interfaces cannot be opened while they are down.  Their
		 * silence still counts; but if nothing captured before, it
		 * counts only from now on.
		 */
		if (after_gap || row->source.blind)
			detect_source_resume(&row->source,
			    listener->common->now);
		set_down(listener);
		return;
	}
	if (listener->capture == NULL) {
		set_failed(listener, listener->error,
		    listener->link == LINK_MISSING ? RETURNS : RESUMES);
		return;
	}
	if (row->listening && !after_gap)
		listener->skip = row->drained;
	else
		detect_source_resume(&row->source, listener->opened);
	if (row->state != SHARED_CAPTURE_RUNNING && !row->listening)
		log_notice("%s: capture resumed", row->interface);
	/* Another interface may have this name now. */
	row->ifindex = listener->ifindex;
	set_capture_state(listener, SHARED_CAPTURE_RUNNING, listener->blind);
	listener_check_link(listener);
}
