/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds the owner of the floating IP of each watch: takes the ARP and ND frames
 * of the capture for evidence, and updates the rows of two active nodes.
 */
#ifndef HBW_FLOATING_IPS_H
#define HBW_FLOATING_IPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/configuration.h"
#include "detect/dual.h"
#include "diagnosis/diagnosis_frame.h"
#include "engine/alarm_positions.h"
#include "engine/peer_macs.h"

/* Nobody has the address after this many requests without an answer. */
#define FLOATING_IPS_REQUESTS	3
/* A request counts only at least this long after the one before. */
#define FLOATING_IPS_REQUEST_NS	(500 * NSEC_PER_MSEC)

struct floating_ip {
	struct addr		 address;
	uint32_t		 row;		/* of duals */
	uint32_t		 watch;		/* its position */
	unsigned		 requests;	/* without an answer */
	struct mono_time	 requested;	/* the last one that counted */
};

/* The pointers are the caller's, unless a comment says otherwise. */
struct floating_ips {
	const struct configuration *config;
	struct duals		*duals;
	const struct peer_macs	*macs;		/* NULL: not known */
	struct floating_ip	*list;		/* by address; owned */
	size_t			 n;
};

/* False when memory is exhausted. */
bool	 floating_ips_init(struct floating_ips *, const struct configuration *,
	    const struct alarm_positions *, struct duals *,
	    const struct peer_macs *);
void	 floating_ips_free(struct floating_ips *);

/*
 * Takes a frame that was captured on `interface`, or on the interface of each
 * watch if it is NULL.  Ignores frames that are not ARP or ND.
 */
void	 floating_ips_frame(struct floating_ips *, const char *interface,
	    const struct diagnosis_frame *);

#endif
