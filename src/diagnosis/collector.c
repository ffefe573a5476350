/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "diagnosis/collector.h"
#include "diagnosis/collector_neighbour.h"
#include "diagnosis/collector_tcp.h"

/* A graceful stop may be announced this long before the last heartbeat. */
#define STOP_GRACE_NS	(3 * NSEC_PER_SEC)

/* An answer to a heartbeat comes within this time and share of the interval. */
#define ANSWER_NS	(10 * NSEC_PER_MSEC)
#define ANSWER_SHARE	20
/* The peer needs more time for a reply, and the network, too. */
#define REPLY_SHARE	4

static void
count(struct collector_rate *r, const struct collector_view *v)
{
	struct mono_time	 at = v->frame->at;
	int64_t			 gap;

	r->seen = at;
	if (v->after) {
		r->after++;
		return;
	}
	gap = r->before == 0 ? 0 : mono_sub(at, r->latest);
	/* A host sends some frames when it starts, and others only later. */
	if (!r->restarted && gap > mono_sub(r->latest, r->first) &&
	    gap > COLLECTOR_GAP_NS && r->before >= COLLECTOR_MISSING) {
		*r = (struct collector_rate){ .seen = at, .restarted = true };
		gap = 0;
	}
	if (r->before++ == 0)
		r->first = at;
	if (gap > r->gap_ns)
		r->gap_ns = gap;
	r->latest = at;
}

/* ---- hosts */

/*
 * False for a frame that is not from the peer although it may have its address:
 * the option `peer-mac` has another MAC address.
 */
static bool
may_be_of_peer(const struct collector *c, const struct diagnosis_frame *f)
{
	const struct configuration_profile	*p = c->setting.watch->profile;

	return (!p->has_peer_mac || !mac_is_known(&f->source) ||
	    collector_mac_equal(&p->peer_mac, &f->source));
}

static bool
is_of_peer(const struct collector *c, const struct diagnosis_frame *f)
{
	unsigned	 i;

	if (!may_be_of_peer(c, f))
		return (false);
	if (collector_addr_is(&c->peer, &f->packet.source))
		return (true);
	for (i = 0; i < c->nmacs && !c->routed; i++)
		if (collector_mac_equal(&c->macs[i], &f->source))
			return (true);
	return (false);
}

/* Learns a MAC address of the peer, unless it is that of a router. */
static void
learn_mac(struct collector *c, const struct diagnosis_frame *f)
{
	unsigned	 i, size = sizeof(c->macs) / sizeof(c->macs[0]);

	if (!mac_is_known(&f->source) || c->routed)
		return;
	for (i = 0; i < c->nmacs; i++)
		if (collector_mac_equal(&c->macs[i], &f->source))
			return;
	if (c->nmacs < size)
		c->macs[c->nmacs++] = f->source;
}

/* A router reduces the hop limit, which starts at one of these values. */
static bool
hop_limit_reduced(uint8_t hop_limit)
{
	return ((hop_limit > 52 && hop_limit < 64) ||
	    (hop_limit > 116 && hop_limit < 128) ||
	    (hop_limit > 243 && hop_limit < 255));
}

static struct collector_view
view_of(const struct collector *c, const struct diagnosis_frame *f)
{
	struct collector_view	 v = { .frame = f };
	const struct addr	*source = &f->packet.source;

	v.after = mono_before(c->last, f->at);
	v.from_us = f->sent_here || collector_is_ours(c, source) ||
	    collector_mac_equal(&c->setting.own_mac, &f->source);
	v.from_peer = !v.from_us && is_of_peer(c, f);
	v.from_partner = v.from_us || (!v.from_peer &&
	    (collector_addr_is(&c->partner, source) ||
	    collector_mac_equal(&c->partner_mac, &f->source)));
	return (v);
}

/* ---- heartbeats */

static const struct heartbeat_form *
form_of(const struct collector *c)
{
	return (&c->setting.watch->profile->form);
}

static bool
has_key(const struct collector *c, const struct heartbeat *h)
{
	const struct heartbeat_form	*form = form_of(c);
	uint32_t			 more;
	unsigned			 i;

	more = form->key == form->protocol->default_key ?
	    form->protocol->default_more : 0;
	for (i = 0; i < h->keys; i++)
		if (h->key[i] >= form->key && h->key[i] <= form->key + more)
			return (true);
	return (false);
}

