/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>

#include <unistd.h>

#include "scratch.h"
#include "state/epoch_note.h"

static struct scratch		 scratch;
static struct epoch_note	 note;
static bool			 may_mount;
static char			 control[512], file[520], state[512];

static int
begin(void **unused)
{
	(void)unused;
	scratch_begin(&scratch);
	snprintf(control, sizeof(control), "%s",
	    scratch_path(&scratch, "run/control"));
	snprintf(file, sizeof(file), "%s.epoch", control);
	snprintf(state, sizeof(state), "%s", scratch_path(&scratch, "state"));
	assert_int_equal(mkdir(state, 0700), 0);
	if (may_mount)
		assert_true(scratch_mount(scratch_path(&scratch, "run"), "1m"));
	note.file = -1;
	return (0);
}

static int
end(void **unused)
{
	(void)unused;
	epoch_note_close(&note);
	if (may_mount)
		assert_int_equal(umount(scratch_path(&scratch, "run")), 0);
	scratch_end(&scratch);
	return (0);
}

/* Opens the note of a state directory that begins with `directory`. */
static void
open_note(const char *directory)
{
	epoch_note_close(&note);
	epoch_note_open(&note, control, directory, getuid());
}

static void
assert_read(uint32_t epoch)
{
	open_note(state);
	assert_int_not_equal(note.file, -1);
	assert_int_equal(note.epoch, epoch);
}

static void
last_epoch_is_read(void **unused)
{
	static const uint32_t	 epochs[] = { 1, 1796046907, UINT32_MAX, 7 };
	size_t			 i;

	(void)unused;
	if (!may_mount)
		skip();
	assert_read(0);
	for (i = 0; i < sizeof(epochs) / sizeof(*epochs); i++) {
		epoch_note_write(&note, epochs[i]);
		assert_int_equal(note.epoch, epochs[i]);
		assert_read(epochs[i]);
	}
	/* The same directory by another path. */
	open_note(scratch_path(&scratch, "run/../state"));
	assert_int_equal(note.epoch, 7);
}

static void
other_directory(void **unused)
{
	char	 longer[600];

	(void)unused;
	if (!may_mount)
		skip();
	assert_read(0);
	epoch_note_write(&note, 5);
	snprintf(longer, sizeof(longer), "%s.2", state);
	open_note(longer);
	/* It does not exist. */
	assert_int_equal(note.file, -1);
	assert_read(5);
	assert_int_equal(mkdir(longer, 0700), 0);
	open_note(longer);
	assert_int_not_equal(note.file, -1);
	assert_int_equal(note.epoch, 0);
	epoch_note_write(&note, 6);
	/* Nothing of the longer text is left. */
	assert_read(0);
	epoch_note_write(&note, 8);
	assert_read(8);
}

static void
invalid_content(void **unused)
{
	static const char *const	 heads[] = {
		"", "5", "0000000005", "5 ", "-000000005 ", "+000000005 ",
		"0000000005  ", "99999999999 ", "4294967296 ", "000000000x ",
	};
	char				 text[600];
	size_t				 i;

	(void)unused;
	if (!may_mount)
		skip();
	for (i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		snprintf(text, sizeof(text), "%s%s\n", heads[i], state);
		scratch_write(file, text, strlen(text));
		assert_read(0);
	}
	memset(text, 'x', sizeof(text));
	scratch_write(file, text, sizeof(text));
	assert_read(0);
}

static void
other_file(void **unused)
{
	struct stat	 st;

	(void)unused;
	if (!may_mount)
		skip();
	assert_int_equal(symlink(state, file), 0);
	open_note(state);
	assert_int_equal(note.file, -1);
	epoch_note_write(&note, 5);
	assert_int_equal(unlink(file), 0);
	/* Another user's link to a file of root. */
	scratch_write(control, "text", 4);
	assert_int_equal(link(control, file), 0);
	open_note(state);
	assert_int_equal(note.file, -1);
	assert_int_equal(stat(control, &st), 0);
	assert_int_equal(st.st_size, 4);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(mkfifo(file, 0600), 0);
	open_note(state);
	assert_int_equal(note.file, -1);
}

/* A disk could hang, and hbwatchd with it. */
static void
not_on_tmpfs(void **unused)
{
	struct stat	 st;

	(void)unused;
	if (may_mount)
		assert_int_equal(umount(scratch_path(&scratch, "run")), 0);
	(void)mkdir(scratch_path(&scratch, "run"), 0700);
	/* All of the machine may be on tmpfs. */
	open_note(state);
	if (note.file == -1)
		assert_int_not_equal(stat(file, &st), 0);
	epoch_note_close(&note);
	(void)unlink(file);
	if (may_mount)
		assert_true(scratch_mount(scratch_path(&scratch, "run"), "1m"));
}

static void
no_socket(void **unused)
{
	(void)unused;
	epoch_note_open(&note, "", state, getuid());
	assert_int_equal(note.file, -1);
	epoch_note_open(&note, scratch_path(&scratch, "none/control"), state,
	    getuid());
	assert_int_equal(note.file, -1);
}

#define T(test)	cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		T(last_epoch_is_read),
		T(other_directory),
		T(invalid_content),
		T(other_file),
		T(not_on_tmpfs),
		T(no_socket),
	};

	may_mount = scratch_may_mount();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
