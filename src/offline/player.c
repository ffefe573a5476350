/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/stat.h>

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/log.h"
#include "base/progress.h"
#include "match/match.h"
#include "offline/player.h"
#include "packet/packet.h"

/* Each link type has a matcher, because expressions of `bpf` depend on it. */
struct player_matcher {
	int		 link_type;
	struct match	*match;
};

/* The clock of the detector shows the timestamps of the packets. */
static struct mono_time
clock_of(struct wall_time timestamp)
{
	return ((struct mono_time){ timestamp.ns });
}

/* ---- for the output */

const struct addr *
player_peer(const struct player *p, uint32_t watch)
{
	const struct addr	*peer = &p->config->watches[watch]->peer;

	if (peer->family == ADDR_NONE)
		peer = &p->tallies[watch].sender;
	return (peer->family == ADDR_NONE ? NULL : peer);
}

const char *
player_state(const struct player *p, uint32_t watch)
{
	return (detect_state_text(detect_state(&p->watches[watch], &p->source,
	    clock_of(p->now))));
}

static void
on_event(void *arg, const struct detect_event *event)
{
	struct player			*p = arg;
	const struct player_case	*verdict;
	struct detect_event		 e = *event;

	progress_clear();
	if (!alarm_positions_is_dual(&p->positions, event->watch)) {
		verdict = player_diagnosis_event(&p->diagnosis, event);
		p->output->event(p->output->arg, p, event, verdict);
	} else {
		e.watch = alarm_positions_watch(&p->positions, event->watch);
		p->output->dual(p->output->arg, p, &e);
	}
}

static void
on_verdict(void *arg, uint32_t watch, struct wall_time at,
    const struct evidence *evidence, const struct verdict *verdict)
{
	const struct player	*p = arg;

	if (p->output->verdict != NULL)
		p->output->verdict(p->output->arg, p, watch, at, evidence,
		    verdict);
}

static void
on_late(void *arg, uint32_t watch, struct mono_time now)
{
	struct player	*p = arg;

	player_diagnosis_late(&p->diagnosis, watch, now);
}

static void
show_progress(void *arg)
{
	const struct player	*p = arg;
	uint64_t		 frames = capture_merge_frames(p->merge);
	double			 done;

	if (!progress_due())
		return;
	done = capture_merge_progress(p->merge);
	if (done >= 0)
		progress_show("%3.0f %%, %.1f million packets", done * 100,
		    (double)frames / 1e6);
	else
		progress_show("%" PRIu64 " packets", frames);
}

/* ---- the clock and the heartbeats */

/* A frame that the tracker has kept. */
static void
on_kept(void *arg, const struct diagnosis_frame *f)
{
	struct player	*p = arg;

	floating_ips_frame(&p->floating_ips, NULL, f);
}

/* False when memory is exhausted. */
static bool
hold_down(struct player *p)
{
	uint32_t	 i;

	for (i = 0; i < p->config->nwatches; i++)
		if (!detect_hold_down(&p->detect, i,
		    p->config->watches[i]->profile->hold_down_ns))
			return (false);
	return (true);
}

/* Begins at the time of the first packet. */
static void
begin(struct player *p, struct wall_time start)
{
	const struct alarm_positions	*positions = &p->positions;
	const struct configuration_profile *dual;
	size_t				 i;

	detect_source_begin(&p->source, clock_of(start));
	for (i = 0; i < p->config->nwatches; i++) {
		const struct configuration_profile *profile =
		    p->config->watches[i]->profile;
		detect_watch_begin(&p->watches[i], clock_of(start));
		detect_watch_configure(&p->watches[i], 0,
		    profile->interruption_ns, profile->recovery,
		    profile->enabled);
	}
	for (i = 0; i < positions->nduals; i++) {
		dual = p->config->watches[positions->duals[i]]->profile;
		dual_begin(&p->dual_rows[i]);
		dual_configure(&p->dual_rows[i], dual->dual->interruption_ns,
		    dual->floating_ip.family != ADDR_NONE);
	}
	p->begun = true;
	p->start = start;
	if (!detect_init(&p->detect, p->watches, p->config->nwatches,
	    &p->sources, on_event, p) || !duals_init(&p->duals, &p->detect,
	    (uint32_t)positions->nwatches, p->dual_rows, positions->duals,
	    positions->nduals) || !floating_ips_init(&p->floating_ips,
	    p->config, positions, &p->duals, NULL) ||
	    !hold_down(p) || !detect_report_late(&p->detect, on_late, p) ||
	    !player_diagnosis_begin(&p->diagnosis, p->watches, &p->source))
		p->exhausted = true;
	p->diagnosis.tracker.setting.kept = on_kept;
	p->diagnosis.tracker.setting.kept_arg = p;
}

