/* SPDX-License-Identifier: BSD-2-Clause */
#include <net/if.h>

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/own_addresses.h"
#include "base/utf8.h"
#include "host_check.h"
#include "packet/capture.h"
#include "packet/capture_expression.h"
#include "packet/packet.h"

/*
 * The next profile of enabled watches at *i or after it, and sets *i to the
 * first watch after that profile; NULL at the end.  The watches of one section
 * share a profile.
 */
static const struct configuration_profile *
next_profile(const struct configuration *config, size_t *i)
{
	const struct configuration_profile	*p;

	while (*i < config->nwatches) {
		p = config->watches[*i]->profile;
		do {
			++*i;
		} while (*i < config->nwatches &&
		    config->watches[*i]->profile == p);
		if (p->enabled)
			return (p);
	}
	return (NULL);
}

bool
host_check_interfaces(const struct configuration *config, FILE *errors)
{
	const struct configuration_profile	*p;
	size_t					 i = 0;
	bool					 ok = true;

	while ((p = next_profile(config, &i)) != NULL) {
		if (strcmp(p->interface, "any") == 0 ||
		    if_nametoindex(p->interface) != 0)
			continue;
		fprintf(errors, "%s:%d: no such interface \"%s\"; expected "
		    "one that `ip link` shows, or any\n", p->file,
		    p->interface_line, p->interface);
		ok = false;
	}
	return (ok);
}

/* ---- link types */

/* The link types that were found; the names are interned. */
struct link_types {
	struct {
		const char	*interface;
		int		 type;		/* -1: unknown */
	}			*list;		/* owned */
	size_t			 count;
	size_t			 size;		/* allocated */
};

static int
link_type_of(struct link_types *known, const char *interface)
{
	int	 type;
	size_t	 i;

	for (i = 0; i < known->count; i++)
		if (known->list[i].interface == interface)
			return (known->list[i].type);
	type = capture_interface_link_type(interface);
	if (array_reserve(&known->list, &known->size, known->count + 1,
	    sizeof(*known->list))) {
		known->list[known->count].interface = interface;
		known->list[known->count++].type = type;
	}
	return (type);
}

static bool
check_expression(const struct configuration_profile *p, int link_type,
    FILE *errors)
{
	struct capture_expression	*e;
	char				 error[CAPTURE_ERROR_SIZE];
	char				 quoted[UTF8_QUOTE_SIZE];

	if (strcmp(p->interface, "any") == 0 &&
	    capture_expression_uses_ifindex(p->form.expression))
		link_type = CAPTURE_LINK_IFINDEX;
	e = capture_expression_new(p->form.expression, link_type, error);
	if (e == NULL)
		fprintf(errors, "%s:%d: heartbeat %s: %.*s; expected an "
		    "expression that the link type of interface \"%s\" "
		    "supports\n", p->file, p->heartbeat_line,
		    utf8_quote(p->heartbeat, quoted),
		    (int)strcspn(error, "\n"), error, p->interface);
	capture_expression_free(e);
	return (e != NULL);
}

static bool
check_peer_mac(const struct configuration_profile *p, int link_type,
    FILE *errors)
{
	if (packet_link_has_mac(link_type))
		return (true);
	fprintf(errors, "%s:%d: the frames of interface \"%s\" have no MAC "
	    "addresses; expected no option peer-mac\n", p->file,
	    p->peer_mac_line, p->interface);
	return (false);
}

bool
host_check_link_types(const struct configuration *config, FILE *errors)
{
	const struct configuration_profile	*p;
	struct link_types			 known = { 0 };
	int					 type;
	size_t					 i = 0;
	bool					 ok = true;

	while ((p = next_profile(config, &i)) != NULL) {
		if (p->form.expression == NULL && !p->has_peer_mac)
			continue;
		type = link_type_of(&known, p->interface);
		if (type == -1)
			continue;
		if (p->form.expression != NULL)
			ok = check_expression(p, type, errors) && ok;
		if (p->has_peer_mac)
			ok = check_peer_mac(p, type, errors) && ok;
	}
	free(known.list);
	return (ok);
}

void
host_check_note_link_types(const struct configuration *config, FILE *notes)
{
	const struct configuration_profile	*p;
	size_t					 i = 0;

	while ((p = next_profile(config, &i)) != NULL)
		if ((p->form.expression != NULL || p->has_peer_mac) &&
		    if_nametoindex(p->interface) != 0 &&
		    capture_interface_link_type(p->interface) == -1)
			fprintf(notes, "%s:%d: not checked: whether interface "
			    "\"%s\" supports this; only a user that may "
			    "capture can check that\n", p->file,
			    p->heartbeat_line, p->interface);
}

/* ---- peers */

bool
host_check_peers(const struct configuration *config, FILE *errors)
{
	const struct configuration_watch	*w;
	struct own_addresses			 own;
	size_t					 i;
	char					 peer[ADDR_TEXT_SIZE];
	bool					 ok = true;

	if (!own_addresses_read(&own)) {
		fprintf(errors, "cannot read the addresses of this host\n");
		return (false);
	}
	for (i = 0; i < config->nwatches; i++) {
		w = config->watches[i];
		if (!w->profile->enabled || w->peer.family == ADDR_NONE ||
		    !own_addresses_have(&own, &w->peer, w->profile->interface))
			continue;
		fprintf(errors, "%s:%d: peer \"%s\" is an address of this "
		    "host; expected an address of the other node\n",
		    w->profile->file, w->peer_line, addr_text(&w->peer, peer));
		ok = false;
	}
	own_addresses_free(&own);
	return (ok);
}
