/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of the store that are damaged, foreign or not files at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store_fixture.h"

static char	*valid;		/* a file with rows of all kinds */
static size_t	 valid_size;

static void
make_valid(void)
{
	uint32_t	 i;
	char		 name[16];

	open_store();
	begin_write();
	for (i = 1; i <= 40; i++) {
		snprintf(name, sizeof(name), "w%u", i);
		store_put_name(store, i, name);
		put(alarm_notification(i, i, name));
	}
	put(capture_notification(41, true, "eth1"));
	put(storm_notification(42, 3, 2, 1, 7));
	counters.sequence = 42;
	counters.delivered = 30;
	counters.serial = 20;
	commit();
	close_store();
	valid = scratch_read(path(DB), &valid_size);
	assert_int_equal(unlink(path(DB)), 0);
	assert_int_equal(unlink(path(EPOCH)), 0);
}

/*
 * Opens a file of any bytes.  Either its state is used, or the file is set
 * aside and a new epoch begins; after that the state can be written.  Returns
 * whether the state was used.
 */
static bool
open_bytes(const char *bytes, size_t size)
{
	bool	 kept, ok;

	(void)mkdir(path("state"), 0700);
	scratch_write(path(DB), bytes, size);
	write_epoch_file(1, false);
	open_store();
	assert_true(store_is_readable(store));
	ok = read_everything();
	kept = counters.epoch == 1;
	if (!ok) {
		/* The damage was found while reading. */
		assert_true(kept);
		store_set_damaged(store);
		begin_new_file();
		kept = false;
		commit();
	}
	if (kept) {
		assert_int_equal(counters.sequence, 42);
		assert_int_equal(counters.delivered, 30);
		assert_int_equal(count_files(ASIDE), 0);
	} else {
		assert_int_equal(counters.epoch, 2);
		assert_true(count_files(ASIDE) >= 1);
	}
	begin_write();
	put(alarm_notification(43, 1, "w1"));
	counters.sequence = 43;
	commit();
	open_store();
	assert_int_equal(counters.epoch, kept ? 1 : 2);
	assert_int_equal(counters.sequence, 43);
	close_store();
	scratch_remove(path("state"));
	return (kept);
}

static void
valid_file(void **state)
{
	(void)state;
	make_valid();
	assert_true(open_bytes(valid, valid_size));
	free(valid);
}

static void
truncated(void **state)
{
	static const size_t	 lengths[] = {
		0, 1, 15, 16, 17, 99, 100, 101, 512, 1024, 4095, 4096, 4097,
		8191, 8192, 12288, 20480, 30000, 32768, 40960, 65536, 100000,
		1 << 20,
	};
	size_t			 i;

	(void)state;
	make_valid();
	for (i = 0; i < N(lengths); i++) {
		print_message("# %zu bytes\n", lengths[i]);
		assert_true(lengths[i] < valid_size);
		assert_false(open_bytes(valid, lengths[i]));
	}
	assert_false(open_bytes(valid, valid_size - 1));
	assert_false(open_bytes(valid, valid_size - 4096));
	free(valid);
}

/* Zeros over each page, and then over all of the file. */
static void
zeros(void **state)
{
	char	 page[4096];
	size_t	 i, lost = 0;

	(void)state;
	make_valid();
	for (i = 0; i < 24; i++) {
		memcpy(page, valid + i * sizeof(page), sizeof(page));
		memset(valid + i * sizeof(page), 0, sizeof(page));
		lost += !open_bytes(valid, valid_size);
		memcpy(valid + i * sizeof(page), page, sizeof(page));
	}
	print_message("# the loss of %zu of 24 pages was found\n", lost);
	assert_true(lost >= 6);
	memset(valid, 0, valid_size);
	assert_false(open_bytes(valid, valid_size));
	assert_false(open_bytes(valid, 4096));
	free(valid);
}