/* Adds a heartbeat to the statistics of its watch. */
static void
count(struct player *p, uint32_t watch, const struct heartbeat *heartbeat)
{
	struct player_tally	*tally = &p->tallies[watch];
	int64_t		 interval_ns;

	if (wall_is_never(tally->first)) {
		tally->first = p->now;
	} else {
		interval_ns = wall_sub(p->now, tally->last);
		if (interval_ns > tally->longest_ns)
			tally->longest_ns = interval_ns;
		if (!median_add(&tally->intervals, interval_ns))
			p->exhausted = true;
	}
	tally->last = p->now;
	if (!addr_equal(&tally->sender, &heartbeat->sender))
		player_diagnosis_add_peer(&p->diagnosis, &heartbeat->sender);
	tally->sender = heartbeat->sender;
}

/* Before the detector takes the heartbeat, which may end an interruption. */
static void
keep_frame(struct player *p, uint32_t watch)
{
	if (!p->kept)
		tracker_heartbeat(&p->diagnosis.tracker, p->frame,
		    clock_of(p->now),
		    tracker_may_have(&p->diagnosis.tracker, watch));
	p->kept = true;
}

/* Takes a heartbeat, or the announcement of a stop. */
static void
found(void *arg, uint32_t watch, const struct heartbeat *heartbeat)
{
	struct player	*p = arg;

	if (heartbeat->alive) {
		if (heartbeat->copy || detect_is_copy(&p->detect, watch,
		    heartbeat->content, clock_of(p->now)))
			return;
		keep_frame(p, watch);
		detect_heartbeat(&p->detect, watch, clock_of(p->now), p->now);
		if (tracker_may_have(&p->diagnosis.tracker, watch))
			tracker_returned(&p->diagnosis.tracker, watch);
		count(p, watch, heartbeat);
		if (p->output->heartbeat != NULL)
			p->output->heartbeat(p->output->arg, p, watch);
	} else if (heartbeat->stop) {
		if (!p->kept)
			tracker_announcement(&p->diagnosis.tracker, p->frame,
			    clock_of(p->now));
		p->kept = true;
		detect_stopping(&p->detect, watch, clock_of(p->now));
	}
}

/* A match_sent. */
static void
found_sender(void *arg, const struct match_sender *sender)
{
	struct player			*p = arg;
	const struct alarm_positions	*positions = &p->positions;
	struct dual_advertisement	 a = {
		.sender = sender->heartbeat->sender, .mac = sender->packet->mac,
		.vlan = sender->packet->vlan, .ifindex = sender->ifindex,
		.active = sender->heartbeat->active,
		.interval_ns = sender->heartbeat->interval_ns,
	};

	dual_advertised(&p->duals, alarm_positions_dual(positions,
	    sender->watch) - (uint32_t)positions->nwatches, &a,
	    clock_of(p->now));
}

/* A match_rejected. */
static void
reject(void *arg, const struct match_rejection *rejection)
{
	struct player	*p = arg;

	p->tallies[rejection->watch].rejected[rejection->fault]++;
}

static struct match *
matcher_find(const struct player *p, int link_type)
{
	size_t	 i;

	for (i = 0; i < p->nmatchers; i++)
		if (p->matchers[i].link_type == link_type)
			return (p->matchers[i].match);
	return (NULL);
}

static void
refuse(void *arg, uint32_t watch, int line, const char *error)
{
	const struct player			*p = arg;
	const struct configuration_profile	*profile =
	    p->config->watches[watch]->profile;

	progress_clear();
	log_errx("%s:%d: heartbeat \"%s\": %s", profile->file, line,
	    profile->heartbeat, error);
}

/*
 * Adds the matcher for a link type, if necessary.  On error false, and logs it
 * with the name of the capture.
 */
