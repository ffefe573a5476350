/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent_apply.h"
#include "agent_captures.h"
#include "agent_reports.h"
#include "base/log.h"
#include "base/rate_limit.h"
#include "engine/interruption_check.h"
#include "engine/link.h"
#include "supervisor.h"

/* The time for an engine to open its captures, and to end. */
#define START_NS	(10 * NSEC_PER_SEC)
#define END_NS		(1 * NSEC_PER_SEC)
/* The additional time to end while it still sends reports. */
#define REPORTING_NS	(5 * NSEC_PER_SEC)

/* The time between two looks at engines that were killed. */
#define COLLECT_NS	(20 * NSEC_PER_MSEC)

/*
 * The least time between the starts of two engines.  It is longer after this
 * number of crashes and failed starts in a row, that is without UNSTABLE_NS
 * between two of them.
 */
#define RESTART_NS	(NSEC_PER_SEC / 2)
#define RESTART_SLOW_NS	(2 * NSEC_PER_SEC)
#define CRASHES_SLOW	8

/*
 * Limits for what an engine can write to the log.  A correct one queues 32
 * lines at most, see REPORT_QUEUE_LINES_MAX.
 */
#define LINES_BURST	200
#define LINES_NS	(NSEC_PER_SEC / 10)
#define FAILURES_BURST	20
#define FAILURES_NS	(30 * NSEC_PER_SEC)

/*
 * The same for evidence.  A correct engine sends it once a second for each of
 * 64 watches of an interface, and with each raise and clear of these.
 */
#define EVIDENCE_BURST	4096
#define EVIDENCE_NS	(1 * NSEC_PER_MSEC)

#define INVALID_TEXT	"its size does not fit its type"

/*
 * Successive ticks at which agent_engine_is_alive() was false.  One such tick
 * is not enough, because both processes may have been stopped together.
 */
#define SILENT_TICKS_FAULT	3	/* captures are shown as failed */
#define SILENT_TICKS_HANGS	5	/* the engine is replaced */

/*
 * SUPERVISOR_CRASHES within this time make the engine unstable, until one has
 * run for as long.
 */
#define UNSTABLE_NS	(30 * NSEC_PER_SEC)

/* The interval of ticks while the engine or a capture does not work. */
#define TICK_NS		NSEC_PER_SEC

/*
 * If the socket is empty now and was empty at an earlier time, at least this
 * long ago, the agent has read all reports of the time before that.  Reports
 * since then may be missing: the agent and the engine may have been stopped
 * together, and the engine continues later than the agent.
 */
#define READ_NS		(10 * NSEC_PER_SEC)

/* The most reports in a turn, so that SNMP is answered during a storm. */
#define REPORTS_PER_TURN	128
/* The same while the next engine waits for the end of the current one. */
#define REPORTS_PER_TURN_ENDING	2048

/* The time until failed captures are tried again; doubled each time. */
#define RETRY_MIN_NS	(1 * NSEC_PER_SEC)
#define RETRY_MAX_NS	(60 * NSEC_PER_SEC)

/* The end of a log line: the effect of a failure on a reload. */
static const char *
reload_failed_text(const struct supervisor *s)
{
	return (s->reload.config == NULL ? "" :
	    "; the previous configuration stays in effect");
}

static void
discard_next(struct supervisor *s)
{
	engine_end(&s->next);
	generation_free(&s->reload);
	s->phase = SUPERVISOR_STEADY;
}

static bool
start_next(struct supervisor *s, struct mono_time now)
{
	const struct generation	*g = s->reload.config != NULL ? &s->reload :
				    &s->agent->current;

	s->start_due = MONO_NEVER;
	/* Before the engine reads the addresses; a later change is noticed. */
	s->own_peers.config = NULL;
	(void)own_peers_changed(&s->own_peers, g->config);
	if (!engine_start(&s->next, g->config, g->shared)) {
		log_errx("cannot start an engine: %s%s", strerror(errno),
		    reload_failed_text(s));
		discard_next(s);
		if (s->current.socket == -1)
			s->start_due = mono_add(now, RETRY_MIN_NS);
		return (false);
	}
	s->phase = SUPERVISOR_STARTING;
	s->next_start = now;
	s->deadline = mono_add(now, START_NS);
	return (true);
}

