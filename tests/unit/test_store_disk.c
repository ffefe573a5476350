/* SPDX-License-Identifier: BSD-2-Clause */
/* A disk that is full or read-only.  Most tests need permission to mount. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/syscall.h>

#include <limits.h>
#include <unistd.h>

#include "base/log.h"
#include "state/store_db.h"
#include "store_fixture.h"

/* ---- a disk that becomes read-only during the start */

static unsigned	 writable_times = UINT_MAX;

/* Replaces the C library's function: this many files may be written. */
int
faccessat(int directory, const char *file, int mode, int flags)
{
	(void)flags;
	if (writable_times > 0) {
		writable_times--;
		return ((int)syscall(SYS_faccessat, directory, file, mode));
	}
	errno = EROFS;
	return (-1);
}

/* The file was opened to write, but its content is not read yet. */
static void
failing_at_the_start(void **state)
{
	struct store	*reader;
	unsigned	 n;

	(void)state;
	open_store();
	begin_write();
	put_many(3);
	commit();
	close_store();
	for (n = 0; n < 2; n++) {
		writable_times = n;
		open_store();
		assert_true(store_is_failing(store));
		reader = store_open_reader(store);
		writable_times = UINT_MAX;
		assert_non_null(reader);
		assert_int_equal(store_oldest(reader), 1);
		store_close(reader);
		begin_write();
		assert_true(store_commit(store, now, NOT_NEWEST));
		close_store();
	}
}

/* ---- a full or read-only disk */

static bool
mount_state(const char *size)
{
	if (may_mount && scratch_mount(path("state"), size))
		return (true);
	print_message("# not tested: mounting is not permitted here\n");
	return (false);
}

static void
close_and_unmount(void)
{
	close_store();
	assert_int_equal(umount(path("state")), 0);
}

/* Fills the rest of the disk. */
static void
fill(void)
{
	static const char	 zeros[65536];
	size_t			 size = sizeof(zeros);
	FILE			*f = fopen(path("state/filler"), "wb");

	assert_non_null(f);
	setvbuf(f, NULL, _IONBF, 0);
	while (size > 0)
		if (fwrite(zeros, 1, size, f) != size)
			size /= 2;
	fclose(f);
}

/* The reserve is used first; then writing fails until there is room. */
static void
full_disk(void **state)
{
	struct store_counters	 before;
	uint32_t		 committed = 0;
	size_t			 rounds = 0;

	(void)state;
	if (!mount_state("12m"))
		return;
	open_store();
	fill();
	for (;;) {
		before = counters;
		if (!try_begin(false))
			break;
		put_many(100);
		if (!try_commit())
			break;
		committed = counters.sequence;
		rounds++;
	}
	print_message("# %u notifications fit\n", committed);
	assert_true(committed >= 1000);
	assert_true(store_is_failing(store));
	assert_epoch_file(1, true);
	/* No retry before its time. */
	assert_false(store_begin(store, now, &(bool){ false }, &counters));
	assert_true(mono_before(now, store_next_retry(store)));
	/* Committed rows are read, others are not. */
	assert_int_equal(store_oldest(store), 1);
	assert_false(store_notification(store, committed + 1,
	    &(struct notification){ 0 }));
	counters = before;
	assert_int_equal(unlink(path("state/filler")), 0);
	begin_write();
	put_many(50);
	store_put_counters(store, &counters);
	assert_true(store_commit(store, now, NOT_NEWEST));
	assert_false(store_is_failing(store));
	/* More notifications are to be written. */
	assert_epoch_file(1, true);
	begin_write();
	put_many(50);
	commit();
	assert_epoch_file(1, false);
	open_store();
	assert_int_equal(counters.epoch, 1);
	assert_int_equal(counters.sequence, committed + 100);
	close_and_unmount();
}

/* The process ends while the disk is full: notifications are lost. */
static void
full_disk_at_the_end(void **state)
{
	(void)state;
	if (!mount_state("12m"))
		return;
	open_store();
	fill();
	while (try_begin(false)) {
		put_many(100);
		if (!try_commit())
			break;
	}
	open_store();
	assert_int_equal(counters.epoch, 2);
	close_store();
	assert_int_equal(unlink(path("state/filler")), 0);
	open_store();
	assert_true(counters.epoch >= 2);
	assert_false(store_is_failing(store));
	assert_epoch_file(counters.epoch, false);
	close_and_unmount();
}

