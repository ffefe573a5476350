/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A table of the hashes of recent packets, to recognise copies of them: a
 * mirror port may deliver each packet twice, and so does the device `any` when
 * devices are stacked.
 *
 * The table has a fixed size, and a look-up takes a constant time.  A copy is
 * not recognised if more than COPY_TABLE_WAYS packets of the same bucket arrive
 * within the window.
 */
#ifndef HBW_COPY_TABLE_H
#define HBW_COPY_TABLE_H

#include <stdint.h>
#include <string.h>

#include "base/mono.h"

/* Two equal packets are copies if less than this time is between them. */
#define COPY_TABLE_WINDOW_NS	NSEC_PER_MSEC

#define COPY_TABLE_WAYS		4
#define COPY_TABLE_BUCKETS	1024

/* Times are stored in units of 2^COPY_TABLE_SHIFT ns, about a microsecond. */
#define COPY_TABLE_SHIFT	10

struct copy_entry {
	uint32_t	 tag;		/* a part of the hash */
	uint32_t	 time;		/* the low bits, in that unit */
};

/* All zeros at first.  The first entry of a bucket was added last. */
struct copy_table {
	struct copy_entry buckets[COPY_TABLE_BUCKETS][COPY_TABLE_WAYS];
};

/* Never 0, because a free entry has the tag 0. */
static inline uint32_t
copy_table_tag(uint64_t hash)
{
	return ((uint32_t)(hash >> 32) | 1);
}

/*
 * The time from the last copy_table_add of this hash until `ns`, both by the
 * same clock, in nanoseconds.  It is less than COPY_TABLE_WINDOW_NS, and 0 if
 * the packets are out of order.  INT64_MAX if there was none in the window.
 */
static inline int64_t
copy_table_age(const struct copy_table *t, uint64_t hash, int64_t ns)
{
	const struct copy_entry	*bucket = t->buckets[hash % COPY_TABLE_BUCKETS];
	uint32_t		 time = (uint32_t)(ns >> COPY_TABLE_SHIFT);
	int64_t			 age_ns;
	unsigned		 i;

	for (i = 0; i < COPY_TABLE_WAYS; i++) {
		if (bucket[i].tag != copy_table_tag(hash))
			continue;
		/* As only low bits are stored, it is a signed number. */
		age_ns = (int64_t)(int32_t)(time - bucket[i].time) *
		    (1 << COPY_TABLE_SHIFT);
		if (age_ns > -COPY_TABLE_WINDOW_NS &&
		    age_ns < COPY_TABLE_WINDOW_NS)
			return (age_ns > 0 ? age_ns : 0);
	}
	return (INT64_MAX);
}

/* Adds a hash at the time `ns`; see copy_table_age. */
static inline void
copy_table_add(struct copy_table *t, uint64_t hash, int64_t ns)
{
	struct copy_entry	*bucket = t->buckets[hash % COPY_TABLE_BUCKETS];

	memmove(bucket + 1, bucket, (COPY_TABLE_WAYS - 1) * sizeof(*bucket));
	bucket->tag = copy_table_tag(hash);
	bucket->time = (uint32_t)(ns >> COPY_TABLE_SHIFT);
}

#endif