bool
supervisor_init(struct supervisor *s, struct agent *agent,
    struct mono_time now)
{
	memset(s, 0, sizeof(*s));
	s->agent = agent;
	s->current.socket = s->next.socket = -1;
	s->gap = true;
	s->start_due = MONO_NEVER;
	s->link = link_open();
	s->address_monitor = link_address_monitor_open();
	return (s->link >= 0 && s->address_monitor >= 0 && start_next(s, now));
}

bool
supervisor_reload(struct supervisor *s, struct configuration *config,
    struct mono_time now)
{
	struct shared_state	*shared;

	if (s->phase != SUPERVISOR_STEADY)
		return (false);
	/* While the engines change, heartbeats wait; so this is done before. */
	shared = shared_state_new(config, now);
	if (shared == NULL ||
	    !generation_new(&s->reload, &s->agent->watch_index,
	    &s->agent->capture_index, &s->agent->current, config, shared)) {
		log_errx("cannot reload: out of memory; the previous "
		    "configuration stays in effect");
		shared_state_free(shared);
		configuration_free(config);
		return (true);
	}
	shared_state_keep_rings(shared, s->agent->current.shared);
	(void)start_next(s, now);
	return (true);
}

/* ---- one engine takes over from another */

/* Called while no engine writes to the shared rows. */
static void
take_over(struct supervisor *s, struct mono_time now)
{
	struct agent	*agent = s->agent;
	size_t		 count;

	if (s->reload.config != NULL)
		agent_apply(agent, &s->reload, wall_now());
	agent_reconcile(agent, mono_now(), wall_now());
	s->current = s->next;
	s->started = now;
	/* Its first events may be as old as its captures. */
	agent->reports_read = s->emptied = s->next_start;
	s->hung = 0;
	s->next.socket = -1;
	s->phase = SUPERVISOR_STEADY;
	agent->engine_running = engine_order(&s->current,
	    s->gap ? ENGINE_GO_AFTER_GAP : ENGINE_GO);
	s->gap = false;
	/* agent_apply() has left the previous generation here. */
	if (s->reload.config == NULL)
		return;
	count = agent->current.config->nwatches;
	log_notice("configuration in effect: %zu watch%s", count,
	    count == 1 ? "" : "es");
	interruption_check_all(agent->current.config, agent->current.shared,
	    now);
	generation_free(&s->reload);
	malloc_trim(0);
}

static void
next_is_ready(struct supervisor *s, struct mono_time now)
{
	if (s->current.socket == -1) {
		take_over(s, now);
		return;
	}
	s->phase = SUPERVISOR_ENDING;
	s->stopped = false;
	s->deadline = mono_add(now, END_NS);
	(void)engine_order(&s->current, ENGINE_STOP);
}

/* ---- an engine has ended */

/* Counts a restart of all captures, or only of those that do not listen. */
static void
count_restarts(struct agent *agent, bool all)
{
	size_t	 i;

	for (i = 0; i < agent->current.shared->ncaptures; i++)
		agent->current.captures[i].restarts += all ||
		    !shared_state_listens(agent->current.shared, i);
}

/* An engine that crashes repeatedly may never run long enough for an alarm. */
static void
count_crash(struct supervisor *s, struct mono_time now)
{
	struct mono_time	 oldest;

	s->in_a_row++;
	s->crashes[s->ncrashes++ % SUPERVISOR_CRASHES] = now;
	oldest = s->crashes[s->ncrashes % SUPERVISOR_CRASHES];
	if (s->ncrashes >= SUPERVISOR_CRASHES &&
	    mono_sub(now, oldest) < UNSTABLE_NS)
		s->unstable = true;
	if (s->unstable)
		agent_engine_fault(s->agent, "the engine fails repeatedly",
		    wall_now());
}

/*
 * The priority of a line about an engine that failed.  If one fails after the
 * other, most of the lines are for troubleshooting only.
 */
static int
failure_priority(struct supervisor *s, struct mono_time now)
{
	return (rate_limit_allows(&s->failures, FAILURES_NS, FAILURES_BURST,
	    now) ? LOG_ERR : LOG_DEBUG);
}

static int64_t
restart_ns(const struct supervisor *s)
{
	return (s->in_a_row > CRASHES_SLOW ? RESTART_SLOW_NS : RESTART_NS);
}

/*
 * Has the engine taken all packets and ended, as ordered?  It may have been
 * killed just before.
 */
