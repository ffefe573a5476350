/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The median of a few values in an array, or of any number of values in bounded
 * memory.  Of an even number of values the median is the mean of the two in the
 * middle, rounded down.
 */
#ifndef HBW_MEDIAN_H
#define HBW_MEDIAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The median of n values, n at least 1 and no value negative.  Sorts them. */
int64_t	 median_of(int64_t *values, size_t n);

#define MEDIAN_VALUES	131072		/* 1 MiB */
#define MEDIAN_BUCKETS	(64 * 128)

/*
 * A struct of zeros is ready for use.
 *
 * Up to MEDIAN_VALUES values are kept, and the median is exact.  With more, the
 * values nearest to the middle are kept, and all are counted in buckets.  The
 * median stays exact unless a long run of values is on one side of the earlier
 * middle; then the error is less than 1/128 of the median.
 */
struct median {
	int64_t		*kept;		/* owned */
	size_t		 nkept;
	size_t		 capacity;
	int64_t		 low;		/* smaller values are only counted */
	int64_t		 high;		/* larger values are only counted */
	uint64_t	 below;		/* values smaller than low */
	uint64_t	 above;		/* values larger than high */
	uint32_t	*buckets;	/* counts of all values; NULL while all
					   values are kept; owned */
};

/* Adds a value, 0 or more.  False when memory is exhausted. */
bool	 median_add(struct median *, int64_t value);
void	 median_free(struct median *);
/* The median; -1 when no value was added.  Reorders the kept values. */
int64_t	 median_value(struct median *);

#endif
