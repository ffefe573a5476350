/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "match.h"

/*
 * A filter that names every peer is worth it for a few; beyond these the kernel
 * takes the protocol alone, or any IP, and the look-up does the rest.
 */
#define FILTER_PEERS		32
#define FILTER_FRAGMENTS	64
#define FILTER_EXPRESSIONS	32	/* of users; beyond: everything */

/* Extension headers, behind which pcap-filter does not look. */
#define FILTER_EXTENSIONS	\
	"(ip proto 51 or (ip6 and (ip6[6] = 0 or ip6[6] = 43 or " \
	"ip6[6] = 44 or ip6[6] = 51 or ip6[6] = 60 or ip6[6] = 135)))"

/* Where `vlan` is refused, all that is tagged still passes. */
#define FILTER_TAGGED	\
	"ether proto 0x8100 or ether proto 0x88a8 or ether proto 0x9100"

#define NO_ENTRY	UINT32_MAX

/* One watch; those with the same hash are a list, in the order of the file. */
struct entry {
	const struct protocol	*protocol;
	uint32_t		 key;
	struct addr		 peer;
	struct addr		 local;
	uint32_t		 watch;
	uint32_t		 next;
};

struct expression {
	const char			*text;	/* the configuration's */
	struct capture_expression	*compiled;
	struct addr			 peer;
	struct addr			 local;
	uint32_t			 watch;
};

/* A protocol that some watch listens for. */
struct used {
	const struct protocol	*protocol;
	void			*memory;	/* of its follow(); owned */
};

struct match {
	struct entry		*entries;
	size_t			 nentries;
	uint32_t		*buckets;	/* the first of each */
	size_t			 nbuckets;
	struct expression	*expressions;
	size_t			 nexpressions;
	struct used		*used;
	size_t			 nused;
};

/* FNV-1a (draft-eastlake-fnv, section 2). */
static uint32_t
hash_octets(uint32_t hash, const void *octets, size_t n)
{
	const uint8_t	*o = octets;

	while (n-- > 0)
		hash = (hash ^ *o++) * 16777619;
	return (hash);
}

static size_t
bucket(const struct match *m, const struct protocol *protocol, uint32_t key,
    const struct addr *peer)
{
	uint32_t	 hash = 2166136261;

	hash = hash_octets(hash, &protocol, sizeof(protocol));
	hash = hash_octets(hash, &key, sizeof(key));
	hash = hash_octets(hash, peer, 1 + addr_length(peer));
	return ((hash ^ hash >> 16) & (m->nbuckets - 1));
}

static bool
use_protocol(struct match *m, const struct protocol *protocol)
{
	struct used	*used;
	size_t		 i;

	for (i = 0; i < m->nused; i++)
		if (m->used[i].protocol == protocol)
			return (true);
	used = &m->used[m->nused++];
	used->protocol = protocol;
	if (protocol->follow != NULL)
		used->memory = calloc(1, protocol->memory_size);
	return (protocol->follow == NULL || used->memory != NULL);
}

static bool
add_watch(struct match *m, const struct configuration_watch *w, uint32_t i)
{
	struct entry	*e;

	if (w->profile->form.expression != NULL) {
		m->expressions[m->nexpressions++] = (struct expression){
			.text = w->profile->form.expression, .peer = w->peer,
			.local = w->profile->local, .watch = i,
		};
		return (true);
	}
	e = &m->entries[m->nentries++];
	*e = (struct entry){
		.protocol = w->profile->form.protocol,
		.key = w->profile->form.key, .peer = w->peer,
		.local = w->profile->local, .watch = i,
	};
	return (use_protocol(m, e->protocol));
}

/* From the last to the first, so that each list is in the order of the file. */
static void
fill_buckets(struct match *m)
{
	size_t	 i, b;

	for (b = 0; b < m->nbuckets; b++)
		m->buckets[b] = NO_ENTRY;
	for (i = m->nentries; i-- > 0;) {
		struct entry *e = &m->entries[i];
		b = bucket(m, e->protocol, e->key, &e->peer);
		e->next = m->buckets[b];
		m->buckets[b] = (uint32_t)i;
	}
}

static size_t
count_protocols(void)
{
	size_t	 n = 0;

	while (protocols[n] != NULL)
		n++;
	return (n);
}

static bool
allocate(struct match *m, size_t nwatches)
{
	m->nbuckets = 16;
	while (m->nbuckets < 2 * nwatches)
		m->nbuckets *= 2;
	m->entries = calloc(nwatches + 1, sizeof(*m->entries));
	m->expressions = calloc(nwatches + 1, sizeof(*m->expressions));
	m->buckets = calloc(m->nbuckets, sizeof(*m->buckets));
	m->used = calloc(count_protocols() + 1, sizeof(*m->used));
	return (m->entries != NULL && m->expressions != NULL &&
	    m->buckets != NULL && m->used != NULL);
}

