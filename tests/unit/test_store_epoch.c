/* SPDX-License-Identifier: BSD-2-Clause */
/* When the epoch of the store grows, and when it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/wait.h>

#include <inttypes.h>
#include <poll.h>

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

/* An epoch of the clock: the last one is not known. */
static void
assert_from_clock(uint32_t epoch)
{
	assert_in_range(wall_now().ns / NSEC_PER_SEC - epoch, 0, 60);
}

/* Opens the store twice: only one start begins an epoch. */
static void
open_twice(void)
{
	uint32_t	 epoch;

	open_store();
	epoch = counters.epoch;
	assert_epoch_file(epoch, false);
	open_store();
	assert_int_equal(counters.epoch, epoch);
}

/* This is what an operator does after a machine was set back to a snapshot. */
static void
epoch_of_a_removed_epoch_file(void **state)
{
	(void)state;
	open_store();
	begin_write();
	put_many(3);
	commit();
	close_store();
	assert_int_equal(unlink(path(EPOCH)), 0);
	open_twice();
	assert_from_clock(counters.epoch);
	assert_int_equal(counters.sequence, 3);
	close_store();
	scratch_write(path(EPOCH), "???", 3);
	open_twice();
	assert_from_clock(counters.epoch);
}

/* An invalid epoch file shows that there was a state. */
static void
epoch_of_an_invalid_epoch_file(void **state)
{
	(void)state;
	assert_int_equal(mkdir(path("state"), 0700), 0);
	scratch_write(path(EPOCH), "???", 3);
	open_twice();
	assert_from_clock(counters.epoch);
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
	assert_true(store_commit(store, now, NOT_NEWEST));
	/* A commit that is not complete does not set it. */
	assert_epoch_file(2, false);
	/* It does in an epoch in which the caller has sent from memory. */
	counters.epoch = 3;
	begin_write();
	store_put_counters(store, &counters);
	assert_true(store_commit(store, now, NOT_NEWEST));
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
	assert_in_range(unmarked(1795957862, 1795957862), 1795957863,
	    1795957862 + 65536);
	assert_in_range(unmarked(1795957862, 1000), 1795957863,
	    1795957862 + 65536);
	/* A clock that is not set: counting may have used the low numbers. */
	assert_in_range(unmarked(7, 0), 1000000000, 1000065535);
	assert_in_range(unmarked(7, -100), 1000000000, 1000065535);
	assert_in_range(unmarked(7, 20), 1000000000, 1000065535);
	assert_in_range(unmarked(1000000000, 20), 1000000001, 1000065536);
	/* After 2038 and after 2106. */
	assert_int_equal(unmarked(7, INT64_C(2147483648)), 2147483648U);
	assert_int_equal(unmarked(7, UINT32_MAX), UINT32_MAX);
	assert_in_range(unmarked(7, INT64_C(4294967296)), 1000000000,
	    1000065535);
	assert_int_equal(unmarked(UINT32_MAX, 1795957862), 1795957862);
	assert_in_range(unmarked(UINT32_MAX, 0), 1000000000, 1000065535);
	assert_in_range(unmarked(UINT32_MAX - 1, 0), 1000000000, UINT32_MAX);
}

/* The clock was set back, so two runs may begin after the same epoch. */
static void
epochs_after_the_same(void **state)
{
	uint32_t	 first = unmarked(1795957862, 1000);
	int		 i;

	(void)state;
	for (i = 0; i < 20 && unmarked(1795957862, 1000) == first; i++)
		continue;
	assert_true(i < 20);
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

/* The epoch file is newer than the database. */
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

/* ---- files that were restored while no hbwatchd was running */

static char	*saved[3];
static size_t	 saved_sizes[3];
static const char *const	 files[] = { DB, DB "-wal", EPOCH };

/* A process writes notifications, and ends or is killed. */
static void
run_store(uint32_t count, bool killed)
{
	pid_t	 pid;
	int	 status;

	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		open_store();
		begin_write();
		put_many(count);
		commit();
		if (!killed)
			close_store();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	/* The times of a later copy differ by more than the tolerance. */
	(void)poll(NULL, 0, 1100);
}

static void
restore(size_t i)
{
	int	 fd;

	fd = open(path(files[i]), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0600);
	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, saved[i], saved_sizes[i]), saved_sizes[i]);
	close(fd);
}

