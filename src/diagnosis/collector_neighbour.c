/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "diagnosis/collector_neighbour.h"

/* Two senders of a group within this time are active together. */
#define CLAIM_NS	(10 * NSEC_PER_SEC)
/* The kernel repeats a request that is not answered about once a second. */
#define REQUESTS_NS	(3 * NSEC_PER_SEC)
/* A host that receives the answer asks again much later. */
#define REPEAT_NS	(1500 * NSEC_PER_MSEC)
/* The peer's requests for us count from this long before the silence. */
#define DEAF_NS		(5 * NSEC_PER_SEC)

/* ---- two claimants */

/* Two senders that are active in turn, not one after the other. */
static bool
on_claim(struct collector_claims *claims, const struct collector_claim *claim,
    bool same, int64_t persist_ns)
{
	if (same || collector_never(claims->latest.at)) {
		claims->latest = *claim;
		return (false);
	}
	if (!collector_never(claims->other.at) &&
	    mono_sub(claim->at, claims->other.at) <= CLAIM_NS) {
		if (collector_never(claims->changed) ||
		    mono_sub(claim->at, claims->changed) > CLAIM_NS) {
			claims->returns = 0;
			claims->since = claims->latest.at;
		}
		claims->changed = claim->at;
		/* When a node takes over, both send for a moment. */
		if (mono_sub(claim->at, claims->since) >= persist_ns)
			claims->returns++;
	} else {
		claims->returns = 0;
	}
	claims->other = claims->latest;
	claims->latest = *claim;
	return (claims->returns >= 2);
}

/* The latest and the other claimant change places only if they are the same. */
void
collector_claim(struct collector *c, struct collector_claims *claims,
    const struct collector_claim *claim, bool same, bool other,
    int64_t persist_ns, const struct diagnosis_frame *f)
{
	if (!same && !other)		/* a third one, or the second */
		claims->other = (struct collector_claim){ .at = { 0 } };
	/* A node that became silent is not active any more. */
	if (on_claim(claims, claim, same, persist_ns) &&
	    mono_before(c->last, claims->other.at))
		collector_see(c, EVIDENCE_OTHER_ACTIVE, f);
}

/* ---- ARP and ND */

static void
on_request(struct collector_requests *r, const struct collector_view *v)
{
	const struct diagnosis_frame	*f = v->frame;
	bool				 again;

	if (v->from_partner) {
		r->ours++;
	} else {
		again = collector_addr_is(&r->asker, &f->asker) &&
		    mono_sub(f->at, r->latest) <= REQUESTS_NS;
		r->others = again ? r->others + 1 : 1;
		r->asker = f->asker;
		r->latest = f->at;
	}
}

void
collector_answered(struct collector_requests *r)
{
	r->ours = r->others = 0;
}

/*
 * A host that does not answer is gone.  What it sends later shows that it came
 * back, but not that it ran all the time.
 */
static void
on_request_for_peer(struct collector *c, const struct collector_view *v)
{
	struct collector_requests	*r = &c->for_peer;

	on_request(r, v);
	if (c->returned || (r->ours < COLLECTOR_MISSING &&
	    r->others < COLLECTOR_MISSING))
		return;
	c->gone = true;
	c->signals[EVIDENCE_PEER_OTHER_TRAFFIC].count = 0;
	collector_see(c, EVIDENCE_ARP_UNANSWERED, v->frame)->count =
	    r->ours > r->others ? r->ours : r->others;
}

static void
on_floating_claim(struct collector *c, const struct collector_view *v)
{
	const struct diagnosis_frame	*f = v->frame;
	struct collector_owner		*owner = &c->floating_ip;
	struct mono_time		 before = owner->latest.at;

	if (!mac_is_known(&f->source))
		return;
	collector_answered(&c->for_floating_ip);
	if (!collector_never(before) &&
	    !collector_mac_equal(&owner->latest.mac, &f->source) &&
	    claims_change(&owner->claims, before, f->at)) {
		owner->both = f->at;
		/* A node that became silent is not active any more. */
		if (mono_before(c->last, before))
			collector_see(c, EVIDENCE_OTHER_ACTIVE, f);
	}
	owner->latest = (struct collector_claim){
		f->source, f->packet.source, f->at,
	};
}

enum evidence_owner
collector_owner(const struct collector *c, const struct mac *mac)
{
	unsigned	 i;

	if (collector_mac_equal(mac, &c->setting.own_mac) ||
	    collector_mac_equal(mac, &c->partner_mac))
		return (EVIDENCE_OWNER_HERE);
	for (i = 0; i < c->nmacs; i++)
		if (collector_mac_equal(mac, &c->macs[i]))
			return (EVIDENCE_OWNER_PEER);
	/* It is another host only if the addresses of both nodes are known. */
	return (mac_is_virtual(mac->octets) || c->nmacs == 0 ||
	    (!mac_is_known(&c->setting.own_mac) &&
	    !mac_is_known(&c->partner_mac)) ?
	    EVIDENCE_OWNER_UNKNOWN : EVIDENCE_OWNER_ELSEWHERE);
}

