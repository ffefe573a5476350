/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "diagnosis/diagnosis_frame.h"
#include "packet/packet_cooked.h"
#include "packet/packet_layers.h"

#define ETHERTYPE_LACP		0x8809	/* IEEE 802.3, annex 57A */
#define ETHERTYPE_LLDP		0x88cc	/* IEEE 802.1AB */
#define LENGTH_MAX		1500	/* below: a length, not an EtherType */
#define LLC_STP			0x42	/* the SAP of STP, IEEE 802.1D */

#define IGMP_REPORT1		0x12	/* RFC 2236, RFC 3376 */
#define IGMP_REPORT2		0x16
#define IGMP_LEAVE		0x17
#define IGMP_REPORT3		0x22
#define MLD_REPORT		131	/* RFC 2710, RFC 3810 */
#define MLD_DONE		132
#define MLD_REPORT2		143
#define GROUP_TO_INCLUDE	3	/* without sources: leave */

#define ND_SOLICITATION		135	/* RFC 4861 */
#define ND_ADVERTISEMENT	136

#define DHCP_PORT		67	/* RFC 2131 */
#define DHCP6_PORT		547	/* RFC 8415 */
#define DHCP6_SOLICIT		1

#define TLS_ALERT		21	/* RFC 8446, sections 5.1 and 6 */
#define TLS_HANDSHAKE		22

/* Longer than any packet that an ICMP message can quote. */
#define QUOTED_WIRE		((size_t)UINT16_MAX + IPV6_HEADER)

/*
 * UDP is first, because most heartbeats are UDP.  TCP: a packet with SYN, FIN or
 * RST, or a TLS alert.
 */
const char diagnosis_ipv4_filter[] =
    "udp dst port 67 or (icmp and icmp[0] = 3) or igmp or "
    "(tcp and (tcp[13] & 7 != 0 or "
    "tcp[((tcp[12] & 0xf0) >> 2):2] = 0x1503))";

const char diagnosis_other_filter[] =
    "arp or (ip6 and (udp dst port 547 or "
    "(icmp6 and (ip6[40] < 5 or ip6[40] > 129)) or "
    "(ip6[6] = 0 and ip6[40] = 58) or "
    "(ip6[6] = 6 and (ip6[53] & 7 != 0 or "
    "ip6[(40 + ((ip6[52] & 0xf0) >> 2)):2] = 0x1503)))) or "
    "stp or ether proto 0x88cc or ether proto 0x8809";

const char diagnosis_broadcast_filter[] = "ether broadcast";

/* ---- frames that are not IP */

/* ARP for IPv4 over Ethernet: RFC 826; probes: RFC 5227, section 2.1. */
static void
decode_arp(struct cursor c, struct diagnosis_frame *f)
{
	const struct addr	*sender = &f->packet.source;
	const struct addr	*target = &f->packet.destination;
	uint16_t		 operation;

	cursor_skip(&c, 6);
	operation = cursor_u16(&c);
	if (!cursor_ok(&c) || sender->family == ADDR_NONE)
		return;
	f->address = *sender;
	if (operation == 2 || (operation == 1 && addr_equal(sender, target))) {
		f->kind = DIAGNOSIS_CLAIM;
	} else if (operation == 1) {
		f->address = *target;
		if (addr_is_unspecified(sender)) {
			f->kind = DIAGNOSIS_PROBE;
		} else {
			f->kind = DIAGNOSIS_REQUEST;
			f->asker = *sender;
		}
	}
}

static void
decode_link(const struct diagnosis_bytes *b, struct diagnosis_frame *f)
{
	struct rest	 r = rest_of(b->bytes, b->captured, b->wire);
	uint16_t	 type = 0;

	if (b->link_type == LINK_ETHERNET) {
		cursor_skip(&r.bytes, 2 * MAC_LENGTH);
		type = cursor_u16(&r.bytes);
		while (cursor_ok(&r.bytes) && packet_is_tag(type)) {
			cursor_skip(&r.bytes, 2);
			type = cursor_u16(&r.bytes);
		}
	} else if (!packet_cooked_type(&r, b->link_type == LINK_COOKED2,
	    &type)) {
		return;
	}
	if (!cursor_ok(&r.bytes))
		return;
	if (type == ETHERTYPE_ARP)
		decode_arp(r.bytes, f);
	else if (type == ETHERTYPE_LACP || type == ETHERTYPE_LLDP ||
	    (type <= LENGTH_MAX && cursor_u8(&r.bytes) == LLC_STP))
		f->kind = DIAGNOSIS_SWITCH;
}

/* ---- ICMP, IGMP and MLD */

