/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "match/match.h"
#include "packet/capture_expression.h"

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

/*
 * What is looked for, but the peer: the key, and above it the protocol's
 * position in `protocols` and the family of the peer.
 */
#define FORM_KEY_MAX		0xffffu
#define FORM_PROTOCOL_SHIFT	16
#define FORM_FAMILY_SHIFT	24
#define FORM_LOCAL		(1u << 31)	/* and it names a local */
#define FORM_PORT_MASK		0xffffffu	/* without what is the peer's */
#define FORM_NONE		UINT32_MAX	/* no watch: the slot is free */

/*
 * A watch in the look-up table.  One with an IPv4 peer, or none, and no local
 * is found without a look at anything else.
 */
struct slot {
	uint32_t	 peer;		/* IPv4's address, else a hash */
	uint32_t	 form;
	uint32_t	 watch;
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
	uint32_t		 form;		/* its part of it */
	void			*memory;	/* of its follow(); owned */
	/* A bit for each key that some watch asks for. */
	uint64_t		 keys[FORM_KEY_MAX / 64 + 1];
};

/*
 * The slots are in the order of their hashes, and those of one hash in the
 * order of the file; each is in its bucket or behind it with no free slot
 * between, and the last is free.
 */
struct match {
	const struct configuration *config;
	struct slot		*slots;
	size_t			 nentries;	/* slots that are not free */
	uint32_t		 nbuckets;
	struct expression	*expressions;
	size_t			 nexpressions;
	struct used		*used;
	size_t			 nused;
};

static uint32_t
fold(uint64_t n)
{
	n *= UINT64_C(0x9e3779b97f4a7c15);
	n ^= n >> 32;
	n *= UINT64_C(0x9e3779b97f4a7c15);
	return ((uint32_t)(n >> 32));
}

static uint32_t
peer_word(const struct addr *peer)
{
	uint64_t	 words[2];
	uint32_t	 word = 0;

	if (peer->family == ADDR_IPV6) {
		memcpy(words, peer->octets, sizeof(words));
		return (fold(words[0] ^ fold(words[1])));
	}
	memcpy(&word, peer->octets, sizeof(word));
	return (word);
}

static uint32_t
hash_of(uint32_t form, uint32_t peer)
{
	return (fold((uint64_t)(form & ~FORM_LOCAL) << 32 | peer));
}

/* Higher hashes are not in lower buckets. */
static size_t
bucket(const struct match *m, uint32_t hash)
{
	return ((size_t)((uint64_t)hash * m->nbuckets >> 32));
}

/* NULL when there is no memory. */
static struct used *
use_protocol(struct match *m, const struct protocol *protocol)
{
	struct used	*used;
	size_t		 i;

	for (i = 0; i < m->nused; i++)
		if (m->used[i].protocol == protocol)
			return (&m->used[i]);
	used = &m->used[m->nused++];
	used->protocol = protocol;
	for (i = 0; protocols[i] != protocol; i++)
		continue;
	used->form = (uint32_t)i << FORM_PROTOCOL_SHIFT;
	if (protocol->follow != NULL)
		used->memory = calloc(1, protocol->memory_size);
	return (protocol->follow == NULL || used->memory != NULL ? used : NULL);
}

/* A slot that has no place yet. */
struct draft {
	uint32_t	 hash;
	struct slot	 slot;
};

static bool
add_watch(struct match *m, const struct configuration_watch *w, uint32_t i,
    struct draft *draft)
{
	const struct configuration_profile	*p = w->profile;
	struct used				*used;

