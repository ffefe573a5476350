/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The values of SNMP variables: times, texts, numbers and addresses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mono.h"
#include "value.h"

#define N(array)	(sizeof(array) / sizeof((array)[0]))

/* 2026-11-22T12:00:00Z and 2026-07-01T12:00:00Z, in nanoseconds */
#define NOON		(INT64_C(1795348800) * NSEC_PER_SEC)
#define SUMMER		(INT64_C(1782907200) * NSEC_PER_SEC)

static void
zone(const char *tz)
{
	assert_int_equal(setenv("TZ", tz, 1), 0);
	tzset();
}

static int
zone_back(void **state)
{
	(void)state;
	zone("UTC0");
	return (0);
}

/* In the DISPLAY-HINT of RFC 2579: 2d-1d-1d,1d:1d:1d.1d,1a1d:1d */
static void
assert_time(int64_t ns, const char *expected)
{
	struct value	 v;
	char		 text[64];
	const u_char	*o = v.octets;

	value_time(&v, (struct wall_time){ ns });
	assert_int_equal(v.length, 11);
	snprintf(text, sizeof(text), "%d-%d-%d,%d:%d:%d.%d,%c%d:%d",
	    o[0] * 256 + o[1], o[2], o[3], o[4], o[5], o[6], o[7], o[8], o[9],
	    o[10]);
	assert_string_equal(text, expected);
}

/* POSIX time zones, which need no files. */
static void
time_in_zones(void **state)
{
	static const struct {
		const char	*tz;
		int64_t		 ns;
		const char	*text;
	} t[] = {
		{ "UTC0", NOON, "2026-11-22,12:0:0.0,+0:0" },
		{ "IST-5:30", NOON, "2026-11-22,17:30:0.0,+5:30" },
		{ "NST3:30NDT,M3.2.0,M11.1.0", NOON,
		    "2026-11-22,8:30:0.0,-3:30" },
		{ "NST3:30NDT,M3.2.0,M11.1.0", SUMMER,
		    "2026-7-1,9:30:0.0,-2:30" },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", SUMMER,
		    "2026-7-1,14:0:0.0,+2:0" },
		{ "HALF0:30", NOON, "2026-11-22,11:30:0.0,-0:30" },
		{ "MART9:30", NOON, "2026-11-22,2:30:0.0,-9:30" },
		{ "CHA-12:45", NOON, "2026-11-23,0:45:0.0,+12:45" },
		{ "LINT-14", NOON, "2026-11-23,2:0:0.0,+14:0" },
		{ "AOE12", NOON, "2026-11-22,0:0:0.0,-12:0" },
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < N(t); i++) {
		print_message("# %s\n", t[i].tz);
		zone(t[i].tz);
		assert_time(t[i].ns, t[i].text);
	}
}

static void
time_in_named_zones(void **state)
{
	static const struct {
		const char	*tz;
		int64_t		 ns;
		const char	*text;
	} t[] = {
		{ "UTC", NOON, "2026-11-22,12:0:0.0,+0:0" },
		{ "Asia/Kolkata", NOON, "2026-11-22,17:30:0.0,+5:30" },
		{ "America/St_Johns", NOON, "2026-11-22,8:30:0.0,-3:30" },
		{ "America/St_Johns", SUMMER, "2026-7-1,9:30:0.0,-2:30" },
		{ "Pacific/Marquesas", NOON, "2026-11-22,2:30:0.0,-9:30" },
	};
	char	 file[128];
	size_t	 i;

	(void)state;
	for (i = 0; i < N(t); i++) {
		snprintf(file, sizeof(file), "/usr/share/zoneinfo/%s", t[i].tz);
		if (access(file, R_OK) != 0) {
			print_message("# %s: skipped, no such file\n", file);
			continue;
		}
		print_message("# %s\n", t[i].tz);
		zone(t[i].tz);
		assert_time(t[i].ns, t[i].text);
	}
}

