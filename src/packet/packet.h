/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the bytes of a frame to the addresses, ports and payload of an IP
 * packet.  Pure: no state, no I/O, no allocation.
 */
#ifndef HBW_PACKET_H
#define HBW_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/cursor.h"

/* What a heartbeat decoder may look at.  Pointers are into the frame. */
struct packet {
	struct addr	 source;
	struct addr	 destination;
	uint8_t		 protocol;	/* of the payload: IANA's number */
	uint8_t		 hop_limit;	/* TTL, or IPv6's hop limit */
	bool		 fragment;	/* a first one: the payload is a part */
	bool		 sent_here;	/* by this host: checksums not judged */
	uint16_t	 vlan;		/* innermost VLAN id; 0 without a tag */

	/* For UDP and TCP; both 0 for others, and where they were cut off. */
	uint16_t	 source_port;
	uint16_t	 destination_port;

	/*
	 * What follows the IP headers, as far as it was captured and as far as
	 * the IP header's length says: for UDP and TCP the header of that.
	 * payload_wire is the length on the wire, payload_length at most that.
	 */
	const uint8_t	*payload;
	size_t		 payload_length;
	size_t		 payload_wire;
};

enum packet_verdict {
	PACKET_IP,		/* *packet is filled in */
	PACKET_NOT_IP,		/* understood, and no IP packet: ARP, LLDP, … */
	PACKET_CONTINUED,	/* a later fragment; it has the addresses */
	PACKET_MALFORMED,	/* cut short, or lengths that cannot be */
	PACKET_LINK_UNKNOWN,	/* a link type that packet_decode cannot read */
};

/*
 * `link_type` is one of the LINKTYPE_ values of a capture file (for these the
 * DLT_ number of the live handle is the same, but DLT_RAW, 12, is taken too).
 * `captured` bytes are at `frame`; `wire` is the frame's length on the wire.
 */
enum packet_verdict packet_decode(int link_type, const uint8_t *frame,
    size_t captured, size_t wire, struct packet *packet);

/* What is cheap to learn of many packets: those of UDP and TCP. */
struct packet_peek {
	uint8_t		 protocol;
	uint16_t	 source_port;
	uint16_t	 destination_port;
};

/*
 * A look at a frame that is much cheaper than packet_decode.  Where it is true
 * packet_decode finds the same, or no packet with UDP or TCP in it; where it is
 * false that is to be asked.
 */
bool	 packet_peek(int link_type, const uint8_t *frame, size_t captured,
	    struct packet_peek *);

/* True when packet_decode can read frames of that link type. */
bool	 packet_knows_link(int link_type);

/*
 * The data of a UDP datagram, as far as it was captured; *wire, where asked
 * for, is its length on the wire (with a first fragment: of the whole).  False
 * when the packet is no UDP or its lengths cannot be (RFC 768).  No checksum is
 * judged: between namespaces and virtual machines it is left open.
 */
bool	 packet_udp(const struct packet *, struct cursor *data, size_t *wire);

#define PACKET_TCP_FIN	0x01		/* RFC 9293, section 3.1 */
#define PACKET_TCP_SYN	0x02
#define PACKET_TCP_RST	0x04
#define PACKET_TCP_ACK	0x10

struct packet_tcp {
	uint32_t	 sequence;
	uint32_t	 acknowledgement;
	uint16_t	 window;	/* as it stands, not scaled */
	uint8_t		 flags;		/* PACKET_TCP_ */
	size_t		 data_wire;	/* octets of data, on the wire */
};

/* The header of a TCP segment; false when there is none, or it cannot be. */
bool	 packet_tcp(const struct packet *, struct packet_tcp *);

/*
 * True when the payload's internet checksum (RFC 1071) is wrong, taken with or
 * without the pseudo-header of RFC 8200, section 8.1, and of IPv4 alike.  What
 * was not captured whole, or was sent by this host, is not judged.
 */
bool	 packet_checksum_bad(const struct packet *, bool pseudo_header);

#endif
