/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "ear.h"
#include "link.h"
#include "log.h"
#include "loop.h"
#include "queue.h"
#include "sandbox.h"

/* How often links and losses are looked at. */
#define TICK_NS		NSEC_PER_SEC

/*
 * A pass that comes so much later than it should was not merely late: the
 * process was stopped, or its machine was.
 */
#define STALL_NS	NSEC_PER_SEC

/* A packet may be stamped and not yet be in the ring: judge a little later. */
#define SETTLE_NS	(1 * NSEC_PER_MSEC)

struct loop {
	struct live		*live;
	int			 parent;	/* socket */
	struct ears		 all;
	struct ear		*ears;		/* as live->captures */
	struct detect_source	**sources;	/* each ear's */
	struct queue		 reports;	/* not sent yet */
	struct mono_time	 tick;
	struct mono_time	 passed;	/* the last pass's now */
	bool			 stop;
};

/* ---- reports */

static void
report(void *arg, const struct engine_report *r)
{
	struct loop	*loop = arg;

	if (!queue_push(&loop->reports, r))
		log_warnx("out of memory: a report is lost");
}

/* The socket never makes the engine wait. */
static void
flush_reports(struct loop *loop)
{
	const struct engine_report	*r;

	while ((r = queue_first(&loop->reports)) != NULL) {
		if (send(loop->parent, r, sizeof(*r),
		    MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
			if (errno == EPIPE || errno == ECONNRESET)
				loop->stop = true;
			return;
		}
		queue_shift(&loop->reports);
	}
}

static void
report_event(void *arg, const struct detect_event *event)
{
	struct loop		*loop = arg;
	struct engine_report	 r = {
		.type = ENGINE_EVENT,
		.event = *event,
		.at = { event->at.ns + loop->all.offset_ns },
	};

	report(loop, &r);
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
	int64_t	 offset_ns, step_ns, late_ns;
	size_t	 i;

	loop->all.now = mono_now();
	offset_ns = wall_now().ns - loop->all.now.ns;
	step_ns = offset_ns - loop->all.offset_ns;
	loop->all.stepped = step_ns > EAR_SLACK_NS || step_ns < -EAR_SLACK_NS;
	loop->all.offset_ns = offset_ns;
	if (loop->all.stepped)
		log_info("the wall clock was stepped by %+.3f s",
		    (double)step_ns / NSEC_PER_SEC);
	late_ns = mono_sub(loop->all.now, loop->passed) - TICK_NS;
	if (late_ns < STALL_NS)
		return;
	log_warnx("not watched for %.3f s: the process or its machine was "
	    "stopped", (double)(late_ns + TICK_NS) / NSEC_PER_SEC);
	for (i = 0; i < loop->live->ncaptures; i++)
		detect_source_resume(loop->sources[i], loop->all.now);
}

/* Drain, then judge. */
static void
pass(struct loop *loop)
{
	struct mono_time	 until;
	size_t			 i;

	look_at_clocks(loop);
	until = loop->all.now;
	for (i = 0; i < loop->live->ncaptures; i++)
		/* More comes than can be taken: as far as it was taken. */
		if (!ear_drain(&loop->ears[i]))
			until = mono_min(until, loop->all.at);
	loop->all.before = until;
	if (!mono_before(loop->all.now, loop->tick)) {
		for_each_ear(loop, ear_look_at_link);
		for_each_ear(loop, ear_look_at_losses);
		loop->tick = mono_add(loop->all.now, TICK_NS);
	}
	until = mono_add(until, -SETTLE_NS);
	if (!mono_before(until, detect_next(&loop->all.detect))) {
		/* What a raise says of its cause is as it is now. */
		for_each_ear(loop, ear_look_at_link);
		for_each_ear(loop, ear_look_at_losses);
		detect_advance(&loop->all.detect, until);
	}
	loop->passed = loop->all.now;
	atomic_store(loop->live->pass, loop->all.now.ns);
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

static void
wait_for_work(struct loop *loop, struct pollfd *fds)
{
	struct mono_time	 due, now;
	struct timespec		 timeout;
	int64_t			 ns;
	nfds_t			 n = 0;
	size_t			 i;

	fds[n++] = (struct pollfd){ .fd = loop->parent, .events = POLLIN |
	    (queue_first(&loop->reports) != NULL ? POLLOUT : 0) };
	for (i = 0; i < loop->live->ncaptures; i++)
		if (loop->ears[i].capture != NULL)
			fds[n++] = (struct pollfd){ .events = POLLIN, .fd =
			    capture_descriptor(loop->ears[i].capture) };
	due = detect_next(&loop->all.detect);
	if (due.ns != MONO_NEVER.ns)
		due = mono_add(due, SETTLE_NS);
	due = mono_min(due, loop->tick);
	now = mono_now();
	ns = mono_before(now, due) ? mono_sub(due, now) : 0;
	timeout.tv_sec = ns / NSEC_PER_SEC;
	timeout.tv_nsec = ns % NSEC_PER_SEC;
	if (ppoll(fds, n, &timeout, NULL) > 0 &&
	    (fds[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
		take_order(loop);
}

/* What was found is told before the end; but a parent that hangs is left. */
static void
flush_all_reports(struct loop *loop)
{
	struct pollfd	 fd = { .fd = loop->parent, .events = POLLOUT };
	int		 tries;

	for (tries = 0; queue_first(&loop->reports) != NULL && tries < 100;
	    tries++) {
		(void)poll(&fd, 1, 20);
		if ((fd.revents & (POLLHUP | POLLERR)) != 0)
			return;
		flush_reports(loop);
	}
}

static void
run(struct loop *loop)
{
	struct pollfd	*fds;

	fds = calloc(loop->live->ncaptures + 1, sizeof(*fds));
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
	loop->all.offset_ns = wall_now().ns - loop->all.now.ns;
	loop->tick = mono_add(loop->all.now, TICK_NS);
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

	loop.all.report = report;
	loop.all.arg = &loop;
	loop.all.link = link_open();
	if (loop.all.link < 0 ||
	    !queue_init(&loop.reports, sizeof(struct engine_report)))
		fatal("engine");
	loop.all.before = loop.passed = mono_now();
	open_ears(&loop, config);
	if (!sandbox_enter())
		fatal("engine: cannot give up its rights");
	if (wait_to_go(&loop, &after_gap))
		go(&loop, after_gap);
	close_ears(&loop);
	queue_free(&loop.reports);
	close(loop.all.link);
}
