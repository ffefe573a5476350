/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/duration.h"
#include "base/utf8.h"
#include "engine/engine_check.h"

/*
 * A time in a row is invalid if it is later than now by more than this: the
 * agent may have read its clock some time before it reads the row.
 */
#define FUTURE_NS	(60 * NSEC_PER_SEC)
/* The same for a report, for which the agent reads its clock again. */
#define REPORT_FUTURE_NS	(1 * NSEC_PER_SEC)
/* The largest difference between the wall clocks of engine and agent. */
#define WALL_NS		(60 * NSEC_PER_SEC)
/* Or if it is earlier than now by more than a hundred years. */
#define PAST_NS		(100 * 365 * INT64_C(86400) * NSEC_PER_SEC)

/* More than the jitter of heartbeats whose interval is the longest. */
#define JITTER_MAX_NS	1e15f

/* ---- reports */

bool
engine_check_datagram(const union engine_datagram *datagram, size_t length)
{
	uint32_t	 count;

	if (length < sizeof(datagram->type))
		return (false);
	switch (datagram->type) {
	case ENGINE_READY:
	case ENGINE_CAPTURE:
	case ENGINE_LOG:
	case ENGINE_STOPPED:
		return (length == sizeof(datagram->message));
	case ENGINE_EVIDENCE:
		return (length == sizeof(datagram->evidence));
	case ENGINE_EVENT:
		break;
	default:
		return (false);
	}
	if (length < ENGINE_EVENTS_SIZE(1))
		return (false);
	count = datagram->events.count;
	return (count > 0 && count <= ENGINE_EVENTS &&
	    length == ENGINE_EVENTS_SIZE(count));
}

static struct wall_time
valid_wall(struct wall_time t)
{
	return (t.ns < 0 ? WALL_NEVER : t);
}

struct mono_time
engine_check_used(const struct engine_check_known *known)
{
	return (mono_max(mono_add(known->used, known->interruption_ns),
	    mono_add(known->read, -ENGINE_CHECK_DELAY_NS)));
}

static const char *
check_transition(const struct engine_event *e,
    const struct engine_check_known *known, struct mono_time now)
{
	bool	 raise = e->transition == DETECT_RAISED;

	if (known == NULL)
		return ("no such watch");
	if (!known->enabled)
		return ("the watch is disabled");
	if (!raise && e->transition != DETECT_CLEARED)
		return ("no such transition");
	if (e->number != known->transitions + 1 ||
	    raise != (e->number % 2 != 0))
		return ("a transition out of order");
	if (mono_before(mono_add(now, REPORT_FUTURE_NS), e->at))
		return ("a time in the future");
	if (mono_before(e->at, known->changed))
		return ("a time before the previous transition");
	/*
	 * Silence, or the time with one active node, counts at the earliest
	 * from the previous transition on.
	 */
	if (raise != known->dual && mono_before(e->at,
	    mono_add(known->changed, known->interruption_ns)))
		return (raise ? "a raise before its deadline" :
		    "a clear before its time");
	if (raise != known->dual && mono_before(mono_add(now,
	    REPORT_FUTURE_NS), engine_check_used(known)))
		return ("too many transitions in a short time");
	return (NULL);
}

/*
 * The wall-clock time of the event: that of the engine, unless it differs too
 * much.  It differs a little if the clock was stepped after the event.
 */
static struct wall_time
wall_of(const struct engine_event *e, struct mono_time at,
    const struct engine_check_clocks *clocks)
{
	struct wall_time	 wall;

	wall = wall_add(clocks->wall, mono_sub(at, clocks->now));
	if (e->at_wall.ns >= wall.ns - WALL_NS &&
	    e->at_wall.ns <= wall.ns + WALL_NS)
		return (e->at_wall);
	return (wall);
}

const char *
engine_check_event(const struct engine_event *e,
    const struct engine_check_known *known,
    const struct engine_check_clocks *clocks, struct detect_event *event,
    struct wall_time *at)
{
	const char	*wrong = check_transition(e, known, clocks->now);
	bool		 raise;

