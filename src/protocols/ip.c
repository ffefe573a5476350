/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each IP packet of the peer is a heartbeat.
 */
#include "protocols/protocol.h"

static bool
ip_decode(const struct packet *packet, struct heartbeat *heartbeat)
{
	*heartbeat = (struct heartbeat){
		.sender = packet->source,
		.keys = 1,
		.alive = true,
	};
	return (true);
}

const struct protocol protocol_ip = {
	.name = "ip",
	.argument = ARGUMENT_NONE,
	.decode = ip_decode,
	.filter = "(ip or ip6)",
};
