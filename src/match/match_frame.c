/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/array.h"
#include "base/hash.h"
#include "match/match_table.h"
#include "packet/decapsulate.h"

/* True for the configured address; if none is configured, for each one. */
static bool
addr_fits(const struct addr *configured, const struct addr *addr)
{
	return (configured->family == ADDR_NONE ||
	    addr_equal(configured, addr));
}

static bool
vlan_fits(const struct configuration_watch *w, uint32_t vlan)
{
	return (w->profile->vlan == VLAN_ANY || w->profile->vlan == vlan);
}

/* For a slot with the right form and peer: compares what is not in the slot. */
static inline bool
slot_matches(const struct match *m, const struct slot *slot,
    const struct addr *peer, const struct packet *packet)
{
	const struct configuration_watch *w;

	if (peer->family != ADDR_IPV6 &&
	    (slot->form & (FORM_MORE | FORM_VLAN)) == 0)
		return (true);
	w = m->config->watches[slot->watch];
	return (addr_equal(&w->peer, peer) && vlan_fits(w, packet->vlan) &&
	    addr_fits(&w->profile->local, &packet->destination));
}

/* The arguments that all look-ups of a frame have in common. */
struct query {
	const struct capture_frame *frame;
	const struct packet	*packet;
	enum packet_verdict	 verdict;	/* of the packet */
	enum packet_fault	 fault;		/* PACKET_FAULTS: not known */
	uint64_t		 content;	/* 0: not computed yet */
	bool			 copy;		/* for follow() */
	match_found		*found;
	void			*arg;
	match_rejected		*rejected;	/* or NULL */
	void			*rejected_arg;
};

static inline uint64_t
content_of(struct query *q)
{
	if (q->content == 0)
		q->content = packet_content(q->packet);
	return (q->content);
}

/* The fault that the packet has for every watch. */
static inline enum packet_fault
common_fault(struct query *q)
{
	if (q->fault == PACKET_FAULTS)
		q->fault = packet_fault_find(q->frame, q->packet, q->verdict);
	return (q->fault);
}

static enum packet_fault
watch_fault(const struct configuration_profile *p, struct query *q)
{
	const uint8_t	*mac = q->packet->mac;

	if (p->has_peer_mac && (mac == NULL ||
	    memcmp(mac, p->peer_mac.octets, MAC_LENGTH) != 0))
		return (PACKET_FAULT_MAC);
	if (common_fault(q) == PACKET_FAULT_NONE &&
	    q->packet->hop_limit < p->hop_limit)
		return (PACKET_FAULT_FAR);
	return (common_fault(q));
}

static inline void
report(uint32_t watch, struct heartbeat *heartbeat, struct query *q)
{
	heartbeat->packet = q->packet;
	heartbeat->content = content_of(q);
	q->found(q->arg, watch, heartbeat);
}

/* Hands out a packet that the watch counts if it has no fault. */
static void __attribute__((noinline))
report_or_reject(const struct match *m, uint32_t watch,
    struct heartbeat *heartbeat, struct query *q)
{
	struct match_rejection	 r = { .watch = watch, .packet = q->packet };

	r.fault = watch_fault(m->config->watches[watch]->profile, q);
	if (r.fault == PACKET_FAULT_NONE)
		report(watch, heartbeat, q);
	else if (q->rejected != NULL)
		q->rejected(q->rejected_arg, &r);
}

/*
 * Finds the slots with this form and with `hash` as their peer.  The usual case
 * is a packet without a fault and a watch without further options.
 */
static inline void __attribute__((always_inline))
look_up_slots(const struct match *m, uint32_t form, uint32_t hash,
    const struct addr *peer, struct heartbeat *heartbeat, struct query *q)
{
	const struct slot	*slot;

	for (slot = &m->slots[bucket(m, hash_of(form, hash))];
	    slot->form != FORM_NONE; slot++) {
		if (slot->peer != hash || (slot->form & ~FORM_MORE) != form ||
		    !slot_matches(m, slot, peer, q->packet))
			continue;
		if (q->fault == PACKET_FAULT_NONE && slot->form == form)
			report(slot->watch, heartbeat, q);
		else
			report_or_reject(m, slot->watch, heartbeat, q);
	}
}

/* Finds the watches without `vlan`, and those with the VLAN of the packet. */
static void
look_up(const struct match *m, uint32_t form, const struct addr *peer,
    struct heartbeat *heartbeat, struct query *q)
{
	uint32_t	 hash = peer_hash(peer);