static void
random_bytes(void **state)
{
	static const char	 text[] = "SQLite format 3";
	unsigned		 random = 1;
	size_t			 round, i, at, kept = 0;
	char			*bytes;

	(void)state;
	make_valid();
	assert_false(open_bytes("x", 1));
	assert_false(open_bytes(text, sizeof(text)));
	bytes = malloc(valid_size);
	assert_non_null(bytes);
	for (round = 0; round < 100; round++) {
		memcpy(bytes, valid, valid_size);
		/* Up to 40 bytes of the first pages. */
		at = (random = random * 1103515245 + 12345) / 7 % (16 * 4096);
		for (i = 0; i < 1 + round % 40; i++) {
			random = random * 1103515245 + 12345;
			bytes[at + i] = (char)(random >> 16);
		}
		kept += open_bytes(bytes, valid_size);
	}
	print_message("# %zu of 100 files were used\n", kept);
	for (i = 0; i < valid_size; i++) {
		random = random * 1103515245 + 12345;
		bytes[i] = (char)(random >> 16);
	}
	assert_false(open_bytes(bytes, valid_size));
	free(bytes);
	free(valid);
}

/* A write-ahead log that belongs to another file. */
static void
wal_of_another_file(void **state)
{
	(void)state;
	make_valid();
	assert_int_equal(mkdir(path("other"), 0700), 0);
	scratch_remove(path("state"));
	assert_int_equal(mkdir(path("state"), 0700), 0);
	scratch_write(path(DB "-wal"), valid, 100000);
	assert_true(open_bytes(valid, valid_size));
	free(valid);
}

static void
not_a_regular_file(void **state)
{
	struct stat	 st;
	size_t		 before, after;
	char		*bytes;

	(void)state;
	assert_int_equal(mkdir(path("state"), 0700), 0);
	write_epoch_file(1, false);
	assert_int_equal(mkdir(path(DB), 0700), 0);
	open_store();
	assert_int_equal(counters.epoch, 2);
	assert_true(store_is_readable(store));
	assert_int_equal(count_files(ASIDE), 1);
	close_store();
	assert_int_equal(lstat(path(DB), &st), 0);
	assert_true(S_ISREG(st.st_mode));

	/* The target of a link is neither read nor written. */
	assert_int_equal(rename(path(DB), path("other.db")), 0);
	bytes = scratch_read(path("other.db"), &before);
	assert_int_equal(symlink(path("other.db"), path(DB)), 0);
	open_store();
	assert_int_equal(counters.epoch, 3);
	begin_write();
	put(alarm_notification(1, 1, "w"));
	commit();
	close_store();
	assert_int_equal(lstat(path(DB), &st), 0);
	assert_true(S_ISREG(st.st_mode));
	free(bytes);
	bytes = scratch_read(path("other.db"), &after);
	assert_int_equal(before, after);
	free(bytes);

	assert_int_equal(unlink(path(DB)), 0);
	assert_int_equal(symlink("/nonexistent/x", path(DB)), 0);
	open_store();
	assert_int_equal(counters.epoch, 4);
	close_store();

	assert_int_equal(unlink(path(DB)), 0);
	assert_int_equal(mkfifo(path(DB), 0600), 0);
	(void)alarm(60);
	open_store();
	(void)alarm(0);
	assert_int_equal(counters.epoch, 5);
	assert_false(store_is_failing(store));
	assert_int_equal(count_files(ASIDE), 4);
}

