/* SPDX-License-Identifier: BSD-2-Clause */
#include <netinet/in.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "match/match_filter.h"
#include "packet/capture_expression.h"

/*
 * With at most PEERS_MAX watches the filter names each peer.  With more it
 * names only the protocols and ports.  If there are more than TERMS_MAX of
 * these, all IP packets pass, and only the look-up table excludes packets.
 */
#define PEERS_MAX	32
#define TERMS_MAX	64
#define EXPRESSIONS_MAX	32	/* of `bpf`; with more all frames pass */

/* Packets with extension headers; pcap-filter does not look behind these. */
#define EXTENSIONS	\
	"(ip proto 51 or (ip6 and (ip6[6] = 0 or ip6[6] = 43 or " \
	"ip6[6] = 44 or ip6[6] = 51 or ip6[6] = 60 or ip6[6] = 135)))"

/* All tagged frames, for link types that have no `vlan`. */
#define TAGGED	\
	"ether proto 0x8100 or ether proto 0x88a8 or ether proto 0x9100"

/*
 * All frames of Ethernet that decapsulate.c examines.  `llc` is for SNAP, and
 * EXTENSIONS is for an encapsulation behind extension headers.
 */
#define ENCAPSULATED	\
	"ether proto 0x8847 or ether proto 0x8848 or ether proto 0x88e7 or " \
	"ether proto 0x8926 or ether proto 0x6558 or llc or " \
	"ip proto 4 or ip proto 41 or ip proto 47 or ip proto 137 or " \
	"ip6 proto 4 or ip6 proto 41 or ip6 proto 47 or ip6 proto 137 or " \
	"udp dst port 4789 or udp dst port 8472 or udp dst port 6081 or " \
	"udp dst port 6635 or " EXTENSIONS

/*
 * All received frames, and the outgoing ones with an IP source address, which
 * shows whether this host sent the packet or forwarded it.
 */
#define SENDER_KNOWN	\
	"(ip[12:4] != 0 or (ip6 and not ip6 src host ::) or inbound)"

/* One term of the filter: a protocol, its key, and a peer. */
struct term {
	const struct protocol	*protocol;
	uint32_t		 key;
	const struct addr	*peer;		/* NULL: any */
};

/* The filter of an interface, before it is written as text. */
struct filter {
	struct term	 terms[TERMS_MAX];	/* no two are equal */
	size_t		 nterms;
	bool		 any_ip;	/* there are too many terms */
	const char	*expressions[EXPRESSIONS_MAX];
	size_t		 nexpressions;		/* may be above the maximum */
	bool		 moves_offsets;		/* one of the expressions */
	bool		 decapsulates;		/* one of the watches */
};

/* ---- from the configuration to terms */

static bool
term_equal(const struct term *a, const struct term *b)
{
	return (a->protocol == b->protocol && a->key == b->key &&
	    (a->peer == b->peer || (a->peer != NULL && b->peer != NULL &&
	    addr_equal(a->peer, b->peer))));
}

static void
add_term(struct filter *f, const struct term *term)
{
	size_t	 i;

	for (i = 0; i < f->nterms && !f->any_ip; i++)
		if (term_equal(&f->terms[i], term))
			return;
	if (f->nterms < TERMS_MAX)
		f->terms[f->nterms++] = *term;
	else
		f->any_ip = true;
}

static void
add_expression(struct filter *f, const char *expression)
{
	if (f->nexpressions < EXPRESSIONS_MAX)
		f->expressions[f->nexpressions] = expression;
	f->nexpressions++;
	f->moves_offsets |= capture_expression_moves_offsets(expression);
}

static void
collect(struct filter *f, const struct configuration *config,
    const char *interface, const struct match *match)
{
	static const struct addr		 any_peer;
	const char				*expression;
	const struct configuration_watch	*w;
	const struct heartbeat_form		*form;
	struct term				 term;
	size_t					 i, nwatches = 0;

	memset(f, 0, sizeof(*f));
	f->decapsulates = match_decapsulates(config, interface);
	for (i = 0; i < config->nwatches; i++) {
		w = config->watches[i];
		nwatches += match_concerns(w, interface) &&
		    w->profile->form.expression == NULL;
	}
	for (i = 0; i < config->nwatches; i++) {
		w = config->watches[i];
		form = &w->profile->form;
		if (!match_concerns(w, interface) || form->expression != NULL)
			continue;
		term = (struct term){ form->protocol, form->key,
		    nwatches > PEERS_MAX ? NULL :
		    match_has_senders(w->profile) ? &any_peer : &w->peer };
		add_term(f, &term);
	}
	for (i = 0; i < match_expression_count(match); i++) {
		expression = match_expression(match, i);
		if (expression != NULL)
			add_expression(f, expression);
	}
}