static bool
is_stopped(const struct supervisor *s)
{
	return (s->phase == SUPERVISOR_ENDING && s->stopped);
}

/* The rows are up to date with the alarms now. */
static void
replace_current(struct supervisor *s, struct mono_time now)
{
	s->agent->engine_running = false;
	if (!is_stopped(s)) {
		s->gap = true;
		count_restarts(s->agent, true);
	}
	if (s->phase == SUPERVISOR_ENDING)
		take_over(s, now);
	else if (s->phase == SUPERVISOR_STEADY)
		s->start_due = mono_max(now, mono_add(s->started,
		    restart_ns(s)));
}

static void
current_ended(struct supervisor *s, struct mono_time now)
{
	engine_end(&s->current);
	if (!is_stopped(s))
		log_message(failure_priority(s, now), 0,
		    "the engine ended unexpectedly; starting a new one");
	agent_reconcile(s->agent, mono_now(), wall_now());
	replace_current(s, now);
}

/* An attacker may control the engine, so nothing more is taken from it. */
static void
current_is_invalid(struct supervisor *s, const char *wrong, const char *watch,
    struct mono_time now)
{
	engine_end(&s->current);
	log_message(failure_priority(s, now), 0, "the engine sent an invalid "
	    "report: %s%s%s%s; starting a new one", wrong,
	    watch == NULL ? "" : " (watch \"", watch == NULL ? "" : watch,
	    watch == NULL ? "" : "\")");
	count_crash(s, now);
	agent_distrust(s->agent, mono_now());
	s->stopped = false;
	replace_current(s, now);
}

static void
next_ended(struct supervisor *s, struct mono_time now)
{
	log_message(failure_priority(s, now), 0, "the new engine did not "
	    "start%s", reload_failed_text(s));
	discard_next(s);
	if (s->current.socket != -1)
		return;
	s->in_a_row++;
	s->start_due = mono_add(now, restart_ns(s));
}

/* ---- reports */

static void
take_line(struct supervisor *s, struct engine_message *line,
    struct mono_time now)
{
	if (!rate_limit_allows(&s->lines, LINES_NS, LINES_BURST, now)) {
		s->lines_dropped++;
		return;
	}
	if (s->lines_dropped > 0)
		log_warnx("%u log lines of the engine were dropped",
		    s->lines_dropped);
	s->lines_dropped = 0;
	engine_log(line);
}

/* Returns NULL or what is wrong with the report. */
static const char *
take_report(struct supervisor *s, const struct engine_report *r)
{
	const struct engine_check_clocks	 clocks = {
		mono_now(), wall_now(),
	};

	switch (r->type) {
	case ENGINE_EVENT:
		return (agent_event(s->agent, r->event, &clocks));
	case ENGINE_EVIDENCE:
		return (rate_limit_allows(&s->evidence, EVIDENCE_NS,
		    EVIDENCE_BURST, clocks.now) ?
		    agent_evidence(s->agent, r->evidence, &clocks) : NULL);
	case ENGINE_CAPTURE:
		return (agent_capture_event(s->agent, r->message,
		    clocks.wall));
	case ENGINE_LOG:
		take_line(s, r->message, clocks.now);
		return (NULL);
	case ENGINE_STOPPED:
		s->stopped = true;
		return (NULL);
	default:
		return ("a type of report that is not expected");
	}
}

static bool
may_read_more(const struct supervisor *s, unsigned reports)
{
	return (reports < (s->phase == SUPERVISOR_ENDING ?
	    REPORTS_PER_TURN_ENDING : REPORTS_PER_TURN));
}

/* The socket of the current engine was empty at `now`. */
static void
note_empty(struct supervisor *s, struct mono_time now)
{
	if (mono_sub(now, s->emptied) < READ_NS)
		return;
	s->agent->reports_read = s->emptied;
	s->emptied = now;
}

