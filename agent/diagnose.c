/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/epoll.h>

#include <net/if.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/rate_limit.h"
#include "diagnose.h"
#include "diagnose_cases.h"
#include "engine/link.h"
#include "evidence_writer.h"
#include "kernel_evidence.h"
#include "log_evidence.h"
#include "peer_hosts.h"
#include "probe.h"

/* The verdict on an alarm may change for this time after its raise. */
#define WINDOW_NS	(60 * NSEC_PER_SEC)
/* In that time, this is the interval of queries of the kernel and of a log. */
#define KERNEL_NS	(1 * NSEC_PER_SEC)
#define LOG_NS		(5 * NSEC_PER_SEC)
#define LOG_OLD_NS	(600 * NSEC_PER_SEC)
/* The least time between two hbwAlarmChanged of an alarm. */
#define CHANGED_NS	(10 * NSEC_PER_SEC)
/* Evidence that arrived longer before a raise is not about it. */
#define FRESH_NS	(2 * NSEC_PER_SEC)
/* It is sent at most some milliseconds before the deadline of a raise. */
#define EARLY_NS	(NSEC_PER_SEC / 2)
/* The least time between two queries of the open ports. */
#define PORTS_NS	(10 * NSEC_PER_SEC)

/* In a storm not all peers are examined: 64 at once, then 13 a second. */
#define EXAMINED_BURST	64
#define EXAMINED_NS	(NSEC_PER_SEC / 13)

/*
 * All sockets of this host are searched this often for a case, and this often
 * for any case, because it may take several milliseconds.
 */
#define SEARCH_NS	(5 * NSEC_PER_SEC)
#define SEARCHED_NS	(NSEC_PER_SEC / 2)

/* In a storm, one query of an interface is used for this time. */
#define LINK_NS		(100 * NSEC_PER_MSEC)

/* The last signal of an interface. */
struct link_signal {
	char			 interface[IF_NAMESIZE];
	struct mono_time	 at;
	struct evidence_signal	 carrier;
};

struct diagnose {
	struct kernel_evidence	*kernel;
	struct log_evidence	*log;
	struct probe		*probe;
	int			 event;		/* epoll */
	int			 link;
	bool			 threaded;
	struct mono_time	 ports_recorded;
	struct rate_limit	 examined;
	struct rate_limit	 prepared;
	uint32_t		 soon;		/* see prepare(); or 0 */
	struct rate_limit	 searched;
	struct link_signal	 last_link;
	struct peer_hosts	 peer_hosts;
	struct diagnose_cases	 cases;
	struct mono_time	 due;		/* no case is due earlier */
};

/* ---- beginning and end */

static bool
has_probe(const struct configuration *config)
{
	size_t	 i;

	for (i = 0; i < config->nwatches; i++)
		if (config->watches[i]->profile->ping)
			return (true);
	return (false);
}

static bool
add_event(struct diagnose *d, int descriptor)
{
	struct epoll_event	 e = { .events = EPOLLIN };

	return (epoll_ctl(d->event, EPOLL_CTL_ADD, descriptor, &e) == 0);
}

struct diagnose *
diagnose_new(const struct configuration *config)
{
	struct diagnose	*d = calloc(1, sizeof(*d));

	if (d == NULL)
		return (NULL);
	d->event = epoll_create1(EPOLL_CLOEXEC);
	d->link = link_open();
	d->kernel = kernel_evidence_new();
	d->log = log_evidence_new();
	d->probe = probe_new();
	if (d->event < 0 || d->link < 0 || d->kernel == NULL ||
	    d->log == NULL || d->probe == NULL ||
	    !add_event(d, kernel_evidence_monitor(d->kernel)) ||
	    !add_event(d, log_evidence_event(d->log)) ||
	    !add_event(d, probe_event(d->probe))) {
		diagnose_free(d);
		return (NULL);
	}
	diagnose_cases_init(&d->cases);
	d->due = MONO_NEVER;
	diagnose_configure(d, config);
	return (d);
}

bool
diagnose_start(struct diagnose *d)
{
	d->threaded = log_evidence_start(d->log);
	return (d->threaded);
}

void
diagnose_free(struct diagnose *d)
{
	if (d == NULL)
		return;
	kernel_evidence_free(d->kernel);
	log_evidence_end(d->log);
	probe_free(d->probe);
	peer_hosts_free(&d->peer_hosts);
	if (d->link >= 0)
		close(d->link);
	if (d->event >= 0)
		close(d->event);
	free(d);
}

