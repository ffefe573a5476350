/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The median of any number of values, in bounded memory.
 *
 * Exact while the values are at most MEDIAN_VALUES; with more, those nearest to
 * the middle are kept, and it is exact still unless the values of a long time
 * are all on one side of what was the middle before.  Then it is off by less
 * than 1/128 of itself.
 */
#ifndef HBW_MEDIAN_H
#define HBW_MEDIAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEDIAN_VALUES	131072		/* 1 MiB */
#define MEDIAN_BUCKETS	(64 * 128)

/* All zero is an empty one. */
struct median {
	int64_t		*kept;		/* owned */
	size_t		 nkept;
	size_t		 size;
	int64_t		 low;		/* less than it is not kept */
	int64_t		 high;
	uint64_t	 below;		/* how many were */
	uint64_t	 above;
	uint32_t	*buckets;	/* of all, once some are not kept;
					   owned */
};

/* `value` is 0 or more.  False when there is no memory. */
bool	 median_add(struct median *, int64_t value);
void	 median_free(struct median *);
/*
 * Of an even number of values the mean of the two in the middle, rounded down.
 * -1 where there is no value.  Reorders what is kept.
 */
int64_t	 median_value(struct median *);

#endif
