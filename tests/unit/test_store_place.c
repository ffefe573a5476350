/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of the store are removed or replaced while it has them open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/file.h>

#include <poll.h>

#include "base/log.h"
#include "state/store_watch.h"
#include "store_fixture.h"

#define WAL		"state/hbwatchd.db-wal"

static size_t	 lines;

static void
count_line(void *arg, int priority, const char *line)
{
	(void)arg;
	print_message("# <%d> %s\n", priority, line);
	lines += priority == LOG_ERR;
}

static void
start(void)
{
	open_store();
	begin_write();
	put_many(3);
	store_put_name(store, 1, "w");
	commit();
	assert_true(store_is_in_place(store));
	lines = 0;
	log_redirect(count_line, NULL);
}

/* The next transaction writes a new file, with this epoch. */
static void
write_again(uint32_t epoch)
{
	assert_false(store_is_in_place(store));
	assert_false(store_is_in_place(store));
	/* This was logged once. */
	assert_int_equal(lines, 1);
	begin_new_file();
	assert_int_equal(counters.epoch, epoch);
	/* Until it has everything, the file must not be used. */
	assert_epoch_file(epoch, true);
	store_put_name(store, 1, "w");
	put_many(1);
	commit();
	assert_epoch_file(epoch, false);
	assert_true(store_is_in_place(store));
	log_redirect(NULL, NULL);
	open_store();
	assert_int_equal(counters.epoch, epoch);
	assert_int_equal(counters.sequence, 4);
	assert_true(read_everything());
}

static void
nothing_changes(void **state)
{
	int	 i;

	(void)state;
	start();
	for (i = 0; i < 3; i++) {
		begin_write();
		put_many(500);
		commit();
		store_checkpoint(store, true);
		assert_true(store_is_in_place(store));
	}
	open_store();
	assert_true(store_is_in_place(store));
	log_redirect(NULL, NULL);
	assert_int_equal(lines, 0);
	assert_int_equal(counters.epoch, 1);
}

