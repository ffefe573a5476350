/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds the alarms that the daemon would have raised during captures.  The
 * timestamps of the packets are the clock.  Configuration, matching and
 * detection are the code that the daemon runs.
 */
#include <sys/stat.h>

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/json.h"
#include "base/log.h"
#include "base/median.h"
#include "base/progress.h"
#include "config/configuration.h"
#include "detect/detect.h"
#include "match/match.h"
#include "offline/capture_merge.h"
#include "offline/replay.h"
#include "packet/packet.h"
#include "state/alarm.h"

/* Statistics of a watch for its summary, which the detector does not keep. */
struct tally {
	struct wall_time	 first;
	struct wall_time	 last;
	int64_t			 longest_ns;	/* between two; -1: none yet */
	struct median		 intervals;	/* in ns */
	struct addr		 sender;	/* of the last heartbeat */
	uint64_t		 rejected[PACKET_FAULTS];
};

/* Each link type has a matcher, because expressions of `bpf` depend on it. */
struct matcher {
	int		 link_type;
	struct match	*match;
};

struct replay {
	const struct configuration *config;
	struct capture_merge	*merge;
	struct matcher		*matchers;	/* owned, as the other arrays */
	size_t			 nmatchers;
	size_t			 matchers_capacity;
	struct detect		 detect;
	struct detect_watch	*watches;
	struct detect_source	 source;	/* of all captures */
	struct detect_source	*sources;	/* points to `source` */
	struct tally		*tallies;
	bool			 begun;		/* there was a packet */
	bool			 exhausted;	/* out of memory */
	bool			 refused;	/* by add_matcher */
	struct wall_time	 now;		/* timestamp of the packet */
	unsigned		 taken;		/* frames with bytes */
};

/* The clock of the detector shows the timestamps of the packets. */
static struct mono_time
clock_of(struct wall_time timestamp)
{
	return ((struct mono_time){ timestamp.ns });
}

/* ---- output */

static void
print_raised(struct json *j, const struct replay *r,
    const struct detect_event *event)
{
	const struct configuration_watch *w = r->config->watches[event->watch];
	const struct addr	*peer = w->peer.family != ADDR_NONE ?
	    &w->peer : &r->tallies[event->watch].sender;
	char			 text[ADDR_TEXT_SIZE];

	json_text(j, "severity", severity_text(w->profile->alarm->severity));
	json_text(j, "peer", peer->family != ADDR_NONE ?
	    addr_text(peer, text) : NULL);
	json_time(j, "lastHeartbeat", event->received ?
	    event->last_heartbeat : WALL_NEVER);
	json_text(j, "cause", cause_text(alarm_cause_of(event)));
}

static void
print_event(void *arg, const struct detect_event *event)
{
	const struct replay	*r = arg;
	const struct configuration_watch *w = r->config->watches[event->watch];
	bool			 raised = event->transition == DETECT_RAISED;
	struct json		 j;

	progress_clear();
	json_begin(&j, stdout);
	json_text(&j, "event", raised ? "raised" : "cleared");
	json_time(&j, "time", (struct wall_time){ event->at.ns });
	json_text(&j, "watch", w->name);
	json_count(&j, "alarmId", w->profile->alarm->id);
	if (raised)
		print_raised(&j, r, event);
	else
		json_duration(&j, "duration", event->duration_ns);
	json_end(&j);
}

static const char *const state_texts[] = {
	[DETECT_DISABLED] = "disabled",
	[DETECT_STARTING] = "starting",
	[DETECT_ALIVE] = "alive",
	[DETECT_LATE] = "late",
	[DETECT_INTERRUPTED] = "interrupted",
	[DETECT_BLIND] = "blind",
};

static void
print_summary(const struct replay *r, size_t i)
{
	const struct detect_watch	*w = &r->watches[i];
	struct tally			*tally = &r->tallies[i];
	struct json			 j;

	json_begin(&j, stdout);
	json_text(&j, "event", "summary");
	json_text(&j, "watch", r->config->watches[i]->name);
	json_text(&j, "state", state_texts[detect_state(w, &r->source,
	    clock_of(r->now))]);
	json_count(&j, "heartbeats", w->heartbeats);
	json_time(&j, "firstHeartbeat", tally->first);
	json_time(&j, "lastHeartbeat", tally->last);
	json_duration(&j, "medianInterval", median_value(&tally->intervals));
	json_duration(&j, "longestGap", tally->longest_ns);
	json_count(&j, "interruptions", detect_interruptions(w));
	json_end(&j);
}

