/* SPDX-License-Identifier: BSD-2-Clause */
#include <netinet/in.h>

#include <string.h>

#include "base/cursor.h"
#include "base/hash.h"
#include "packet/packet.h"
#include "packet/packet_layers.h"

#define ETHERTYPE_PPPOE		0x8864	/* RFC 2516, section 4 */

#define PPP_IPV4		0x0021	/* RFC 1332, section 2 */
#define PPP_IPV6		0x0057	/* RFC 5072, section 2 */

#define ETHERNET_HEADER		14
#define UDP_HEADER		8	/* RFC 768 */

/*
 * RFC 8200, section 4.1: each extension header appears once, and destination
 * options twice.  With more headers than this a packet is malformed.
 */
#define EXTENSIONS_MAX		16

typedef enum packet_verdict link_decode(struct rest *, struct packet *);

struct link {
	int		 type;
	link_decode	*decode;
};

/*
 * Makes *header a cursor over the next n octets; false when there are fewer.
 * With a constant n the compiler checks the length only once.
 */
static inline bool
rest_header(const struct rest *r, size_t n, struct cursor *header)
{
	if (!cursor_ok(&r->bytes) || r->bytes.left < n)
		return (false);
	*header = cursor_over(r->bytes.next, n);
	return (true);
}

/* Fills in the payload and, for UDP and TCP, the ports. */
static enum packet_verdict
transport(struct rest *r, uint8_t protocol, struct packet *packet)
{
	struct cursor	 ports;

	packet->protocol = protocol;
	packet->payload = r->bytes.next;
	packet->payload_length = r->bytes.left;
	packet->payload_wire = rest_wire(r);
	if ((protocol == IPPROTO_UDP || protocol == IPPROTO_TCP) &&
	    rest_header(r, 4, &ports)) {
		packet->source_port = cursor_u16(&ports);
		packet->destination_port = cursor_u16(&ports);
	}
	return (PACKET_IP);
}

/*
 * These three functions skip an extension header.  *next is the protocol after
 * it.  False when the header is cut short or invalid.
 *
 * Authentication header: RFC 4302, section 2.
 */
static bool
extension_ah(struct rest *r, uint8_t *next)
{
	size_t length;

	*next = cursor_u8(&r->bytes);
	length = ((size_t)cursor_u8(&r->bytes) + 2) * 4;
	if (length < 12)
		return (false);
	cursor_skip(&r->bytes, length - 2);
	return (cursor_ok(&r->bytes));
}

/* Fragment header: RFC 8200, section 4.5.  *continued: not the first one. */
static bool
extension_fragment(struct rest *r, uint8_t *next, bool *continued,
    struct packet *packet)
{
	uint16_t offset;

	*next = cursor_u8(&r->bytes);
	cursor_skip(&r->bytes, 1);
	offset = cursor_u16(&r->bytes);
	cursor_skip(&r->bytes, 4);
	*continued = offset >> 3 != 0;
	if (offset & 1)
		packet->fragment = true;
	return (cursor_ok(&r->bytes));
}

/* Hop-by-hop options, routing, destination options: RFC 8200, section 4. */
static bool
extension_options(struct rest *r, uint8_t *next)
{
	size_t length;

	*next = cursor_u8(&r->bytes);
	length = ((size_t)cursor_u8(&r->bytes) + 1) * 8;
	cursor_skip(&r->bytes, length - 2);
	return (cursor_ok(&r->bytes));
}

static enum packet_verdict
ipv6_extensions(struct rest *r, uint8_t next, struct packet *packet)
{
	bool		 continued = false;
	bool		 good;
	unsigned	 n;

	for (n = 0; n <= EXTENSIONS_MAX && !continued; n++) {
		switch (next) {
		case IPPROTO_HOPOPTS:
			good = n == 0 && extension_options(r, &next);
			break;
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
			good = extension_options(r, &next);
			break;
		case IPPROTO_FRAGMENT:
			good = extension_fragment(r, &next, &continued, packet);
			break;
		case IPPROTO_AH:
			good = extension_ah(r, &next);
			break;
		default:
			return (transport(r, next, packet));
		}
		if (!good)
			return (PACKET_MALFORMED);
	}
	return (continued ? PACKET_CONTINUED : PACKET_MALFORMED);
}