/*
 * Restores the files whose bits are in `which` as they were after the first of
 * two runs.  With `replace` they are removed first, else overwritten.  Returns
 * the epoch of the next start.
 */
static uint32_t
epoch_after_restoring(unsigned which, bool replace, bool killed)
{
	size_t	 i;

	run_store(3, false);
	for (i = 0; i < N(files); i++)
		saved[i] = scratch_read(path(files[i]), &saved_sizes[i]);
	run_store(2, killed);
	/* The file system may use the inodes of removed files again. */
	for (i = 0; replace && i < N(files); i++)
		if ((which & 1U << i) != 0)
			assert_int_equal(unlink(path(files[i])), 0);
	for (i = 0; i < N(files); i++) {
		if ((which & 1U << i) != 0)
			restore(i);
		free(saved[i]);
	}
	open_twice();
	close_store();
	scratch_remove(path("state"));
	return (counters.epoch);
}

#define DATABASE	1U
#define LOG		2U
#define EPOCH_FILE	4U

/* A backup was made before the second run; all of its files are copied back. */
static void
epoch_of_a_restored_backup(void **state)
{
	int	 killed;

	(void)state;
	for (killed = 0; killed < 2; killed++) {
		assert_from_clock(epoch_after_restoring(
		    DATABASE | LOG | EPOCH_FILE, true, killed));
		assert_from_clock(epoch_after_restoring(
		    DATABASE | LOG | EPOCH_FILE, false, killed));
		assert_from_clock(epoch_after_restoring(EPOCH_FILE, true,
		    killed));
	}
}

/*
 * Waits until a new file is created at a later time than this one was changed:
 * the kernel rounds such times down.
 */
static void
wait_for_later_time(const char *file)
{
	struct stat	 old, new;
	char		 name[300];
	int		 i;

	assert_int_equal(stat(file, &old), 0);
	snprintf(name, sizeof(name), "%s", path("later"));
	for (i = 0; i < 1000; i++) {
		assert_int_equal(mkdir(name, 0700), 0);
		assert_int_equal(stat(name, &new), 0);
		assert_int_equal(rmdir(name), 0);
		if (epoch_file_changed(&new) > epoch_file_changed(&old))
			return;
		(void)poll(NULL, 0, 1);
	}
	fail_msg("the time does not change");
}

/* A backup is made as soon as the store is closed, and moved back later. */
static void
epoch_of_a_copy_made_at_once(void **state)
{
	size_t	 i;

	(void)state;
	open_store();
	begin_write();
	put_many(3);
	commit();
	close_store();
	for (i = 0; i < N(files); i++)
		saved[i] = scratch_read(path(files[i]), &saved_sizes[i]);
	assert_int_equal(rename(path("state"), path("used")), 0);
	wait_for_later_time(path("used/epoch"));
	assert_int_equal(mkdir(path("state"), 0700), 0);
	for (i = 0; i < N(files); i++) {
		restore(i);
		free(saved[i]);
	}
	open_twice();
	assert_from_clock(counters.epoch);
	assert_int_equal(counters.sequence, 3);
}

/* The epoch file of the last run has the last epoch. */
static void
epoch_of_a_restored_database(void **state)
{
	(void)state;
	assert_int_equal(epoch_after_restoring(DATABASE, true, false), 2);
	assert_int_equal(epoch_after_restoring(DATABASE, false, false), 2);
	assert_int_equal(epoch_after_restoring(DATABASE, true, true), 2);
	assert_int_equal(epoch_after_restoring(DATABASE | LOG, true, true), 2);
}

