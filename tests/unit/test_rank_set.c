/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/rank_set.h"

#define SIZE_MOST	70

static void
empty(void **state)
{
	struct rank_set	 set;

	(void)state;
	assert_true(rank_set_init(&set, 0));
	assert_int_equal(set.count, 0);
	rank_set_free(&set);
	rank_set_free(&set);
}

static void
repeated(void **state)
{
	struct rank_set	 set;

	(void)state;
	assert_true(rank_set_init(&set, 5));
	rank_set_put(&set, 3, false);
	assert_int_equal(set.count, 0);
	rank_set_put(&set, 3, true);
	rank_set_put(&set, 3, true);
	assert_int_equal(set.count, 1);
	assert_int_equal(rank_set_nth(&set, 0), 3);
	rank_set_put(&set, 3, false);
	rank_set_put(&set, 3, false);
	assert_int_equal(set.count, 0);
	rank_set_free(&set);
}

static void
assert_members(const struct rank_set *set, const bool *members)
{
	uint32_t	 i, n = 0;

	for (i = 0; i < set->size; i++)
		if (members[i])
			assert_int_equal(rank_set_nth(set, n++), i);
	assert_int_equal(set->count, n);
}

/* All sizes, also those that are not a power of two. */
static void
as_a_list(void **state)
{
	struct rank_set	 set;
	bool		 members[SIZE_MOST];
	uint32_t	 size, number;
	int		 i;

	(void)state;
	srand(1);
	for (size = 1; size <= SIZE_MOST; size++) {
		assert_true(rank_set_init(&set, size));
		memset(members, 0, sizeof(members));
		for (i = 0; i < 300; i++) {
			number = (uint32_t)rand() % size;
			members[number] = rand() % 2 != 0;
			rank_set_put(&set, number, members[number]);
			assert_members(&set, members);
		}
		rank_set_free(&set);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(empty),
		cmocka_unit_test(repeated),
		cmocka_unit_test(as_a_list),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