/*
 * The length in the jumbo payload option (RFC 2675, section 2) of the
 * hop-by-hop options that follow; 0 without one.
 */
static uint32_t
ipv6_jumbo_length(const struct rest *r)
{
	struct cursor	 c = r->bytes;
	uint8_t		 type, length;

	cursor_skip(&c, 1);
	length = cursor_u8(&c);
	cursor_limit(&c, (size_t)length * 8 + 6);
	while (cursor_ok(&c) && c.left > 0) {
		type = cursor_u8(&c);
		if (type == 0)		/* Pad1 has no length */
			continue;
		length = cursor_u8(&c);
		if (type == 0xc2 && length == 4)
			return (cursor_u32(&c));
		cursor_skip(&c, length);
	}
	return (0);
}

/*
 * Removes the padding after the packet.  A payload length of 0 means a
 * jumbogram, or a packet that is larger than 65535 octets because Linux has not
 * segmented it yet (BIG TCP), or no payload.
 */
static bool
ipv6_limit(struct rest *r, uint16_t length, uint8_t next)
{
	uint32_t jumbo = 0;

	if (next == IPPROTO_HOPOPTS)
		jumbo = ipv6_jumbo_length(r);
	if (jumbo != 0)
		return (length == 0 && jumbo > UINT16_MAX &&
		    rest_limit(r, jumbo));
	if (length == 0 && rest_wire(r) > UINT16_MAX)
		return (true);
	return (rest_limit(r, length));
}

static enum packet_verdict
ipv6(struct rest *r, struct packet *packet)
{
	struct cursor	 c;
	const uint8_t	*source, *destination;
	uint16_t	 length;
	uint8_t		 version, next;

	if (!rest_header(r, IPV6_HEADER, &c))
		return (PACKET_MALFORMED);
	version = (uint8_t)(cursor_u32(&c) >> 28);
	length = cursor_u16(&c);
	next = cursor_u8(&c);
	packet->hop_limit = cursor_u8(&c);
	source = cursor_take(&c, 16);
	destination = cursor_take(&c, 16);
	if (version != 6)
		return (PACKET_MALFORMED);
	addr_set(&packet->source, ADDR_IPV6, source);
	addr_set(&packet->destination, ADDR_IPV6, destination);

	cursor_skip(&r->bytes, IPV6_HEADER);
	if (!ipv6_limit(r, length, next))
		return (PACKET_MALFORMED);
	return (ipv6_extensions(r, next, packet));
}

static enum packet_verdict
ipv4(struct rest *r, struct packet *packet)
{
	struct cursor	 c;
	const uint8_t	*source, *destination;
	size_t		 header, total;
	uint16_t	 fragment;
	uint8_t		 first, protocol;

	if (!rest_header(r, IPV4_HEADER, &c))
		return (PACKET_MALFORMED);
	first = cursor_u8(&c);
	cursor_skip(&c, 1);
	total = cursor_u16(&c);
	packet->id = cursor_u16(&c);
	fragment = cursor_u16(&c);
	packet->hop_limit = cursor_u8(&c);
	protocol = cursor_u8(&c);
	cursor_skip(&c, 2);
	source = cursor_take(&c, 4);
	destination = cursor_take(&c, 4);
	if (first >> 4 != 4)
		return (PACKET_MALFORMED);
	addr_set(&packet->source, ADDR_IPV4, source);
	addr_set(&packet->destination, ADDR_IPV4, destination);

	/* Before Linux has segmented a large packet, its length may be 0. */
	if (total == 0)
		total = rest_wire(r);
	header = (size_t)(first & 0x0f) * 4;
	if (header < IPV4_HEADER || total < header || !rest_limit(r, total))
		return (PACKET_MALFORMED);
	cursor_skip(&r->bytes, header);
	if (!cursor_ok(&r->bytes))
		return (PACKET_MALFORMED);
	if ((fragment & 0x1fff) != 0)
		return (PACKET_CONTINUED);
	packet->fragment = (fragment & 0x2000) != 0;
	if (protocol == IPPROTO_AH && !extension_ah(r, &protocol))
		return (PACKET_MALFORMED);
	return (transport(r, protocol, packet));
}

