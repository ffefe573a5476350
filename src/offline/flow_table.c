/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/hash.h"
#include "offline/flow_table.h"
#include "offline/port_score.h"
#include "packet/packet.h"

#define BUCKETS		65536	/* a power of 2 */

/* When there are too many: so many are left. */
#define FLOW_TABLE_KEPT	(FLOW_TABLE_MAX / 4 * 3)

#define PROTOCOLS_MAX	32

struct flow_table {
	bool			 paired;
	struct addr		 pair[2];
	struct flow_table_entry	*entries;
	uint32_t		 nentries;
	size_t			 capacity;
	uint32_t		*buckets;
	uint64_t		 packets;
	uint64_t		 dropped;
	struct wall_time	 first;
	struct wall_time	 last;
	const struct protocol	*udp;
	const struct protocol	*tcp;
	const struct protocol	*other;
	/* Of the protocols that need one, by their place in protocols[]. */
	void			*memory[PROTOCOLS_MAX];
};

/* ---- the table */

static uint32_t
hash_key(const struct flow_key *k)
{
	uint32_t	 hash = HASH_START;

	hash = hash_bytes(hash, &k->protocol, sizeof(k->protocol));
	hash = hash_bytes(hash, &k->key, sizeof(k->key));
	hash = hash_bytes(hash, &k->source, 1 + addr_length(&k->source));
	hash = hash_bytes(hash, &k->destination,
	    1 + addr_length(&k->destination));
	return ((hash ^ hash >> 16) & (BUCKETS - 1));
}

static bool
key_equal(const struct flow_key *a, const struct flow_key *b)
{
	return (a->protocol == b->protocol && a->key == b->key &&
	    addr_equal(&a->source, &b->source) &&
	    addr_equal(&a->destination, &b->destination));
}

static uint32_t
find(const struct flow_table *t, const struct flow_key *key)
{
	uint32_t	 i;

	for (i = t->buckets[hash_key(key)]; i != FLOW_TABLE_NONE;
	    i = t->entries[i].next)
		if (key_equal(&t->entries[i].key, key))
			break;
	return (i);
}

static void
fill_buckets(struct flow_table *t)
{
	uint32_t	 i, *bucket;

	for (i = 0; i < BUCKETS; i++)
		t->buckets[i] = FLOW_TABLE_NONE;
	for (i = 0; i < t->nentries; i++) {
		bucket = &t->buckets[hash_key(&t->entries[i].key)];
		t->entries[i].next = *bucket;
		*bucket = i;
	}
}

/* What beat the most comes first, and of equals what was heard last. */
static int
compare_promise(const void *a, const void *b)
{
	const struct flow	*x = &((const struct flow_table_entry *)a)->flow;
	const struct flow	*y = &((const struct flow_table_entry *)b)->flow;
	uint64_t		 m = x->bursts < 16 ? x->bursts : 16;
	uint64_t		 n = y->bursts < 16 ? y->bursts : 16;

	if (m != n)
		return (m > n ? -1 : 1);
	return (x->last.ns > y->last.ns ? -1 : x->last.ns < y->last.ns);
}

static void
drop_some(struct flow_table *t)
{
	qsort(t->entries, t->nentries, sizeof(*t->entries), compare_promise);
	while (t->nentries > FLOW_TABLE_KEPT) {
		flow_free(&t->entries[--t->nentries].flow);
		t->dropped++;
	}
	fill_buckets(t);
}

static bool
make_room(struct flow_table *t)
{
	if (t->nentries == FLOW_TABLE_MAX)
		drop_some(t);
	return (array_reserve(&t->entries, &t->capacity, t->nentries + 1,
	    sizeof(*t->entries)));
}

/* The flow of that key, a new one if there is none; NULL: no memory. */
static struct flow *
flow_of(struct flow_table *t, const struct flow_key *key, enum flow_kind kind)
{
	uint32_t		 i = find(t, key), *bucket;
	struct flow_table_entry	*e;

	if (i != FLOW_TABLE_NONE)
		return (&t->entries[i].flow);
	if (!make_room(t))
		return (NULL);
	bucket = &t->buckets[hash_key(key)];
	e = &t->entries[t->nentries];
	*e = (struct flow_table_entry){ .key = *key, .next = *bucket };
	e->flow.kind = kind;
	*bucket = t->nentries++;
	return (&e->flow);
}

/* ---- from a packet to its flow */

/* The end that has the service: it has the lower port of the two. */
static uint16_t
service_port(const struct packet *packet)
{
	return (packet->source_port < packet->destination_port ?
	    packet->source_port : packet->destination_port);
}

static uint16_t
other_port(const struct packet *packet)
{
	return (packet->source_port < packet->destination_port ?
	    packet->destination_port : packet->source_port);
}

static bool
count(struct flow_table *t, const struct packet *packet,
    const struct protocol *protocol, uint32_t key, enum flow_kind kind)
{
	struct flow_key	 k = {
		.protocol = protocol, .key = key,
		.source = packet->source, .destination = packet->destination,
	};
	struct flow	*flow = flow_of(t, &k, kind);

	return (flow != NULL && flow_count(flow, t->last, packet->payload_wire,
	    service_port(packet), other_port(packet)));
}

/* What the decoder can say: contents, or only a port, or a kernel's habit. */
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
decode(struct flow_table *t, size_t i, const struct packet *packet,
    struct heartbeat *heartbeat)
{
	const struct protocol	*p = protocols[i];

	if (p->follow != NULL)
		return (p->follow(t->memory[i], packet, heartbeat));
	if (!p->decode(packet, heartbeat))
		return (false);
	if (p->argument != ARGUMENT_OPTIONAL)
		return (true);
	if (heartbeat->key[0] != p->value && heartbeat->keys == 2)
		heartbeat->key[0] = heartbeat->key[1];
	return (heartbeat->key[0] == p->value);
}

