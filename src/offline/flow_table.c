/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/copy_table.h"
#include "base/hash.h"
#include "offline/flow_table.h"
#include "offline/port_score.h"
#include "packet/decapsulate.h"
#include "packet/packet_fault.h"

#define BUCKETS		65536
#define NONE		UINT32_MAX

/* The members of a key, between which there is no padding. */
#define KEY_SIZE	(offsetof(struct flow_key, inside) + sizeof(bool))

_Static_assert(KEY_SIZE == sizeof(void *) + 2 * sizeof(uint32_t) +
    2 * sizeof(struct addr) + sizeof(bool), "no padding");

/* When the table is full, this many entries are kept, the others dropped. */
#define FLOW_TABLE_KEPT	(FLOW_TABLE_MAX / 4 * 3)

#define DECODERS_MAX	32

struct decoder {
	const struct protocol	*protocol;
	enum flow_kind		 kind;
	void			*memory;	/* of follow() or NULL; owned */
};

struct flow_table {
	struct flow_table_totals totals;
	bool			 paired;	/* only `pair` counts */
	struct addr		 pair[2];
	struct flow_table_entry	*entries;	/* owned */
	size_t			 nentries;
	size_t			 capacity;
	uint32_t		*buckets;	/* first entry or NONE; owned */
	struct copy_table	*copies;	/* owned */
	struct wall_time	 first;		/* time of the first packet */
	struct wall_time	 last;		/* time of the last packet */
	bool			 inside;	/* packets are encapsulated */
	/* The protocols of flows without a decoder: */
	const struct protocol	*udp;
	const struct protocol	*tcp;
	const struct protocol	*other;		/* `bpf`, by protocol number */
	struct decoder		 decoders[DECODERS_MAX];
	size_t			 ndecoders;
};

/* ---- the table */

static uint32_t *
bucket_of(const struct flow_table *t, const struct flow_key *k)
{
	return (&t->buckets[hash_words(0, k, KEY_SIZE) % BUCKETS]);
}

static struct flow_table_entry *
find(const struct flow_table *t, const struct flow_key *key)
{
	uint32_t	 i;

	for (i = *bucket_of(t, key); i != NONE; i = t->entries[i].next)
		if (memcmp(&t->entries[i].key, key, KEY_SIZE) == 0)
			return (&t->entries[i]);
	return (NULL);
}

static struct flow_key
reverse_of(const struct flow_key *k)
{
	return ((struct flow_key){
		.protocol = k->protocol, .key = k->key, .vlan = k->vlan,
		.source = k->destination, .destination = k->source,
		.inside = k->inside,
	});
}

static void
link_entry(struct flow_table *t, uint32_t i)
{
	struct flow_key	 reverse = reverse_of(&t->entries[i].key);
	uint32_t	*bucket = bucket_of(t, &t->entries[i].key);

	if (find(t, &reverse) == NULL)
		t->totals.flows++;
	t->entries[i].next = *bucket;
	*bucket = i;
}

/* More bursts first (up to 16), then later last packets. */
static int
compare_activity(const void *a, const void *b)
{
	const struct flow_table_entry	*x = a, *y = b;
	uint64_t			 m, n;

	m = x->flow.bursts < 16 ? x->flow.bursts : 16;
	n = y->flow.bursts < 16 ? y->flow.bursts : 16;
	if (m != n)
		return (m > n ? -1 : 1);
	return (x->flow.last.ns > y->flow.last.ns ? -1 :
	    x->flow.last.ns < y->flow.last.ns);
}

/* Makes room: drops flows with few bursts or without recent packets. */
static void
drop_flows(struct flow_table *t)
{
	size_t		 n = t->nentries;
	uint32_t	 i;

	qsort(t->entries, n, sizeof(*t->entries), compare_activity);
	for (; n > FLOW_TABLE_KEPT; t->totals.dropped++)
		flow_free(&t->entries[--n].flow);
	t->nentries = n;
	t->totals.flows = 0;
	memset(t->buckets, 0xff, BUCKETS * sizeof(*t->buckets));
	for (i = 0; i < n; i++)
		link_entry(t, i);
}

