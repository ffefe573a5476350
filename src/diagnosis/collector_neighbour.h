/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The requests for an address and its claims by ARP and ND, and the claims of a
 * group.
 */
#ifndef HBW_COLLECTOR_NEIGHBOUR_H
#define HBW_COLLECTOR_NEIGHBOUR_H

#include "diagnosis/collector_state.h"

/* The host with a MAC address: here, peer, elsewhere, or unknown. */
enum evidence_owner collector_owner(const struct collector *,
	    const struct mac *);

/*
 * Notes a claim: `same` if it is by the latest claimant, `other` if it is by
 * the one before.  Signal 17 is present if both claim in turn; their claims
 * count from `persist_ns` after both have begun.
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

#endif
