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
	counters.epoch = 5;
	begin_write();
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
	/* It does in an epoch in which the caller has sent from memory. */
	counters.epoch = 3;
	begin_write();
	store_put_counters(store, &counters);
	assert_true(store_commit(store, now, false));
	assert_epoch_file(3, true);
	begin_write();
	commit();
	assert_epoch_file(3, false);
}

static uint32_t
unmarked(uint32_t epoch, int64_t seconds)
{
	return (store_unmarked_epoch(epoch,
	    (struct wall_time){ seconds * NSEC_PER_SEC + 999999999 }));
}

static void
epochs_without_a_disk(void **state)
{
	(void)state;
	assert_int_equal(unmarked(1, 1795957862), 1795957862);
	assert_int_equal(unmarked(1795957861, 1795957862), 1795957862);
	/* Two in one second, and a clock that was set back. */
	assert_int_equal(unmarked(1795957862, 1795957862), 1795957863);
	assert_int_equal(unmarked(1795957862, 1000), 1795957863);
	assert_int_equal(unmarked(7, 0), 8);
	assert_int_equal(unmarked(7, -100), 8);
	/* After 2038 and after 2106. */
	assert_int_equal(unmarked(7, INT64_C(2147483648)), 2147483648U);
	assert_int_equal(unmarked(7, UINT32_MAX), UINT32_MAX);
	assert_int_equal(unmarked(7, INT64_C(4294967296)), 8);
	assert_int_equal(unmarked(UINT32_MAX, 1795957862), 1795957862);
	assert_int_equal(unmarked(UINT32_MAX, 0), 1);
}

/* After an epoch of the clock, the next one by counting may be used. */
static void
epoch_after_one_from_the_clock(void **state)
{
	uint32_t	 first = (uint32_t)(wall_now().ns / NSEC_PER_SEC);

	(void)state;
	open_store();
	counters.epoch = 1500000000;
	begin_write();
	commit();
	close_store();
	assert_int_equal(unlink(path(DB)), 0);
	open_store();
	assert_in_range(counters.epoch, first, first + 60);
	assert_epoch_file(counters.epoch, false);
}

/* Nothing can be written: two runs do not use the same epoch. */
static void
epochs_of_starts_without_a_disk(void **state)
{
	uint32_t	 first = (uint32_t)(wall_now().ns / NSEC_PER_SEC);
	uint32_t	 epoch;
	int		 i;

	(void)state;
	for (i = 0; i < 2; i++) {
		epoch = i == 0 ? first : counters.epoch + 1;
		open_in("missing/state");
		assert_true(store_is_failing(store));
		assert_in_range(counters.epoch, epoch, epoch + 60);
		assert_int_equal(store_epoch(store), counters.epoch);
	}
	epoch = counters.epoch;
	/* It is written as soon as that is possible, and stays. */
	assert_int_equal(mkdir(path("missing"), 0700), 0);
	begin_new_file();
	put_many(3);
	commit();
	assert_int_equal(counters.epoch, epoch);
	open_in("missing/state");
	assert_int_equal(counters.epoch, epoch);
	assert_int_equal(counters.sequence, 3);
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
		SCRATCH(epochs_without_a_disk),
		SCRATCH(epoch_after_one_from_the_clock),
		SCRATCH(epochs_of_starts_without_a_disk),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
