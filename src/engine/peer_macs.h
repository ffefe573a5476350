/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The MAC addresses from which the peers send, to find a second host that sends
 * with the address of a peer.  A watch with `peer-mac` rejects such packets and
 * is not concerned.
 *
 * A single change is ordinary: another network card, another node that takes
 * over the address, or, if the peer is behind a router, another router.  It is
 * logged as information.  Two MAC addresses in turn on the same link are a
 * warning, because one host sends a flow from one card only.  They are no
 * warning if:
 * - the packets came through a router, because routers can share the load;
 * - the watch receives several flows (`ip`, `bpf`), because a bond can
 *   distribute them over its cards (balance-tlb, balance-alb).
 * The virtual MAC addresses of VRRP, CARP and HSRP are ignored: a router sends
 * from them and from its own.
 */
#ifndef HBW_PEER_MACS_H
#define HBW_PEER_MACS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/mac.h"
#include "base/mono.h"
#include "base/rate_limit.h"
#include "config/configuration.h"
#include "packet/packet.h"

/* Back to the MAC address before in less than this time is "in turn". */
#define PEER_MACS_TURN_NS	(10 * NSEC_PER_SEC)

/* At most one warning and one information for each watch in this time. */
#define PEER_MACS_LOG_NS	(3600 * NSEC_PER_SEC)

/* The watches whose changes are kept; others are not recorded. */
#define PEER_MACS_CHANGES	64

struct peer_macs_change {
	uint32_t		 watch;
	uint64_t		 before;	/* the MAC until then */
	struct mono_time	 at;		/* the last change */
	struct mono_time	 turned;	/* in turn, last */
	struct mono_time	 warned;	/* the last warning */
	struct mono_time	 informed;	/* the last information */
	uint64_t		 turns;		/* since the last warning */
};

/* Private memory of the engine. */
struct peer_macs {
	const struct configuration *config;	/* not owned */
	uint64_t		*last;		/* by watch; or 0; owned */
	struct peer_macs_change	 changes[PEER_MACS_CHANGES];
	size_t			 n;
	struct rate_limit	 lines;		/* of information */
};

/* The configuration must outlive it.  False when memory is exhausted. */
bool	 peer_macs_init(struct peer_macs *, const struct configuration *);
void	 peer_macs_free(struct peer_macs *);

/*
 * Have two MAC addresses sent in turn with the address of this peer?  Sets the
 * two addresses, and when the last turn was.
 */
bool	 peer_macs_in_turn(const struct peer_macs *, uint32_t watch,
	    struct mac pair[2], struct mono_time *at);

/* The rest of peer_macs_take, which calls it when the MAC address differs. */
void	 peer_macs_changed(struct peer_macs *, uint32_t watch,
	    const struct packet *, struct mono_time now);

/* A MAC address as a number. */
static inline uint64_t
peer_macs_number(const uint8_t *mac)
{
	uint64_t	 number = 0;

	memcpy(&number, mac, MAC_LENGTH);
	return (number);
}

/* Takes the packet of each heartbeat that a watch has counted. */
static inline void
peer_macs_take(struct peer_macs *p, uint32_t watch, const struct packet *packet,
    struct mono_time now)
{
	if (packet->mac != NULL &&
	    peer_macs_number(packet->mac) != p->last[watch])
		peer_macs_changed(p, watch, packet, now);
}

#endif
