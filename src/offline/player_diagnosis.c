/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/copy_table.h"
#include "base/hash.h"
#include "base/mono.h"
#include "offline/player_diagnosis.h"
#include "packet/packet.h"

/* As much as the daemon keeps by default. */
#define RING_SIZE	((size_t)8 * 1024 * 1024)
#define RING_ALIGNMENT	4096

#define CHECK_NS	NSEC_PER_SEC
/* After a raise and after a clear. */
#define CHANGES_NS	(60 * NSEC_PER_SEC)
/* A tracker that gives records to a new case is due earlier than this. */
#define FEEDS_NS	(50 * NSEC_PER_MSEC)

/* The size of the table of peers, and how many of its places are tried. */
#define PEERS_MIN	1024
#define PEERS_MAX	(UINT32_C(1) << 22)
#define PROBES		8

/* A tick is about a millisecond.  Two values are not times. */
#define TICK_SHIFT	20
#define NOT_RECEIVED	0
#define SHARED		1	/* by several watches */

/* Frames that are equal up to here are copies; a capture may be cut later. */
#define COPY_OCTETS	80

#define PORT_DHCP_LEAST		67
#define PORT_DHCP_MOST		68
#define PORT_DHCPV6_LEAST	546
#define PORT_DHCPV6_MOST	547

static struct mono_time
clock_of(struct wall_time timestamp)
{
	return ((struct mono_time){ timestamp.ns });
}

/* ---- peers */

/* The place of a peer; NULL: it has none, or no room. */
static struct player_peer *
find_peer(const struct player_diagnosis *d, uint32_t tag, bool add)
{
	struct player_peer	*peer;
	unsigned		 i;

	for (i = 0; i < PROBES; i++) {
		peer = &d->peers[(tag + i) & d->mask];
		if (peer->tag == tag)
			return (peer);
		if (peer->tag == 0)
			return (add ? peer : NULL);
	}
	return (NULL);
}

static uint32_t
addr_tag(const struct addr *a)
{
	return ((uint32_t)hash_words(0, a->octets, sizeof(a->octets)) | 1);
}

/* ---- begin and end */

bool
player_diagnosis_init(struct player_diagnosis *d,
    const struct configuration *config, player_verdict *verdict, void *arg)
{
	int64_t	 interruption_ns, least_ns = NSEC_PER_SEC * 86400;
	size_t	 i;

	*d = (struct player_diagnosis){
		.config = config, .verdict = verdict, .arg = arg,
	};
	for (d->mask = PEERS_MIN - 1; d->mask / 4 < config->nwatches &&
	    d->mask < PEERS_MAX - 1;)
		d->mask = 2 * d->mask + 1;
	d->ring = aligned_alloc(RING_ALIGNMENT, RING_SIZE);
	d->peers = calloc((size_t)d->mask + 1, sizeof(*d->peers));
	d->copies = calloc(1, sizeof(*d->copies));
	if (d->ring == NULL || d->peers == NULL || d->copies == NULL) {
		player_diagnosis_free(d);
		return (false);
	}
	for (i = 0; i < config->nwatches; i++) {
		player_diagnosis_add_peer(d, &config->watches[i]->peer);
		interruption_ns = config->watches[i]->profile->interruption_ns;
		if (interruption_ns < least_ns)
			least_ns = interruption_ns;
	}
	/* See detect_report_late. */
	d->late = (uint32_t)(least_ns / 2 >> TICK_SHIFT);
	return (true);
}

static bool
to_peer(const void *arg, const struct packet *p)
{
	const struct player_diagnosis	*d = arg;

	return (find_peer(d, addr_tag(&p->destination), false) != NULL);
}

bool
player_diagnosis_begin(struct player_diagnosis *d,
    const struct detect_watch *watches, const struct detect_source *source)
{
	const struct tracker_setting	 setting = {
		.config = d->config, .watches = watches, .source = source,
		.position = UINT32_MAX, .to_peer = to_peer, .to_peer_arg = d,
	};
	struct evidence_ring		 ring;

	memset(d->ring, 0, sizeof(struct evidence_ring_header));
	evidence_ring_view(&ring, d->ring, RING_SIZE);
	return (tracker_init(&d->tracker, &setting, &ring));
}

