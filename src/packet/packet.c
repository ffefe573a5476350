/* SPDX-License-Identifier: BSD-2-Clause */
#include <netinet/in.h>

#include <string.h>

#include "base/cursor.h"
#include "base/hash.h"
#include "base/mac.h"
#include "packet/internet_sum.h"
#include "packet/packet.h"
#include "packet/packet_cooked.h"
#include "packet/packet_layers.h"

#define ETHERNET_HEADER		14
#define UDP_HEADER		8	/* RFC 768 */

typedef enum packet_verdict link_decode(struct rest *, struct packet *);

struct link {
	int		 type;
	link_decode	*decode;
};

static enum packet_verdict
link_ethernet(struct rest *r, struct packet *packet)
{
	struct cursor	 c;

	if (!rest_header(r, ETHERNET_HEADER, &c))
		return (PACKET_MALFORMED);
	cursor_skip(&c, MAC_LENGTH);
	packet->mac = cursor_take(&c, MAC_LENGTH);
	cursor_skip(&r->bytes, ETHERNET_HEADER);
	return (packet_ether_payload(r, cursor_u16(&c), packet));
}

/*
 * The address family is in the byte order of the capturing host or of the
 * network; each operating system has its own number for IPv6.
 */
static enum packet_verdict
link_loopback(struct rest *r, struct packet *packet)
{
	uint16_t high, low;

	high = cursor_u16(&r->bytes);
	low = cursor_u16(&r->bytes);
	if (!cursor_ok(&r->bytes))
		return (PACKET_MALFORMED);
	if (low == 0)
		low = (uint16_t)(high >> 8 | high << 8);
	else if (high != 0)
		return (PACKET_NOT_IP);
	switch (low) {
	case 2:
		return (packet_ipv4(r, packet));
	case 10:	/* Linux */
	case 23:	/* Windows */
	case 24:	/* NetBSD, OpenBSD */
	case 28:	/* FreeBSD */
	case 30:	/* Darwin */
		return (packet_ipv6(r, packet));
	default:
		return (PACKET_NOT_IP);
	}
}

/* Cisco's HDLC: RFC 1547, section 4.3.1. */
static enum packet_verdict
link_chdlc(struct rest *r, struct packet *packet)
{
	uint16_t type;

	cursor_skip(&r->bytes, 2);
	type = cursor_u16(&r->bytes);
	return (packet_ether_payload(r, type, packet));
}

/* With or without the address and control octets of RFC 1662, section 3.1. */
static enum packet_verdict
link_ppp(struct rest *r, struct packet *packet)
{
	struct cursor c = r->bytes;

	switch (cursor_u16(&c)) {
	case 0xff03:
		cursor_skip(&r->bytes, 2);
		break;
	case 0x0f00:	/* Cisco's HDLC, unicast */
	case 0x8f00:	/* Cisco's HDLC, broadcast */
		return (link_chdlc(r, packet));
	}
	return (packet_ppp(r, packet));
}

static const struct link links[] = {
	{ LINK_ETHERNET, link_ethernet },
	{ LINK_COOKED, packet_link_cooked },
	{ LINK_COOKED2, packet_link_cooked2 },
	{ 0, link_loopback },		/* NULL */
	{ 108, link_loopback },		/* LOOP */
	{ 12, packet_raw },		/* DLT_RAW */
	{ 14, packet_raw },		/* DLT_RAW of OpenBSD */
	{ 101, packet_raw },		/* LINKTYPE_RAW */
	{ 228, packet_ipv4 },
	{ 229, packet_ipv6 },
	{ 9, link_ppp },
	{ 50, link_ppp },		/* PPP_HDLC */
	{ 104, link_chdlc },		/* C_HDLC */
};

