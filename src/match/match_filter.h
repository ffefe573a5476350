/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pcap-filter(7) expressions that the kernel applies to a capture, so that
 * packets that concern no watch do not wake the engine.
 */
#ifndef HBW_MATCH_FILTER_H
#define HBW_MATCH_FILTER_H

#include <stdbool.h>

#include "config/configuration.h"

#define MATCH_FILTERS	3

/*
 * Writes the filters of an interface, in new memory that match_filters_free
 * frees: from the best one to the one that every link type accepts.  Each lets
 * every frame pass in which match_frame finds something, except behind PPPoE,
 * whose sessions have interfaces of their own.  False when memory is exhausted.
 */
bool	 match_filters(const struct configuration *, const char *interface,
	    char *filters[MATCH_FILTERS]);
void	 match_filters_free(char *filters[MATCH_FILTERS]);

#endif
