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
 * A look-up table of the enabled watches of `interface`, or of all enabled
 * watches where it is NULL.  The time of a look-up does not depend on the
 * number of watches.  The configuration must outlive the table.  NULL when
 * memory is exhausted.  The caller frees it with match_free.
 */
struct match *match_new(const struct configuration *, const char *interface);
void	 match_free(struct match *);

/* Is the watch enabled, and of that interface?  NULL stands for all of them. */
bool	 match_concerns(const struct configuration_watch *,
	    const char *interface);

/*
 * Compiles the expressions of `bpf` for frames of a link type; to be called
 * before match_frame.  False on error, with one line in
 * error[CAPTURE_ERROR_SIZE].
 */
bool	 match_prepare(struct match *, int link_type, char *error);

/*
 * Decodes the frame and calls `found` for each watch whose heartbeat it is.
 * Returns what packet_decode returned.
 */
enum packet_verdict match_frame(struct match *, const struct capture_frame *,
	    match_found *, void *arg);

/*
 * May match_frame find a watch?  False only where it cannot.  This needs less
 * time and keeps no state, so a frame that is to be matched later, in its
 * order, need not be kept when the answer is no.
 */
bool	 match_prefilter(const struct match *, const struct capture_frame *);

/* Does a watch need more of a packet than its headers? */
bool	 match_needs_payload(const struct match *);

#endif
