/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The link layers and IP.  The first octet selects the link type, the second is
 * the number of octets that were not captured, divided by 700; then comes the
 * frame.
 */
#include "packet/packet_fault.h"

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

/* Any frame may have a fault, whatever the state of its checksums is. */
static void
find_faults(const struct packet *p, enum packet_verdict verdict)
{
	struct capture_frame	 frame = { .checksum =
	    CAPTURE_CHECKSUM_UNKNOWN };
	enum packet_fault	 unknown, trusted, complete;

	unknown = packet_fault_find(&frame, p, verdict);
	frame.checksum = CAPTURE_CHECKSUM_TRUSTED;
	trusted = packet_fault_find(&frame, p, verdict);
	frame.checksum = CAPTURE_CHECKSUM_COMPLETE;
	complete = packet_fault_find(&frame, p, verdict);
	fuzz_check(unknown < PACKET_FAULT_MAC && trusted < PACKET_FAULT_MAC);
	/* Without a fault where all is verified, there is none elsewhere. */
	if (complete == PACKET_FAULT_NONE)
		fuzz_check(unknown == complete && trusted == complete);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct packet		 packet;
	enum packet_verdict	 verdict;
	int			 link;

	if (size < 2)
		return (0);
	link = links[data[0] % (sizeof(links) / sizeof(links[0]))];
	verdict = packet_decode(link, data + 2, size - 2,
	    size - 2 + data[1] * (size_t)700, &packet);
	if (verdict == PACKET_IP)
		check(&packet, data + 2, size - 2);
	find_faults(&packet, verdict);
	return (0);
}