static void
record_ports(struct diagnose *d, struct mono_time now)
{
	if (mono_before(now, mono_add(d->ports_recorded, PORTS_NS)))
		return;
	d->ports_recorded = now;
	kernel_evidence_record_ports(d->kernel);
}

void
diagnose_configure(struct diagnose *d, const struct configuration *config)
{
	if (has_probe(config) && !probe_open(d->probe))
		log_warn("probe = ping: cannot open a socket (see "
		    "net.ipv4.ping_group_range in icmp(7)); no peer is probed");
	if (!peer_hosts_set(&d->peer_hosts, config))
		log_errx("out of memory; peer-host is not used for causes");
	kernel_evidence_record_ports(d->kernel);
	kernel_evidence_expire(d->kernel, MONO_NEVER);
	d->last_link.interface[0] = '\0';
}

/* With `evidence = 0` the verdict on an alarm is based on its event alone. */
static bool
is_on(const struct agent *agent)
{
	return (agent->diagnose != NULL &&
	    agent->current.config->evidence > 0);
}

/* ---- evidence */

/* Requests a look into the log of a watch, but not too often. */
static void
request_log(struct agent *agent, struct diagnose_case *c,
    const struct configuration_profile *p)
{
	struct diagnose	*d = agent->diagnose;

	if (p->log != NULL && d->threaded &&
	    !mono_before(agent->now, c->log_due) &&
	    log_evidence_ask(d->log, c->index, p->log, p->log_pattern)) {
		c->log_due = mono_add(agent->now, LOG_NS);
		c->looks++;
	}
}

/*
 * Adds the signal of the interface.  Returns the index of the interface if the
 * case is examined; 0: it has none.
 */
static uint32_t
add_link(struct agent *agent, struct diagnose_case *c,
    const struct configuration_watch *w, struct wall_time now)
{
	struct diagnose		*d = agent->diagnose;
	struct link_signal	*last = &d->last_link;
	struct evidence_signal	*carrier;
	uint32_t		 ifindex;

	carrier = &c->evidence.signals[EVIDENCE_CARRIER];
	if (!c->examined && strcmp(last->interface, w->profile->interface) ==
	    0 && mono_sub(agent->now, last->at) < LINK_NS) {
		*carrier = last->carrier;
		return (0);
	}
	if (!kernel_evidence_add_link(d->kernel, w, now, &c->evidence,
	    &ifindex))
		return (ifindex);
	snprintf(last->interface, sizeof(last->interface), "%s",
	    w->profile->interface);
	last->at = agent->now;
	last->carrier = *carrier;
	return (ifindex);
}

/* True if all sockets of this host may be searched now. */
static bool
may_search(struct agent *agent, struct diagnose_case *c)
{
	if (mono_before(agent->now, c->search_due) ||
	    !rate_limit_allows(&agent->diagnose->searched, SEARCHED_NS, 1,
	    agent->now))
		return (false);
	c->search_due = mono_add(agent->now, SEARCH_NS);
	return (true);
}

/* Adds the evidence that is not from frames.  `raise`: it must not wait. */
static void
examine(struct agent *agent, struct diagnose_case *c,
    const struct configuration_watch *w, bool raise, struct wall_time now)
{
	struct diagnose	*d = agent->diagnose;
	struct evidence	*e = &c->evidence;
	uint32_t	 ifindex;
	bool		 all = !raise && c->examined && may_search(agent, c);

	kernel_evidence_expire(d->kernel, agent->now);
	ifindex = add_link(agent, c, w, now);
	if (!c->examined)
		return;
	kernel_evidence_add(d->kernel, w, ifindex, all, now, &c->engine, e);
	peer_hosts_add_evidence(&d->peer_hosts, agent, w, e);
	request_log(agent, c, w->profile);
	if (w->profile->log != NULL && d->threaded && c->log.state == 0)
		c->log = (struct evidence_signal){
			.state = EVIDENCE_UNKNOWN,
			.code = EVIDENCE_LOG_PENDING,
		};
	if (c->log.state != 0)
		e->signals[EVIDENCE_LOG_MESSAGE] = c->log;
	if (c->ping.state != 0)
		e->signals[EVIDENCE_PING_ANSWERED] = c->ping;
}

