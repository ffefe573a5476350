/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HSRP: version 1 (RFC 2281), and version 2 for IPv4 and IPv6, which has no RFC
 * and is documented by Cisco.
 */
#include "base/mono.h"
#include "protocols/protocol.h"

#define HSRP_PORT	1985		/* RFC 2281, section 5 */
#define HSRP_PORT_IPV6	2029

#define HSRP1_LENGTH	20		/* octets */

/* The TLV of version 2 with the state of a group: its type and its length. */
#define HSRP2_GROUP_STATE	1
#define HSRP2_GROUP_LENGTH	40

/* The state Active of the sender. */
#define HSRP1_ACTIVE	16		/* RFC 2281, section 5.1 */
#define HSRP2_ACTIVE	6

enum hsrp_opcode {			/* RFC 2281, section 5.1 */
	HSRP_HELLO = 0,
	HSRP_COUP = 1,
	HSRP_RESIGN = 2,
};

struct hsrp {
	uint8_t		 opcode;
	uint16_t	 group;
	int64_t		 hello_ns;
	bool		 active;
};

/* RFC 2281, section 5.1. */
static bool
hsrp1_read(struct cursor c, size_t wire, struct hsrp *hsrp)
{
	uint8_t version;

	version = cursor_u8(&c);
	hsrp->opcode = cursor_u8(&c);
	hsrp->active = cursor_u8(&c) == HSRP1_ACTIVE;
	hsrp->hello_ns = cursor_u8(&c) * NSEC_PER_SEC;
	cursor_skip(&c, 2);
	hsrp->group = cursor_u8(&c);
	return (cursor_ok(&c) && version == 0 && wire >= HSRP1_LENGTH);
}

/* The datagram begins with the TLV of the group's state. */
static bool
hsrp2_read(struct cursor c, size_t wire, struct hsrp *hsrp)
{
	uint8_t type, length, version, ip;

	type = cursor_u8(&c);
	length = cursor_u8(&c);
	version = cursor_u8(&c);
	hsrp->opcode = cursor_u8(&c);
	hsrp->active = cursor_u8(&c) == HSRP2_ACTIVE;
	ip = cursor_u8(&c);
	hsrp->group = cursor_u16(&c);
	cursor_skip(&c, 6 + 4);			/* router, priority */
	hsrp->hello_ns = cursor_u32(&c) * NSEC_PER_MSEC;
	return (cursor_ok(&c) && type == HSRP2_GROUP_STATE &&
	    length == HSRP2_GROUP_LENGTH && wire >= (size_t)length + 2 &&
	    version == 2 && (ip == 4 || ip == 6) && hsrp->group < 4096);
}

static bool
hsrp_read(const struct packet *packet, struct hsrp *hsrp)
{
	struct cursor	 c;
	size_t		 wire;

	if (!packet_udp(packet, &c, &wire))
		return (false);
	if (packet->source.family == ADDR_IPV6)
		return (packet->destination_port == HSRP_PORT_IPV6 &&
		    hsrp2_read(c, wire, hsrp));
	return (packet->destination_port == HSRP_PORT &&
	    (hsrp1_read(c, wire, hsrp) || hsrp2_read(c, wire, hsrp)));
}

/* A coup is always followed by hellos, so it does not count itself. */
static bool
hsrp_decode(const struct packet *packet, struct heartbeat *heartbeat)
{
	struct hsrp hsrp;

	if (!hsrp_read(packet, &hsrp) ||
	    (hsrp.opcode != HSRP_HELLO && hsrp.opcode != HSRP_RESIGN))
		return (false);
	*heartbeat = (struct heartbeat){
		.sender = packet->source,
		.key = { hsrp.group },
		.keys = 1,
		.alive = hsrp.opcode == HSRP_HELLO,
		.stop = hsrp.opcode == HSRP_RESIGN,
		.active = hsrp.opcode == HSRP_HELLO && hsrp.active,
		.interval_ns = hsrp.hello_ns,
	};
	return (true);
}

const struct protocol protocol_hsrp = {
	.name = "hsrp",
	.argument = ARGUMENT_NUMBER,
	.argument_name = "GROUP",
	.minimum = 0,
	.maximum = 4095,
	.any_sender = true,
	.has_active = true,
	.groups = { "224.0.0.2", "224.0.0.102", "ff02::66" },
	.transport = IPPROTO_UDP,
	.ports = { HSRP_PORT, HSRP_PORT_IPV6 },
	.decode = hsrp_decode,
	.filter = "((ip and udp dst port 1985) or "
	    "(ip6 and udp dst port 2029))",
};
