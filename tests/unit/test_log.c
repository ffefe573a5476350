/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lines that base/log.c writes to stderr, with and without the journal of
 * systemd.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

/* The real stderr, while a test reads what is logged. */
static int	 saved_stderr = -1;
static FILE	*captured;

static int
set_up(void **state)
{
	(void)state;
	captured = tmpfile();
	saved_stderr = dup(STDERR_FILENO);
	if (captured == NULL || saved_stderr < 0 ||
	    dup2(fileno(captured), STDERR_FILENO) < 0)
		return (-1);
	return (unsetenv("JOURNAL_STREAM"));
}

static int
tear_down(void **state)
{
	(void)state;
	(void)dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	fclose(captured);
	return (unsetenv("JOURNAL_STREAM"));
}

/* Sets JOURNAL_STREAM to the file of stderr, with another inode or not. */
static void
set_journal_stream(unsigned other_inode)
{
	char		 stream[64];
	struct stat	 st;

	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino + other_inode);
	assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
}

static void
assert_logged(const char *expected)
{
	char	 text[4096];
	ssize_t	 n;

	n = pread(fileno(captured), text, sizeof(text) - 1, 0);
	assert_true(n >= 0);
	text[n] = '\0';
	assert_string_equal(text, expected);
}

static void
lines_have_no_priority_without_the_journal(void **state)
{
	(void)state;
	log_open("hbwatchd", LOG_TO_STDERR, false);
	log_warnx("an alarm");
	log_other("hbwatchd[engine]", LOG_ERR, "a failure");
	assert_string_equal(log_prefix(LOG_ERR), "");
	assert_logged("hbwatchd: an alarm\nhbwatchd[engine]: a failure\n");
}

static void
the_journal_gets_the_priority_of_each_line(void **state)
{
	(void)state;
	set_journal_stream(0);
	log_open("hbwatchd", LOG_TO_STDERR, true);
	log_message(LOG_CRIT, 0, "critical");
	log_errx("error");
	errno = ENOENT;
	log_warn("warning");
	log_notice("notice");
	log_info("info");
	log_debug("debug");
	log_other("hbwatchd[engine]", LOG_DAEMON | LOG_ERR, "a failure");
	assert_logged("<2>hbwatchd: critical\n<3>hbwatchd: error\n"
	    "<4>hbwatchd: warning: No such file or directory\n"
	    "<5>hbwatchd: notice\n<6>hbwatchd: info\n<7>hbwatchd: debug\n"
	    "<3>hbwatchd[engine]: a failure\n");
}

/* With -l syslog, errors in the configuration still go to stderr. */
static void
the_prefix_does_not_depend_on_the_target(void **state)
{
	(void)state;
	set_journal_stream(0);
	log_open("hbwatchd", LOG_TO_SYSLOG, false);
	assert_string_equal(log_prefix(LOG_ERR), "<3>");
	log_open("hbwatchd", LOG_TO_STDERR, false);
	assert_string_equal(log_prefix(LOG_WARNING), "<4>");
}

/* The variable is inherited also when stderr has been redirected. */
static void
a_redirected_stderr_is_not_the_journal(void **state)
{
	(void)state;
	set_journal_stream(1);
	log_open("hbwatchd", LOG_TO_STDERR, false);
	log_warnx("an alarm");
	assert_logged("hbwatchd: an alarm\n");
}

static void
an_invalid_stream_is_not_the_journal(void **state)
{
	static const char *const	 streams[] = {
		"", ":", "8", "8:", "x:y",
	};
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		assert_int_equal(setenv("JOURNAL_STREAM", streams[i], 1), 0);
		assert_int_equal(ftruncate(fileno(captured), 0), 0);
		rewind(captured);
		log_open("hbwatchd", LOG_TO_STDERR, false);
		log_warnx("an alarm");
		assert_logged("hbwatchd: an alarm\n");
	}
}

/* A reader that does not read must not block the daemon. */
static void
dropped_lines_are_counted(void **state)
{
	char	 text[65536];
	int	 fds[2];
	ssize_t	 n;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
	set_journal_stream(0);
	log_open("hbwatchd", LOG_TO_STDERR, false);
	memset(text, 'x', sizeof(text));
	assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	while (write(fds[1], text, sizeof(text)) > 0)
		continue;
	log_warnx("dropped");
	log_warnx("dropped");
	assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	while (read(fds[0], text, sizeof(text)) > 0)
		continue;
	log_errx("written");
	n = read(fds[0], text, sizeof(text) - 1);
	assert_true(n > 0);
	text[n] = '\0';
	assert_string_equal(text, "<4>hbwatchd: 2 log lines were dropped\n"
	    "<3>hbwatchd: written\n");
	close(fds[0]);
	close(fds[1]);
}

#define LOG_TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		LOG_TEST(lines_have_no_priority_without_the_journal),
		LOG_TEST(the_journal_gets_the_priority_of_each_line),
		LOG_TEST(the_prefix_does_not_depend_on_the_target),
		LOG_TEST(a_redirected_stderr_is_not_the_journal),
		LOG_TEST(an_invalid_stream_is_not_the_journal),
		LOG_TEST(dropped_lines_are_counted),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
