/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/number.h"
#include "config/config_check.h"

/* The unspecified address, 0.0.0.0 or ::, which no node has. */
bool
config_addr_unspecified(const struct addr *a)
{
	static const uint8_t zero[16];

	return (memcmp(a->octets, zero, addr_length(a)) == 0);
}

/* Multicast, or the broadcast address of IPv4: no node sends from it. */
static bool
addr_is_group(const struct addr *a)
{
	if (a->family == ADDR_IPV6)
		return (a->octets[0] == 0xff);
	return ((a->octets[0] & 0xf0) == 0xe0 ||
	    memcmp(a->octets, "\xff\xff\xff\xff", 4) == 0);
}

/* The addresses of a range differ only in their last 32 bits. */
struct addr
config_range_at(const struct config_range *r, uint32_t position)
{
	struct addr	 a = r->first;
	uint8_t		*o = a.octets + addr_length(&a) - 4;
	uint32_t	 low;

	if (position == 0)
		return (a);
	low = (uint32_t)o[0] << 24 | (uint32_t)o[1] << 16 |
	    (uint32_t)o[2] << 8 | o[3];
	low += position;
	o[0] = (uint8_t)(low >> 24);
	o[1] = (uint8_t)(low >> 16);
	o[2] = (uint8_t)(low >> 8);
	o[3] = (uint8_t)low;
	return (a);
}

/* Clears all but the first `bits` bits; true when that changes the address. */
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
check_addr(struct config_check *check, const struct config_value *value,
    const struct addr *a)
{
	if (config_addr_unspecified(a))
		config_value_error(check, value, "unspecified address in",
		    "the address of a node, or no such option for any");
	else if (addr_is_group(a))
		config_value_error(check, value, "multicast or broadcast",
		    "the address of a node");
	else
		return (true);
	return (false);
}

/* 2^bits watches more must not be too many; that is reported once. */
static bool
check_count(struct config_check *check, const struct config_value *value,
    uint32_t bits)
{
	if (bits < 20 && check->nwatches + (UINT64_C(1) << bits) <=
	    CONFIGURATION_WATCHES_MAX) {
		check->nwatches += UINT64_C(1) << bits;
		return (true);
	}
	if (!check->too_many)
		config_value_error(check, value, "too many watches from",
		    "at most 1000000 in all");
	check->too_many = true;
	return (false);
}

static bool
check_prefix(struct config_check *check, const struct config_value *value,
    struct config_range *r, const char *length)
{
	uint32_t	 bits, width = 8 * (uint32_t)addr_length(&r->first);
	struct addr	 last;
	char		 expected[ADDR_TEXT_SIZE + 64], text[ADDR_TEXT_SIZE];

	if (!number_parse(length, 0, width, &bits)) {
		snprintf(expected, sizeof(expected), "a length from 0 to %u "
		    "after the slash", width);
		config_value_error(check, value, "invalid prefix in",
		    expected);
		return (false);
	}
	if (addr_mask(&r->first, bits)) {
		snprintf(expected, sizeof(expected), "\"%s/%u\"",
		    addr_text(&r->first, text), bits);
		config_value_error(check, value, "host bits set in",
		    expected);
		return (false);
	}
	if (!check_count(check, value, width - bits))
		return (false);
	r->count = UINT32_C(1) << (width - bits);
	last = config_range_at(r, r->count - 1);
	return (check_addr(check, value, &r->first) &&
	    check_addr(check, value, &last));
}

/* ADDRESS or ADDRESS/LENGTH. */
static bool
check_range(struct config_check *check, const struct config_value *value,
    struct config_range *r)
{
	char		 text[ADDR_TEXT_SIZE];
	size_t		 n = strcspn(value->text, "/");

	*r = (struct config_range){ .count = 1, .value = value };
	if (n < sizeof(text)) {
		memcpy(text, value->text, n);
		text[n] = '\0';
	}
	if (n >= sizeof(text) || !addr_parse(text, &r->first)) {
		config_value_error(check, value, "invalid", NULL);
		return (false);
	}
	if (value->text[n] == '/')
		return (check_prefix(check, value, r, value->text + n + 1));
	return (check_count(check, value, 0) &&
	    check_addr(check, value, &r->first));
}

const char *
config_check_peer(struct config_check *check, const struct config_value *value)
{
	struct config_peers	*p = &check->peers;

	p->values++;
	if (p->values > 1 || strchr(value->text, '/') != NULL)
		p->named = true;
	if (!array_reserve(&p->range, &p->capacity, p->n + 1,
	    sizeof(*p->range)))
		return (config_errors_exhausted(check->errors));
	if (check_range(check, value, &p->range[p->n]))
		p->n++;
	return (NULL);
}

/* ---- addresses that are given twice */

/* By address; of the ranges that begin with the same, the larger first. */
static int
range_compare(const void *a, const void *b)
{
	const struct config_range *const *x = a, *const *y = b;
	int			 order;

	order = memcmp(&(*x)->first, &(*y)->first, sizeof((*x)->first));
	if (order != 0)
		return (order);
	if ((*x)->count != (*y)->count)
		return ((*x)->count > (*y)->count ? -1 : 1);
	return (*x < *y ? -1 : *x > *y);
}

static bool
range_holds(const struct config_range *outer, const struct config_range *r)
{
	struct addr	 last = config_range_at(outer, outer->count - 1);

	return (memcmp(&r->first, &outer->first, sizeof(last)) >= 0 &&
	    memcmp(&r->first, &last, sizeof(last)) <= 0);
}

static void
report_twice(struct config_check *check, const struct config_range *a,
    const struct config_range *b)
{
	const struct config_value *later = a < b ? b->value : a->value;
	const struct config_value *first = a < b ? a->value : b->value;
	char			 quoted[2][CONFIG_QUOTE_SIZE];

	config_errors_add(check->errors, later->place, "peer %s has an address "
	    "of %s at %s:%d; expected each address once",
	    config_quote(later->text, quoted[0]),
	    config_quote(first->text, quoted[1]),
	    first->place.source->file, first->place.line);
}

/* Two prefixes are disjoint, or one contains the other. */
void
config_check_peers(struct config_check *check)
{
	const struct config_peers	*p = &check->peers;
	const struct config_range	**sorted, *outer;
	size_t				 i;

	if (p->n < 2)
		return;
	sorted = calloc(p->n, sizeof(*sorted));
	if (sorted == NULL) {
		config_errors_exhausted(check->errors);
		return;
	}
	for (i = 0; i < p->n; i++)
		sorted[i] = &p->range[i];
	qsort(sorted, p->n, sizeof(*sorted), range_compare);
	for (i = 1, outer = sorted[0]; i < p->n; i++) {
		if (range_holds(outer, sorted[i]))
			report_twice(check, outer, sorted[i]);
		else
			outer = sorted[i];
	}
	free(sorted);
}
