/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All flows of a capture, in bounded memory.
 */
#ifndef HBW_FLOW_TABLE_H
#define HBW_FLOW_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mac.h"
#include "offline/flow.h"
#include "packet/capture.h"
#include "protocols/protocol.h"

/*
 * The table has an entry for each direction of a flow.  When there are more
 * entries than this, a quarter is dropped: those with the fewest bursts and,
 * among equal ones, those whose last packet is the oldest.
 */
#define FLOW_TABLE_MAX	65536

/*
 * One direction.  `key` is the argument of the option `heartbeat`, such as a
 * port or a group number.  A flow that no decoder recognizes has the protocol
 * `udp` or `tcp` and the service port, or the protocol `bpf` and the IP
 * protocol number.  The service port is the lower one of the two ports.
 */
struct flow_key {
	const struct protocol	*protocol;
	uint32_t		 key;
	uint32_t		 vlan;		/* see vlan.h */
	struct addr		 source;
	struct addr		 destination;
	bool			 inside;	/* of an encapsulation */
};

struct flow_table_entry {
	struct flow_key			 key;
	struct flow			 flow;
	/* The MAC address of the sender, if all its frames have the same. */
	struct mac			 mac;
	bool				 has_mac;
	/* Set by flow_table_score: */
	struct flow_verdict		 verdict;
	/* The flow in the reverse direction, or NULL. */
	const struct flow_table_entry	*reverse;
	/* The next entry of the same bucket; internal. */
	uint32_t			 next;
};

struct flow_table_totals {
	uint64_t	 packets;	/* all, also those that do not count */
	/* In the table; the two directions of a flow count as one. */
	size_t		 flows;
	uint64_t	 faulty;	/* see packet_fault.h; do not count */
	/* Directions that were dropped for lack of room. */
	uint64_t	 dropped;
	int64_t		 watched_ns;	/* from the first packet to the last */
	bool		 pair_seen;	/* the pair exchanged a packet */
};

struct flow_table;

/*
 * `pair` is NULL or two addresses; then only packets count that one of them
 * sends to the other one or to a group.  NULL when memory is exhausted.  The
 * caller frees the table with flow_table_free.
 */
struct flow_table *flow_table_new(const struct addr *pair);
void	 flow_table_free(struct flow_table *);

/*
 * Counts the IP packet of a frame, and those that are encapsulated in it, in
 * their flows.  The timestamps must not decrease.  False when memory is
 * exhausted.
 */
bool	 flow_table_take(struct flow_table *, const struct capture_frame *);

/* Belongs to the table; always up to date. */
const struct flow_table_totals *flow_table_totals(const struct flow_table *);

/*
 * Scores all flows.  Returns an array of *n entries that belongs to the table
 * and is valid until the next flow_table_take.
 */
const struct flow_table_entry *flow_table_score(struct flow_table *, size_t *n);

#define FLOW_TABLE_FORM_SIZE	64

/*
 * Writes the value of the option `heartbeat` for this flow into
 * text[FLOW_TABLE_FORM_SIZE]; returns text.
 */
char	*flow_table_form(const struct flow_key *, char *text);

/* Is the address a multicast group, or a broadcast address? */
bool	 flow_table_is_group(const struct addr *);

#endif
