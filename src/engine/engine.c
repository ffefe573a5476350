/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <sys/prctl.h>
#include <sys/socket.h>

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include "base/log.h"
#include "engine/engine.h"
#include "engine/evidence_reports.h"
#include "engine/handover.h"
#include "engine/listener.h"
#include "engine/sandbox.h"
#include "engine/scheduling.h"

/*
 * The longest time between two passes: TICK_NS while some deadline is nearer
 * than NEAR_NS, otherwise IDLE_TICK_NS.  It limits how late the engine notices
 * that it was stopped, that an interface changed or that packets were lost.
 */
#define TICK_NS		(1 * NSEC_PER_SEC)
#define IDLE_TICK_NS	(5 * NSEC_PER_SEC)
#define NEAR_NS		(60 * NSEC_PER_SEC)

/* If a pass starts this long after `due`, process or host were stopped. */
#define STALL_NS	NSEC_PER_SEC

/*
 * A packet gets its timestamp a moment before it is in the ring.  So a pass
 * checks only the deadlines that are at least this long before its start.
 */
#define SETTLE_NS	(200 * NSEC_PER_USEC)

/*
 * While more than one frame arrives in each interval of this length, the engine
 * is busy: it starts one pass in each interval instead of one for each frame,
 * because a wake-up costs more than a frame.
 */
#define GATHER_NS	(1 * NSEC_PER_MSEC)

/*
 * A timer may expire late; on a virtual machine, by 1/1000 of its length.  So
 * the engine wakes up 1/APPROACH_SHARE of the time earlier, and at least
 * LEAD_NS, and waits again, until the deadline is nearer than APPROACH_NS.
 * LEAD_NS is also the time to prepare a raise, see evidence_reports_soon.
 */
#define APPROACH_NS	(5 * NSEC_PER_MSEC)
#define APPROACH_SHARE	256
#define LEAD_NS		(2 * NSEC_PER_MSEC)

/* At the end: how often, and how many ms each time, to wait for the parent. */
#define FLUSH_TRIES	100
#define FLUSH_MS	20

/*
 * The memory that the engine can still map when its captures are open.  While
 * the agent is blocked, reports wait; a watch needs about 50 bytes for each.
 */
#define MEMORY_BYTES		((size_t)64 * 1024 * 1024)
#define MEMORY_BYTES_PER_WATCH	((size_t)1024)

/* Positions in the poll set; the captures follow. */
enum { FD_PARENT, FD_LINK_MONITOR, FD_CAPTURES };

struct engine {
	struct handover		 handover;
	struct shared_state	*shared;	/* owned */
	int			 parent;	/* socket */
	int			 link_monitor;	/* socket */
	struct listeners	 common;
	struct listener		*listeners;	/* for each capture; owned */
	struct detect_source	**sources;	/* for each capture; owned */
	struct pollfd		*fds;		/* the poll set; owned */
	struct scheduling	 scheduling;
	struct evidence_reports	 evidence;
	struct mono_time	 last_tick;	/* last pass with all checks */
	struct mono_time	 last_pass;	/* its start */
	struct mono_time	 due;		/* next pass starts by then */
	bool			 link_changed;
	bool			 frames_left;	/* some still wait in a ring */
	bool			 busy;		/* see GATHER_NS */
	bool			 reported;	/* see work_on_evidence */
	bool			 stop;
};

/* ---- reports */

static void
flush_reports(struct engine *engine)
{
	if (!report_queue_flush(&engine->common.reports, engine->parent))
		engine->stop = true;
}

/*
 * Queues a log line for the parent.  The process exits after a critical line,
 * so the other lines are sent before, which makes room, and this one at once.
 */
static void
report_line(void *arg, int priority, const char *line)
{
	struct engine	*engine = arg;

	if (priority == LOG_CRIT)
		flush_reports(engine);
	report_queue_add_log_line(&engine->common.reports, priority, line);
	if (priority == LOG_CRIT)
		flush_reports(engine);
}

/*
 * The wall time of an event: by the timestamp of the heartbeat, so that a
 * replay of the packets has the same time, unless the wall clock was stepped.
 */