/* ---- another verdict */

/* To be called when the times of a case have changed. */
static void
set_due(struct diagnose *d, const struct diagnose_case *c)
{
	d->due = mono_min(d->due, mono_min(c->kernel_due, c->changed_due));
}

static void
notify_changed(struct agent *agent, struct diagnose_case *c,
    const struct agent_alarm *alarm, struct wall_time now)
{
	c->changed_due = MONO_NEVER;
	if (alarm->alarm->state != ALARM_RAISED ||
	    alarm->alarm->cause == c->notified)
		return;
	if (mono_before(agent->now, c->changed_next)) {
		c->changed_due = c->changed_next;
		set_due(agent->diagnose, c);
		return;
	}
	c->notified = alarm->alarm->cause;
	c->changed_next = mono_add(agent->now, CHANGED_NS);
	agent_change(agent, alarm, OPERATOR_CHANGE_CAUSE, now);
}

/* The alarm of a case; false: it is not configured any more. */
static bool
alarm_of(const struct agent *agent, const struct diagnose_case *c,
    struct agent_alarm *alarm)
{
	const struct generation	*g = &agent->current;
	size_t			 i;
	int			 dual;

	for (dual = 0; dual < 2; dual++) {
		i = generation_find_alarm(g, c->index, dual == 1);
		if (i == SIZE_MAX)
			continue;
		*alarm = agent_alarm_at(agent, i);
		if (alarm->watch->profile->alarm->id == c->alarm_id)
			return (true);
	}
	return (false);
}

/* True if the new verdict differs only in the time of its evidence. */
static bool
is_same(const struct alarm *a, const struct verdict *v)
{
	return (a->cause == v->cause && a->side == v->side &&
	    a->confidence == v->confidence && a->number == v->number);
}

/* Sets the verdict on an active alarm from its present evidence. */
static void
update_verdict(struct agent *agent, struct diagnose_case *c,
    const struct agent_alarm *alarm, struct wall_time now)
{
	struct verdict	 verdict;

	if (alarm->alarm->state != ALARM_RAISED ||
	    mono_before(c->until, agent->now))
		return;
	verdict_of(&c->evidence, now, &verdict);
	if (!is_same(alarm->alarm, &verdict)) {
		agent_set_verdict(agent, alarm, &verdict);
		evidence_writer_verdict(agent->evidence_writer,
		    alarm->alarm->serial, &c->evidence, &verdict);
	}
	notify_changed(agent, c, alarm, now);
}

void
diagnose_evidence(struct agent *agent, uint32_t watch,
    const struct evidence *e, bool soon, struct wall_time now)
{
	struct agent_alarm	 alarm;
	struct diagnose_case	*c;

	if (!is_on(agent))
		return;
	alarm = agent_alarm_at(agent, watch);
	c = diagnose_case_of(&agent->diagnose->cases, alarm.index,
	    alarm.watch->profile->alarm->id);
	c->engine = *e;
	c->reported = agent->now;
	if ((e->flags & EVIDENCE_CLEARED) != 0) {
		diagnose_take_engine(c);
		/* It is not about the next raise. */
		c->reported = (struct mono_time){ 0 };
		return;
	}
	/*
	 * It is not raised yet.  Its log is read now, so that the verdict at
	 * the raise can be based on it.
	 */
	if (alarm.alarm->state != ALARM_RAISED) {
		request_log(agent, c, alarm.watch->profile);
		if (soon)
			agent->diagnose->soon = alarm.index;
		return;
	}
	diagnose_take_engine(c);
	update_verdict(agent, c, &alarm, now);
}

