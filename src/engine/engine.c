/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/prctl.h>
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include "base/log.h"
#include "engine/engine.h"
#include "engine/link.h"
#include "engine/listener.h"
#include "engine/report_queue.h"
#include "engine/sandbox.h"

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
enum { FD_PARENT, FD_LINK_MONITOR, FD_CAPTURES };

struct engine {
	struct shared_state		*shared;
	int			 parent;	/* socket */
	struct listeners		 all;
	struct listener		*listeners;		/* as live->captures */
	struct detect_source	**sources;	/* each ear's */
	struct report_queue		 reports;	/* not sent yet */
	unsigned		 lost;		/* lines of the log */
	int			 link_monitor;		/* of links, socket */
	struct mono_time	 ticked;
	struct mono_time	 due;		/* of a pass, at the latest */
	struct mono_time	 passed;	/* the last pass's now */
	bool			 link_changed;
	bool			 left;		/* frames that came before */
	bool			 busy;		/* they come fast */
	bool			 stop;
};

/* ---- reports */

static void
report(void *arg, const struct engine_report *r)
{
	struct engine	*engine = arg;

	report_queue_add(&engine->reports, r);
}

/* The socket never makes the engine wait. */
static void
flush_reports(struct engine *engine)
{
	if (!report_queue_flush(&engine->reports, engine->parent))
		engine->stop = true;
}

/* What the log takes goes to the parent; the last words go at once. */
static void
report_line(void *arg, int priority, const char *line)
{
	struct engine		*engine = arg;
	struct engine_report	 last = {
		.type = ENGINE_LOG, .priority = priority,
	};
	char			 lost[64];

	if (priority == LOG_CRIT) {
		flush_reports(engine);
		snprintf(last.text, sizeof(last.text), "%s", line);
		(void)send(engine->parent, &last, sizeof(last),
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		return;
	}
	snprintf(lost, sizeof(lost), "%u lines of the log were lost",
	    engine->lost);
	if (engine->lost > 0 && report_queue_add_log_line(&engine->reports, LOG_WARNING,
	    lost))
		engine->lost = 0;
	if (!report_queue_add_log_line(&engine->reports, priority, line))
		engine->lost++;
}

static void
report_event(void *arg, const struct detect_event *event)
{
	struct engine		*engine = arg;
	struct engine_event	 e = {
		.event = *event,
		.at = { event->at.ns + engine->all.clock_offset.clock_ns },
	};

	report_queue_add_event(&engine->reports, &e);
}

/* ---- the loop */

static void
for_each_listener(struct engine *engine, void (*f)(struct listener *))
{
	size_t	 i;

	for (i = 0; i < engine->shared->ncaptures; i++)
		f(&engine->listeners[i]);
}

/* What happened to time since the last pass? */
static void
check_clocks(struct engine *engine)
{
	int64_t	 step_ns, late_ns;
	size_t	 i;

	engine->all.now = mono_now();
	step_ns = clock_offset_update(&engine->all.clock_offset,
	    wall_now().ns - engine->all.now.ns);
	if (step_ns != 0)
		log_info("the wall clock was stepped by %+.3f s",
		    (double)step_ns / NSEC_PER_SEC);
	late_ns = mono_sub(engine->all.now, engine->due);
	if (late_ns < STALL_NS)
		return;
	log_warnx("not watched for %.3f s: the process or its machine was "
	    "stopped", (double)mono_sub(engine->all.now, engine->passed) /
	    NSEC_PER_SEC);
	for (i = 0; i < engine->shared->ncaptures; i++)
		detect_source_resume(engine->sources[i], engine->all.now);
}

/* Returns up to when nothing is left that came. */
static struct mono_time
drain(struct engine *engine)
{
	struct mono_time	 until = engine->all.now;
	size_t			 i;

	engine->all.latest = engine->all.now;
	engine->all.taken = 0;
	engine->left = false;
	for (i = 0; i < engine->shared->ncaptures; i++)
		if (!listener_drain(&engine->listeners[i])) {
			/* More comes than can be taken: as far as it was. */
			until = mono_min(until, engine->all.at);
			engine->left = true;
		}
	engine->busy = engine->all.taken * GATHER_NS >
	    mono_sub(engine->all.now, engine->passed);
	engine->all.before = until;
	return (until);
}

static struct mono_time
tick_due(const struct engine *engine)
{
	struct mono_time	 near = mono_add(engine->all.now, NEAR_NS);

	return (mono_add(engine->ticked,
	    mono_before(near, detect_next(&engine->all.detect)) ?
	    IDLE_TICK_NS : TICK_NS));
}

/* Drain, then judge. */
static void
pass(struct engine *engine)
{
	struct mono_time	 until;
	bool			 tick;

	check_clocks(engine);
	until = mono_add(drain(engine), -SETTLE_NS);
	tick = !mono_before(engine->all.now, tick_due(engine));
	/* What a raise says of its cause is as it is now. */
	if (detect_overdue(&engine->all.detect, until) || tick) {
		for_each_listener(engine, listener_check_link);
		for_each_listener(engine, listener_check_losses);
		detect_advance(&engine->all.detect, until);
	} else if (engine->link_changed) {
		for_each_listener(engine, listener_check_link);
	}
	if (tick)
		engine->ticked = engine->all.now;
	engine->passed = engine->all.now;
	flush_reports(engine);
}

static void
take_order(struct engine *engine)
{
	uint32_t	 order = 0;
	ssize_t		 n;

	n = recv(engine->parent, &order, sizeof(order), MSG_DONTWAIT);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) ||
	    (n > 0 && order == ENGINE_STOP))
		engine->stop = true;
}