/* Each file that is set aside is kept under its own name. */
static void
set_aside(void **state)
{
	struct dirent	*e;
	DIR		*d;
	size_t		 size, i;
	char		*bytes, text[600], name[600];

	(void)state;
	assert_int_equal(mkdir(path("state"), 0700), 0);
	write_epoch_file(1, false);
	for (i = 1; i <= 5; i++) {
		memset(text, (int)('0' + i), sizeof(text));
		scratch_write(path(DB), text, sizeof(text));
		open_store();
		assert_int_equal(counters.epoch, i + 1);
		close_store();
	}
	assert_int_equal(count_files(ASIDE), 5);
	d = opendir(path("state"));
	assert_non_null(d);
	for (i = 0; (e = readdir(d)) != NULL;) {
		if (strncmp(e->d_name, ASIDE, strlen(ASIDE)) != 0)
			continue;
		snprintf(name, sizeof(name), "state/%s", e->d_name);
		bytes = scratch_read(path(name), &size);
		assert_int_equal(size, sizeof(text));
		i += (size_t)1 << (bytes[0] - '0') * 4;
		free(bytes);
	}
	closedir(d);
	assert_int_equal(i, 0x111110);
}

static void
assert_set_aside(const char *change)
{
	size_t	 before = count_files(ASIDE);

	print_message("# %s\n", change);
	sql(change);
	open_store();
	assert_int_equal(count_files(ASIDE), before + 1);
	assert_int_equal(counters.epoch, before + 2);
	assert_int_equal(counters.sequence, 0);
	assert_false(store_is_failing(store));
	close_store();
}

static void
foreign_file(void **state)
{
	(void)state;
	open_store();
	begin_write();
	counters.sequence = 9;
	commit();
	close_store();
	assert_set_aside("PRAGMA user_version = 99");
	assert_set_aside("PRAGMA user_version = 2147483647");
	assert_set_aside("PRAGMA user_version = -1");
	assert_set_aside("PRAGMA user_version = 0");
	assert_set_aside("PRAGMA application_id = 1");
	assert_set_aside("PRAGMA application_id = 0");
	assert_set_aside("DROP TABLE notice");
	assert_set_aside("DROP TABLE counters");
	assert_set_aside("ALTER TABLE alarm DROP COLUMN flags");
	assert_set_aside("DELETE FROM counters");
	/* Foreign tables, views and triggers could do anything. */
	assert_set_aside("DROP TABLE name; CREATE VIEW name AS WITH RECURSIVE"
	    " n(number, name) AS (SELECT 1, 'x' UNION ALL SELECT number, name"
	    " FROM n) SELECT * FROM n");
	assert_set_aside("CREATE TRIGGER t AFTER INSERT ON notice BEGIN"
	    " DELETE FROM notice; END");
	assert_set_aside("CREATE INDEX i ON notice (event)");
	assert_set_aside("CREATE TABLE more (x)");
	assert_set_aside("DROP TABLE blind;"
	    " CREATE VIRTUAL TABLE blind USING fts5(interface)");
}

static void
invalid_counters(void **state)
{
	(void)state;
	open_store();
	close_store();
	assert_set_aside("UPDATE counters SET epoch = 0");
	assert_set_aside("UPDATE counters SET epoch = -1");
	assert_set_aside("UPDATE counters SET epoch = 4294967296");
	assert_set_aside("UPDATE counters SET sequence = -1");
	assert_set_aside("UPDATE counters SET sequence = 9223372036854775807");
	assert_set_aside("UPDATE counters SET sequence = 4294967295");
	assert_set_aside("UPDATE counters SET delivered = 1");
	assert_set_aside("UPDATE counters SET sequence = 3, delivered = -1");
	assert_set_aside("UPDATE counters SET serial = 4294967295");
	assert_set_aside("UPDATE counters SET serial = -5");
}

/* Invalid rows: the next transaction replaces the file. */
static void
assert_replaced(const char *change)
{
	print_message("# %s\n", change);
	open_store();
	begin_write();
	put(alarm_notification(1, 1, "w"));
	put(capture_notification(2, true, "eth1"));
	put(storm_notification(3, 0, 0, 0, 0));
	store_put_name(store, 1, "w");
	counters.sequence = counters.delivered = 3;
	commit();
	close_store();
	sql(change);
	open_store();
	assert_int_equal(counters.epoch, 1);
	assert_false(read_everything());
	begin_new_file();
	assert_int_equal(counters.epoch, 2);
	commit();
	assert_epoch_file(2, false);
	assert_true(read_everything());
	assert_int_equal(count_files(ASIDE), 1);
	close_store();
	scratch_remove(path("state"));
}

