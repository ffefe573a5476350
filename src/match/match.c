/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/copy_table.h"
#include "base/hash.h"
#include "match/match.h"
#include "packet/capture_expression.h"
#include "packet/decapsulate.h"

/*
 * A form is one number with all criteria of a watch except the addresses: in
 * the low bits the key, above it the position of the protocol in `protocols`,
 * above that the family of the peer, and FORM_VLAN.
 */
#define FORM_KEY_MAX		0xffffu
#define FORM_PROTOCOL_SHIFT	16
#define FORM_FAMILY_SHIFT	24
#define FORM_VLAN		(1u << 30)	/* the watch has `vlan` */
#define FORM_LOCAL		(1u << 31)	/* the watch has `local` */
#define FORM_NONE		UINT32_MAX	/* the slot is free */

/*
 * A watch in the look-up table.  The slot has all criteria of a watch without
 * `local` and `vlan` and with an IPv4 peer or without a peer.  For other
 * watches the options in the configuration are compared too.
 */
struct slot {
	uint32_t	 peer;		/* see peer_hash and in_vlan */
	uint32_t	 form;
	uint32_t	 watch;
};

/* A watch with `bpf`. */
struct expression {
	struct capture_expression	*compiled;
	uint32_t			 watch;
};

/*
 * A protocol that a watch listens for.  decode() and follow() are called only
 * for packets with this transport and one of these ports; for protocols without
 * ports all bits are set.
 */
struct used_protocol {
	const struct protocol	*protocol;
	uint32_t		 form;		/* only the protocol's bits */
	uint8_t			 transport;	/* IPPROTO_; 0: any */
	void			*memory;	/* for follow(); owned */
	struct copy_table	*copies;	/* for follow(); owned */
	uint64_t		 ports[UINT16_MAX / 64 + 1];	/* a bit each */
};

/*
 * The slots are sorted by hash, and slots with equal hashes by watch.  Each is
 * in the bucket of its hash or after it, with no free slot between the bucket
 * and the slot.  The last slot is free.
 */
struct match {
	const struct configuration *config;
	const char		*interface;	/* NULL: all; not owned */
	const struct own_addresses *own;	/* NULL: none; not owned */
	struct slot		*slots;
	uint32_t		 nbuckets;
	struct expression	*expressions;
	size_t			 nexpressions;
	size_t			 expressions_size;	/* allocated */
	struct used_protocol	*used;
	size_t			 nused;
	size_t			 used_size;		/* allocated */
	bool			 has_vlan;	/* a slot has FORM_VLAN */
	uint8_t			*untagged;	/* a frame without its tags */
	size_t			 untagged_size;		/* allocated */

	/*
	 * For encapsulated frames, NULL if no watch has `decapsulate`: the
	 * look-up tables of these watches, for each link type of decapsulate.h.
	 * counted[watch] is the number of the last frame in which the watch was
	 * found, because a packet counts at most once.
	 */
	struct match		*inner_ip;
	struct match		*inner_ethernet;
	uint64_t		*counted;
	uint64_t		 frame;
};

/* A multiplicative hash, because it is computed for each packet. */
static uint32_t
mix(uint64_t n)
{
	n *= UINT64_C(0x9e3779b97f4a7c15);
	n ^= n >> 32;
	n *= UINT64_C(0x9e3779b97f4a7c15);
	return ((uint32_t)(n >> 32));
}

/* The IPv4 address itself, the hash of an IPv6 address, or 0. */
static uint32_t
peer_hash(const struct addr *peer)
{
	uint64_t	 words[2];
	uint32_t	 word = 0;

	if (peer->family == ADDR_IPV6) {
		memcpy(words, peer->octets, sizeof(words));
		return (mix(words[0] ^ mix(words[1])));
	}
	memcpy(&word, peer->octets, sizeof(word));
	return (word);
}

/*
 * The value of `peer` in the slots of watches with `vlan`, so that watches that
 * differ only in their VLAN have different hashes.
 */
static uint32_t
in_vlan(uint32_t peer, uint32_t vlan)
{
	return (peer ^ mix(vlan));
}

static uint32_t
hash_of(uint32_t form, uint32_t peer)
{
	return (mix((uint64_t)form << 32 | peer));
}

/* The order of buckets is the order of hashes. */
static size_t
bucket(const struct match *m, uint32_t hash)
{
	return ((size_t)((uint64_t)hash * m->nbuckets >> 32));
}

