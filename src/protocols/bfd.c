/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BFD control packets (RFC 5880) over a single hop (RFC 5881) and over several
 * hops (RFC 5883).
 */
#include <string.h>

#include "base/mono.h"
#include "protocols/protocol.h"

#define BFD_PORT		3784	/* RFC 5881, section 4 */
#define BFD_PORT_MULTIHOP	4784	/* RFC 5883, section 5 */

/* Octets of a packet without and with authentication: RFC 5880, section 4.1. */
#define BFD_LENGTH		24
#define BFD_LENGTH_AUTH		26

#define BFD_FLAG_AUTH		0x04
#define BFD_FLAG_MULTIPOINT	0x01

enum bfd_state {			/* RFC 5880, section 4.1 */
	BFD_ADMIN_DOWN = 0,
	BFD_DOWN = 1,
	BFD_INIT = 2,
	BFD_UP = 3,
};

struct bfd {
	uint8_t		 version;
	enum bfd_state	 state;
	uint8_t		 flags;
	uint8_t		 multiplier;
	uint8_t		 length;
	uint32_t	 my_discriminator;
	uint32_t	 your_discriminator;
	uint32_t	 interval_us;	/* Desired Min TX Interval */
	uint8_t		 auth;		/* type; 0: no authentication */
	uint32_t	 sequence;	/* only with authentication */
};

static bool
bfd_read(struct cursor c, struct bfd *bfd)
{
	uint8_t octet;

	bfd->version = cursor_u8(&c) >> 5;
	octet = cursor_u8(&c);
	bfd->state = octet >> 6;
	bfd->flags = octet & 0x3f;
	bfd->multiplier = cursor_u8(&c);
	bfd->length = cursor_u8(&c);
	bfd->my_discriminator = cursor_u32(&c);
	bfd->your_discriminator = cursor_u32(&c);
	bfd->interval_us = cursor_u32(&c);
	cursor_skip(&c, 8);
	if (!cursor_ok(&c))
		return (false);

	bfd->auth = 0;
	cursor_limit(&c, bfd->length > BFD_LENGTH ?
	    bfd->length - BFD_LENGTH : 0);
	if ((bfd->flags & BFD_FLAG_AUTH) != 0)
		bfd->auth = cursor_u8(&c);
	cursor_skip(&c, 3);
	bfd->sequence = cursor_u32(&c);
	if (!cursor_ok(&c))
		bfd->auth = 0;
	return (true);
}

/*
 * The checks of RFC 5880, section 6.8.6, that do not need the session.  `wire`
 * is the length of the datagram's data.
 */
static bool
bfd_valid(const struct bfd *bfd, size_t wire)
{
	size_t minimum = (bfd->flags & BFD_FLAG_AUTH) != 0 ?
	    BFD_LENGTH_AUTH : BFD_LENGTH;

	if (bfd->version != 1 || bfd->length < minimum || bfd->length > wire ||
	    bfd->multiplier == 0 || bfd->my_discriminator == 0 ||
	    (bfd->flags & BFD_FLAG_MULTIPOINT) != 0)
		return (false);
	return (bfd->your_discriminator != 0 || bfd->state == BFD_DOWN ||
	    bfd->state == BFD_ADMIN_DOWN);
}

/* 127.0.0.0/8 and ::ffff:127.0.0.0/104 */
static bool
is_loopback(const struct addr *a)
{
	static const uint8_t	 mapped[13] = {
		[10] = 0xff, [11] = 0xff, [12] = 127,
	};

	if (a->family == ADDR_IPV4)
		return (a->octets[0] == 127);
	return (memcmp(a->octets, mapped, sizeof(mapped)) == 0);
}

/*
 * RFC 5881, section 5: over a single hop the hop limit is 255.  It must be
 * checked if there is no authentication.  RFC 5884, section 7: inside MPLS it
 * is 1, and the destination is a loopback address.
 */
static bool
bfd_hop_limit_valid(const struct bfd *bfd, const struct packet *packet)
{
	return (packet->destination_port == BFD_PORT_MULTIHOP ||
	    packet->hop_limit == 255 || is_loopback(&packet->destination) ||
	    (bfd->flags & BFD_FLAG_AUTH) != 0);
}

/*
 * Only the meticulous types of authentication, 3 and 5, increment the sequence
 * number with each packet: RFC 5880, sections 6.7.3 and 6.7.4.
 */
static bool
bfd_decode(const struct packet *packet, struct heartbeat *heartbeat)
{
	struct cursor	 c;
	struct bfd	 bfd;
	size_t		 wire;

	if (packet->destination_port != BFD_PORT &&
	    packet->destination_port != BFD_PORT_MULTIHOP)
		return (false);
	if (!packet_udp(packet, &c, &wire) || !bfd_read(c, &bfd) ||
	    !bfd_valid(&bfd, wire) || !bfd_hop_limit_valid(&bfd, packet))
		return (false);
	*heartbeat = (struct heartbeat){
		.sender = packet->source,
		.keys = 1,
		.alive = bfd.state == BFD_INIT || bfd.state == BFD_UP,
		.stop = bfd.state == BFD_ADMIN_DOWN,
		.interval_ns = bfd.interval_us * NSEC_PER_USEC,
		.has_sequence = bfd.auth == 3 || bfd.auth == 5,
		.sequence = bfd.auth == 3 || bfd.auth == 5 ? bfd.sequence : 0,
	};
	return (true);
}

const struct protocol protocol_bfd = {
	.name = "bfd",
	.argument = ARGUMENT_NONE,
	.transport = IPPROTO_UDP,
	.ports = { BFD_PORT, BFD_PORT_MULTIHOP },
	.decode = bfd_decode,
	.filter = "(udp dst port 3784 or udp dst port 4784)",
};
