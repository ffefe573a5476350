/* SPDX-License-Identifier: BSD-2-Clause */
#include <netinet/in.h>

#include "packet/decapsulate.h"
#include "packet/packet.h"
#include "packet/packet_cooked.h"
#include "packet/packet_fault.h"
#include "packet/packet_layers.h"

#define ETHERTYPE_ERSPAN3	0x22eb
#define ETHERTYPE_BRIDGING	0x6558	/* an Ethernet frame */
#define ETHERTYPE_ERSPAN	0x88be
#define ETHERTYPE_PBB		0x88e7
#define ETHERTYPE_VNTAG		0x8926

#define LENGTH_MAX		1500	/* IEEE 802.3; above it: EtherTypes */
#define COOKED_LLC		4	/* type of LLC frames on `any` */

#define PORT_GENEVE		6081
#define PORT_MPLS		6635	/* RFC 7510 */
#define PORT_VXLAN		4789
#define PORT_VXLAN_LINUX	8472	/* the default of Linux */

#define GRE_CHECKSUM		0x8000	/* RFC 2784, section 2.1 */
#define GRE_ROUTING		0x4000
#define GRE_KEY			0x2000	/* RFC 2890, section 2 */
#define GRE_SEQUENCE		0x1000
#define GRE_VERSION		0x0007

/* Types of an associated channel: RFC 4385, section 5; RFC 5885. */
#define CHANNEL_IPV4		0x0021
#define CHANNEL_IPV6		0x0057

/* Makes *inner all that is left.  False when nothing is, or after an error. */
static bool
take_rest(const struct rest *r, int link_type, struct capture_frame *inner)
{
	if (!cursor_ok(&r->bytes) || r->bytes.left == 0)
		return (false);
	inner->bytes = r->bytes.next;
	inner->captured = r->bytes.left;
	inner->wire = rest_wire(r);
	inner->link_type = link_type;
	return (true);
}

/* True if an Ethernet frame with a common EtherType may begin at octet n. */
static bool
ethernet_follows(const struct rest *r, size_t n)
{
	struct cursor	 c = r->bytes;
	uint16_t	 type;

	cursor_skip(&c, n + 12);
	type = cursor_u16(&c);
	return (type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6 ||
	    type == ETHERTYPE_ARP || type == ETHERTYPE_MPLS ||
	    packet_is_tag(type));
}

/*
 * True if an IP packet begins here, not an Ethernet frame.  The first address
 * of a frame may look like an IP header, and an IP address like an EtherType.
 * Then the length of the packet decides.  With IPv6 it must be exact.  IPv4
 * packets may be so short that they are padded.
 */
static bool
ip_follows(const struct rest *r)
{
	struct cursor	 c = r->bytes;
	bool		 v4 = rest_is_ip(r, ETHERTYPE_IPV4);
	uint16_t	 length;

	if (!v4 && !rest_is_ip(r, ETHERTYPE_IPV6))
		return (false);
	if (!ethernet_follows(r, 0))
		return (true);
	cursor_skip(&c, v4 ? 2 : 4);
	length = cursor_u16(&c);
	return (v4 ? length >= IPV4_HEADER :
	    length + (size_t)IPV6_HEADER == rest_wire(r));
}

/* The packet of an associated channel: RFC 4385, section 5. */
static bool
mpls_channel(struct rest *r, struct capture_frame *inner)
{
	uint16_t	 type = (uint16_t)cursor_u32(&r->bytes);

	return ((type == CHANNEL_IPV4 || type == CHANNEL_IPV6) &&
	    take_rest(r, DECAPSULATE_IP, inner));
}

/*
 * The labels do not show what follows them: an IP packet, an Ethernet frame, a
 * control word (RFC 4385, section 3) and a frame, or an associated channel.
 */
static bool
mpls(struct rest *r, struct capture_frame *inner)
{
	uint32_t	 label;

	do
		label = cursor_u32(&r->bytes);
	while (cursor_ok(&r->bytes) && (label & MPLS_BOTTOM) == 0);
	if (ip_follows(r))
		return (take_rest(r, DECAPSULATE_IP, inner));
	if (!ethernet_follows(r, 0)) {
		if (r->bytes.left > 0 && r->bytes.next[0] >> 4 == 1)
			return (mpls_channel(r, inner));
		if (!ethernet_follows(r, 4))
			return (false);
		cursor_skip(&r->bytes, 4);
	}
	return (take_rest(r, DECAPSULATE_ETHERNET, inner));
}