/* True when the ports of a packet decide whether decode() is called. */
static bool
has_ports(const struct protocol *p)
{
	return (p->follow == NULL && (p->transport == IPPROTO_UDP ||
	    p->transport == IPPROTO_TCP));
}

static void
ports_add(struct used_protocol *used, uint32_t port)
{
	used->ports[port / 64] |= UINT64_C(1) << port % 64;
}

static inline bool
ports_have(const struct used_protocol *used, uint16_t port)
{
	return ((used->ports[port / 64] >> port % 64 & 1) != 0);
}

/* Finds or adds the entry of a protocol.  NULL when memory is exhausted. */
static struct used_protocol *
use_protocol(struct match *m, const struct protocol *protocol)
{
	struct used_protocol	*used;
	size_t		 i;

	for (i = 0; i < m->nused; i++)
		if (m->used[i].protocol == protocol)
			return (&m->used[i]);
	if (!array_reserve(&m->used, &m->used_size, m->nused + 1,
	    sizeof(*m->used)))
		return (NULL);
	used = &m->used[m->nused++];
	memset(used, 0, sizeof(*used));
	used->protocol = protocol;
	for (i = 0; protocols[i] != protocol; i++)
		continue;
	used->form = (uint32_t)i << FORM_PROTOCOL_SHIFT;
	used->transport = protocol->transport;
	if (!has_ports(protocol))
		memset(used->ports, 0xff, sizeof(used->ports));
	for (i = 0; i < 2 && protocol->ports[i] != 0; i++)
		ports_add(used, protocol->ports[i]);
	if (protocol->follow == NULL)
		return (used);
	used->memory = calloc(1, protocol->memory_size);
	used->copies = calloc(1, sizeof(*used->copies));
	return (used->memory != NULL && used->copies != NULL ? used : NULL);
}

/* A slot before its position is known. */
struct draft {
	uint32_t	 hash;
	struct slot	 slot;
};

struct drafts {
	struct draft	*list;		/* owned */
	size_t		 count;
	size_t		 size;
};

/* The three functions that follow return false when memory is exhausted. */
static bool
add_expression(struct match *m, uint32_t watch)
{
	if (!array_reserve(&m->expressions, &m->expressions_size,
	    m->nexpressions + 1, sizeof(*m->expressions)))
		return (false);
	m->expressions[m->nexpressions++] = (struct expression){ NULL, watch };
	return (true);
}

static bool
add_slot(struct match *m, struct drafts *drafts, uint32_t watch)
{
	const struct configuration_watch	*w = m->config->watches[watch];
	const struct configuration_profile	*p = w->profile;
	struct used_protocol				*used;
	struct draft				*draft;

	used = use_protocol(m, p->form.protocol);
	if (used == NULL || !array_reserve(&drafts->list, &drafts->size,
	    drafts->count + 1, sizeof(*draft)))
		return (false);
	if (has_ports(used->protocol) && used->protocol->ports[0] == 0)
		ports_add(used, p->form.key);
	draft = &drafts->list[drafts->count++];
	draft->slot.watch = watch;
	draft->slot.peer = peer_hash(&w->peer);
	draft->slot.form = used->form | p->form.key |
	    (uint32_t)w->peer.family << FORM_FAMILY_SHIFT;
	if (p->vlan != VLAN_ANY) {
		draft->slot.peer = in_vlan(draft->slot.peer, p->vlan);
		draft->slot.form |= FORM_VLAN;
		m->has_vlan = true;
	}
	draft->hash = hash_of(draft->slot.form, draft->slot.peer);
	if (p->local.family != ADDR_NONE)
		draft->slot.form |= FORM_LOCAL;
	return (true);
}

static bool
add_watches(struct match *m, struct drafts *drafts, const char *interface,
    bool inner)
{
	const struct configuration_watch	*w;
	uint32_t				 i;

	for (i = 0; i < m->config->nwatches; i++) {
		w = m->config->watches[i];
		if (match_concerns(w, interface) &&
		    (!inner || w->profile->decapsulate) &&
		    !(w->profile->form.expression != NULL ?
		    add_expression(m, i) : add_slot(m, drafts, i)))
			return (false);
	}
	return (true);
}

