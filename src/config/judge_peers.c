/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "config/judge.h"

bool
judge_addr_unspecified(const struct addr *a)
{
	static const uint8_t zero[16];

	return (memcmp(a->octets, zero, addr_length(a)) == 0);
}

/* Multicast, or IPv4's broadcast: nobody sends from it. */
bool
judge_addr_group(const struct addr *a)
{
	if (a->family == ADDR_IPV6)
		return (a->octets[0] == 0xff);
	return ((a->octets[0] & 0xf0) == 0xe0 ||
	    memcmp(a->octets, "\xff\xff\xff\xff", 4) == 0);
}

/* The last 32 bits of an address, which all of a range differ in. */
static uint32_t
addr_low(const struct addr *a)
{
	const uint8_t	*o = a->octets + addr_length(a) - 4;

	return ((uint32_t)o[0] << 24 | (uint32_t)o[1] << 16 |
	    (uint32_t)o[2] << 8 | o[3]);
}

struct addr
judge_range_at(const struct judge_range *r, uint32_t position)
{
	struct addr	 a = r->first;
	uint8_t		*o = a.octets + addr_length(&a) - 4;
	uint32_t	 low;

	if (position == 0)
		return (a);
	low = addr_low(&a) + position;
	o[0] = (uint8_t)(low >> 24);
	o[1] = (uint8_t)(low >> 16);
	o[2] = (uint8_t)(low >> 8);
	o[3] = (uint8_t)low;
	return (a);
}

/* Clears all but the first `bits` bits; true when that changed something. */
static bool
addr_mask(struct addr *a, uint32_t bits)
{
	struct addr	 before = *a;
	size_t		 i;

	for (i = 0; i < addr_length(a); i++) {
		if (bits >= 8 * (i + 1))
			continue;
		a->octets[i] &= bits <= 8 * i ? 0 :
		    (uint8_t)(0xff << (8 * (i + 1) - bits));
	}
	return (!addr_equal(&before, a));
}

static bool
addr_judge(struct judge *j, const struct conffile_value *v,
    const struct addr *a)
{
	if (judge_addr_unspecified(a))
		judge_value_fault(j, "peer", v, "is no node's address; "
		    "expected one, or the option left out for any");
	else if (judge_addr_group(a))
		judge_value_fault(j, "peer", v, "is the address of a group; "
		    "expected that of the node which sends");
	else
		return (true);
	return (false);
}

/* So many watches are too many, also together with those that are there. */
static bool
count_judge(struct judge *j, const struct conffile_value *v, uint32_t bits)
{
	char quoted[FAULTS_QUOTE_SIZE];

	if (bits < 20 && j->nwatches + (UINT64_C(1) << bits) <=
	    CONFIGURATION_WATCHES_MAX) {
		j->nwatches += UINT64_C(1) << bits;
		return (true);
	}
	if (!j->too_many)
		faults_add(j->faults, v->line, "peer %s makes too many "
		    "watches; expected at most 1000000 in all",
		    faults_quote(v->text, quoted));
	j->too_many = true;
	return (false);
}

static bool
prefix_judge(struct judge *j, const struct conffile_value *v,
    struct judge_range *r, const char *slash)
{
	uint32_t	 bits, width = 8 * (uint32_t)addr_length(&r->first);
	struct addr	 last;
	char		 quoted[FAULTS_QUOTE_SIZE], text[ADDR_TEXT_SIZE];

	if (!judge_number(slash + 1, 0, width, &bits)) {
		judge_value_fault(j, "peer", v, width == 32 ? "is no prefix; "
		    "expected a length from 0 to 32 after the slash" :
		    "is no prefix; expected a length from 0 to 128 after the "
		    "slash");
		return (false);
	}
	if (addr_mask(&r->first, bits)) {
		faults_add(j->faults, v->line, "peer %s has bits set beyond "
		    "its length; expected \"%s/%u\"",
		    faults_quote(v->text, quoted), addr_text(&r->first, text),
		    bits);
		return (false);
	}
	if (!count_judge(j, v, width - bits))
		return (false);
	r->count = UINT32_C(1) << (width - bits);
	last = judge_range_at(r, r->count - 1);
	return (addr_judge(j, v, &r->first) && addr_judge(j, v, &last));
}

