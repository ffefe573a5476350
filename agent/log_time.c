/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/mono.h"
#include "log_time.h"

/* A struct wall_time ends in the year 2262. */
#define YEAR_MAX	2200

#define DAY_NS		(24 * 3600 * NSEC_PER_SEC)

static bool
read_two_digits(const char *text, unsigned *value)
{
	if (!isdigit((unsigned char)text[0]) ||
	    !isdigit((unsigned char)text[1]))
		return (false);
	*value = (unsigned)((text[0] - '0') * 10 + text[1] - '0');
	return (true);
}

/*
 * Reads what follows the seconds of a time: a fraction, and the zone: "Z",
 * "+08:00", "+0800" or "+08"; after a blank it must have minutes.  False if
 * there is no zone; then it is that of this host.
 */
static bool
read_zone(const char *text, time_t *offset)
{
	unsigned	 hours, minutes = 0;
	bool		 blank, negative;

	if (*text == '.' || *text == ',')
		text += 1 + strspn(text + 1, "0123456789");
	*offset = 0;
	if (*text == 'Z')
		return (true);
	blank = *text == ' ';
	text += blank;
	negative = *text == '-';
	if ((*text != '+' && *text != '-') ||
	    !read_two_digits(text + 1, &hours))
		return (false);
	text += 3;
	if (read_two_digits(text + (*text == ':'), &minutes))
		text += (*text == ':') + 2;
	else if (blank)
		return (false);
	if (isalnum((unsigned char)*text) || hours > 23 || minutes > 59)
		return (false);
	*offset = (time_t)(hours * 3600 + minutes * 60);
	if (negative)
		*offset = -*offset;
	return (true);
}

/* `rest` is the text after the seconds. */
static struct wall_time
time_from(struct tm *tm, const char *rest)
{
	time_t	 t, offset;

	tm->tm_isdst = -1;
	t = read_zone(rest, &offset) ? timegm(tm) - offset : mktime(tm);
	return (t == (time_t)-1 ? WALL_NEVER :
	    (struct wall_time){ t * NSEC_PER_SEC });
}

/* The time at the beginning of the text, with a year. */
static struct wall_time
read_full(const char *text)
{
	struct tm	 tm = { 0 };
	char		 between;
	int		 length;

	if (sscanf(text, "%4d%*1[-/]%2d%*1[-/]%2d%c%2d:%2d:%2d%n", &tm.tm_year,
	    &tm.tm_mon, &tm.tm_mday, &between, &tm.tm_hour, &tm.tm_min,
	    &tm.tm_sec, &length) != 7 ||
	    tm.tm_year < 1970 || tm.tm_year > YEAR_MAX)
		return (WALL_NEVER);
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return (time_from(&tm, text + length));
}

/* The time at the beginning of the text, without a year. */
static struct wall_time
read_without_year(const char *text, struct wall_time now)
{
	struct tm		 tm, today;
	const time_t		 seconds = (time_t)(now.ns / NSEC_PER_SEC);
	const char		*rest;
	struct wall_time	 at;
	int			 year;

	if (localtime_r(&seconds, &today) == NULL)
		return (WALL_NEVER);
	for (year = today.tm_year + 1; year >= today.tm_year - 1; year--) {
		tm = (struct tm){ .tm_year = year };
		rest = strptime(text, "%b %d %H:%M:%S", &tm);
		if (rest == NULL)
			return (WALL_NEVER);
		at = time_from(&tm, rest);
		if (wall_sub(at, now) <= DAY_NS)
			return (at);
	}
	return (WALL_NEVER);
}

struct wall_time
log_time(const char *line, struct wall_time now)
{
	char			 head[LOG_TIME_OCTETS + 1];
	struct wall_time	 at;
	size_t			 i, length = strnlen(line, LOG_TIME_OCTETS);

	memcpy(head, line, length);
	head[length] = '\0';
	at = read_without_year(head, now);
	for (i = 0; wall_is_never(at) && i < length; i++)
		if (isdigit((unsigned char)head[i]) &&
		    (i == 0 || !isdigit((unsigned char)head[i - 1])))
			at = read_full(head + i);
	return (at);
}