static int
compare_drafts(const void *a, const void *b)
{
	const struct draft	*x = a, *y = b;

	if (x->hash != y->hash)
		return (x->hash < y->hash ? -1 : 1);
	return (x->slot.watch < y->slot.watch ? -1 :
	    x->slot.watch > y->slot.watch);
}

/* The position of the draft's slot if those before `next` are not free. */
static size_t
position(const struct match *m, const struct draft *draft, size_t next)
{
	size_t	 b = bucket(m, draft->hash);

	return (b > next ? b : next);
}

/* Makes the table from the drafts; false when memory is exhausted. */
static bool
fill_slots(struct match *m, const struct drafts *drafts)
{
	size_t	 i, n, at = 0;

	if (drafts->count > 0)
		qsort(drafts->list, drafts->count, sizeof(*drafts->list),
		    compare_drafts);
	m->nbuckets = (uint32_t)(drafts->count + drafts->count / 2 + 1);
	for (i = 0; i < drafts->count; i++)
		at = position(m, &drafts->list[i], at) + 1;
	n = at > m->nbuckets ? at : m->nbuckets;
	m->slots = malloc((n + 1) * sizeof(*m->slots));
	if (m->slots == NULL)
		return (false);
	memset(m->slots, 0xff, (n + 1) * sizeof(*m->slots));
	for (i = 0, at = 0; i < drafts->count; i++) {
		at = position(m, &drafts->list[i], at);
		m->slots[at++] = drafts->list[i].slot;
	}
	return (true);
}

bool
match_concerns(const struct configuration_watch *w, const char *interface)
{
	return (w->profile->enabled && (interface == NULL ||
	    strcmp(w->profile->interface, interface) == 0));
}

/* A table of all watches of match_new, or of those with `decapsulate`. */
static struct match *
table_new(const struct configuration *config, const char *interface,
    bool inner)
{
	struct drafts	 drafts = { 0 };
	struct match	*m;

	m = calloc(1, sizeof(*m));
	if (m == NULL)
		return (NULL);
	m->config = config;
	m->interface = interface;
	if (!add_watches(m, &drafts, interface, inner) ||
	    !fill_slots(m, &drafts)) {
		match_free(m);
		m = NULL;
	}
	free(drafts.list);
	return (m);
}

/* For expressions that are not valid for a link type inside. */
static void
ignore_refused(void *arg, uint32_t watch, const char *error)
{
	(void)arg;
	(void)watch;
	(void)error;
}

/* False when memory is exhausted. */
static bool
add_inner(struct match *m, const char *interface)
{
	m->inner_ip = table_new(m->config, interface, true);
	m->inner_ethernet = table_new(m->config, interface, true);
	m->counted = calloc(m->config->nwatches, sizeof(*m->counted));
	if (m->inner_ip == NULL || m->inner_ethernet == NULL ||
	    m->counted == NULL)
		return (false);
	match_prepare(m->inner_ip, DECAPSULATE_IP, ignore_refused, NULL);
	match_prepare(m->inner_ethernet, DECAPSULATE_ETHERNET, ignore_refused,
	    NULL);
	return (true);
}

bool
match_decapsulates(const struct configuration *config, const char *interface)
{
	size_t	 i;

	for (i = 0; i < config->nwatches; i++)
		if (config->watches[i]->profile->decapsulate &&
		    match_concerns(config->watches[i], interface))
			return (true);
	return (false);
}

struct match *
match_new(const struct configuration *config, const char *interface)
{
	struct match	*m = table_new(config, interface, false);

	if (m != NULL && match_decapsulates(config, interface) &&
	    !add_inner(m, interface)) {
		match_free(m);
		return (NULL);
	}
	return (m);
}

void
match_free(struct match *m)
{
	size_t	 i;

	if (m == NULL)
		return;
	for (i = 0; i < m->nexpressions; i++)
		capture_expression_free(m->expressions[i].compiled);
	for (i = 0; i < m->nused; i++) {
		free(m->used[i].memory);
		free(m->used[i].copies);
	}
	free(m->expressions);
	free(m->slots);
	free(m->used);
	free(m->untagged);
	match_free(m->inner_ip);
	match_free(m->inner_ethernet);
	free(m->counted);
	free(m);
}

void
match_ignore_own(struct match *m, const struct own_addresses *own)
{
	m->own = own;
	if (m->inner_ip == NULL)
		return;
	m->inner_ip->own = own;
	m->inner_ethernet->own = own;
}