	form |= (uint32_t)peer->family << FORM_FAMILY_SHIFT;
	look_up_slots(m, form, hash, peer, heartbeat, q);
	if (m->has_vlan)
		look_up_slots(m, form | FORM_VLAN,
		    in_vlan(hash, q->packet->vlan), peer, heartbeat, q);
}

/* Finds the watches of a heartbeat, after common_fault. */
static inline void __attribute__((always_inline))
look_up_keys(const struct match *m, const struct used_protocol *used,
    struct heartbeat *heartbeat, struct query *q)
{
	static const struct addr	 any_peer;
	uint32_t			 form;
	unsigned			 k;

	for (k = 0; k < heartbeat->keys; k++) {
		if (heartbeat->key[k] > FORM_KEY_MAX)
			continue;
		form = used->form | heartbeat->key[k];
		look_up(m, form, &heartbeat->sender, heartbeat, q);
		if (used->protocol->any_sender)
			look_up(m, form, &any_peer, heartbeat, q);
	}
}

static void
report_senders(const struct match *m, uint32_t form, uint32_t hash,
    const struct heartbeat *heartbeat, const struct query *q)
{
	const struct configuration_watch *w;
	const struct slot	*slot;
	struct match_sender	 sender = {
		.heartbeat = heartbeat, .packet = q->packet,
		.ifindex = packet_ifindex(q->frame->link_type, q->frame->bytes,
		    q->frame->captured),
	};

	for (slot = &m->slots[bucket(m, hash_of(form, hash))];
	    slot->form != FORM_NONE; slot++) {
		if (slot->peer != hash || slot->form != form)
			continue;
		w = m->config->watches[slot->watch];
		if (!vlan_fits(w, q->packet->vlan) || (!q->packet->sent_here &&
		    q->packet->hop_limit < w->profile->hop_limit))
			continue;
		sender.watch = slot->watch;
		m->sent(m->sent_arg, &sender);
	}
}

/*
 * Finds the watches of the group that the packet is about.  Packets of this
 * host may have no checksum yet.
 */
static void __attribute__((noinline))
look_up_senders(const struct match *m, const struct used_protocol *used,
    const struct heartbeat *heartbeat, struct query *q)
{
	uint32_t	 form = used->form | heartbeat->key[0] | FORM_SENDERS;

	if (m->sent == NULL || heartbeat->key[0] > FORM_KEY_MAX ||
	    (!q->packet->sent_here && common_fault(q) != PACKET_FAULT_NONE))
		return;
	report_senders(m, form, 0, heartbeat, q);
	if (m->has_vlan)
		report_senders(m, form | FORM_VLAN, in_vlan(0,
		    q->packet->vlan), heartbeat, q);
}

/* How many watches accept a packet, and how many reject it. */
struct votes {
	unsigned	 accepted;
	unsigned	 rejected;
};

static void
count_accepted(void *arg, uint32_t watch, const struct heartbeat *heartbeat)
{
	struct votes	*votes = arg;

	(void)watch;
	(void)heartbeat;
	votes->accepted++;
}

static void
count_rejected(void *arg, const struct match_rejection *rejection)
{
	struct votes	*votes = arg;

	(void)rejection;
	votes->rejected++;
}

/*
 * True when the state of follow() must not depend on the packet, because it has
 * a fault, or because all watches of its sender and port exclude it by
 * `peer-mac` or `hop-limit`.
 */
static bool __attribute__((noinline))
is_excluded(const struct match *m, const struct used_protocol *used,
    struct query *q)
{
	struct votes		 votes = { 0, 0 };
	struct query		 probe;
	struct heartbeat	 heartbeat;

	if (q->packet->sent_here)
		return (false);
	if (common_fault(q) != PACKET_FAULT_NONE)
		return (true);
	if (!used->limited)
		return (false);
	probe = *q;
	probe.found = count_accepted;
	probe.rejected = count_rejected;
	probe.arg = probe.rejected_arg = &votes;
	(void)ports_heartbeat(q->packet, &heartbeat);
	look_up_keys(m, used, &heartbeat, &probe);
	return (votes.accepted == 0 && votes.rejected > 0);
}

/*
 * Calls follow(), but not for the copy of a segment, because follow() would
 * take repeated segments for keepalives.  The copy of a keepalive is decoded,
 * so that the caller can count it.  Other segments may well be equal, such as
 * the acknowledgements after a lost packet.  Equal segments of two VLANs are no
 * copies, and without a timestamp copies are not recognised.
 *
 * A segment that is excluded is decoded, so that it is reported.
 */
static bool
follow(const struct match *m, const struct used_protocol *used,
    struct heartbeat *heartbeat, struct query *q)
{
	const struct protocol	*protocol = used->protocol;
	int64_t			 ns = q->frame->timestamp.ns;
	uint64_t		 segment, keepalive;