static void
show_progress(void *arg)
{
	const struct replay	*r = arg;
	uint64_t		 frames = capture_merge_frames(r->merge);
	double			 done;

	if (!progress_due())
		return;
	done = capture_merge_progress(r->merge);
	if (done >= 0)
		progress_show("%3.0f %%, %.1f million packets", done * 100,
		    (double)frames / 1e6);
	else
		progress_show("%" PRIu64 " packets", frames);
}

/* ---- the clock and the heartbeats */

/* Begins at the time of the first packet. */
static void
begin(struct replay *r, struct wall_time start)
{
	size_t	 i;

	detect_source_begin(&r->source, clock_of(start));
	for (i = 0; i < r->config->nwatches; i++) {
		const struct configuration_profile *p =
		    r->config->watches[i]->profile;
		detect_watch_begin(&r->watches[i], clock_of(start));
		detect_watch_configure(&r->watches[i], 0, p->interruption_ns,
		    p->recovery, p->enabled);
	}
	r->begun = true;
	if (!detect_init(&r->detect, r->watches, r->config->nwatches,
	    &r->sources, print_event, r))
		r->exhausted = true;
}

/* Adds a heartbeat to the statistics of its watch. */
static void
count(struct replay *r, uint32_t watch, const struct heartbeat *heartbeat)
{
	struct tally	*tally = &r->tallies[watch];
	int64_t		 interval_ns;

	if (wall_is_never(tally->first)) {
		tally->first = r->now;
	} else {
		interval_ns = wall_sub(r->now, tally->last);
		if (interval_ns > tally->longest_ns)
			tally->longest_ns = interval_ns;
		if (!median_add(&tally->intervals, interval_ns))
			r->exhausted = true;
	}
	tally->last = r->now;
	tally->sender = heartbeat->sender;
}

/* Takes a heartbeat, or the announcement of a stop. */
static void
found(void *arg, uint32_t watch, const struct heartbeat *heartbeat)
{
	struct replay	*r = arg;

	if (heartbeat->alive) {
		if (heartbeat->copy || detect_is_copy(&r->detect, watch,
		    heartbeat->content, clock_of(r->now)))
			return;
		detect_heartbeat(&r->detect, watch, clock_of(r->now), r->now);
		count(r, watch, heartbeat);
	} else if (heartbeat->stop) {
		detect_stopping(&r->detect, watch, clock_of(r->now));
	}
}

/* A match_rejected. */
static void
reject(void *arg, const struct match_rejection *rejection)
{
	struct replay	*r = arg;

	r->tallies[rejection->watch].rejected[rejection->fault]++;
}

static struct match *
matcher_find(const struct replay *r, int link_type)
{
	size_t	 i;

	for (i = 0; i < r->nmatchers; i++)
		if (r->matchers[i].link_type == link_type)
			return (r->matchers[i].match);
	return (NULL);
}

static void
refuse(void *arg, uint32_t watch, int line, const char *error)
{
	const struct replay			*r = arg;
	const struct configuration_profile	*p =
	    r->config->watches[watch]->profile;

	progress_clear();
	log_errx("%s:%d: heartbeat \"%s\": %s", p->file, line, p->heartbeat,
	    error);
}

/*
 * Adds the matcher for a link type, if necessary.  On error false, and logs it
 * with the name of the capture.
 */
static bool
add_matcher(struct replay *r, int link_type, const char *name)
{
	struct match	*match;

	if (matcher_find(r, link_type) != NULL)
		return (true);
	match = match_new(r->config, NULL);
	if (match == NULL || !array_reserve(&r->matchers, &r->matchers_capacity,
	    r->nmatchers + 1, sizeof(*r->matchers))) {
		match_free(match);
		log_errx("out of memory");
		return (false);
	}
	match_report_rejected(match, reject, r);
	r->matchers[r->nmatchers++] = (struct matcher){ link_type, match };
	if (match_prepare(match, link_type, refuse, r))
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
	struct replay		*r = arg;
	const struct match	*match = matcher_find(r, frame->link_type);

	if (match == NULL && !r->refused &&
	    packet_supports_link(frame->link_type)) {
		r->refused = !add_matcher(r, frame->link_type,
		    "another interface of the capture");
		match = r->refused ? NULL : matcher_find(r, frame->link_type);
	}
	return (match != NULL && match_prefilter(match, frame));
}

