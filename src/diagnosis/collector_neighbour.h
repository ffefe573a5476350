/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who has an address, and who asks for it: ARP and ND, and claims of a group.
 */
#ifndef HBW_COLLECTOR_NEIGHBOUR_H
#define HBW_COLLECTOR_NEIGHBOUR_H

#include "diagnosis/collector_state.h"

/* The host with a MAC address: here, peer, elsewhere, or unknown. */
enum evidence_owner collector_owner(const struct collector *,
	    const struct mac *);

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

#endif