/* Times are cut, not rounded, so no future time is shown. */
static void
time_to_the_decisecond(void **state)
{
	(void)state;
	zone("UTC0");
	assert_time(NOON + 1, "2026-11-22,12:0:0.0,+0:0");
	assert_time(NOON + 99999999, "2026-11-22,12:0:0.0,+0:0");
	assert_time(NOON + 100000000, "2026-11-22,12:0:0.1,+0:0");
	assert_time(NOON + 555555555, "2026-11-22,12:0:0.5,+0:0");
	assert_time(NOON + 999999999, "2026-11-22,12:0:0.9,+0:0");
	assert_time(NOON - 1, "2026-11-22,11:59:59.9,+0:0");
}

static void
time_of_other_years(void **state)
{
	(void)state;
	zone("UTC0");
	assert_time(1, "1970-1-1,0:0:0.0,+0:0");
	assert_time(-1, "1969-12-31,23:59:59.9,+0:0");
	assert_time(-5 * NSEC_PER_SEC, "1969-12-31,23:59:55.0,+0:0");
	assert_time(INT64_C(951782399) * NSEC_PER_SEC,
	    "2000-2-28,23:59:59.0,+0:0");
	assert_time(INT64_C(951782400) * NSEC_PER_SEC,
	    "2000-2-29,0:0:0.0,+0:0");
	assert_time(INT64_C(1798761599) * NSEC_PER_SEC,
	    "2026-12-31,23:59:59.0,+0:0");
	/* More seconds than 32 bits can count. */
	assert_time(INT64_C(4294967296) * NSEC_PER_SEC,
	    "2106-2-7,6:28:16.0,+0:0");
}

static void
time_never(void **state)
{
	static const u_char	 zeros[8];
	struct value		 v;

	(void)state;
	zone("IST-5:30");
	memset(&v, 0xff, sizeof(v));
	value_time(&v, WALL_NEVER);
	assert_int_equal(v.length, 8);
	assert_memory_equal(v.octets, zeros, 8);
}

static void
text(void **state)
{
	char		 long_text[300];
	struct value	 v;

	(void)state;
	value_text(&v, "");
	assert_int_equal(v.length, 0);
	value_text(&v, "eth1");
	assert_int_equal(v.length, 4);
	assert_memory_equal(v.octets, "eth1", 4);
	memset(long_text, 'x', sizeof(long_text));
	long_text[255] = '\0';
	value_text(&v, long_text);
	assert_int_equal(v.length, 255);
	long_text[255] = 'y';
	long_text[256] = '\0';
	value_text(&v, long_text);
	assert_int_equal(v.length, 255);
	assert_memory_equal(v.octets, long_text, 255);
}

/* Characters of 2, 3 and 4 octets at each position around the cut. */
static void
text_cut_at_a_character(void **state)
{
	static const char *const characters[] = { "é", "…", "𝄞" };
	char			 t[300];
	struct value		 v;
	size_t			 i, n, at;

	(void)state;
	for (i = 0; i < N(characters); i++) {
		n = strlen(characters[i]);
		for (at = VALUE_OCTETS - 5; at <= VALUE_OCTETS; at++) {
			memset(t, 'x', sizeof(t));
			memcpy(t + at, characters[i], n);
			t[sizeof(t) - 1] = '\0';
			value_text(&v, t);
			assert_int_equal(v.length,
			    at + n <= VALUE_OCTETS ? VALUE_OCTETS : at);
			assert_memory_equal(v.octets, t, v.length);
		}
	}
}

static void
text_without_a_character(void **state)
{
	char		 t[300];
	struct value	 v;

	(void)state;
	memset(t, 0x80, sizeof(t));
	t[sizeof(t) - 1] = '\0';
	value_text(&v, t);
	assert_true(v.length <= VALUE_OCTETS);
}

static void
numbers(void **state)
{
	struct value	 v;

	(void)state;
	value_integer(&v, -2147483647 - 1);
	assert_int_equal(v.integer, -2147483647 - 1);
	assert_int_equal(v.length, sizeof(long));
	value_unsigned(&v, 0);
	assert_int_equal(v.unsigned32, 0);
	assert_int_equal(v.length, sizeof(u_long));
	value_unsigned(&v, UINT32_MAX);
	assert_int_equal(v.unsigned32, UINT32_MAX);
	/* A Gauge stays at its maximum. */
	value_unsigned(&v, (uint64_t)UINT32_MAX + 1);
	assert_int_equal(v.unsigned32, UINT32_MAX);
	value_unsigned(&v, UINT64_MAX);
	assert_int_equal(v.unsigned32, UINT32_MAX);
	/* A counter wraps. */
	value_counter32(&v, UINT32_MAX);
	assert_int_equal(v.unsigned32, UINT32_MAX);
	assert_int_equal(v.length, sizeof(u_long));
	value_counter32(&v, (uint64_t)UINT32_MAX + 3);
	assert_int_equal(v.unsigned32, 2);
}