static bool
concerns(const struct configuration_watch *w, const char *interface)
{
	return (w->profile->enabled && (interface == NULL ||
	    strcmp(w->profile->interface, interface) == 0));
}

struct match *
match_new(const struct configuration *config, const char *interface)
{
	struct match	*m;
	size_t		 n = 0;
	uint32_t	 i;

	for (i = 0; i < config->nwatches; i++)
		n += concerns(config->watches[i], interface);
	m = calloc(1, sizeof(*m));
	if (m == NULL || !allocate(m, n)) {
		match_free(m);
		return (NULL);
	}
	for (i = 0; i < config->nwatches; i++)
		if (concerns(config->watches[i], interface) &&
		    !add_watch(m, config->watches[i], i)) {
			match_free(m);
			return (NULL);
		}
	fill_buckets(m);
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
	for (i = 0; i < m->nused; i++)
		free(m->used[i].memory);
	free(m->expressions);
	free(m->entries);
	free(m->buckets);
	free(m->used);
	free(m);
}

bool
match_prepare(struct match *m, int link_type, char *error)
{
	struct expression	*e;
	size_t			 i;

	for (i = 0; i < m->nexpressions; i++) {
		e = &m->expressions[i];
		capture_expression_free(e->compiled);
		e->compiled = capture_expression_new(e->text, link_type,
		    error);
		if (e->compiled == NULL)
			return (false);
	}
	return (true);
}

static void
look_up(const struct match *m, const struct protocol *protocol, uint32_t key,
    const struct addr *peer, const struct packet *packet,
    const struct heartbeat *heartbeat, match_found *found, void *arg)
{
	const struct entry	*e;
	uint32_t		 i;

	for (i = m->buckets[bucket(m, protocol, key, peer)]; i != NO_ENTRY;
	    i = e->next) {
		e = &m->entries[i];
		if (e->protocol == protocol && e->key == key &&
		    addr_equal(&e->peer, peer) &&
		    (e->local.family == ADDR_NONE ||
		    addr_equal(&e->local, &packet->destination)))
			found(arg, e->watch, heartbeat);
	}
}

static void
match_protocol(const struct match *m, const struct used *used,
    const struct packet *packet, match_found *found, void *arg)
{
	static const struct addr	 anybody;
	const struct protocol		*protocol = used->protocol;
	struct heartbeat		 heartbeat = { 0 };
	unsigned			 k;

	if (protocol->follow != NULL ?
	    !protocol->follow(used->memory, packet, &heartbeat) :
	    !protocol->decode(packet, &heartbeat))
		return;
	for (k = 0; k < heartbeat.keys; k++) {
		look_up(m, protocol, heartbeat.key[k], &heartbeat.sender,
		    packet, &heartbeat, found, arg);
		if (protocol->any_sender)
			look_up(m, protocol, heartbeat.key[k], &anybody,
			    packet, &heartbeat, found, arg);
	}
}

/*
 * An expression says it all; but a packet that has a sender must have the right
 * one, where the watch names one.
 */
static void
match_expressions(const struct match *m, const struct capture_frame *frame,
    const struct packet *packet, match_found *found, void *arg)
{
	const struct expression	*e;
	struct heartbeat	 heartbeat = { .keys = 1, .alive = true };
	size_t			 i;

	if (packet != NULL)
		heartbeat.sender = packet->source;
	for (i = 0; i < m->nexpressions; i++) {
		e = &m->expressions[i];
		if (packet != NULL && e->peer.family != ADDR_NONE &&
		    !addr_equal(&e->peer, &packet->source))
			continue;
		if (packet != NULL && e->local.family != ADDR_NONE &&
		    !addr_equal(&e->local, &packet->destination))
			continue;
		if (e->compiled != NULL &&
		    capture_expression_matches(e->compiled, frame))
			found(arg, e->watch, &heartbeat);
	}
}

enum packet_verdict
match_frame(struct match *m, const struct capture_frame *frame,
    match_found *found, void *arg)
{
	struct packet		 packet;
	enum packet_verdict	 verdict;
	size_t			 i;

	verdict = packet_decode(frame->link_type, frame->bytes,
	    frame->captured, frame->wire, &packet);
	if (verdict == PACKET_IP)
		for (i = 0; i < m->nused; i++)
			match_protocol(m, &m->used[i], &packet, found, arg);
	match_expressions(m, frame, verdict == PACKET_IP ||
	    verdict == PACKET_CONTINUED ? &packet : NULL, found, arg);
	return (verdict);
}

/* ---- the kernel's filter */

static int
compare_text(const void *a, const void *b)
{
	return (strcmp(*(char *const *)a, *(char *const *)b));
}

