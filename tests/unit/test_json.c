/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/json.h"
#include "base/mono.h"

struct line {
	struct json	 json;
	char		*text;
	size_t		 length;
};

static void
begin(struct line *line)
{
	FILE	*stream = open_memstream(&line->text, &line->length);

	assert_non_null(stream);
	json_begin(&line->json, stream);
}

static void
expect(struct line *line, const char *expected)
{
	json_end(&line->json);
	assert_int_equal(fclose(line->json.stream), 0);
	assert_string_equal(line->text, expected);
	free(line->text);
}

static void
members(void **state)
{
	struct line	 line;

	(void)state;
	begin(&line);
	expect(&line, "{}\n");
	begin(&line);
	json_text(&line.json, "a", "b");
	json_count(&line.json, "n", UINT64_MAX);
	json_text(&line.json, "c", NULL);
	expect(&line, "{\"a\":\"b\",\"n\":18446744073709551615,\"c\":null}\n");
}

static void
texts(void **state)
{
	static const struct {
		const char	*text;
		const char	*expected;
	} t[] = {
		{ "", "" },
		{ "q\"b\\s/", "q\\\"b\\\\s/" },
		{ "a\nb\tc\rd\x01\x7f", "a\\nb\\tc\\u000dd\\u0001\\u007f" },
		{ "Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x92\x93",
		  "Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x92\x93" },
		{ "\xff\xc3(\xed\xa0\x80.\xe2\x82",
		  "\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd"
		  "\xef\xbf\xbd.\xef\xbf\xbd\xef\xbf\xbd" },
	};
	struct line	 line;
	char		 expected[128];
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		begin(&line);
		json_text(&line.json, "k", t[i].text);
		snprintf(expected, sizeof(expected), "{\"k\":\"%s\"}\n",
		    t[i].expected);
		expect(&line, expected);
	}
}

static void
durations(void **state)
{
	static const struct {
		int64_t		 ns;
		const char	*expected;
	} t[] = {
		{ -1, "null" },
		{ 0, "0.000000" },
		{ 12 * NSEC_PER_SEC + 500 * NSEC_PER_MSEC, "12.500000" },
		{ 1000021000, "1.000021" },
		{ 499, "0.000000" },
		{ 500, "0.000000" },
		{ 501, "0.000001" },
		{ 1500, "0.000002" },
		{ 999999500, "1.000000" },
		{ 86400 * NSEC_PER_SEC, "86400.000000" },
	};
	struct line	 line;
	char		 expected[64];
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		begin(&line);
		json_duration(&line.json, "d", t[i].ns);
		snprintf(expected, sizeof(expected), "{\"d\":%s}\n",
		    t[i].expected);
		expect(&line, expected);
	}
}

static void
times(void **state)
{
	struct line	 line;

	(void)state;
	begin(&line);
	json_time(&line.json, "t", WALL_NEVER);
	json_time(&line.json, "u", (struct wall_time){
	    1795348830 * NSEC_PER_SEC + 250 });
	expect(&line, "{\"t\":null,\"u\":\"2026-11-22T12:00:30.000000Z\"}\n");
}

static void
objects(void **state)
{
	struct line	 line;

	(void)state;
	begin(&line);
	json_begin_object(&line.json, "o");
	json_flag(&line.json, "yes", true);
	json_flag(&line.json, "no", false);
	json_end_object(&line.json);
	json_begin_array(&line.json, "a");
	json_begin_element(&line.json);
	json_end_element(&line.json);
	json_end_array(&line.json);
	json_count(&line.json, "n", 1);
	expect(&line, "{\"o\":{\"yes\":true,\"no\":false},\"a\":[{}],"
	    "\"n\":1}\n");
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(members),
		cmocka_unit_test(texts),
		cmocka_unit_test(durations),
		cmocka_unit_test(times),
		cmocka_unit_test(objects),
	};

	return (cmocka_run_group_tests_name("json", tests, NULL, NULL));
}