	if (wrong != NULL)
		return (wrong);
	raise = e->transition == DETECT_RAISED;
	*event = (struct detect_event){
		.transition = raise ? DETECT_RAISED : DETECT_CLEARED,
		.watch = e->watch,
		.number = known->transitions + 1,
		/* The next engine counts from this time. */
		.at = mono_min(e->at, clocks->now),
		.last_heartbeat = valid_wall(e->last_heartbeat),
	};
	*at = wall_of(e, event->at, clocks);
	if (!raise) {
		event->duration_ns = mono_sub(event->at, known->changed);
		return (NULL);
	}
	event->dual = known->dual;
	event->silence_ns = known->dual ? 0 : known->interruption_ns;
	event->received = e->received != 0;
	event->stopping = e->stopping != 0;
	event->lossy = e->lossy != 0;
	event->link_down = e->link_down != 0;
	if (!event->received)
		event->last_heartbeat = WALL_NEVER;
	return (NULL);
}

static bool
is_state(uint32_t state)
{
	return (state >= SHARED_CAPTURE_RUNNING &&
	    state <= SHARED_CAPTURE_FAILED);
}

const char *
engine_check_capture(struct engine_message *m, size_t ncaptures)
{
	if (m->capture >= ncaptures)
		return ("no such capture");
	if (!is_state(m->state))
		return ("no such state of a capture");
	utf8_clean(m->text, sizeof(m->text));
	return (NULL);
}

/* The largest code of each signal that the engine can have; see evidence.h. */
static const struct {
	bool	 possible;
	uint8_t	 code;
} engine_signals[EVIDENCE_MAX + 1] = {
	[EVIDENCE_PEER_ANNOUNCED_STOP] = { true, 0 },
	[EVIDENCE_PEER_CLOSED_CONNECTION] = { true, UINT8_MAX },
	[EVIDENCE_PORT_REFUSED] = { true, UINT8_MAX },
	[EVIDENCE_PROHIBITED] = { true, UINT8_MAX },
	[EVIDENCE_HOST_UNREACHABLE] = { true, UINT8_MAX },
	[EVIDENCE_PEER_OTHER_TRAFFIC] = { true, EVIDENCE_OTHER_UNANSWERED },
	[EVIDENCE_PEER_ACKNOWLEDGES_ONLY] = { true, EVIDENCE_ACKS_LOST },
	[EVIDENCE_PEER_DOES_NOT_HEAR_US] = { true, EVIDENCE_DEAF_BOTH },
	[EVIDENCE_ARP_UNANSWERED] = { true, EVIDENCE_UNANSWERED_KERNEL },
	[EVIDENCE_PEER_REBOOTED] = { true, EVIDENCE_REBOOT_MLD },
	[EVIDENCE_OUR_HEARTBEATS] = { true, 0 },
	[EVIDENCE_SEGMENT_ALIVE] = { true, 0 },
	[EVIDENCE_OTHER_PEERS_ALIVE] = { true, 1 },
	[EVIDENCE_HEARTBEATS_THINNED] = { true, 0 },
	[EVIDENCE_OTHER_ACTIVE] = { true, 0 },
	[EVIDENCE_FLOATING_IP_OWNER] = { true, EVIDENCE_OWNER_NOBODY },
	[EVIDENCE_HANDSHAKE_FAILS] = { true, UINT8_MAX },
};

/* The wall clock may have been stepped since, so a wrong time is valid. */
static struct wall_time
past_wall(struct wall_time t, struct wall_time now)
{
	return (t.ns < 0 || t.ns > now.ns + WALL_NS ? WALL_NEVER : t);
}

static const char *
check_signal(struct evidence_signal *signal, unsigned number,
    struct wall_time now)
{
	struct evidence_signal	 none = { .state = EVIDENCE_UNKNOWN };
	struct addr		 address;

	if (signal->state > EVIDENCE_PRESENT)
		return ("no such state of a signal");
	if (signal->address.family > ADDR_IPV6)
		return ("no such family of an address");
	if (!engine_signals[number].possible || signal->state == 0) {
		*signal = none;
		return (NULL);
	}
	if (signal->code > engine_signals[number].code)
		signal->code = 0;
	signal->at = past_wall(signal->at, now);
	address = signal->address;
	if (address.family == ADDR_NONE)
		memset(&signal->address, 0, sizeof(signal->address));
	else
		addr_set(&signal->address, address.family, address.octets);
	return (NULL);
}