static struct wall_time
wall_of(const struct engine *engine, const struct detect_event *event)
{
	struct wall_time	 clock, packet;

	clock = clock_offset_wall(&engine->common.clock_offset, event->at);
	if (event->watch >= engine->shared->nwatches)
		return (clock);
	packet = wall_add(event->last_heartbeat,
	    event->transition == DETECT_RAISED ? event->silence_ns : 0);
	return (!wall_is_never(event->last_heartbeat) &&
	    llabs(wall_sub(packet, clock)) <= CLOCK_OFFSET_SLACK_NS ? packet :
	    clock);
}

static void
report_event(void *arg, const struct detect_event *event)
{
	struct engine		*engine = arg;
	struct engine_event	 e = report_queue_event(event,
	    wall_of(engine, event));

	evidence_reports_event(&engine->evidence, event, e.at_wall);
	/* The row has the event, and the agent finds it there. */
	if (!report_queue_add_event(&engine->common.reports, &e))
		fatal("cannot report an alarm");
	/* During a storm the queue would grow, and the agent would wait. */
	if (report_queue_has_datagram(&engine->common.reports))
		flush_reports(engine);
}

/* ---- one pass */

static void
for_each_listener(struct engine *engine, void (*f)(struct listener *))
{
	size_t	 i;

	for (i = 0; i < engine->shared->ncaptures; i++)
		f(&engine->listeners[i]);
}

/* Detects steps of the wall clock, and time in which the engine did not run. */
static void
check_clocks(struct engine *engine)
{
	struct mono_time	 now = mono_now();
	int64_t			 step_ns;
	size_t			 i;

	engine->common.now = now;
	step_ns = clock_offset_update(&engine->common.clock_offset,
	    clock_offset_read());
	if (step_ns != 0)
		log_notice("the wall clock was stepped by %+.3f s; alarms are "
		    "not affected",
		    (double)step_ns / NSEC_PER_SEC);
	if (mono_sub(now, engine->due) < STALL_NS)
		return;
	log_warnx("no monitoring for %.3f s: the process or the host was "
	    "stopped; this time does not count as silence",
	    (double)mono_sub(now, engine->last_pass) / NSEC_PER_SEC);
	for (i = 0; i < engine->shared->ncaptures; i++)
		detect_source_resume(engine->sources[i], now);
}

/* Takes the frames.  All frames that arrived before the result were taken. */
static struct mono_time
drain(struct engine *engine)
{
	struct mono_time	 until = engine->common.now;
	size_t			 i;

	engine->common.latest = engine->common.now;
	engine->common.taken = 0;
	engine->frames_left = false;
	for (i = 0; i < engine->shared->ncaptures; i++)
		if (!listener_drain(&engine->listeners[i])) {
			until = mono_min(until, engine->common.arrived);
			engine->frames_left = true;
		}
	engine->busy = engine->common.taken * GATHER_NS >
	    mono_sub(engine->common.now, engine->last_pass);
	engine->common.before = until;
	return (until);
}

/* The next deadline of an alarm, to raise or to clear it. */
static struct mono_time
next_deadline(const struct engine *engine)
{
	return (mono_min(detect_next(&engine->common.detect),
	    duals_next(&engine->common.duals)));
}

static struct mono_time
tick_due(const struct engine *engine)
{
	struct mono_time	 limit = mono_add(engine->common.now, NEAR_NS);

	return (mono_add(engine->last_tick,
	    mono_before(limit, next_deadline(engine)) ?
	    IDLE_TICK_NS : TICK_NS));
}

/*
 * After the alarms, so that they never wait for it.  When there were reports,
 * the agent may wait for this processor, and it is left to the next pass.
 */
static void
work_on_evidence(struct engine *engine)
{
	evidence_reports_pass(&engine->evidence);
	if (!engine->busy)
		evidence_reports_soon(&engine->evidence);
	if (report_queue_waiting(&engine->common.reports))
		flush_reports(engine);
}

/*
 * Takes all frames first and checks the deadlines afterwards, so that a waiting
 * heartbeat never counts as missing.
 */
