/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time for people: what a log, a table or a notification shows.  No verdict is
 * made from it.
 */
#ifndef HBW_WALL_H
#define HBW_WALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* CLOCK_REALTIME: nanoseconds since 1970-01-01T00:00:00Z; 0 says never. */
struct wall_time {
	int64_t ns;
};

#define WALL_NEVER	((struct wall_time){ 0 })

/* The clock.  Read in the loops of the processes, nowhere else. */
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

#define WALL_TEXT_SIZE	40

/*
 * Writes t in UTC as RFC 3339 has it (section 5.6), with six digits of a
 * second: 2026-11-22T12:00:30.000000Z.  `text` holds WALL_TEXT_SIZE bytes.
 * Years outside 1..9999 are written as "never", and so is WALL_NEVER.
 * Returns text.
 */
char *wall_text(struct wall_time t, char *text);

#endif
