/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets that the host of their receiver discards before a program gets them.
 * They are not heartbeats: what this host captures shows that the peer sends,
 * but its partner does not receive it.  Pure: no state, no I/O, no allocation.
 */
#ifndef HBW_PACKET_FAULT_H
#define HBW_PACKET_FAULT_H

#include "packet/capture.h"
#include "packet/packet.h"

enum packet_fault {
	PACKET_FAULT_NONE,
	PACKET_FAULT_LENGTH,		/* in the header of IP or UDP */
	PACKET_FAULT_HOP_LIMIT,		/* TTL or hop limit 0 */
	PACKET_FAULT_HEADER,		/* checksum of the IPv4 header */
	PACKET_FAULT_NO_CHECKSUM,	/* UDP over IPv6: RFC 8200, 8.1 */
	PACKET_FAULT_CHECKSUM,		/* of UDP or TCP */
	/* Only match_frame finds these, because they depend on the watch: */
	PACKET_FAULT_MAC,		/* another one than `peer-mac` */
	PACKET_FAULT_FAR,		/* below `hop-limit` */
	PACKET_FAULTS,			/* the number of values */
};

/*
 * Finds the first fault of the packet that was decoded from the frame with this
 * verdict.  Only IP packets have faults.
 *
 * The checksum of UDP and TCP is not verified if the packet is a fragment or
 * was not captured whole, nor if the kernel says that it is valid or not ready.
 * In a file that is not known.  There a packet that was captured on the host
 * that sent it is accepted, too: its card computes the checksums, and until
 * then they are 0, or the sum of the pseudo-header (CHECKSUM_PARTIAL in
 * include/linux/skbuff.h of Linux), whose length a card that segments packets
 * omits.  TCP segments above the MTU are accepted: a card or the kernel has
 * joined them (LRO, GRO), and the checksum is that of a part.
 */
enum packet_fault packet_fault_find(const struct capture_frame *,
	    const struct packet *, enum packet_verdict);

/* A static text that fits after "a packet does not count: ". */
const char *packet_fault_text(enum packet_fault);

#endif