static void
pass(struct engine *engine)
{
	struct report_queue	*reports = &engine->common.reports;
	struct mono_time	 until;
	bool			 tick, waited = report_queue_waiting(reports);

	check_clocks(engine);
	until = mono_add(drain(engine), -SETTLE_NS);
	tick = !mono_before(engine->common.now, tick_due(engine));
	if (detect_overdue(&engine->common.detect, until) || tick ||
	    !mono_before(until, duals_next(&engine->common.duals))) {
		/* The cause of an alarm depends on links and losses. */
		for_each_listener(engine, listener_check_link);
		for_each_listener(engine, listener_check_losses);
		duals_advance_both(&engine->common.duals,
		    &engine->common.detect, until);
	} else if (engine->link_changed) {
		for_each_listener(engine, listener_check_link);
	}
	if (tick)
		engine->last_tick = engine->common.now;
	engine->last_pass = engine->common.now;
	engine->reported = report_queue_waiting(reports) && !waited &&
	    !engine->reported;
	flush_reports(engine);
	if (engine->reported)
		evidence_reports_postpone(&engine->evidence);
	else
		work_on_evidence(engine);
	scheduling_check(&engine->scheduling, engine->common.now);
}

/* ---- waiting for the next pass */

/* Returns an enum engine_order; 0 if `flags` do not let it wait for one. */
static uint32_t
receive_order(const struct engine *engine, int flags)
{
	uint32_t	 order;
	ssize_t		 n;

	do {
		n = recv(engine->parent, &order, sizeof(order), flags);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return (0);
	/* Without a parent, the engine stops. */
	return (n == (ssize_t)sizeof(order) ? order : ENGINE_STOP);
}

static nfds_t
fill_poll_set(const struct engine *engine)
{
	const struct capture	*capture;
	nfds_t			 n = FD_CAPTURES;
	size_t			 i;

	engine->fds[FD_PARENT] = (struct pollfd){
		.fd = engine->parent, .events = POLLIN,
	};
	if (report_queue_waiting(&engine->common.reports))
		engine->fds[FD_PARENT].events |= POLLOUT;
	engine->fds[FD_LINK_MONITOR] = (struct pollfd){
		.fd = engine->link_monitor, .events = POLLIN,
	};
	/* While the engine is busy, a frame does not start a pass. */
	for (i = 0; i < engine->shared->ncaptures && !engine->busy; i++) {
		capture = engine->listeners[i].capture;
		if (capture != NULL)
			engine->fds[n++] = (struct pollfd){
				.fd = capture_descriptor(capture),
				.events = POLLIN,
			};
	}
	return (n);
}

/* When to wake up for the next deadline of an alarm. */
static struct mono_time
deadline_due(const struct engine *engine, struct mono_time now)
{
	struct mono_time	 due = next_deadline(engine);
	int64_t			 ns, lead_ns;

	if (due.ns == MONO_NEVER.ns)
		return (due);
	due = mono_add(due, SETTLE_NS);
	ns = mono_sub(due, now);
	lead_ns = ns / APPROACH_SHARE > LEAD_NS ? ns / APPROACH_SHARE : LEAD_NS;
	return (ns < APPROACH_NS ? due : mono_add(due, -lead_ns));
}

/* The latest time for the start of the next pass. */
static struct mono_time
pass_due(const struct engine *engine, struct mono_time now)
{
	struct mono_time	 due = deadline_due(engine, now);

	due = mono_min(due, tick_due(engine));
	due = mono_min(due, engine->evidence.due);
	if (engine->busy)
		due = mono_min(due, mono_add(now, GATHER_NS));
	return (engine->frames_left ? now : mono_max(due, now));
}

static void
wait_for_work(struct engine *engine)
{
	struct mono_time	 now = mono_now();
	struct timespec		 timeout;
	int64_t			 ns;
	nfds_t			 n = fill_poll_set(engine);

	engine->due = pass_due(engine, now);
	atomic_store_explicit(engine->shared->next_wakeup, engine->due.ns,
	    memory_order_relaxed);
	ns = mono_sub(engine->due, now);
	timeout.tv_sec = ns / NSEC_PER_SEC;
	timeout.tv_nsec = ns % NSEC_PER_SEC;
	engine->link_changed = false;
	if (ppoll(engine->fds, n, &timeout, NULL) <= 0)
		return;
	if ((engine->fds[FD_PARENT].revents & ~POLLOUT) != 0 &&
	    receive_order(engine, MSG_DONTWAIT) == ENGINE_STOP)
		engine->stop = true;
	if (engine->fds[FD_LINK_MONITOR].revents != 0) {
		(void)link_monitor_drain(engine->link_monitor);
		engine->link_changed = true;
	}
}

/* Sends all reports before the end; gives up if the parent does not receive. */
static void
flush_all_reports(struct engine *engine)
{
	struct report_queue	*reports = &engine->common.reports;
	struct pollfd		 fd = {
		.fd = engine->parent, .events = POLLOUT,
	};
	int			 tries = 0;

	while (report_queue_waiting(reports) && tries < FLUSH_TRIES) {
		if (poll(&fd, 1, FLUSH_MS) <= 0)
			tries++;
		if (!report_queue_flush(reports, engine->parent))
			return;
	}
}

/* ---- start and end */

static void
open_listeners(struct engine *engine, const struct configuration *config)
{
	size_t		 n = engine->shared->ncaptures;
	uint32_t	 i;

	engine->common.blind = calloc(engine->shared->nwatches + 1,
	    sizeof(*engine->common.blind));
	engine->listeners = calloc(n + 1, sizeof(*engine->listeners));
	engine->sources = calloc(n + 1, sizeof(*engine->sources));
	engine->fds = calloc(n + FD_CAPTURES, sizeof(*engine->fds));
	if (engine->common.blind == NULL || engine->listeners == NULL ||
	    engine->sources == NULL || engine->fds == NULL ||
	    !peer_macs_init(&engine->common.peer_macs, config))
		fatal("cannot start");
	for (i = 0; i < n; i++) {
		if (!listener_open(&engine->listeners[i], &engine->common,
		    config, engine->shared, i))
			fatal("cannot start");
		engine->sources[i] = &engine->shared->captures[i].source;
	}
}

/* A watch whose peer is an address of this host cannot receive a heartbeat. */
static void
find_own_peers(struct engine *engine, const struct configuration *config)
{
	const struct configuration_watch	*w;
	char					 reason[96];
	char					 peer[ADDR_TEXT_SIZE];
	uint32_t				 i;

	for (i = 0; i < config->nwatches; i++) {
		w = config->watches[i];
		if (!w->profile->enabled || w->peer.family == ADDR_NONE ||
		    !own_addresses_have(&engine->common.own, &w->peer,
		    w->profile->interface))
			continue;
		snprintf(reason, sizeof(reason),
		    "peer %s is an address of this host",
		    addr_text(&w->peer, peer));
		log_warnx("%s:%d: watch \"%s\" is blind: %s", w->profile->file,
		    w->peer_line, w->name, reason);
		listener_blind(&engine->listeners[
		    engine->shared->watches[i].source], i, reason);
	}
}

/* Reports that the captures are open, and waits for the parent's order. */
static uint32_t
wait_for_order(const struct engine *engine)
{
	struct engine_message	 ready = { .type = ENGINE_READY };

	if (send(engine->parent, &ready, sizeof(ready), MSG_NOSIGNAL) < 0)
		return (ENGINE_STOP);
	return (receive_order(engine, 0));
}

static void
run(struct engine *engine, bool after_gap)
{
	const struct engine_message	 stopped = { .type = ENGINE_STOPPED };
	struct mono_time		 now = mono_now();
	size_t				 i;

	engine->common.now = engine->last_tick = engine->last_pass = now;
	clock_offset_begin(&engine->common.clock_offset, clock_offset_read());
	/* The time before is not a stall: listener_begin handles it. */
	engine->due = mono_add(now, TICK_NS);
	for (i = 0; i < engine->shared->nwatches; i++)
		detect_watch_set_blind(&engine->shared->watches[i],
		    engine->common.blind[i], now);
	if (!detect_init(&engine->common.detect, engine->shared->watches,
	    engine->shared->nwatches, engine->sources, report_event, engine) ||
	    !duals_init(&engine->common.duals, &engine->common.detect,
	    (uint32_t)engine->shared->nwatches, engine->shared->duals,
	    engine->shared->positions.duals,
	    engine->shared->positions.nduals) ||
	    !floating_ips_init(&engine->common.floating_ips,
	    &engine->handover.config, &engine->shared->positions,
	    &engine->common.duals, &engine->common.peer_macs))
		fatal("cannot start");
	for (i = 0; i < engine->shared->nwatches; i++)
		if (!detect_hold_down(&engine->common.detect, (uint32_t)i,
		    engine->handover.config.watches[i]->profile->hold_down_ns))
			fatal("cannot start");
	for (i = 0; i < engine->shared->ncaptures; i++)
		listener_begin(&engine->listeners[i], after_gap);
	scheduling_lock_memory();
	evidence_reports_begin(&engine->evidence);
	while (!engine->stop) {
		pass(engine);
		wait_for_work(engine);
	}
	pass(engine);
	/* Without this report, the next engine starts after a gap. */
	(void)report_queue_add(&engine->common.reports, &stopped);
	flush_all_reports(engine);
	floating_ips_free(&engine->common.floating_ips);
	duals_free(&engine->common.duals);
	detect_free(&engine->common.detect);
}

/* Frees everything, which the leak check of the sanitizers needs. */
static void
free_all(struct engine *engine)
{
	for_each_listener(engine, listener_close);
	evidence_reports_free(&engine->evidence);
	free(engine->fds);
	free(engine->common.blind);
	peer_macs_free(&engine->common.peer_macs);
	own_addresses_free(&engine->common.own);
	free(engine->sources);
	free(engine->listeners);
	report_queue_free(&engine->common.reports);
	close(engine->link_monitor);
	close(engine->common.link_socket);
	shared_state_free(engine->shared);
	handover_free(&engine->handover);
}

void
engine_main(void)
{
	struct engine	 engine = { .parent = ENGINE_PARENT };
	uint32_t	 order;

	if (!report_queue_init(&engine.common.reports))
		fatal("cannot start");
	log_redirect(report_line, &engine);
	if (!handover_read(ENGINE_HANDOVER, &engine.handover))
		fatal("cannot read the watches of the agent");
	log_open(ENGINE_NAME, LOG_TO_STDERR, engine.handover.verbose);
	engine.shared = shared_state_attach(&engine.handover.config,
	    ENGINE_ROWS);
	if (engine.shared == NULL)
		fatal("cannot map the rows of the agent");
	close(ENGINE_HANDOVER);
	close(ENGINE_ROWS);
	engine.common.link_socket = link_open();
	engine.link_monitor = link_monitor_open();
	if (engine.common.link_socket < 0 || engine.link_monitor < 0)
		fatal("cannot monitor the interfaces");
	/* The default lets the kernel delay each timer by 50 us. */
	(void)prctl(PR_SET_TIMERSLACK, 1);
	engine.common.positions = &engine.shared->positions;
	engine.common.before = mono_now();
	engine.common.interruption.config = &engine.handover.config;
	if (!own_addresses_read(&engine.common.own))
		log_warn("cannot read the addresses of this host");
	open_listeners(&engine, &engine.handover.config);
	find_own_peers(&engine, &engine.handover.config);
	if (!evidence_reports_init(&engine.evidence, &engine.common,
	    engine.listeners, engine.shared, &engine.handover.config))
		fatal("cannot use the memory for evidence");
	/* The compiler of the filters needs much memory for a moment. */
	malloc_trim(0);
	scheduling_begin(&engine.scheduling, engine.handover.config.realtime,
	    mono_now());
	if (!sandbox_enter(engine.parent, engine.shared->ncaptures +
	    FD_CAPTURES, MEMORY_BYTES + engine.shared->nwatches *
	    MEMORY_BYTES_PER_WATCH + evidence_reports_memory(&engine.evidence),
	    engine.evidence.enabled ? ENGINE_RINGS : -1))
		fatal("cannot drop privileges");
	flush_reports(&engine);
	order = wait_for_order(&engine);
	if (order != ENGINE_STOP)
		run(&engine, order == ENGINE_GO_AFTER_GAP);
#ifndef HBW_SANITIZERS
	/*
	 * To close many captures takes the kernel some time.  The agent
	 * continues as soon as this descriptor is closed.
	 */
	close(engine.parent);
#endif
	free_all(&engine);
}