static void
counter64(void **state)
{
	struct value	 v;

	(void)state;
	value_counter64(&v, 7);
	assert_int_equal(v.length, sizeof(struct counter64));
	assert_int_equal(v.counter64.high, 0);
	assert_int_equal(v.counter64.low, 7);
	value_counter64(&v, UINT64_C(0x123456789abcdef0));
	assert_int_equal(v.counter64.high, 0x12345678);
	assert_int_equal(v.counter64.low, 0x9abcdef0);
	value_counter64(&v, UINT64_MAX);
	assert_int_equal(v.counter64.high, UINT32_MAX);
	assert_int_equal(v.counter64.low, UINT32_MAX);
}

static void
milliseconds(void **state)
{
	static const struct {
		int64_t		 ns;
		uint64_t	 ms;
	} t[] = {
		{ 0, 0 }, { 1, 0 }, { 499999, 0 }, { 500000, 1 },
		{ 1000000, 1 }, { 1499999, 1 }, { 1500000, 2 },
		{ 999600000, 1000 }, { 30 * NSEC_PER_SEC, 30000 },
		{ INT64_C(3000500000), 3001 },
		{ 24 * 3600 * NSEC_PER_SEC, 86400000 },
		{ -1, 0 }, { -30 * NSEC_PER_SEC, 0 },
		{ INT64_C(4294967295) * NSEC_PER_MSEC, UINT32_MAX },
		{ INT64_C(4294967296) * NSEC_PER_MSEC, UINT32_MAX },
		{ INT64_C(292) * 365 * 24 * 3600 * NSEC_PER_SEC, UINT32_MAX },
	};
	struct value	 v;
	size_t		 i;

	(void)state;
	for (i = 0; i < N(t); i++) {
		value_milliseconds(&v, t[i].ns);
		assert_int_equal(v.unsigned32, t[i].ms);
		assert_int_equal(v.length, sizeof(u_long));
	}
}

static void
assert_address(const char *address, long type, const void *octets,
    size_t length)
{
	struct addr	 a = { 0 };
	struct value	 v;

	if (address != NULL)
		assert_true(addr_parse(address, &a));
	value_address_type(&v, &a);
	assert_int_equal(v.integer, type);
	assert_int_equal(v.length, sizeof(long));
	value_address(&v, &a);
	assert_int_equal(v.length, length);
	assert_memory_equal(v.octets, octets, length);
}

/* InetAddressType: unknown(0), ipv4(1), ipv6(2) */
static void
addresses(void **state)
{
	(void)state;
	assert_address(NULL, 0, "", 0);
	assert_address("192.0.2.12", 1, "\xc0\x00\x02\x0c", 4);
	assert_address("2001:db8::c", 2, "\x20\x01\x0d\xb8\0\0\0\0"
	    "\0\0\0\0\0\0\0\x0c", 16);
	assert_address("::ffff:192.0.2.12", 2, "\0\0\0\0\0\0\0\0"
	    "\0\0\xff\xff\xc0\x00\x02\x0c", 16);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(time_in_zones, zone_back),
		cmocka_unit_test_teardown(time_in_named_zones, zone_back),
		cmocka_unit_test_teardown(time_to_the_decisecond, zone_back),
		cmocka_unit_test_teardown(time_of_other_years, zone_back),
		cmocka_unit_test_teardown(time_never, zone_back),
		cmocka_unit_test(text),
		cmocka_unit_test(text_cut_at_a_character),
		cmocka_unit_test(text_without_a_character),
		cmocka_unit_test(numbers),
		cmocka_unit_test(counter64),
		cmocka_unit_test(milliseconds),
		cmocka_unit_test(addresses),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