static void
directory_removed(void **state)
{
	struct stat	 st;

	(void)state;
	start();
	scratch_remove(path("state"));
	write_again(2);
	assert_int_equal(stat(path("state"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void
directory_moved(void **state)
{
	(void)state;
	start();
	assert_int_equal(rename(path("state"), path("old")), 0);
	write_again(2);
	close_store();
	/*
	 * It comes back.  Its epoch must not continue, because the epoch after
	 * that is 2 again.
	 */
	scratch_remove(path("state"));
	assert_int_equal(rename(path("old"), path("state")), 0);
	open_store();
	assert_true(counters.epoch > 1000000000);
	assert_int_equal(counters.sequence, 3);
	assert_true(read_everything());
}

/* Another state is put there: it is set aside, and its epoch is not used. */
static void
directory_replaced(void **state)
{
	(void)state;
	open_in("other");
	counters.epoch = 6;
	begin_write();
	commit();
	close_store();
	start();
	assert_int_equal(rename(path("state"), path("old")), 0);
	assert_int_equal(rename(path("other"), path("state")), 0);
	assert_false(store_is_in_place(store));
	assert_int_equal(lines, 1);
	begin_new_file();
	assert_int_equal(counters.epoch, 7);
	commit();
	assert_int_equal(count_files(ASIDE), 1);
	log_redirect(NULL, NULL);
}

/* Copies `from` over the content of `to`, which keeps its inode. */
static void
overwrite(const char *from, const char *to)
{
	size_t	 length;
	char	*bytes = scratch_read(from, &length);

	scratch_write(to, bytes, length);
	free(bytes);
}

/* A backup of both files is copied over them, which keep their inodes. */
static void
files_overwritten(void **state)
{
	(void)state;
	open_store();
	begin_write();
	commit();
	close_store();
	overwrite(path("state/hbwatchd.db"), path("db.backup"));
	overwrite(path("state/epoch"), path("epoch.backup"));
	start();
	/* The kernel's clock for ctime advances every few milliseconds. */
	(void)poll(NULL, 0, 20);
	overwrite(path("db.backup"), path("state/hbwatchd.db"));
	overwrite(path("epoch.backup"), path("state/epoch"));
	write_again(2);
	assert_int_equal(count_files(ASIDE), 1);
}

static void
directory_mounted_over(void **state)
{
	(void)state;
	start();
	if (!may_mount || !scratch_mount(path("state"), "12m")) {
		log_redirect(NULL, NULL);
		print_message("# not tested: mounting is not permitted\n");
		return;
	}
	write_again(2);
	close_store();
	assert_int_equal(umount(path("state")), 0);
}

/* The directory cannot be made again: an epoch that needs no disk. */
static void
directory_cannot_be_made(void **state)
{
	uint32_t	 epoch;

	(void)state;
	assert_int_equal(mkdir(path("parent"), 0700), 0);
	open_in("parent/state");
	begin_write();
	put_many(3);
	commit();
	scratch_remove(path("parent"));
	assert_false(try_begin(false));
	epoch = counters.epoch;
	assert_true(epoch > 1000000000);
	assert_true(store_is_failing(store));
	assert_false(try_begin(false));
	assert_int_equal(counters.epoch, epoch);
	assert_int_equal(mkdir(path("parent"), 0700), 0);
	begin_new_file();
	assert_int_equal(counters.epoch, epoch);
	put_many(1);
	commit();
	open_in("parent/state");
	assert_int_equal(counters.epoch, epoch);
	assert_int_equal(counters.sequence, 4);
}

/* Another hbwatchd has the new directory: its files are not changed. */
static void
directory_of_another(void **state)
{
	struct epoch_file	 found;
	int			 fd;

	(void)state;
	start();
	assert_int_equal(rename(path("state"), path("old")), 0);
	assert_int_equal(mkdir(path("state"), 0700), 0);
	write_epoch_file(9, false);
	fd = open(path("state"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_not_equal(fd, -1);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_false(try_begin(false));
	assert_true(store_is_failing(store));
	assert_true(counters.epoch > 1000000000);
	assert_false(try_begin(false));
	assert_epoch_file(9, false);
	assert_int_equal(count_files("hbwatchd.db"), 0);
	/* It ends. */
	close(fd);
	begin_new_file();
	commit();
	log_redirect(NULL, NULL);
	assert_true(epoch_file_read(path(EPOCH), &found));
	assert_int_equal(found.epoch, counters.epoch);
}

static void
database_removed(void **state)
{
	(void)state;
	start();
	assert_int_equal(unlink(path(DB)), 0);
	write_again(2);
}

/* A copy takes the place of the database. */
static void
database_replaced(void **state)
{
	size_t	 size;
	char	*bytes;

	(void)state;
	start();
	bytes = scratch_read(path(DB), &size);
	scratch_write(path("copy"), bytes, size);
	free(bytes);
	assert_int_equal(rename(path("copy"), path(DB)), 0);
	write_again(2);
	assert_int_equal(count_files(ASIDE), 1);
}

static void
database_truncated(void **state)
{
	(void)state;
	start();
	assert_int_equal(truncate(path(DB), 8192), 0);
	write_again(2);
}

static void
log_removed(void **state)
{
	(void)state;
	start();
	assert_int_equal(unlink(path(WAL)), 0);
	write_again(2);
}

static void
log_truncated(void **state)
{
	(void)state;
	start();
	assert_int_equal(truncate(path(WAL), 0), 0);
	write_again(2);
}

static bool
has_event(void)
{
	struct pollfd	 fd = { .fd = store_event(store), .events = POLLIN };

	return (poll(&fd, 1, 0) > 0);
}

/* Events are about changes by others, and not about each transaction. */
static void
events(void **state)
{
	(void)state;
	start();
	log_redirect(NULL, NULL);
	store_clear_event(store);
	assert_false(has_event());
	begin_write();
	put_many(500);
	commit();
	store_checkpoint(store, true);
	assert_false(has_event());
	assert_int_equal(unlink(path(WAL)), 0);
	assert_true(has_event());
	store_clear_event(store);
	assert_false(has_event());
	/* The new directory is watched as well. */
	scratch_remove(path("state"));
	begin_new_file();
	commit();
	store_clear_event(store);
	assert_int_equal(rename(path("state"), path("old")), 0);
	assert_true(has_event());
	assert_false(store_is_in_place(store));
	if (!may_mount)
		return;
	begin_new_file();
	commit();
	store_clear_event(store);
	assert_true(scratch_mount(path("state"), "12m"));
	assert_true(has_event());
	store_clear_event(store);
	assert_false(has_event());
	assert_false(store_is_in_place(store));
	close_store();
	assert_int_equal(umount(path("state")), 0);
}

/* Without a watch of the directory, the owner has to check it regularly. */
static void
watched_directories(void **state)
{
	struct store_watch	*w = store_watch_new();

	(void)state;
	assert_non_null(w);
	assert_int_equal(store_watch_event(w), -1);
	store_watch_directory(w, path("none"));
	assert_int_equal(store_watch_event(w), -1);
	store_watch_directory(w, path("."));
	assert_int_not_equal(store_watch_event(w), -1);
	store_watch_directory(w, path("none"));
	assert_int_equal(store_watch_event(w), -1);
	store_watch_free(w);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		SCRATCH(nothing_changes),
		SCRATCH(directory_removed),
		SCRATCH(directory_moved),
		SCRATCH(directory_replaced),
		SCRATCH(files_overwritten),
		SCRATCH(directory_mounted_over),
		SCRATCH(directory_cannot_be_made),
		SCRATCH(directory_of_another),
		SCRATCH(database_removed),
		SCRATCH(database_replaced),
		SCRATCH(database_truncated),
		SCRATCH(log_removed),
		SCRATCH(log_truncated),
		SCRATCH(events),
		SCRATCH(watched_directories),
	};

	may_mount = scratch_may_mount();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
