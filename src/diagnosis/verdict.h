/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verdict: the cause of an interruption, decided from its evidence.  Pure:
 * no clock, no I/O, no log, no memory.
 */
#ifndef HBW_VERDICT_H
#define HBW_VERDICT_H

#include <stdint.h>

#include "base/wall.h"
#include "diagnosis/cause.h"
#include "diagnosis/evidence.h"

struct verdict {
	uint8_t			 cause;		/* enum cause */
	uint8_t			 side;		/* enum cause_side */
	uint8_t			 confidence;	/* percent, 0..100 */
	uint8_t			 number;	/* of `decided`; 0: none */
	/* The signal that decided. */
	struct evidence_signal	 decided;
};

/*
 * The first row of the table whose evidence is there.  `now` is later than the
 * last heartbeat; some rows need 30 s after the raise.
 */
void	 verdict_of(const struct evidence *, struct wall_time now,
	    struct verdict *);

#endif
