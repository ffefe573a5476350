/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/claims.h"

/* If both hosts answer one request, their claims are this close together. */
#define TOGETHER_NS	(20 * NSEC_PER_MSEC)
#define TOGETHER_POINTS	3
/* No cluster moves an address back so fast. */
#define FAST_NS		(1 * NSEC_PER_SEC)
#define FAST_POINTS	2
#define PROOF_POINTS	6

/*
 * In a failover a late answer of the old host can change the claimant twice.
 * So only the points of one change count within this time, those of the change
 * with the most.
 */
#define APART_NS	(500 * NSEC_PER_MSEC)

/* Changes that go on for this time are a conflict at any speed. */
#define LASTING_NS	(20 * NSEC_PER_SEC)

static void
add_points(struct claims *c, uint32_t points, struct mono_time now)
{
	if (c->counted_points == 0 || mono_sub(now, c->counted) >= APART_NS) {
		c->counted = now;
		c->counted_points = 0;
	}
	if (points <= c->counted_points)
		return;
	c->points += points - c->counted_points;
	c->counted_points = points;
}

bool
claims_change(struct claims *c, struct mono_time before, struct mono_time now)
{
	uint32_t	 points = 0;

	if (c->changes == 0 || mono_sub(now, c->changed) > CLAIMS_NS)
		*c = (struct claims){ .since = now };
	if (mono_sub(now, before) > CLAIMS_NS)
		return (false);
	if (mono_sub(now, before) <= TOGETHER_NS)
		points = TOGETHER_POINTS;
	else if (c->changes > 0 && mono_sub(now, c->changed) < FAST_NS)
		points = FAST_POINTS;
	if (points > 0)
		add_points(c, points, now);
	c->changes++;
	c->changed = now;
	return (c->points >= PROOF_POINTS ||
	    mono_sub(now, c->since) >= LASTING_NS);
}
