/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "diagnosis/collector_state.h"

/* BFD sends once a second while it is not Up: RFC 5880, section 6.8.3. */
#define SLOW_NS		(1100 * NSEC_PER_MSEC)
/* A peer reacts within this time when our instance stops. */
#define REACTION_NS		(60 * NSEC_PER_SEC)

/* ---- times */

int64_t
collector_mean(const struct collector_rate *r)
{
	if (r->before < COLLECTOR_MISSING)
		return (0);
	return (mono_sub(r->latest, r->first) / (r->before - 1));
}

int64_t
collector_interval(const struct collector *c)
{
	return (c->setting.interval_ns > 0 ? c->setting.interval_ns :
	    collector_mean(&c->heartbeats));
}

int64_t
collector_assumed(const struct collector *c)
{
	int64_t	 interval = collector_interval(c);

	return (interval > 0 ? interval :
	    c->setting.watch->profile->interruption_ns / 5);
}

struct mono_time
collector_overdue(const struct collector *c)
{
	int64_t	 interval = collector_assumed(c);

	return (mono_add(c->last, interval + interval / 4));
}

int64_t
collector_longest(const struct collector_rate *r)
{
	int64_t	 mean = collector_mean(r), longest;

	longest = mean > r->gap_ns ? mean : r->gap_ns;
	return (longest > COLLECTOR_GAP_NS ? longest : COLLECTOR_GAP_NS);
}

bool
collector_goes_on(const struct collector *c, const struct collector_rate *r,
    struct mono_time now)
{
	if (r->after == 0 || !mono_before(collector_overdue(c), r->seen))
		return (false);
	return (r->before < COLLECTOR_MISSING ||
	    mono_sub(now, r->seen) <
	    COLLECTOR_MISSING * collector_longest(r));
}

/* A burst, such as a TLS handshake, is not a baseline for an absence. */
bool
collector_stopped(const struct collector_rate *r, struct mono_time now)
{
	int64_t	 least_ns = COLLECTOR_MISSING * collector_longest(r);

	return (r->before >= COLLECTOR_MISSING &&
	    mono_sub(r->latest, r->first) >= least_ns &&
	    mono_sub(now, r->seen) >= least_ns);
}

bool
collector_stopped_with_peer(const struct collector *c,
    const struct collector_rate *r, struct mono_time now)
{
	int64_t	 near_ns = 2 * collector_longest(r);

	/* The last frame may be later than the last heartbeat. */
	return (collector_stopped(r, now) &&
	    mono_sub(r->seen, c->last) <= near_ns &&
	    mono_sub(c->last, r->seen) <= near_ns &&
	    mono_sub(r->latest, r->first) >= COLLECTOR_MISSING * near_ns);
}

struct evidence_signal *
collector_see(struct collector *c, enum evidence_number number,
    const struct diagnosis_frame *f)
{
	struct evidence_signal	*s = &c->signals[number];

	s->count++;
	s->at = f->wall;
	s->mac = f->source;
	s->address = f->packet.source;
	return (s);
}

/* ---- hosts and ports */

bool
collector_is_ours(const struct collector *c, const struct addr *a)
{
	const struct configuration_profile	*p = c->setting.watch->profile;

	if (!collector_addr_known(a))
		return (false);
	if (c->setting.own == NULL)
		return (collector_addr_is(&p->local, a));
	return (own_addresses_have(c->setting.own, a, p->interface));
}

bool
collector_has_port(const struct collector *c, const struct packet *packet)
{
	const struct heartbeat_form	*form =
					    &c->setting.watch->profile->form;
	const struct protocol		*p = form->protocol;
	uint32_t			 ports[2], more, i, n;

	ports[0] = packet->source_port;
	ports[1] = packet->destination_port;
	if (p->transport != 0 && packet->protocol != p->transport)
		return (false);
	if (p->transport != IPPROTO_UDP && p->transport != IPPROTO_TCP)
		return (true);
	more = form->key == p->default_key ? p->default_more : 0;
	for (i = 0; i < 2; i++) {
		if (p->ports[0] == 0 && ports[i] >= form->key &&
		    ports[i] <= form->key + more)
			return (true);
		for (n = 0; n < 2; n++)
			if (p->ports[n] != 0 && ports[i] == p->ports[n])
				return (true);
	}
	return (false);
}

bool
collector_one_sender(const struct collector *c)
{
	const char	*name = c->setting.watch->profile->form.protocol->name;

	return (strcmp(name, "vrrp") == 0 || strcmp(name, "carp") == 0);
}

struct collector_rate
collector_partner_rate(const struct collector *c)
{
	struct collector_rate	 r = c->partners;
	const char		*name = c->setting.watch->profile->
				    form.protocol->name;

	if (strcmp(name, "bfd") == 0 && r.gap_ns < SLOW_NS)
		r.gap_ns = SLOW_NS;
	return (r);
}

/*
 * Our instance only answers heartbeats, so it stops when the peer stops.  If it
 * stops first, it does not answer the last one.
 */
static bool
answered_last(const struct collector *c)
{
	const struct collector_rate	*r = &c->partners;

	return (c->answers >= COLLECTOR_MISSING &&
	    10 * c->answers >= 9 * (r->before + r->after) &&
	    !mono_before(r->seen, c->last));
}

/*
 * Our instance sends requests, and the next one only after a reply.  It waits
 * if the peer did not reply to the last one.
 */
static bool
waits_for_reply(const struct collector *c)
{
	const struct collector_rate	*r = &c->heartbeats;

	return (c->replies >= COLLECTOR_MISSING &&
	    10 * c->replies >= 9 * (r->before + r->after) &&
	    mono_before(c->last, c->partners.seen));
}

bool
collector_partner_stopped(const struct collector *c, struct mono_time now)
{
	const struct collector_rate	 slow = collector_partner_rate(c);
	const struct collector_rate	*r = &c->partners;
	int64_t				 due_ns = collector_longest(r);

	if (c->partner_paused)
		return (true);
	if (!collector_stopped(&slow, now) || collector_one_sender(c) ||
	    (c->partner_repeats && !c->we_closed) ||
	    /* Our kernel would acknowledge it without our process. */
	    (c->repeated >= COLLECTOR_REPEATED && !c->we_closed) ||
	    mono_sub(c->last, r->seen) > REACTION_NS)
		return (false);
	if (c->we_closed)
		return (!c->closed_late);
	if (answered_last(c) || waits_for_reply(c))
		return (false);
	/* It also stops because the peer has ended the connection. */
	return (!mono_before(mono_add(c->last, 2 * due_ns), r->seen) &&
	    (collector_never(c->peer_ended) ||
	    mono_before(mono_add(r->seen, due_ns), c->peer_ended)));
}
