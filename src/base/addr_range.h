/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ranges of addresses: a prefix or a single address.
 */
#ifndef HBW_ADDR_RANGE_H
#define HBW_ADDR_RANGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct addr_range {
	struct addr	 first;
	uint32_t	 count;		/* of addresses, a power of two */
};

typedef void addr_range_report(void *arg, const struct addr_range *,
	    const struct addr_range *);

/*
 * Sorts the pointers by address, and reports each range that overlaps another
 * one.  The range with more addresses is the first argument of the report.
 */
void	 addr_range_overlaps(const struct addr_range **, size_t n,
	    addr_range_report *, void *arg);

#endif
