/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/utf8.h"
#include "packet/pcapng_writer.h"

/* Types of blocks: draft-ietf-opsawg-pcapng, section 10.1. */
#define SECTION_HEADER		UINT32_C(0x0a0d0d0a)
#define INTERFACE_DESCRIPTION	1
#define INTERFACE_STATISTICS	5
#define ENHANCED_PACKET		6

#define BYTE_ORDER_MAGIC	UINT32_C(0x1a2b3c4d)
/* libpcap has another number for it, DLT_RAW. */
#define DLT_RAW			12
#define LINKTYPE_RAW		101

enum option {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	OPTION_INTERFACE_NAME = 2,
	OPTION_APPLICATION = 4,
	OPTION_RESOLUTION = 9,
	OPTION_CUSTOM = 19373,		/* octets that are not to be copied */
};
#define RESOLUTION_NS		9	/* 10^-9 s */

/* The number of Net-SNMP, below whose OID the MIB of hbwatch is. */
#define ENTERPRISE		UINT32_C(8072)

#define OPTION_HEADER		4
#define OPTION_LENGTH_MAX	65535
/* The end of a block: its length. */
#define TRAILER			4

/* The padding of a section needs at least these octets. */
#define PADDING_MIN		(OPTION_HEADER + sizeof(uint32_t))

void
pcapng_buffer_free(struct pcapng_buffer *b)
{
	free(b->octets);
	*b = (struct pcapng_buffer){ 0 };
}

/* `octets` NULL: zeros. */
static void
add(struct pcapng_buffer *b, const void *octets, size_t n)
{
	if (b->exhausted || !array_reserve(&b->octets, &b->capacity,
	    b->length + n, 1)) {
		b->exhausted = true;
		return;
	}
	if (octets != NULL)
		memcpy(b->octets + b->length, octets, n);
	else
		memset(b->octets + b->length, 0, n);
	b->length += n;
}

static void
add_u16(struct pcapng_buffer *b, unsigned n)
{
	uint16_t	 number = (uint16_t)n;

	add(b, &number, sizeof(number));
}

static void
add_u32(struct pcapng_buffer *b, uint32_t n)
{
	add(b, &n, sizeof(n));
}

/* Options and the data of a packet end at a multiple of four octets. */
static void
add_padded(struct pcapng_buffer *b, const void *octets, size_t n)
{
	add(b, octets, n);
	add(b, NULL, -n % 4);
}

static void
add_option(struct pcapng_buffer *b, enum option code, const void *octets,
    size_t n)
{
	add_u16(b, code);
	add_u16(b, (unsigned)n);
	add_padded(b, octets, n);
}

static void
add_time(struct pcapng_buffer *b, struct wall_time t)
{
	add_u32(b, (uint32_t)((uint64_t)t.ns >> 32));
	add_u32(b, (uint32_t)t.ns);
}

/* The text up to the last whole character that ends within `size` octets. */
static size_t
length_within(const char *text, size_t size)
{
	size_t		 length = 0, n;
	uint32_t	 c;

	while (text[length] != '\0') {
		n = utf8_next(text + length, &c);
		n = n > 0 ? n : 1;
		if (length + n > size)
			break;
		length += n;
	}
	return (length);
}

/* Begins a block, of which end_block sets the length. */
static size_t
begin_block(struct pcapng_buffer *b, uint32_t type)
{
	size_t	 start = b->length;

	add_u32(b, type);
	add_u32(b, 0);
	return (start);
}

static void
end_block(struct pcapng_buffer *b, size_t start)
{
	uint32_t	 length = (uint32_t)(b->length - start) + TRAILER;

	add_u32(b, length);
	if (b->exhausted)
		b->length = start;
	else
		memcpy(b->octets + start + sizeof(length), &length,
		    sizeof(length));
}

void
pcapng_add_section(struct pcapng_buffer *b, const char *version,
    const char *comment)
{
	char	 application[80] = PCAPNG_APPLICATION;
	size_t	 start, used;

	strncat(application, version, sizeof(application) -
	    sizeof(PCAPNG_APPLICATION));
	start = begin_block(b, SECTION_HEADER);
	add_u32(b, BYTE_ORDER_MAGIC);
	add_u16(b, 1);			/* the version of the format: 1.0 */
	add_u16(b, 0);
	add_u32(b, UINT32_MAX);		/* the section's length: unknown */
	add_u32(b, UINT32_MAX);
	add_option(b, OPTION_APPLICATION, application, strlen(application));
	used = b->length - start + 2 * OPTION_HEADER + TRAILER + PADDING_MIN;
	add_option(b, OPTION_COMMENT, comment, length_within(comment,
	    (PCAPNG_SECTION_SIZE - used) / 4 * 4));
	used = b->length - start + 2 * OPTION_HEADER + TRAILER;
	add_u16(b, OPTION_CUSTOM);
	add_u16(b, (unsigned)(PCAPNG_SECTION_SIZE - used));
	add_u32(b, ENTERPRISE);
	add(b, NULL, PCAPNG_SECTION_SIZE - used - sizeof(uint32_t));
	add_option(b, OPTION_END, NULL, 0);
	end_block(b, start);
}

void
pcapng_add_interface(struct pcapng_buffer *b, int link_type, const char *name)
{
	static const uint8_t	 resolution = RESOLUTION_NS;
	size_t			 start;

	start = begin_block(b, INTERFACE_DESCRIPTION);
	add_u16(b, link_type == DLT_RAW ? LINKTYPE_RAW : (unsigned)link_type);
	add_u16(b, 0);
	add_u32(b, 0);			/* the snapshot length: not limited */
	add_option(b, OPTION_INTERFACE_NAME, name, strlen(name));
	add_option(b, OPTION_RESOLUTION, &resolution, 1);
	add_option(b, OPTION_END, NULL, 0);
	end_block(b, start);
}

void
pcapng_add_packet(struct pcapng_buffer *b, uint32_t interface,
    const struct capture_frame *frame, char *const *comments, size_t ncomments)
{
	size_t	 start, i;

	start = begin_block(b, ENHANCED_PACKET);
	add_u32(b, interface);
	add_time(b, frame->timestamp);
	add_u32(b, (uint32_t)frame->captured);
	add_u32(b, (uint32_t)frame->wire);
	add_padded(b, frame->bytes, frame->captured);
	for (i = 0; i < ncomments; i++)
		add_option(b, OPTION_COMMENT, comments[i],
		    length_within(comments[i], OPTION_LENGTH_MAX));
	if (ncomments > 0)
		add_option(b, OPTION_END, NULL, 0);
	end_block(b, start);
}

void
pcapng_add_statistics(struct pcapng_buffer *b, uint32_t interface,
    struct wall_time at)
{
	size_t	 start = begin_block(b, INTERFACE_STATISTICS);

	add_u32(b, interface);
	add_time(b, at);
	end_block(b, start);
}
