/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the time of a line of a log file. */
#ifndef HBW_LOG_TIME_H
#define HBW_LOG_TIME_H

#include "base/wall.h"

/* The time must begin and end within this number of octets of the line. */
#define LOG_TIME_OCTETS	64

/*
 * The first time in a line, such as "2026-11-22 12:00:03,123", "ERROR
 * [2026-11-22T12:00:03+0800]" or "2026/11/22 12:00:03"; or at its beginning
 * "Nov 22 12:00:03" (RFC 3164, section 4.1.2), which is at most a day after
 * `now`.  Without a zone it is local time.  WALL_NEVER if there is none.
 */
struct wall_time log_time(const char *line, struct wall_time now);

#endif