/* The entry with this key, a new one if necessary.  NULL: out of memory. */
static struct flow_table_entry *
find_or_add(struct flow_table *t, const struct flow_key *key,
    enum flow_kind kind)
{
	struct flow_table_entry	*e = find(t, key);
	size_t			 i;

	if (e != NULL)
		return (e);
	if (t->nentries == FLOW_TABLE_MAX)
		drop_flows(t);
	i = t->nentries;
	if (!array_reserve(&t->entries, &t->capacity, i + 1, sizeof(*e)))
		return (NULL);
	t->entries[i] = (struct flow_table_entry){
		.key = *key, .flow.kind = kind,
	};
	link_entry(t, (uint32_t)i);
	t->nentries++;
	return (&t->entries[i]);
}

/* ---- from a packet to its flow */

/* The service is assumed to have the lower one of the two ports. */
static uint16_t
service_port(const struct packet *packet)
{
	return (packet->source_port < packet->destination_port ?
	    packet->source_port : packet->destination_port);
}

static void
note_mac(struct flow_table_entry *e, const uint8_t *mac)
{
	if (e->flow.packets == 0 && mac != NULL) {
		memcpy(e->mac.octets, mac, MAC_LENGTH);
		e->has_mac = true;
	} else if (mac == NULL || memcmp(e->mac.octets, mac, MAC_LENGTH) != 0)
		e->has_mac = false;
}

/* Counts a packet in its flow.  False when memory is exhausted. */
static bool
count(struct flow_table *t, const struct packet *packet,
    const struct protocol *protocol, uint32_t key, enum flow_kind kind)
{
	struct flow_key		 k = {
		.protocol = protocol, .key = key, .vlan = packet->vlan,
		.source = packet->source, .destination = packet->destination,
		.inside = t->inside,
	};
	struct flow_table_entry	*e = find_or_add(t, &k, kind);
	uint16_t		 service = service_port(packet);

	if (e == NULL)
		return (false);
	note_mac(e, packet->mac);
	return (flow_count(&e->flow, t->last, packet->payload_wire, service,
	    service == packet->source_port ? packet->destination_port :
	    packet->source_port));
}

/* Is it one of the ports that the protocol uses without configuration? */
static bool
is_default(const struct protocol *p, uint32_t port)
{
	return (port >= p->default_key &&
	    port - p->default_key <= p->default_more);
}

/*
 * True if the decoder recognizes the packet.  Then heartbeat->key[0] identifies
 * the flow, and heartbeat->alive says whether the packet is a heartbeat.
 *
 * The contents of a protocol with an optional port do not identify it, so only
 * its default ports do.
 */
static bool
decode(const struct decoder *d, const struct packet *packet,
    struct heartbeat *heartbeat)
{
	const struct protocol	*p = d->protocol;

	memset(heartbeat, 0, sizeof(*heartbeat));
	if (p->follow != NULL) {
		if (!p->follow(d->memory, packet, heartbeat))
			return (false);
		heartbeat->key[0] = service_port(packet);
		return (true);
	}
	if (!p->decode(packet, heartbeat))
		return (false);
	if (p->argument != ARGUMENT_OPTIONAL)
		return (true);
	if (!is_default(p, heartbeat->key[0]) && heartbeat->keys == 2)
		heartbeat->key[0] = heartbeat->key[1];
	return (is_default(p, heartbeat->key[0]));
}

/* The decoder that recognizes the packet, or NULL. */
static const struct decoder *
find_decoder(const struct flow_table *t, const struct packet *packet,
    struct heartbeat *heartbeat)
{
	size_t	 i;

	for (i = 0; i < t->ndecoders; i++)
		if (decode(&t->decoders[i], packet, heartbeat))
			return (&t->decoders[i]);
	return (NULL);
}

/*
 * Counts a packet that no decoder recognizes; but a TCP segment without payload
 * does not count.  False when memory is exhausted.
 */