static nfds_t
fill_poll_set(const struct engine *engine, struct pollfd *fds)
{
	nfds_t	 n = FD_CAPTURES;
	size_t	 i;

	fds[FD_PARENT] = (struct pollfd){ .fd = engine->parent,
	    .events = POLLIN |
	    (report_queue_waiting(&engine->reports) ? POLLOUT : 0) };
	fds[FD_LINK_MONITOR] = (struct pollfd){ .fd = engine->link_monitor, .events = POLLIN };
	/* What gathers wakes nobody up. */
	for (i = 0; i < engine->shared->ncaptures && !engine->busy; i++)
		if (engine->listeners[i].capture != NULL)
			fds[n++] = (struct pollfd){ .events = POLLIN, .fd =
			    capture_descriptor(engine->listeners[i].capture) };
	return (n);
}

/* When to wake up for the next deadline. */
static struct mono_time
deadline_due(const struct engine *engine, struct mono_time now)
{
	struct mono_time	 due = detect_next(&engine->all.detect);
	int64_t			 ns;

	if (due.ns == MONO_NEVER.ns)
		return (due);
	due = mono_add(due, SETTLE_NS);
	ns = mono_sub(due, now);
	return (ns < APPROACH_NS ? due : mono_add(due, -ns / APPROACH_SHARE));
}

/* By when the next pass has to be. */
static struct mono_time
next_due(const struct engine *engine, struct mono_time now)
{
	struct mono_time	 due = deadline_due(engine, now);

	due = mono_min(due, tick_due(engine));
	if (engine->busy)
		due = mono_min(due, mono_add(now, GATHER_NS));
	return (engine->left ? now : mono_max(due, now));
}

