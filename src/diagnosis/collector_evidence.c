/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The signals, from what the collector has counted.
 */
#include <string.h>

#include "diagnosis/collector.h"
#include "diagnosis/collector_neighbour.h"

/* One segment may be sent by chance, or while the peer stops. */
#define ACKNOWLEDGEMENTS	2
/* A kernel answers sooner than this. */
#define ANSWER_NS		(300 * NSEC_PER_MSEC)

static void
set(const struct collector *c, struct evidence *e,
    enum evidence_number number, enum evidence_state state)
{
	e->signals[number] = c->signals[number];
	e->signals[number].state = (uint8_t)state;
}

static enum evidence_state
present_if(bool condition)
{
	return (condition ? EVIDENCE_PRESENT : EVIDENCE_UNKNOWN);
}

/* ---- signals 1 to 5 */

static bool
is_routine(const struct collector *c, enum diagnosis_icmp icmp)
{
	return (c->routine_errors[icmp] >= COLLECTOR_ROUTINE &&
	    mono_sub(c->routine_latest[icmp], c->routine_first[icmp]) >=
	    COLLECTOR_ROUTINE_NS);
}

static void
set_stops(const struct collector *c, struct evidence *e)
{
	const struct evidence_signal	*s = c->signals;
	bool				 closes;

	/* With a connection for each heartbeat a FIN shows nothing. */
	closes = s[EVIDENCE_PEER_CLOSED_CONNECTION].code !=
	    EVIDENCE_CODE_LEFT && c->routine_closes >= COLLECTOR_ROUTINE &&
	    c->routine_closes >= c->heartbeats.before / 2;
	set(c, e, EVIDENCE_PEER_ANNOUNCED_STOP,
	    present_if(s[EVIDENCE_PEER_ANNOUNCED_STOP].count > 0));
	set(c, e, EVIDENCE_PEER_CLOSED_CONNECTION, present_if(!closes &&
	    s[EVIDENCE_PEER_CLOSED_CONNECTION].count > 0));
	set(c, e, EVIDENCE_PORT_REFUSED, present_if(
	    s[EVIDENCE_PORT_REFUSED].count > 0 &&
	    c->routine_refusals < COLLECTOR_ROUTINE &&
	    !is_routine(c, DIAGNOSIS_ICMP_REFUSED)));
	set(c, e, EVIDENCE_PROHIBITED, present_if(
	    s[EVIDENCE_PROHIBITED].count > 0 &&
	    !is_routine(c, DIAGNOSIS_ICMP_PROHIBITED)));
	set(c, e, EVIDENCE_HOST_UNREACHABLE, present_if(
	    s[EVIDENCE_HOST_UNREACHABLE].count > 0 &&
	    !is_routine(c, DIAGNOSIS_ICMP_HOST) &&
	    !is_routine(c, DIAGNOSIS_ICMP_NET)));
}

/* ---- signals 6 to 10 */

static void
set_peer(const struct collector *c, struct mono_time now, struct evidence *e)
{
	const struct evidence_signal	*s = c->signals;
	enum evidence_state		 state = EVIDENCE_UNKNOWN;

	if (s[EVIDENCE_PEER_OTHER_TRAFFIC].count > 0)
		state = EVIDENCE_PRESENT;
	else if (!c->returned && collector_stopped_with_peer(c, &c->rest, now))
		state = EVIDENCE_ABSENT;
	set(c, e, EVIDENCE_PEER_OTHER_TRAFFIC, state);
	if (c->unanswered >= COLLECTOR_MISSING &&
	    mono_sub(now, c->unanswered_since) >= ANSWER_NS &&
	    mono_before(c->unanswered_since, c->rest.seen))
		e->signals[EVIDENCE_PEER_OTHER_TRAFFIC].code =
		    EVIDENCE_OTHER_UNANSWERED;
	set(c, e, EVIDENCE_PEER_ACKNOWLEDGES_ONLY, present_if(
	    s[EVIDENCE_PEER_ACKNOWLEDGES_ONLY].count >= ACKNOWLEDGEMENTS));

	state = EVIDENCE_UNKNOWN;
	if (s[EVIDENCE_PEER_REBOOTED].count > 0)
		state = c->same_process ? EVIDENCE_ABSENT : EVIDENCE_PRESENT;
	set(c, e, EVIDENCE_PEER_REBOOTED, state);
}