static enum diagnosis_icmp
icmp4_error(uint8_t type, uint8_t code)
{
	if (type != 3)			/* RFC 792, RFC 1812, 5.2.7.1 */
		return (DIAGNOSIS_ICMP_OTHER);
	switch (code) {
	case 2:
	case 3:
		return (DIAGNOSIS_ICMP_REFUSED);
	case 9:
	case 10:
	case 13:
		return (DIAGNOSIS_ICMP_PROHIBITED);
	case 1:
	case 7:
	case 12:
		return (DIAGNOSIS_ICMP_HOST);
	case 0:
	case 6:
	case 11:
		return (DIAGNOSIS_ICMP_NET);
	default:
		return (DIAGNOSIS_ICMP_OTHER);
	}
}

static enum diagnosis_icmp
icmp6_error(uint8_t type, uint8_t code)
{
	if (type == 4)			/* RFC 4443, section 3.4 */
		return (code == 1 ? DIAGNOSIS_ICMP_REFUSED :
		    DIAGNOSIS_ICMP_OTHER);
	if (type != 1)
		return (DIAGNOSIS_ICMP_OTHER);
	switch (code) {			/* RFC 4443, section 3.1 */
	case 4:
		return (DIAGNOSIS_ICMP_REFUSED);
	case 1:
	case 5:
	case 6:
		return (DIAGNOSIS_ICMP_PROHIBITED);
	case 3:
		return (DIAGNOSIS_ICMP_HOST);
	case 0:
		return (DIAGNOSIS_ICMP_NET);
	default:
		return (DIAGNOSIS_ICMP_OTHER);
	}
}

/* The message quotes the begin of the packet, whose length is not checked. */
static void
decode_error(struct cursor c, enum diagnosis_icmp icmp, uint8_t code,
    struct diagnosis_frame *f)
{
	struct rest	 r;

	cursor_skip(&c, 6);
	if (icmp == DIAGNOSIS_ICMP_OTHER || !cursor_ok(&c))
		return;
	r = rest_of(c.next, c.left, QUOTED_WIRE);
	if (packet_raw(&r, &f->quoted) != PACKET_IP)
		return;
	f->kind = DIAGNOSIS_ICMP_ERROR;
	f->icmp = icmp;
	f->icmp_code = code;
}

/* The records of a report: RFC 3376, section 4.2; RFC 3810, section 5.2. */
static void
decode_records(struct cursor c, enum addr_family family,
    struct diagnosis_frame *f)
{
	size_t		 length = family == ADDR_IPV6 ? 16 : 4;
	const uint8_t	*group;
	uint8_t		 type, more;
	uint16_t	 records, sources;

	cursor_skip(&c, 5);		/* code, checksum, reserved */
	for (records = cursor_u16(&c); records > 0; records--) {
		type = cursor_u8(&c);
		more = cursor_u8(&c);
		sources = cursor_u16(&c);
		group = cursor_take(&c, length);
		cursor_skip(&c, sources * length + more * (size_t)4);
		if (group == NULL)
			return;
		if (type == GROUP_TO_INCLUDE && sources == 0) {
			f->kind = DIAGNOSIS_LEAVE;
			addr_set(&f->address, family, group);
			return;
		}
	}
}

static void
decode_group(struct cursor c, enum addr_family family,
    enum diagnosis_kind kind, struct diagnosis_frame *f)
{
	const uint8_t	*group;

	/* Code and checksum; MLD also has a delay and a reserved field. */
	cursor_skip(&c, family == ADDR_IPV6 ? 7 : 3);
	group = cursor_take(&c, family == ADDR_IPV6 ? 16 : 4);
	if (group == NULL)
		return;
	f->kind = kind;
	addr_set(&f->address, family, group);
}

static void
decode_igmp(struct cursor c, struct diagnosis_frame *f)
{
	switch (cursor_u8(&c)) {
	case IGMP_REPORT1:
	case IGMP_REPORT2:
		decode_group(c, ADDR_IPV4, DIAGNOSIS_JOIN, f);
		break;
	case IGMP_LEAVE:
		decode_group(c, ADDR_IPV4, DIAGNOSIS_LEAVE, f);
		break;
	case IGMP_REPORT3:
		f->kind = DIAGNOSIS_JOIN;
		decode_records(c, ADDR_IPV4, f);
		break;
	}
}

/* RFC 4861, sections 4.3, 4.4 and 7.1; DAD: RFC 4862, section 5.4. */
static void
decode_nd(struct cursor c, uint8_t type, struct diagnosis_frame *f)
{
	const uint8_t	*target;

	cursor_skip(&c, 7);
	target = cursor_take(&c, 16);
	if (target == NULL || f->packet.hop_limit != 255)
		return;
	addr_set(&f->address, ADDR_IPV6, target);
	if (type == ND_ADVERTISEMENT) {
		f->kind = DIAGNOSIS_CLAIM;
	} else if (addr_is_unspecified(&f->packet.source)) {
		f->kind = DIAGNOSIS_PROBE;
	} else {
		f->kind = DIAGNOSIS_REQUEST;
		f->asker = f->packet.source;
	}
}