/* After SIGKILL, the log has notifications that the database does not have. */
static void
epoch_of_a_lost_log(void **state)
{
	(void)state;
	run_store(3, true);
	assert_int_equal(unlink(path(DB "-wal")), 0);
	open_twice();
	assert_int_equal(counters.epoch, 2);
	close_store();
	/* After an end it is empty. */
	assert_int_equal(unlink(path(DB "-wal")), 0);
	open_twice();
	assert_int_equal(counters.epoch, 2);
}

/*
 * Writes an epoch file of epoch 1 as if it were just written.  0 is the correct
 * identity.
 */
static void
write_record(uint64_t identity, uint64_t database, int64_t changed)
{
	char	 text[200];

	if (identity == 0)
		identity = epoch_file_identity(AT_FDCWD, path(EPOCH));
	snprintf(text, sizeof(text), "%10d even   \n%20" PRId64 " %20" PRIu64
	    " %20" PRIu64 " %20d %20" PRId64 "\n", 1, wall_now().ns, identity,
	    database, 0, changed);
	scratch_write(path(EPOCH), text, strlen(text));
}

static void
epoch_of_unchanged_files(void **state)
{
	struct epoch_file	 f;
	int			 i;

	(void)state;
	for (i = 0; i < 3; i++) {
		run_store(3, i % 2 == 0);
		open_store();
		assert_int_equal(counters.epoch, 1);
		assert_int_equal(counters.sequence, 3 * (i + 1));
		close_store();
	}
	/* Reading the files, and another name of the directory. */
	for (i = 0; i < 3; i++)
		free(scratch_read(path(files[i]), &saved_sizes[i]));
	assert_int_equal(rename(path("state"), path("moved")), 0);
	open_in("moved");
	assert_int_equal(counters.epoch, 1);
	close_store();
	assert_int_equal(rename(path("moved"), path("state")), 0);
	/* A file system whose inodes are other ones after each mount. */
	assert_true(epoch_file_read(path(EPOCH), &f));
	write_record(1, f.database + 1, f.database_changed);
	open_twice();
	assert_int_equal(counters.epoch, 1);
	close_store();
	assert_true(epoch_file_read(path(EPOCH), &f));
	write_record(0, f.database + 1, f.database_changed);
	open_twice();
	assert_int_equal(counters.epoch, 2);
}

/* Files of version 0.2.0 have no such data. */
static void
epoch_of_version_0_2_0(void **state)
{
	struct epoch_file	 f;

	(void)state;
	run_store(3, false);
	accept_files();
	assert_true(epoch_file_read(path(EPOCH), &f));
	assert_int_equal(f.identity, 0);
	open_twice();
	assert_int_equal(counters.epoch, 1);
	assert_true(epoch_file_read(path(EPOCH), &f));
	assert_int_not_equal(f.identity, 0);
	assert_int_not_equal(f.database, 0);
}

/* A start that was killed before it had created the database. */
static void
epoch_that_was_not_used(void **state)
{
	struct epoch_file	 f = { .epoch = 4 };

	(void)state;
	assert_int_equal(mkdir(path("state"), 0700), 0);
	assert_true(epoch_file_write(path(EPOCH), &f));
	open_twice();
	assert_int_equal(counters.epoch, 4);
	close_store();
	assert_int_equal(unlink(path(DB)), 0);
	open_twice();
	assert_int_equal(counters.epoch, 5);
}