/* True when more reports may wait, because the limit of a turn was reached. */
static bool
read_current(struct supervisor *s, struct mono_time now)
{
	struct engine_report	 r;
	enum engine_received	 status = ENGINE_NOTHING;
	const char		*wrong = NULL;
	unsigned		 n = 0;

	while (s->current.socket != -1 && wrong == NULL &&
	    may_read_more(s, n++) &&
	    (status = engine_receive(&s->current, &r)) == ENGINE_REPORT)
		wrong = take_report(s, &r);
	if (wrong != NULL) {
		current_is_invalid(s, wrong,
		    agent_report_watch(s->agent, &r), now);
	} else if (status == ENGINE_INVALID) {
		current_is_invalid(s, INVALID_TEXT, NULL, now);
	} else if (status == ENGINE_ENDED) {
		if (!is_stopped(s))
			count_crash(s, now);
		current_ended(s, now);
	} else if (status == ENGINE_NOTHING) {
		note_empty(s, now);
	}
	return (status == ENGINE_REPORT && wrong == NULL);
}

/* Before ENGINE_GO an engine only sends ENGINE_READY and log lines. */
static void
read_next(struct supervisor *s, struct mono_time now)
{
	struct engine_report	 r;
	enum engine_received	 status;

	if (s->phase != SUPERVISOR_STARTING)
		return;
	status = engine_receive(&s->next, &r);
	if (status == ENGINE_REPORT && r.type == ENGINE_READY)
		next_is_ready(s, now);
	else if (status == ENGINE_REPORT && r.type == ENGINE_LOG)
		take_line(s, r.message, now);
	else if (status != ENGINE_NOTHING)
		next_ended(s, now);
}

void
supervisor_sockets(const struct supervisor *s, int sockets[SUPERVISOR_SOCKETS])
{
	sockets[0] = s->current.socket;
	sockets[1] = s->phase == SUPERVISOR_STARTING ? s->next.socket : -1;
	sockets[2] = s->address_monitor;
}

static struct mono_time
phase_due(const struct supervisor *s)
{
	if (s->phase != SUPERVISOR_STEADY)
		return (s->deadline);
	/* The addresses changed while one engine took over from another. */
	if (s->addresses_changed && s->current.socket != -1)
		return ((struct mono_time){ 0 });
	return (s->start_due);
}

struct mono_time
supervisor_due(const struct supervisor *s)
{
	/* The socket does not show that a datagram was read in part only. */
	if (engine_has_buffered(&s->current))
		return ((struct mono_time){ 0 });
	return (mono_min(phase_due(s), engine_is_ending() ?
	    mono_add(s->collected, COLLECT_NS) : MONO_NEVER));
}

/* Lets an engine mark other watches as blind. */
static void
check_addresses(struct supervisor *s, struct mono_time now)
{
	if (link_monitor_drain(s->address_monitor))
		s->addresses_changed = true;
	if (!s->addresses_changed || s->phase != SUPERVISOR_STEADY ||
	    s->current.socket == -1)
		return;
	s->addresses_changed = false;
	if (!own_peers_changed(&s->own_peers, s->agent->current.config))
		return;
	log_notice("addresses of this host have changed; starting a new "
	    "engine");
	(void)start_next(s, now);
}

void
supervisor_work(struct supervisor *s, struct mono_time now)
{
	bool	 more = read_current(s, now);

	read_next(s, now);
	engine_collect(false);
	s->collected = now;
	check_addresses(s, now);
	if (s->phase == SUPERVISOR_STEADY && !mono_before(now, s->start_due)) {
		(void)start_next(s, now);
	} else if (s->phase == SUPERVISOR_STARTING &&
	    !mono_before(now, s->deadline)) {
		log_errx("the new engine did not open its captures in time");
		next_ended(s, now);
	} else if (s->phase == SUPERVISOR_ENDING && !mono_before(now,
	    mono_add(s->deadline, more ? REPORTING_NS : 0))) {
		log_warnx("the engine does not end; killing it");
		current_ended(s, now);
	}
}

/* ---- failed captures */

/*
 * True when a new engine could capture on an interface on which this one
 * cannot.  Sets *situation to a hash of the state of such interfaces.
 */
static bool
could_capture_more(const struct supervisor *s, uint64_t *situation)
{
	const struct shared_state	*shared = s->agent->current.shared;
	struct shared_capture		 c;
	uint32_t			 ifindex;
	enum link_state			 state;
	size_t				 i;
	bool				 more = false;

	*situation = 0;
	for (i = 0; i < shared->ncaptures; i++) {
		if (shared_state_listens(shared, i))
			continue;
		shared_state_read_capture(shared, i, s->agent->now, &c);
		state = link_state(s->link, shared->names[i], &ifindex);
		*situation = *situation * 31 + i * 16 + c.state * 4 + state;
		more = more || state == LINK_UP || (state == LINK_DOWN &&
		    c.state == SHARED_CAPTURE_FAILED);
	}
	return (more);
}