static const struct link *
link_find(int type)
{
	size_t i;

	for (i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (links[i].type == type)
			return (&links[i]);
	return (NULL);
}

bool
packet_supports_link(int link_type)
{
	return (link_find(link_type) != NULL);
}

bool
packet_link_has_mac(int link_type)
{
	return (link_type == LINK_ETHERNET || link_type == LINK_COOKED ||
	    link_type == LINK_COOKED2);
}

enum packet_verdict
packet_decode(int link_type, const uint8_t *frame, size_t captured,
    size_t wire, struct packet *packet)
{
	/* To copy it is faster than memset(), which gcc compiles to `rep`. */
	static const struct packet	 empty;
	const struct link		*link = link_find(link_type);
	struct rest			 r;
	enum packet_verdict		 verdict;

	*packet = empty;
	r = rest_of(frame, captured, wire);
	verdict = link == NULL ? PACKET_LINK_UNKNOWN :
	    link->decode(&r, packet);
	if (verdict != PACKET_IP) {
		packet->payload = r.bytes.next;
		packet->payload_length = r.bytes.left;
		packet->payload_wire = rest_wire(&r);
	}
	return (verdict);
}

/*
 * A snapshot has fewer octets of the payload if the headers of the link are
 * longer, such as those of a copy with VLAN tags.  So only as many octets are
 * hashed as a small snapshot (CAPTURE_SNAPSHOT_SMALL) always has.  Most packets
 * have a checksum at the begin that depends on the others.
 */
#define CONTENT_MAX	((size_t)160)

uint64_t
packet_content(const struct packet *packet)
{
	uint64_t	 hash, words[2];
	uint32_t	 source, destination;

	hash = (uint64_t)packet->payload_wire << 32 |
	    (uint32_t)packet->id << 8 | packet->protocol;
	if (packet->source.family == ADDR_IPV6) {
		memcpy(words, packet->source.octets, sizeof(words));
		hash = hash_step(hash_step(hash, words[0]), words[1]);
		memcpy(words, packet->destination.octets, sizeof(words));
		hash = hash_step(hash_step(hash, words[0]), words[1]);
	} else {
		memcpy(&source, packet->source.octets, sizeof(source));
		memcpy(&destination, packet->destination.octets,
		    sizeof(destination));
		hash = hash_step(hash, (uint64_t)source << 32 | destination);
	}
	return (hash_words(hash, packet->payload,
	    packet->payload_length < CONTENT_MAX ? packet->payload_length :
	    CONTENT_MAX));
}

bool
packet_udp(const struct packet *packet, struct cursor *data, size_t *wire)
{
	struct cursor	 c = cursor_over(packet->payload,
	    packet->payload_length), header;
	size_t		 length;

	if (packet->protocol != IPPROTO_UDP || c.left < UDP_HEADER)
		return (false);
	header = cursor_over(cursor_take(&c, UDP_HEADER), UDP_HEADER);
	cursor_skip(&header, 4);
	length = cursor_u16(&header);
	/* RFC 2675, section 4: the length of a jumbogram is 0. */
	if (length == 0 && packet->payload_wire > UINT16_MAX)
		length = packet->payload_wire;
	if (length < UDP_HEADER ||
	    (length > packet->payload_wire && !packet->fragment))
		return (false);
	cursor_limit(&c, length - UDP_HEADER);
	*data = c;
	if (wire != NULL)
		*wire = length - UDP_HEADER;
	return (true);
}

bool
packet_tcp(const struct packet *packet, struct packet_tcp *tcp)
{
	struct cursor	 c = cursor_over(packet->payload,
	    packet->payload_length);
	uint16_t	 flags;
	size_t		 header;

	if (packet->protocol != IPPROTO_TCP)
		return (false);
	cursor_skip(&c, 4);
	tcp->sequence = cursor_u32(&c);
	tcp->acknowledgement = cursor_u32(&c);
	flags = cursor_u16(&c);
	tcp->window = cursor_u16(&c);
	header = (size_t)(flags >> 12) * 4;
	if (!cursor_ok(&c) || header < 20 || header > packet->payload_wire)
		return (false);
	tcp->flags = (uint8_t)flags;
	tcp->data_wire = packet->payload_wire - header;
	return (true);
}

bool
packet_checksum_bad(const struct packet *packet,
    const struct addr *destination)
{
	uint64_t	 sum = 0;
	size_t		 n = addr_length(&packet->source);

	if (packet->sent_here || packet->fragment ||
	    packet->payload_length < packet->payload_wire ||
	    packet->payload_length > UINT16_MAX)
		return (false);
	if (destination != NULL) {
		sum = internet_sum_add(sum, packet->source.octets, n);
		sum = internet_sum_add(sum, destination->octets, n);
		sum += htons((uint16_t)packet->payload_length);
		sum += htons(packet->protocol);
	}
	sum = internet_sum_add(sum, packet->payload, packet->payload_length);
	return (!internet_sum_is_valid(sum));
}
