/* SPDX-License-Identifier: BSD-2-Clause */
/* Transactions: two processes, SIGKILL, and errors in the middle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <signal.h>

#include "store_fixture.h"

/* Two processes never use one file. */
static void
in_use(void **state)
{
	struct store		*other = NULL;
	struct store_counters	 c;
	int			 ready[2], done[2], status;
	pid_t			 pid;
	char			 byte;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(done), 0);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		close(done[1]);
		status = store_open(&other, path("state"), -1, 0, &c) ==
		    STORE_OK ? 0 : 1;
		(void)!write(ready[1], "x", 1);
		(void)!read(done[0], &byte, 1);
		store_close(other);
		_exit(status);
	}
	close(done[0]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(store_open(&other, path("state"), -1, 0, &c),
	    STORE_IN_USE);
	assert_null(other);
	assert_int_equal(count_files(ASIDE), 0);
	close(done[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(ready[0]);
	close(ready[1]);
	open_store();
	assert_int_equal(counters.epoch, 1);
}

/* A start that is refused does not change the files of the other hbwatchd. */
static void
in_use_keeps_owner(void **state)
{
	struct stat	 st;
	int		 fd, lock;

	(void)state;
	open_store();
	close_store();
	if (geteuid() != 0 || chown(path(DB), 65534, 65534) != 0)
		skip();
	fd = open(path("state"), O_RDONLY | O_DIRECTORY);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	assert_false(store_directory_take(path("state"),
	    &(struct store_owner){ 0, 0 }, &lock));
	assert_int_equal(stat(path(DB), &st), 0);
	assert_int_equal(st.st_uid, 65534);
	close(fd);
}

/* A file that another process is just creating is not set aside. */
static void
in_use_while_created(void **state)
{
	struct store		*other = NULL;
	struct store_counters	 c;
	int			 fd;

	(void)state;
	assert_int_equal(mkdir(path("state"), 0700), 0);
	fd = open(path("state"), O_RDONLY | O_DIRECTORY);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	scratch_write(path(DB), "", 0);
	assert_int_equal(store_open(&other, path("state"), -1, 0, &c),
	    STORE_IN_USE);
	assert_null(other);
	assert_int_equal(count_files(ASIDE), 0);
	close(fd);
}

/*
 * store_close writes to the write-ahead log only while it has the lock:
 * otherwise it would destroy what the next process writes there.
 */
static bool	 count_wal_resets;
static unsigned	 wal_resets, unlocked_resets;

static bool
is_locked(void)
{
	struct flock	 lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int		 status = 1, fd;
	pid_t		 pid;

	pid = fork();
	if (pid == 0) {
		fd = open(path(DB), O_RDWR);
		_exit(fd == -1 || fcntl(fd, F_GETLK, &lock) != 0 ||
		    lock.l_type == F_UNLCK);
	}
	(void)waitpid(pid, &status, 0);
	return (status == 0);
}

/* Replaces the C library's function for the store. */
ssize_t
pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
	if (count_wal_resets && length == 32) {
		wal_resets++;
		unlocked_resets += !is_locked();
	}
	return ((ssize_t)syscall(SYS_pwrite64, fd, bytes, length, offset));
}

static void
no_write_after_unlock(void **state)
{
	(void)state;
	open_store();
	begin_write();
	commit();
	count_wal_resets = true;
	close_store();
	count_wal_resets = false;
	assert_int_equal(wal_resets, 1);
	assert_int_equal(unlocked_resets, 0);
}

/* Writes transactions of five notifications until it is killed. */
static void
write_until_killed(int committed)
{
	uint32_t	 i;
	bool		 recreated;

	if (store_open(&store, path("state"), -1, 0, &counters) != STORE_OK)
		_exit(1);
	for (;;) {
		if (!store_begin(store, now, &recreated, &counters) ||
		    recreated)
			_exit(2);
		for (i = 1; i <= 5; i++)
			put(alarm_notification(counters.sequence + i, i, "w"));
		counters.sequence += 5;
		store_put_counters(store, &counters);
		if (!store_commit(store, now, NEWEST))
			_exit(3);
		if (write(committed, &counters.sequence, sizeof(uint32_t)) !=
		    sizeof(uint32_t))
			_exit(4);
	}
}

/* The file has whole transactions, and all that were committed. */
static void
assert_complete(uint32_t committed)
{
	struct notification	 n;
	uint32_t		 i;

	open_store();
	assert_int_equal(counters.epoch, 1);
	assert_int_equal(counters.sequence % 5, 0);
	assert_true(counters.sequence >= committed);
	for (i = counters.sequence; i > 0 && i + 50 > counters.sequence; i--) {
		assert_true(store_notification(store, i, &n));
		notification_release(&n);
	}
	assert_false(store_notification(store, counters.sequence + 1, &n));
	close_store();
}

static void
killed(void **state)
{
	uint32_t	 round, committed = 0, sequence;
	int		 pipes[2], status;
	size_t		 wanted;
	pid_t		 pid;

	(void)state;
	for (round = 0; round < 40; round++) {
		assert_int_equal(pipe(pipes), 0);
		pid = fork();
		assert_int_not_equal(pid, -1);
		if (pid == 0) {
			close(pipes[0]);
			write_until_killed(pipes[1]);
		}
		close(pipes[1]);
		/* After another number of transactions each time. */
		for (wanted = 1 + round * 7 % 11; wanted > 0 &&
		    read(pipes[0], &sequence, sizeof(sequence)) ==
		    sizeof(sequence); wanted--)
			committed = sequence;
		assert_int_equal(kill(pid, SIGKILL), 0);
		while (read(pipes[0], &sequence, sizeof(sequence)) ==
		    sizeof(sequence))
			committed = sequence;
		close(pipes[0]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_complete(committed);
	}
	print_message("# %u notifications\n", committed);
}

/* The connection that the store opens, for errors in its transactions. */
static sqlite3	*connection;

static int
take_connection(sqlite3 *db, const char **error, const void *api)
{
	(void)error;
	(void)api;
	/* The second one is the model of the schema check. */
	if (connection == NULL)
		connection = db;
	return (SQLITE_OK);
}

static void
start_taking(void)
{
	connection = NULL;
	(void)sqlite3_auto_extension((void (*)(void))take_connection);
}

/* Makes SQLite end the transaction when such a notification is put. */
static void
fail_when(const char *condition)
{
	char	 text[200];

	sqlite3_reset_auto_extension();
	snprintf(text, sizeof(text), "CREATE TEMP TRIGGER t BEFORE INSERT ON "
	    "notice WHEN %s BEGIN SELECT raise(ROLLBACK, 'no'); END",
	    condition);
	assert_int_equal(sqlite3_exec(connection, text, NULL, NULL, NULL),
	    SQLITE_OK);
}

/*
 * An error may end SQLite's transaction at once.  Rows that are put after it
 * must not be written on their own.
 */
static void
all_or_nothing(void **state)
{
	struct notification	 n;
	uint32_t		 i;

	(void)state;
	start_taking();
	open_store();
	begin_write();
	counters.sequence = 1;
	put(alarm_notification(1, 1, "w"));
	commit();
	fail_when("new.sequence = 3");
	begin_write();
	put_many(4);
	store_delete_before(store, 2);
	assert_false(try_commit());
	assert_true(store_is_failing(store));
	/* The process ends here. */
	assert_int_equal(sqlite3_exec(connection, "DROP TRIGGER t", NULL,
	    NULL, NULL), SQLITE_OK);
	open_store();
	for (i = 1; i <= 5; i++) {
		if (store_notification(store, i, &n) != (i == 1))
			fail_msg("notification %u", i);
		if (i == 1)
			notification_release(&n);
	}
	assert_int_equal(store_oldest(store), 1);
}

/*
 * Notifications that are sent while a new file cannot be filled have a new
 * epoch, which is not used again.
 */
static void
epoch_of_a_file_that_stays_empty(void **state)
{
	(void)state;
	open_store();
	begin_write();
	put_many(3);
	commit();
	store_set_damaged(store);
	start_taking();
	begin_new_file();
	assert_int_equal(counters.epoch, 2);
	fail_when("true");
	put_many(1);
	assert_false(try_commit());
	open_store();
	assert_int_equal(counters.epoch, 3);
}

/* An epoch file that could not be written is written with the next try. */
static void
epoch_file_retried(void **state)
{
	(void)state;
	open_store();
	assert_int_equal(unlink(path(EPOCH)), 0);
	assert_int_equal(mkdir(path(EPOCH), 0700), 0);
	start_taking();
	open_store();
	fail_when("true");
	begin_write();
	put_many(1);
	assert_false(try_commit());
	assert_int_equal(rmdir(path(EPOCH)), 0);
	begin_write();
	put_many(1);
	assert_false(try_commit());
	assert_true(counters.epoch > 1);
	assert_epoch_file(counters.epoch, true);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		SCRATCH(in_use),
		SCRATCH(in_use_keeps_owner),
		SCRATCH(in_use_while_created),
		SCRATCH(no_write_after_unlock),
		SCRATCH(killed),
		SCRATCH(all_or_nothing),
		SCRATCH(epoch_of_a_file_that_stays_empty),
		SCRATCH(epoch_file_retried),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