static void
invalid_values(void **state)
{
	static const char *const	 changes[] = {
		"UPDATE notice SET event = 0 WHERE sequence = 1",
		"UPDATE notice SET event = 7 WHERE sequence = 1",
		"UPDATE notice SET event = 3 WHERE sequence = 1",
		"UPDATE notice SET event = 5 WHERE sequence = 1",
		"UPDATE notice SET event = 1 WHERE sequence = 2",
		"UPDATE notice SET state = 0 WHERE sequence = 1",
		"UPDATE notice SET state = 3 WHERE sequence = 1",
		"UPDATE notice SET state = NULL WHERE sequence = 1",
		"UPDATE notice SET cause = 0 WHERE sequence = 1",
		"UPDATE notice SET end = -1 WHERE sequence = 1",
		"UPDATE notice SET end = 5 WHERE sequence = 1",
		"UPDATE notice SET flags = -1 WHERE sequence = 1",
		"UPDATE notice SET side = 6 WHERE sequence = 1",
		"UPDATE notice SET confidence = 101 WHERE sequence = 1",
		"UPDATE notice SET decided = 23 WHERE sequence = 1",
		"UPDATE notice SET decided_state = 4 WHERE sequence = 1",
		"UPDATE notice SET decided_code = 256 WHERE sequence = 1",
		"UPDATE notice SET decided_port = 65536 WHERE sequence = 1",
		"UPDATE notice SET decided_mac = -1 WHERE sequence = 1",
		"UPDATE notice SET decided_address = 'x' WHERE sequence = 1",
		"UPDATE notice SET decided_address = NULL WHERE sequence = 1",
		"UPDATE notice SET peer_host = NULL WHERE sequence = 1",
		"UPDATE notice SET repair = printf('%.5000c', 'x')"
		    " WHERE sequence = 1",
		"UPDATE notice SET serial = -1 WHERE sequence = 1",
		"UPDATE notice SET serial = 4294967296 WHERE sequence = 1",
		"UPDATE notice SET count = 4294967296 WHERE sequence = 1",
		"UPDATE notice SET transitions = -1 WHERE sequence = 1",
		"UPDATE notice SET transitions = 4294967295 WHERE sequence = 1",
		"UPDATE notice SET watch_index = -1 WHERE sequence = 1",
		"UPDATE notice SET watch_index = 4294967296 WHERE sequence = 1",
		"UPDATE notice SET severity = 2 WHERE sequence = 1",
		"UPDATE notice SET severity = 7 WHERE sequence = 1",
		"UPDATE notice SET severity = NULL WHERE sequence = 1",
		"UPDATE notice SET alarm_id = 0 WHERE sequence = 1",
		"UPDATE notice SET alarm_id = 2147483648 WHERE sequence = 1",
		"UPDATE notice SET peer = '192.0.2.256' WHERE sequence = 1",
		"UPDATE notice SET peer = NULL WHERE sequence = 1",
		"UPDATE notice SET watch = NULL WHERE sequence = 1",
		"UPDATE notice SET watch = printf('%.256c', 'x')"
		    " WHERE sequence = 1",
		"UPDATE notice SET watch = 'a' || char(0) || 'b'"
		    " WHERE sequence = 1",
		"UPDATE notice SET watch = CAST(x'61ff' AS TEXT)"
		    " WHERE sequence = 1",
		"UPDATE notice SET interface = '0123456789abcdef'"
		    " WHERE sequence = 1",
		"UPDATE notice SET heartbeat = printf('%.5000c', 'x')"
		    " WHERE sequence = 1",
		"UPDATE notice SET host = printf('%.5000c', 'x')"
		    " WHERE sequence = 1",
		"UPDATE notice SET alarm_name = printf('%.5000c', 'x')"
		    " WHERE sequence = 1",
		"UPDATE notice SET service_type = NULL WHERE sequence = 1",
		"UPDATE notice SET role = CAST(x'c0af' AS TEXT)"
		    " WHERE sequence = 1",
		"UPDATE notice SET capture_state = 0 WHERE sequence = 2",
		"UPDATE notice SET capture_state = 5 WHERE sequence = 2",
		"UPDATE notice SET blind_watches = -1 WHERE sequence = 2",
		"UPDATE notice SET watcher_source = CAST(x'ff' AS TEXT)"
		    " WHERE sequence = 2",
		"UPDATE notice SET watcher_host = printf('%.256c', 'x')"
		    " WHERE sequence = 2",
		"UPDATE notice SET capture_index = -1 WHERE sequence = 2",
		"UPDATE notice SET error = printf('%.160c', 'x')"
		    " WHERE sequence = 2",
		"UPDATE notice SET interface = '0123456789abcdef'"
		    " WHERE sequence = 2",
		"UPDATE notice SET sequence = -4 WHERE sequence = 1",
		"UPDATE notice SET sequence = 4294967296 WHERE sequence = 2",
		"UPDATE alarm SET state = 3",
		"UPDATE alarm SET event = 3",
		"UPDATE alarm SET watch = CAST(x'61ff' AS TEXT)",
		"UPDATE alarm SET sequence = -1",
		"UPDATE name SET number = 0",
		"UPDATE name SET number = -1",
		"UPDATE name SET number = 2147483648",
		"UPDATE name SET name = printf('%.256c', 'x')",
		"UPDATE name SET name = CAST(x'ff' AS TEXT)",
		"UPDATE blind SET interface = '0123456789abcdef'",
		"UPDATE storm SET raised = -1",
		"UPDATE storm SET first = 4294967296",
		"DELETE FROM storm",
		"UPDATE alarm SET event = 5, sequence = 3",
	};
	size_t				 i;

	(void)state;
	for (i = 0; i < N(changes); i++)
		assert_replaced(changes[i]);
}