/* Shows captures as failed while the engine does not work. */
static void
check_engine(struct supervisor *s, struct mono_time now)
{
	if (!agent_engine_is_alive(s->agent)) {
		if (++s->silent >= SILENT_TICKS_FAULT &&
		    s->agent->engine_fault == NULL)
			agent_engine_fault(s->agent,
			    "the engine does not answer", wall_now());
		return;
	}
	s->silent = 0;
	if (mono_sub(now, s->started) >= UNSTABLE_NS) {
		s->unstable = false;
		s->in_a_row = 0;
	}
	if (!s->unstable)
		agent_engine_fault(s->agent, NULL, wall_now());
}

static bool
all_listen(const struct shared_state *shared)
{
	size_t	 i;

	for (i = 0; i < shared->ncaptures; i++)
		if (!shared_state_listens(shared, i))
			return (false);
	return (true);
}

struct mono_time
supervisor_tick_due(const struct supervisor *s, struct mono_time ticked)
{
	const struct agent	*agent = s->agent;
	struct mono_time	 least = mono_add(ticked, TICK_NS);

	/* After a silent tick, the next one shows whether it was the only. */
	if (!agent_engine_is_alive(agent) || s->silent > 0 || s->hung > 0 ||
	    agent->engine_fault != NULL || agent_has_deferred(agent) ||
	    !all_listen(agent->current.shared))
		return (least);
	/* Before that time the engine counts as alive. */
	return (mono_max(least, agent_engine_alive_until(agent)));
}

void
supervisor_tick(struct supervisor *s, struct mono_time now)
{
	uint64_t	 situation;
	bool		 more;

	check_engine(s, now);
	agent_notify_deferred(s->agent, wall_now());
	if (s->phase != SUPERVISOR_STEADY || s->current.socket == -1 ||
	    s->start_due.ns != MONO_NEVER.ns)
		return;
	s->hung = agent_engine_is_alive(s->agent) ? 0 : s->hung + 1;
	if (s->hung >= SILENT_TICKS_HANGS) {
		log_errx("the engine hangs; killing it");
		count_crash(s, now);
		current_ended(s, now);
	}
	if (s->hung > 0)
		return;
	more = could_capture_more(s, &situation);
	if (situation != s->situation) {
		s->situation = situation;
		s->retry_ns = 0;
	}
	if (!more || mono_before(now, mono_add(s->retried, s->retry_ns)))
		return;
	/* A capture that fails repeatedly is tried less and less often. */
	s->retried = now;
	s->retry_ns = s->retry_ns == 0 ? RETRY_MIN_NS : 2 * s->retry_ns;
	if (s->retry_ns > RETRY_MAX_NS)
		s->retry_ns = RETRY_MAX_NS;
	count_restarts(s->agent, false);
	(void)start_next(s, now);
}

void
supervisor_end(struct supervisor *s)
{
	struct engine_report	 r;
	struct mono_time	 limit = mono_add(mono_now(), REPORTING_NS);
	struct pollfd		 fd;
	enum engine_received	 status;
	const char		*wrong = NULL;

	if (s->phase != SUPERVISOR_STEADY)
		discard_next(s);
	if (s->current.socket != -1)
		(void)engine_order(&s->current, ENGINE_STOP);
	/* The end of the engine makes the socket readable, too. */
	while (s->current.socket != -1 && mono_before(mono_now(), limit)) {
		status = engine_receive(&s->current, &r);
		fd = (struct pollfd){ .fd = s->current.socket,
		    .events = POLLIN };
		if (status == ENGINE_REPORT)
			wrong = take_report(s, &r);
		else if (status == ENGINE_INVALID)
			wrong = INVALID_TEXT;
		if (wrong != NULL || status == ENGINE_ENDED ||
		    (status == ENGINE_NOTHING && poll(&fd, 1, END_NS /
		    NSEC_PER_MSEC) <= 0))
			engine_end(&s->current);
	}
	engine_end(&s->current);
	engine_collect(true);
	s->agent->engine_running = false;
	if (wrong == NULL)
		agent_reconcile(s->agent, mono_now(), wall_now());
	else
		log_errx("the engine sent an invalid report: %s", wrong);
	close(s->address_monitor);
	close(s->link);
}
