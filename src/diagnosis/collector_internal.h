/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shared by the files of the collector.
 */
#ifndef HBW_COLLECTOR_INTERNAL_H
#define HBW_COLLECTOR_INTERNAL_H

#include <string.h>

#include "diagnosis/collector.h"
#include "protocols/protocol.h"

/* Absent only when so many frames are missing; so many are a baseline. */
#define COLLECTOR_MISSING	3
/* So many times a living peer did it, so it is no evidence. */
#define COLLECTOR_ROUTINE	3

/* Which hosts a frame concerns. */
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
collector_mac_known(const struct mac *mac)
{
	static const struct mac	 none;

	return (memcmp(mac, &none, sizeof(none)) != 0);
}

static inline bool
collector_mac_equal(const struct mac *a, const struct mac *b)
{
	return (collector_mac_known(a) && memcmp(a, b, sizeof(*a)) == 0);
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
/*
 * When the next heartbeat was overdue.  What was seen before that says nothing
 * about the time after the last heartbeat.
 */
struct mono_time collector_overdue(const struct collector *);

/* The mean time between frames of the baseline; 0: fewer than three. */
int64_t	 collector_mean(const struct collector_rate *);
/* The longest time between two of them, which a burst does not shorten. */
int64_t	 collector_longest(const struct collector_rate *);
/* True when frames came lately; false when they did not or nothing is known. */
bool	 collector_goes_on(const struct collector *,
	    const struct collector_rate *, struct mono_time now);
/* True when the baseline says that at least three frames are missing. */
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
/* The host with a MAC address: here, peer, elsewhere, or unknown. */
enum evidence_owner collector_owner(const struct collector *,
	    const struct mac *);

/* True when the partner's instance stopped, and not because of the peer. */
bool	 collector_partner_stopped(const struct collector *,
	    struct mono_time now);

/* Notes that a signal was seen in a frame. */
struct evidence_signal *collector_see(struct collector *,
	    enum evidence_number, const struct diagnosis_frame *);

/* True when a packet to the peer or from it has the ports of the watch. */
bool	 collector_has_port(const struct collector *, const struct packet *);

/* ---- collector_neighbour.c */

/*
 * Notes a claim.  `same` and `other`: by the latest claimant or by the other
 * one.  Signal 17 if both claim in turn.  Claims count from `persist_ns` after
 * both had begun.
 */
void	 collector_claim(struct collector *, struct collector_claims *,
	    const struct collector_claim *, bool same, bool other,
	    int64_t persist_ns, const struct diagnosis_frame *);
/* A request or a claim of ARP or ND. */
void	 collector_neighbour(struct collector *, const struct collector_view *);
/* Requests are answered: they count from 0 again. */
void	 collector_answered(struct collector_requests *);
/* A frame that may show that the network of the peer starts. */
void	 collector_start(struct collector *, const struct collector_view *);

/* collector_tcp.c: a segment between the peer and another host. */
void	 collector_tcp(struct collector *, const struct collector_view *);

#endif