/* Root gives the files to another user; that is no restored backup. */
static void
take_from(uid_t uid, struct store_owner owner)
{
	struct stat	 st;
	size_t		 i;
	int		 lock;

	for (i = 0; i < N(files); i++)
		assert_int_equal(chown(path(files[i]), uid, uid), 0);
	/* The last run was as that user, too. */
	assert_int_equal(lstat(path(DB), &st), 0);
	write_record(0, epoch_file_identity(AT_FDCWD, path(DB)),
	    epoch_file_changed(&st));
	assert_int_equal(chown(path(EPOCH), uid, uid), 0);
	(void)poll(NULL, 0, 1100);
	assert_true(store_directory_take(path("state"), &owner, &lock));
	assert_int_equal(stat(path(DB), &st), 0);
	assert_int_equal(st.st_uid, owner.uid);
	assert_int_equal(stat(path(EPOCH), &st), 0);
	assert_int_equal(st.st_uid, owner.uid);
	assert_int_equal(store_open(&store, path("state"), lock, 0, &counters),
	    STORE_OK);
	assert_int_equal(counters.epoch, 1);
	close_store();
}

static void
epoch_after_a_change_of_owner(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		print_message("# not tested: this needs root\n");
		return;
	}
	/* The other user has to enter it. */
	assert_int_equal(chmod(scratch.directory, 0711), 0);
	run_store(3, false);
	take_from(65534, (struct store_owner){ 0, 0 });
	take_from(0, (struct store_owner){ 65534, 65534 });
}

static void
open_with_note(uint32_t noted)
{
	close_store();
	assert_int_equal(store_open(&store, path("state"), -1, noted,
	    &counters), STORE_OK);
}

/* A note of a later epoch: what was sent in it is not on the disk. */
static void
epoch_after_a_note(void **state)
{
	const uint32_t	 from_clock = 1000000000, later = 4000000000;

	(void)state;
	run_store(3, false);
	open_with_note(1);
	assert_int_equal(counters.epoch, 1);
	open_with_note(0);
	assert_int_equal(counters.epoch, 1);
	open_with_note(2);
	assert_in_range(counters.epoch, from_clock, later);
	assert_int_equal(counters.sequence, 3);
	assert_epoch_file(counters.epoch, false);
	open_with_note(later);
	assert_true(counters.epoch > later);
	/* Without any file, the note counts, too. */
	close_store();
	assert_int_equal(unlink(path(DB)), 0);
	assert_int_equal(unlink(path(EPOCH)), 0);
	open_with_note(7);
	assert_in_range(counters.epoch, from_clock, later);
}

/* While it runs, the epoch file is written again when it was changed. */
static void
epoch_file_changed_by_others(void **state)
{
	(void)state;
	open_store();
	assert_int_equal(unlink(path(EPOCH)), 0);
	assert_true(store_is_in_place(store));
	assert_epoch_file(1, false);
	scratch_write(path(EPOCH), "       900 even   \n", 19);
	assert_true(store_is_in_place(store));
	assert_epoch_file(1, false);
	(void)poll(NULL, 0, 1100);
	assert_int_equal(chmod(path(EPOCH), 0644), 0);
	assert_true(store_is_in_place(store));
	open_twice();
	assert_int_equal(counters.epoch, 1);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		SCRATCH(epoch_of_a_lost_file),
		SCRATCH(epoch_of_a_removed_epoch_file),
		SCRATCH(epoch_of_an_invalid_epoch_file),
		SCRATCH(epoch_of_an_earlier_version),
		SCRATCH(epoch_after_unsaved_notifications),
		SCRATCH(epoch_until_all_is_saved),
		SCRATCH(epoch_of_a_restored_file),
		SCRATCH(epochs_without_a_disk),
		cmocka_unit_test(epochs_after_the_same),
		SCRATCH(epoch_after_one_from_the_clock),
		SCRATCH(epochs_of_starts_without_a_disk),
		SCRATCH(epoch_of_a_restored_backup),
		SCRATCH(epoch_of_a_copy_made_at_once),
		SCRATCH(epoch_of_a_restored_database),
		SCRATCH(epoch_of_a_lost_log),
		SCRATCH(epoch_of_unchanged_files),
		SCRATCH(epoch_of_version_0_2_0),
		SCRATCH(epoch_that_was_not_used),
		SCRATCH(epoch_after_a_change_of_owner),
		SCRATCH(epoch_after_a_note),
		SCRATCH(epoch_file_changed_by_others),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