/* Frames of the peer were captured, and this host is its partner. */
static bool
reaches_us(const struct collector *c)
{
	return (c->setting.own != NULL && c->partner_is_us);
}

/* BFD announces it; other peers repeat their requests or their data. */
static enum evidence_deaf
deaf_by(const struct collector *c, struct evidence_signal *s)
{
	if (s->count > 0)
		return (collector_never(c->partner_down) || reaches_us(c) ?
		    EVIDENCE_DEAF_BFD : EVIDENCE_DEAF_BOTH);
	if (c->deaf_requests >= COLLECTOR_MISSING && c->deaf_replies >= 2) {
		s->count = c->deaf_requests;
		return (EVIDENCE_DEAF_ARP);
	}
	if (c->retransmitted < COLLECTOR_REPEATED &&
	    c->repeated < COLLECTOR_REPEATED)
		return (0);
	s->address = c->peer;
	s->count = c->retransmitted + c->repeated;
	/* The kernel of this host acknowledges all data that arrive. */
	return (c->retransmitted >= COLLECTOR_REPEATED || reaches_us(c) ?
	    EVIDENCE_DEAF_TCP : EVIDENCE_DEAF_BOTH);
}

static void
set_deaf(const struct collector *c, struct mono_time now, struct evidence *e)
{
	struct evidence_signal	*s =
	    &e->signals[EVIDENCE_PEER_DOES_NOT_HEAR_US];

	set(c, e, EVIDENCE_PEER_DOES_NOT_HEAR_US, EVIDENCE_PRESENT);
	s->code = (uint8_t)deaf_by(c, s);
	/* Nobody receives a node that does not send. */
	if (s->code == 0 || collector_partner_stopped(c, now))
		s->state = EVIDENCE_UNKNOWN;
}

static void
set_unanswered(const struct collector *c, struct evidence *e)
{
	struct evidence_signal	*s = &e->signals[EVIDENCE_ARP_UNANSWERED];

	set(c, e, EVIDENCE_ARP_UNANSWERED, c->gone ? EVIDENCE_PRESENT :
	    c->peer_answered ? EVIDENCE_ABSENT : EVIDENCE_UNKNOWN);
	if (c->gone)
		s->code = EVIDENCE_UNANSWERED_FRAMES;
}

/* ---- signals 11 and 14 */

static void
set_ours(const struct collector *c, struct mono_time now, struct evidence *e)
{
	const struct collector_rate	 r = collector_partner_rate(c);
	enum evidence_state		 state = EVIDENCE_UNKNOWN;

	/*
	 * A backup of a group is silent by intention.  A host that does not
	 * find the MAC address of the peer cannot send to it.
	 */
	if (!c->partner_is_us)
		state = EVIDENCE_UNKNOWN;
	else if (c->partner_paused)
		state = EVIDENCE_ABSENT;
	else if (collector_goes_on(c, &r, now))
		state = EVIDENCE_PRESENT;
	else if (collector_stopped(&r, now) && !collector_one_sender(c) &&
	    !c->gone && c->for_peer.ours == 0)
		state = EVIDENCE_ABSENT;
	set(c, e, EVIDENCE_OUR_HEARTBEATS, state);
	if (state == EVIDENCE_ABSENT && collector_partner_stopped(c, now))
		e->flags |= EVIDENCE_OURS_FIRST;
	if (c->setting.own == NULL && c->setting.watch->profile->
	    local.family == ADDR_NONE)
		e->flags |= EVIDENCE_OURS_ASSUMED;
}

static void
set_segment(const struct collector *c, struct mono_time now,
    struct evidence *e)
{
	enum evidence_state	 state = EVIDENCE_UNKNOWN;
	unsigned		 i, silent = 0, alive = 0;

	if (collector_goes_on(c, &c->others, now))
		state = EVIDENCE_PRESENT;
	else if (collector_stopped_with_peer(c, &c->others, now))
		state = EVIDENCE_ABSENT;
	set(c, e, EVIDENCE_SEGMENT_ALIVE, state);
	for (i = 0; i < c->nothers; i++) {
		silent += collector_stopped_with_peer(c, &c->other[i].rate,
		    now);
		alive += collector_goes_on(c, &c->other[i].rate, now);
	}
	if (silent > 0 && alive > 0)
		e->flags |= EVIDENCE_PARTLY;
	if (c->nothers > 0)
		e->flags |= EVIDENCE_SHARED_LINK;
}

/* ---- signals 17, 18 and 21 */