/* What lets the heartbeats of an entry pass. */
static char *
fragment(const struct entry *e, bool with_peer)
{
	char	 peer[ADDR_TEXT_SIZE], filter[256], *text;
	int	 n;

	e->protocol->filter(e->key, filter, sizeof(filter));
	if (with_peer && e->peer.family != ADDR_NONE)
		/* What follows a flow wants what goes to the peer too. */
		n = asprintf(&text, "(%s %s and (%s or %s))",
		    e->protocol->follow != NULL ? "host" : "src host",
		    addr_text(&e->peer, peer), filter, FILTER_EXTENSIONS);
	else if (with_peer)
		n = asprintf(&text, "(%s or %s)", filter, FILTER_EXTENSIONS);
	else
		n = asprintf(&text, "(%s)", filter);
	return (n < 0 ? NULL : text);
}

/* The fragments of all entries, each once; -1: no memory. */
static ssize_t
fragments(const struct match *m, bool with_peer, char **texts)
{
	size_t	 i, n = 0;

	for (i = 0; i < m->nentries; i++) {
		texts[i] = fragment(&m->entries[i], with_peer);
		if (texts[i] == NULL) {
			while (i-- > 0)
				free(texts[i]);
			return (-1);
		}
	}
	qsort(texts, m->nentries, sizeof(*texts), compare_text);
	for (i = 0; i < m->nentries; i++)
		if (n > 0 && strcmp(texts[n - 1], texts[i]) == 0)
			free(texts[i]);
		else
			texts[n++] = texts[i];
	return ((ssize_t)n);
}

static bool
write_fragments(const struct match *m, FILE *stream)
{
	char	**texts;
	ssize_t	  n, i;
	bool	  with_peer = m->nentries <= FILTER_PEERS;
	const char *glue = "";

	texts = calloc(m->nentries + 1, sizeof(*texts));
	if (texts == NULL)
		return (false);
	n = fragments(m, with_peer, texts);
	if (n > FILTER_FRAGMENTS) {
		fprintf(stream, "ip or ip6");
	} else {
		for (i = 0; i < n; i++) {
			fprintf(stream, "%s%s", glue, texts[i]);
			glue = " or ";
		}
		if (n > 0 && !with_peer)
			fprintf(stream, " or %s", FILTER_EXTENSIONS);
	}
	for (i = 0; i < n; i++)
		free(texts[i]);
	free(texts);
	return (n >= 0);
}

static void
write_expressions(const struct match *m, FILE *stream)
{
	size_t	 i;

	for (i = 0; i < m->nexpressions; i++)
		fprintf(stream, "%s(%s)",
		    i > 0 || m->nentries > 0 ? " or " : "",
		    m->expressions[i].text);
}

static bool
expressions_move_offsets(const struct match *m)
{
	size_t	 i;

	for (i = 0; i < m->nexpressions; i++)
		if (capture_moves_offsets(m->expressions[i].text))
			return (true);
	return (false);
}

static char *
plain_filter(const struct match *m)
{
	char	*text = NULL;
	size_t	 length;
	FILE	*stream;
	bool	 fine;

	/* Nothing to hear: a filter that nothing passes. */
	if (m->nentries == 0 && m->nexpressions == 0)
		return (strdup("less 1"));
	/* What a user's `vlan` does to the offsets would hit ours too. */
	if ((m->nentries > 0 && expressions_move_offsets(m)) ||
	    m->nexpressions > FILTER_EXPRESSIONS)
		return (strdup(""));
	stream = open_memstream(&text, &length);
	if (stream == NULL)
		return (NULL);
	fine = write_fragments(m, stream);
	write_expressions(m, stream);
	if (fclose(stream) != 0 || !fine) {
		free(text);
		return (NULL);
	}
	return (text);
}

bool
match_filters(const struct match *m, char *filters[MATCH_FILTERS])
{
	char	*plain = plain_filter(m);
	bool	 open = plain != NULL && plain[0] == '\0';
	int	 n;

	filters[0] = filters[1] = NULL;
	filters[2] = plain;
	if (plain != NULL) {
		filters[0] = open ? strdup("") : capture_through_vlan(plain);
		n = asprintf(&filters[1], "%s%s%s", open ? "" : "(", plain,
		    open ? "" : ") or " FILTER_TAGGED);
		if (n < 0)
			filters[1] = NULL;
	}
	if (filters[0] != NULL && filters[1] != NULL)
		return (true);
	match_filters_free(filters);
	return (false);
}

void
match_filters_free(char *filters[MATCH_FILTERS])
{
	size_t	 i;

	for (i = 0; i < MATCH_FILTERS; i++) {
		free(filters[i]);
		filters[i] = NULL;
	}
}

bool
match_needs_payload(const struct match *m)
{
	return (m->nexpressions > 0);
}
