/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HBW_HEARTBEAT_H
#define HBW_HEARTBEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

/*
 * What a protocol's decoder found in a packet.  A packet that says nothing
 * about its sender's life is none: the decoder returns false for it.
 */
struct heartbeat {
	struct addr	 sender;

	/*
	 * What a watch of this protocol may have asked for: a port, a VRID, …
	 * A datagram has two ports; where they are equal there is one key.
	 * A protocol without an argument has the one key 0.
	 */
	uint32_t	 key[2];
	unsigned	 keys;		/* 1 or 2 */

	bool		 alive;		/* it counts as a heartbeat */
	bool		 stop;		/* it announces a graceful stop */
	int64_t		 interval_ns;	/* advertised; 0 when it is not */
	/*
	 * A number that tells the packet from its sender's others.  With most
	 * it grows by one; with CARP each sender has its own way.
	 */
	bool		 has_sequence;
	uint32_t	 sequence;
};

#endif
