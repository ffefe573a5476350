/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HBW_HEARTBEAT_H
#define HBW_HEARTBEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

struct packet;

/* A heartbeat, or the announcement of a stop, as decoded from a packet. */
struct heartbeat {
	struct addr	 sender;

	/*
	 * The argument of the protocol that a watch must have: a port, a VRID,
	 * …  A UDP or TCP packet has two ports; if they are equal, there is one
	 * key.  A protocol without an argument has the one key 0.
	 */
	uint32_t	 key[2];
	unsigned	 keys;		/* 1 or 2 */

	bool		 alive;		/* counts as a heartbeat */
	bool		 stop;		/* announces a graceful stop */
	bool		 active;	/* the sender is the active node */
	int64_t		 interval_ns;	/* advertised; 0: not advertised */

	/*
	 * A number that differs in all packets of a sender.  Most protocols
	 * increment it by one; with CARP each implementation differs.
	 */
	bool		 has_sequence;
	uint32_t	 sequence;

	/* Set by match_frame, not by decoders: */
	const struct packet *packet;	/* it was decoded from this */
	uint64_t	 content;	/* packet_content */
	bool		 copy;		/* of another packet; not counted */
};

#endif
