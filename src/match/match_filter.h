/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pcap-filter(7) expressions that the kernel applies to a capture, so that
 * packets that concern no watch do not wake the engine.
 */
#ifndef HBW_MATCH_FILTER_H
#define HBW_MATCH_FILTER_H

#include <stdbool.h>

#include "config/configuration.h"
#include "match/match.h"

#define MATCH_FILTERS	3

/*
 * Writes the filters of an interface into new memory that the caller frees with
 * match_filters_free: first the one that excludes most frames, last the one
 * that every link type accepts.  The expressions of `bpf` are those that
 * match_prepare has compiled.  An empty filter lets every frame pass.  False
 * when memory is exhausted.
 *
 * All frames in which match_frame finds a watch pass each filter, except those
 * behind PPPoE, because the sessions of PPPoE have interfaces of their own.  If
 * there are expressions, an outgoing frame passes only if it has an IP source
 * address, which shows whether this host sent it.
 */
bool	 match_filters(const struct configuration *, const char *interface,
	    const struct match *, char *filters[MATCH_FILTERS]);
void	 match_filters_free(char *filters[MATCH_FILTERS]);

/*
 * True when only UDP and protocols that carry nothing but heartbeats pass the
 * filters for Ethernet, apart from packets with extension headers: no TCP, and
 * no expression of `bpf`.
 */
bool	 match_filters_are_narrow(const struct configuration *,
	    const char *interface, const struct match *);

/*
 * A filter for heartbeats of this host: all packets with a protocol and port of
 * a watch of the interface.  If there are too many ports, it has one range for
 * each protocol.  It has no `bpf`, and may be "".  New memory that the caller
 * frees; NULL when memory is exhausted.
 */
char	*match_filter_sent(const struct configuration *,
	    const char *interface);

#endif