const char *
engine_check_evidence(struct engine_evidence *e,
    const struct engine_check_known *known, struct wall_time now)
{
	const char	*wrong = NULL;
	unsigned	 i;

	if (known == NULL)
		return ("no such watch");
	if (!known->enabled)
		return ("the watch is disabled");
	if ((e->evidence.flags & ~EVIDENCE_FLAGS) != 0)
		return ("no such flag of evidence");
	for (i = 0; i <= EVIDENCE_MAX && wrong == NULL; i++)
		wrong = check_signal(&e->evidence.signals[i], i, now);
	e->evidence.last = past_wall(e->evidence.last, now);
	e->evidence.raised = past_wall(e->evidence.raised, now);
	return (wrong);
}

void
engine_check_line(struct engine_message *m)
{
	int	 priority = LOG_PRI(m->priority);

	m->priority = priority < LOG_CRIT ? LOG_CRIT : priority;
	utf8_clean(m->text, sizeof(m->text));
}

/* ---- copies of rows */

static struct mono_time
valid_time(struct mono_time t, struct mono_time now)
{
	if (mono_before(mono_add(now, FUTURE_NS), t) ||
	    mono_before(t, mono_add(now, -PAST_NS)))
		return (now);
	return (t);
}

void
engine_check_watch(struct detect_watch *w, struct mono_time now)
{
	w->last = valid_time(w->last, now);
	w->raised_at = valid_time(w->raised_at, now);
	w->last_wall = valid_wall(w->last_wall);
	/* Also false if it is not a number. */
	if (!(w->jitter_ns >= 0 && w->jitter_ns <= JITTER_MAX_NS))
		w->jitter_ns = 0;
}

static void
check_sender(struct dual_sender *s, struct mono_time now)
{
	s->last = valid_time(s->last, now);
	if (s->rival_since.ns != MONO_NEVER.ns)
		s->rival_since = valid_time(s->rival_since, now);
	s->claims.since = valid_time(s->claims.since, now);
	s->claims.changed = valid_time(s->claims.changed, now);
	s->claims.counted = valid_time(s->claims.counted, now);
	if (s->active_ns < 0 ||
	    s->active_ns > DUAL_INTERVALS * DUAL_INTERVAL_MAX_NS)
		s->active_ns = 0;
	s->flags &= DUAL_FLAGS;
	if (s->address.family > ADDR_IPV6)
		s->address = (struct addr){ .family = ADDR_NONE };
	memset(s->address.octets + addr_length(&s->address), 0,
	    sizeof(s->address.octets) - addr_length(&s->address));
}

void
engine_check_dual(struct dual *d, struct mono_time now)
{
	unsigned	 i;

	d->raised = d->raised != 0;
	d->raised_at = valid_time(d->raised_at, now);
	d->cleared_at = valid_time(d->cleared_at, now);
	d->both = valid_time(d->both, now);
	if (d->quiet_ns > d->interruption_ns && d->quiet_ns >
	    DUAL_INTERVALS * DUAL_INTERVAL_MAX_NS)
		d->quiet_ns = d->interruption_ns;
	if (d->owner < DUAL_OWNER_UNKNOWN || d->owner > DUAL_OWNER_NOBODY)
		d->owner = DUAL_OWNER_UNKNOWN;
	for (i = 0; i < DUAL_SENDERS; i++)
		check_sender(&d->senders[i], now);
}

void
engine_check_source(struct detect_source *source, struct mono_time now)
{
	source->blind = source->blind != 0;
	source->link_down = source->link_down != 0;
	source->since = valid_time(source->since, now);
	/* A source that never lost packets has the earliest time. */
	if (mono_before(mono_add(now, FUTURE_NS), source->last_loss))
		source->last_loss = now;
}

void
engine_check_row(struct shared_capture *c, const char *interface,
    struct mono_time now)
{
	engine_check_source(&c->source, now);
	snprintf(c->interface, sizeof(c->interface), "%s", interface);
	utf8_clean(c->error, sizeof(c->error));
	c->listening = c->listening != 0;
	c->drained = valid_wall(c->drained);
	if (c->ifindex > INT32_MAX)
		c->ifindex = 0;
	if (!is_state(c->state))
		c->state = SHARED_CAPTURE_FAILED;
}
