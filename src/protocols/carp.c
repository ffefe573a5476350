/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CARP, the protocol of carp(4) and ucarp, which has no RFC.  Its IP protocol
 * number and its first octet are those of VRRPv2.  The length tells them apart:
 * as VRRPv2, an advertisement of CARP would have 7 addresses and would have to
 * be longer (vrrp.c).
 */
#include "base/mono.h"
#include "protocols/protocol.h"

#define IPPROTO_CARP	112

#define CARP_ADVERTISEMENT	0x21	/* version 2, type 1 */
#define CARP_LENGTH		36
#define CARP_AUTH_WORDS		7	/* counter and digest, 32 bits each */

struct carp {
	uint8_t		 first;
	uint8_t		 vhid;
	uint8_t		 skew;		/* in 1/256 s, added to base */
	uint8_t		 auth_words;
	uint8_t		 base;		/* interval in s */
	uint32_t	 counter;	/* the lower 32 of 64 bits */
};

static bool
carp_read(const struct packet *packet, struct carp *carp)
{
	struct cursor c = cursor_over(packet->payload, packet->payload_length);

	carp->first = cursor_u8(&c);
	carp->vhid = cursor_u8(&c);
	carp->skew = cursor_u8(&c);
	carp->auth_words = cursor_u8(&c);
	cursor_skip(&c, 1);
	carp->base = cursor_u8(&c);
	cursor_skip(&c, 6);
	carp->counter = cursor_u32(&c);
	return (cursor_ok(&c));
}

static bool
carp_valid(const struct carp *carp, const struct packet *packet)
{
	return (carp->first == CARP_ADVERTISEMENT &&
	    carp->auth_words == CARP_AUTH_WORDS && carp->vhid != 0 &&
	    packet->payload_wire == CARP_LENGTH &&
	    vrrp_hop_limit_valid(packet) && !packet_checksum_bad(packet, NULL));
}

static bool
carp_decode(const struct packet *packet, struct heartbeat *heartbeat)
{
	struct carp	 carp;
	bool		 stop;

	if (packet->protocol != IPPROTO_CARP || !carp_read(packet, &carp) ||
	    !carp_valid(&carp, packet))
		return (false);

	/* An interface that is set down sends this as its last one. */
	stop = carp.base == 255 && carp.skew == 255;
	*heartbeat = (struct heartbeat){
		.sender = packet->source,
		.key = { carp.vhid },
		.keys = 1,
		.alive = !stop,
		.stop = stop,
		.active = !stop,
		.interval_ns = stop ? 0 : carp.base * NSEC_PER_SEC +
		    carp.skew * NSEC_PER_SEC / 256,
		.has_sequence = true,
		.sequence = carp.counter,
	};
	return (true);
}

const struct protocol protocol_carp = {
	.name = "carp",
	.argument = ARGUMENT_NUMBER,
	.argument_name = "VHID",
	.minimum = 1,
	.maximum = 255,
	.any_sender = true,
	.has_active = true,
	.groups = { "224.0.0.18", "ff02::12" },
	.transport = IPPROTO_CARP,
	.decode = carp_decode,
	.filter = "((ip proto 112 and ip[((ip[0] & 15) << 2) + 1] = #) or "
	    "(ip6 proto 112 and ip6[41] = #))",
};