/* Decodes a packet of the watch's protocol and key, of any sender. */
static bool
decode(const struct collector *c, const struct diagnosis_frame *f,
    struct heartbeat *h)
{
	const struct configuration_profile	*p = c->setting.watch->profile;

	if (f->verdict != PACKET_IP || p->form.protocol->decode == NULL ||
	    (p->vlan != VLAN_ANY && f->packet.vlan != p->vlan))
		return (false);
	return (p->form.protocol->decode(&f->packet, h) && has_key(c, h));
}

/*
 * True for a heartbeat that the watch counts.  Some protocols cannot be
 * recognised by one packet: for these the main capture decides.
 */
static bool
counts(const struct collector *c, const struct collector_view *v,
    bool decoded, const struct heartbeat *h)
{
	const struct configuration_watch	*w = c->setting.watch;
	const struct protocol			*p = w->profile->form.protocol;
	const struct packet			*packet = &v->frame->packet;

	if (v->from_us || !may_be_of_peer(c, v->frame))
		return (false);
	if (p->decode == NULL || p->follow != NULL)
		return (v->frame->heartbeat && (p->decode == NULL || decoded) &&
		    (w->peer.family == ADDR_NONE ||
		    collector_addr_is(&w->peer, &packet->source)));
	if (!decoded || !h->alive)
		return (false);
	if (collector_addr_known(&w->profile->local) &&
	    !addr_equal(&w->profile->local, &packet->destination))
		return (false);
	return (w->peer.family == ADDR_NONE ||
	    collector_addr_is(&w->peer, &h->sender));
}

/* The discriminator of the sender: RFC 5880, section 4.1. */
static uint32_t
bfd_session(const struct packet *packet)
{
	struct cursor	 c;

	if (!packet_udp(packet, &c, NULL))
		return (0);
	cursor_skip(&c, 4);
	return (cursor_u32(&c));
}

static struct collector_flow
flow_of(const struct collector *c, const struct packet *packet)
{
	const struct heartbeat_form	*form = form_of(c);
	struct collector_flow		 flow = { .known = false };

	if (strcmp(form->protocol->name, "bfd") == 0) {
		flow.session = bfd_session(packet);
		flow.known = true;
	} else if (form->key != 0 && packet->source_port != 0 &&
	    packet->source_port != packet->destination_port) {
		flow.ports[0] = packet->source_port;
		flow.ports[1] = packet->destination_port;
		/* A port that is the key is used by each process. */
		flow.known = packet->protocol == IPPROTO_TCP ||
		    packet->source_port != form->key;
	}
	return (flow);
}

static bool
flow_equal(const struct collector_flow *a, const struct collector_flow *b)
{
	return (a->ports[0] == b->ports[0] && a->ports[1] == b->ports[1] &&
	    a->session == b->session);
}

/* After an interruption: does the same process send as before? */
static void
compare_flow(struct collector *c, const struct collector_view *v)
{
	struct collector_flow	 flow = flow_of(c, &v->frame->packet);
	bool			 equal;

	if (!flow.known)
		return;
	equal = c->flow.known && flow_equal(&c->flow, &flow);
	if (c->flow.known && !v->after) {
		c->flow_changes += !equal;
	} else if (c->flow.known && !c->returned &&
	    c->flow_changes < COLLECTOR_ROUTINE) {
		c->same_process = equal;
		/* A process may open its connection again. */
		c->new_process = !equal &&
		    v->frame->packet.protocol != IPPROTO_TCP;
	}
	c->flow = flow;
}

/* Errors between two heartbeats come although the peer is alive. */
static void
count_routine_errors(struct collector *c, const struct collector_view *v)
{
	int64_t		 interval = collector_interval(c);
	unsigned	 i;

	for (i = 0; i < COLLECTOR_ERRORS; i++) {
		if (interval <= 0 || v->after ||
		    !mono_before(c->heartbeats.latest, c->errors[i]) ||
		    mono_sub(v->frame->at, c->heartbeats.latest) >
		    2 * interval)
			continue;
		if (c->routine_errors[i]++ == 0)
			c->routine_first[i] = c->errors[i];
		c->routine_latest[i] = c->errors[i];
	}
}

