/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A frame as the diagnosis needs it: the IP packet, and those control messages
 * that packet.h does not decode (ARP, ND, ICMP errors, MLD, IGMP, DHCP, and
 * the protocols of switches).  Pure: no state, no I/O, no allocation.
 */
#ifndef HBW_DIAGNOSIS_FRAME_H
#define HBW_DIAGNOSIS_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mac.h"
#include "base/mono.h"
#include "base/wall.h"
#include "packet/packet.h"

enum diagnosis_kind {
	DIAGNOSIS_OTHER,	/* not control traffic */
	DIAGNOSIS_REQUEST,	/* ARP request or neighbour solicitation */
	DIAGNOSIS_CLAIM,	/* ARP reply, gratuitous ARP, advertisement */
	DIAGNOSIS_PROBE,	/* ARP probe (RFC 5227), DAD (RFC 4862) */
	DIAGNOSIS_ICMP_ERROR,	/* it quotes a packet */
	DIAGNOSIS_LEAVE,	/* IGMP or MLD: the sender leaves a group */
	DIAGNOSIS_JOIN,		/* IGMP or MLD: any other report */
	DIAGNOSIS_DHCP,		/* from a client */
	DIAGNOSIS_SWITCH,	/* STP, LLDP, LACP */
	DIAGNOSIS_TCP,		/* with SYN, FIN or RST, or a TLS alert */
	DIAGNOSIS_BROADCAST,	/* none of these; only of Ethernet */
};

/* The kinds of ICMP errors, the same for IPv4 and IPv6. */
enum diagnosis_icmp {
	DIAGNOSIS_ICMP_OTHER,
	DIAGNOSIS_ICMP_REFUSED,		/* port or protocol unreachable */
	DIAGNOSIS_ICMP_PROHIBITED,
	DIAGNOSIS_ICMP_HOST,		/* host (address) unreachable */
	DIAGNOSIS_ICMP_NET,		/* network unreachable, no route */
};

/* Pointers are into the frame. */
struct diagnosis_frame {
	struct packet		 packet;
	enum packet_verdict	 verdict;	/* of packet_decode */
	struct mono_time	 at;
	struct wall_time	 wall;
	bool			 sent_here;	/* by this host */
	/* The main capture counted it as a heartbeat of some watch. */
	bool			 heartbeat;

	enum diagnosis_kind	 kind;
	struct mac		 source;	/* zeros: not known */
	struct mac		 destination;	/* zeros: not known */

	/*
	 * REQUEST and PROBE: `address` is asked for, by `asker`, which is
	 * ADDR_NONE for a PROBE.  CLAIM: `address` is that of the sender.
	 * LEAVE and JOIN: `address` is the group; ADDR_NONE: several.
	 */
	struct addr		 address;
	struct addr		 asker;

	/* ICMP_ERROR: its kind and its code, and the quoted packet. */
	enum diagnosis_icmp	 icmp;
	uint8_t			 icmp_code;
	struct packet		 quoted;

	/* For TCP, control or not. */
	bool			 is_tcp;
	struct packet_tcp	 tcp;
	uint8_t			 tls_alert;	/* its description; 0: none */
	bool			 tls_handshake;	/* a message of TLS begins */
};

struct diagnosis_bytes {
	const uint8_t	*bytes;		/* not owned */
	size_t		 captured;
	size_t		 wire;
	int		 link_type;	/* as packet_decode takes it */
};

/*
 * Decodes a frame, once for all cases.  `at`, `wall` and `heartbeat` are the
 * caller's to set; sent_here is set here only from a cooked header, so the
 * caller may set it afterwards.
 */
void	 diagnosis_frame_decode(const struct diagnosis_bytes *,
	    struct diagnosis_frame *);

/* True when the frame is kept in the ring, whatever its sender is. */
static inline bool
diagnosis_frame_is_control(const struct diagnosis_frame *f)
{
	return (f->kind != DIAGNOSIS_OTHER);
}

/*
 * Pcap-filter(7) expressions for IPv4 packets and for all other frames, without
 * VLAN tags: every frame for which diagnosis_frame_is_control is true passes
 * its expression or the broadcast filter, which is only for Ethernet, and few
 * others do.  IPv6 extension headers are supported only for MLD.
 */
extern const char diagnosis_ipv4_filter[];
extern const char diagnosis_other_filter[];
extern const char diagnosis_broadcast_filter[];

#endif
