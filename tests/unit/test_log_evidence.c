/* SPDX-License-Identifier: BSD-2-Clause */
/* Looks into log files, and the thread that does it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <time.h>

#include "base/mono.h"
#include "log_evidence.h"
#include "scratch.h"
#include "slow_read.h"

/* 2026-11-22 12:00:00 UTC */
#define NOON		INT64_C(1795348800)
#define AT(s)		((struct wall_time){ (NOON + (s)) * NSEC_PER_SEC })

#define BAD		"12 ERROR Float ip 192.0.2.10 is invalid\n"

static struct scratch		 scratch;
static struct log_position	 position;
static struct evidence_signal	 found;
static regex_t			 pattern;
static char			 buffer[LOG_EVIDENCE_OCTETS + 1];

static int
begin(void **state)
{
	(void)state;
	setenv("TZ", "UTC0", 1);
	tzset();
	scratch_begin(&scratch);
	memset(&position, 0, sizeof(position));
	return (regcomp(&pattern, "Float ip .* is invalid",
	    REG_EXTENDED | REG_NOSUB));
}

static int
end(void **state)
{
	(void)state;
	regfree(&pattern);
	scratch_end(&scratch);
	return (0);
}

static const char *
path(const char *name)
{
	return (scratch_path(&scratch, name));
}

/* Appends to a file, which then has changed at this time. */
static void
append_bytes(const char *name, const void *bytes, size_t n, int64_t changed)
{
	const struct timespec	 times[2] = {
		{ .tv_sec = NOON + changed }, { .tv_sec = NOON + changed },
	};
	FILE			*f = fopen(path(name), "a");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(utimensat(AT_FDCWD, path(name), times, 0), 0);
}

static void
append(const char *name, const char *text, int64_t changed)
{
	append_bytes(name, text, strlen(text), changed);
}

static int
look(int64_t now)
{
	memset(&found, 0xa5, sizeof(found));
	return (log_evidence_look(path("log"), &pattern, &position, AT(now),
	    buffer, &found));
}

static void
assert_found(int64_t now, uint32_t count)
{
	assert_int_equal(look(now), 0);
	assert_int_equal(found.state, count > 0 ? EVIDENCE_PRESENT :
	    EVIDENCE_ABSENT);
	assert_int_equal(found.code, EVIDENCE_LOG_READ);
	assert_int_equal(found.count, count);
}

/* Each line counts once, and only if it is complete. */
static void
new_lines(void **state)
{
	(void)state;
	append("log", "one\n" BAD, 0);
	assert_found(1, 1);
	assert_found(2, 0);
	append("log", "more\nFloat ip 1 is inv", 3);
	assert_found(3, 0);
	append("log", "alid\n", 4);
	assert_found(4, 1);
	assert_found(5, 0);
	append("log", BAD BAD, 6);
	assert_found(6, 2);
}

/* The host is at +08:00; only a line without a zone is in its time. */
static void
time_zones(void **state)
{
	static const char *const	 recent[] = {
		"2026-11-22T11:59:00Z", "2026-11-22T11:59:00.123Z",
		"2026-11-22 12:59:00,123+01:00", "2026-11-22T06:29:00-05:30",
		"2026-11-22 19:59:00", "2026-11-22 19:59:00-main",
		"2026-11-22T12:59:00+0100", "2026-11-22 06:29:00,1 -0530",
		"2026-11-22T12:59:00+01", "2026-11-22 19:59:00 - 12",
		"2026/11/22 19:59:00", "ERROR 7 [2026-11-22 19:59:00]",
		"Nov 22 19:59:00 node-1", "Nov 22 11:59:00Z",
	}, *const old[] = {
		"2026-11-22T19:59:00+0900", "2026-11-22 19:59:00 +0900",
		"2026/11/22 19:29:00", "ERROR 7 [2026-11-22 19:29:00]",
		"Nov 22 19:29:00", "Nov 24 19:59:00",
		"2026-11-22T11:29:00Z", "2026-11-22T19:59:00.5+09:00",
		"2026-11-22 19:29:00",
	};
	char				 line[128];
	size_t				 i;

	(void)state;
	setenv("TZ", "CST-8", 1);
	tzset();
	for (i = 0; i < sizeof(recent) / sizeof(recent[0]); i++) {
		snprintf(line, sizeof(line), "%s " BAD, recent[i]);
		append("log", line, 0);
		assert_int_equal(look(0), 0);
		assert_int_equal(found.count, 1);
		assert_true(found.at.ns == AT(-60).ns);
	}
	for (i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
		snprintf(line, sizeof(line), "%s " BAD, old[i]);
		append("log", line, 0);
		assert_int_equal(look(0), 0);
		assert_int_equal(found.count, 0);
	}
}