/* The first number after those of the code. */
static void
unknown_numbers(void **state)
{
	char	 change[64];

	(void)state;
	snprintf(change, sizeof(change), "UPDATE notice SET cause = %d "
	    "WHERE sequence = 1", CAUSE_MAX + 1);
	assert_replaced(change);
	snprintf(change, sizeof(change), "UPDATE notice SET flags = %d "
	    "WHERE sequence = 1", ALARM_FLAGS + 1);
	assert_replaced(change);
}

/* Somebody truncates the open file. */
static void
truncated_while_open(void **state)
{
	bool	 recreated;

	(void)state;
	open_store();
	assert_int_equal(truncate(path(DB), 0), 0);
	assert_int_equal(truncate(path(DB "-wal"), 0), 0);
	now = mono_add(now, NSEC_PER_SEC);
	if (store_begin(store, now, &recreated, &counters)) {
		put(alarm_notification(1, 1, "w"));
		counters.sequence = 1;
		(void)try_commit();
	}
	/* Another try writes it, or the next start. */
	now = mono_add(now, 3600 * NSEC_PER_SEC);
	if (store_begin(store, now, &recreated, &counters)) {
		put(alarm_notification(2, 1, "w"));
		counters.sequence = 2;
		(void)try_commit();
	}
	open_store();
	assert_true(read_everything());
	begin_write();
	commit();
	assert_true(counters.sequence == 2 || counters.epoch > 1);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		SCRATCH(valid_file),
		SCRATCH(truncated),
		SCRATCH(zeros),
		SCRATCH(random_bytes),
		SCRATCH(wal_of_another_file),
		SCRATCH(not_a_regular_file),
		SCRATCH(set_aside),
		SCRATCH(foreign_file),
		SCRATCH(invalid_counters),
		SCRATCH(invalid_values),
		SCRATCH(unknown_numbers),
		SCRATCH(truncated_while_open),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
