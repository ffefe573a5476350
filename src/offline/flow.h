/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A flow, and how much it looks like a heartbeat: what goes from one host to
 * another, or to a group, by one protocol and port.  Pure but for the memory of
 * its sample.
 */
#ifndef HBW_FLOW_H
#define HBW_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wall.h"

/* Beats that are kept, evenly from all that there were. */
#define FLOW_SAMPLE	64

/*
 * Of a flow that no decoder knows, packets closer together than this are one
 * beat.  Nothing that beats more often than 20 times a second is looked for.
 */
#define FLOW_BURST_NS	INT64_C(20000000)

enum flow_kind {
	FLOW_UNKNOWN,		/* to be judged by its regularity alone */
	FLOW_DECODED,		/* a heartbeat by its contents */
	FLOW_PORT,		/* a heartbeat's port, and no more is known */
	FLOW_KEEPALIVE,		/* of TCP: of any connection, by the kernel */
};

struct flow_burst {
	uint32_t	 single_us;	/* since the beat before */
	uint32_t	 double_us;	/* since the one before that */
	uint32_t	 octets;	/* of the beat before: IP payload */
	uint32_t	 packets;	/* of the beat before */
};

/* All zero is one that has no packet. */
struct flow {
	enum flow_kind		 kind;
	uint64_t		 packets;
	uint64_t		 bursts;
	struct wall_time	 first;
	struct wall_time	 last;		/* packet */
	struct wall_time	 burst;		/* begin of the last */
	struct wall_time	 before;	/* begin of the one before it */
	int64_t			 longest_ns;	/* between two beats */
	struct flow_burst	*sample;	/* owned */
	size_t			 sample_capacity;
	uint32_t		 nsample;
	uint32_t		 random;
	uint64_t		 burst_octets;	/* of the last, so far */
	uint64_t		 burst_packets;
	uint64_t		 port_changes;	/* of other_port */
	uint16_t		 other_port;	/* of the end without service */
	bool			 other_ports;	/* the ends' ports differed */
};

/* Counts a packet.  False when there is no memory. */
bool	 flow_count(struct flow *, struct wall_time timestamp, size_t octets,
	    uint16_t port, uint16_t other_port);
void	 flow_free(struct flow *);

/* What is known from beside the flow. */
struct flow_setting {
	int64_t	 watched_ns;	/* how long the capture is */
	bool	 answered;	/* the same flow exists the other way round */
	double	 port_score;	/* 0..1, of its port (service.h) */
};

struct flow_verdict {
	int64_t	 interval_ns;	/* median; 0 where there is none */
	int64_t	 jitter_ns;	/* median deviation from the median */
	int64_t	 regular_ns;	/* longest interval that is no outage */
	double	 confidence;	/* 0..1 */
};

struct flow_verdict flow_score(const struct flow *,
	    const struct flow_setting *);

#endif