/*
 * Reads the LLC and SNAP headers of a frame with `length` octets of data (RFC
 * 1042) up to the EtherType.  False for other frames.
 */
static bool
snap(struct rest *r, size_t length, uint16_t *type)
{
	uint32_t	 llc, vendor;

	if (!rest_limit(r, length))
		return (false);
	llc = cursor_u32(&r->bytes);
	vendor = (llc & 0xff) << 16 | cursor_u16(&r->bytes);
	*type = cursor_u16(&r->bytes);
	/* 0x0000f8: IEEE 802.1H */
	return (cursor_ok(&r->bytes) && llc >> 8 == 0xaaaa03 &&
	    (vendor == 0 || vendor == 0x0000f8));
}

/*
 * Decapsulates the octets after an EtherType.  `inside` is true if the tags and
 * the IP packet that may follow are not those that packet_decode finds.
 */
static bool
ether_payload(struct rest *r, uint16_t type, bool inside,
    struct capture_frame *inner)
{
	uint16_t	 tag;

	while (cursor_ok(&r->bytes)) {
		switch (type) {
		case ETHERTYPE_IPV4:
		case ETHERTYPE_IPV6:
			return (inside && take_rest(r, DECAPSULATE_IP, inner));
		case ETHERTYPE_VLAN:
		case ETHERTYPE_SERVICE_VLAN:
		case ETHERTYPE_OLD_QINQ:
			tag = cursor_u16(&r->bytes);
			if (inside)
				inner->vlan = vlan_inside(inner->vlan, tag);
			break;
		case ETHERTYPE_VNTAG:
			cursor_skip(&r->bytes, 4);
			inside = true;
			break;
		case ETHERTYPE_PBB:
			cursor_skip(&r->bytes, 4);
			return (take_rest(r, DECAPSULATE_ETHERNET, inner));
		case ETHERTYPE_BRIDGING:
			return (take_rest(r, DECAPSULATE_ETHERNET, inner));
		case ETHERTYPE_MPLS:
		case ETHERTYPE_MPLS_GROUP:
			return (mpls(r, inner));
		default:
			if (type > LENGTH_MAX || !snap(r, type, &type))
				return (false);
			inside = true;
			continue;
		}
		type = cursor_u16(&r->bytes);
	}
	return (false);
}

/*
 * Decapsulates the octets after the EtherType in the header of a tunnel.  VLAN
 * tags there replace those of the outer frame.
 */
static bool
tunnel_payload(struct rest *r, uint16_t type, struct capture_frame *inner)
{
	uint32_t	 outer_vlan = inner->vlan;
	bool		 found;

	inner->vlan = VLAN_NONE;
	found = type > LENGTH_MAX && ether_payload(r, type, true, inner);
	if (inner->vlan == VLAN_NONE)
		inner->vlan = outer_vlan;
	return (found);
}

/*
 * ERSPAN type I has no header.  Type II has one of 8 octets with version 1, and
 * GRE then has a sequence number.
 */
static bool
erspan(struct rest *r, bool has_sequence, struct capture_frame *inner)
{
	if (has_sequence) {
		if (cursor_u32(&r->bytes) >> 28 != 1)
			return (false);
		cursor_skip(&r->bytes, 4);
	}
	return (take_rest(r, DECAPSULATE_ETHERNET, inner));
}

/*
 * ERSPAN type III has a header of 12 octets with version 2.  One of its flags
 * means that a subheader follows.  Frame type 2 is an IP packet.
 */
static bool
erspan3(struct rest *r, struct capture_frame *inner)
{
	uint32_t	 version, flags;

	version = cursor_u32(&r->bytes) >> 28;
	cursor_skip(&r->bytes, 4);
	flags = cursor_u32(&r->bytes);
	if (version != 2)
		return (false);
	if ((flags & 1) != 0)
		cursor_skip(&r->bytes, 8);
	return (take_rest(r, (flags >> 10 & 0x1f) == 2 ? DECAPSULATE_IP :
	    DECAPSULATE_ETHERNET, inner));
}