/* The disk gets room: the epoch is written to a new file. */
static void
check_new_file(uint32_t epoch)
{
	assert_int_equal(unlink(path("state/filler")), 0);
	assert_true(scratch_remount(path("state"), "12m", false));
	begin_new_file();
	assert_int_equal(counters.epoch, epoch);
	commit();
	assert_epoch_file(epoch, false);
}

/* No room for the first file: the tries leave no files. */
static void
full_disk_at_the_start(void **state)
{
	uint32_t	 epoch;
	int		 i;

	(void)state;
	if (!mount_state("64k"))
		return;
	fill();
	open_store();
	epoch = counters.epoch;
	assert_true(store_is_failing(store));
	for (i = 0; i < 10; i++)
		assert_false(try_begin(false));
	assert_int_equal(counters.epoch, epoch);
	assert_int_equal(count_files(ASIDE), 0);
	check_new_file(epoch);
	open_store();
	assert_int_equal(counters.epoch, epoch);
	close_and_unmount();
}

/* The same with a damaged file. */
static void
full_disk_and_damaged(void **state)
{
	int	 i;

	(void)state;
	if (!mount_state("64k"))
		return;
	scratch_write(path(DB), "not a database", 14);
	write_epoch_file(4, false);
	fill();
	open_store();
	assert_int_equal(counters.epoch, 5);
	for (i = 0; i < 10; i++)
		assert_false(try_begin(false));
	assert_int_equal(count_files(ASIDE), 1);
	check_new_file(5);
	close_and_unmount();
}

/* An epoch of the clock: nothing could be written when it began. */
static void
assert_unmarked(uint32_t epoch)
{
	assert_in_range(wall_now().ns / NSEC_PER_SEC - epoch, 0, 60);
}

static void
read_only(void **state)
{
	struct notification	 n;
	uint32_t		 epoch;
	int			 i;

	(void)state;
	if (!mount_state("12m"))
		return;
	open_store();
	begin_write();
	put_many(3);
	store_put_name(store, 1, "w");
	counters.delivered = 2;
	commit();
	close_store();
	assert_true(scratch_remount(path("state"), "12m", true));
	open_store();
	assert_unmarked(counters.epoch);
	epoch = counters.epoch;
	open_store();
	/* Notifications may have been sent before the second start. */
	assert_true(counters.epoch > epoch);
	epoch = counters.epoch;
	assert_int_equal(counters.sequence, 3);
	assert_int_equal(counters.delivered, 2);
	assert_true(store_is_readable(store));
	assert_true(store_is_failing(store));
	assert_true(read_everything());
	for (i = 0; i < 3; i++) {
		assert_false(try_begin(false));
		assert_true(store_notification(store, 3, &n));
		notification_release(&n);
	}
	/* Once it is writable, the state that was read continues. */
	assert_true(scratch_remount(path("state"), "12m", false));
	begin_write();
	put_many(1);
	commit();
	assert_int_equal(counters.epoch, epoch);
	assert_epoch_file(epoch, false);
	open_store();
	assert_int_equal(counters.epoch, epoch);
	assert_int_equal(counters.sequence, 4);
	assert_int_equal(count_files(ASIDE), 0);
	close_and_unmount();
}

/* The same after SIGKILL, when the write-ahead log has all rows. */
static void
read_only_after_a_kill(void **state)
{
	char	*bytes[2];
	size_t	 sizes[2];

	(void)state;
	if (!mount_state("32m"))
		return;
	open_store();
	begin_write();
	put_many(3);
	commit();
	bytes[0] = scratch_read(path(DB), &sizes[0]);
	bytes[1] = scratch_read(path(DB "-wal"), &sizes[1]);
	close_store();
	scratch_write(path(DB), bytes[0], sizes[0]);
	scratch_write(path(DB "-wal"), bytes[1], sizes[1]);
	free(bytes[0]);
	free(bytes[1]);
	assert_true(scratch_remount(path("state"), "32m", true));
	open_store();
	assert_unmarked(counters.epoch);
	assert_int_equal(counters.sequence, 3);
	assert_true(read_everything());
	assert_true(store_is_failing(store));
	assert_true(scratch_remount(path("state"), "32m", false));
	begin_write();
	put_many(1);
	commit();
	open_store();
	assert_int_equal(counters.sequence, 4);
	close_and_unmount();
}