/* At the first look, an old file has no new lines. */
static void
old_lines(void **state)
{
	(void)state;
	append("log", BAD, 0);
	assert_found(601, 0);
	append("log", BAD, 602);
	assert_found(602, 1);
	memset(&position, 0, sizeof(position));
	append("log", "2026-11-22 12:00:00,123 " BAD, 0);
	append("log", "[2026-11-22T12:05:00] " BAD, 0);
	append("log", "2026-11-22 12:20:00 " BAD, 700);
	append("log", "9999-12-31 23:59:59 " BAD, 700);
	/* The one of five minutes ago, and the last one. */
	assert_found(700, 2);
	assert_int_equal(found.at.ns, AT(700).ns);
}

/* A line matches, but it may have been written long ago. */
static void
assert_undated(int64_t now)
{
	assert_int_equal(look(now), 0);
	assert_int_equal(found.state, EVIDENCE_UNKNOWN);
	assert_int_equal(found.code, EVIDENCE_LOG_UNDATED);
	assert_int_equal(found.count, 0);
}

/* It is not known when a line without a time was written. */
static void
lines_without_time(void **state)
{
	(void)state;
	append("log", BAD "other\n", 0);
	assert_undated(0);
	append("log", BAD "other\n", 600);
	assert_found(600, 1);
	/* The last look is longer ago than ten minutes. */
	append("log", BAD "other\n", 1201);
	assert_undated(1201);
	append("log", "other\n" BAD, 1900);
	assert_found(1900, 1);
	/* The clock was set back. */
	append("log", BAD "other\n", 1000);
	assert_undated(1000);
	/* A time that is not in the zone of this host is no better. */
	append("log", "2026-11-22 20:00:00 " BAD "other\n", 3000);
	assert_undated(3000);
	/* A line of known age counts nevertheless. */
	append("log", BAD "2026-11-22 13:06:00 " BAD, 4000);
	assert_found(4000, 1);
	assert_int_equal(found.at.ns, AT(3960).ns);
	append("log", "2026-11-22 13:06:00 " BAD BAD "other\n", 5000);
	assert_found(5000, 0);
	/* Such a line may continue the line before. */
	append("log", "2026-11-22 13:35:00 error\n " BAD "other\n", 6000);
	assert_found(6000, 1);
	assert_int_equal(found.at.ns, AT(5700).ns);
}

/* All lines of a file that was created a moment ago are new. */
static void
new_file(void **state)
{
	const int64_t	 now = wall_now().ns / NSEC_PER_SEC + 1 - NOON;

	(void)state;
	append("log", BAD "other\n", now);
	assert_found(now, 1);
	memset(&position, 0, sizeof(position));
	append("log", "other\n", now + 601);
	assert_undated(now + 601);
}

static void
rotated(void **state)
{
	char	 other[300];

	(void)state;
	append("log", "one\n", 0);
	assert_found(0, 0);
	/* The end of the old file is in log.1. */
	append("log", BAD, 1);
	snprintf(other, sizeof(other), "%s", path("log.1"));
	assert_int_equal(rename(path("log"), other), 0);
	append("log", "two\n", 2);
	assert_found(2, 1);
	append("log", BAD, 3);
	assert_found(3, 1);
	/* The file is truncated. */
	assert_int_equal(truncate(path("log"), 0), 0);
	append("log", "3\n" BAD, 4);
	assert_found(4, 1);
	assert_found(5, 0);
	/* It is truncated, and then becomes longer than before. */
	assert_int_equal(truncate(path("log"), 0), 0);
	append("log", BAD "4\n" "a line that is longer than the others\n", 6);
	assert_found(6, 1);
	assert_found(7, 0);
}

/* Only the last MiB is read, of a file of 10 GB too. */
static void
long_file(void **state)
{
	FILE	*f;

	(void)state;
	append("log", BAD, 0);
	assert_int_equal(truncate(path("log"), INT64_C(10) << 30), 0);
	append("log", "\n" BAD, 1);
	assert_found(1, 1);
	/* NUL octets do not hide the rest of a line. */
	append_bytes("log", "a\0b Float ip\0 x is invalid\n", 27, 2);
	assert_found(2, 1);
	/* A line without an end. */
	f = fopen(path("log"), "a");
	assert_non_null(f);
	for (size_t i = 0; i < 3 * LOG_EVIDENCE_OCTETS / 16; i++)
		fputs("Float ip no end ", f);
	fputs("is invalid", f);
	assert_int_equal(fclose(f), 0);
	assert_found(3, 0);
	append("log", "\n" BAD, 4);
	assert_int_equal(look(4), 0);
	assert_int_equal(found.state, EVIDENCE_PRESENT);
	assert_found(5, 0);
}

