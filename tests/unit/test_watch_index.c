/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/watch_index.h"

/* Adds names, each of which must get a number. */
static void
add(struct watch_index *n, const char *const *list, size_t count)
{
	uint32_t	 number;
	size_t		 i;

	for (i = 0; i < count; i++) {
		number = watch_index_add(n, list[i]);
		assert_int_not_equal(number, 0);
		assert_int_equal(watch_index_find(n, list[i]), number);
	}
}

static void
empty(void **state)
{
	struct watch_index	 n = { 0 };

	(void)state;
	assert_int_equal(watch_index_find(&n, "db"), 0);
	assert_int_equal(n.count, 0);
	watch_index_free(&n);
}

static void
numbers_in_the_order_given(void **state)
{
	static const char *const	 list[] = { "web", "db", "mq" };
	struct watch_index		 n = { 0 };

	(void)state;
	add(&n, list, 3);
	assert_int_equal(watch_index_find(&n, "web"), 1);
	assert_int_equal(watch_index_find(&n, "db"), 2);
	assert_int_equal(watch_index_find(&n, "mq"), 3);
	assert_int_equal(watch_index_find(&n, "d"), 0);
	assert_int_equal(watch_index_find(&n, "db2"), 0);
	assert_int_equal(watch_index_find(&n, ""), 0);
	watch_index_free(&n);
	assert_int_equal(watch_index_find(&n, "db"), 0);
}

/* Watches are removed from the configuration and added in another order. */
static void
a_name_keeps_its_number(void **state)
{
	static const char *const	 first[] = { "web", "db", "mq" };
	static const char *const	 second[] = { "ldap", "mq", "auth" };
	static const char *const	 third[] = { "auth", "db", "web" };
	struct watch_index		 n = { 0 };

	(void)state;
	add(&n, first, 3);
	add(&n, second, 3);
	add(&n, third, 3);
	assert_int_equal(watch_index_find(&n, "web"), 1);
	assert_int_equal(watch_index_find(&n, "db"), 2);
	assert_int_equal(watch_index_find(&n, "mq"), 3);
	assert_int_equal(watch_index_find(&n, "ldap"), 4);
	assert_int_equal(watch_index_find(&n, "auth"), 5);
	assert_int_equal(n.count, 5);
	assert_int_equal(n.last, 5);
	watch_index_free(&n);
}

/* `last` may be above the numbers of all names. */
static void
no_number_twice(void **state)
{
	static const char *const	 list[] = { "db" };
	struct watch_index		 n = { .last = 41 };

	(void)state;
	add(&n, list, 1);
	assert_int_equal(watch_index_find(&n, "db"), 42);
	assert_int_equal(n.last, 42);
	watch_index_free(&n);
}

/* Names are restored in any order; new ones are numbered from the highest. */
static void
numbers_restored(void **state)
{
	static const char *const	 old[] = { "db", "web", "mq" };
	static const uint32_t		 numbers[] = { 7, 3, 12 };
	static const char *const	 list[] = { "mq", "auth", "db" };
	struct watch_index		 n = { 0 };
	size_t				 i;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_true(watch_index_restore(&n, old[i], numbers[i]));
	assert_int_equal(n.last, 12);
	add(&n, list, 3);
	assert_int_equal(watch_index_find(&n, "db"), 7);
	assert_int_equal(watch_index_find(&n, "web"), 3);
	assert_int_equal(watch_index_find(&n, "mq"), 12);
	assert_int_equal(watch_index_find(&n, "auth"), 13);
	watch_index_free(&n);
}

static void
names_are_copied(void **state)
{
	struct watch_index	 n = { 0 };
	char			 name[] = "db";
	const char		*list[] = { name };

	(void)state;
	add(&n, list, 1);
	name[0] = 'x';
	assert_int_equal(watch_index_find(&n, "db"), 1);
	assert_int_equal(watch_index_find(&n, "xb"), 0);
	watch_index_free(&n);
}

#define MANY	5000

static void
many(void **state)
{
	static char		 text[MANY][8];
	const char		*list[MANY];
	struct watch_index	 n = { 0 };
	size_t			 i;

	(void)state;
	for (i = 0; i < MANY; i++) {
		/* The order is not the alphabetic one. */
		snprintf(text[i], sizeof(text[i]), "w%zu", i * 7919 % MANY);
		list[i] = text[i];
	}
	for (i = 0; i < MANY; i += 500)
		add(&n, list, i + 500);
	assert_int_equal(n.count, MANY);
	for (i = 0; i < MANY; i++)
		assert_int_equal(watch_index_find(&n, list[i]), i + 1);
	watch_index_free(&n);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(empty),
		cmocka_unit_test(numbers_in_the_order_given),
		cmocka_unit_test(a_name_keeps_its_number),
		cmocka_unit_test(no_number_twice),
		cmocka_unit_test(numbers_restored),
		cmocka_unit_test(names_are_copied),
		cmocka_unit_test(many),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
