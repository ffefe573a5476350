/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/mono.h"
#include "state/control_request.h"

#define N(array)	(sizeof(array) / sizeof((array)[0]))

static void
valid(void **state)
{
	static const struct {
		const char		*line;
		struct control_request	 expected;
	} t[] = {
		{ "1\tstatus", { CONTROL_STATUS, "", "", 0 } },
		{ "1\tstatus\tall", { CONTROL_STATUS_ALL, "", "", 0 } },
		{ "1\tstatus\twatch\tall",
		    { CONTROL_STATUS_WATCH, "all", "", 0 } },
		{ "1\tnames\t", { CONTROL_NAMES, "", "", 0 } },
		{ "1\tnames\tfl", { CONTROL_NAMES, "fl", "", 0 } },
		{ "1\tacknowledge\t\tw",
		    { CONTROL_ACKNOWLEDGE, "w", "", 0 } },
		{ "1\tacknowledge\tI look \xc3\xa9\tw x",
		    { CONTROL_ACKNOWLEDGE, "w x", "I look \xc3\xa9", 0 } },
		{ "1\tshelve\t2h\twork\tw", { CONTROL_SHELVE, "w", "work",
		    2 * 3600 * NSEC_PER_SEC } },
		{ "1\tunshelve\tw", { CONTROL_UNSHELVE, "w", "", 0 } },
	};
	struct control_request	 r;
	char			 line[CONTROL_REQUEST_MAX + 1];
	char			 error[CONTROL_ERROR_SIZE];
	size_t			 i;

	(void)state;
	for (i = 0; i < N(t); i++) {
		strcpy(line, t[i].line);
		assert_true(control_request_parse(&r, line, strlen(line),
		    error));
		assert_int_equal(r.command, t[i].expected.command);
		assert_string_equal(r.watch, t[i].expected.watch);
		assert_string_equal(r.text, t[i].expected.text);
		assert_int_equal(r.duration_ns, t[i].expected.duration_ns);
	}
}

static void
invalid(void **state)
{
	static const struct {
		const char	*line;
		const char	*error;
	} t[] = {
		{ "", "too few fields; expected the version of the protocol, a "
		    "command and its arguments" },
		{ "1", "too few fields; expected the version of the protocol, "
		    "a command and its arguments" },
		{ "1\tshelve\t1s\ta\tb\tc", "too many fields; expected the "
		    "version of the protocol, a command and its arguments" },
		{ "2\tstatus", "unknown version \"2\"; expected version 1 of "
		    "the protocol" },
		{ "1\tSTATUS", "unknown command \"STATUS\"; expected status, "
		    "names, acknowledge, shelve or unshelve" },
		{ "1\t\x01", "unknown command \"\\x01\"; expected status, "
		    "names, acknowledge, shelve or unshelve" },
		{ "1\tstatus\tx", "wrong number of fields for \"status\"; "
		    "expected no more fields, all, or watch and a name" },
		{ "1\tstatus\twatch", "wrong number of fields for \"status\"; "
		    "expected the name of a watch" },
		{ "1\tacknowledge\tw", "wrong number of fields for "
		    "\"acknowledge\"; expected a text and a watch" },
		{ "1\tacknowledge\ta\x7f\tw", "control character in text; "
		    "expected at most 255 octets without control characters" },
		{ "1\tunshelve\t\xff", "the request is not a line of UTF-8 "
		    "text" },
	};
	struct control_request	 r;
	char			 line[CONTROL_REQUEST_MAX + 2];
	char			 error[CONTROL_ERROR_SIZE];
	size_t			 i;

	(void)state;
	for (i = 0; i < N(t); i++) {
		strcpy(line, t[i].line);
		assert_false(control_request_parse(&r, line, strlen(line),
		    error));
		assert_string_equal(error, t[i].error);
	}
	strcpy(line, "1\tshelve\t7\ta\tw");
	assert_false(control_request_parse(&r, line, strlen(line), error));
	assert_ptr_equal(strstr(error, "invalid duration \"7\"; expected "),
	    error);
	/* A NUL is no end of the line. */
	memcpy(line, "1\tstatus\0all", 13);
	assert_false(control_request_parse(&r, line, 12, error));
	assert_string_equal(error, "the request is not a line of UTF-8 text");
}

static void
lengths(void **state)
{
	struct control_request	 r;
	char			 line[CONTROL_REQUEST_MAX + 2];
	char			 error[CONTROL_ERROR_SIZE];

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line, "1\tnames\t", 8);
	line[CONTROL_REQUEST_MAX] = '\0';
	assert_true(control_request_parse(&r, line, CONTROL_REQUEST_MAX,
	    error));
	line[CONTROL_REQUEST_MAX] = 'x';
	line[CONTROL_REQUEST_MAX + 1] = '\0';
	memcpy(line, "1\tnames\t", 8);
	assert_false(control_request_parse(&r, line, CONTROL_REQUEST_MAX + 1,
	    error));
	assert_string_equal(error, "the request is too long; expected at most "
	    "4096 octets");
	snprintf(line, sizeof(line), "1\tacknowledge\t%0255d\tw", 0);
	assert_true(control_request_parse(&r, line, strlen(line), error));
	snprintf(line, sizeof(line), "1\tacknowledge\t%0256d\tw", 0);
	assert_false(control_request_parse(&r, line, strlen(line), error));
	assert_string_equal(error, "too long text; expected at most 255 "
	    "octets without control characters");
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(valid),
		cmocka_unit_test(invalid),
		cmocka_unit_test(lengths),
	};

	return (cmocka_run_group_tests_name("control_request", tests, NULL,
	    NULL));
}
