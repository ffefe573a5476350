/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which flow is the heartbeat?
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mono.h"
#include "base/number.h"
#include "base/progress.h"
#include "offline/capture_merge.h"
#include "offline/discover.h"
#include "offline/discover_report.h"
#include "offline/flow_table.h"
#include "packet/capture.h"
#include "packet/packet.h"

#define EXIT_USAGE	2
#define SECONDS		60
#define SECONDS_MAX	(24 * 3600)
#define DRAIN_FRAMES	4096
#define POLL_MS		100

struct discover {
	const char	*interface;
	const char	*file;
	uint32_t	 seconds;
	bool		 paired;
	struct addr	 pair[2];
	bool		 met;		/* one of them sent to the other */
	struct flow_table	*flows;
	struct capture_merge	*merge;
	bool		 piped;
	struct wall_time latest;
	int64_t		 watched_ns;
	bool		 exhausted;	/* no memory */
};

static volatile sig_atomic_t interrupted;

static void
interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
	capture_merge_stop();
}

static bool
is_meeting(const struct discover *d, const struct capture_frame *frame)
{
	const struct addr	*pair = d->pair;
	struct packet		 p;
	enum packet_verdict	 verdict;

	verdict = packet_decode(frame->link_type, frame->bytes,
	    frame->captured, frame->wire, &p);
	if (verdict != PACKET_IP && verdict != PACKET_CONTINUED)
		return (false);
	return ((addr_equal(&p.source, &pair[0]) &&
	    addr_equal(&p.destination, &pair[1])) ||
	    (addr_equal(&p.source, &pair[1]) &&
	    addr_equal(&p.destination, &pair[0])));
}

static void
take_frame(struct discover *d, const struct capture_frame *frame)
{
	if (d->paired && !d->met)
		d->met = is_meeting(d, frame);
	if (!flow_table_take(d->flows, frame))
		d->exhausted = true;
}

/* ---- an interface */

static void
take_live(void *arg, const struct capture_frame *frame)
{
	struct discover		*d = arg;
	struct capture_frame	 f = *frame;

	/* The clock may be stepped back. */
	if (f.timestamp.ns < d->latest.ns)
		f.timestamp = d->latest;
	d->latest = f.timestamp;
	take_frame(d, &f);
}

static void
show_live(const struct discover *d, struct mono_time start)
{
	progress_show("%s: %.0f of %u s, %llu packets, %zu flows; Ctrl-C shows "
	    "what was found", d->interface,
	    (double)mono_sub(mono_now(), start) / NSEC_PER_SEC, d->seconds,
	    (unsigned long long)flow_table_packets(d->flows),
	    flow_table_count(d->flows));
}

/* At most so long that the time's end is not missed. */
static int
poll_ms(int64_t left_ns)
{
	int64_t	 ms = left_ns / NSEC_PER_MSEC + 1;

	return (ms < POLL_MS ? (int)ms : POLL_MS);
}

/* Until the time is over.  False on an error of the capture. */
static bool
listen_until(struct discover *d, struct capture *capture)
{
	struct pollfd		 fd = {
		.fd = capture_descriptor(capture), .events = POLLIN,
	};
	struct mono_time	 start = mono_now();
	enum capture_status	 status = CAPTURE_OK;
	int64_t			 all_ns = d->seconds * NSEC_PER_SEC;

	for (; !interrupted && !d->exhausted && d->watched_ns < all_ns;
	    d->watched_ns = mono_sub(mono_now(), start)) {
		if (status != CAPTURE_MORE)
			(void)poll(&fd, 1, poll_ms(all_ns - d->watched_ns));
		status = capture_drain(capture, DRAIN_FRAMES, take_live, d);
		if (status == CAPTURE_GONE || status == CAPTURE_INTERRUPTED)
			return (false);
		if (progress_due())
			show_live(d, start);
	}
	return (true);
}

static bool
discover_live(struct discover *d)
{
	struct capture	*capture;
	char		 error[CAPTURE_ERROR_SIZE], empty[] = "";
	char		*filters[] = { empty };
	uint64_t	 dropped;
	bool		 fine;

	capture = capture_open_live(d->interface, CAPTURE_SNAPSHOT_SMALL,
	    0, filters, 1, error);
	if (capture == NULL) {
		log_warnx("%s: %s", d->interface, error);
		return (false);
	}
	fine = listen_until(d, capture);
	progress_clear();
	if (!fine)
		log_warnx("%s: %s", d->interface, capture_error(capture));
	dropped = capture_dropped(capture);
	if (dropped > 0)
		log_warnx("%s: warning: %llu packets were lost by the capture",
		    d->interface, (unsigned long long)dropped);
	capture_close(capture);
	return (fine);
}

/* ---- a capture file */

