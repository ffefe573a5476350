/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was discovered, for people and for a configuration.
 */
#ifndef HBW_DISCOVER_REPORT_H
#define HBW_DISCOVER_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "offline/flow_table.h"

/* What is known from beside the flows. */
struct discover_report_setting {
	const char		*interface;	/* NULL: not known */
	int64_t			 watched_ns;
	const struct addr	*unmet;		/* two nodes of which no packet
						   to each other was seen, or
						   NULL */
};

/*
 * Writes the flows that beat, best first: a table in comments, and a `watch`
 * section for each of their senders, or for a group of which only one speaks.
 * All of it together is a configuration.  False when there is no memory; errors
 * of the stream are the caller's to see.
 */
bool	 discover_report_print(struct flow_table *, const struct discover_report_setting *, FILE *);

#endif
