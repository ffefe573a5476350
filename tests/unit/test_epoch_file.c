/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>

#include "scratch.h"
#include "state/epoch_file.h"

static struct scratch	 scratch;
static char		 file[512];

static int
begin(void **state)
{
	(void)state;
	scratch_begin(&scratch);
	snprintf(file, sizeof(file), "%s", scratch_path(&scratch, "epoch"));
	return (0);
}

static int
end(void **state)
{
	(void)state;
	scratch_end(&scratch);
	return (0);
}

static void
assert_epoch(uint32_t epoch, bool unsaved)
{
	struct epoch_file	 epoch_file = { .epoch = 99, .unsaved = true };

	assert_true(epoch_file_read(file, &epoch_file));
	assert_int_equal(epoch_file.epoch, epoch);
	assert_int_equal(epoch_file.unsaved, unsaved);
}

static void
assert_invalid(void)
{
	struct epoch_file	 epoch_file = { .epoch = 99, .unsaved = true };

	assert_false(epoch_file_read(file, &epoch_file));
	assert_int_equal(epoch_file.epoch, 0);
	assert_false(epoch_file.unsaved);
}

static void
no_file_yet(void **state)
{
	(void)state;
	assert_epoch(0, false);
	snprintf(file, sizeof(file), "%s", scratch_path(&scratch, "no/epoch"));
	assert_epoch(0, false);
}

/* It is overwritten in place and always has the same length. */
static void
written_and_read(void **state)
{
	static struct epoch_file	 files[] = {
		{ .epoch = 1 },
		{ .epoch = UINT32_MAX, .unsaved = true, .database = UINT64_MAX,
		    .wal = UINT64_MAX, .database_changed = INT64_MAX },
		{ .epoch = 12, .unsaved = true, .database = 3, .wal = 4,
		    .database_changed = INT64_MIN },
		{ .epoch = 12, .database = 3 },
		{ .epoch = 7, .unsaved = true },
	};
	struct epoch_file		 found;
	struct stat			 first, st;
	mode_t				 mask = umask(022);
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		assert_true(epoch_file_write(file, &files[i]));
		assert_epoch(files[i].epoch, files[i].unsaved);
		assert_true(epoch_file_read(file, &found));
		assert_true(found.is_original);
		assert_true(found.has_identity);
		assert_int_not_equal(found.identity, 0);
		assert_true(found.database == files[i].database);
		assert_true(found.wal == files[i].wal);
		assert_true(found.database_changed ==
		    files[i].database_changed);
		assert_int_equal(stat(file, &st), 0);
		if (i == 0)
			first = st;
		assert_int_equal(st.st_ino, first.st_ino);
		assert_int_equal(st.st_size, first.st_size);
		assert_int_equal(st.st_mode & 07777, 0600);
	}
	umask(mask);
}

/* The mode of an existing file is corrected. */
static void
mode_corrected(void **state)
{
	struct epoch_file	 epoch_file = { .epoch = 8 };
	struct stat		 st;

	(void)state;
	scratch_write(file, "7\n", 2);
	assert_int_equal(chmod(file, 0644), 0);
	assert_true(epoch_file_write(file, &epoch_file));
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_epoch(8, false);
}

/* Version 0.1 wrote only the number. */
static void
version_0_1(void **state)
{
	(void)state;
	scratch_write(file, "12\n", 3);
	assert_epoch(12, false);
}

static void
invalid(void **state)
{
	static const char *const	 texts[] = {
		"", "\n", "x", "0\n", "         0 even   \n", "-1\n", "+1\n",
		"4294967296\n", "         1", "1 2\n", "1 befor\n",
		"99999999999999999999\n", "         1 behind ",
		"          even   \n", "\t1 even   \n", "1x even   \n",
		"1 even   \nx", "1 even   \n1 2 3 4\n", "1 even   \n1 2 3 4 x\n",
		"1 even   \n1 2 3 4 5", "1 even   \n1 2 3 4 5 \n",
	};
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		print_message("# %zu\n", i);
		scratch_write(file, texts[i], strlen(texts[i]));
		assert_invalid();
	}
	scratch_write(file, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 19);
	assert_invalid();
}

