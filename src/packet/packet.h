/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decodes a frame down to the addresses, ports and payload of an IP packet.
 * Pure: no state, no I/O, no allocation.
 */
#ifndef HBW_PACKET_H
#define HBW_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/cursor.h"
#include "packet/vlan.h"

/* A decoded packet.  Pointers are into the frame. */
/* The number of Ethernet as a link type; see packet_decode. */
#define LINK_ETHERNET	1

struct packet {
	/*
	 * Addresses of IP.  If the packet is not IP, they are those of ARP or
	 * of IP behind MPLS labels, or ADDR_NONE.
	 */
	struct addr	 source;
	struct addr	 destination;
	uint8_t		 protocol;	/* of the payload: IPPROTO_ */
	uint8_t		 hop_limit;	/* IPv4: TTL */
	bool		 fragment;	/* the first fragment of a datagram */
	/* By this host, so checksums may not be filled in yet. */
	bool		 sent_here;
	/* Its last destination, or its source, is not in the IP header. */
	bool		 rerouted;
	bool		 bad_length;	/* in the IP header: PACKET_MALFORMED */
	uint32_t	 vlan;		/* see vlan.h */
	uint16_t	 id;		/* IPv4: identification */

	const uint8_t	*mac;		/* of the sender; NULL: none */
	const uint8_t	*ipv4;		/* the header; NULL: not IPv4 */

	/* For UDP and TCP; both 0 for others, and when not captured. */
	uint16_t	 source_port;
	uint16_t	 destination_port;

	/*
	 * The octets after the IP headers, beginning with the header of UDP or
	 * TCP.  payload_wire is their number on the wire, as the IP header
	 * says; of these payload_length were captured.  Without PACKET_IP they
	 * are the octets that were not decoded.
	 */
	const uint8_t	*payload;
	size_t		 payload_length;
	size_t		 payload_wire;
};

enum packet_verdict {
	PACKET_IP,		/* all of *packet is filled in */
	PACKET_NOT_IP,		/* valid, but not IP: ARP, LLDP, … */
	PACKET_CONTINUED,	/* a later fragment, without ports */
	PACKET_MALFORMED,	/* cut short, or with invalid lengths */
	PACKET_LINK_UNKNOWN,	/* a link type that is not supported */
};

/*
 * Decodes a frame of `captured` octets that had `wire` octets on the wire.
 * `link_type` is a LINKTYPE_ number of a capture file or a DLT_ number.  The
 * frame must outlive *packet, which points into it.
 */
enum packet_verdict packet_decode(int link_type, const uint8_t *frame,
    size_t captured, size_t wire, struct packet *packet);

/*
 * The number of the interface of a frame of the device `any`; 0 if it is not in
 * the frame.
 */
uint32_t packet_ifindex(int link_type, const uint8_t *frame, size_t captured);

/*
 * Copies a frame of the device `any` without its VLAN tags into `untagged`,
 * which has room for `captured` octets.  Returns the length of the copy; 0 if
 * the frame has no tag or another link type, and then nothing is copied.
 */
size_t	 packet_untag_cooked(int link_type, const uint8_t *frame,
	    size_t captured, size_t wire, uint8_t *untagged);

/*
 * A hash that is the same for all copies of a packet that a network or a host
 * delivers.  The link header, VLAN tags, TTL and hop limit, which may differ,
 * are not a part of it, and of the payload only the first 160 octets are.
 */
uint64_t packet_content(const struct packet *);

/* True when packet_decode supports the link type. */
bool	 packet_supports_link(int link_type);

/*
 * True when frames of the link type show the MAC address of their sender.  On
 * the device `any` those of some interfaces do not.
 */
bool	 packet_link_has_mac(int link_type);

/*
 * The data of a UDP datagram (RFC 768), as far as it was captured.  *wire is
 * its length on the wire, for a first fragment that of the whole datagram;
 * `wire` may be NULL.  False when the packet is not UDP or has invalid lengths.
 * The checksum is not validated here; see packet_fault.h.
 */
bool	 packet_udp(const struct packet *, struct cursor *data, size_t *wire);

#define PACKET_TCP_FIN	0x01		/* RFC 9293, section 3.1 */
#define PACKET_TCP_SYN	0x02
#define PACKET_TCP_RST	0x04
#define PACKET_TCP_ACK	0x10

struct packet_tcp {
	uint32_t	 sequence;
	uint32_t	 acknowledgement;
	uint16_t	 window;	/* not scaled */
	uint8_t		 flags;		/* PACKET_TCP_ */
	size_t		 data_wire;	/* octets of data, on the wire */
};

/* Reads the header of a TCP segment.  False when it is cut short or invalid. */
bool	 packet_tcp(const struct packet *, struct packet_tcp *);

/*
 * True when the internet checksum (RFC 1071) of the payload is wrong.  With a
 * `destination`, it includes a pseudo-header (RFC 8200, section 8.1; the one of
 * IPv4 has the same fields) with this destination; NULL: no pseudo-header.
 * False when it cannot be checked, because the payload was not captured whole
 * or was sent by this host.
 */
bool	 packet_checksum_bad(const struct packet *,
	    const struct addr *destination);

#endif
