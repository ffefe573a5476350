/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "protocols/protocol.h"

/*
 * Segments without data are left out: a host acknowledges for a process that
 * hangs.
 */
static bool
tcp_decode(const struct packet *packet, struct heartbeat *heartbeat)
{
	struct packet_tcp tcp;

	if (!packet_tcp(packet, &tcp) || tcp.data_wire == 0)
		return (false);
	*heartbeat = (struct heartbeat){
		.sender = packet->source,
		.alive = true,
	};
	heartbeat_ports(heartbeat, packet);
	return (true);
}

static int
tcp_filter(uint32_t key, char *text, size_t size)
{
	return (snprintf(text, size, "tcp port %u", key));
}

const struct protocol protocol_tcp = {
	.name = "tcp",
	.argument = ARGUMENT_NUMBER,
	.argument_name = "PORT",
	.minimum = 1,
	.maximum = 65535,
	.transport = IPPROTO_TCP,
	.decode = tcp_decode,
	.filter = tcp_filter,
};
