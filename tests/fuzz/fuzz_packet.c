/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The link layers and IP.  The first octet selects the link type, the second is
 * the number of octets that were not captured, divided by 700; then comes the
 * frame.
 */
#include "packet/packet.h"

#include "fuzz.h"

static const int links[] = { 1, 113, 276, 0, 108, 12, 14, 101, 228, 229, 9, 50,
    104, 105 };

static void
check(const struct packet *p, const uint8_t *frame, size_t captured)
{
	struct cursor		 data;
	struct packet_tcp	 tcp;
	size_t			 wire;

	fuzz_check(p->payload >= frame);
	fuzz_check(p->payload_length <= p->payload_wire);
	fuzz_check(p->payload_length <=
	    captured - (size_t)(p->payload - frame));
	fuzz_check(p->source.family == p->destination.family);
	fuzz_check(p->vlan <= VLAN_OTHER);
	fuzz_check(!packet_udp(p, &data, &wire) || data.left <= wire);
	fuzz_check(!packet_tcp(p, &tcp) || tcp.data_wire <= p->payload_wire);
	(void)packet_checksum_bad(p, &p->destination);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct packet	 packet;
	int		 link;

	if (size < 2)
		return (0);
	link = links[data[0] % (sizeof(links) / sizeof(links[0]))];
	if (packet_decode(link, data + 2, size - 2,
	    size - 2 + data[1] * (size_t)700, &packet) == PACKET_IP)
		check(&packet, data + 2, size - 2);
	return (0);
}