/* Did the peer send the heartbeat `to` because of ours? */
static bool
is_reply(const struct collector *c, struct mono_time ours, struct mono_time to)
{
	int64_t	 after_ns = mono_sub(to, ours);

	return (!collector_never(ours) && after_ns >= 0 &&
	    after_ns <= collector_assumed(c) / REPLY_SHARE);
}

static void
on_heartbeat(struct collector *c, const struct collector_view *v)
{
	const struct packet	*packet = &v->frame->packet;

	if (c->setting.watch->peer.family == ADDR_NONE)
		c->peer = packet->source;
	if (c->setting.next_hop.family == ADDR_NONE &&
	    hop_limit_reduced(packet->hop_limit))
		c->routed = true;
	learn_mac(c, v->frame);
	if (!addr_is_multicast(&packet->destination) &&
	    !addr_is_broadcast(&packet->destination))
		c->partner = packet->destination;
	count_routine_errors(c, v);
	compare_flow(c, v);
	c->replies += is_reply(c, c->partners.seen, v->frame->at);
	c->previous = c->heartbeats.seen;
	count(&c->heartbeats, v);
	if (v->after)
		c->returned = true;
}

/* On another VLAN or with the other IP version it is another group. */
static void
on_active(struct collector *c, const struct diagnosis_frame *f,
    int64_t interval_ns)
{
	struct collector_claim	 claim = { f->source, f->packet.source, f->at };

	if (collector_never(c->group.latest.at))
		c->group_vlan = f->packet.vlan;
	else if (c->group_vlan != f->packet.vlan ||
	    c->group.latest.address.family != claim.address.family)
		return;
	collector_claim(c, &c->group, &claim,
	    collector_addr_is(&c->group.latest.address, &claim.address),
	    collector_addr_is(&c->group.other.address, &claim.address),
	    interval_ns + interval_ns / 2, f);
}

/* BFD: the state Down, and diagnostic 1, control detection time expired. */
static bool
bfd_is_deaf(const struct collector *c, const struct packet *packet)
{
	struct cursor	 data;
	uint8_t		 first, second;

	if (strcmp(form_of(c)->protocol->name, "bfd") != 0 ||
	    !packet_udp(packet, &data, NULL))
		return (false);
	first = cursor_u8(&data);
	second = cursor_u8(&data);
	return (cursor_ok(&data) && first == (1 << 5 | 1) && second >> 6 == 1);
}

/* If the partner does not send, the peer reports Down because of that. */
static bool
partner_was_silent(const struct collector *c, struct mono_time now)
{
	int64_t	 mean = collector_mean(&c->partners);

	return (mean > 0 && mono_sub(now, c->partners.seen) > 5 * mean / 2);
}

static bool
is_answer(const struct collector *c, struct mono_time at)
{
	struct mono_time	 to = c->heartbeats.seen;
	int64_t			 after_ns;

	/* Our frames come from another capture, and may be read later. */
	if (mono_before(at, to))
		to = c->previous;
	after_ns = mono_sub(at, to);
	return (!collector_never(to) && after_ns >= 0 &&
	    after_ns <= ANSWER_NS &&
	    after_ns <= collector_interval(c) / ANSWER_SHARE);
}

/* The partner is this host, unless this is a third one, at a mirror port. */
static void
on_partner_heartbeat(struct collector *c, const struct collector_view *v)
{
	struct evidence_signal	*s;

	/* When it is back later, the peer was still silent because of it. */
	if (v->after && !c->gone && c->for_peer.ours == 0 &&
	    collector_partner_stopped(c, v->frame->at))
		c->partner_paused = true;
	c->answers += is_answer(c, v->frame->at);
	/* The reply was read before, from the other capture. */
	c->replies += is_reply(c, v->frame->at, c->heartbeats.seen);
	count(&c->partners, v);
	if (v->from_us || c->setting.own == NULL)
		c->partner_is_us = true;
	if (v->after && bfd_is_deaf(c, &v->frame->packet))
		c->partner_down = v->frame->at;
	s = collector_see(c, EVIDENCE_OUR_HEARTBEATS, v->frame);
	s->count = c->partners.after;
}

static void
on_stop(struct collector *c, const struct collector_view *v)
{
	if (mono_sub(c->last, v->frame->at) >= STOP_GRACE_NS)
		return;
	collector_see(c, EVIDENCE_PEER_ANNOUNCED_STOP, v->frame);
	if (collector_never(c->peer_ended))
		c->peer_ended = v->frame->at;
}

