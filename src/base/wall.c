/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/mono.h"
#include "base/wall.h"

struct wall_time
wall_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ((struct wall_time){ ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec });
}

char *
wall_text(struct wall_time t, char *text)
{
	int64_t		 sec = t.ns / NSEC_PER_SEC;
	int64_t		 nsec = t.ns % NSEC_PER_SEC;
	struct tm	 tm;
	time_t		 clock;

	if (nsec < 0) {
		nsec += NSEC_PER_SEC;
		sec--;
	}
	clock = (time_t)sec;
	if (wall_is_never(t) || gmtime_r(&clock, &tm) == NULL ||
	    tm.tm_year + 1900 < 1 || tm.tm_year + 1900 > 9999) {
		strcpy(text, "never");
		return (text);
	}
	snprintf(text, WALL_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%06uZ",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	    tm.tm_min, tm.tm_sec, (unsigned)(nsec / NSEC_PER_USEC) % 1000000);
	return (text);
}
