/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/number.h"
#include "base/utf8.h"
#include "config/config_check.h"

bool
config_count_watches(struct config_check *c, struct config_place place,
    uint64_t n)
{
	if (c->nwatches + n <= CONFIGURATION_WATCHES_MAX) {
		c->nwatches += n;
		return (true);
	}
	if (!c->too_many)
		config_error(c->errors, place, "too many watches; "
		    "expected at most %u in all", CONFIGURATION_WATCHES_MAX);
	c->too_many = true;
	return (false);
}

/*
 * Reads the length of a prefix.  Returns the fault, or NULL; the range is empty
 * if an error was added here.
 */
static const char *
check_prefix(struct config_check *c, const struct config_value *v,
    struct config_range *r, const char *length)
{
	uint32_t	 width = 8 * (uint32_t)addr_length(&r->range.first);
	uint32_t	 bits;
	struct addr	 last;
	const char	*fault;
	char		 quoted[UTF8_QUOTE_SIZE], text[ADDR_TEXT_SIZE];

	if (!number_parse(length, 0, width, &bits))
		return ("invalid prefix length in");
	if (addr_clear_host_bits(&r->range.first, bits)) {
		config_error(c->errors, v->place, "host bits set in peer "
		    "%s; expected \"%s/%u\"", utf8_quote(v->text, quoted),
		    addr_text(&r->range.first, text), bits);
		return (NULL);
	}
	if (!config_count_watches(c, v->place, width - bits < 32 ?
	    UINT64_C(1) << (width - bits) : UINT32_MAX))
		return (NULL);
	r->range.count = UINT32_C(1) << (width - bits);
	last = addr_at(&r->range.first, r->range.count - 1);
	fault = addr_node_fault(&r->range.first);
	return (fault != NULL ? fault : addr_node_fault(&last));
}

/* Reads ADDRESS or ADDRESS/LENGTH.  Invalid peers are not kept. */
const char *
config_check_peer(struct config_check *c, const struct config_value *v)
{
	struct config_peers	*p = &c->peers;
	struct config_range	*r;
	char			 text[ADDR_TEXT_SIZE] = "";
	size_t			 n = strcspn(v->text, "/");
	const char		*fault = NULL;

	if (!array_reserve(&p->range, &p->capacity, p->n + 1, sizeof(*r)))
		return (config_errors_exhausted(c->errors));
	r = &p->range[p->n];
	*r = (struct config_range){ .value = v };
	p->named = p->named || p->values > 0 || v->text[n] == '/';
	p->values++;
	if (n < sizeof(text))
		memcpy(text, v->text, n);
	if (!addr_parse(text, &r->range.first))
		return ("invalid");
	if (v->text[n] == '/')
		fault = check_prefix(c, v, r, v->text + n + 1);
	else if (config_count_watches(c, v->place, 1)) {
		r->range.count = 1;
		fault = addr_node_fault(&r->range.first);
	}
	if (fault == NULL && r->range.count > 0)
		p->n++;
	return (fault);
}

const char *
config_check_local(struct config_check *c, const struct config_value *v)
{
	if (!addr_parse(v->text, &c->watch.local))
		return ("invalid");
	return (addr_is_unspecified(&c->watch.local) ? "unspecified" : NULL);
}

const char *
config_check_floating_ip(struct config_check *c, const struct config_value *v)
{
	return (addr_parse(v->text, &c->watch.floating_ip) ?
	    addr_node_fault(&c->watch.floating_ip) : "invalid");
}

const char *
config_check_peer_mac(struct config_check *c, const struct config_value *v)
{
	c->watch.has_peer_mac = true;
	c->watch.peer_mac_line = v->place.line;
	return (mac_parse(v->text, &c->watch.peer_mac) ?
	    mac_node_fault(&c->watch.peer_mac) : "invalid");
}

/* ---- addresses that are given twice */

/* The range is the first member of the struct config_range. */
static void
report_overlap(void *arg, const struct addr_range *x,
    const struct addr_range *y)
{
	struct config_check	*c = arg;
	const struct config_range *a = (const void *)x, *b = (const void *)y;
	const struct config_value *later = a < b ? b->value : a->value;
	const struct config_value *first = a < b ? a->value : b->value;
	char			 quoted[2][UTF8_QUOTE_SIZE];

	config_error(c->errors, later->place, "peer %s overlaps peer %s "
	    "at %s:%d; expected each address once",
	    utf8_quote(later->text, quoted[0]),
	    utf8_quote(first->text, quoted[1]), first->place.file,
	    first->place.line);
}

void
config_check_peers(struct config_check *c)
{
	const struct config_peers	*p = &c->peers;
	const struct addr_range		**ranges;
	size_t				 i;

	ranges = arena_alloc(&c->file->arena, p->n * sizeof(*ranges));
	for (i = 0; ranges != NULL && i < p->n; i++)
		ranges[i] = &p->range[i].range;
	if (ranges != NULL)
		addr_range_overlaps(ranges, p->n, report_overlap, c);
}