static void
decode_icmp6(struct cursor c, struct diagnosis_frame *f)
{
	struct cursor	 error;
	uint8_t		 type = cursor_u8(&c), code;

	switch (type) {
	case 1:
	case 4:
		error = c;
		code = cursor_u8(&error);
		decode_error(error, icmp6_error(type, code), code, f);
		break;
	case MLD_REPORT:
		decode_group(c, ADDR_IPV6, DIAGNOSIS_JOIN, f);
		break;
	case MLD_DONE:
		decode_group(c, ADDR_IPV6, DIAGNOSIS_LEAVE, f);
		break;
	case MLD_REPORT2:
		f->kind = DIAGNOSIS_JOIN;
		decode_records(c, ADDR_IPV6, f);
		break;
	case ND_SOLICITATION:
	case ND_ADVERTISEMENT:
		decode_nd(c, type, f);
		break;
	}
}

/* ---- UDP and TCP */

/*
 * Only clients that have no address yet: the others renew their lease.  RFC
 * 2131, section 2 (ciaddr); RFC 8415, section 7.3.
 */
static void
decode_dhcp(struct diagnosis_frame *f)
{
	struct cursor	 c;
	uint16_t	 port = f->packet.destination_port;
	bool		 starts;

	if ((port != DHCP_PORT && port != DHCP6_PORT) ||
	    !packet_udp(&f->packet, &c, NULL))
		return;
	if (port == DHCP6_PORT) {
		starts = cursor_u8(&c) == DHCP6_SOLICIT;
	} else {
		starts = cursor_u8(&c) == 1;	/* BOOTREQUEST */
		cursor_skip(&c, 11);
		starts = starts && cursor_u32(&c) == 0 && cursor_ok(&c);
	}
	if (starts)
		f->kind = DIAGNOSIS_DHCP;
}

/* A record that is not encrypted, at the begin of a segment. */
static void
decode_tls(const struct packet *packet, struct diagnosis_frame *f)
{
	struct cursor	 c = cursor_over(packet->payload,
	    packet->payload_length), header = c;
	uint8_t		 type, description;

	cursor_skip(&header, 12);
	cursor_skip(&c, (size_t)(cursor_u8(&header) >> 4) * 4);
	type = cursor_u8(&c);
	if (cursor_u8(&c) != 3)		/* the version */
		return;
	cursor_skip(&c, 1);
	f->tls_handshake = type == TLS_HANDSHAKE;
	if (type != TLS_ALERT || cursor_u16(&c) != 2)
		return;
	cursor_skip(&c, 1);		/* level */
	description = cursor_u8(&c);
	if (cursor_ok(&c))
		f->tls_alert = description;
}

static void
decode_tcp(struct diagnosis_frame *f)
{
	f->is_tcp = packet_tcp(&f->packet, &f->tcp);
	if (!f->is_tcp)
		return;
	decode_tls(&f->packet, f);
	if ((f->tcp.flags & (PACKET_TCP_FIN | PACKET_TCP_SYN |
	    PACKET_TCP_RST)) != 0 || f->tls_alert != 0)
		f->kind = DIAGNOSIS_TCP;
}

static void
decode_ip(struct diagnosis_frame *f)
{
	struct cursor	 c = cursor_over(f->packet.payload,
	    f->packet.payload_length), error;
	uint8_t		 type, code;

	switch (f->packet.protocol) {
	case IPPROTO_ICMP:
		error = c;
		type = cursor_u8(&error);
		code = cursor_u8(&error);
		decode_error(error, icmp4_error(type, code), code, f);
		break;
	case IPPROTO_ICMPV6:
		decode_icmp6(c, f);
		break;
	case IPPROTO_IGMP:
		decode_igmp(c, f);
		break;
	case IPPROTO_TCP:
		decode_tcp(f);
		break;
	case IPPROTO_UDP:
		decode_dhcp(f);
		break;
	}
}

static bool
is_broadcast(const struct mac *mac)
{
	static const struct mac	 all = {
		{ 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
	};

	return (memcmp(mac, &all, sizeof(all)) == 0);
}

void
diagnosis_frame_decode(const struct diagnosis_bytes *b,
    struct diagnosis_frame *f)
{
	memset(f, 0, sizeof(*f));
	f->verdict = packet_decode(b->link_type, b->bytes, b->captured,
	    b->wire, &f->packet);
	f->sent_here = f->packet.sent_here;
	if (f->packet.mac != NULL)
		memcpy(f->source.octets, f->packet.mac, MAC_LENGTH);
	if (b->link_type == LINK_ETHERNET && b->captured >= MAC_LENGTH)
		memcpy(f->destination.octets, b->bytes, MAC_LENGTH);
	if (f->verdict == PACKET_IP)
		decode_ip(f);
	else if (f->verdict == PACKET_NOT_IP &&
	    packet_link_has_mac(b->link_type))
		decode_link(b, f);
	if (f->kind == DIAGNOSIS_OTHER && is_broadcast(&f->destination))
		f->kind = DIAGNOSIS_BROADCAST;
}