static enum evidence_owner
owner_of(const struct collector *c)
{
	const struct collector_owner	*f = &c->floating_ip;

	if (c->setting.floating_ip.family == ADDR_NONE)
		return (EVIDENCE_OWNER_NOT_CONFIGURED);
	if (c->for_floating_ip.ours >= COLLECTOR_MISSING ||
	    c->for_floating_ip.others >= COLLECTOR_MISSING)
		return (EVIDENCE_OWNER_NOBODY);
	if (collector_never(f->latest.at))
		return (EVIDENCE_OWNER_UNKNOWN);
	if (mono_before(c->last, f->both))
		return (EVIDENCE_OWNER_BOTH);
	return (collector_owner(c, &f->latest.mac));
}

static void
set_floating_ip(const struct collector *c, struct evidence *e)
{
	struct evidence_signal	*s = &e->signals[EVIDENCE_FLOATING_IP_OWNER];
	enum evidence_owner	 owner = owner_of(c);

	set(c, e, EVIDENCE_FLOATING_IP_OWNER,
	    present_if(owner > EVIDENCE_OWNER_UNKNOWN));
	s->code = (uint8_t)owner;
	s->address = c->setting.floating_ip;
}

/*
 * Failed attempts are repeated.  A peer that opens a connection for each
 * heartbeat opens none while it is silent.
 */
static bool
handshakes_fail(const struct collector *c, struct mono_time now)
{
	int64_t	 spacing_ns;

	if (c->signals[EVIDENCE_HANDSHAKE_FAILS].code != 0 ||
	    c->shorts_after >= COLLECTOR_MISSING)
		return (true);
	if (c->shorts == 1)
		return (c->handshake_short);
	if (c->shorts < (c->handshake_short ? 2 : COLLECTOR_MISSING))
		return (false);
	spacing_ns = mono_sub(c->short_latest, c->short_first) /
	    (c->shorts - 1);
	return (mono_sub(now, c->short_latest) < 2 * spacing_ns);
}

/*
 * A capture has nothing at all from the last heartbeat until the raise, neither
 * of the peer nor of its partner: it may have a gap.
 */
static bool
may_be_gap(const struct collector *c)
{
	const struct collector_rate	*r = &c->partners;

	return (c->setting.own == NULL && !c->we_closed &&
	    (collector_never(c->next) ||
	    mono_sub(c->next, c->last) >=
	    c->setting.watch->profile->interruption_ns) &&
	    (r->before == 0 || !mono_before(r->seen,
	    mono_add(c->last, -2 * collector_longest(r)))));
}

static void
forget_absent(struct evidence *e)
{
	struct evidence_signal	*s;

	for (s = e->signals; s <= &e->signals[EVIDENCE_MAX]; s++)
		if (s->state == EVIDENCE_ABSENT)
			s->state = EVIDENCE_UNKNOWN;
	e->flags &= (uint16_t)~EVIDENCE_PARTLY;
	e->flags |= EVIDENCE_GAP;
}

/* What was seen, and proves nothing, is not shown. */
static void
empty_unknown(struct evidence *e)
{
	struct evidence_signal	*s;

	for (s = e->signals; s <= &e->signals[EVIDENCE_MAX]; s++)
		if (s->state == EVIDENCE_UNKNOWN)
			*s = (struct evidence_signal){
				.state = s->state, .code = s->code,
			};
}

void
collector_evidence(const struct collector *c, struct mono_time now,
    struct evidence *e)
{
	set_stops(c, e);
	set_peer(c, now, e);
	set_deaf(c, now, e);
	set_unanswered(c, e);
	set_ours(c, now, e);
	set_segment(c, now, e);
	set_floating_ip(c, e);
	set(c, e, EVIDENCE_OTHER_ACTIVE, present_if(
	    c->signals[EVIDENCE_OTHER_ACTIVE].count > 0));
	set(c, e, EVIDENCE_HANDSHAKE_FAILS,
	    present_if(handshakes_fail(c, now)));
	if (c->received)
		e->flags |= EVIDENCE_RECEIVED;
	if (may_be_gap(c))
		forget_absent(e);
	if (c->routed)
		e->flags |= EVIDENCE_ROUTED;
	if (c->same_process)
		e->flags |= EVIDENCE_SAME_PROCESS;
	if (c->new_process)
		e->flags |= EVIDENCE_NEW_PROCESS;
	empty_unknown(e);
}