static bool
take_unknown(struct flow_table *t, const struct packet *packet)
{
	bool			 is_tcp = packet->protocol == IPPROTO_TCP;
	uint16_t		 port = service_port(packet);
	struct packet_tcp	 tcp;

	if (!is_tcp && packet->protocol != IPPROTO_UDP)
		return (count(t, packet, t->other, packet->protocol,
		    FLOW_UNKNOWN));
	if (port == 0 || (is_tcp &&
	    (!packet_tcp(packet, &tcp) || tcp.data_wire == 0)))
		return (true);
	return (count(t, packet, is_tcp ? t->tcp : t->udp, port, FLOW_UNKNOWN));
}

bool
flow_table_is_group(const struct addr *a)
{
	/* Broadcast: with a netmask of at most 24 bits. */
	return (addr_is_multicast(a) ||
	    (a->family == ADDR_IPV4 && a->octets[3] == 255));
}

/* Does the packet count?  Also notes that the pair exchanges packets. */
static bool
is_wanted(struct flow_table *t, const struct packet *p)
{
	unsigned	 i;

	if (!t->paired)
		return (true);
	for (i = 0; i < 2; i++) {
		if (!addr_equal(&p->source, &t->pair[i]))
			continue;
		if (addr_equal(&p->destination, &t->pair[!i])) {
			t->totals.pair_seen = true;
			return (true);
		}
		return (flow_table_is_group(&p->destination));
	}
	return (false);
}

/*
 * True for a copy that a mirror port delivers, which does not count.  Equal
 * packets of two VLANs are no copies.
 */
static bool
is_copy(struct flow_table *t, const struct packet *packet)
{
	uint64_t	 hash = hash_word(packet_content(packet), packet->vlan);

	if (wall_is_never(t->last))
		return (false);
	if (copy_table_age(t->copies, hash, t->last.ns) != INT64_MAX)
		return (true);
	copy_table_add(t->copies, hash, t->last.ns);
	return (false);
}

/* False when memory is exhausted. */
static bool
take_frame(struct flow_table *t, const struct capture_frame *frame)
{
	struct packet		 packet;
	struct heartbeat	 heartbeat;
	const struct decoder	*decoder;
	enum packet_verdict	 verdict;

	verdict = decapsulate_decode(frame, &packet);
	/*
	 * A fragment without the first octets has addresses but no ports.  It
	 * shows that the pair exchanges packets, and is of no other use.
	 */
	if ((verdict != PACKET_IP && verdict != PACKET_CONTINUED) ||
	    !is_wanted(t, &packet) || verdict == PACKET_CONTINUED)
		return (true);
	if (packet_fault_find(frame, &packet, verdict) != PACKET_FAULT_NONE) {
		t->totals.faulty++;
		return (true);
	}
	if (is_copy(t, &packet))
		return (true);
	decoder = find_decoder(t, &packet, &heartbeat);
	if (decoder == NULL)
		return (take_unknown(t, &packet));
	return (!heartbeat.alive || count(t, &packet, decoder->protocol,
	    heartbeat.key[0], decoder->kind));
}

bool
flow_table_take(struct flow_table *t, const struct capture_frame *frame)
{
	struct capture_frame	 outer = *frame, inner;
	unsigned		 depth;
	bool			 fine;

	if (t->totals.packets++ == 0)
		t->first = frame->timestamp;
	t->last = frame->timestamp;
	t->totals.watched_ns = wall_sub(t->last, t->first);
	t->inside = false;
	fine = take_frame(t, frame);
	t->inside = true;
	for (depth = 0; fine && depth < DECAPSULATE_DEPTH_MAX &&
	    decapsulate_next(&outer, &inner); depth++) {
		fine = take_frame(t, &inner);
		outer = inner;
	}
	return (fine);
}

/* ---- start and end */

