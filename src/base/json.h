/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON Lines: each line is an object (RFC 8259).
 */
#ifndef HBW_JSON_H
#define HBW_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/wall.h"

struct json {
	FILE	*stream;
	bool	 empty;		/* no member was written yet */
};

/* Begins an object.  The caller checks the stream for errors. */
void	 json_begin(struct json *, FILE *);

/*
 * The following functions write a member.  The key is ASCII without characters
 * to escape; NULL in an array.
 */

/* NULL is written as null, and each octet that is invalid UTF-8 as U+FFFD. */
void	 json_text(struct json *, const char *key, const char *text);
/* RFC 3339 in UTC, to the microsecond; null for WALL_NEVER. */
void	 json_time(struct json *, const char *key, struct wall_time);
/* Seconds, to the microsecond; null for a negative duration. */
void	 json_duration(struct json *, const char *key, int64_t ns);
void	 json_count(struct json *, const char *key, uint64_t);
void	 json_flag(struct json *, const char *key, bool);

/*
 * Begin and end an object that is a member.  Begin and end an array, and an
 * object in one.  The members of an array are objects, or texts with the key
 * NULL.
 */
void	 json_begin_object(struct json *, const char *key);
void	 json_end_object(struct json *);
void	 json_begin_array(struct json *, const char *key);
void	 json_end_array(struct json *);
void	 json_begin_element(struct json *);
void	 json_end_element(struct json *);

/* Ends the object and the line. */
void	 json_end(struct json *);

#endif
