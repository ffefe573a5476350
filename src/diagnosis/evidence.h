/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The evidence on an interruption of one watch: numbered signals, each from
 * frames, the kernel, the detector, a log file or a probe.  Plain memory
 * without pointers, because the engine sends it to the agent.
 */
#ifndef HBW_EVIDENCE_H
#define HBW_EVIDENCE_H

#include <stdint.h>

#include "base/addr.h"
#include "base/mac.h"
#include "base/wall.h"

/* The numbers are hbwEvidenceSignal's. */
enum evidence_number {
	EVIDENCE_PEER_ANNOUNCED_STOP = 1,
	EVIDENCE_PEER_CLOSED_CONNECTION = 2,
	EVIDENCE_PORT_REFUSED = 3,
	EVIDENCE_PROHIBITED = 4,
	EVIDENCE_HOST_UNREACHABLE = 5,
	EVIDENCE_PEER_OTHER_TRAFFIC = 6,
	EVIDENCE_PEER_ACKNOWLEDGES_ONLY = 7,
	EVIDENCE_PEER_DOES_NOT_HEAR_US = 8,
	EVIDENCE_ARP_UNANSWERED = 9,
	EVIDENCE_PEER_REBOOTED = 10,
	EVIDENCE_OUR_HEARTBEATS = 11,
	EVIDENCE_LOCAL_PORT_OPEN = 12,	/* absent: it was open before */
	EVIDENCE_CARRIER = 13,
	EVIDENCE_SEGMENT_ALIVE = 14,
	EVIDENCE_OTHER_PEERS_ALIVE = 15,
	EVIDENCE_HEARTBEATS_THINNED = 16,
	EVIDENCE_OTHER_ACTIVE = 17,
	EVIDENCE_FLOATING_IP_OWNER = 18,
	EVIDENCE_FLOATING_IP_FITS = 19,
	EVIDENCE_LOG_MESSAGE = 20,
	EVIDENCE_HANDSHAKE_FAILS = 21,
	EVIDENCE_PING_ANSWERED = 22,
};
#define EVIDENCE_MAX	EVIDENCE_PING_ANSWERED

/*
 * The numbers are hbwEvidenceState's.  Absent means that the signal was looked
 * for and would have been seen; otherwise it is unknown.
 */
enum evidence_state {
	EVIDENCE_UNKNOWN = 1,
	EVIDENCE_ABSENT = 2,
	EVIDENCE_PRESENT = 3,
};

/*
 * The meaning of `code` of a signal:
 * PEER_CLOSED_CONNECTION: PACKET_TCP_FIN or PACKET_TCP_RST, or
 *   EVIDENCE_CODE_LEFT if the peer has left the multicast group;
 * PORT_REFUSED, PROHIBITED, HOST_UNREACHABLE: the code of the ICMP message, or
 *   EVIDENCE_CODE_RST for a RST that answers a SYN;
 * PEER_OTHER_TRAFFIC: EVIDENCE_OTHER_UNANSWERED, or 0;
 * PEER_ACKNOWLEDGES_ONLY: EVIDENCE_ACKS_LOST, or 0;
 * PEER_DOES_NOT_HEAR_US, ARP_UNANSWERED, PEER_REBOOTED, CARRIER, LOG_MESSAGE:
 *   the enumerations below;
 * OTHER_PEERS_ALIVE: 1 when the same peer-host is received on another
 *   interface, 0 otherwise;
 * FLOATING_IP_OWNER: enum evidence_owner;
 * HANDSHAKE_FAILS: the TLS alert, 0 if connections end without one;
 * others: 0.
 */
#define EVIDENCE_CODE_RST	255
#define EVIDENCE_CODE_LEFT	254
/* The peer's kernel does not answer SYNs or data to the heartbeat's port. */
#define EVIDENCE_OTHER_UNANSWERED	1
/* The peer has sent data that did not arrive. */
#define EVIDENCE_ACKS_LOST	1

enum evidence_deaf {
	EVIDENCE_DEAF_BFD = 1,		/* BFD is Down with diagnostic 1 */
	EVIDENCE_DEAF_ARP,		/* it repeats its requests for us */
	EVIDENCE_DEAF_TCP,		/* it repeats acknowledged data */
	EVIDENCE_DEAF_BOTH,		/* neither receives the other */
};

enum evidence_unanswered {
	EVIDENCE_UNANSWERED_FRAMES = 1,	/* ARP or ND requests on the wire */
	EVIDENCE_UNANSWERED_KERNEL,	/* the neighbour entry has failed */
};