struct verdict
diagnose_raise(struct agent *agent, size_t position,
    const struct detect_event *event, struct wall_time at)
{
	struct diagnose		*d = agent->diagnose;
	struct agent_alarm	 alarm;
	struct diagnose_case	*c;
	struct verdict		 verdict;
	bool			 fresh;

	if (!is_on(agent))
		return (alarm_event_verdict(event, at));
	alarm = agent_alarm_at(agent, position);
	c = diagnose_case_of(&d->cases, alarm.index,
	    alarm.watch->profile->alarm->id);
	/* Evidence before the raise may be on a silence that has ended. */
	fresh = c->reported.ns != 0 &&
	    mono_sub(agent->now, c->reported) < FRESH_NS &&
	    mono_sub(event->at, c->reported) < EARLY_NS;
	/*
	 * A line from long before this silence is not about it.  A look of the
	 * last seconds may have found none, or no time in it, or no log.
	 */
	if (c->log.at.ns < event->last_heartbeat.ns - LOG_OLD_NS &&
	    (c->log.state == EVIDENCE_PRESENT ||
	    !mono_before(agent->now, c->log_due)))
		c->log.state = 0;
	c->ping = (struct evidence_signal){ .state = 0 };
	c->until = mono_add(agent->now, WINDOW_NS);
	c->changed_due = MONO_NEVER;
	diagnose_take_event(c, event, at, fresh);
	c->examined = !event->dual && rate_limit_allows(&d->examined,
	    EXAMINED_NS, EXAMINED_BURST, agent->now);
	if (!event->dual)
		examine(agent, c, alarm.watch, true, at);
	c->kernel_due = c->examined ? mono_add(agent->now, KERNEL_NS) :
	    MONO_NEVER;
	set_due(d, c);
	verdict_of(&c->evidence, at, &verdict);
	c->notified = verdict.cause;
	return (verdict);
}

void
diagnose_raised(struct agent *agent, const struct agent_alarm *raised)
{
	struct diagnose			*d = agent->diagnose;
	const struct configuration_profile	*p = raised->watch->profile;
	struct diagnose_case		*c;
	struct verdict			 verdict;
	uint32_t			 ifindex;

	if (!is_on(agent))
		return;
	c = diagnose_find_case(&d->cases, raised->index, p->alarm->id);
	if (c == NULL)
		return;
	diagnose_keep_case(&d->cases, c);
	verdict = alarm_verdict(raised->alarm);
	evidence_writer_verdict(agent->evidence_writer, raised->alarm->serial,
	    &c->evidence, &verdict);
	if (!p->ping || !c->examined || raised->watch->peer.family == ADDR_NONE)
		return;
	(void)link_state(d->link, p->interface, &ifindex);
	(void)probe_begin(d->probe, c->index, &raised->watch->peer, ifindex,
	    agent->now);
}

void
diagnose_clear(struct agent *agent, const struct agent_alarm *cleared,
    struct wall_time at)
{
	struct diagnose_case	*c;
	struct verdict		 verdict;

	if (!is_on(agent))
		return;
	c = diagnose_find_case(&agent->diagnose->cases, cleared->index,
	    cleared->watch->profile->alarm->id);
	if (c == NULL || !c->kept)
		return;
	c->kernel_due = c->changed_due = MONO_NEVER;
	c->until = (struct mono_time){ 0 };
	/* A line that was found, or will be, is not about the next raise. */
	c->log.state = 0;
	c->old_looks = c->looks;
	record_ports(agent->diagnose, agent->now);
	c->evidence.flags |= EVIDENCE_CLEARED;
	verdict_of(&c->evidence, at, &verdict);
	/* The signals of a node that is back may show less than before. */
	if (verdict.confidence < cleared->alarm->confidence)
		return;
	(void)alarm_set_verdict(cleared->alarm, &verdict);
	evidence_writer_verdict(agent->evidence_writer, cleared->alarm->serial,
	    &c->evidence, &verdict);
}

/* ---- the loop */

int
diagnose_event(const struct agent *agent)
{
	return (agent->diagnose == NULL ? -1 : agent->diagnose->event);
}

struct mono_time
diagnose_due(const struct agent *agent)
{
	const struct diagnose	*d = agent->diagnose;

	if (d == NULL)
		return (MONO_NEVER);
	return (d->soon != 0 ? agent->now : mono_min(probe_due(d->probe),
	    d->due));
}

/* Queries the kernel for an alarm that may be raised in a moment. */
static void
prepare(struct agent *agent, struct wall_time now)
{
	struct diagnose	*d = agent->diagnose;
	size_t		 i = generation_find(&agent->current, d->soon);

	d->soon = 0;
	if (i != SIZE_MAX && agent->current.alarms[i].state != ALARM_RAISED &&
	    rate_limit_allows(&d->prepared, EXAMINED_NS, EXAMINED_BURST,
	    agent->now))
		kernel_evidence_prepare(d->kernel, agent_alarm_at(agent,
		    i).watch, agent->now, now);
}

