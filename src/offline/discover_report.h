/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The output of `hbwatch discover`: a configuration with comments.  hbwatch(1)
 * explains it.
 */
#ifndef HBW_DISCOVER_REPORT_H
#define HBW_DISCOVER_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/own_addresses.h"
#include "offline/flow_table.h"

struct discover_report_setting {
	const char		*interface;	/* NULL: unknown */
	int64_t			 watched_ns;	/* duration of the capture */
	const struct addr	*pair;		/* two nodes, or NULL: all */
	const struct own_addresses *own;	/* this host; empty for files */
	bool			 json;		/* JSON Lines */
};

/*
 * Writes a table of the periodic flows, best first, as comments, and then a
 * `watch` section for each sender.  A group in which only one node sends gets a
 * single section.  With `json`, writes a line for each of the flows, then for
 * each of the watches, and a summary.  False when memory is exhausted.  The
 * caller checks the stream for errors.
 */
bool	 discover_report_print(struct flow_table *,
	    const struct discover_report_setting *, FILE *);

#endif