bool
match_needs_sent(const struct match *m)
{
	size_t	 i;

	for (i = 0; i < m->nused; i++)
		if (m->used[i].protocol->follow != NULL)
			return (true);
	return (false);
}

static const char *
expression_text(const struct match *m, const struct expression *e)
{
	return (m->config->watches[e->watch]->profile->form.expression);
}

bool
match_prepare(struct match *m, int link_type, match_refused *refused,
    void *arg)
{
	struct expression	*e;
	size_t			 i;
	char			 error[CAPTURE_ERROR_SIZE];
	bool			 all = true;

	for (i = 0; i < m->nexpressions; i++) {
		e = &m->expressions[i];
		capture_expression_free(e->compiled);
		e->compiled = capture_expression_new(expression_text(m, e),
		    link_type, error);
		if (e->compiled != NULL)
			continue;
		refused(arg, e->watch, error);
		all = false;
	}
	return (all);
}

size_t
match_expression_count(const struct match *m)
{
	return (m->nexpressions);
}

const char *
match_expression(const struct match *m, size_t i)
{
	const struct expression	*e = &m->expressions[i];

	return (e->compiled == NULL ? NULL : expression_text(m, e));
}

/* True for the address that is configured, and for any if none is. */
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

/* For a slot with the right form and hash: compares the options too. */
static bool
slot_matches(const struct match *m, const struct slot *slot,
    const struct addr *peer, const struct packet *packet)
{
	const struct configuration_watch *w;

	if (peer->family != ADDR_IPV6 &&
	    (slot->form & (FORM_LOCAL | FORM_VLAN)) == 0)
		return (true);
	w = m->config->watches[slot->watch];
	return (addr_equal(&w->peer, peer) && vlan_fits(w, packet->vlan) &&
	    addr_fits(&w->profile->local, &packet->destination));
}

/* The arguments that all look-ups of a frame have in common. */
struct query {
	const struct packet	*packet;
	struct wall_time	 timestamp;	/* of the frame */
	uint64_t		 content;	/* 0: not computed yet */
	bool			 copy;		/* for follow() */
	match_found		*found;
	void			*arg;
};

static inline uint64_t
content_of(struct query *q)
{
	if (q->content == 0)
		q->content = packet_content(q->packet);
	return (q->content);
}

/* Finds the slots with this form and this value of `peer`. */
static void
look_up_slots(const struct match *m, uint32_t form, uint32_t hash,
    const struct addr *peer, struct heartbeat *heartbeat, struct query *q)
{
	const struct slot	*slot;

	for (slot = &m->slots[bucket(m, hash_of(form, hash))];
	    slot->form != FORM_NONE; slot++)
		if (slot->peer == hash && (slot->form & ~FORM_LOCAL) == form &&
		    slot_matches(m, slot, peer, q->packet)) {
			heartbeat->content = content_of(q);
			q->found(q->arg, slot->watch, heartbeat);
		}
}

/*
 * Calls follow(), but for a copy of a segment decode(), because follow() would
 * take repeated segments for keepalives.  Without a timestamp it is no copy.
 * Nor are equal segments of two VLANs.
 */
static bool
follow(const struct used_protocol *used, struct heartbeat *heartbeat,
    struct query *q)
{
	const struct protocol	*protocol = used->protocol;
	int64_t			 ns = q->timestamp.ns;
	uint64_t		 segment;

	if (wall_is_never(q->timestamp))
		return (protocol->follow(used->memory, q->packet, heartbeat));
	segment = hash_word(content_of(q), q->packet->vlan);
	q->copy = copy_table_age(used->copies, segment, ns) != INT64_MAX;
	if (q->copy)
		return (protocol->decode(q->packet, heartbeat));
	copy_table_add(used->copies, segment, ns);
	return (protocol->follow(used->memory, q->packet, heartbeat));
}

/* Finds the watches without `vlan`, and those with that of the packet. */
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

static void
match_protocol(const struct match *m, const struct used_protocol *used,
    struct query *q)
{
	static const struct addr	 any_peer;
	const struct protocol		*protocol = used->protocol;
	struct heartbeat		 heartbeat;
	uint32_t			 form;
	unsigned			 k;