/*
 * The peer requests our address, we answer, and it requests it again.  It may
 * use several of our addresses, and requests each of them.
 */
static void
on_deaf(struct collector *c, const struct collector_view *v, bool request)
{
	const struct diagnosis_frame	*f = v->frame;
	struct evidence_signal		*s;

	if (c->returned || mono_sub(c->last, f->at) > DEAF_NS)
		return;
	if (!request) {
		if (c->deaf_requests > 0 &&
		    addr_equal(&c->deaf_address, &f->address))
			c->deaf_replies++;
		return;
	}
	if (mono_sub(f->at, c->deaf_latest) > REPEAT_NS) {
		c->deaf_requests = c->deaf_replies = 0;
		c->deaf_address = f->address;
	} else if (!addr_equal(&c->deaf_address, &f->address)) {
		return;
	}
	c->deaf_requests++;
	c->deaf_latest = f->at;
	s = &c->signals[EVIDENCE_PEER_DOES_NOT_HEAR_US];
	s->at = f->wall;
	s->mac = f->source;
	s->address = f->packet.source;
}

void
collector_neighbour(struct collector *c, const struct collector_view *v)
{
	const struct diagnosis_frame	*f = v->frame;
	const struct addr		*target = &c->setting.next_hop;
	bool				 ours;

	if (target->family == ADDR_NONE)
		target = &c->peer;
	ours = collector_is_ours(c, &f->address) ||
	    collector_addr_is(&c->partner, &f->address);
	if (f->kind == DIAGNOSIS_REQUEST) {
		if (v->after && collector_addr_is(target, &f->address))
			on_request_for_peer(c, v);
		if (collector_addr_is(&c->setting.floating_ip, &f->address))
			on_request(&c->for_floating_ip, v);
		if (v->from_peer && ours)
			on_deaf(c, v, true);
	} else {
		if (collector_addr_is(target, &f->address)) {
			if (v->after && mono_before(collector_overdue(c),
			    f->at))
				c->peer_answered = true;
			collector_answered(&c->for_peer);
		}
		if (collector_addr_is(&c->setting.floating_ip, &f->address))
			on_floating_claim(c, v);
		if (v->from_partner && ours)
			on_deaf(c, v, false);
	}
	if (v->from_partner && mac_is_known(&f->source))
		c->partner_mac = f->source;
}

/* ---- the network of the peer starts */

static bool
is_link_local(const struct addr *a)
{
	return (a->family == ADDR_IPV6 && a->octets[0] == 0xfe &&
	    (a->octets[1] & 0xc0) == 0x80);
}

/* Signs of each start.  A global IPv6 address may be a floating IP. */
static enum evidence_reboot
start_of_network(const struct diagnosis_frame *f)
{
	switch (f->kind) {
	case DIAGNOSIS_PROBE:
		if (f->address.family == ADDR_IPV4)
			return (EVIDENCE_REBOOT_ARP_PROBE);
		return (is_link_local(&f->address) ? EVIDENCE_REBOOT_DAD : 0);
	case DIAGNOSIS_DHCP:
		return (EVIDENCE_REBOOT_DHCP);
	case DIAGNOSIS_JOIN:
		return (f->packet.source.family == ADDR_IPV6 &&
		    addr_is_unspecified(&f->packet.source) ?
		    EVIDENCE_REBOOT_MLD : 0);
	default:
		return (0);
	}
}

/*
 * The instance stopped, and not the host: what we sent next was refused.  A
 * host that restarts refuses it only after a time without an answer.  An
 * orderly restart stops the instance first, and then nothing is answered.
 */
static bool
ended_at_once(const struct collector *c)
{
	struct mono_time	 limit = mono_add(collector_overdue(c),
				    3 * collector_longest(&c->partners));

	return (!c->gone && !collector_never(c->peer_ended) &&
	    mono_before(c->peer_ended, limit));
}

void
collector_start(struct collector *c, const struct collector_view *v)
{
	enum evidence_reboot	 how = start_of_network(v->frame);

	if (how != 0 && !c->returned && !ended_at_once(c) &&
	    mono_before(collector_overdue(c), v->frame->at))
		collector_see(c, EVIDENCE_PEER_REBOOTED, v->frame)->code =
		    (uint8_t)how;
}