void
player_diagnosis_free(struct player_diagnosis *d)
{
	tracker_free(&d->tracker);
	free(d->ring);
	free(d->peers);
	free(d->copies);
	*d = (struct player_diagnosis){ 0 };
}

/* ---- frames */

static uint32_t
mac_tag(const uint8_t *mac)
{
	uint64_t	 word = 0;

	memcpy(&word, mac, MAC_LENGTH);
	return ((uint32_t)hash_word(1, word) | 1);
}

static uint32_t
ticks(struct wall_time t)
{
	return ((uint32_t)((uint64_t)t.ns >> TICK_SHIFT));
}

void
player_diagnosis_add_peer(struct player_diagnosis *d, const struct addr *peer)
{
	struct player_peer	*place;

	if (peer->family == ADDR_NONE)
		return;
	place = find_peer(d, addr_tag(peer), true);
	if (place == NULL)
		return;
	/* If two watches have it, only one may be late. */
	place->received = place->tag == 0 ? NOT_RECEIVED : SHARED;
	place->tag = addr_tag(peer);
}

static void
set_received(struct player_peer *peer, uint32_t at)
{
	if (peer->received != SHARED)
		peer->received = at > SHARED ? at : SHARED + 1;
}

void
player_diagnosis_received(struct player_diagnosis *d, struct wall_time at,
    enum packet_verdict verdict, const struct packet *packet)
{
	struct player_peer	*peer;

	if (verdict != PACKET_IP ||
	    (peer = find_peer(d, addr_tag(&packet->source), false)) == NULL)
		return;
	set_received(peer, ticks(at));
	/* Other frames of this MAC address are from the peer, too. */
	if (packet->mac == NULL ||
	    (peer = find_peer(d, mac_tag(packet->mac), true)) == NULL)
		return;
	peer->tag = mac_tag(packet->mac);
	set_received(peer, ticks(at));
}

static bool
is_between(uint16_t port, uint16_t least, uint16_t most)
{
	return (port >= least && port <= most);
}

/* Control traffic, or another protocol that is rare. */
static bool
is_rare(const struct packet *p)
{
	struct packet_tcp	 tcp;

	switch (p->protocol) {
	case IPPROTO_UDP:
		return (is_between(p->destination_port, PORT_DHCP_LEAST,
		    PORT_DHCP_MOST) || is_between(p->destination_port,
		    PORT_DHCPV6_LEAST, PORT_DHCPV6_MOST));
	case IPPROTO_TCP:
		return (!packet_tcp(p, &tcp) || (tcp.flags & (PACKET_TCP_SYN |
		    PACKET_TCP_FIN | PACKET_TCP_RST)) != 0);
	default:
		return (true);
	}
}

/* For Ethernet; it also means multicast. */
static bool
is_broadcast(const struct capture_frame *frame)
{
	return (frame->link_type == LINK_ETHERNET && frame->captured > 0 &&
	    (frame->bytes[0] & 1) != 0);
}

/* May a watch of this peer be late? */
static bool
may_be_late(const struct player_diagnosis *d, const struct player_peer *peer,
    uint32_t now)
{
	return (peer->received <= SHARED || now - peer->received >= d->late);
}

bool
player_diagnosis_wants(const struct player_diagnosis *d,
    const struct capture_frame *frame, enum packet_verdict verdict,
    const struct packet *p)
{
	const struct player_peer	*peer;

	if (verdict != PACKET_IP)
		return (verdict != PACKET_LINK_UNKNOWN);
	if (is_rare(p) || is_broadcast(frame))
		return (true);
	peer = find_peer(d, addr_tag(&p->source), false);
	if (peer == NULL)
		peer = find_peer(d, addr_tag(&p->destination), false);
	if (peer == NULL && p->mac != NULL)
		peer = find_peer(d, mac_tag(p->mac), false);
	return (peer != NULL && may_be_late(d, peer, ticks(frame->timestamp)));
}

