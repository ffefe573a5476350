/* SPDX-License-Identifier: BSD-2-Clause */
/* The thread that writes the state, on a disk that hangs or fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "slow_disk.h"
#include "state/store_writer.h"
#include "store_fixture.h"

/* More than any test needs; a thread that works takes a few milliseconds. */
#define LONG_MS		60000
/* The time in which nothing may happen. */
#define SHORT_MS	50

static struct store_writer	*writer;

/* The writer owns the store of the fixture. */
static void
start(void)
{
	open_store();
	writer = store_writer_new(store);
	store = NULL;
	assert_non_null(writer);
	assert_true(store_writer_start(writer));
}

static void
finish(void)
{
	assert_true(store_writer_end(writer, LONG_MS));
	writer = NULL;
}

static int
end_writer(void **state)
{
	slow_disk_set(false, false);
	(void)store_writer_end(writer, LONG_MS);
	writer = NULL;
	return (end(state));
}

/* A batch with this number of notifications after the last ones. */
static struct store_batch *
batch_of(uint32_t count)
{
	struct store_batch	*b;
	struct notification	 n;

	now = mono_add(now, 3600 * NSEC_PER_SEC);
	b = store_batch_new(now, &counters);
	assert_non_null(b);
	b->synced = true;
	while (count-- > 0) {
		n = alarm_notification(++b->counters.sequence, 1, "w");
		store_batch_add_notification(b, &n);
		notification_release(&n);
	}
	assert_false(b->no_memory);
	return (b);
}

/* Waits for the batch, which the caller frees. */
static struct store_batch *
take(enum store_batch_result result)
{
	struct store_batch	*b;
	bool			 displaced;

	assert_true(store_writer_wait(writer, LONG_MS));
	b = store_writer_take(writer, &displaced);
	assert_non_null(b);
	assert_int_equal(b->result, result);
	if (result == STORE_BATCH_WRITTEN)
		counters = b->counters;
	/* The event is over. */
	assert_null(store_writer_take(writer, &displaced));
	assert_false(displaced);
	assert_false(store_writer_wait(writer, 0));
	return (b);
}

static void
write_all(struct store_batch *b)
{
	store_writer_put(writer, b);
	store_batch_free(take(STORE_BATCH_WRITTEN));
}

static bool
can_read(uint32_t sequence)
{
	struct store		*reader = store_writer_reader(writer);
	struct notification	 n;

	if (reader == NULL || !store_notification(reader, sequence, &n))
		return (false);
	assert_int_equal(n.sequence, sequence);
	notification_release(&n);
	return (true);
}

/* ---- tests */

static void
every_kind_of_row(void **state)
{
	struct store_batch	*b;
	struct notification	 n;

	(void)state;
	start();
	b = batch_of(2);
	store_batch_add_name(b, 7, "w");
	store_batch_add_name(b, 3, "v");
	store_batch_add_interface(b, 2, "eth1");
	store_batch_add_blind(b, "eth2");
	n = alarm_notification(1, 9, "other");
	store_batch_add_alarm(b, &n);
	notification_release(&n);
	n = capture_notification(++b->counters.sequence, true, "eth3");
	store_batch_add_notification(b, &n);
	notification_release(&n);
	write_all(b);
	assert_true(can_read(1));
	assert_true(can_read(3));
	assert_false(can_read(4));
	b = batch_of(1);
	b->delete_before = 3;
	write_all(b);
	assert_false(can_read(2));
	assert_true(can_read(3));
	assert_true(can_read(4));
	finish();
	open_store();
	assert_int_equal(counters.sequence, 4);
	assert_true(store_names(store, take_name, &got));
	assert_int_equal(got.count, 2);
	assert_string_equal(got.texts[0], "v");
	assert_int_equal(got.numbers[1], 7);
	free_got();
	assert_true(store_interfaces(store, take_name, &got));
	assert_int_equal(got.count, 1);
	assert_string_equal(got.texts[0], "eth1");
	free_got();
	assert_true(store_blind(store, take_blind, &got));
	assert_int_equal(got.count, 2);
	memset(&got, 0, sizeof(got));
	assert_true(store_alarms(store, take_notification, &got));
	assert_int_equal(got.count, 2);
	free_got();
}

/* The owner does not wait, and reads what was written before. */
static void
hanging_disk(void **state)
{
	unsigned	 syncs;

	(void)state;
	start();
	write_all(batch_of(3));
	syncs = slow_disk_syncs();
	slow_disk_set(true, false);
	store_writer_put(writer, batch_of(2));
	assert_true(slow_disk_wait(syncs));
	assert_false(store_writer_wait(writer, SHORT_MS));
	assert_true(can_read(3));
	assert_false(can_read(4));
	slow_disk_set(false, false);
	store_batch_free(take(STORE_BATCH_WRITTEN));
	assert_true(can_read(5));
}

static void
end_on_a_hanging_disk(void **state)
{
	unsigned	 syncs;

	(void)state;
	start();
	write_all(batch_of(3));
	syncs = slow_disk_syncs();
	slow_disk_set(true, false);
	/* It closes the file, which needs the disk. */
	assert_false(store_writer_end(writer, SHORT_MS));
	assert_true(slow_disk_wait(syncs));
	slow_disk_set(false, false);
	finish();
	open_store();
	assert_int_equal(counters.sequence, 3);
}