	if (is_excluded(m, used, q))
		return (protocol->decode(q->packet, heartbeat));
	if (wall_is_never(q->frame->timestamp))
		return (protocol->follow(used->memory, q->packet, heartbeat));
	segment = hash_word(content_of(q), q->packet->vlan);
	/* The hash of a keepalive is added to the table too. */
	keepalive = hash_word(segment, 1);
	q->copy = copy_table_age(used->copies, segment, ns) != INT64_MAX;
	if (q->copy)
		return (copy_table_age(used->copies, keepalive, ns) !=
		    INT64_MAX && protocol->decode(q->packet, heartbeat));
	copy_table_add(used->copies, segment, ns);
	if (!protocol->follow(used->memory, q->packet, heartbeat))
		return (false);
	copy_table_add(used->copies, keepalive, ns);
	return (true);
}

static void
match_protocol(const struct match *m, const struct used_protocol *used,
    struct query *q)
{
	const struct protocol	*protocol = used->protocol;
	struct heartbeat	 heartbeat;

	q->copy = false;
	if (protocol->follow != NULL ? !follow(m, used, &heartbeat, q) :
	    !protocol->decode(q->packet, &heartbeat))
		return;
	heartbeat.copy = q->copy;
	(void)common_fault(q);
	look_up_keys(m, used, &heartbeat, q);
	if (used->senders)
		look_up_senders(m, used, &heartbeat, q);
}

/*
 * Makes *untagged a copy of a frame of the `any` device without its VLAN tags.
 * False when it has none, or when memory is exhausted.
 */
static bool
untag(struct match *m, const struct capture_frame *frame,
    struct capture_frame *untagged)
{
	size_t	 length;

	if (!array_reserve(&m->untagged, &m->untagged_size, frame->captured, 1))
		return (false);
	length = packet_untag_cooked(frame->link_type, frame->bytes,
	    frame->captured, frame->wire, m->untagged);
	*untagged = *frame;
	untagged->bytes = m->untagged;
	untagged->captured = length;
	untagged->wire -= frame->captured - length;
	return (length > 0);
}

/*
 * `any` also captures the loopback, where this host sends all packets.  They
 * count only for a watch of `lo`, or with a loopback address as its peer.
 */
static bool
is_loopback_on_any(const struct match *m, const struct addr *source)
{
	return (m->own != NULL && own_addresses_is_loopback(source) &&
	    m->interface != NULL && strcmp(m->interface, "any") == 0);
}

/*
 * For frames of the `any` device pcap-filter has no `vlan`, so an expression is
 * also tried on the frame without its tags.
 *
 * The packet must match the expression and have the `peer`, the `local` and the
 * `vlan` of the watch, if it has these options.
 */
static void
match_expressions(struct match *m, const struct capture_frame *frame,
    struct query *q)
{
	const struct configuration_watch *w;
	const struct packet	*packet = q->packet;
	const struct expression	*e;
	struct heartbeat	 heartbeat = {
		.sender = packet->source, .keys = 1, .alive = true,
	};
	struct capture_frame	 untagged;
	bool			 tagged = untag(m, frame, &untagged);
	bool			 loopback = is_loopback_on_any(m,
				    &packet->source);
	size_t			 i;

	for (i = 0; i < m->nexpressions; i++) {
		e = &m->expressions[i];
		w = m->config->watches[e->watch];
		if (!vlan_fits(w, packet->vlan) ||
		    !addr_fits(&w->peer, &packet->source) ||
		    !addr_fits(&w->profile->local, &packet->destination) ||
		    (loopback && w->peer.family == ADDR_NONE))
			continue;
		if (e->compiled != NULL &&
		    (capture_expression_matches(e->compiled, frame) ||
		    (tagged && capture_expression_matches(e->compiled,
		    &untagged))))
			report_or_reject(m, e->watch, &heartbeat, q);
	}
}

/*
 * False when the packet cannot be a heartbeat of the protocol.  The transport
 * and the ports exclude most packets before decode() or follow() is called.
 */
static inline bool
may_match(const struct used_protocol *used, const struct packet *packet)
{
	if (used->transport == 0)
		return (true);
	return (used->transport == packet->protocol &&
	    (ports_have(used, packet->source_port) ||
	    ports_have(used, packet->destination_port)));
}

