/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory of a collector, and the functions that its files share.  Other
 * code uses collector.h only.
 */
#ifndef HBW_COLLECTOR_STATE_H
#define HBW_COLLECTOR_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/addr.h"
#include "base/mac.h"
#include "base/mono.h"
#include "base/own_addresses.h"
#include "config/configuration.h"
#include "detect/claims.h"
#include "diagnosis/diagnosis_frame.h"
#include "diagnosis/evidence.h"

/* The watch and `own` must outlive the collector. */
struct collector_setting {
	const struct configuration_watch *watch;
	/* The addresses of this host; NULL: not known, as in a file. */
	const struct own_addresses	*own;
	/* That of the interface; zeros: not known. */
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

/* A claimant of something that only one host may have. */
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

struct collector_owner {
	struct collector_claim	 latest;
	struct claims		 claims;
	struct mono_time	 both;		/* two hosts had it last */
};

/* Requests for an address that nobody answers. */
struct collector_requests {
	struct mono_time	 latest;
	struct addr		 asker;		/* another host */
	unsigned		 ours;		/* by us or the partner */
	unsigned		 others;	/* by `asker` */
};

/* The origin of heartbeats, which differs when another process sends them. */
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
	struct mono_time	 next;		/* frame after it was overdue */

	/* Heartbeats of the peer and its partner; the rest of the peer. */
	struct collector_rate	 heartbeats, partners, rest;
	bool			 partner_is_us;
	bool			 partner_paused;	/* with the peer */
	struct mono_time	 partner_down;	/* BFD, with diagnostic 1 */
	struct collector_flow	 flow;		/* of the last heartbeat */
	struct mono_time	 previous;	/* heartbeat but one */
	unsigned		 answers;	/* by our heartbeats */
	unsigned		 replies;	/* to our heartbeats */
	unsigned		 flow_changes;	/* in the baseline */
	bool			 same_process, new_process;

	/* Events that happen while the peer sends heartbeats prove nothing. */
	struct mono_time	 errors[COLLECTOR_ERRORS];
	unsigned		 routine_errors[COLLECTOR_ERRORS];
	struct mono_time	 routine_first[COLLECTOR_ERRORS];
	struct mono_time	 routine_latest[COLLECTOR_ERRORS];
	unsigned		 routine_closes, routine_refusals;
	struct mono_time	 peer_ended;	/* signal 1, 2 or 3 */

	/* TCP. */
	bool			 we_closed;	/* before the peer did */
	bool			 closed_late;	/* after it was silent */
	uint16_t		 closed_port;	/* by us: not the key */
	uint16_t		 reset_port;	/* by the peer */
	struct mono_time	 reset_at;
	uint16_t		 short_port;	/* of the last short one */
	bool			 established;
	bool			 peer_sent_data; /* since it was opened */
	bool			 used;		/* data after a handshake */
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
	struct addr		 deaf_address;	/* that it requests */
	unsigned		 deaf_requests, deaf_replies;

	struct collector_claims	 group;
	struct collector_owner	 floating_ip;
	uint32_t		 group_vlan;

	struct collector_rate	 others;	/* all of them */
	struct collector_other	 other[COLLECTOR_OTHERS];
	unsigned		 nothers;

	/* By number; the state is set by collector_evidence. */
	struct evidence_signal	 signals[EVIDENCE_MAX + 1];
};
_Static_assert(sizeof(struct collector) <= 4096, "a collector is too large");

/* The frames that must be missing, and the frames that make a baseline. */
#define COLLECTOR_MISSING	3
/* One segment may be repeated by chance. */
#define COLLECTOR_REPEATED	2
/* An event that a working peer caused this many times is no evidence. */
#define COLLECTOR_ROUTINE	3
/* And for this time, because a peer that is not heard repeats its data. */
#define COLLECTOR_ROUTINE_NS	NSEC_PER_SEC

/* Frames wait for this time until they are examined, longer under load. */
#define COLLECTOR_GAP_NS	(300 * NSEC_PER_MSEC)

/* The hosts that a frame concerns. */
struct collector_view {
	const struct diagnosis_frame	*frame;
	bool	 from_peer;		/* by its address or its MAC address */
	bool	 from_us;		/* this host */
	bool	 from_partner;		/* us, or to whom the peer sends */
	bool	 heartbeat;		/* of the peer */
	bool	 partner_heartbeat;
	bool	 own_protocol;		/* of the watch, alive or not */
	bool	 after;			/* after the last heartbeat */
};

static inline bool
collector_never(struct mono_time t)
{
	return (t.ns == 0);
}

/* False for zeros. */
static inline bool
collector_mac_equal(const struct mac *a, const struct mac *b)
{
	return (mac_is_known(a) && memcmp(a, b, sizeof(*a)) == 0);
}

static inline bool
collector_addr_known(const struct addr *a)
{
	return (a->family != ADDR_NONE && !addr_is_unspecified(a));
}

static inline bool
collector_addr_is(const struct addr *a, const struct addr *b)
{
	return (collector_addr_known(a) && addr_equal(a, b));
}

/*
 * True for an address of this host; without them, for that of the option
 * `local`.
 */
bool	 collector_is_ours(const struct collector *, const struct addr *);

/* The interval of the heartbeats, learned or measured; 0: not known. */
int64_t	 collector_interval(const struct collector *);
/* The same; a fifth of the interruption if it is not known. */
int64_t	 collector_assumed(const struct collector *);
/*
 * The time at which the next heartbeat was overdue.  Frames before that time
 * are no evidence on the silence.
 */
struct mono_time collector_overdue(const struct collector *);

/* The mean time between frames of the baseline; 0: fewer than three. */
int64_t	 collector_mean(const struct collector_rate *);
/* The longest time between two of them, which a burst does not shorten. */
int64_t	 collector_longest(const struct collector_rate *);
/* True when frames came lately; false when they did not or nothing is known. */
bool	 collector_goes_on(const struct collector *,
	    const struct collector_rate *, struct mono_time now);
/* True when, at the rate of the baseline, at least three are missing. */
bool	 collector_stopped(const struct collector_rate *,
	    struct mono_time now);
/*
 * Likewise, and they came regularly, for at least two interruptions, until
 * about the last heartbeat.
 */
bool	 collector_stopped_with_peer(const struct collector *,
	    const struct collector_rate *, struct mono_time now);

/* True for the protocols in which only one node of a group sends. */
bool	 collector_one_sender(const struct collector *);
/* The rate of the partner's heartbeats, slower if BFD may be Down. */
struct collector_rate collector_partner_rate(const struct collector *);
/* True when the partner's instance stopped, and not because of the peer. */
bool	 collector_partner_stopped(const struct collector *,
	    struct mono_time now);

/* Notes that a signal was seen in a frame. */
struct evidence_signal *collector_see(struct collector *,
	    enum evidence_number, const struct diagnosis_frame *);

/* True when a packet to the peer or from it has the ports of the watch. */
bool	 collector_has_port(const struct collector *, const struct packet *);

#endif
