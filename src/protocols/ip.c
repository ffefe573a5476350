/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each IP packet of the peer is a heartbeat.
 */
#include <stdio.h>

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

static int
ip_filter(uint32_t key, char *text, size_t size)
{
	(void)key;
	return (snprintf(text, size, "(ip or ip6)"));
}

const struct protocol protocol_ip = {
	.name = "ip",
	.argument = ARGUMENT_NONE,
	.decode = ip_decode,
	.filter = ip_filter,
};