/* What is left of a pipe that was interrupted is taken: it is not much. */
static bool
take_from_file(void *arg, const struct capture_frame *frame)
{
	struct discover	*d = arg;
	double		 done;

	if (flow_table_packets(d->flows) % 4096 == 0 && progress_due()) {
		done = capture_merge_progress(d->merge);
		progress_show("%3.0f %%, %zu flows; Ctrl-C shows what was "
		    "found", done > 0 ? 100 * done : 0, flow_table_count(d->flows));
	}
	take_frame(d, frame);
	return (!d->exhausted && (d->piped || !interrupted));
}

static bool
discover_file(struct discover *d)
{
	char	*name = strdup(d->file);
	bool	 fine = false;

	if (name != NULL)
		d->merge = capture_merge_open(&name, 1);
	if (d->merge != NULL) {
		d->piped = capture_merge_is_live(d->merge);
		fine = capture_merge_run(d->merge, take_from_file, NULL, d);
		progress_clear();
		fine = capture_merge_report(d->merge) && fine;
	}
	d->watched_ns = flow_table_watched_ns(d->flows);
	capture_merge_close(d->merge);
	free(name);
	return (fine);
}

/* ---- the command */

static bool
stdout_fine(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return (true);
	log_warn("stdout");
	return (false);
}

static bool
answer(struct discover *d)
{
	struct discover_report_setting	 setting = {
		.interface = d->interface,
		.watched_ns = d->watched_ns,
		.unmet = d->paired && !d->met ? d->pair : NULL,
	};

	if (!d->exhausted && discover_report_print(d->flows, &setting, stdout))
		return (stdout_fine());
	log_warnx("out of memory");
	return (false);
}

static int
discover(struct discover *d)
{
	struct sigaction	 action = { .sa_handler = interrupt };
	bool			 fine;

	d->flows = flow_table_new(d->paired ? d->pair : NULL);
	if (d->flows == NULL) {
		log_warnx("out of memory");
		return (EXIT_FAILURE);
	}
	/* A second one kills. */
	action.sa_flags = (int)SA_RESETHAND;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	fine = d->interface != NULL ? discover_live(d) : discover_file(d);
	if (fine || flow_table_packets(d->flows) > 0)
		fine = answer(d) && fine;
	flow_table_free(d->flows);
	return (fine ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* ---- its command line */

enum parsed {
	PARSED,
	PARSED_HELP,		/* is asked for */
	PARSED_WRONG,		/* and why was said */
	PARSED_MISUSED,
};

static bool
parse_seconds(const char *text, uint32_t *seconds)
{
	if (number_parse(text, 1, SECONDS_MAX, seconds))
		return (true);
	log_warnx("-T %s: expected a number of seconds, 1 to %d", text,
	    SECONDS_MAX);
	return (false);
}

static bool
parse_pair(const char *text, struct addr *pair)
{
	const char	*comma = strchr(text, ',');
	char		*first;
	bool		 fine = false;

	if (comma != NULL) {
		first = strndup(text, (size_t)(comma - text));
		fine = first != NULL && addr_parse(first, &pair[0]) &&
		    addr_parse(comma + 1, &pair[1]) &&
		    !addr_equal(&pair[0], &pair[1]);
		free(first);
	}
	if (!fine)
		log_warnx("-b %s: expected the addresses of two nodes, such as "
		    "192.0.2.11,192.0.2.12", text);
	else if (pair[0].family != pair[1].family)
		log_warnx("-b %s: one address is IPv4, the other one IPv6; "
		    "expected two of the same family", text);
	return (fine && pair[0].family == pair[1].family);
}

static enum parsed
parse_options(int argc, char **argv, struct discover *d)
{
	int	 option;
	bool	 timed = false;

	while ((option = getopt(argc, argv, "+b:hi:r:T:")) != -1) {
		switch (option) {
		case 'b':
			if (!parse_pair(optarg, d->pair))
				return (PARSED_WRONG);
			d->paired = true;
			break;
		case 'h':
			return (PARSED_HELP);
		case 'i':
			d->interface = optarg;
			break;
		case 'r':
			d->file = optarg;
			break;
		case 'T':
			if (!parse_seconds(optarg, &d->seconds))
				return (PARSED_WRONG);
			timed = true;
			break;
		default:
			return (PARSED_MISUSED);
		}
	}
	if (optind != argc || (timed && d->file != NULL) ||
	    (d->interface != NULL) == (d->file != NULL))
		return (PARSED_MISUSED);
	return (PARSED);
}

int
discover_main(int argc, char **argv)
{
	struct discover	 d = { .seconds = SECONDS };

	switch (parse_options(argc, argv, &d)) {
	case PARSED:
		break;
	case PARSED_HELP:
		puts("usage: hbwatch " DISCOVER_USAGE);
		return (stdout_fine() ? EXIT_SUCCESS : EXIT_FAILURE);
	case PARSED_MISUSED:
		fprintf(stderr, "usage: hbwatch %s\n", DISCOVER_USAGE);
		/* FALLTHROUGH */
	case PARSED_WRONG:
		return (EXIT_USAGE);
	}
	return (discover(&d));
}
