/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "packet/pcapng.h"
#include "packet/pcapng_writer.h"

/* Types of blocks. */
#define SECTION_HEADER		UINT32_C(0x0a0d0d0a)
#define INTERFACE_DESCRIPTION	1
#define PACKET			2	/* obsolete */
#define SIMPLE_PACKET		3
#define INTERFACE_STATISTICS	5
#define ENHANCED_PACKET		6

#define BYTE_ORDER_MAGIC	UINT32_C(0x1a2b3c4d)
#define LENGTH_MIN		12	/* of a block */

/* Offsets in a block. */
#define AT_LENGTH		4
#define AT_BODY			8
#define AT_SNAPSHOT		12	/* length, in an interface */
#define AT_TIME			12	/* in statistics */
#define AT_OPTIONS		24	/* in a section header */

#define OPTION_APPLICATION	4	/* shb_userappl */
#define OPTION_HEADER		4

/* The octets that are examined. */
#define HEAD_SECTION		(AT_OPTIONS + OPTION_HEADER + APPLICATION)
#define HEAD_STATISTICS		(AT_TIME + 8)
#define HEAD_OTHER		16
#define APPLICATION		(sizeof(PCAPNG_APPLICATION) - 1)
_Static_assert(HEAD_SECTION <= PCAPNG_HEAD, "the head is too small");

/* The number of that many octets at an offset in the current block. */
static uint32_t
number(const struct pcapng *p, size_t offset, size_t octets)
{
	uint32_t	 n = 0;
	size_t		 i;

	for (i = 0; i < octets; i++)
		n = n << 8 | p->head[offset +
		    (p->big_endian ? i : octets - 1 - i)];
	return (n);
}

/* The type of a section header is the same in both byte orders. */
static uint32_t
block_type(const struct pcapng *p)
{
	return (number(p, 0, 4));
}

static bool
is_interface(const struct pcapng *p)
{
	return (p->offset >= AT_BODY && block_type(p) == INTERFACE_DESCRIPTION);
}

/* The octet for libpcap in place of the one at p->offset of an interface. */
static uint8_t
changed(const struct pcapng *p, uint8_t octet)
{
	uint32_t	 at = p->offset;

	if (at < AT_BODY + 2)
		return (p->described ? p->first_link[at - AT_BODY] : octet);
	if (at < AT_SNAPSHOT)
		return (octet);
	/* The length is INT32_MAX.  libpcap ignores larger ones. */
	return (at == (p->big_endian ? AT_SNAPSHOT : AT_SNAPSHOT + 3) ? 0x7f :
	    0xff);
}

/*
 * Limits the length of a simple packet, at the beginning of its block's body.
 * It is the original length, and libpcap computes from it how many octets were
 * captured, with a snapshot length that is no longer that of the file.
 */
static void
limit_length(const struct pcapng *p, uint8_t *octets)
{
	uint32_t	 length = 0;
	size_t		 i;

	for (i = 0; i < 4; i++)
		length = length << 8 | octets[p->big_endian ? i : 3 - i];
	if (p->snapshot == 0 || length <= p->snapshot)
		return;
	for (i = 0; i < 4; i++)
		octets[i] = (uint8_t)(p->snapshot >>
		    8 * (p->big_endian ? 3 - i : i));
}

static void
begin_section(struct pcapng *p)
{
	p->big_endian = true;		/* number() uses it */
	p->big_endian = number(p, AT_BODY, 4) == BYTE_ORDER_MAGIC;
	p->nlinks = 0;
	p->snapshot = 0;
	p->own = false;
}

/* At the end of the head of a section. */
static void
find_application(struct pcapng *p)
{
	p->own = number(p, AT_OPTIONS, 2) == OPTION_APPLICATION &&
	    number(p, AT_OPTIONS + 2, 2) >= APPLICATION &&
	    memcmp(p->head + AT_OPTIONS + OPTION_HEADER, PCAPNG_APPLICATION,
	    APPLICATION) == 0;
}