enum evidence_reboot {
	EVIDENCE_REBOOT_ARP_PROBE = 1,
	EVIDENCE_REBOOT_DAD,
	EVIDENCE_REBOOT_DHCP,
	EVIDENCE_REBOOT_MLD,
};

enum evidence_carrier {
	EVIDENCE_CARRIER_UP = 0,
	EVIDENCE_CARRIER_LOST = 1,
	EVIDENCE_CARRIER_DISABLED = 2,	/* the interface is set down */
	EVIDENCE_CARRIER_REMOVED = 3,	/* there is no such interface */
};

enum evidence_log {
	EVIDENCE_LOG_READ = 0,
	EVIDENCE_LOG_UNREADABLE = 1,	/* unknown; port: errno, or 0 */
	EVIDENCE_LOG_PENDING = 2,	/* not read yet; unknown */
	EVIDENCE_LOG_UNDATED = 3,	/* a line of unknown age; unknown */
};

/* The numbers are hbwWatchFloatingIpState's. */
enum evidence_owner {
	EVIDENCE_OWNER_NOT_CONFIGURED = 1,
	EVIDENCE_OWNER_UNKNOWN = 2,
	EVIDENCE_OWNER_HERE = 3,
	EVIDENCE_OWNER_PEER = 4,
	EVIDENCE_OWNER_BOTH = 5,
	EVIDENCE_OWNER_ELSEWHERE = 6,
	EVIDENCE_OWNER_NOBODY = 7,
};

struct evidence_signal {
	struct wall_time at;		/* last seen; WALL_NEVER: not */
	uint32_t	 count;
	uint8_t		 state;		/* enum evidence_state; 0: unknown */
	uint8_t		 code;		/* see above */
	struct mac	 mac;		/* of the sender; zeros: none */
	struct addr	 address;	/* of the sender, or ADDR_NONE */
	uint16_t	 port;		/* that it is about; 0: none */
};

/* evidence.flags */
#define EVIDENCE_RECEIVED	0x01	/* a heartbeat was ever received */
#define EVIDENCE_LOSSY		0x02	/* packets were dropped */
#define EVIDENCE_WAS_BLIND	0x04	/* in the window */
#define EVIDENCE_ROUTED		0x08	/* the peer is behind a router */
#define EVIDENCE_CLEARED	0x10	/* as known after the clear */
/* Others than we and the peer sent on this link: there is a switch. */
#define EVIDENCE_SHARED_LINK	0x20
/* Our own heartbeats stopped before, or with, those of the peer. */
#define EVIDENCE_OURS_FIRST	0x40
/* The signals 1 to 11 were not collected: a storm, or `evidence = 0`. */
#define EVIDENCE_NO_FRAMES	0x80
/* Some of the other hosts stopped sending with the peer, others go on. */
#define EVIDENCE_PARTLY		0x100
/*
 * After the interruption the heartbeats come from the same process as before,
 * or from another one: by the connection, an ephemeral port, or the
 * discriminator of BFD.  Neither: not known.
 */
#define EVIDENCE_SAME_PROCESS	0x200
#define EVIDENCE_NEW_PROCESS	0x400
/*
 * In a capture file it is not known which host captured it: the host to which
 * the peer sends is taken for it.
 */
#define EVIDENCE_OURS_ASSUMED	0x800
/* The captures have nothing from the last heartbeat until the raise. */
#define EVIDENCE_GAP		0x1000
#define EVIDENCE_FLAGS		0x1fff	/* all of them */

struct evidence {
	/* By number; [0] is not used. */
	struct evidence_signal	 signals[EVIDENCE_MAX + 1];
	struct wall_time	 last;		/* heartbeat; or WALL_NEVER */
	struct wall_time	 raised;	/* WALL_NEVER: not yet */
	uint16_t		 flags;		/* EVIDENCE_… */
};

/* The name in hbwEvidenceName, such as "peerAnnouncedStop". */
const char *evidence_name(enum evidence_number);
/* The name in hbwEvidenceState of the state of a signal. */
const char *evidence_state_text(const struct evidence_signal *);

#define EVIDENCE_TEXT_SIZE	256

/*
 * hbwEvidenceText: what was seen, as a sentence.  Writes
 * text[EVIDENCE_TEXT_SIZE] and returns it.
 */
char	*evidence_text(enum evidence_number, const struct evidence_signal *,
	    char *text);

#endif