static void
take_heartbeat(struct collector *c, struct collector_view *v)
{
	const struct diagnosis_frame	*f = v->frame;
	struct heartbeat		 h;
	bool				 decoded = decode(c, f, &h);

	v->heartbeat = counts(c, v, decoded, &h);
	v->own_protocol = decoded;
	v->partner_heartbeat = decoded && !h.stop && !v->heartbeat &&
	    v->from_partner;
	if (v->heartbeat)
		on_heartbeat(c, v);
	else if (v->partner_heartbeat)
		on_partner_heartbeat(c, v);
	if (decoded && h.alive && collector_one_sender(c))
		on_active(c, f, h.interval_ns);
	if (decoded && h.stop && !v->from_us &&
	    (v->from_peer || c->peer.family == ADDR_NONE))
		on_stop(c, v);
	if (decoded && v->from_peer && v->after &&
	    bfd_is_deaf(c, &f->packet) && !partner_was_silent(c, f->at))
		collector_see(c, EVIDENCE_PEER_DOES_NOT_HEAR_US, f)->code =
		    EVIDENCE_DEAF_BFD;
}

/* ---- ICMP */

/* Is the quoted packet one of the watch, on its way to the peer? */
static bool
quotes_us(const struct collector *c, const struct diagnosis_frame *f)
{
	if (!collector_addr_is(&c->peer, &f->quoted.destination))
		return (false);
	return (f->icmp == DIAGNOSIS_ICMP_HOST ||
	    f->icmp == DIAGNOSIS_ICMP_NET ||
	    collector_has_port(c, &f->quoted));
}

static uint8_t
error_code(const struct diagnosis_frame *f)
{
	bool	 ipv6 = f->packet.source.family == ADDR_IPV6;

	if (f->icmp == DIAGNOSIS_ICMP_HOST)
		return (ipv6 ? 3 : 1);
	return (f->icmp == DIAGNOSIS_ICMP_NET ? 0 : f->icmp_code);
}

static void
on_error(struct collector *c, const struct collector_view *v)
{
	const struct diagnosis_frame	*f = v->frame;
	/* A firewall on the way may also send "port unreachable". */
	static const enum evidence_number	 numbers[COLLECTOR_ERRORS] = {
		[DIAGNOSIS_ICMP_REFUSED] = EVIDENCE_PORT_REFUSED,
		[DIAGNOSIS_ICMP_PROHIBITED] = EVIDENCE_PROHIBITED,
		[DIAGNOSIS_ICMP_HOST] = EVIDENCE_HOST_UNREACHABLE,
		[DIAGNOSIS_ICMP_NET] = EVIDENCE_HOST_UNREACHABLE,
	};
	enum evidence_number		 number = numbers[f->icmp];
	struct evidence_signal		*s;
	bool				 by_host;

	if (number == 0 || !quotes_us(c, f))
		return;
	by_host = addr_equal(&f->packet.source, &f->quoted.destination);
	/* A kernel refuses TCP with RST. */
	if (number == EVIDENCE_PORT_REFUSED &&
	    f->quoted.protocol == IPPROTO_TCP)
		number = EVIDENCE_PROHIBITED;
	/* The sender itself, which finds no MAC address, is no router. */
	if (addr_equal(&f->packet.source, &f->quoted.source))
		return;
	if (number == EVIDENCE_PORT_REFUSED && !by_host)
		number = EVIDENCE_PROHIBITED;
	if (by_host && (number == EVIDENCE_HOST_UNREACHABLE ||
	    !may_be_of_peer(c, f)))
		return;
	c->errors[f->icmp] = f->at;
	if (!v->after)
		return;
	s = collector_see(c, number, f);
	s->code = error_code(f);
	s->port = f->quoted.destination_port;
	if (number == EVIDENCE_PORT_REFUSED && collector_never(c->peer_ended))
		c->peer_ended = f->at;
}

/* ---- other frames */

