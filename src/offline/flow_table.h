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

/* So many are kept at a time; then those that promise the least are dropped. */
#define FLOW_TABLE_MAX	65536

/*
 * One direction.  Flows that only their regularity can tell are `udp` and `tcp`
 * by the port of the service, and for other protocols over IP `bpf`, by the
 * protocol's number.
 */
struct flow_key {
	const struct protocol	*protocol;
	uint32_t		 key;
	struct addr		 source;
	struct addr		 destination;
};

struct flow_table_entry {
	struct flow_key		 key;
	struct flow		 flow;
	struct flow_verdict	 verdict;	/* by flow_table_score */
	uint32_t		 back;		/* by flow_table_score: position of
						   the other direction */
	uint32_t		 next;		/* in its bucket */
};

#define FLOW_TABLE_NONE	UINT32_MAX

struct flow_table;

/*
 * With `pair`, two addresses, only what one of them sends to the other or to a
 * group; it is copied.  NULL when there is no memory.
 */
struct flow_table *flow_table_new(const struct addr *pair);
void	 flow_table_free(struct flow_table *);

/* Stamps never run back.  False when there is no memory. */
bool	 flow_table_take(struct flow_table *, const struct capture_frame *);

uint64_t flow_table_packets(const struct flow_table *);
/* From the first packet to the last. */
int64_t	 flow_table_watched_ns(const struct flow_table *);
size_t	 flow_table_count(const struct flow_table *);
uint64_t flow_table_dropped(const struct flow_table *);

/* Judges all flows; `n` of them in an array that is the table's. */
struct flow_table_entry *flow_table_score(struct flow_table *, size_t *n);

#define FLOW_TABLE_FORM_SIZE	64

/* The `heartbeat` of a configuration, into text[FLOW_TABLE_FORM_SIZE]. */
char	*flow_table_form(const struct flow_key *, char *text);
/* Is it a group of hosts, or all of them? */
bool	 flow_table_is_group(const struct addr *);

#endif