/* A truncated file is invalid: 12 must not become 1. */
static void
truncated(void **state)
{
	struct epoch_file	 epoch_file = {
		.epoch = 1234567890, .unsaved = true,
	};
	char			*text;
	size_t			 length, i;

	(void)state;
	assert_true(epoch_file_write(file, &epoch_file));
	text = scratch_read(file, &length);
	for (i = 0; i < length; i++) {
		/* That is the whole file of version 0.2.0. */
		if (i == 19)
			continue;
		scratch_write(file, text, i);
		assert_invalid();
	}
	/* The whole file is valid. */
	scratch_write(file, text, length);
	assert_epoch(1234567890, true);
	free(text);
}

/* A copy has another identity, and a later change another time. */
static void
copied_or_changed(void **state)
{
	struct epoch_file	 f = { .epoch = 3, .database = 4 };
	char			*text;
	size_t			 length;

	(void)state;
	assert_true(epoch_file_write(file, &f));
	text = scratch_read(file, &length);
	assert_int_equal(unlink(file), 0);
	scratch_write(scratch_path(&scratch, "other"), "", 0);
	scratch_write(file, text, length);
	assert_true(epoch_file_read(file, &f));
	assert_false(f.has_identity);
	free(text);
	assert_true(epoch_file_write(file, &f));
	assert_true(epoch_file_read(file, &f));
	assert_true(f.is_original && f.has_identity);
	(void)poll(NULL, 0, 1100);
	assert_true(epoch_file_read(file, &f));
	assert_true(f.is_original);
	assert_int_equal(chmod(file, 0400), 0);
	assert_true(epoch_file_read(file, &f));
	assert_false(f.is_original);
	assert_true(f.has_identity);
	/* A time that no program can set, see touch(1). */
	assert_int_equal(chmod(file, 0600), 0);
	assert_int_equal(utimensat(AT_FDCWD, file, (struct timespec[]){
	    { f.written / 1000000000, 0 }, { f.written / 1000000000, 0 } }, 0),
	    0);
	assert_true(epoch_file_read(file, &f));
	assert_false(f.is_original);
}

static void
same_times(void **state)
{
	const int64_t	 second = 1000000000;

	(void)state;
	assert_true(epoch_file_same_time(0, second));
	assert_true(epoch_file_same_time(second, 0));
	assert_false(epoch_file_same_time(0, second + 1));
	assert_false(epoch_file_same_time(second + 1, 0));
	/* A file may have any number. */
	assert_false(epoch_file_same_time(INT64_MIN, second));
	assert_false(epoch_file_same_time(second, INT64_MIN));
	assert_false(epoch_file_same_time(INT64_MAX, -second));
}

/* Directories, links and FIFOs are neither read nor written. */
static void
not_a_regular_file(void **state)
{
	struct epoch_file	 epoch_file = { .epoch = 5 };
	const char		*other = scratch_path(&scratch, "other");

	(void)state;
	assert_int_equal(mkdir(file, 0700), 0);
	assert_invalid();
	assert_false(epoch_file_write(file, &epoch_file));
	assert_int_equal(rmdir(file), 0);

	scratch_write(other, "7\n", 2);
	assert_int_equal(symlink(other, file), 0);
	assert_invalid();
	assert_false(epoch_file_write(file, &epoch_file));
	assert_int_equal(unlink(file), 0);
	snprintf(file, sizeof(file), "%s", other);
	assert_epoch(7, false);

	/* A FIFO without a writer does not block. */
	snprintf(file, sizeof(file), "%s", scratch_path(&scratch, "epoch"));
	assert_int_equal(mkfifo(file, 0600), 0);
	(void)alarm(60);
	assert_invalid();
	assert_false(epoch_file_write(file, &epoch_file));
	(void)alarm(0);
}

#define SCRATCH(test)	cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		SCRATCH(no_file_yet),
		SCRATCH(written_and_read),
		SCRATCH(mode_corrected),
		SCRATCH(version_0_1),
		SCRATCH(invalid),
		SCRATCH(truncated),
		SCRATCH(copied_or_changed),
		SCRATCH(same_times),
		SCRATCH(not_a_regular_file),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
