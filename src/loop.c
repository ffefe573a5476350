/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/prctl.h>
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include "ear.h"
#include "link.h"
#include "log.h"
#include "loop.h"
#include "reports.h"
#include "sandbox.h"

/*
 * How often it wakes up at least, to see that it was not stopped, and to look
 * at links and losses: before a deadline, and while none is near.
 */
#define TICK_NS		(1 * NSEC_PER_SEC)
#define IDLE_TICK_NS	(5 * NSEC_PER_SEC)
#define NEAR_NS		(60 * NSEC_PER_SEC)

/*
 * A pass that comes so much later than it should was not merely late: the
 * process was stopped, or its machine was.
 */
#define STALL_NS	NSEC_PER_SEC

/* A packet may be stamped and not yet be in the ring: judge a little later. */
#define SETTLE_NS	(200 * NSEC_PER_USEC)

/*
 * Frames that come faster than one in this time are let gather for as long: a
 * wake-up costs more than a frame.
 */
#define GATHER_NS	(1 * NSEC_PER_MSEC)

/*
 * The timer of a virtual machine was seen to be late by one in a thousand of
 * what it waits: so a deadline that is not near is approached.
 */
#define APPROACH_NS	(5 * NSEC_PER_MSEC)
#define APPROACH_SHARE	256

/* In the poll set, before the captures. */
enum { FD_PARENT, FD_NEWS, FD_CAPTURES };

struct loop {
	struct live		*live;
	int			 parent;	/* socket */
	struct ears		 all;
	struct ear		*ears;		/* as live->captures */
	struct detect_source	**sources;	/* each ear's */
	struct reports		 reports;	/* not sent yet */
	unsigned		 lost;		/* lines of the log */
	int			 news;		/* of links, socket */
	struct mono_time	 ticked;
	struct mono_time	 due;		/* of a pass, at the latest */
	struct mono_time	 passed;	/* the last pass's now */
	bool			 link_news;
	bool			 left;		/* frames that came before */
	bool			 busy;		/* they come fast */
	bool			 stop;
};

/* ---- reports */

static void
report(void *arg, const struct engine_report *r)
{
	struct loop	*loop = arg;

	reports_add(&loop->reports, r);
}

/* The socket never makes the engine wait. */
static void
flush_reports(struct loop *loop)
{
	if (!reports_flush(&loop->reports, loop->parent))
		loop->stop = true;
}