/* ---- from terms to text */

/*
 * NULL when memory is exhausted.  Terms that name no peer share one EXTENSIONS,
 * which write_terms() adds.
 */
static char *
term_text(const struct term *term)
{
	char	 peer[ADDR_TEXT_SIZE], filter[PROTOCOL_FILTER_SIZE], *text;
	int	 n;

	protocol_filter(term->protocol, term->key, filter);
	if (term->peer == NULL)
		n = asprintf(&text, "(%s)", filter);
	else if (term->peer->family == ADDR_NONE)
		n = asprintf(&text, "(%s or %s)", filter, EXTENSIONS);
	else
		/* follow() needs the packets to the peer too. */
		n = asprintf(&text, "(%s %s and (%s or %s))",
		    term->protocol->follow != NULL ? "host" : "src host",
		    addr_text(term->peer, peer), filter, EXTENSIONS);
	return (n < 0 ? NULL : text);
}

static int
compare_texts(const void *a, const void *b)
{
	return (strcmp(*(char *const *)a, *(char *const *)b));
}

/* Sorts them, because terms with the same text are written only once. */
static void
write_texts(FILE *stream, char **texts, size_t n)
{
	size_t	 i;

	qsort(texts, n, sizeof(*texts), compare_texts);
	for (i = 0; i < n; i++)
		if (i == 0 || strcmp(texts[i - 1], texts[i]) != 0)
			fprintf(stream, "%s%s", i == 0 ? "" : " or ", texts[i]);
}

/* False when memory is exhausted. */
static bool
write_terms(FILE *stream, const struct filter *f)
{
	char	*texts[TERMS_MAX];
	size_t	 n;
	bool	 complete;

	if (f->any_ip) {
		fprintf(stream, "ip or ip6");
		return (true);
	}
	for (n = 0; n < f->nterms; n++) {
		texts[n] = term_text(&f->terms[n]);
		if (texts[n] == NULL)
			break;
	}
	complete = n == f->nterms;
	if (complete)
		write_texts(stream, texts, n);
	if (complete && n > 0 && f->terms[0].peer == NULL)
		fprintf(stream, " or %s", EXTENSIONS);
	while (n > 0)
		free(texts[--n]);
	return (complete);
}

/* Finds the least and the greatest port of a protocol; false: it has none. */
static bool
find_ports(const struct configuration *config, const char *interface,
    const struct protocol *p, uint32_t *least, uint32_t *greatest)
{
	const struct configuration_watch	*w;
	uint32_t				 key;
	size_t					 i;

	*least = UINT16_MAX;
	*greatest = 0;
	for (i = 0; i < config->nwatches; i++) {
		w = config->watches[i];
		if (w->profile->form.protocol != p ||
		    !match_concerns(w, interface))
			continue;
		key = w->profile->form.key;
		if (key < *least)
			*least = key;
		if (key > *greatest)
			*greatest = key;
	}
	return (*least <= *greatest);
}

/*
 * Writes one range of ports for each protocol, because there are too many terms
 * with one port.
 */
static void
write_ranges(FILE *stream, const struct configuration *config,
    const char *interface)
{
	const struct protocol *const	*p;
	const char			*before = "";
	uint32_t			 least, greatest;

	for (p = protocols; *p != NULL; p++) {
		if (((*p)->transport != IPPROTO_UDP &&
		    (*p)->transport != IPPROTO_TCP) || (*p)->ports[0] != 0 ||
		    !find_ports(config, interface, *p, &least, &greatest))
			continue;
		fprintf(stream, "%s%s portrange %u-%u", before,
		    (*p)->transport == IPPROTO_UDP ? "udp" : "tcp", least,
		    greatest);
		before = " or ";
	}
}