/* An address, or ADDRESS/LENGTH.  False, and it is said, when it is neither. */
static bool
range_judge(struct judge *j, const struct conffile_value *v,
    struct judge_range *r)
{
	char		 text[ADDR_TEXT_SIZE];
	const char	*slash = strchr(v->text, '/');
	size_t		 n = slash != NULL ? (size_t)(slash - v->text) :
			    strlen(v->text);

	*r = (struct judge_range){ .count = 1, .value = v };
	if (n < sizeof(text)) {
		memcpy(text, v->text, n);
		text[n] = '\0';
	}
	if (n >= sizeof(text) || !addr_parse(text, &r->first)) {
		judge_value_fault(j, "peer", v, "is no address; expected a "
		    "numeric IPv4 or IPv6 address");
		return (false);
	}
	if (slash != NULL)
		return (prefix_judge(j, v, r, slash));
	return (count_judge(j, v, 0) && addr_judge(j, v, &r->first));
}

/* By address, and of those that begin with the same the larger first. */
static int
range_compare(const void *a, const void *b)
{
	const struct judge_range *const *x = a, *const *y = b;
	int			 order;

	order = memcmp(&(*x)->first, &(*y)->first, sizeof((*x)->first));
	if (order != 0)
		return (order);
	if ((*x)->count != (*y)->count)
		return ((*x)->count > (*y)->count ? -1 : 1);
	return (*x < *y ? -1 : *x > *y);
}

static bool
range_holds(const struct judge_range *outer, const struct judge_range *r)
{
	struct addr	 last = judge_range_at(outer, outer->count - 1);

	return (memcmp(&r->first, &outer->first, sizeof(last)) >= 0 &&
	    memcmp(&r->first, &last, sizeof(last)) <= 0);
}

static void
twice_say(struct judge *j, const struct judge_range *a,
    const struct judge_range *b)
{
	const struct judge_range	*later = a < b ? b : a;
	const struct judge_range	*before = a < b ? a : b;
	int				 line = later->value->line;
	char				 quoted[2][FAULTS_QUOTE_SIZE];
	char				 place[FAULTS_LINE_SIZE];

	faults_add(j->faults, line, "peer %s has an address of %s, on %s; "
	    "expected each address once",
	    faults_quote(later->value->text, quoted[0]),
	    faults_quote(before->value->text, quoted[1]),
	    faults_line(j->faults, line, before->value->line, place));
}

/* Two prefixes are apart, or the one holds the other. */
static void
ranges_find_twice(struct judge *j, const struct judge_peers *p)
{
	const struct judge_range **sorted, *outer;
	size_t			   i;

	sorted = calloc(p->n + 1, sizeof(*sorted));
	if (sorted == NULL) {
		faults_exhausted(j->faults);
		return;
	}
	for (i = 0; i < p->n; i++)
		sorted[i] = &p->range[i];
	qsort(sorted, p->n, sizeof(*sorted), range_compare);
	for (i = 1, outer = sorted[0]; i < p->n; i++) {
		if (range_holds(outer, sorted[i]))
			twice_say(j, outer, sorted[i]);
		else
			outer = sorted[i];
	}
	free(sorted);
}

bool
judge_peers(struct judge *j, const struct conffile_section *s,
    struct judge_peers *p)
{
	const struct conffile_values	*peers = &s->peers;
	size_t				 i;

	*p = (struct judge_peers){ 0 };
	p->named = s->peers_listed || peers->n > 1;
	p->range = calloc(peers->n + 1, sizeof(*p->range));
	if (p->range == NULL) {
		faults_exhausted(j->faults);
		return (false);
	}
	for (i = 0; i < peers->n; i++) {
		if (strchr(peers->value[i].text, '/') != NULL)
			p->named = true;
		if (range_judge(j, &peers->value[i], &p->range[p->n]))
			p->n++;
	}
	ranges_find_twice(j, p);
	return (true);
}
