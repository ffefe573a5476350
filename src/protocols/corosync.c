/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Corosync's totem, over UDP or knet.  With encryption nothing of it can be
 * read, so any datagram of its port counts.
 */
#include <stdio.h>

#include "protocols/protocol.h"

static bool
corosync_decode(const struct packet *packet, struct heartbeat *heartbeat)
{
	struct cursor	 data;
	size_t		 wire;

	if (!packet_udp(packet, &data, &wire) || wire == 0)
		return (false);
	*heartbeat = (struct heartbeat){
		.sender = packet->source,
		.alive = true,
	};
	heartbeat_ports(heartbeat, packet);
	return (true);
}

static int
corosync_filter(uint32_t key, char *text, size_t size)
{
	return (snprintf(text, size, "udp port %u", key));
}

const struct protocol protocol_corosync = {
	.name = "corosync",
	.argument = ARGUMENT_OPTIONAL,
	.argument_name = "PORT",
	.minimum = 1,
	.maximum = 65535,
	.value = 5405,		/* corosync.conf(5): mcastport */
	.transport = IPPROTO_UDP,
	.decode = corosync_decode,
	.filter = corosync_filter,
};