/* What the log takes goes to the parent; the last words go at once. */
static void
report_line(void *arg, int priority, const char *line)
{
	struct loop		*loop = arg;
	struct engine_report	 last = {
		.type = ENGINE_LOG, .priority = priority,
	};
	char			 lost[64];

	if (priority == LOG_CRIT) {
		flush_reports(loop);
		snprintf(last.text, sizeof(last.text), "%s", line);
		(void)send(loop->parent, &last, sizeof(last),
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		return;
	}
	snprintf(lost, sizeof(lost), "%u lines of the log were lost",
	    loop->lost);
	if (loop->lost > 0 && reports_line(&loop->reports, LOG_WARNING,
	    lost))
		loop->lost = 0;
	if (!reports_line(&loop->reports, priority, line))
		loop->lost++;
}

static void
report_event(void *arg, const struct detect_event *event)
{
	struct loop		*loop = arg;
	struct engine_event	 e = {
		.event = *event,
		.at = { event->at.ns + loop->all.stamps.clock_ns },
	};

	reports_event(&loop->reports, &e);
}

/* ---- the loop */

static void
for_each_ear(struct loop *loop, void (*f)(struct ear *))
{
	size_t	 i;

	for (i = 0; i < loop->live->ncaptures; i++)
		f(&loop->ears[i]);
}

/* What happened to time since the last pass? */
static void
look_at_clocks(struct loop *loop)
{
	int64_t	 step_ns, late_ns;
	size_t	 i;

	loop->all.now = mono_now();
	step_ns = stamps_look(&loop->all.stamps,
	    wall_now().ns - loop->all.now.ns);
	if (step_ns != 0)
		log_info("the wall clock was stepped by %+.3f s",
		    (double)step_ns / NSEC_PER_SEC);
	late_ns = mono_sub(loop->all.now, loop->due);
	if (late_ns < STALL_NS)
		return;
	log_warnx("not watched for %.3f s: the process or its machine was "
	    "stopped", (double)mono_sub(loop->all.now, loop->passed) /
	    NSEC_PER_SEC);
	for (i = 0; i < loop->live->ncaptures; i++)
		detect_source_resume(loop->sources[i], loop->all.now);
}

/* Returns up to when nothing is left that came. */
static struct mono_time
drain(struct loop *loop)
{
	struct mono_time	 until = loop->all.now;
	size_t			 i;

	loop->all.latest = loop->all.now;
	loop->all.taken = 0;
	loop->left = false;
	for (i = 0; i < loop->live->ncaptures; i++)
		if (!ear_drain(&loop->ears[i])) {
			/* More comes than can be taken: as far as it was. */
			until = mono_min(until, loop->all.at);
			loop->left = true;
		}
	loop->busy = loop->all.taken * GATHER_NS >
	    mono_sub(loop->all.now, loop->passed);
	loop->all.before = until;
	return (until);
}

static struct mono_time
tick_due(const struct loop *loop)
{
	struct mono_time	 near = mono_add(loop->all.now, NEAR_NS);

	return (mono_add(loop->ticked,
	    mono_before(near, detect_next(&loop->all.detect)) ?
	    IDLE_TICK_NS : TICK_NS));
}

/* Drain, then judge. */
static void
pass(struct loop *loop)
{
	struct mono_time	 until;
	bool			 tick;

	look_at_clocks(loop);
	until = mono_add(drain(loop), -SETTLE_NS);
	tick = !mono_before(loop->all.now, tick_due(loop));
	/* What a raise says of its cause is as it is now. */
	if (detect_overdue(&loop->all.detect, until) || tick) {
		for_each_ear(loop, ear_look_at_link);
		for_each_ear(loop, ear_look_at_losses);
		detect_advance(&loop->all.detect, until);
	} else if (loop->link_news) {
		for_each_ear(loop, ear_look_at_link);
	}
	if (tick)
		loop->ticked = loop->all.now;
	loop->passed = loop->all.now;
	flush_reports(loop);
}

static void
take_order(struct loop *loop)
{
	uint32_t	 order = 0;
	ssize_t		 n;

	n = recv(loop->parent, &order, sizeof(order), MSG_DONTWAIT);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) ||
	    (n > 0 && order == ENGINE_STOP))
		loop->stop = true;
}

static nfds_t
fill_poll_set(const struct loop *loop, struct pollfd *fds)
{
	nfds_t	 n = FD_CAPTURES;
	size_t	 i;

	fds[FD_PARENT] = (struct pollfd){ .fd = loop->parent,
	    .events = POLLIN |
	    (reports_waiting(&loop->reports) ? POLLOUT : 0) };
	fds[FD_NEWS] = (struct pollfd){ .fd = loop->news, .events = POLLIN };
	/* What gathers wakes nobody up. */
	for (i = 0; i < loop->live->ncaptures && !loop->busy; i++)
		if (loop->ears[i].capture != NULL)
			fds[n++] = (struct pollfd){ .events = POLLIN, .fd =
			    capture_descriptor(loop->ears[i].capture) };
	return (n);
}

/* When to wake up for the next deadline. */
static struct mono_time
deadline_due(const struct loop *loop, struct mono_time now)
{
	struct mono_time	 due = detect_next(&loop->all.detect);
	int64_t			 ns;

	if (due.ns == MONO_NEVER.ns)
		return (due);
	due = mono_add(due, SETTLE_NS);
	ns = mono_sub(due, now);
	return (ns < APPROACH_NS ? due : mono_add(due, -ns / APPROACH_SHARE));
}

/* By when the next pass has to be. */
static struct mono_time
next_due(const struct loop *loop, struct mono_time now)
{
	struct mono_time	 due = deadline_due(loop, now);

	due = mono_min(due, tick_due(loop));
	if (loop->busy)
		due = mono_min(due, mono_add(now, GATHER_NS));
	return (loop->left ? now : mono_max(due, now));
}