static enum packet_verdict
link_raw(struct rest *r, struct packet *packet)
{
	struct cursor c = r->bytes;

	if (cursor_u8(&c) >> 4 == 6)
		return (ipv6(r, packet));
	return (ipv4(r, packet));
}

/* The protocol field may be one octet long: RFC 1661, section 6.5. */
static enum packet_verdict
ppp_protocol(struct rest *r, struct packet *packet)
{
	uint16_t protocol;

	protocol = cursor_u8(&r->bytes);
	if ((protocol & 1) == 0)
		protocol = (uint16_t)(protocol << 8 | cursor_u8(&r->bytes));
	if (!cursor_ok(&r->bytes))
		return (PACKET_MALFORMED);
	switch (protocol) {
	case PPP_IPV4:
		return (ipv4(r, packet));
	case PPP_IPV6:
		return (ipv6(r, packet));
	default:
		return (PACKET_NOT_IP);
	}
}

/* A session packet of PPPoE: RFC 2516, section 4. */
static enum packet_verdict
pppoe_session(struct rest *r, struct packet *packet)
{
	uint8_t		 version, code;
	uint16_t	 length;

	version = cursor_u8(&r->bytes);
	code = cursor_u8(&r->bytes);
	cursor_skip(&r->bytes, 2);
	length = cursor_u16(&r->bytes);
	if (!cursor_ok(&r->bytes) || version != 0x11 || code != 0 ||
	    !rest_limit(r, length))
		return (PACKET_MALFORMED);
	return (ppp_protocol(r, packet));
}

/* The addresses of an ARP packet for IPv4 over any hardware: RFC 826. */
static enum packet_verdict
arp(struct rest *r, struct packet *packet)
{
	const uint8_t	*sender, *target;
	uint16_t	 protocol;
	uint8_t		 hardware_length, length;

	cursor_skip(&r->bytes, 2);
	protocol = cursor_u16(&r->bytes);
	hardware_length = cursor_u8(&r->bytes);
	length = cursor_u8(&r->bytes);
	cursor_skip(&r->bytes, 2 + (size_t)hardware_length);
	sender = cursor_take(&r->bytes, 4);
	cursor_skip(&r->bytes, hardware_length);
	target = cursor_take(&r->bytes, 4);
	if (cursor_ok(&r->bytes) && protocol == ETHERTYPE_IPV4 && length == 4) {
		addr_set(&packet->source, ADDR_IPV4, sender);
		addr_set(&packet->destination, ADDR_IPV4, target);
	}
	return (PACKET_NOT_IP);
}

/*
 * The addresses of an IP packet behind an MPLS label stack: RFC 3032, section
 * 2.1.  The labels do not say what follows, but every IP packet begins with its
 * version.
 */
static enum packet_verdict
mpls(struct rest *r, struct packet *packet)
{
	struct packet		 inner = { .protocol = 0 };
	enum packet_verdict	 verdict;
	uint32_t		 label;

	do {
		label = cursor_u32(&r->bytes);
	} while (cursor_ok(&r->bytes) && (label & MPLS_BOTTOM) == 0);
	verdict = link_raw(r, &inner);
	if (verdict == PACKET_IP || verdict == PACKET_CONTINUED) {
		packet->source = inner.source;
		packet->destination = inner.destination;
	}
	return (PACKET_NOT_IP);
}

