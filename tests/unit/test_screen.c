/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "offline/screen.h"

static char	*output;
static size_t	 output_size;

static struct screen
open_screen(size_t width)
{
	struct screen	 s;

	screen_init(&s, stdout);
	s.out = open_memstream(&output, &output_size);
	assert_non_null(s.out);
	s.width = width;
	s.colour = s.ascii = false;
	return (s);
}

/* Compares what was written, and closes the screen. */
static void
assert_written(struct screen *s, const char *expected)
{
	assert_int_equal(fclose(s->out), 0);
	assert_string_equal(output, expected);
	free(output);
}

static void
assert_cell(size_t screen, const char *text, int width, bool may_cut,
    const char *expected)
{
	struct screen	 s = open_screen(screen);

	screen_cell(&s, SCREEN_BAD, text, width, may_cut);
	assert_written(&s, expected);
}

static void
cells_have_columns(void **state)
{
	(void)state;
	assert_cell(80, "abc", 5, true, "abc  ");
	assert_cell(80, "abc", -5, true, "  abc");
	assert_cell(80, "abc", 0, true, "abc");
	assert_cell(80, "", 2, true, "  ");
	/* Two columns each. */
	assert_cell(80, "数据", 5, true, "数据 ");
	/* A combining character has none. */
	assert_cell(80, "e\xcc\x81", 3, true, "e\xcc\x81  ");
}

static void
long_cells_lose_their_middle(void **state)
{
	(void)state;
	assert_cell(80, "abcdefgh", 8, true, "abcdefgh");
	assert_cell(80, "abcdefgh", 7, true, "abc…fgh");
	assert_cell(80, "abcdefgh", 6, true, "abc…gh");
	assert_cell(80, "abcdefgh", 2, true, "a…");
	/* A character that does not fit into the rest leaves a blank. */
	assert_cell(80, "数据库主节点", 8, true, "数据…点 ");
	assert_cell(80, "abcdefgh", 6, false, "abcdefgh");
	/* Without a limit of the screen, nothing is cut. */
	assert_cell(0, "abcdefgh", 6, true, "abcdefgh");
}

static void
assert_clean(bool ascii, const char *text, const char *expected)
{
	struct screen	 s = { .ascii = ascii };
	char		 clean[SCREEN_TEXT_SIZE];

	assert_string_equal(screen_clean(&s, text, clean), expected);
}

static void
control_characters_are_replaced(void **state)
{
	char	 text[2 * SCREEN_TEXT_SIZE], clean[SCREEN_TEXT_SIZE];
	struct screen	 s = { .width = 80 };

	(void)state;
	assert_clean(false, "\033[2J\a\n\t\177", "?[2J????");
	assert_clean(false, "\xc2\x9b" "31m", "?31m");	/* C1: CSI */
	assert_clean(false, "a\xe2\x80\xae" "b", "a?b");	/* direction */
	assert_clean(false, "a\xe2\x80\x8b" "b", "a?b");	/* invisible */
	assert_clean(false, "a\xff\xc0\x80" "b", "a???b");	/* invalid */
	assert_clean(false, "節点-é", "節点-é");
	assert_clean(true, "節点 é", "?? ?");
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_true(strlen(screen_clean(&s, text, clean)) <
	    SCREEN_TEXT_SIZE);
}

static void
paragraphs_break_between_words(void **state)
{
	struct screen	 s = open_screen(40);

	(void)state;
	screen_paragraph(&s, SCREEN_PLAIN, 8, "Next:",
	    "Check the switches, cables and routers "
	    "averylongwordthatisnotbrokenbutcutattheend of it");
	assert_written(&s,
	    "Next:   Check the switches, cables and\n"
	    "        routers\n"
	    "        averylongwordthatisnotbrokenbutc\n"
	    "        utattheend of it\n");
	/* A title as wide as the screen, or wider. */
	s = open_screen(40);
	screen_paragraph(&s, SCREEN_PLAIN, 40, "", "Check the switches");
	assert_written(&s, "                                        "
	    "Check the\n                                        switches\n");
	s = open_screen(2);
	screen_paragraph(&s, SCREEN_PLAIN, 4, "abc", "数据 数据 数据 数据");
	assert_written(&s, "abc 数据 数据 数据\n    数据\n");
	s = open_screen(40);
	screen_paragraph(&s, SCREEN_PLAIN, 2, "", "");
	assert_written(&s, "  \n");
	s = open_screen(40);
	screen_paragraph(&s, SCREEN_PLAIN, 0, "",
	    "数据库主节点数据库主节点数据库主节点数据库主节点");
	assert_written(&s, "数据库主节点数据库主节点数据库主节点数据\n"
	    "库主节点\n");
}

static void
colours_are_ended(void **state)
{
	struct screen	 s = open_screen(80);

	(void)state;
	s.colour = true;
	screen_cell(&s, SCREEN_GOOD, "a", 3, true);
	screen_cell(&s, SCREEN_PLAIN, "b", 1, true);
	assert_written(&s, "\033[32ma\033[0m  b");
}

static void
durations_have_a_unit(void **state)
{
	static const struct {
		double		 seconds;
		const char	*text;
	} cases[] = {
		{ 0, "0 s" }, { 0.0004, "0.4 ms" }, { 0.0098, "9.8 ms" },
		{ 0.01, "10 ms" }, { 0.9994, "999 ms" }, { 0.9996, "1.0 s" },
		{ 9.94, "9.9 s" }, { 9.96, "10 s" }, { 99, "99 s" },
		{ 120, "2 min" }, { 5999, "100 min" }, { 6000, "2 h" },
		{ 172799, "48 h" }, { 172800, "2 d" }, { 86400e3, "1000 d" },
		{ -1, "-" }, { 1e300, "-" }, { 0.0 / 0.0, "-" },
	};
	char	 text[SCREEN_DURATION_SIZE];
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(screen_duration(cases[i].seconds, text),
		    cases[i].text);
}

int
main(void)
{
	static const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(cells_have_columns),
		cmocka_unit_test(long_cells_lose_their_middle),
		cmocka_unit_test(control_characters_are_replaced),
		cmocka_unit_test(paragraphs_break_between_words),
		cmocka_unit_test(colours_are_ended),
		cmocka_unit_test(durations_have_a_unit),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