static void
assert_unreadable(int error)
{
	assert_int_equal(look(0), error);
	assert_int_equal(found.state, EVIDENCE_UNKNOWN);
	assert_int_equal(found.code, EVIDENCE_LOG_UNREADABLE);
	assert_int_equal(found.port, error);
	assert_int_equal(unlink(path("log")), 0);
}

static void
not_a_file(void **state)
{
	(void)state;
	assert_int_equal(look(0), ENOENT);
	assert_int_equal(found.state, EVIDENCE_UNKNOWN);
	assert_int_equal(mkfifo(path("log"), 0600), 0);
	assert_unreadable(EINVAL);
	assert_int_equal(symlink("log", path("log")), 0);
	assert_unreadable(ELOOP);
	assert_int_equal(symlink("/dev/zero", path("log")), 0);
	assert_unreadable(EINVAL);
	assert_int_equal(symlink(".", path("log")), 0);
	assert_unreadable(EINVAL);
}

static void
take_answer(struct log_evidence *l, uint32_t index)
{
	struct pollfd	 fd = { log_evidence_event(l), POLLIN, 0 };
	uint32_t	 got = 0;

	do {
		assert_int_equal(poll(&fd, 1, 60000), 1);
	} while (!log_evidence_answer(l, &got, &found));
	assert_int_equal(got, index);
}

/* Two watches with the same file have their own positions. */
static void
thread(void **state)
{
	struct log_evidence	*l = log_evidence_new();
	FILE			*f = fopen(path("log"), "w");

	(void)state;
	assert_non_null(f);
	fputs(BAD, f);
	assert_int_equal(fclose(f), 0);
	assert_non_null(l);
	assert_true(log_evidence_start(l));
	assert_true(log_evidence_ask(l, 7, path("log"), "^12"));
	take_answer(l, 7);
	assert_int_equal(found.state, EVIDENCE_PRESENT);
	assert_true(log_evidence_ask(l, 7, path("log"), "^12"));
	take_answer(l, 7);
	assert_int_equal(found.state, EVIDENCE_ABSENT);
	assert_true(log_evidence_ask(l, 8, path("log"), "^12"));
	take_answer(l, 8);
	assert_int_equal(found.state, EVIDENCE_PRESENT);
	assert_true(log_evidence_ask(l, 9, path("none"), "x"));
	take_answer(l, 9);
	assert_int_equal(found.state, EVIDENCE_UNKNOWN);
	log_evidence_end(l);
}

/* A look that hangs delays neither its owner nor the end of the process. */
static void
hanging_disk(void **state)
{
	static struct log_evidence	*l;	/* it stays in use */
	uint32_t			 index, i;

	(void)state;
	l = log_evidence_new();
	scratch_write(path("log"), BAD, strlen(BAD));
	assert_non_null(l);
	assert_true(log_evidence_start(l));
	slow_read_set(true);
	(void)alarm(60);
	assert_true(log_evidence_ask(l, 7, path("log"), "Float"));
	assert_true(slow_read_wait());
	for (i = 0; log_evidence_ask(l, i, path("log"), "Float"); i++)
		assert_true(i < 1000);
	assert_false(log_evidence_answer(l, &index, &found));
	/* It returns although the disk still hangs. */
	log_evidence_end(l);
	(void)alarm(0);
	slow_read_set(false);
	log_evidence_end(l);
}

/* Questions are limited, and all are freed at the end. */
static void
too_many(void **state)
{
	struct log_evidence	*l = log_evidence_new();
	uint32_t		 i;

	(void)state;
	for (i = 1; log_evidence_ask(l, i, path("none"), "x"); i++)
		assert_true(i < 1000);
	log_evidence_end(l);
	log_evidence_end(NULL);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup_teardown(new_lines, begin, end),
		cmocka_unit_test_setup_teardown(time_zones, begin, end),
		cmocka_unit_test_setup_teardown(old_lines, begin, end),
		cmocka_unit_test_setup_teardown(lines_without_time, begin,
		    end),
		cmocka_unit_test_setup_teardown(new_file, begin, end),
		cmocka_unit_test_setup_teardown(rotated, begin, end),
		cmocka_unit_test_setup_teardown(long_file, begin, end),
		cmocka_unit_test_setup_teardown(not_a_file, begin, end),
		cmocka_unit_test_setup_teardown(thread, begin, end),
		cmocka_unit_test_setup_teardown(hanging_disk, begin, end),
		cmocka_unit_test_setup_teardown(too_many, begin, end),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
