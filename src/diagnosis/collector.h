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
	/*
	 * Since when all frames to and from the peer are passed, not only
	 * control traffic and heartbeats; 0: never.
	 */
	struct mono_time		 complete;
};

/* Other senders of the link whose rates are learned; more are only counted. */
#define COLLECTOR_OTHERS	16

/* The kinds of ICMP errors; see enum diagnosis_icmp. */
#define COLLECTOR_ERRORS	5

/* When frames of one kind came: in the baseline, and after it. */
struct collector_rate {
	struct mono_time	 first, latest;	/* of the baseline */
	struct mono_time	 seen;		/* the latest frame of all */
	int64_t			 gap_ns;	/* longest of the baseline */
	uint32_t		 before;	/* frames of the baseline */
	uint32_t		 after;		/* and later ones */
	bool			 restarted;
};

struct collector_other {
	struct mac		 mac;
	struct collector_rate	 rate;
};

/* Who claims something that only one host may have. */
struct collector_claim {
	struct mac		 mac;		/* zeros: not known */
	struct addr		 address;	/* its sender, or ADDR_NONE */
	struct mono_time	 at;
};

/* The two claimants that were seen last. */
struct collector_claims {
	struct collector_claim	 latest, other;
	struct mono_time	 changed;	/* back to `latest` */
	struct mono_time	 since;		/* they are in turn */
	unsigned		 returns;	/* that count, within 10 s */
};

/* Requests for an address that nobody answers. */
struct collector_requests {
	struct mono_time	 latest;
	struct addr		 asker;		/* another host */
	unsigned		 ours;		/* by us or the partner */
	unsigned		 others;	/* by `asker` */
};

/* Where heartbeats come from: it changes when another process sends them. */
struct collector_flow {
	uint16_t		 ports[2];
	uint32_t		 session;	/* BFD: its discriminator */
	bool			 known;
};

/* Members are private.  A time of 0: never. */
struct collector {
	struct collector_setting setting;
	struct addr		 peer;		/* configured or learned */
	struct addr		 partner;	/* to which the peer sends */
	struct mac		 partner_mac;
	struct mac		 macs[2];	/* of the peer */
	unsigned		 nmacs;
	struct mono_time	 last;		/* heartbeat */
	bool			 received;
	bool			 routed;
	bool			 returned;	/* the heartbeats are back */

	/* Heartbeats of the peer and its partner; the rest of the peer. */
	struct collector_rate	 heartbeats, partners, rest;
	bool			 partner_is_us;
	bool			 partner_paused;	/* with the peer */
	struct mono_time	 partner_down;	/* BFD, with diagnostic 1 */
	struct collector_flow	 flow;		/* of the last heartbeat */
	unsigned		 flow_changes;	/* in the baseline */
	bool			 same_process, new_process;

	/* What a peer that sends heartbeats causes, too, proves nothing. */
	struct mono_time	 errors[COLLECTOR_ERRORS];
	unsigned		 routine_errors[COLLECTOR_ERRORS];
	unsigned		 routine_closes;
	struct mono_time	 peer_ended;	/* signal 1, 2 or 3 */

	/* TCP. */
	bool			 we_closed;	/* before the peer did */
	bool			 established;
	struct mono_time	 opened;	/* 0: no new connection */
	struct mono_time	 unanswered_since;
	unsigned		 unanswered;	/* segments to the peer */
	uint32_t		 acknowledged;	/* to the peer */
	uint32_t		 sent;		/* by the peer: next number */
	bool			 has_acknowledged, has_sent;
	uint16_t		 port;		/* of these: not the key */
	/* Segments that the peer repeats: acknowledged or not. */
	unsigned		 retransmitted, repeated;
	unsigned		 waiting;	/* of them, for any answer */
	/* The data of the partner; it is silent because it gets no answer. */
	uint32_t		 partner_sent;	/* next number */
	bool			 has_partner_sent, partner_repeats;
	bool			 handshake;	/* of TLS, was seen */
	bool			 handshake_short; /* in the last one */
	/* Connections that lasted less than a second. */
	struct mono_time	 short_first, short_latest;
	unsigned		 shorts, shorts_after;

	/* ARP and ND. */
	struct collector_requests for_peer, for_floating_ip;
	bool			 peer_answered;	/* after the last heartbeat */
	bool			 gone;		/* it did not answer */
	struct mono_time	 deaf_latest;
	unsigned		 deaf_requests, deaf_replies;

	struct collector_claims	 group, floating_ip;
	uint32_t		 group_vlan;

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
 * NEW_PROCESS and OURS_ASSUMED.  Other signals and flags stay as they are.
 */
void	 collector_evidence(const struct collector *, struct mono_time now,
	    struct evidence *);

#endif
