/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All flows of a capture, in bounded memory.
 */
#ifndef HBW_FLOWS_H
#define HBW_FLOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "capture.h"
#include "flow.h"
#include "protocols/protocol.h"

/* So many are kept at a time; then those that promise the least are dropped. */
#define FLOWS_MAX	65536

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

struct flows_entry {
	struct flow_key		 key;
	struct flow		 flow;
	struct flow_verdict	 verdict;	/* by flows_judge */
	uint32_t		 back;		/* by flows_judge: position of
						   the other direction */
	uint32_t		 next;		/* in its bucket */
};

#define FLOWS_NONE	UINT32_MAX

struct flows;

/*
 * With `pair`, two addresses, only what one of them sends to the other or to a
 * group; it is copied.  NULL when there is no memory.
 */
struct flows *flows_new(const struct addr *pair);
void	 flows_free(struct flows *);

/* Stamps never run back.  False when there is no memory. */
bool	 flows_take(struct flows *, const struct capture_frame *);

uint64_t flows_packets(const struct flows *);
/* From the first packet to the last. */
int64_t	 flows_watched_ns(const struct flows *);
size_t	 flows_count(const struct flows *);
uint64_t flows_dropped(const struct flows *);

/* Judges all flows; `n` of them in an array that is the table's. */
struct flows_entry *flows_judge(struct flows *, size_t *n);

#define FLOWS_FORM_SIZE	64

/* The `heartbeat` of a configuration, into text[FLOWS_FORM_SIZE]. */
char	*flows_form(const struct flow_key *, char *text);
/* Is it a group of hosts, or all of them? */
bool	 flows_is_group(const struct addr *);

#endif
