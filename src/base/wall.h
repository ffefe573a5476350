/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wall-clock time, which logs, tables and notifications show.  No decision uses
 * it.
 */
#ifndef HBW_WALL_H
#define HBW_WALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* CLOCK_REALTIME: nanoseconds since 1970-01-01T00:00:00Z; 0: never. */
struct wall_time {
	int64_t ns;
};

#define WALL_NEVER	((struct wall_time){ 0 })

/* Reads the clock.  Most code is given the time instead. */
struct wall_time wall_now(void);

static inline struct wall_time
wall_add(struct wall_time t, int64_t ns)
{
	return ((struct wall_time){ t.ns + ns });
}

static inline int64_t
wall_sub(struct wall_time a, struct wall_time b)
{
	return (a.ns - b.ns);
}

static inline bool
wall_is_never(struct wall_time t)
{
	return (t.ns == 0);
}

/* A compiler that knows no ranges counts all digits of an int. */
#define WALL_TEXT_SIZE	80

/*
 * Writes t into text[WALL_TEXT_SIZE], in UTC, in the format of RFC 3339
 * (section 5.6) to the microsecond: 2026-11-22T12:00:30.000000Z.  WALL_NEVER
 * and years outside 1..9999 are written as "never".  Returns text.
 */
char *wall_text(struct wall_time t, char *text);

#endif