	if (p->form.expression != NULL) {
		m->expressions[m->nexpressions++] = (struct expression){
			.text = p->form.expression, .peer = w->peer,
			.local = p->local, .watch = i,
		};
		return (true);
	}
	used = use_protocol(m, p->form.protocol);
	if (used == NULL)
		return (false);
	used->keys[p->form.key / 64] |= UINT64_C(1) << p->form.key % 64;
	draft->slot.watch = i;
	draft->slot.peer = peer_word(&w->peer);
	draft->slot.form = used->form | p->form.key |
	    (uint32_t)w->peer.family << FORM_FAMILY_SHIFT |
	    (p->local.family != ADDR_NONE ? FORM_LOCAL : 0);
	draft->hash = hash_of(draft->slot.form, draft->slot.peer);
	m->nentries++;
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

/* Where the next goes after what went before `next`. */
static size_t
place(const struct match *m, const struct draft *draft, size_t next)
{
	size_t	 b = bucket(m, draft->hash);

	return (b > next ? b : next);
}

/* The table out of sorted drafts; false when there is no memory. */
static bool
fill_slots(struct match *m, const struct draft *drafts)
{
	size_t	 i, n = m->nbuckets, at = 0;

	for (i = 0; i < m->nentries; i++)
		at = place(m, &drafts[i], at) + 1;
	if (n < at)
		n = at;
	m->slots = malloc((n + 1) * sizeof(*m->slots));
	if (m->slots == NULL)
		return (false);
	memset(m->slots, 0xff, (n + 1) * sizeof(*m->slots));
	for (i = 0, at = 0; i < m->nentries; i++) {
		at = place(m, &drafts[i], at);
		m->slots[at++] = drafts[i].slot;
	}
	return (true);
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
concerns(const struct configuration_watch *w, const char *interface)
{
	return (w->profile->enabled && (interface == NULL ||
	    strcmp(w->profile->interface, interface) == 0));
}

/* How many of the watches, and how many of these by an expression. */
static size_t
count_watches(const struct configuration *config, const char *interface,
    size_t *nexpressions)
{
	size_t	 i, n = 0;

	*nexpressions = 0;
	for (i = 0; i < config->nwatches; i++) {
		if (!concerns(config->watches[i], interface))
			continue;
		if (config->watches[i]->profile->form.expression == NULL)
			n++;
		else
			++*nexpressions;
	}
	return (n);
}

static bool
fill(struct match *m, const char *interface)
{
	const struct configuration	*config = m->config;
	struct draft			*drafts;
	size_t				 n, nexpressions;
	uint32_t			 i;
	bool				 fine = true;

	n = count_watches(config, interface, &nexpressions);
	m->nbuckets = (uint32_t)(n + n / 2 + 1);
	drafts = calloc(n + 1, sizeof(*drafts));
	m->expressions = calloc(nexpressions + 1, sizeof(*m->expressions));
	m->used = calloc(count_protocols() + 1, sizeof(*m->used));
	if (drafts == NULL || m->expressions == NULL || m->used == NULL) {
		free(drafts);
		return (false);
	}
	for (i = 0; i < config->nwatches && fine; i++)
		fine = !concerns(config->watches[i], interface) ||
		    add_watch(m, config->watches[i], i, &drafts[m->nentries]);
	qsort(drafts, m->nentries, sizeof(*drafts), compare_drafts);
	fine = fine && fill_slots(m, drafts);
	free(drafts);
	return (fine);
}

struct match *
match_new(const struct configuration *config, const char *interface)
{
	struct match	*m;

	m = calloc(1, sizeof(*m));
	if (m == NULL)
		return (NULL);
	m->config = config;
	if (fill(m, interface))
		return (m);
	match_free(m);
	return (NULL);
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
	free(m->slots);
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

/* The slot's form and peer are right; is all the rest? */
static bool
is_meant(const struct match *m, const struct slot *slot,
    const struct addr *peer, const struct packet *packet)
{
	const struct configuration_watch *w;

	if (peer->family != ADDR_IPV6 && (slot->form & FORM_LOCAL) == 0)
		return (true);
	w = m->config->watches[slot->watch];
	return (addr_equal(&w->peer, peer) &&
	    (w->profile->local.family == ADDR_NONE ||
	    addr_equal(&w->profile->local, &packet->destination)));
}

static void
look_up(const struct match *m, uint32_t form, const struct addr *peer,
    const struct packet *packet, const struct heartbeat *heartbeat,
    match_found *found, void *arg)
{
	uint32_t		 word = peer_word(peer);
	const struct slot	*slot;

	form |= (uint32_t)peer->family << FORM_FAMILY_SHIFT;
	for (slot = &m->slots[bucket(m, hash_of(form, word))];
	    slot->form != FORM_NONE; slot++)
		if (slot->peer == word && (slot->form & ~FORM_LOCAL) == form &&
		    is_meant(m, slot, peer, packet))
			found(arg, slot->watch, heartbeat);
}

static bool
wants_key(const struct used *used, uint32_t key)
{
	return (key <= FORM_KEY_MAX &&
	    (used->keys[key / 64] >> key % 64 & 1) != 0);
}

static void
match_protocol(const struct match *m, const struct used *used,
    const struct packet *packet, match_found *found, void *arg)
{
	static const struct addr	 anybody;
	const struct protocol		*protocol = used->protocol;
	struct heartbeat		 heartbeat = { 0 };
	uint32_t			 form;
	unsigned			 k;

	if (protocol->follow != NULL ?
	    !protocol->follow(used->memory, packet, &heartbeat) :
	    !protocol->decode(packet, &heartbeat))
		return;
	for (k = 0; k < heartbeat.keys; k++) {
		if (!wants_key(used, heartbeat.key[k]))
			continue;
		form = used->form | heartbeat.key[k];
		look_up(m, form, &heartbeat.sender, packet, &heartbeat, found,
		    arg);
		if (protocol->any_sender)
			look_up(m, form, &anybody, packet, &heartbeat, found,
			    arg);
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

/* May the protocol find a heartbeat in the packet?  A cheap look at its ports. */
static bool
may_match(const struct used *used, const struct packet *packet)
{
	const struct protocol	*p = used->protocol;
	uint16_t		 from = packet->source_port;
	uint16_t		 to = packet->destination_port;

	if (p->transport == 0)
		return (true);
	if (p->transport != packet->protocol)
		return (false);
	if (p->follow != NULL || (p->transport != IPPROTO_UDP &&
	    p->transport != IPPROTO_TCP))
		return (true);
	if (p->ports[0] == 0)
		return (wants_key(used, from) || wants_key(used, to));
	return (from == p->ports[0] || to == p->ports[0] ||
	    from == p->ports[1] || to == p->ports[1]);
}

bool
match_prefilter(const struct match *m, const struct capture_frame *frame)
{
	struct packet	 packet;
	size_t		 i;

	if (m->nexpressions > 0)
		return (true);
	if (packet_decode(frame->link_type, frame->bytes, frame->captured,
	    frame->wire, &packet) != PACKET_IP)
		return (false);
	for (i = 0; i < m->nused; i++)
		if (may_match(&m->used[i], &packet))
			return (true);
	return (false);
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
			if (may_match(&m->used[i], &packet))
				match_protocol(m, &m->used[i], &packet, found,
				    arg);
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

static int
compare_forms(const void *a, const void *b)
{
	uint32_t	 x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x < y ? -1 : x > y);
}

/* What lets the heartbeats of a form pass, of that peer or of any. */
static char *
fragment(uint32_t form, const struct addr *from)
{
	const struct protocol	*protocol;
	char			 peer[ADDR_TEXT_SIZE], filter[256], *text;
	int			 n;

	protocol = protocols[(form & FORM_PORT_MASK) >> FORM_PROTOCOL_SHIFT];
	protocol->filter(form & FORM_KEY_MAX, filter, sizeof(filter));
	if (from != NULL && from->family != ADDR_NONE)
		/* What follows a flow wants what goes to the peer too. */
		n = asprintf(&text, "(%s %s and (%s or %s))",
		    protocol->follow != NULL ? "host" : "src host",
		    addr_text(from, peer), filter, FILTER_EXTENSIONS);
	else if (from != NULL)
		n = asprintf(&text, "(%s or %s)", filter, FILTER_EXTENSIONS);
	else
		n = asprintf(&text, "(%s)", filter);
	return (n < 0 ? NULL : text);
}

/* The forms of all watches, each once, without what is a peer's. */
static size_t
forms_of(const struct match *m, uint32_t *forms)
{
	const struct slot	*slot = m->slots;
	size_t			 i, n = 0;

	for (i = 0; i < m->nentries; slot++)
		if (slot->form != FORM_NONE)
			forms[i++] = slot->form & FORM_PORT_MASK;
	qsort(forms, m->nentries, sizeof(*forms), compare_forms);
	for (i = 0; i < m->nentries; i++)
		if (n == 0 || forms[n - 1] != forms[i])
			forms[n++] = forms[i];
	return (n);
}

/* The fragments of all watches, of each peer of its own; some are equal. */
static size_t
fragments_of_peers(const struct match *m, char **texts)
{
	const struct slot	*slot = m->slots;
	size_t			 i;

	for (i = 0; i < m->nentries; slot++)
		if (slot->form != FORM_NONE)
			texts[i++] = fragment(slot->form,
			    &m->config->watches[slot->watch]->peer);
	return (i);
}

/* The fragments of all, of any peer.  More than can be used are none at all. */
static size_t
fragments_of_forms(const struct match *m, char **texts)
{
	uint32_t	*forms;
	size_t		 i, n;

	forms = calloc(m->nentries + 1, sizeof(*forms));
	if (forms == NULL) {
		texts[0] = NULL;
		return (1);
	}
	n = forms_of(m, forms);
	for (i = 0; i < n && n <= FILTER_FRAGMENTS; i++)
		texts[i] = fragment(forms[i], NULL);
	free(forms);
	return (n);
}

/* Each once; false when one is missing, since there was no memory. */
static bool
write_texts(char **texts, size_t n, bool with_peer, FILE *stream)
{
	size_t	 i;

	for (i = 0; i < n; i++)
		if (texts[i] == NULL)
			return (false);
	qsort(texts, n, sizeof(*texts), compare_text);
	for (i = 0; i < n; i++)
		if (i == 0 || strcmp(texts[i - 1], texts[i]) != 0)
			fprintf(stream, "%s%s", i == 0 ? "" : " or ", texts[i]);
	if (n > 0 && !with_peer)
		fprintf(stream, " or %s", FILTER_EXTENSIONS);
	return (true);
}

static bool
write_fragments(const struct match *m, FILE *stream)
{
	char	*texts[FILTER_FRAGMENTS + 1] = { NULL };
	bool	 with_peer = m->nentries <= FILTER_PEERS, fine;
	size_t	 n;

	n = with_peer ? fragments_of_peers(m, texts) :
	    fragments_of_forms(m, texts);
	if (n > FILTER_FRAGMENTS) {
		fprintf(stream, "ip or ip6");
		return (true);
	}
	fine = write_texts(texts, n, with_peer, stream);
	while (n > 0)
		free(texts[--n]);
	return (fine);
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
		if (capture_expression_moves_offsets(m->expressions[i].text))
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
		filters[0] = open ? strdup("") :
		    capture_expression_through_vlan(plain);
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