static void
wait_for_work(struct engine *engine, struct pollfd *fds)
{
	struct mono_time	 now = mono_now();
	struct timespec		 timeout;
	int64_t			 ns;
	nfds_t			 n = fill_poll_set(engine, fds);

	engine->due = next_due(engine, now);
	atomic_store_explicit(engine->shared->next_wakeup, engine->due.ns,
	    memory_order_relaxed);
	ns = mono_sub(engine->due, now);
	timeout.tv_sec = ns / NSEC_PER_SEC;
	timeout.tv_nsec = ns % NSEC_PER_SEC;
	engine->link_changed = false;
	if (ppoll(fds, n, &timeout, NULL) <= 0)
		return;
	if ((fds[FD_PARENT].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
		take_order(engine);
	if (fds[FD_LINK_MONITOR].revents != 0) {
		link_monitor_drain(engine->link_monitor);
		engine->link_changed = true;
	}
}

/* What was found is told before the end; but a parent that hangs is left. */
static void
flush_all_reports(struct engine *engine)
{
	struct pollfd	 fd = { .fd = engine->parent, .events = POLLOUT };
	int		 tries;

	for (tries = 0; report_queue_waiting(&engine->reports) && tries < 100;) {
		if (poll(&fd, 1, 20) <= 0)
			tries++;
		if (!report_queue_flush(&engine->reports, engine->parent))
			return;
	}
}

static void
run(struct engine *engine)
{
	struct pollfd	*fds;

	fds = calloc(engine->shared->ncaptures + FD_CAPTURES, sizeof(*fds));
	if (fds == NULL)
		fatal("engine");
	while (!engine->stop) {
		pass(engine);
		wait_for_work(engine, fds);
	}
	pass(engine);
	flush_all_reports(engine);
	free(fds);
}

/* ---- start and end */

static void
open_listeners(struct engine *engine, const struct configuration *config)
{
	uint32_t	 i;

	engine->listeners = calloc(engine->shared->ncaptures + 1, sizeof(*engine->listeners));
	engine->sources = calloc(engine->shared->ncaptures + 1,
	    sizeof(*engine->sources));
	if (engine->listeners == NULL || engine->sources == NULL)
		fatal("engine");
	for (i = 0; i < engine->shared->ncaptures; i++) {
		if (!listener_open(&engine->listeners[i], &engine->all, config, engine->shared,
		    i))
			fatal("engine");
		engine->sources[i] = &engine->shared->captures[i].source;
	}
}

static void
close_listeners(struct engine *engine)
{
	for_each_listener(engine, listener_close);
	free(engine->sources);
	free(engine->listeners);
}

/* Waits for the parent's word; false when it is not to go. */
static bool
wait_to_go(struct engine *engine, bool *after_gap)
{
	struct engine_report	 ready = { .type = ENGINE_READY };
	uint32_t		 order;
	ssize_t			 n;

	if (send(engine->parent, &ready, sizeof(ready), MSG_NOSIGNAL) < 0)
		return (false);
	do {
		n = recv(engine->parent, &order, sizeof(order), 0);
	} while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(order) || order == ENGINE_STOP)
		return (false);
	*after_gap = order == ENGINE_GO_AFTER_GAP;
	return (true);
}

static void
go(struct engine *engine, bool after_gap)
{
	size_t	 i;

	engine->all.now = mono_now();
	clock_offset_begin(&engine->all.clock_offset, wall_now().ns - engine->all.now.ns);
	engine->ticked = engine->passed = engine->all.now;
	/* Until now another looked at the clocks, or listener_begin sees to it. */
	engine->due = mono_add(engine->all.now, TICK_NS);
	if (!detect_init(&engine->all.detect, engine->shared->watches,
	    engine->shared->nwatches, engine->sources, report_event, engine))
		fatal("engine");
	for (i = 0; i < engine->shared->ncaptures; i++)
		listener_begin(&engine->listeners[i], after_gap);
	run(engine);
	detect_free(&engine->all.detect);
}

void
engine_main(const struct configuration *config, struct shared_state *shared, int parent)
{
	struct engine	 engine = { .shared = shared, .parent = parent };
	bool		 after_gap;

	if (!report_queue_init(&engine.reports))
		return;
	log_redirect(report_line, &engine);
	engine.all.report = report;
	engine.all.arg = &engine;
	engine.all.link = link_open();
	engine.link_monitor = link_monitor_open();
	if (engine.all.link < 0 || engine.link_monitor < 0)
		fatal("engine");
	/* A timer may be late by 50 us to save power: not ours. */
	(void)prctl(PR_SET_TIMERSLACK, 1);
	engine.all.before = mono_now();
	open_listeners(&engine, config);
	if (!sandbox_enter(parent, shared->ncaptures + FD_CAPTURES))
		fatal("engine: cannot give up its rights");
	flush_reports(&engine);
	if (wait_to_go(&engine, &after_gap))
		go(&engine, after_gap);
	close_listeners(&engine);
	report_queue_free(&engine.reports);
	close(engine.link_monitor);
	close(engine.all.link);
}
