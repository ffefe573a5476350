/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Heartbeats that are known by their port alone, because their payload is
 * encrypted or has no published format: `udp`, `tcp` and `corosync`.
 */
#include "protocols/protocol.h"

bool
ports_heartbeat(const struct packet *packet, struct heartbeat *heartbeat)
{
	*heartbeat = (struct heartbeat){
		.sender = packet->source,
		.key = { packet->destination_port, packet->source_port },
		.keys = packet->source_port == packet->destination_port ? 1 : 2,
		.alive = true,
	};
	return (true);
}

static bool
udp_decode(const struct packet *packet, struct heartbeat *heartbeat)
{
	struct cursor	 data;

	return (packet_udp(packet, &data, NULL) &&
	    ports_heartbeat(packet, heartbeat));
}

/* Totem, over UDP or knet, never sends an empty datagram. */
static bool
corosync_decode(const struct packet *packet, struct heartbeat *heartbeat)
{
	struct cursor	 data;
	size_t		 wire;

	return (packet_udp(packet, &data, &wire) && wire > 0 &&
	    ports_heartbeat(packet, heartbeat));
}

/*
 * A segment without data does not count: the kernel sends acknowledgements for
 * a process that hangs.
 */
static bool
tcp_decode(const struct packet *packet, struct heartbeat *heartbeat)
{
	struct packet_tcp	 tcp;

	return (packet_tcp(packet, &tcp) && tcp.data_wire > 0 &&
	    ports_heartbeat(packet, heartbeat));
}

const struct protocol protocol_udp = {
	.name = "udp",
	PORTS_UDP,
	.argument = ARGUMENT_NUMBER,
	.decode = udp_decode,
};

const struct protocol protocol_tcp = {
	.name = "tcp",
	PORTS_TCP,
	.argument = ARGUMENT_NUMBER,
	.decode = tcp_decode,
};

const struct protocol protocol_corosync = {
	.name = "corosync",
	PORTS_UDP,
	.argument = ARGUMENT_OPTIONAL,
	/* corosync.conf(5), mcastport: link N of knet has 5405 + N, N to 7. */
	.default_key = 5405,
	.default_more = 7,
	.decode = corosync_decode,
};
