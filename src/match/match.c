/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "match/match_table.h"
#include "packet/decapsulate.h"

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

/* Finds or adds the entry of a protocol.  NULL when memory is exhausted. */
static struct used_protocol *
use_protocol(struct match *m, const struct protocol *protocol)
{
	struct used_protocol	*used;
	size_t			 i;

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

/* A slot whose position is not known yet. */
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

bool
match_has_senders(const struct configuration_profile *p)
{
	return (p->dual != NULL && p->form.protocol->has_active);
}

/* Sets the VLAN and the hash of a draft whose other criteria are set. */
static void
finish_draft(struct match *m, struct draft *draft, uint32_t vlan)
{
	if (vlan != VLAN_ANY) {
		draft->slot.peer = in_vlan(draft->slot.peer, vlan);
		draft->slot.form |= FORM_VLAN;
		m->has_vlan = true;
	}
	draft->hash = hash_of(draft->slot.form, draft->slot.peer);
}

static bool
add_senders(struct match *m, struct drafts *drafts, struct used_protocol *used,
    uint32_t watch)
{
	const struct configuration_profile	*p =
	    m->config->watches[watch]->profile;
	struct draft				*draft;

	if (!array_reserve(&drafts->list, &drafts->size, drafts->count + 1,
	    sizeof(*draft)))
		return (false);
	draft = &drafts->list[drafts->count++];
	draft->slot = (struct slot){
		.form = used->form | p->form.key | FORM_SENDERS,
		.watch = watch,
	};
	finish_draft(m, draft, p->vlan);
	used->senders = true;
	return (true);
}

static bool
add_slot(struct match *m, struct drafts *drafts, uint32_t watch)
{
	const struct configuration_watch	*w = m->config->watches[watch];
	const struct configuration_profile	*p = w->profile;
	struct used_protocol			*used;
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
	finish_draft(m, draft, p->vlan);
	if (p->has_peer_mac || p->hop_limit > 0)
		used->limited = true;
	if (p->local.family != ADDR_NONE || p->has_peer_mac || p->hop_limit > 0)
		draft->slot.form |= FORM_MORE;
	if (match_has_senders(p))
		return (add_senders(m, drafts, used, watch));
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
		if (!match_concerns(w, interface) ||
		    (inner && !w->profile->decapsulate))
			continue;
		m->has_peer_mac |= w->profile->has_peer_mac;
		if (!(w->profile->form.expression != NULL ?
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

/* Makes the tables for inner frames.  False when memory is exhausted. */
static bool
add_inner(struct match *m, const char *interface)
{
	m->inner_ip = table_new(m->config, interface, true);
	m->inner_ethernet = table_new(m->config, interface, true);
	m->counted = calloc(m->config->nwatches, sizeof(*m->counted));
	if (m->inner_ip == NULL || m->inner_ethernet == NULL ||
	    m->counted == NULL)
		return (false);
	/*
	 * An expression may be invalid for the link type of inner packets: then
	 * it matches none of them.
	 */
	match_prepare(m->inner_ip, DECAPSULATE_IP, NULL, NULL);
	match_prepare(m->inner_ethernet, DECAPSULATE_ETHERNET, NULL, NULL);
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

void
match_report_rejected(struct match *m, match_rejected *rejected, void *arg)
{
	m->rejected = rejected;
	m->rejected_arg = arg;
	if (m->inner_ip == NULL)
		return;
	match_report_rejected(m->inner_ip, rejected, arg);
	match_report_rejected(m->inner_ethernet, rejected, arg);
}

void
match_report_senders(struct match *m, match_sent *sent, void *arg)
{
	m->sent = sent;
	m->sent_arg = arg;
	if (m->inner_ip == NULL)
		return;
	match_report_senders(m->inner_ip, sent, arg);
	match_report_senders(m->inner_ethernet, sent, arg);
}

static const char *
expression_text(const struct match *m, const struct expression *e)
{
	return (m->config->watches[e->watch]->profile->form.expression);
}

bool
match_needs_ifindex(const struct match *m)
{
	size_t	 i;

	for (i = 0; i < m->nused; i++)
		if (m->used[i].senders)
			return (true);
	for (i = 0; i < m->nexpressions; i++)
		if (capture_expression_uses_ifindex(expression_text(m,
		    &m->expressions[i])))
			return (true);
	return (false);
}

/* Refuses the watches with `peer-mac`; false when there is one. */
static bool
prepare_macs(const struct match *m, int link_type, match_refused *refused,
    void *arg)
{
	const struct configuration_watch	*w;
	uint32_t				 i;

	if (!m->has_peer_mac || packet_link_has_mac(link_type))
		return (true);
	for (i = 0; refused != NULL && i < m->config->nwatches; i++) {
		w = m->config->watches[i];
		if (w->profile->has_peer_mac && match_concerns(w, m->interface))
			refused(arg, i, w->profile->peer_mac_line,
			    "the frames have no MAC addresses for peer-mac");
	}
	return (false);
}

bool
match_prepare(struct match *m, int link_type, match_refused *refused,
    void *arg)
{
	struct expression	*e;
	size_t			 i;
	char			 error[CAPTURE_ERROR_SIZE];
	bool			 all;

	all = prepare_macs(m, link_type, refused, arg);
	for (i = 0; i < m->nexpressions; i++) {
		e = &m->expressions[i];
		capture_expression_free(e->compiled);
		e->compiled = capture_expression_new(expression_text(m, e),
		    link_type, error);
		if (e->compiled != NULL)
			continue;
		if (refused != NULL)
			refused(arg, e->watch, m->config->watches[e->watch]->
			    profile->heartbeat_line, error);
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
