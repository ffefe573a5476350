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
#include "offline/flow.h"
#include "packet/capture.h"
#include "protocols/protocol.h"

/* When there are more flows than this, the least regular ones are dropped. */
#define FLOW_TABLE_MAX	65536

/*
 * One direction.  A flow without decoder has the protocol `udp` or `tcp` and
 * the port of the service, or the protocol `bpf` and the IP protocol number.
 */
struct flow_key {
	const struct protocol	*protocol;
	uint32_t		 key;
	struct addr		 source;
	struct addr		 destination;
};

struct flow_table_entry {
	struct flow_key			 key;
	struct flow			 flow;
	/* Set by flow_table_score: */
	struct flow_verdict		 verdict;
	const struct flow_table_entry	*back;	/* opposite direction or NULL */
	uint32_t			 next;	/* entry of the same bucket */
};

struct flow_table_totals {
	uint64_t	 packets;
	size_t		 flows;		/* in the table */
	uint64_t	 dropped;	/* flows */
	int64_t		 watched_ns;	/* from the first packet to the last */
	bool		 met;		/* the pair exchanged a packet */
};

struct flow_table;

/*
 * `pair`, if not NULL, is two addresses: the table takes only what one of them
 * sends to the other one or to a group.  NULL when memory is exhausted.
 */
struct flow_table *flow_table_new(const struct addr *pair);
void	 flow_table_free(struct flow_table *);

/* The timestamps must not decrease.  False when memory is exhausted. */
bool	 flow_table_take(struct flow_table *, const struct capture_frame *);

/* Belongs to the table; always up to date. */
const struct flow_table_totals *flow_table_totals(const struct flow_table *);

/* Scores all flows.  Returns an array of `n` that belongs to the table. */
const struct flow_table_entry *flow_table_score(struct flow_table *, size_t *n);

#define FLOW_TABLE_FORM_SIZE	64

/* Writes the option `heartbeat` into text[FLOW_TABLE_FORM_SIZE]; returns it. */
char	*flow_table_form(const struct flow_key *, char *text);
/* Is the address a multicast group, or a broadcast address? */
bool	 flow_table_is_group(const struct addr *);

#endif