enum packet_verdict
packet_ether_payload(struct rest *r, uint16_t type, struct packet *packet)
{
	while (cursor_ok(&r->bytes)) {
		switch (type) {
		case ETHERTYPE_IPV4:
			return (ipv4(r, packet));
		case ETHERTYPE_IPV6:
			return (ipv6(r, packet));
		case ETHERTYPE_PPPOE:
			return (pppoe_session(r, packet));
		case ETHERTYPE_ARP:
			return (arp(r, packet));
		case ETHERTYPE_MPLS:
		case ETHERTYPE_MPLS_GROUP:
			return (mpls(r, packet));
		case ETHERTYPE_VLAN:
		case ETHERTYPE_SERVICE_VLAN:
		case ETHERTYPE_OLD_QINQ:
			packet->vlan = vlan_inside(packet->vlan,
			    cursor_u16(&r->bytes));
			type = cursor_u16(&r->bytes);
			break;
		default:
			return (PACKET_NOT_IP);
		}
	}
	return (PACKET_MALFORMED);
}

static enum packet_verdict
link_ethernet(struct rest *r, struct packet *packet)
{
	struct cursor	 c;

	if (!rest_header(r, ETHERNET_HEADER, &c))
		return (PACKET_MALFORMED);
	cursor_skip(&c, 12);
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
		return (ipv4(r, packet));
	case 10:	/* Linux */
	case 23:	/* Windows */
	case 24:	/* NetBSD, OpenBSD */
	case 28:	/* FreeBSD */
	case 30:	/* Darwin */
		return (ipv6(r, packet));
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
	return (ppp_protocol(r, packet));
}

static const struct link links[] = {
	{ 1, link_ethernet },
	{ LINK_COOKED, packet_link_cooked },
	{ LINK_COOKED2, packet_link_cooked2 },
	{ 0, link_loopback },		/* NULL */
	{ 108, link_loopback },		/* LOOP */
	{ 12, link_raw },		/* DLT_RAW */
	{ 14, link_raw },		/* DLT_RAW of OpenBSD */
	{ 101, link_raw },		/* LINKTYPE_RAW */
	{ 228, ipv4 },
	{ 229, ipv6 },
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

enum packet_verdict
packet_decode(int link_type, const uint8_t *frame, size_t captured,
    size_t wire, struct packet *packet)
{
	const struct link	*link = link_find(link_type);
	struct rest		 r;
	enum packet_verdict	 verdict;

	memset(packet, 0, sizeof(*packet));
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

uint64_t
packet_content(const struct packet *packet)
{
	uint64_t	 hash, words[2];
	uint32_t	 source, destination;

	hash = (uint64_t)packet->payload_wire << 32 |
	    (uint32_t)packet->id << 8 | packet->protocol;
	if (packet->source.family == ADDR_IPV6) {
		memcpy(words, packet->source.octets, sizeof(words));
		hash = hash_word(hash_word(hash, words[0]), words[1]);
		memcpy(words, packet->destination.octets, sizeof(words));
		hash = hash_word(hash_word(hash, words[0]), words[1]);
	} else {
		memcpy(&source, packet->source.octets, sizeof(source));
		memcpy(&destination, packet->destination.octets,
		    sizeof(destination));
		hash = hash_word(hash, (uint64_t)source << 32 | destination);
	}
	return (hash_words(hash, packet->payload, packet->payload_length));
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

static uint32_t
sum_octets(uint32_t sum, const uint8_t *octets, size_t n)
{
	size_t i;

	for (i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)(octets[i] << 8 | octets[i + 1]);
	if (i < n)
		sum += (uint32_t)(octets[i] << 8);
	return (sum);
}

bool
packet_checksum_bad(const struct packet *packet,
    const struct addr *destination)
{
	uint32_t	 sum = 0;
	size_t		 n = addr_length(&packet->source);

	if (packet->sent_here || packet->fragment ||
	    packet->payload_length < packet->payload_wire ||
	    packet->payload_length > UINT16_MAX)
		return (false);
	if (destination != NULL) {
		sum = sum_octets(sum, packet->source.octets, n);
		sum = sum_octets(sum, destination->octets, n);
		sum += (uint32_t)packet->payload_length + packet->protocol;
	}
	sum = sum_octets(sum, packet->payload, packet->payload_length);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum != 0xffff);
}
