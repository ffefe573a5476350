/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two hosts claim one address: are both active, or does the address move?
 *
 * In a failover the claims of one host end and those of the other one begin,
 * and soon the address may move back.  So a few changes of the claimant are no
 * proof.  Both hosts are active
 * - if they claim the address within 20 ms, twice: both answer requests;
 * - if the claimant changes after less than one second, three times: no cluster
 *   moves an address so fast, again and again;
 * - if the changes go on for 20 seconds.
 */
#ifndef HBW_CLAIMS_H
#define HBW_CLAIMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mono.h"

/* If a host claims an address alone for this time, earlier changes are over. */
#define CLAIMS_NS	(10 * NSEC_PER_SEC)

/* The changes of one address.  All zero: none. */
struct claims {
	struct mono_time	 since;		/* the first change */
	struct mono_time	 changed;	/* the last one */
	/* The last one with points, and how many it has. */
	struct mono_time	 counted;
	uint32_t		 counted_points;
	uint32_t		 points;	/* of all */
	uint32_t		 changes;
};

/*
 * Another host than before claims the address now; the one before claimed it at
 * `before` last.  True when both are active.
 */
bool	 claims_change(struct claims *, struct mono_time before,
	    struct mono_time now);

#endif