/* The kind of the flows of a protocol; FLOW_UNKNOWN: it has no decoder. */
static enum flow_kind
kind_of(const struct flow_table *t, const struct protocol *p)
{
	if (p == t->udp || p == t->tcp || p->decode == NULL ||
	    p->argument == ARGUMENT_EXPRESSION || strcmp(p->name, "ip") == 0)
		return (FLOW_UNKNOWN);
	if (p->follow != NULL)
		return (FLOW_KEEPALIVE);
	return (p->argument == ARGUMENT_OPTIONAL ? FLOW_PORT : FLOW_DECODED);
}

static bool
add_decoders(struct flow_table *t)
{
	const struct protocol	*p;
	struct decoder		*d;
	size_t			 i;

	for (i = 0; (p = protocols[i]) != NULL; i++) {
		if (kind_of(t, p) == FLOW_UNKNOWN)
			continue;
		if (t->ndecoders == DECODERS_MAX)
			return (false);
		d = &t->decoders[t->ndecoders++];
		d->protocol = p;
		d->kind = kind_of(t, p);
		if (p->follow == NULL)
			continue;
		d->memory = calloc(1, p->memory_size);
		if (d->memory == NULL)
			return (false);
	}
	return (true);
}

struct flow_table *
flow_table_new(const struct addr *pair)
{
	struct flow_table	*t = calloc(1, sizeof(*t));

	if (t == NULL)
		return (NULL);
	t->udp = protocol_find("udp");
	t->tcp = protocol_find("tcp");
	t->other = protocol_find("bpf");
	t->buckets = malloc(BUCKETS * sizeof(*t->buckets));
	t->copies = calloc(1, sizeof(*t->copies));
	if (t->buckets == NULL || t->copies == NULL || !add_decoders(t)) {
		flow_table_free(t);
		return (NULL);
	}
	memset(t->buckets, 0xff, BUCKETS * sizeof(*t->buckets));
	if (pair != NULL) {
		t->paired = true;
		memcpy(t->pair, pair, sizeof(t->pair));
	}
	return (t);
}

void
flow_table_free(struct flow_table *t)
{
	size_t	 i;

	if (t == NULL)
		return;
	for (i = 0; i < t->nentries; i++)
		flow_free(&t->entries[i].flow);
	for (i = 0; i < t->ndecoders; i++)
		free(t->decoders[i].memory);
	free(t->copies);
	free(t->entries);
	free(t->buckets);
	free(t);
}

const struct flow_table_totals *
flow_table_totals(const struct flow_table *t)
{
	return (&t->totals);
}

/* ---- scores */

static void
score(const struct flow_table *t, struct flow_table_entry *e)
{
	const struct flow_key	*k = &e->key;
	struct flow_key		 reverse = reverse_of(k);
	struct flow_context	 context = {
		.watched_ns = t->totals.watched_ns,
		.port_score = k->protocol == t->other ?
		    port_score_of_protocol(k->key) : port_score(k->key),
	};

	e->reverse = find(t, &reverse);
	context.answered = e->reverse != NULL;
	e->verdict = flow_score(&e->flow, &context);
}

const struct flow_table_entry *
flow_table_score(struct flow_table *t, size_t *n)
{
	size_t	 i;

	for (i = 0; i < t->nentries; i++)
		score(t, &t->entries[i]);
	*n = t->nentries;
	return (t->entries);
}

char *
flow_table_form(const struct flow_key *k, char *text)
{
	const struct protocol	*p = k->protocol;

	if (p->argument == ARGUMENT_EXPRESSION)
		snprintf(text, FLOW_TABLE_FORM_SIZE, "%s %s proto %u", p->name,
		    k->source.family == ADDR_IPV6 ? "ip6" : "ip", k->key);
	else if (p->argument == ARGUMENT_NONE ||
	    (p->argument == ARGUMENT_OPTIONAL && k->key == p->default_key))
		snprintf(text, FLOW_TABLE_FORM_SIZE, "%s", p->name);
	else
		snprintf(text, FLOW_TABLE_FORM_SIZE, "%s %u", p->name, k->key);
	return (text);
}