static void
failing_disk(void **state)
{
	struct store_batch	*b;

	(void)state;
	start();
	write_all(batch_of(1));
	slow_disk_set(false, true);
	store_writer_put(writer, batch_of(1));
	b = take(STORE_BATCH_FAILED);
	assert_true(mono_before(now, b->next_retry));
	store_batch_free(b);
	assert_epoch_file(1, true);
	assert_false(can_read(2));
	/* Not before the next retry, unless it is asked for. */
	slow_disk_set(false, false);
	b = batch_of(1);
	b->now = mono_add(b->now, -3600 * NSEC_PER_SEC);
	store_writer_put(writer, b);
	store_batch_free(take(STORE_BATCH_FAILED));
	b = batch_of(1);
	b->now = mono_add(b->now, -3600 * NSEC_PER_SEC);
	b->retry = true;
	write_all(b);
	assert_true(can_read(2));
	assert_epoch_file(1, false);
}

/* A new file gets everything, in a new epoch, and can then be read. */
static void
damaged_file(void **state)
{
	struct store_batch	*b;

	(void)state;
	start();
	write_all(batch_of(3));
	b = batch_of(1);
	b->damaged = true;
	store_writer_put(writer, b);
	b = take(STORE_BATCH_INCOMPLETE);
	assert_int_equal(b->epoch, 2);
	counters.epoch = b->epoch;
	store_batch_free(b);
	assert_false(can_read(3));
	b = batch_of(2);
	b->everything = true;
	write_all(b);
	assert_false(can_read(3));
	assert_true(can_read(4));
	assert_true(can_read(5));
	write_all(batch_of(1));
	assert_true(can_read(6));
	assert_int_equal(count_files(ASIDE), 1);
	finish();
	open_store();
	assert_int_equal(counters.epoch, 2);
	assert_int_equal(counters.sequence, 6);
}

/* A batch that may be lost with the power does not wait for the disk. */
static void
unsynced_batch(void **state)
{
	struct store_batch	*b;
	unsigned		 syncs;

	(void)state;
	start();
	write_all(batch_of(3));
	syncs = slow_disk_syncs();
	counters.delivered = 2;
	b = batch_of(0);
	b->synced = false;
	write_all(b);
	assert_int_equal(slow_disk_syncs(), syncs);
	write_all(batch_of(1));
	assert_int_equal(slow_disk_syncs(), syncs + 1);
	finish();
	open_store();
	assert_int_equal(counters.delivered, 2);
}

/* The log is copied after the batch is finished. */
static void
checkpoint_after_the_batch(void **state)
{
	struct store_batch	*b;
	unsigned		 syncs;

	(void)state;
	start();
	write_all(batch_of(1));
	b = batch_of(2000);
	b->idle = true;
	b->synced = false;
	syncs = slow_disk_syncs();
	slow_disk_set(true, false);
	write_all(b);
	assert_true(slow_disk_wait(syncs));
	assert_true(can_read(2001));
	/* The next one waits for it. */
	store_writer_put(writer, batch_of(1));
	assert_false(store_writer_wait(writer, SHORT_MS));
	slow_disk_set(false, false);
	store_batch_free(take(STORE_BATCH_WRITTEN));
}

/* A short pause between two batches is too short for a checkpoint. */
static void
checkpoint_after_a_pause(void **state)
{
	struct store_batch	*b;
	struct mono_time	 begin;
	int64_t			 longest;
	unsigned		 syncs;
	int			 i;

	(void)state;
	start();
	do {
		write_all(batch_of(2000));
		syncs = slow_disk_syncs();
		longest = 0;
		for (i = 0; i < 10; i++) {
			begin = mono_now();
			b = batch_of(0);
			b->idle = true;
			b->synced = false;
			write_all(b);
			assert_false(store_writer_wait(writer, 10));
			if (mono_sub(mono_now(), begin) > longest)
				longest = mono_sub(mono_now(), begin);
		}
		/* On a busy machine a pause may be long enough. */
	} while (longest >= NSEC_PER_SEC);
	assert_int_equal(slow_disk_syncs(), syncs);
	slow_disk_set(true, false);
	assert_true(slow_disk_wait(syncs));
	slow_disk_set(false, false);
	assert_true(can_read(2000));
}

/* Without the thread, the owner writes. */
static void
without_a_thread(void **state)
{
	(void)state;
	open_store();
	writer = store_writer_new(store);
	store = NULL;
	write_all(batch_of(2));
	assert_true(can_read(2));
	assert_true(store_writer_start(writer));
	write_all(batch_of(2));
	assert_true(can_read(4));
	finish();
	assert_true(store_writer_end(NULL, 0));
}

#define WRITER(test)	cmocka_unit_test_setup_teardown(test, begin, end_writer)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		WRITER(every_kind_of_row),
		WRITER(hanging_disk),
		WRITER(end_on_a_hanging_disk),
		WRITER(failing_disk),
		WRITER(damaged_file),
		WRITER(unsynced_batch),
		WRITER(checkpoint_after_the_batch),
		WRITER(checkpoint_after_a_pause),
		WRITER(without_a_thread),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
