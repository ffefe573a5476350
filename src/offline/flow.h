/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A flow, and how likely it is a heartbeat.  A flow is what one host sends to
 * another host, or to a group, with one protocol and port.  This module reads
 * no clock and does no I/O; it allocates memory for the sample only.
 */
#ifndef HBW_FLOW_H
#define HBW_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wall.h"

/* Number of bursts in the sample, which is chosen at random. */
#define FLOW_SAMPLE	64

/*
 * When no decoder knows the flow, packets closer together than this are one
 * burst.  For other flows each packet is a burst.
 */
#define FLOW_BURST_NS	INT64_C(20000000)

enum flow_kind {
	FLOW_UNKNOWN,		/* only its regularity can be checked */
	FLOW_DECODED,		/* a decoder validated the contents */
	FLOW_PORT,		/* a heartbeat's port, nothing else is known */
	FLOW_KEEPALIVE,		/* TCP keepalives, on any connection */
};

enum flow_value {
	FLOW_INTERVAL_US,	/* from this burst to the next one */
	FLOW_TWO_INTERVALS_US,	/* from the burst before to the next one */
	FLOW_OCTETS,		/* IP payload */
	FLOW_PACKETS,
	FLOW_VALUES,
};

struct flow_burst {
	uint32_t	 value[FLOW_VALUES];	/* 0: unknown */
};

/* A struct of zeros is a flow without packets. */
struct flow {
	enum flow_kind		 kind;
	uint64_t		 packets;
	uint64_t		 bursts;
	struct wall_time	 first;		/* packet */
	struct wall_time	 last;		/* packet */
	struct wall_time	 burst;		/* begin of the latest one */
	struct wall_time	 before;	/* begin of the one before it */
	int64_t			 longest_ns;	/* between two bursts */
	struct flow_burst	*sample;	/* owned */
	size_t			 sample_capacity;
	uint32_t		 nsample;
	uint32_t		 random;
	uint64_t		 burst_octets;	/* of the latest one, so far */
	uint64_t		 burst_packets;
	uint64_t		 port_changes;	/* of other_port */
	uint16_t		 other_port;	/* of the end without service */
	bool			 other_ports;	/* the ends' ports differed */
};

/*
 * Counts a packet with so many octets of IP payload.  `port` belongs to the end
 * that has the service.  False when memory is exhausted.
 */
bool	 flow_count(struct flow *, struct wall_time timestamp, size_t octets,
	    uint16_t port, uint16_t other_port);
void	 flow_free(struct flow *);

/* Facts about a flow that its own packets do not show. */
struct flow_setting {
	int64_t	 watched_ns;	/* duration of the capture */
	bool	 answered;	/* the opposite direction has packets too */
	double	 port_score;	/* 0..1, see port_score.h */
};

struct flow_verdict {
	int64_t	 interval_ns;	/* median; 0: no interval was seen */
	int64_t	 jitter_ns;	/* median distance from interval_ns */
	int64_t	 regular_ns;	/* longest interval that is no outage */
	double	 confidence;	/* 0..1 */
};

struct flow_verdict flow_score(const struct flow *,
	    const struct flow_setting *);

#endif