static void
count_line(void *arg, int priority, const char *line)
{
	size_t	*lines = arg;

	(void)priority;
	print_message("# %s\n", line);
	(*lines)++;
}

/* A damaged file that cannot be set aside is logged once, not at each try. */
static void
read_only_and_damaged(void **state)
{
	size_t	 lines = 0;
	int	 i;

	(void)state;
	if (!mount_state("12m"))
		return;
	scratch_write(path(DB), "not a database", 14);
	write_epoch_file(1, false);
	assert_true(scratch_remount(path("state"), "12m", true));
	log_redirect(count_line, &lines);
	open_store();
	assert_false(store_is_readable(store));
	for (i = 0; i < 10; i++) {
		now = mono_add(now, 10 * NSEC_PER_SEC);
		assert_false(store_begin(store, now, &(bool){ false },
		    &counters));
	}
	assert_int_equal(lines, 1);
	assert_true(scratch_remount(path("state"), "12m", false));
	log_redirect(NULL, NULL);
	close_and_unmount();
}

static size_t
count_descriptors(void)
{
	DIR	*directory = opendir("/proc/self/fd");
	size_t	 n = 0;

	assert_non_null(directory);
	while (readdir(directory) != NULL)
		n++;
	closedir(directory);
	return (n);
}

/* While another connection reads the file, it is tried again and again. */
static void
read_only_descriptors(void **state)
{
	char			 reason[STORE_DB_REASON_SIZE];
	sqlite3			*reader, *db;
	size_t			 before;
	bool			 created;
	int			 i;

	(void)state;
	if (!mount_state("12m"))
		return;
	open_store();
	close_store();
	reader = store_db_open_reader(path(DB), true);
	assert_non_null(reader);
	assert_int_equal(sqlite3_exec(reader, "SELECT count(*) FROM notice",
	    NULL, NULL, NULL), SQLITE_OK);
	/* A file system with a file that is open cannot become read-only. */
	assert_int_equal(mount(path("state"), path("state"), NULL, MS_BIND,
	    NULL), 0);
	assert_int_equal(mount(NULL, path("state"), NULL, MS_REMOUNT | MS_BIND |
	    MS_RDONLY, NULL), 0);
	before = count_descriptors();
	for (i = 0; i < 5; i++) {
		assert_int_not_equal(store_db_open(path(DB), &db, &created,
		    reason), STORE_DB_WRITABLE);
		assert_string_equal(reason, "Read-only file system");
		sqlite3_close(db);
		sqlite3_close(store_db_open_reader(path(DB), true));
	}
	assert_int_equal(count_descriptors(), before);
	assert_int_equal(umount(path("state")), 0);
	sqlite3_close(reader);
	close_and_unmount();
}

/* A file appears after the start, so it was not read. */
static void
file_appears_later(void **state)
{
	uint32_t	 epoch;

	(void)state;
	if (!mount_state("32m"))
		return;
	open_store();
	begin_write();
	put_many(3);
	commit();
	close_store();
	/* The start finds a read-only directory without a file. */
	assert_int_equal(rename(path(DB), path("state/later")), 0);
	assert_int_equal(unlink(path(EPOCH)), 0);
	assert_true(scratch_remount(path("state"), "32m", true));
	open_store();
	assert_unmarked(counters.epoch);
	epoch = counters.epoch;
	assert_int_equal(counters.sequence, 0);
	assert_false(store_is_readable(store));
	assert_false(try_begin(false));
	assert_true(scratch_remount(path("state"), "32m", false));
	assert_int_equal(rename(path("state/later"), path(DB)), 0);
	begin_new_file();
	/* The notifications of this run were not in the epoch of that file. */
	assert_int_equal(counters.epoch, epoch);
	commit();
	assert_epoch_file(epoch, false);
	assert_int_equal(count_files(ASIDE), 1);
	close_and_unmount();
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		SCRATCH(failing_at_the_start),
		SCRATCH(full_disk),
		SCRATCH(full_disk_at_the_end),
		SCRATCH(full_disk_at_the_start),
		SCRATCH(full_disk_and_damaged),
		SCRATCH(read_only),
		SCRATCH(read_only_after_a_kill),
		SCRATCH(read_only_and_damaged),
		SCRATCH(read_only_descriptors),
		SCRATCH(file_appears_later),
	};

	may_mount = scratch_may_mount();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
