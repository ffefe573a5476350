/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Collects the evidence on one interruption from frames.  Pure: no clock, no
 * I/O, no allocation; plain memory of a fixed size.
 *
 * The frames before the last heartbeat are the baseline: a signal is absent
 * only if the baseline says that it would have been seen three times by now.
 */
#ifndef HBW_COLLECTOR_H
#define HBW_COLLECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mac.h"
#include "base/mono.h"
#include "base/own_addresses.h"
#include "config/configuration.h"
#include "diagnosis/diagnosis_frame.h"
#include "diagnosis/evidence.h"

/* The watch and `own` must outlive the collector. */
struct collector_setting {
	const struct configuration_watch *watch;
	/* The addresses of this host; NULL: not known, as in a file. */
	const struct own_addresses	*own;
	/* Of the interface; zeros: not known. */
	struct mac			 own_mac;
	/* ADDR_NONE: none is watched. */
	struct addr			 floating_ip;
	/*
	 * The router behind which the peer is; ADDR_NONE: the peer is on this
	 * subnet, or this is not known.
	 */
	struct addr			 next_hop;
	/* The learned interval of the heartbeats; 0: not known. */
	int64_t				 interval_ns;
};

/* Other senders of the link whose rates are learned; more are only counted. */
#define COLLECTOR_OTHERS	16

/* When a kind of frame comes: learned before, and compared after. */
struct collector_rate {
	struct mono_time	 first;
	struct mono_time	 seen;		/* the latest frame */
	int64_t			 gap_ns;	/* the longest, of the baseline */
	uint32_t		 before;	/* frames of the baseline */
	uint32_t		 after;		/* and later ones */
};

struct collector_other {
	struct mac		 mac;
	struct collector_rate	 rate;
};

/* A host that claims an address: by ARP, ND or advertisements of a group. */
struct collector_claim {
	struct mac		 mac;
	struct addr		 address;	/* of the sender, or ADDR_NONE */
	struct mono_time	 at;
};

/* The two senders that were active last, the latest first. */
struct collector_claims {
	struct collector_claim	 latest, other;
	struct mono_time	 again;	/* `latest` before `other`; or 0 */
};

struct collector_flow {
	struct addr		 from, to;
	uint16_t		 from_port, to_port;
	uint32_t		 session;	/* BFD: its discriminator */
	bool			 known;
};

/* The members are private. */
struct collector {
	struct collector_setting setting;
	const struct protocol	*protocol;
	uint32_t		 key;
	struct addr		 peer;		/* configured or learned */
	struct addr		 partner;	/* to which the peer sends */
	struct mac		 macs[2];	/* of the peer */
	unsigned		 nmacs;
	struct mono_time	 last;		/* heartbeat */
	bool			 received;
	bool			 routed;
	bool			 returned;

	/* The heartbeats of the peer and ours, and what the peer else sends. */
	struct collector_rate	 peer_rate, own_rate, rest_rate;
	struct mono_time	 heartbeat_before;	/* the latest */
	struct collector_flow	 flow;		/* of the last heartbeat */
	bool			 same_flow, new_flow;

	/* Frames that a living peer causes too, and so prove nothing. */
	unsigned		 routine_refusals, routine_closes;
	struct mono_time	 refusal;	/* the latest */
	bool			 we_closed;

	/* TCP: the SYN or the data that the peer has not answered. */
	unsigned		 unanswered_segments;
	uint32_t		 acknowledged;	/* by the partner */
	bool			 has_acknowledged;
	unsigned		 retransmissions;
	/* A connection that may be short. */
	struct mono_time	 opened, shorts_first, shorts_last;
	bool			 established;
	unsigned		 shorts, shorts_after;

	/* ARP and ND. */
	unsigned		 unanswered;	/* requests for the peer */
	struct addr		 asker;
	struct mono_time	 asked, answered;
	unsigned		 deaf_requests, deaf_replies;
	unsigned		 floating_requests;
	uint8_t			 owner_before;	/* enum evidence_owner */

	struct collector_claims	 group, floating;
	struct collector_rate	 others;	/* all of them */
	struct collector_other	 other[COLLECTOR_OTHERS];
	unsigned		 nothers;

	/* By number; the state is set by collector_evidence. */
	struct evidence_signal	 signals[EVIDENCE_MAX + 1];
};
_Static_assert(sizeof(struct collector) <= 4096, "a collector is too large");

/*
 * Begins a case.  `last` is the time of the last heartbeat; if none was
 * `received`, the time since which one was expected.
 */
void	 collector_begin(struct collector *, const struct collector_setting *,
	    struct mono_time last, bool received);

/*
 * Takes a frame.  Pass all frames in order of time, the oldest of the ring
 * first, also the heartbeats that the watch counted and announced stops.
 */
void	 collector_frame(struct collector *, const struct diagnosis_frame *);

/*
 * Writes what is known at `now`: the signals 1 to 11, 14, 17, 18 and 21, and
 * the flags RECEIVED, ROUTED, SHARED_LINK, OURS_FIRST, PARTLY, SAME_PROCESS,
 * NEW_PROCESS and FLOATING_HELD.  Other signals and flags stay as they are.
 */
void	 collector_evidence(const struct collector *, struct mono_time now,
	    struct evidence *);

#endif
