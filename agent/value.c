/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mono.h"
#include "value.h"

void
value_integer(struct value *v, long n)
{
	v->integer = n;
	v->length = sizeof(v->integer);
}

void
value_unsigned(struct value *v, uint64_t n)
{
	v->unsigned32 = n > UINT32_MAX ? UINT32_MAX : (u_long)n;
	v->length = sizeof(v->unsigned32);
}

void
value_counter32(struct value *v, uint64_t n)
{
	v->unsigned32 = (uint32_t)n;
	v->length = sizeof(v->unsigned32);
}

void
value_counter64(struct value *v, uint64_t n)
{
	v->counter64.high = (u_long)(n >> 32);
	v->counter64.low = (u_long)(n & UINT32_MAX);
	v->length = sizeof(v->counter64);
}

static void
value_octets(struct value *v, const void *octets, size_t length)
{
	memcpy(v->octets, octets, length);
	v->length = length;
}

void
value_text(struct value *v, const char *text)
{
	size_t	 length = strlen(text);

	if (length > VALUE_OCTETS) {
		length = VALUE_OCTETS;
		while (length > 0 && ((u_char)text[length] & 0xc0) == 0x80)
			length--;
	}
	value_octets(v, text, length);
}

void
value_milliseconds(struct value *v, int64_t ns)
{
	/* An interval of 0.9996 s between heartbeats is shown as 1 s. */
	value_unsigned(v, ns < 0 ? 0 :
	    (uint64_t)(ns + NSEC_PER_MSEC / 2) / NSEC_PER_MSEC);
}

void
value_seconds(struct value *v, int64_t ns)
{
	value_unsigned(v, ns < 0 ? 0 : (uint64_t)(ns / NSEC_PER_SEC));
}

void
value_time(struct value *v, struct wall_time t)
{
	static const u_char	 never[8];
	u_char			 date[11];
	struct tm		 tm;
	int64_t			 ns = (t.ns % NSEC_PER_SEC + NSEC_PER_SEC) %
				    NSEC_PER_SEC;	/* also before 1970 */
	time_t			 clock = (time_t)((t.ns - ns) / NSEC_PER_SEC);
	long			 east;
	unsigned		 year;

	if (wall_is_never(t) || localtime_r(&clock, &tm) == NULL) {
		value_octets(v, never, sizeof(never));
		return;
	}
	year = (unsigned)tm.tm_year + 1900;
	east = labs(tm.tm_gmtoff) / 60;
	date[0] = (u_char)(year >> 8);
	date[1] = (u_char)year;
	date[2] = (u_char)(tm.tm_mon + 1);
	date[3] = (u_char)tm.tm_mday;
	date[4] = (u_char)tm.tm_hour;
	date[5] = (u_char)tm.tm_min;
	date[6] = (u_char)tm.tm_sec;
	date[7] = (u_char)(ns / (NSEC_PER_SEC / 10));
	date[8] = tm.tm_gmtoff < 0 ? '-' : '+';
	date[9] = (u_char)(east / 60);
	date[10] = (u_char)(east % 60);
	value_octets(v, date, sizeof(date));
}

void
value_address_type(struct value *v, const struct addr *a)
{
	value_integer(v, a->family);
}

void
value_address(struct value *v, const struct addr *a)
{
	value_octets(v, a->octets, addr_length(a));
}

void
value_address_text(struct value *v, const struct addr *a)
{
	char	 text[ADDR_TEXT_SIZE];

	value_text(v, addr_text(a, text));
}