static void
work_on(struct agent *agent, struct diagnose_case *c, struct wall_time now)
{
	struct agent_alarm	 alarm;

	if (mono_before(agent->now, mono_min(c->kernel_due, c->changed_due)))
		return;
	if (!alarm_of(agent, c, &alarm) ||
	    alarm.alarm->state != ALARM_RAISED) {
		c->kernel_due = c->changed_due = MONO_NEVER;
		return;
	}
	if (!mono_before(agent->now, c->kernel_due)) {
		c->kernel_due = mono_add(agent->now, KERNEL_NS);
		if (mono_before(c->until, c->kernel_due))
			c->kernel_due = MONO_NEVER;
		examine(agent, c, alarm.watch, false, now);
		update_verdict(agent, c, &alarm, now);
	}
	notify_changed(agent, c, &alarm, now);
}

static void
work_on_all(struct agent *agent, struct wall_time now)
{
	struct diagnose	*d = agent->diagnose;
	size_t		 i;

	if (mono_before(agent->now, d->due))
		return;
	d->due = MONO_NEVER;
	for (i = 0; i < d->cases.count; i++) {
		work_on(agent, d->cases.sorted[i], now);
		set_due(d, d->cases.sorted[i]);
	}
}

struct taking {
	struct agent		*agent;
	struct wall_time	 now;
};

/* True if a line of the log matched, also if its age is not known. */
static bool
has_line(const struct evidence_signal *log)
{
	return (log->state == EVIDENCE_PRESENT ||
	    (log->state == EVIDENCE_UNKNOWN &&
	    log->code == EVIDENCE_LOG_UNDATED));
}

/* Takes the result of a look into the log, unless it is about an old raise. */
static void
take_log(struct diagnose_case *c, const struct evidence_signal *s)
{
	c->looks -= c->looks > 0;
	if (c->old_looks > 0) {
		c->old_looks--;
		return;
	}
	/* A later look, which finds no line, does not remove one. */
	if (s->state == EVIDENCE_PRESENT || !has_line(&c->log))
		c->log = *s;
}

/* Gives a signal to the heartbeat alarm of a watch. */
static void
take_signal(struct agent *agent, uint32_t index, enum evidence_number number,
    const struct evidence_signal *s, struct wall_time now)
{
	struct diagnose_case	*c;
	struct agent_alarm	 alarm;
	size_t			 i = generation_find(&agent->current, index);

	if (i == SIZE_MAX)
		return;
	alarm = agent_alarm_at(agent, i);
	c = diagnose_find_case(&agent->diagnose->cases, index,
	    alarm.watch->profile->alarm->id);
	if (c == NULL)
		return;
	if (number == EVIDENCE_PING_ANSWERED)
		c->ping = *s;
	else
		take_log(c, s);
	if (alarm.alarm->state != ALARM_RAISED)
		return;
	if (number == EVIDENCE_PING_ANSWERED)
		c->evidence.signals[number] = c->ping;
	else if (c->log.state != 0)
		c->evidence.signals[number] = c->log;
	update_verdict(agent, c, &alarm, now);
}

static void
take_ping(void *arg, uint32_t index, const struct evidence_signal *s)
{
	struct taking	*t = arg;

	take_signal(t->agent, index, EVIDENCE_PING_ANSWERED, s, t->now);
}

void
diagnose_work(struct agent *agent, struct wall_time now)
{
	struct diagnose		*d = agent->diagnose;
	struct evidence_signal	 s;
	struct taking		 taking = { agent, now };
	uint32_t		 index;

	if (d == NULL)
		return;
	if (d->soon != 0)
		prepare(agent, now);
	kernel_evidence_changes(d->kernel, now);
	while (log_evidence_answer(d->log, &index, &s))
		take_signal(agent, index, EVIDENCE_LOG_MESSAGE, &s, now);
	probe_work(d->probe, agent->now, now, take_ping, &taking);
	work_on_all(agent, now);
	record_ports(d, agent->now);
}

/* ---- hbwEvidenceTable */

size_t
diagnose_count(const struct agent *agent)
{
	return (agent->diagnose == NULL ? 0 : agent->diagnose->cases.nkept);
}

struct diagnose_kept
diagnose_kept_at(const struct agent *agent, size_t i)
{
	const struct diagnose_case	*c = agent->diagnose->cases.order[i];

	return ((struct diagnose_kept){ c->alarm_id, c->index, &c->evidence });
}
