/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds periodic flows on an interface or in a capture, and proposes watches.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/log.h"
#include "base/mono.h"
#include "base/number.h"
#include "base/progress.h"
#include "offline/capture_merge.h"
#include "offline/discover.h"
#include "offline/discover_report.h"
#include "offline/flow_table.h"
#include "packet/capture.h"

/* The duration of a capture. */
#define DURATION_DEFAULT_NS	(60 * NSEC_PER_SEC)
#define SECONDS_MAX		((uint32_t)(DURATION_MAX_NS / NSEC_PER_SEC))

/* Limits of one pass, so that the end and a signal are noticed in time. */
#define PASS_FRAMES	4096
#define PASS_NS		(100 * NSEC_PER_MSEC)

struct discover {
	char			*interface;	/* in argv, or NULL */
	char			*file;		/* in argv, or NULL */
	int64_t			 limit_ns;	/* for an interface */
	bool			 paired;	/* only `pair` counts */
	bool			 json;
	struct addr		 pair[2];
	struct flow_table	*flows;
	const struct flow_table_totals *totals;
	struct capture_merge	*merge;
	struct wall_time	 latest;	/* timestamp, of an interface */
	int64_t			 watched_ns;	/* duration so far */
	bool			 exhausted;	/* out of memory */
};

static void
take_frame(struct discover *d, const struct capture_frame *frame)
{
	if (!flow_table_take(d->flows, frame))
		d->exhausted = true;
}

/* ---- an interface */

static void
take_live(void *arg, const struct capture_frame *frame)
{
	struct discover		*d = arg;
	struct capture_frame	 f = *frame;

	/* The wall clock may be set back, but time must not decrease. */
	if (f.timestamp.ns < d->latest.ns)
		f.timestamp = d->latest;
	d->latest = f.timestamp;
	take_frame(d, &f);
}

static void
show_live_progress(const struct discover *d)
{
	if (progress_due())
		progress_show("%s: %lld of %g s, %llu packets, %zu flows; "
		    "Ctrl-C stops and shows the result", d->interface,
		    (long long)(d->watched_ns / NSEC_PER_SEC),
		    mono_seconds(d->limit_ns),
		    (unsigned long long)d->totals->packets, d->totals->flows);
}

/* Captures until the time is over or a signal comes.  False after an error. */
static bool
capture_until_end(struct discover *d, struct capture *capture)
{
	struct pollfd		 fd = {
		.fd = capture_descriptor(capture), .events = POLLIN,
	};
	struct mono_time	 start = mono_now();
	enum capture_status	 status = CAPTURE_OK;
	int64_t			 wait_ns;

	show_live_progress(d);
	for (; !command_stopped() && !d->exhausted &&
	    d->watched_ns < d->limit_ns;
	    d->watched_ns = mono_sub(mono_now(), start)) {
		wait_ns = d->limit_ns - d->watched_ns;
		if (wait_ns > PASS_NS)
			wait_ns = PASS_NS;
		if (status != CAPTURE_MORE)
			(void)poll(&fd, 1, (int)(wait_ns / NSEC_PER_MSEC) + 1);
		status = capture_drain(capture, PASS_FRAMES, take_live, d);
		if (status == CAPTURE_GONE || status == CAPTURE_INTERRUPTED) {
			progress_clear();
			log_errx("%s: cannot capture: %s", d->interface,
			    status == CAPTURE_GONE ? "the interface was "
			    "removed" : capture_error(capture));
			return (false);
		}
		show_live_progress(d);
	}
	return (true);
}

static bool
discover_live(struct discover *d)
{
	struct capture	*capture;
	char		 error[CAPTURE_ERROR_SIZE];
	uint64_t	 dropped;
	bool		 ok;

	capture = capture_open_live(d->interface, CAPTURE_SNAPSHOT_SMALL,
	    CAPTURE_RING_BYTES, error);
	if (capture == NULL) {
		log_errx("%s: cannot capture: %s", d->interface, error);
		return (false);
	}
	if (strcmp(d->interface, "any") == 0)
		capture_join(capture, NULL);
	ok = capture_until_end(d, capture);
	progress_clear();
	dropped = capture_dropped(capture);
	if (dropped > 0)
		log_warnx("%s: warning: the kernel dropped %llu packets",
		    d->interface, (unsigned long long)dropped);
	capture_close(capture);
	return (ok);
}

/* ---- a capture file */

static void
show_file_progress(void *arg)
{
	const struct discover	*d = arg;
	double			 done;

	if (!progress_due())
		return;
	done = capture_merge_progress(d->merge);
	if (done >= 0)
		progress_show("%3.0f %%, %zu flows; Ctrl-C stops and shows the "
		    "result", 100 * done, d->totals->flows);
	else
		progress_show("%llu packets, %zu flows; Ctrl-C stops and shows "
		    "the result", (unsigned long long)d->totals->packets,
		    d->totals->flows);
}

/*
 * A signal ends the reading of a file at once.  The reading of a pipe is ended
 * by capture_merge, which first hands out the packets that it has read.
 */
