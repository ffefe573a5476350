/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "protocols/protocol.h"

static bool
udp_decode(const struct packet *packet, struct heartbeat *heartbeat)
{
	struct cursor data;

	if (!packet_udp(packet, &data, NULL))
		return (false);
	*heartbeat = (struct heartbeat){
		.sender = packet->source,
		.alive = true,
	};
	heartbeat_ports(heartbeat, packet);
	return (true);
}

static int
udp_filter(uint32_t key, char *text, size_t size)
{
	return (snprintf(text, size, "udp port %u", key));
}

const struct protocol protocol_udp = {
	.name = "udp",
	.argument = ARGUMENT_NUMBER,
	.argument_name = "PORT",
	.minimum = 1,
	.maximum = 65535,
	.transport = IPPROTO_UDP,
	.decode = udp_decode,
	.filter = udp_filter,
};