void
player_diagnosis_take(struct player_diagnosis *d,
    const struct capture_frame *frame)
{
	int64_t		 ns = frame->timestamp.ns;
	uint64_t	 hash;

	hash = hash_words(frame->wire, frame->bytes,
	    frame->captured < COPY_OCTETS ? frame->captured : COPY_OCTETS);
	if (copy_table_age(d->copies, hash, ns) != INT64_MAX)
		return;
	copy_table_add(d->copies, hash, ns);
	tracker_frame(&d->tracker, frame, clock_of(frame->timestamp));
}

/* ---- verdicts */

/* Gives all records of the ring to new cases. */
static void
catch_up(struct player_diagnosis *d, struct mono_time now)
{
	do {
		tracker_advance(&d->tracker, now);
	} while (mono_sub(tracker_due(&d->tracker, now), now) < FEEDS_NS);
}

void
player_diagnosis_late(struct player_diagnosis *d, uint32_t watch,
    struct mono_time now)
{
	tracker_late(&d->tracker, watch, now);
	catch_up(d, now);
}

static struct player_case *
find_case(struct player_diagnosis *d, uint32_t watch)
{
	size_t	 i;

	for (i = 0; i < d->ncases; i++)
		if (d->cases[i].watch == watch)
			return (&d->cases[i]);
	return (NULL);
}

/* If there are too many, the oldest one changes no more. */
static struct player_case *
begin_case(struct player_diagnosis *d, uint32_t watch)
{
	struct player_case	*c = find_case(d, watch);

	if (c == NULL && d->ncases == TRACKER_CASES) {
		d->ncases--;
		memmove(d->cases, d->cases + 1, d->ncases * sizeof(*c));
	}
	if (c == NULL)
		c = &d->cases[d->ncases++];
	*c = (struct player_case){
		.watch = watch, .evidence.flags = EVIDENCE_NO_FRAMES,
	};
	return (c);
}

/* In a storm there may be no evidence; then the verdict stays. */
static void
set_verdict(struct player_diagnosis *d, struct player_case *c,
    struct wall_time now)
{
	struct evidence	 evidence = c->evidence;
	struct verdict	 verdict;

	(void)tracker_evidence(&d->tracker, c->watch, clock_of(now),
	    &evidence);
	/* After the clear, another silence may begin: it is another alarm's. */
	if (c->cleared && (evidence.flags & EVIDENCE_CLEARED) == 0)
		return;
	verdict_of(&evidence, now, &verdict);
	/* A cause that was found before the clear stays. */
	if ((evidence.flags & EVIDENCE_CLEARED) != 0 &&
	    verdict.cause == CAUSE_UNKNOWN)
		return;
	c->evidence = evidence;
	c->verdict = verdict;
}

const struct player_case *
player_diagnosis_event(struct player_diagnosis *d,
    const struct detect_event *event)
{
	struct wall_time	 at = { event->at.ns };
	struct player_case	*c;

	if (event->transition == DETECT_RAISED) {
		c = begin_case(d, event->watch);
		tracker_raised(&d->tracker, event->watch, event->at, at);
	} else {
		c = find_case(d, event->watch);
		tracker_cleared(&d->tracker, event->watch, event->at);
		if (c == NULL)
			return (NULL);
		c->cleared = true;
	}
	catch_up(d, event->at);
	set_verdict(d, c, at);
	/* Later signals are not about an alarm that was cleared. */
	c->until = wall_add(at, c->cleared ? CHECK_NS : CHANGES_NS);
	return (c);
}

void
player_diagnosis_advance(struct player_diagnosis *d, struct wall_time now)
{
	size_t	 i = 0;

	if (wall_sub(now, d->checked) < CHECK_NS)
		return;
	d->checked = now;
	tracker_advance(&d->tracker, clock_of(now));
	while (i < d->ncases) {
		struct player_case *c = &d->cases[i];
		struct wall_time at = now.ns < c->until.ns ? now : c->until;

		set_verdict(d, c, at);
		d->verdict(d->arg, c->watch, at, &c->evidence, &c->verdict);
		if (now.ns < c->until.ns) {
			i++;
			continue;
		}
		d->ncases--;
		memmove(c, c + 1, (d->ncases - i) * sizeof(*c));
	}
}
