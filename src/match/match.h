/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a frame to the watches whose heartbeat it is.
 */
#ifndef HBW_MATCH_H
#define HBW_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/configuration.h"
#include "packet/capture.h"
#include "packet/packet.h"
#include "protocols/heartbeat.h"

struct match;

/*
 * `watch` is the position in the configuration.  Called once for each watch
 * that the frame concerns.
 */
typedef void match_found(void *arg, uint32_t watch, const struct heartbeat *);

/*
 * The enabled watches of `interface`, or of all where it is NULL, as a look-up
 * of constant cost.  The configuration must outlive it.  NULL when there is no
 * memory.
 */
struct match *match_new(const struct configuration *, const char *interface);
void	 match_free(struct match *);

/*
 * Makes ready for frames of a link type: compiles the expressions of `bpf`.
 * False on error, with a line in error[CAPTURE_ERROR_SIZE].
 */
bool	 match_prepare(struct match *, int link_type, char *error);

/*
 * Which frames are worth a match_frame: false only where that would find
 * nothing, at a fraction of its cost.  match_prefilter_init makes ready for that, false
 * when there is no memory; without it every frame is worth it.
 */
bool	 match_prefilter(const struct match *, const struct capture_frame *);

/*
 * What the frame is; where it is a heartbeat, `found` is called.  Each watch is
 * found once at most.
 */
enum packet_verdict match_frame(struct match *, const struct capture_frame *,
	    match_found *, void *arg);

/*
 * Pcap-filter expressions that every frame passes which match_frame finds
 * something in (behind PPPoE excepted: a session of it has an interface of its
 * own), from the best to the one that every link type takes, in new memory;
 * match_filters_free frees them.  False when there is no memory.
 */
#define MATCH_FILTERS	3
bool	 match_filters(const struct match *, char *filters[MATCH_FILTERS]);
void	 match_filters_free(char *filters[MATCH_FILTERS]);

/* Does a watch need more of a packet than its headers? */
bool	 match_needs_payload(const struct match *);

#endif