/* True when the packet is of a known protocol; then it is counted. */
static bool
take_known(struct flow_table *t, const struct packet *packet, bool *fine)
{
	struct heartbeat	 heartbeat;
	enum flow_kind		 kind;
	size_t			 i;

	for (i = 0; protocols[i] != NULL; i++) {
		kind = kind_of(t, protocols[i]);
		if (kind == FLOW_UNKNOWN)
			continue;
		memset(&heartbeat, 0, sizeof(heartbeat));
		if (!decode(t, i, packet, &heartbeat))
			continue;
		if (kind == FLOW_KEEPALIVE)
			heartbeat.key[0] = service_port(packet);
		if (heartbeat.alive)
			*fine = count(t, packet, protocols[i],
			    heartbeat.key[0], kind);
		return (true);
	}
	return (false);
}

static bool
take_unknown(struct flow_table *t, const struct packet *packet)
{
	struct packet_tcp	 tcp;
	uint16_t		 port = service_port(packet);

	if (packet->protocol == IPPROTO_UDP)
		return (port == 0 || count(t, packet, t->udp, port,
		    FLOW_UNKNOWN));
	if (packet->protocol != IPPROTO_TCP)
		return (count(t, packet, t->other, packet->protocol,
		    FLOW_UNKNOWN));
	if (port == 0 || !packet_tcp(packet, &tcp) || tcp.data_wire == 0)
		return (true);
	return (count(t, packet, t->tcp, port, FLOW_UNKNOWN));
}

bool
flow_table_is_group(const struct addr *a)
{
	if (a->family == ADDR_IPV6)
		return (a->octets[0] == 0xff);
	/* A broadcast address, of the usual netmasks. */
	return ((a->octets[0] >= 224 && a->octets[0] < 240) ||
	    a->octets[3] == 255);
}

static bool
is_wanted(const struct flow_table *t, const struct packet *p)
{
	unsigned	 i;

	if (!t->paired)
		return (true);
	for (i = 0; i < 2; i++)
		if (addr_equal(&p->source, &t->pair[i]))
			return (flow_table_is_group(&p->destination) ||
			    addr_equal(&p->destination, &t->pair[!i]));
	return (false);
}

bool
flow_table_take(struct flow_table *t, const struct capture_frame *frame)
{
	struct packet	 packet;
	bool		 fine = true;

	if (t->packets++ == 0)
		t->first = frame->timestamp;
	t->last = frame->timestamp;
	if (packet_decode(frame->link_type, frame->bytes, frame->captured,
	    frame->wire, &packet) != PACKET_IP || !is_wanted(t, &packet))
		return (true);
	if (take_known(t, &packet, &fine))
		return (fine);
	return (take_unknown(t, &packet));
}

/* ---- start and end */

static bool
allocate(struct flow_table *t)
{
	size_t	 i;

	t->buckets = calloc(BUCKETS, sizeof(*t->buckets));
	if (t->buckets == NULL)
		return (false);
	for (i = 0; protocols[i] != NULL && i < PROTOCOLS_MAX; i++) {
		if (protocols[i]->memory_size == 0)
			continue;
		t->memory[i] = calloc(1, protocols[i]->memory_size);
		if (t->memory[i] == NULL)
			return (false);
	}
	return (true);
}

struct flow_table *
flow_table_new(const struct addr *pair)
{
	struct flow_table	*t;

	t = calloc(1, sizeof(*t));
	if (t == NULL || !allocate(t)) {
		flow_table_free(t);
		return (NULL);
	}
	t->udp = protocol_find("udp");
	t->tcp = protocol_find("tcp");
	t->other = protocol_find("bpf");
	if (pair != NULL) {
		t->paired = true;
		memcpy(t->pair, pair, sizeof(t->pair));
	}
	fill_buckets(t);
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
	for (i = 0; i < PROTOCOLS_MAX; i++)
		free(t->memory[i]);
	free(t->entries);
	free(t->buckets);
	free(t);
}

uint64_t
flow_table_packets(const struct flow_table *t)
{
	return (t->packets);
}

int64_t
flow_table_watched_ns(const struct flow_table *t)
{
	return (wall_sub(t->last, t->first));
}

size_t
flow_table_count(const struct flow_table *t)
{
	return (t->nentries);
}

uint64_t
flow_table_dropped(const struct flow_table *t)
{
	return (t->dropped);
}

/* ---- judging */

static double
port_score_of(const struct flow_table *t, const struct flow_key *k)
{
	if (k->protocol == t->other)
		return (port_score_of_protocol(k->key));
	return (port_score(k->key));
}

static uint32_t
find_back(const struct flow_table *t, const struct flow_key *key)
{
	struct flow_key	 back = *key;

	back.source = key->destination;
	back.destination = key->source;
	return (find(t, &back));
}

struct flow_table_entry *
flow_table_score(struct flow_table *t, size_t *n)
{
	struct flow_setting	 setting = {
		.watched_ns = flow_table_watched_ns(t),
	};
	uint32_t		 i;

	for (i = 0; i < t->nentries; i++) {
		struct flow_table_entry *e = &t->entries[i];
		e->back = find_back(t, &e->key);
		setting.answered = e->back != FLOW_TABLE_NONE;
		setting.port_score = port_score_of(t, &e->key);
		e->verdict = flow_score(&e->flow, &setting);
	}
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
	    (p->argument == ARGUMENT_OPTIONAL && k->key == p->value))
		snprintf(text, FLOW_TABLE_FORM_SIZE, "%s", p->name);
	else
		snprintf(text, FLOW_TABLE_FORM_SIZE, "%s %u", p->name, k->key);
	return (text);
}
