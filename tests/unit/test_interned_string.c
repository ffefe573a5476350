/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "base/interned_string.h"

static void
one_copy_of_each(void **state)
{
	char		 buffer[] = "eth0";
	const char	*a = interned_string_share(buffer);
	const char	*b = interned_string_share("eth1"), *c;

	(void)state;
	buffer[3] = '9';
	assert_string_equal(a, "eth0");
	c = interned_string_share("eth0");
	assert_ptr_equal(a, c);
	assert_ptr_not_equal(a, b);
	interned_string_release(a);
	assert_string_equal(c, "eth0");
	interned_string_release(c);
	interned_string_release(b);
}

static void
null_and_empty(void **state)
{
	const char	*a = interned_string_share("");

	(void)state;
	assert_null(interned_string_share(NULL));
	interned_string_release(NULL);
	assert_string_equal(a, "");
	interned_string_release(a);
}

/* Released in another order than shared. */
static void
many(void **state)
{
	static const char	*texts[5000];
	char			 buffer[32];
	int			 i;

	(void)state;
	for (i = 0; i < 5000; i++) {
		snprintf(buffer, sizeof(buffer), "text %d", i);
		texts[i] = interned_string_share(buffer);
	}
	for (i = 0; i < 5000; i++) {
		snprintf(buffer, sizeof(buffer), "text %d", i);
		assert_ptr_equal(interned_string_share(buffer), texts[i]);
		interned_string_release(texts[i]);
	}
	for (i = 0; i < 5000; i++)
		interned_string_release(texts[i * 7 % 5000]);
	texts[0] = interned_string_share("text 0");
	assert_string_equal(texts[0], "text 0");
	interned_string_release(texts[0]);
}

int
main(void)
{
	static const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(one_copy_of_each),
		cmocka_unit_test(null_and_empty),
		cmocka_unit_test(many),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
