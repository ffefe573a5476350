/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Monotonic time, which all decisions use.  It is a type of its own, so a
 * confusion with wall-clock time (wall.h) is a compiler error.
 */
#ifndef HBW_MONO_H
#define HBW_MONO_H

#include <stdbool.h>
#include <stdint.h>

#define NSEC_PER_SEC	INT64_C(1000000000)
#define NSEC_PER_MSEC	INT64_C(1000000)
#define NSEC_PER_USEC	INT64_C(1000)

/* CLOCK_MONOTONIC: nanoseconds since the boot, without suspended time. */
struct mono_time {
	int64_t ns;
};

#define MONO_NEVER	((struct mono_time){ INT64_MAX })

/* Reads the clock.  Code that makes decisions is given `now` instead. */
struct mono_time mono_now(void);

/* A duration is an int64_t in nanoseconds, and its name ends in _ns. */
static inline double
mono_seconds(int64_t ns)
{
	return ((double)ns / NSEC_PER_SEC);
}

static inline struct mono_time
mono_add(struct mono_time t, int64_t ns)
{
	return ((struct mono_time){ t.ns + ns });
}

static inline int64_t
mono_sub(struct mono_time a, struct mono_time b)
{
	return (a.ns - b.ns);
}

static inline bool
mono_before(struct mono_time a, struct mono_time b)
{
	return (a.ns < b.ns);
}

static inline struct mono_time
mono_max(struct mono_time a, struct mono_time b)
{
	return (a.ns > b.ns ? a : b);
}

static inline struct mono_time
mono_min(struct mono_time a, struct mono_time b)
{
	return (a.ns < b.ns ? a : b);
}

#endif