static bool
add_matcher(struct player *p, int link_type, const char *name)
{
	struct match	*match;

	if (matcher_find(p, link_type) != NULL)
		return (true);
	match = match_new(p->config, NULL);
	if (match == NULL || !array_reserve(&p->matchers, &p->matchers_capacity,
	    p->nmatchers + 1, sizeof(*p->matchers))) {
		match_free(match);
		log_errx("out of memory");
		return (false);
	}
	match_report_rejected(match, reject, p);
	match_report_senders(match, found_sender, p);
	p->matchers[p->nmatchers++] = (struct player_matcher){
		link_type, match,
	};
	if (match_prepare(match, link_type, refuse, p))
		return (true);
	log_errx("%s: the link type of the capture does not support all "
	    "watches", name);
	return (false);
}

/*
 * True if the frame may be a heartbeat.  Adds a matcher if necessary, because
 * the interfaces of a pcapng file may have several link types.
 */
static bool
filter_frame(void *arg, const struct capture_frame *frame)
{
	struct player		*p = arg;
	const struct match	*match = matcher_find(p, frame->link_type);
	enum packet_verdict	 verdict;
	struct packet		 packet;

	if (match == NULL && !p->refused &&
	    packet_supports_link(frame->link_type)) {
		p->refused = !add_matcher(p, frame->link_type,
		    "another interface of the capture");
		match = p->refused ? NULL : matcher_find(p, frame->link_type);
	}
	if (match == NULL)
		return (false);
	verdict = packet_decode(frame->link_type, frame->bytes,
	    frame->captured, frame->wire, &packet);
	if (!match_prefilter_packet(match, frame, verdict, &packet))
		return (player_diagnosis_wants(&p->diagnosis, frame, verdict,
		    &packet));
	player_diagnosis_received(&p->diagnosis, frame->timestamp, verdict,
	    &packet);
	return (true);
}

/*
 * A heartbeat that arrives exactly at the deadline is in time, so only
 * deadlines before the time of this frame have passed.
 */
static bool
take_frame(void *arg, const struct capture_frame *frame)
{
	struct player	*p = arg;

	p->now = frame->timestamp;
	if (!p->begun)
		begin(p, p->now);
	if (p->exhausted)
		return (false);
	duals_advance_both(&p->duals, &p->detect,
	    mono_add(clock_of(p->now), -1));
	player_diagnosis_advance(&p->diagnosis, p->now);
	p->frame = frame;
	p->kept = false;
	if (frame->bytes != NULL)
		match_frame(matcher_find(p, frame->link_type), frame, found, p);
	p->diagnosis.tracker.setting.match = matcher_find(p,
	    frame->link_type);
	if (frame->bytes != NULL && !p->kept)
		player_diagnosis_take(&p->diagnosis, frame);
	if (frame->bytes == NULL || ++p->taken % 4096 == 0)
		show_progress(p);
	return (!p->exhausted && !p->refused && !ferror(stdout));
}

/* ---- from start to end */

static bool
prepare(struct player *p)
{
	size_t	 i, nwatches = p->config->nwatches;
	size_t	 ninputs = capture_merge_count(p->merge);

	p->sources = &p->source;
	p->watches = calloc(nwatches + 1, sizeof(*p->watches));
	p->tallies = calloc(nwatches + 1, sizeof(*p->tallies));
	if (p->watches == NULL || p->tallies == NULL ||
	    !player_diagnosis_init(&p->diagnosis, p->config, on_verdict, p) ||
	    !alarm_positions_init(&p->positions, p->config) ||
	    (p->dual_rows = calloc(p->positions.nduals + 1,
	    sizeof(*p->dual_rows))) == NULL) {
		log_errx("out of memory");
		return (false);
	}
	for (i = 0; i < nwatches; i++)
		p->tallies[i].longest_ns = -1;
	for (i = 0; i < ninputs; i++)
		if (!add_matcher(p, capture_merge_link_type(p->merge, i),
		    capture_merge_name(p->merge, i)))
			return (false);
	return (true);
}