char *
match_filter_sent(const struct configuration *config, const char *interface)
{
	const struct configuration_watch	*w;
	struct filter				 f = { .nterms = 0 };
	struct term				 term;
	char					*text = NULL;
	size_t					 i, length;
	FILE					*stream;
	bool					 complete;

	for (i = 0; i < config->nwatches; i++) {
		w = config->watches[i];
		term = (struct term){ w->profile->form.protocol,
		    w->profile->form.key, NULL };
		if (match_concerns(w, interface) &&
		    w->profile->form.expression == NULL)
			add_term(&f, &term);
	}
	if (f.nterms == 0)
		return (strdup(""));
	stream = open_memstream(&text, &length);
	if (stream == NULL)
		return (NULL);
	complete = f.any_ip || write_terms(stream, &f);
	if (f.any_ip)
		write_ranges(stream, config, interface);
	if (fclose(stream) == 0 && complete)
		return (text);
	free(text);
	return (NULL);
}

/* The filter for frames without a VLAN tag.  NULL when memory is exhausted. */
static char *
plain_filter(const struct filter *f)
{
	char	*text = NULL;
	size_t	 i, length;
	FILE	*stream;
	bool	 complete;

	/* Without a watch no frame may pass: none is that short. */
	if (f->nterms == 0 && f->nexpressions == 0)
		return (strdup("less 1"));
	/* An expression with `vlan` moves the offsets of the terms after it. */
	if ((f->nterms + f->nexpressions + f->decapsulates > 1 &&
	    f->moves_offsets) ||
	    f->nexpressions > EXPRESSIONS_MAX)
		return (strdup(""));
	stream = open_memstream(&text, &length);
	if (stream == NULL)
		return (NULL);
	complete = write_terms(stream, f);
	for (i = 0; i < f->nexpressions; i++)
		fprintf(stream, "%s(%s)", i > 0 || f->nterms > 0 ? " or " : "",
		    f->expressions[i]);
	if (f->decapsulates)
		fprintf(stream, " or %s", ENCAPSULATED);
	if (fclose(stream) != 0 || !complete) {
		free(text);
		return (NULL);
	}
	return (text);
}

/*
 * Frees a filter and returns one that requires SENDER_KNOWN, if there is an
 * expression: it must not match the LLDP of this host, for example.  Other
 * outgoing frames pass, because packets that this host forwards can be
 * heartbeats.  NULL when memory is exhausted, or if `text` is NULL.
 */
static char *
with_sender(const struct filter *f, char *text)
{
	char	*result;
	int	 n;

	if (text == NULL || f->nexpressions == 0)
		return (text);
	if (text[0] == '\0')
		n = asprintf(&result, "%s", SENDER_KNOWN);
	else
		n = asprintf(&result, "%s and (%s)", SENDER_KNOWN, text);
	free(text);
	return (n < 0 ? NULL : result);
}

/*
 * The next two functions also let frames with VLAN tags pass.  They return NULL
 * when memory is exhausted, or if `plain` is NULL.
 */
static char *
through_vlan(const char *plain)
{
	if (plain == NULL || plain[0] == '\0')	/* every frame passes */
		return (plain == NULL ? NULL : strdup(""));
	return (capture_expression_through_vlan(plain));
}

static char *
or_tagged(const char *plain)
{
	char	*text;

	if (plain == NULL || plain[0] == '\0')
		return (plain == NULL ? NULL : strdup(""));
	return (asprintf(&text, "(%s) or " TAGGED, plain) < 0 ? NULL : text);
}

bool
match_filters(const struct configuration *config, const char *interface,
    const struct match *match, char *filters[MATCH_FILTERS])
{
	struct filter	 filter;
	char		*plain;

	collect(&filter, config, interface, match);
	plain = with_sender(&filter, plain_filter(&filter));
	filters[0] = through_vlan(plain);
	/* The other two are not for Ethernet, as ENCAPSULATED is. */
	if (filter.decapsulates) {
		free(plain);
		plain = with_sender(&filter, strdup(""));
	}
	filters[1] = or_tagged(plain);
	filters[2] = plain;
	if (filters[0] != NULL && filters[1] != NULL && filters[2] != NULL)
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
match_filters_are_narrow(const struct configuration *config,
    const char *interface, const struct match *match)
{
	struct filter	 f;
	size_t		 i;

	collect(&f, config, interface, match);
	for (i = 0; i < f.nterms; i++)
		if (f.terms[i].protocol->transport == 0 ||
		    f.terms[i].protocol->transport == IPPROTO_TCP)
			return (false);
	return (!f.any_ip && f.nexpressions == 0 && !f.decapsulates);
}