static bool
take_from_file(void *arg, const struct capture_frame *frame)
{
	struct discover	*d = arg;

	if (d->totals->packets % 4096 == 0)
		show_file_progress(d);
	if (frame->bytes != NULL)
		take_frame(d, frame);
	return (!d->exhausted && (!command_stopped() ||
	    capture_merge_is_live(d->merge)));
}

static bool
discover_file(struct discover *d)
{
	bool	 ok;

	if (progress_due())
		progress_show("waiting for the first packet");
	d->merge = capture_merge_open(&d->file, 1);
	if (d->merge == NULL)
		return (false);
	ok = capture_merge_run(d->merge, take_from_file, NULL,
	    show_file_progress, d);
	progress_clear();
	ok = capture_merge_report(d->merge) && ok;
	capture_merge_close(d->merge);
	d->watched_ns = d->totals->watched_ns;
	return (ok);
}

/* ---- the subcommand */

static enum command_status
discover(struct discover *d)
{
	struct own_addresses		 own = { .list = NULL };
	struct discover_report_setting	 setting = {
		.interface = d->interface,
		.pair = d->paired ? d->pair : NULL,
		.own = &own,
		.json = d->json,
	};
	bool				 ok;

	d->flows = flow_table_new(setting.pair);
	if (d->flows == NULL) {
		log_errx("out of memory");
		return (COMMAND_FAILURE);
	}
	d->totals = flow_table_totals(d->flows);
	command_catch_signals();
	signal(SIGPIPE, SIG_IGN);
	if (d->interface != NULL && !own_addresses_read(&own))
		log_warn("cannot read the addresses of this host");
	ok = d->interface != NULL ? discover_live(d) : discover_file(d);
	setting.watched_ns = d->watched_ns;
	if ((ok || d->totals->packets > 0) && !d->exhausted &&
	    !discover_report_print(d->flows, &setting, stdout))
		d->exhausted = true;
	if (d->exhausted)
		log_errx("out of memory");
	flow_table_free(d->flows);
	own_addresses_free(&own);
	return (ok && !d->exhausted ? COMMAND_SUCCESS : COMMAND_FAILURE);
}

/* ---- the command line */

/* A number without a unit is in seconds. */
static bool
parse_limit(const char *text, int64_t *ns)
{
	uint32_t	 seconds;

	if (number_parse(text, 1, SECONDS_MAX, &seconds))
		*ns = seconds * NSEC_PER_SEC;
	else if (!duration_parse(text, ns) || *ns < NSEC_PER_SEC) {
		log_errx("-T %s: expected a duration from 1s to 24h, such as "
		    "90s or 5min", text);
		return (false);
	}
	return (true);
}

static bool
parse_pair(const char *text, struct addr *pair)
{
	char	 first[ADDR_TEXT_SIZE];
	size_t	 length = strcspn(text, ",");

	snprintf(first, sizeof(first), "%.*s", (int)length, text);
	if (text[length] == '\0' || length >= sizeof(first) ||
	    !addr_parse(first, &pair[0]) ||
	    !addr_parse(text + length + 1, &pair[1]) ||
	    addr_equal(&pair[0], &pair[1])) {
		log_errx("-b %s: expected two different addresses, such as "
		    "192.0.2.11,192.0.2.12", text);
		return (false);
	}
	if (pair[0].family == pair[1].family)
		return (true);
	log_errx("-b %s: one address is IPv4, the other one IPv6; expected two "
	    "of the same family", text);
	return (false);
}

/* COMMAND_SUCCESS if the options are valid. */
static enum command_status
parse_options(int argc, char **argv, struct discover *d)
{
	int	 option;
	bool	 timed = false;

	while ((option = getopt(argc, argv, "+b:hi:jr:T:")) != -1) {
		switch (option) {
		case 'b':
			if (!parse_pair(optarg, d->pair))
				return (COMMAND_REFUSED);
			d->paired = true;
			break;
		case 'h':
			return (COMMAND_HELP);
		case 'i':
			d->interface = optarg;
			break;
		case 'j':
			d->json = true;
			break;
		case 'r':
			d->file = optarg;
			break;
		case 'T':
			if (!parse_limit(optarg, &d->limit_ns))
				return (COMMAND_REFUSED);
			timed = true;
			break;
		default:
			return (COMMAND_USAGE);
		}
	}
	if (optind != argc || (d->interface == NULL && d->file == NULL))
		return (COMMAND_USAGE);
	if (d->file != NULL && (d->interface != NULL || timed)) {
		log_errx("%s and -r cannot be used together",
		    d->interface != NULL ? "-i" : "-T");
		return (COMMAND_REFUSED);
	}
	return (COMMAND_SUCCESS);
}

enum command_status
discover_main(int argc, char **argv)
{
	struct discover		 d = { .limit_ns = DURATION_DEFAULT_NS };
	enum command_status	 status = parse_options(argc, argv, &d);

	return (status == COMMAND_SUCCESS ? discover(&d) : status);
}