static void
release(struct player *p)
{
	size_t	 i;

	for (i = 0; i < p->nmatchers; i++)
		match_free(p->matchers[i].match);
	for (i = 0; p->tallies != NULL && i < p->config->nwatches; i++)
		median_free(&p->tallies[i].intervals);
	if (p->begun) {
		floating_ips_free(&p->floating_ips);
		duals_free(&p->duals);
		detect_free(&p->detect);
	}
	alarm_positions_free(&p->positions);
	free(p->dual_rows);
	player_diagnosis_free(&p->diagnosis);
	free(p->matchers);
	free(p->tallies);
	free(p->watches);
}

/* Without a packet there is no time: the watches are `starting`. */
static void
finish(struct player *p)
{
	if (!p->begun)
		begin(p, WALL_NEVER);
	else
		duals_advance_both(&p->duals, &p->detect, clock_of(p->now));
	progress_clear();
	p->output->finish(p->output->arg, p);
}

/* Tells why packets of a watch were not counted; the daemon logs them. */
static void
report_rejected(const struct player *p)
{
	const uint64_t	*rejected;
	size_t		 i;
	unsigned	 fault;

	for (i = 0; i < p->config->nwatches; i++) {
		rejected = p->tallies[i].rejected;
		for (fault = 0; fault < PACKET_FAULTS; fault++)
			if (rejected[fault] > 0)
				log_warnx("watch \"%s\": warning: %" PRIu64
				    " packet%s not counted: %s",
				    p->config->watches[i]->name,
				    rejected[fault],
				    rejected[fault] == 1 ? "" : "s",
				    packet_fault_text(fault));
	}
}

static bool
run(struct player *p)
{
	bool	 ok;

	ok = capture_merge_run(p->merge, take_frame, filter_frame,
	    show_progress, p) && !p->exhausted;
	if (!ok)
		log_errx("out of memory");
	if (ok && !p->refused && !ferror(stdout))
		finish(p);
	progress_clear();
	report_rejected(p);
	ok = command_flush() && ok && !p->refused;
	return (capture_merge_report(p->merge) && ok);
}

static void
set_up_process(const struct capture_merge *merge)
{
	struct stat	 st;
	bool		 from_pipe = capture_merge_is_live(merge);

	if (from_pipe)
		command_catch_signals();
	signal(SIGPIPE, SIG_IGN);
	/* Each event is written at once, unless from and into a file. */
	if (from_pipe || fstat(STDOUT_FILENO, &st) != 0 || !S_ISREG(st.st_mode))
		setvbuf(stdout, NULL, _IOLBF, 0);
}

static enum command_status
play(const struct configuration *config, const struct player_output *output,
    char *const *names, size_t nnames)
{
	struct player	 p = { .config = config, .output = output };
	bool		 ok;

	p.merge = capture_merge_open(names, nnames);
	if (p.merge == NULL)
		return (COMMAND_FAILURE);
	set_up_process(p.merge);
	ok = prepare(&p) && run(&p);
	release(&p);
	capture_merge_close(p.merge);
	return (ok ? COMMAND_SUCCESS : COMMAND_FAILURE);
}

static bool
stdin_is_named_twice(char *const *names, int nnames)
{
	int	 i, n = 0;

	for (i = 0; i < nnames; i++)
		n += strcmp(names[i], "-") == 0;
	return (n > 1);
}

enum command_status
player_main(int argc, char **argv, const char *flags, bool *given,
    const struct player_output *output)
{
	struct configuration	*config;
	const char		*file = NULL;
	enum command_status	 status;
	char			 options[16];
	int			 option;

	snprintf(options, sizeof(options), "+c:h%s", flags);
	while ((option = getopt(argc, argv, options)) != -1) {
		if (option == 'h')
			return (COMMAND_HELP);
		if (option == 'c')
			file = optarg;
		else if (strchr(flags, option) != NULL)
			given[strchr(flags, option) - flags] = true;
		else
			break;
	}
	if (option != -1 || file == NULL || optind == argc)
		return (COMMAND_USAGE);
	if (stdin_is_named_twice(argv + optind, argc - optind)) {
		log_errx("standard input (-) can be read only once");
		return (COMMAND_REFUSED);
	}
	config = configuration_load(file, true, stderr);
	if (config == NULL)
		return (COMMAND_REFUSED);
	if (config->nwatches == 0)
		log_warnx("%s: warning: no watch is configured", file);
	status = play(config, output, argv + optind,
	    (size_t)(argc - optind));
	configuration_free(config);
	return (status);
}