/* A packet that this host sent is no heartbeat. */
static void
follow_sent(const struct match *m, struct query *q)
{
	const struct used_protocol	*used;
	struct heartbeat		 heartbeat;
	size_t				 i;

	for (i = 0; i < m->nused; i++) {
		used = &m->used[i];
		if (!may_match(used, q->packet))
			continue;
		if (used->protocol->follow != NULL)
			(void)follow(m, used, &heartbeat, q);
		else if (used->senders &&
		    used->protocol->decode(q->packet, &heartbeat))
			look_up_senders(m, used, &heartbeat, q);
	}
}

/* True for an address of this host. */
static inline bool
is_own(const struct match *m, const struct addr *source)
{
	return (m->own != NULL && own_addresses_may_have(m->own, source) &&
	    own_addresses_have(m->own, source, m->interface));
}

bool
match_prefilter_packet(const struct match *m, const struct capture_frame *frame,
    enum packet_verdict verdict, const struct packet *packet)
{
	struct capture_frame	 inner;
	size_t			 i;

	if (m->nexpressions > 0 ||
	    (m->inner_ip != NULL && decapsulate_next(frame, &inner)))
		return (true);
	for (i = 0; i < m->nused && verdict == PACKET_IP; i++)
		if (may_match(&m->used[i], packet))
			return (true);
	return (false);
}

bool
match_prefilter(const struct match *m, const struct capture_frame *frame)
{
	struct packet		 packet;
	enum packet_verdict	 verdict;

	verdict = packet_decode(frame->link_type, frame->bytes,
	    frame->captured, frame->wire, &packet);
	return (match_prefilter_packet(m, frame, verdict, &packet));
}

/*
 * Looks up the watches of a frame, but not those inside of it.  If *sent_here,
 * this host sent the frame around it.  Sets it if this host sent this frame.
 */
static enum packet_verdict
match_table(struct match *m, const struct capture_frame *frame,
    match_found *found, void *arg, bool *sent_here)
{
	struct packet		 packet;
	struct query		 q = {
		.frame = frame, .packet = &packet, .fault = PACKET_FAULTS,
		.found = found, .arg = arg,
		.rejected = m->rejected, .rejected_arg = m->rejected_arg,
	};
	enum packet_verdict	 verdict;
	size_t			 i;

	verdict = q.verdict = decapsulate_decode(frame, &packet);
	packet.sent_here |= *sent_here || is_own(m, &packet.source);
	*sent_here = packet.sent_here;
	if (packet.sent_here) {
		if (verdict == PACKET_IP)
			follow_sent(m, &q);
		return (verdict);
	}
	if (verdict == PACKET_IP)
		for (i = 0; i < m->nused; i++)
			if (may_match(&m->used[i], &packet))
				match_protocol(m, &m->used[i], &q);
	if (m->nexpressions > 0)
		match_expressions(m, frame, &q);
	return (verdict);
}

/* The argument of found_once. */
struct once {
	struct match	*match;
	match_found	*found;
	void		*arg;
};

/* Hands out a watch unless it was already found in the same frame. */
static void
found_once(void *arg, uint32_t watch, const struct heartbeat *heartbeat)
{
	const struct once	*once = arg;
	uint64_t		*counted = &once->match->counted[watch];

	if (*counted == once->match->frame)
		return;
	*counted = once->match->frame;
	once->found(once->arg, watch, heartbeat);
}

/*
 * Looks up the watches of a frame and of all frames inside of it.  Not inlined,
 * so that match_frame has few instructions without `decapsulate`.
 */
static enum packet_verdict __attribute__((noinline))
match_inside(struct match *m, const struct capture_frame *frame,
    match_found *found, void *arg)
{
	struct once		 once = { m, found, arg };
	struct capture_frame	 outer = *frame, inner;
	enum packet_verdict	 verdict;
	bool			 sent_here = false;
	unsigned		 depth;

	m->frame++;
	verdict = match_table(m, frame, found_once, &once, &sent_here);
	for (depth = 0; depth < DECAPSULATE_DEPTH_MAX &&
	    decapsulate_next(&outer, &inner); depth++) {
		(void)match_table(inner.link_type == DECAPSULATE_IP ?
		    m->inner_ip : m->inner_ethernet, &inner, found_once, &once,
		    &sent_here);
		outer = inner;
	}
	return (verdict);
}

enum packet_verdict
match_frame(struct match *m, const struct capture_frame *frame,
    match_found *found, void *arg)
{
	bool	 sent_here = false;

	if (m->inner_ip != NULL)
		return (match_inside(m, frame, found, arg));
	return (match_table(m, frame, found, arg, &sent_here));
}

bool
match_needs_payload(const struct match *m)
{
	return (m->nexpressions > 0 || m->inner_ip != NULL);
}