static void
wait_for_work(struct loop *loop, struct pollfd *fds)
{
	struct mono_time	 now = mono_now();
	struct timespec		 timeout;
	int64_t			 ns;
	nfds_t			 n = fill_poll_set(loop, fds);

	loop->due = next_due(loop, now);
	atomic_store_explicit(loop->live->pass, loop->due.ns,
	    memory_order_relaxed);
	ns = mono_sub(loop->due, now);
	timeout.tv_sec = ns / NSEC_PER_SEC;
	timeout.tv_nsec = ns % NSEC_PER_SEC;
	loop->link_news = false;
	if (ppoll(fds, n, &timeout, NULL) <= 0)
		return;
	if ((fds[FD_PARENT].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
		take_order(loop);
	if (fds[FD_NEWS].revents != 0) {
		link_take_news(loop->news);
		loop->link_news = true;
	}
}

/* What was found is told before the end; but a parent that hangs is left. */
static void
flush_all_reports(struct loop *loop)
{
	struct pollfd	 fd = { .fd = loop->parent, .events = POLLOUT };
	int		 tries;

	for (tries = 0; reports_waiting(&loop->reports) && tries < 100;) {
		if (poll(&fd, 1, 20) <= 0)
			tries++;
		if (!reports_flush(&loop->reports, loop->parent))
			return;
	}
}

static void
run(struct loop *loop)
{
	struct pollfd	*fds;

	fds = calloc(loop->live->ncaptures + FD_CAPTURES, sizeof(*fds));
	if (fds == NULL)
		fatal("engine");
	while (!loop->stop) {
		pass(loop);
		wait_for_work(loop, fds);
	}
	pass(loop);
	flush_all_reports(loop);
	free(fds);
}

/* ---- start and end */

static void
open_ears(struct loop *loop, const struct configuration *config)
{
	uint32_t	 i;

	loop->ears = calloc(loop->live->ncaptures + 1, sizeof(*loop->ears));
	loop->sources = calloc(loop->live->ncaptures + 1,
	    sizeof(*loop->sources));
	if (loop->ears == NULL || loop->sources == NULL)
		fatal("engine");
	for (i = 0; i < loop->live->ncaptures; i++) {
		if (!ear_open(&loop->ears[i], &loop->all, config, loop->live,
		    i))
			fatal("engine");
		loop->sources[i] = &loop->live->captures[i].source;
	}
}

static void
close_ears(struct loop *loop)
{
	for_each_ear(loop, ear_close);
	free(loop->sources);
	free(loop->ears);
}

/* Waits for the parent's word; false when it is not to go. */
static bool
wait_to_go(struct loop *loop, bool *after_gap)
{
	struct engine_report	 ready = { .type = ENGINE_READY };
	uint32_t		 order;
	ssize_t			 n;

	if (send(loop->parent, &ready, sizeof(ready), MSG_NOSIGNAL) < 0)
		return (false);
	do {
		n = recv(loop->parent, &order, sizeof(order), 0);
	} while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(order) || order == ENGINE_STOP)
		return (false);
	*after_gap = order == ENGINE_GO_AFTER_GAP;
	return (true);
}

static void
go(struct loop *loop, bool after_gap)
{
	size_t	 i;

	loop->all.now = mono_now();
	stamps_begin(&loop->all.stamps, wall_now().ns - loop->all.now.ns);
	loop->ticked = loop->passed = loop->all.now;
	/* Until now another looked at the clocks, or ear_begin sees to it. */
	loop->due = mono_add(loop->all.now, TICK_NS);
	if (!detect_init(&loop->all.detect, loop->live->watches,
	    loop->live->nwatches, loop->sources, report_event, loop))
		fatal("engine");
	for (i = 0; i < loop->live->ncaptures; i++)
		ear_begin(&loop->ears[i], after_gap);
	run(loop);
	detect_free(&loop->all.detect);
}

void
loop_main(const struct configuration *config, struct live *live, int parent)
{
	struct loop	 loop = { .live = live, .parent = parent };
	bool		 after_gap;

	if (!reports_init(&loop.reports))
		return;
	log_redirect(report_line, &loop);
	loop.all.report = report;
	loop.all.arg = &loop;
	loop.all.link = link_open();
	loop.news = link_open_news();
	if (loop.all.link < 0 || loop.news < 0)
		fatal("engine");
	/* A timer may be late by 50 us to save power: not ours. */
	(void)prctl(PR_SET_TIMERSLACK, 1);
	loop.all.before = mono_now();
	open_ears(&loop, config);
	if (!sandbox_enter(parent, live->ncaptures + FD_CAPTURES))
		fatal("engine: cannot give up its rights");
	flush_reports(&loop);
	if (wait_to_go(&loop, &after_gap))
		go(&loop, after_gap);
	close_ears(&loop);
	reports_free(&loop.reports);
	close(loop.news);
	close(loop.all.link);
}
