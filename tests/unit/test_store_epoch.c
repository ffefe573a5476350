/* SPDX-License-Identifier: BSD-2-Clause */
/* When the epoch of the store grows, and when it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store_fixture.h"

static void
epoch_of_a_lost_file(void **state)
{
	(void)state;
	open_store();
	close_store();
	assert_int_equal(unlink(path(DB)), 0);
	open_store();
	assert_int_equal(counters.epoch, 2);
	assert_epoch_file(2, false);
	/* Only one start raises it. */
	open_store();
	assert_int_equal(counters.epoch, 2);
}

static void
epoch_of_a_lost_epoch_file(void **state)
{
	(void)state;
	open_store();
	begin_write();
	counters.epoch = 5;
	commit();
	close_store();
	assert_int_equal(unlink(path(EPOCH)), 0);
	open_store();
	assert_int_equal(counters.epoch, 5);
	begin_write();
	commit();
	assert_epoch_file(5, false);
	close_store();
	scratch_write(path(EPOCH), "???", 3);
	open_store();
	assert_int_equal(counters.epoch, 5);
	begin_write();
	commit();
	assert_epoch_file(5, false);
}

/* An invalid epoch file shows that there was a state. */
static void
epoch_of_an_invalid_epoch_file(void **state)
{
	(void)state;
	assert_int_equal(mkdir(path("state"), 0700), 0);
	scratch_write(path(EPOCH), "???", 3);
	open_store();
	assert_int_equal(counters.epoch, 2);
	assert_epoch_file(2, false);
}

static void
epoch_of_an_earlier_version(void **state)
{
	(void)state;
	assert_int_equal(mkdir(path("state"), 0700), 0);
	scratch_write(path(EPOCH), "12\n", 3);
	open_store();
	assert_int_equal(counters.epoch, 13);
	assert_epoch_file(13, false);
}

/* Notifications were sent that the file does not have. */
static void
epoch_after_unsaved_notifications(void **state)
{
	(void)state;
	open_store();
	begin_write();
	counters.sequence = 7;
	commit();
	close_store();
	write_epoch_file(1, true);
	open_store();
	assert_int_equal(counters.epoch, 2);
	assert_int_equal(counters.sequence, 7);
	assert_epoch_file(2, false);
	open_store();
	assert_int_equal(counters.epoch, 2);
}

/* Some of the notifications that were sent are on disk, but not all. */
static void
epoch_until_all_is_saved(void **state)
{
	(void)state;
	open_store();
	close_store();
	write_epoch_file(1, true);
	open_store();
	assert_int_equal(counters.epoch, 2);
	close_store();
	open_store();
	begin_write();
	store_put_counters(store, &counters);
	assert_true(store_commit(store, now, false));
	/* A commit that is not complete does not set it. */
	assert_epoch_file(2, false);
	begin_write();
	counters.epoch = 3;
	store_put_counters(store, &counters);
	assert_true(store_commit(store, now, false));
	assert_epoch_file(3, false);
}

/* An older file was restored. */
static void
epoch_of_a_restored_file(void **state)
{
	(void)state;
	open_store();
	close_store();
	write_epoch_file(6, false);
	open_store();
	assert_int_equal(counters.epoch, 7);
	assert_epoch_file(7, false);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		SCRATCH(epoch_of_a_lost_file),
		SCRATCH(epoch_of_a_lost_epoch_file),
		SCRATCH(epoch_of_an_invalid_epoch_file),
		SCRATCH(epoch_of_an_earlier_version),
		SCRATCH(epoch_after_unsaved_notifications),
		SCRATCH(epoch_until_all_is_saved),
		SCRATCH(epoch_of_a_restored_file),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
