/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The layers of a frame behind its link header: for packet.c and the other
 * files that decode link headers and encapsulations.
 */
#ifndef HBW_PACKET_LAYERS_H
#define HBW_PACKET_LAYERS_H

#include "base/cursor.h"
#include "packet/packet.h"

#define ETHERTYPE_IPV4		0x0800
#define ETHERTYPE_ARP		0x0806	/* RFC 826 */
#define ETHERTYPE_VLAN		0x8100	/* 802.1Q */
#define ETHERTYPE_IPV6		0x86dd
#define ETHERTYPE_SERVICE_VLAN	0x88a8	/* 802.1ad */
#define ETHERTYPE_OLD_QINQ	0x9100	/* before 802.1ad */

#define ETHERTYPE_MPLS		0x8847	/* RFC 3032, section 5 */
#define ETHERTYPE_MPLS_GROUP	0x8848	/* multicast: RFC 5332, section 2 */
#define MPLS_BOTTOM		0x100	/* of the stack, in a label entry */

#define LINK_COOKED		113	/* LINUX_SLL */
#define LINK_COOKED2		276	/* LINUX_SLL2 */

#define PACKET_MTU		1500	/* of Ethernet */
#define IPV4_HEADER		20	/* without options: RFC 791 */
#define IPV6_HEADER		40	/* RFC 8200, section 3 */

/* The part of a frame that is not decoded yet. */
struct rest {
	struct cursor	 bytes;
	size_t		 cut;		/* octets after them, not captured */
};

/* The rest of a frame of which nothing is decoded yet; see packet_decode. */
static inline struct rest
rest_of(const uint8_t *frame, size_t captured, size_t wire)
{
	return ((struct rest){ cursor_over(frame, captured),
	    wire > captured ? wire - captured : 0 });
}

/* The octets that are left, with those that were not captured. */
static inline size_t
rest_wire(const struct rest *r)
{
	return (r->bytes.left + r->cut);
}

/* Removes the padding after the next n octets; false when there are fewer. */
static inline bool
rest_limit(struct rest *r, size_t n)
{
	if (n > rest_wire(r))
		return (false);
	r->cut = n > r->bytes.left ? n - r->bytes.left : 0;
	cursor_limit(&r->bytes, n);
	return (true);
}

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

/*
 * True if the next octets can be a packet of ETHERTYPE_IPV4 or ETHERTYPE_IPV6,
 * by its version and length.
 */
static inline bool
rest_is_ip(const struct rest *r, uint16_t type)
{
	struct cursor	 c = r->bytes;
	uint16_t	 first, length;

	first = cursor_u16(&c);
	length = cursor_u16(&c);
	if (type == ETHERTYPE_IPV4)
		return (first >> 12 == 4 && length <= rest_wire(r));
	length = cursor_u16(&c);
	return (first >> 12 == 6 && length + (size_t)IPV6_HEADER <=
	    rest_wire(r));
}

/* True for the EtherTypes of VLAN tags. */
static inline bool
packet_is_tag(uint16_t type)
{
	return (type == ETHERTYPE_VLAN || type == ETHERTYPE_SERVICE_VLAN ||
	    type == ETHERTYPE_OLD_QINQ);
}

/* These decode from the first octet of the IP header on. */
enum packet_verdict packet_ipv4(struct rest *, struct packet *);
enum packet_verdict packet_ipv6(struct rest *, struct packet *);
/* IPv4 or IPv6, by the version in the first octet. */
enum packet_verdict packet_raw(struct rest *, struct packet *);
/* Decodes from the protocol field of PPP on: RFC 1661, section 2. */
enum packet_verdict packet_ppp(struct rest *, struct packet *);

/* Decodes the octets after an EtherType, which may be that of a VLAN tag. */
enum packet_verdict packet_ether_payload(struct rest *, uint16_t type,
	    struct packet *);

#endif
