/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A flow, and how likely it is a heartbeat.  A flow is all packets that one
 * host sends to another host, or to a group, in one VLAN with one protocol and
 * service port.  This module reads no clock and does no I/O; it allocates
 * memory only for the sample.
 */
#ifndef HBW_FLOW_H
#define HBW_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wall.h"

/* At most this many bursts of a flow, chosen at random, are its sample. */
#define FLOW_SAMPLE	64

/*
 * In a FLOW_UNKNOWN flow, packets closer together than this are one burst.  In
 * the other kinds of flow each packet is a burst.
 */
#define FLOW_BURST_NS	INT64_C(20000000)

enum flow_kind {
	FLOW_UNKNOWN,		/* no decoder; rated by regularity alone */
	FLOW_DECODED,		/* a decoder validated each packet */
	FLOW_PORT,		/* has the port of a heartbeat protocol */
	FLOW_KEEPALIVE,		/* TCP keepalives, on any connection */
};

enum flow_value {
	FLOW_INTERVAL_US,	/* from this burst to the next */
	FLOW_TWO_INTERVALS_US,	/* from the burst before to the next */
	FLOW_OCTETS,		/* of IP payload */
	FLOW_PACKETS,
	FLOW_VALUES,		/* the number of values */
};

struct flow_burst {
	uint32_t	 value[FLOW_VALUES];	/* limited; 0: unknown */
};

/* A struct of zeros is a flow without packets. */
struct flow {
	enum flow_kind		 kind;
	uint64_t		 packets;
	uint64_t		 bursts;
	struct wall_time	 first;		/* time of the first packet */
	struct wall_time	 last;		/* time of the last packet */
	struct wall_time	 burst_begin;	/* of the latest burst */
	struct wall_time	 previous_begin; /* of the burst before it */
	uint64_t		 burst_octets;	/* of the latest burst so far */
	uint64_t		 burst_packets;
	int64_t			 longest_gap_ns;	/* between two bursts */
	struct flow_burst	*sample;	/* owned */
	size_t			 sample_capacity;
	uint32_t		 nsample;
	uint32_t		 random;	/* state of the generator */
	uint64_t		 client_port_changes;
	uint16_t		 client_port;	/* of the last packet */
	bool			 ports_differ;	/* of some packet */
};

/*
 * Counts a packet with this number of octets of IP payload.  A timestamp before
 * that of the last packet counts as the time of that.  Both ports
 * are 0 if the protocol has none.  False when memory is exhausted.
 */
bool	 flow_count(struct flow *, struct wall_time timestamp, size_t octets,
	    uint16_t service_port, uint16_t client_port);
void	 flow_free(struct flow *);

/* Facts about a flow that its own packets do not show. */
struct flow_context {
	int64_t	 watched_ns;	/* duration of the capture */
	bool	 answered;	/* the reverse direction has packets too */
	double	 port_score;	/* 0..1, see port_score.h */
};

struct flow_verdict {
	int64_t	 interval_ns;	/* median; 0: no interval was seen */
	int64_t	 jitter_ns;	/* median distance from interval_ns */
	int64_t	 regular_ns;	/* longest interval without outages */
	double	 confidence;	/* 0..1 */
};

/* Pure.  The confidence is 0 as long as there is no interval. */
struct flow_verdict flow_score(const struct flow *,
	    const struct flow_context *);

#endif
