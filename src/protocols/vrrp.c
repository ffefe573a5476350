/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VRRP: version 2 (RFC 3768; with authentication RFC 2338) and version 3
 * (RFC 5798, RFC 9568).  CARP has the same protocol number and the same first
 * octet as version 2; the length tells them apart (carp.c).
 */
#include "base/mono.h"
#include "protocols/protocol.h"

#define IPPROTO_VRRP	112

#define VRRP2_ADVERTISEMENT	0x21	/* version and type */
#define VRRP3_ADVERTISEMENT	0x31
#define VRRP2_AUTH_LENGTH	8	/* RFC 3768, section 5.3.10 */
#define CARP_LENGTH		36

struct vrrp {
	uint8_t		 first;
	uint8_t		 vrid;
	uint8_t		 priority;
	uint8_t		 count;		/* of addresses */
	uint16_t	 interval;	/* two fields; see vrrp_interval() */
};

/*
 * In version 2 the high octet is the type of authentication, and the low octet
 * is the interval in seconds: RFC 3768, sections 5.3.6 and 5.3.7.  In version 3
 * the low 12 bits are the interval in centiseconds: RFC 5798, section 5.2.7.
 */
static int64_t
vrrp_interval(const struct vrrp *v)
{
	if (v->first == VRRP2_ADVERTISEMENT)
		return ((v->interval & 0xff) * NSEC_PER_SEC);
	return ((v->interval & 0x0fff) * 10 * NSEC_PER_MSEC);
}

/*
 * True when the packet has all its addresses.  Some senders of version 2 omit
 * the authentication data if there is no authentication.  With seven addresses
 * such a packet has the same length as CARP, so it is not accepted.
 */
static bool
vrrp_complete(const struct vrrp *v, const struct packet *packet)
{
	size_t length = 8 + v->count * addr_length(&packet->source);

	if (v->first == VRRP2_ADVERTISEMENT && (v->interval >> 8 != 0 ||
	    packet->payload_wire != length || length == CARP_LENGTH))
		length += VRRP2_AUTH_LENGTH;
	return (packet->payload_wire >= length);
}

/*
 * The checksum of version 3 includes a pseudo-header: RFC 5798, section 5.2.8.
 * So does that of version 2 over IPv6, which is in no RFC but which keepalived
 * can send.  For IPv4 some routers leave the pseudo-header out.  Old versions
 * of keepalived, and new ones with old_unicast_checksum, send to one address,
 * but compute the checksum with the address of the group.  All these are
 * accepted.
 */
static bool
vrrp_checksum_bad(const struct vrrp *v, const struct packet *packet)
{
	static const struct addr group = { ADDR_IPV4, { 224, 0, 0, 18 } };

	if (packet->source.family == ADDR_IPV6)
		return (packet_checksum_bad(packet, &packet->destination));
	if (!packet_checksum_bad(packet, NULL))
		return (false);
	return (v->first == VRRP2_ADVERTISEMENT ||
	    (packet_checksum_bad(packet, &packet->destination) &&
	    packet_checksum_bad(packet, &group)));
}

bool
vrrp_hop_limit_valid(const struct packet *packet)
{
	return (packet->hop_limit == 255 ||
	    !addr_is_multicast(&packet->destination));
}

/*
 * The checks of RFC 3768, section 7.1, and RFC 5798, section 7.1, that do not
 * need the receiver's configuration.
 */
static bool
vrrp_valid(const struct vrrp *v, const struct packet *packet)
{
	if (v->first != VRRP2_ADVERTISEMENT && v->first != VRRP3_ADVERTISEMENT)
		return (false);
	return (vrrp_hop_limit_valid(packet) && v->vrid != 0 &&
	    vrrp_complete(v, packet) && !vrrp_checksum_bad(v, packet));
}

static bool
vrrp_decode(const struct packet *packet, struct heartbeat *heartbeat)
{
	struct cursor	 c = cursor_over(packet->payload,
	    packet->payload_length);
	struct vrrp	 v;

	if (packet->protocol != IPPROTO_VRRP)
		return (false);
	v.first = cursor_u8(&c);
	v.vrid = cursor_u8(&c);
	v.priority = cursor_u8(&c);
	v.count = cursor_u8(&c);
	v.interval = cursor_u16(&c);
	if (!cursor_ok(&c) || !vrrp_valid(&v, packet))
		return (false);

	/* RFC 5798, section 5.2.4: priority 0, the master stops. */
	*heartbeat = (struct heartbeat){
		.sender = packet->source,
		.key = { v.vrid },
		.keys = 1,
		.alive = v.priority > 0,
		.stop = v.priority == 0,
		.active = v.priority > 0,
		.interval_ns = vrrp_interval(&v),
	};
	return (true);
}

const struct protocol protocol_vrrp = {
	.name = "vrrp",
	.argument = ARGUMENT_NUMBER,
	.argument_name = "VRID",
	.minimum = 1,
	.maximum = 255,
	.any_sender = true,
	.has_active = true,
	.groups = { "224.0.0.18", "ff02::12" },
	.transport = IPPROTO_VRRP,
	.decode = vrrp_decode,
	/* Protocol 51: version 2 behind an authentication header, RFC 2338. */
	.filter = "((ip proto 112 and ip[((ip[0] & 15) << 2) + 1] = #) or "
	    "(ip6 proto 112 and ip6[41] = #) or "
	    "(ip proto 51 and ip[(ip[0] & 15) << 2] = 112) or "
	    "(ip6 proto 51 and ip6[40] = 112))",
};