/* The kernel leaves the group when the last process closes its socket. */
static void
on_leave(struct collector *c, const struct collector_view *v)
{
	const struct protocol	*p = c->setting.watch->profile->form.protocol;
	struct addr		 group;
	size_t			 i;

	for (i = 0; p->groups[i] != NULL && v->after; i++) {
		if (!addr_parse(p->groups[i], &group) ||
		    !addr_equal(&group, &v->frame->address))
			continue;
		collector_see(c, EVIDENCE_PEER_CLOSED_CONNECTION,
		    v->frame)->code = EVIDENCE_CODE_LEFT;
		if (collector_never(c->peer_ended))
			c->peer_ended = v->frame->at;
	}
}

static void
on_rest_of_peer(struct collector *c, const struct collector_view *v)
{
	const struct diagnosis_frame	*f = v->frame;

	collector_start(c, v);
	/*
	 * A host that starts sends these before it runs, and a card sends LLDP
	 * for a host that does not run.
	 */
	if (f->kind == DIAGNOSIS_PROBE || f->kind == DIAGNOSIS_JOIN ||
	    f->kind == DIAGNOSIS_DHCP || f->kind == DIAGNOSIS_SWITCH)
		return;
	if (f->kind == DIAGNOSIS_LEAVE)
		on_leave(c, v);
	learn_mac(c, f);
	count(&c->rest, v);
	if (c->setting.next_hop.family == ADDR_NONE)
		collector_answered(&c->for_peer);
	/* Other packets of the protocol do not show that its process hangs. */
	if (v->after && !c->returned && !c->gone && !v->own_protocol &&
	    !(f->is_tcp && collector_has_port(c, &f->packet)) &&
	    mono_before(collector_overdue(c), f->at))
		collector_see(c, EVIDENCE_PEER_OTHER_TRAFFIC, f);
}

static void
on_other(struct collector *c, const struct collector_view *v)
{
	const struct diagnosis_frame	*f = v->frame;
	struct evidence_signal		*s;
	unsigned			 i;

	if (!mac_is_known(&f->source) || mac_is_group(&f->source))
		return;
	count(&c->others, v);
	if (v->after) {
		s = collector_see(c, EVIDENCE_SEGMENT_ALIVE, f);
		s->address = f->packet.source;
	}
	for (i = 0; i < c->nothers; i++)
		if (collector_mac_equal(&c->other[i].mac, &f->source))
			break;
	if (i == c->nothers) {
		if (i == COLLECTOR_OTHERS)
			return;
		c->other[c->nothers++].mac = f->source;
	}
	count(&c->other[i].rate, v);
}

/* In a capture, the partner is this host, unless another watch has it. */
static bool
is_assumed_ours(const struct collector *c, const struct collector_view *v)
{
	return (c->setting.own == NULL && v->from_partner &&
	    !v->frame->heartbeat);
}

void
collector_begin(struct collector *c, const struct collector_setting *setting,
    struct mono_time last, bool received)
{
	memset(c, 0, sizeof(*c));
	c->setting = *setting;
	c->peer = setting->watch->peer;
	c->last = last;
	c->received = received;
	c->routed = setting->next_hop.family != ADDR_NONE;
	if (setting->watch->profile->has_peer_mac)
		c->macs[c->nmacs++] = setting->watch->profile->peer_mac;
}

void
collector_frame(struct collector *c, const struct diagnosis_frame *f)
{
	struct collector_view	 v = view_of(c, f);

	if (collector_never(c->next) &&
	    mono_before(collector_overdue(c), f->at))
		c->next = f->at;
	take_heartbeat(c, &v);
	if (f->is_tcp && (v.from_peer ||
	    collector_addr_is(&c->peer, &f->packet.destination)))
		collector_tcp(c, &v);
	switch (f->kind) {
	case DIAGNOSIS_ICMP_ERROR:
		on_error(c, &v);
		break;
	case DIAGNOSIS_REQUEST:
	case DIAGNOSIS_CLAIM:
		collector_neighbour(c, &v);
		break;
	case DIAGNOSIS_PROBE:
		/* The card of the peer may have been replaced. */
		if (collector_addr_is(&c->peer, &f->address) && !v.from_peer &&
		    !v.from_us)
			collector_start(c, &v);
		break;
	default:
		break;
	}
	if (v.heartbeat && v.after)
		collector_answered(&c->for_peer);
	else if (v.from_peer && !v.heartbeat)
		on_rest_of_peer(c, &v);
	else if (!v.from_us && !v.heartbeat && !is_assumed_ours(c, &v))
		on_other(c, &v);
}
