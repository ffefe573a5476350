/* SPDX-License-Identifier: BSD-2-Clause */
#include <netinet/in.h>

#include "packet/packet_layers.h"

#define ETHERTYPE_PPPOE		0x8864	/* RFC 2516, section 4 */

#define PPP_IPV4		0x0021	/* RFC 1332, section 2 */
#define PPP_IPV6		0x0057	/* RFC 5072, section 2 */

/*
 * RFC 8200, section 4.1: each extension header appears once, and destination
 * options twice.  With more headers than this a packet is malformed.
 */
#define EXTENSIONS_MAX		16

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

/*
 * RFC 8200, section 8.1: the checksum includes the last destination, which is
 * in the routing header while segments are left.
 */
static bool
routing_continues(const struct rest *r)
{
	struct cursor c = r->bytes;

	cursor_skip(&c, 3);
	return (cursor_u8(&c) != 0);
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
			packet->rerouted |= routing_continues(r);
			good = extension_options(r, &next);
			break;
		case IPPROTO_DSTOPTS:
			/* It may have a home address: RFC 6275, 6.3. */
			packet->rerouted = true;
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

enum packet_verdict
packet_ipv6(struct rest *r, struct packet *packet)
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
	packet->bad_length = !ipv6_limit(r, length, next);
	if (packet->bad_length)
		return (PACKET_MALFORMED);
	return (ipv6_extensions(r, next, packet));
}

enum packet_verdict
packet_ipv4(struct rest *r, struct packet *packet)
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
	packet->ipv4 = r->bytes.next;
	protocol = cursor_u8(&c);
	cursor_skip(&c, 2);
	source = cursor_take(&c, 4);
	destination = cursor_take(&c, 4);
	if (first >> 4 != 4)
		return (PACKET_MALFORMED);
	addr_set(&packet->source, ADDR_IPV4, source);
	addr_set(&packet->destination, ADDR_IPV4, destination);

	/*
	 * Before a host has segmented a large TCP packet, its length may be 0.
	 */
	if (total == 0 && protocol == IPPROTO_TCP &&
	    rest_wire(r) > PACKET_MTU)
		total = rest_wire(r);
	header = (size_t)(first & 0x0f) * 4;
	packet->bad_length = header < IPV4_HEADER || total < header ||
	    !rest_limit(r, total);
	if (packet->bad_length)
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

enum packet_verdict
packet_raw(struct rest *r, struct packet *packet)
{
	struct cursor c = r->bytes;

	if (cursor_u8(&c) >> 4 == 6)
		return (packet_ipv6(r, packet));
	return (packet_ipv4(r, packet));
}

/* The protocol field may be one octet long: RFC 1661, section 6.5. */
enum packet_verdict
packet_ppp(struct rest *r, struct packet *packet)
{
	uint16_t protocol;

	protocol = cursor_u8(&r->bytes);
	if ((protocol & 1) == 0)
		protocol = (uint16_t)(protocol << 8 | cursor_u8(&r->bytes));
	if (!cursor_ok(&r->bytes))
		return (PACKET_MALFORMED);
	switch (protocol) {
	case PPP_IPV4:
		return (packet_ipv4(r, packet));
	case PPP_IPV6:
		return (packet_ipv6(r, packet));
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
	return (packet_ppp(r, packet));
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
	verdict = packet_raw(r, &inner);
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
			return (packet_ipv4(r, packet));
		case ETHERTYPE_IPV6:
			return (packet_ipv6(r, packet));
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