/*
 * A heartbeat that arrives exactly at the deadline is in time, so only
 * deadlines before the time of this frame have passed.
 */
static bool
take_frame(void *arg, const struct capture_frame *frame)
{
	struct replay	*r = arg;

	r->now = frame->timestamp;
	if (!r->begun)
		begin(r, r->now);
	if (r->exhausted)
		return (false);
	detect_advance(&r->detect, mono_add(clock_of(r->now), -1));
	if (frame->bytes != NULL)
		match_frame(matcher_find(r, frame->link_type), frame, found, r);
	if (frame->bytes == NULL || ++r->taken % 4096 == 0)
		show_progress(r);
	return (!r->exhausted && !r->refused && !ferror(stdout));
}

/* ---- from start to end */

static bool
prepare(struct replay *r)
{
	size_t	 i, nwatches = r->config->nwatches;
	size_t	 ninputs = capture_merge_count(r->merge);

	r->sources = &r->source;
	r->watches = calloc(nwatches + 1, sizeof(*r->watches));
	r->tallies = calloc(nwatches + 1, sizeof(*r->tallies));
	if (r->watches == NULL || r->tallies == NULL) {
		log_errx("out of memory");
		return (false);
	}
	for (i = 0; i < nwatches; i++)
		r->tallies[i].longest_ns = -1;
	for (i = 0; i < ninputs; i++)
		if (!add_matcher(r, capture_merge_link_type(r->merge, i),
		    capture_merge_name(r->merge, i)))
			return (false);
	return (true);
}

static void
release(struct replay *r)
{
	size_t	 i;

	for (i = 0; i < r->nmatchers; i++)
		match_free(r->matchers[i].match);
	for (i = 0; r->tallies != NULL && i < r->config->nwatches; i++)
		median_free(&r->tallies[i].intervals);
	if (r->begun)
		detect_free(&r->detect);
	free(r->matchers);
	free(r->tallies);
	free(r->watches);
}

/* Without a packet there is no time: the watches are `starting`. */
static void
finish(struct replay *r)
{
	size_t	 i;

	if (!r->begun)
		begin(r, WALL_NEVER);
	else
		detect_advance(&r->detect, clock_of(r->now));
	progress_clear();
	for (i = 0; i < r->config->nwatches; i++)
		print_summary(r, i);
}

/* Tells why packets of a watch were not counted; the daemon logs them. */
static void
report_rejected(const struct replay *r)
{
	const uint64_t	*rejected;
	size_t		 i;
	unsigned	 fault;

	for (i = 0; i < r->config->nwatches; i++) {
		rejected = r->tallies[i].rejected;
		for (fault = 0; fault < PACKET_FAULTS; fault++)
			if (rejected[fault] > 0)
				log_warnx("watch \"%s\": warning: %" PRIu64
				    " packet%s not counted: %s",
				    r->config->watches[i]->name,
				    rejected[fault],
				    rejected[fault] == 1 ? "" : "s",
				    packet_fault_text(fault));
	}
}

static bool
run(struct replay *r)
{
	bool	 ok;

	ok = capture_merge_run(r->merge, take_frame, filter_frame,
	    show_progress, r) && !r->exhausted;
	if (!ok)
		log_errx("out of memory");
	if (ok && !r->refused && !ferror(stdout))
		finish(r);
	progress_clear();
	report_rejected(r);
	ok = command_flush() && ok && !r->refused;
	return (capture_merge_report(r->merge) && ok);
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
replay(const struct configuration *config, char *const *names, size_t nnames)
{
	struct replay	 r = { .config = config };
	bool		 ok;

	r.merge = capture_merge_open(names, nnames);
	if (r.merge == NULL)
		return (COMMAND_FAILURE);
	set_up_process(r.merge);
	ok = prepare(&r) && run(&r);
	release(&r);
	capture_merge_close(r.merge);
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
replay_main(int argc, char **argv)
{
	struct configuration	*config;
	const char		*file = NULL;
	enum command_status	 status;
	int			 option;

	while ((option = getopt(argc, argv, "+c:h")) != -1) {
		if (option == 'h')
			return (COMMAND_HELP);
		if (option != 'c')
			break;
		file = optarg;
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
	status = replay(config, argv + optind, (size_t)(argc - optind));
	configuration_free(config);
	return (status);
}