	q->copy = false;
	if (protocol->follow != NULL ? !follow(used, &heartbeat, q) :
	    !protocol->decode(q->packet, &heartbeat))
		return;
	heartbeat.copy = q->copy;
	for (k = 0; k < heartbeat.keys; k++) {
		if (heartbeat.key[k] > FORM_KEY_MAX)
			continue;
		form = used->form | heartbeat.key[k];
		look_up(m, form, &heartbeat.sender, &heartbeat, q);
		if (protocol->any_sender)
			look_up(m, form, &any_peer, &heartbeat, q);
	}
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
	size_t			 i;

	for (i = 0; i < m->nexpressions; i++) {
		e = &m->expressions[i];
		w = m->config->watches[e->watch];
		if (!vlan_fits(w, packet->vlan) ||
		    !addr_fits(&w->peer, &packet->source) ||
		    !addr_fits(&w->profile->local, &packet->destination))
			continue;
		if (e->compiled != NULL &&
		    (capture_expression_matches(e->compiled, frame) ||
		    (tagged && capture_expression_matches(e->compiled,
		    &untagged)))) {
			heartbeat.content = content_of(q);
			q->found(q->arg, e->watch, &heartbeat);
		}
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

/* A packet that this host sent: only follow() needs it. */
static void
follow_sent(const struct match *m, struct query *q)
{
	struct heartbeat	 ignored;
	size_t			 i;

	for (i = 0; i < m->nused; i++)
		if (m->used[i].protocol->follow != NULL &&
		    may_match(&m->used[i], q->packet))
			(void)follow(&m->used[i], &ignored, q);
}

static inline bool
is_own(const struct match *m, const struct addr *source)
{
	return (m->own != NULL && own_addresses_may_have(m->own, source) &&
	    own_addresses_have(m->own, source, m->interface));
}

bool
match_prefilter(const struct match *m, const struct capture_frame *frame)
{
	struct packet		 packet;
	struct capture_frame	 inner;
	size_t			 i;

	if (m->nexpressions > 0 ||
	    (m->inner_ip != NULL && decapsulate_next(frame, &inner)))
		return (true);
	if (packet_decode(frame->link_type, frame->bytes, frame->captured,
	    frame->wire, &packet) != PACKET_IP)
		return (false);
	for (i = 0; i < m->nused; i++)
		if (may_match(&m->used[i], &packet))
			return (true);
	return (false);
}

/*
 * *sent_here is true for what is inside a frame that this host sent; *vlan is
 * the VLAN of the frame around this one.
 */
static enum packet_verdict
match_table(struct match *m, const struct capture_frame *frame,
    match_found *found, void *arg, bool *sent_here, uint32_t *vlan)
{
	struct packet		 packet;
	struct query		 q = {
		.packet = &packet, .timestamp = frame->timestamp,
		.found = found, .arg = arg,
	};
	enum packet_verdict	 verdict;
	size_t			 i;

	verdict = packet_decode(frame->link_type, frame->bytes,
	    frame->captured, frame->wire, &packet);
	decapsulate_vlan(frame, &packet, vlan);
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

/* The receiver of the watches that are found in a frame or inside it. */
struct once {
	struct match	*match;
	match_found	*found;
	void		*arg;
};

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

static enum packet_verdict
match_inside(struct match *m, const struct capture_frame *frame,
    match_found *found, void *arg)
{
	struct once		 once = { m, found, arg };
	struct capture_frame	 outer = *frame, inner;
	enum packet_verdict	 verdict;
	bool			 sent_here = false;
	uint32_t		 vlan = VLAN_NONE;
	unsigned		 depth;

	m->frame++;
	verdict = match_table(m, frame, found_once, &once, &sent_here, &vlan);
	for (depth = 0; depth < DECAPSULATE_DEPTH_MAX &&
	    decapsulate_next(&outer, &inner); depth++) {
		(void)match_table(inner.link_type == DECAPSULATE_IP ?
		    m->inner_ip : m->inner_ethernet, &inner, found_once, &once,
		    &sent_here, &vlan);
		outer = inner;
	}
	return (verdict);
}

enum packet_verdict
match_frame(struct match *m, const struct capture_frame *frame,
    match_found *found, void *arg)
{
	bool		 sent_here = false;
	uint32_t	 vlan = VLAN_NONE;

	if (m->inner_ip != NULL)
		return (match_inside(m, frame, found, arg));
	return (match_table(m, frame, found, arg, &sent_here, &vlan));
}

bool
match_needs_payload(const struct match *m)
{
	return (m->nexpressions > 0 || m->inner_ip != NULL);
}
