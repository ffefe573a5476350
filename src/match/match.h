/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds the watches that have a captured frame as their heartbeat.
 */
#ifndef HBW_MATCH_H
#define HBW_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/own_addresses.h"
#include "config/configuration.h"
#include "packet/capture.h"
#include "packet/packet_fault.h"
#include "protocols/heartbeat.h"

struct match;

/*
 * Called once for each watch that has the frame as its heartbeat or as the
 * announcement of a stop.  `watch` is its position in the configuration.  The
 * heartbeat is valid only within the call.  Copies of a packet are found too;
 * pass heartbeat->content to detect_is_copy, unless heartbeat->copy is true.
 */
typedef void match_found(void *arg, uint32_t watch, const struct heartbeat *);

/*
 * A look-up table of the enabled watches of `interface`, or of all enabled
 * watches if it is NULL.  A look-up takes the same time with any number of
 * watches.  Configuration and interface must outlive the table.  NULL when
 * memory is exhausted.  The caller frees it with match_free.
 */
struct match *match_new(const struct configuration *, const char *interface);
void	 match_free(struct match *);

/*
 * From now on, packets from these addresses of this host are not heartbeats.
 * Packets that a cooked capture marks as sent never are.  Only follow() of a
 * protocol receives them.  The addresses must outlive the table.
 */
void	 match_ignore_own(struct match *, const struct own_addresses *);

/* A packet that is a heartbeat or an announced stop but for its fault. */
struct match_rejection {
	uint32_t		 watch;		/* its position */
	enum packet_fault	 fault;
	const struct packet	*packet;	/* valid within the call */
};

/*
 * Called for each watch that does not count a packet because of its fault.
 * PACKET_FAULT_MAC shows a second sender with the address of the peer.
 */
typedef void match_rejected(void *arg, const struct match_rejection *);

/* From now on, match_frame reports packets with a fault. */
void	 match_report_rejected(struct match *, match_rejected *, void *arg);

/* A packet that shows whether its sender is the active node of its group. */
struct match_sender {
	uint32_t		 watch;		/* with that group */
	/* It may be from any node, also from this host. */
	const struct heartbeat	*heartbeat;
	const struct packet	*packet;
	/* The number of the interface on `any`, if it is known; otherwise 0. */
	uint32_t		 ifindex;
};

/* All pointers are valid only within the call. */
typedef void match_sent(void *arg, const struct match_sender *);

/*
 * From now on, match_frame reports such packets to each watch with
 * `dual-active` whose heartbeats are those of the group, whatever its peer is.
 */
void	 match_report_senders(struct match *, match_sent *, void *arg);

/* True when match_report_senders applies to the watches of a profile. */
bool	 match_has_senders(const struct configuration_profile *);

/*
 * True when an expression compares the number of the interface, or when equal
 * groups on several interfaces must be distinguished.
 */
bool	 match_needs_ifindex(const struct match *);

/* True when the watch is enabled and its interface is this one; NULL: any. */
bool	 match_concerns(const struct configuration_watch *,
	    const char *interface);

/* True when a watch that match_concerns accepts has `decapsulate`. */
bool	 match_decapsulates(const struct configuration *,
	    const char *interface);

/*
 * Called for a watch whose expression of `bpf` is invalid for the link type, or
 * whose `peer-mac` cannot be compared.  `line` is that of the option in the
 * file, and `error` is one line.
 */
typedef void match_refused(void *arg, uint32_t watch, int line,
	    const char *error);

/*
 * Prepares for frames of a link type: compiles the expressions of `bpf`.  Call
 * it before match_frame.  Calls match_refused, or nothing if it is NULL, for
 * each watch that the link type does not support; no frame matches such a
 * watch.  True when there is none.
 */
bool	 match_prepare(struct match *, int link_type, match_refused *,
	    void *arg);

/*
 * The number of watches with an expression, and the text of one of them by its
 * position, from 0.  NULL when match_prepare has refused that one.
 */
size_t	 match_expression_count(const struct match *);
const char *match_expression(const struct match *, size_t);

/*
 * Decodes the frame and calls match_found for each watch whose heartbeat it is.
 * Returns the result of packet_decode.
 */
enum packet_verdict match_frame(struct match *, const struct capture_frame *,
	    match_found *, void *arg);

/*
 * False when match_frame cannot find a watch for the frame.  This needs less
 * time than match_frame and changes no state, so replay uses it to discard most
 * frames before it sorts the others.
 */
bool	 match_prefilter(const struct match *, const struct capture_frame *);
/* The same for a frame that packet_decode has decoded. */
bool	 match_prefilter_packet(const struct match *,
	    const struct capture_frame *, enum packet_verdict,
	    const struct packet *);

/*
 * True when the capture needs the large snapshot length: a watch has an
 * expression, which may read any part of a packet, or `decapsulate`, because
 * the headers before an inner packet may be long.
 */
bool	 match_needs_payload(const struct match *);

#endif