static bool
gre(struct rest *r, struct capture_frame *inner)
{
	uint16_t	 flags, type;

	flags = cursor_u16(&r->bytes);
	type = cursor_u16(&r->bytes);
	if ((flags & (GRE_ROUTING | GRE_VERSION)) != 0)
		return (false);
	/* Each of these flags adds four octets. */
	cursor_skip(&r->bytes, 4 * (size_t)__builtin_popcount(flags &
	    (GRE_CHECKSUM | GRE_KEY | GRE_SEQUENCE)));
	if (type == ETHERTYPE_ERSPAN)
		return (erspan(r, (flags & GRE_SEQUENCE) != 0, inner));
	if (type == ETHERTYPE_ERSPAN3)
		return (erspan3(r, inner));
	return (tunnel_payload(r, type, inner));
}

/* RFC 7348, section 5: without the flag there is no valid frame. */
static bool
vxlan(struct rest *r, struct capture_frame *inner)
{
	uint8_t	 flags = cursor_u8(&r->bytes);

	cursor_skip(&r->bytes, 7);
	return ((flags & 0x08) != 0 &&
	    take_rest(r, DECAPSULATE_ETHERNET, inner));
}

/* RFC 8926, section 3.4. */
static bool
geneve(struct rest *r, struct capture_frame *inner)
{
	uint8_t		 first;
	uint16_t	 type;

	first = cursor_u8(&r->bytes);
	cursor_skip(&r->bytes, 1);
	type = cursor_u16(&r->bytes);
	cursor_skip(&r->bytes, 4 + (size_t)(first & 0x3f) * 4);
	return (first >> 6 == 0 && tunnel_payload(r, type, inner));
}

static bool
udp_data(const struct packet *packet, struct capture_frame *inner)
{
	struct rest	 r;
	size_t		 wire;

	if (!packet_udp(packet, &r.bytes, &wire))
		return (false);
	r.cut = wire - r.bytes.left;
	switch (packet->destination_port) {
	case PORT_VXLAN:
	case PORT_VXLAN_LINUX:
		return (vxlan(&r, inner));
	case PORT_GENEVE:
		return (geneve(&r, inner));
	case PORT_MPLS:
		return (mpls(&r, inner));
	default:
		return (false);
	}
}

static bool
ip_payload(const struct packet *packet, struct capture_frame *inner)
{
	struct rest	 r = rest_of(packet->payload, packet->payload_length,
	    packet->payload_wire);

	switch (packet->protocol) {
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
		return (take_rest(&r, DECAPSULATE_IP, inner));
	case IPPROTO_GRE:
		return (gre(&r, inner));
	case IPPROTO_MPLS:
		return (mpls(&r, inner));
	case IPPROTO_UDP:
		return (udp_data(packet, inner));
	default:
		return (false);
	}
}

/* Decapsulates a frame without an IP packet after its header and tags. */
static bool
link_payload(const struct capture_frame *outer, struct capture_frame *inner)
{
	struct rest	 r = rest_of(outer->bytes, outer->captured,
	    outer->wire);
	bool		 version2 = outer->link_type == LINK_COOKED2;
	uint16_t	 type;

	if (outer->link_type == LINK_COOKED || version2) {
		if (!packet_cooked_type(&r, version2, &type))
			return (false);
		if (type == COOKED_LLC)
			return (snap(&r, rest_wire(&r), &type) &&
			    ether_payload(&r, type, true, inner));
	} else if (outer->link_type == DECAPSULATE_ETHERNET) {
		cursor_skip(&r.bytes, 12);
		type = cursor_u16(&r.bytes);
	} else
		return (false);
	return (ether_payload(&r, type, false, inner));
}

/* Tunnels over IPv6 may omit the checksum: RFC 6935. */
static bool
is_discarded(const struct capture_frame *frame, const struct packet *packet)
{
	enum packet_fault	 fault;

	fault = packet_fault_find(frame, packet, PACKET_IP);
	return (fault != PACKET_FAULT_NONE &&
	    fault != PACKET_FAULT_NO_CHECKSUM);
}

bool
decapsulate_next(const struct capture_frame *outer,
    struct capture_frame *inner)
{
	struct packet		 packet;
	enum packet_verdict	 verdict = decapsulate_decode(outer, &packet);

	inner->timestamp = outer->timestamp;
	inner->vlan = packet.vlan;
	inner->mac = packet.mac;
	/* The kernel verifies only that of the outer frame. */
	inner->checksum = CAPTURE_CHECKSUM_UNKNOWN;
	switch (verdict) {
	case PACKET_IP:
		return (ip_payload(&packet, inner) &&
		    !is_discarded(outer, &packet));
	case PACKET_NOT_IP:
		return (link_payload(outer, inner));
	default:
		return (false);
	}
}
