/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON Lines (RFC 8259): one object of plain values a line.
 */
#ifndef HBW_JSON_H
#define HBW_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/wall.h"

struct json {
	FILE	*stream;
	bool	 empty;
};

/* Each writes a member, in the order of the calls.  Errors are the stream's. */
void	 json_begin(struct json *, FILE *);
/*
 * What is not UTF-8 in `text` is written as U+FFFD.  NULL is null.  Keys are
 * plain ASCII.
 */
void	 json_text(struct json *, const char *key, const char *text);
/* RFC 3339 in UTC with six digits; WALL_NEVER is null. */
void	 json_time(struct json *, const char *key, struct wall_time);
/* Seconds with six digits; less than 0 is null. */
void	 json_duration(struct json *, const char *key, int64_t ns);
void	 json_count(struct json *, const char *key, uint64_t);
/* Ends the object and the line. */
void	 json_end(struct json *);

#endif