/* In such a section, all times are in nanoseconds. */
static void
set_statistics(struct pcapng *p)
{
	uint64_t	 high = number(p, AT_TIME, 4);
	uint64_t	 ns = high << 32 | number(p, AT_TIME + 4, 4);

	if (!p->own || ns > INT64_MAX / 2)
		return;
	p->latest_statistics = (struct wall_time){ (int64_t)ns };
	if (wall_is_never(p->first_statistics))
		p->first_statistics = p->latest_statistics;
}

/* False when memory is exhausted. */
static bool
add_interface(struct pcapng *p)
{
	if (!array_reserve(&p->links, &p->capacity, p->nlinks + 1,
	    sizeof(*p->links)))
		return (false);
	p->links[p->nlinks++] = (uint16_t)number(p, AT_BODY, 2);
	if (!p->described)
		memcpy(p->first_link, &p->head[AT_BODY], 2);
	p->described = true;
	return (true);
}

static void
set_length(struct pcapng *p)
{
	p->length = number(p, AT_LENGTH, 4);
	if (p->length < LENGTH_MIN)	/* libpcap refuses it */
		p->length = LENGTH_MIN;
}

/*
 * Evaluates the field of the head that ends at p->offset, if one does.  False
 * when memory is exhausted.
 */
static bool
use_head(struct pcapng *p)
{
	uint32_t	 type = block_type(p);

	if (type == SECTION_HEADER) {
		if (p->offset < AT_BODY + 4)
			return (true);
		if (p->offset == AT_BODY + 4)
			begin_section(p);
		set_length(p);
		if (p->offset == HEAD_SECTION)
			find_application(p);
		return (true);
	}
	if (p->offset == AT_BODY)
		set_length(p);
	if (p->offset == AT_BODY + 2 && type == INTERFACE_DESCRIPTION)
		return (add_interface(p));
	if (p->offset == AT_SNAPSHOT + 4 && type == INTERFACE_DESCRIPTION &&
	    p->nlinks == 1)
		p->snapshot = number(p, AT_SNAPSHOT, 4);
	if (p->offset == AT_BODY + 2 && type == PACKET)
		p->interface = number(p, AT_BODY, 2);
	if (p->offset == AT_BODY + 4 && type == ENHANCED_PACKET)
		p->interface = number(p, AT_BODY, 4);
	if (p->offset == AT_BODY && type == SIMPLE_PACKET)
		p->interface = 0;
	if (p->offset == HEAD_STATISTICS && type == INTERFACE_STATISTICS)
		set_statistics(p);
	return (true);
}

/* The type is known after its last octet. */
static uint32_t
head_length(const struct pcapng *p)
{
	uint32_t	 type = p->offset < AT_LENGTH ? 0 : block_type(p);

	return (type == SECTION_HEADER ? HEAD_SECTION :
	    type == INTERFACE_STATISTICS ? HEAD_STATISTICS : HEAD_OTHER);
}

static bool
is_at_length(const struct pcapng *p)
{
	return (p->offset == AT_BODY && block_type(p) == SIMPLE_PACKET);
}

size_t
pcapng_least(const struct pcapng *p)
{
	return (is_at_length(p) ? 4 : 1);
}

bool
pcapng_pass(struct pcapng *p, uint8_t *octets, size_t n, size_t available)
{
	size_t	 step;

	for (; n > 0; octets += step, n -= step, available -= step) {
		if (p->offset < head_length(p)) {
			step = 1;
			if (available >= 4 && is_at_length(p))
				limit_length(p, octets);
			p->head[p->offset] = *octets;
			if (is_interface(p))
				*octets = changed(p, *octets);
			p->offset++;
			if (p->offset < AT_BODY)
				continue;
			if (!use_head(p))
				return (false);
		} else {
			step = p->length - p->offset;
			if (step > n)
				step = n;
			p->offset += (uint32_t)step;
		}
		/* The length of a section header needs its byte order. */
		if (p->offset >= LENGTH_MIN && p->offset >= p->length)
			p->offset = 0;
	}
	return (true);
}

int
pcapng_link_type(const struct pcapng *p)
{
	return (p->interface < p->nlinks ? p->links[p->interface] : -1);
}

void
pcapng_free(struct pcapng *p)
{
	free(p->links);
	*p = (struct pcapng){ 0 };
}
