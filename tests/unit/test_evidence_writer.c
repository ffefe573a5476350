/* SPDX-License-Identifier: BSD-2-Clause */
/* The evidence files: their contents, their directory, and its limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mono.h"
#include "engine/evidence_rings.h"
#include "evidence_directory.h"
#include "evidence_writer.h"
#include "packet/capture_file.h"
#include "packet/pcapng_writer.h"
#include "scratch.h"

/* More than any test needs; a thread that works takes a few milliseconds. */
#define LONG_MS		60000
#define RING		(64 * 1024)
#define LIMIT		(UINT64_C(16) * 1024 * 1024)

static struct scratch		 scratch;
static struct evidence_writer	*writer;
static struct evidence_rings	*rings;
static struct wall_time		 wall;		/* of the raise */
static struct mono_time		 mono;		/* the same */
static bool			 may_mount;
static const char		*interface;	/* of frames and alarms */
static unsigned			 warnings;
static char			 warning[512];	/* the last one */

/* While it is true, no memory is allocated for octets of a file. */
static bool			 no_memory;

bool	 __wrap_array_reserve(void *, size_t *, size_t, size_t);
bool	 __real_array_reserve(void *, size_t *, size_t, size_t);

bool
__wrap_array_reserve(void *array, size_t *capacity, size_t needed, size_t size)
{
	return ((size != 1 || !__atomic_load_n(&no_memory, __ATOMIC_SEQ_CST)) &&
	    __real_array_reserve(array, capacity, needed, size));
}

static void
take_line(void *arg, int priority, const char *line)
{
	(void)arg;
	if (priority > LOG_WARNING)
		return;
	__atomic_add_fetch(&warnings, 1, __ATOMIC_SEQ_CST);
	snprintf(warning, sizeof(warning), "%s", line);
}

static int
begin(void **state)
{
	static char	 names[1][IF_NAMESIZE] = { "eth1" };

	(void)state;
	scratch_begin(&scratch);
	log_redirect(take_line, NULL);
	warnings = 0;
	interface = "eth1";
	wall = wall_now();
	mono = mono_now();
	rings = evidence_rings_new(names, 1, RING);
	assert_non_null(rings);
	writer = evidence_writer_new(scratch.directory);
	assert_non_null(writer);
	evidence_writer_limit(writer, LIMIT);
	evidence_writer_rings(writer, rings);
	return (0);
}

static int
end(void **state)
{
	(void)state;
	assert_true(evidence_writer_end(writer, LONG_MS));
	evidence_rings_release(rings);
	(void)umount2(scratch_path(&scratch, "disk"), MNT_DETACH);
	scratch_end(&scratch);
	return (0);
}

/* A frame so many ms before or after the raise. */
static void
add_frame(int ms, uint16_t captured, uint32_t wire)
{
	struct evidence_record	 record = {
		.wall = wall_add(wall, ms * NSEC_PER_MSEC),
		.mono = mono_add(mono, ms * NSEC_PER_MSEC),
		.wire = wire, .captured = captured, .link_type = 1,
		.kind = EVIDENCE_KIND_HEARTBEAT,
	};
	struct evidence_ring	 ring;

	memset(record.bytes, 0xab, captured);
	assert_true(evidence_rings_get(rings, interface, &ring));
	evidence_ring_append(&ring, &record);
}

static void
raise_alarm(uint32_t serial, const char *watch, bool received)
{
	struct evidence_raise	 r = {
		.serial = serial, .alarm_id = 45640, .watch = watch,
		.interface = interface, .raised = wall,
		.last = received ? wall_add(wall, -2 * NSEC_PER_SEC) :
		    WALL_NEVER,
		.silence_ns = 2 * NSEC_PER_SEC,
	};
	struct evidence		 e = { .flags = EVIDENCE_RECEIVED };
	struct verdict		 v = {
		.cause = CAUSE_INSTANCE_STOPPED, .side = CAUSE_SIDE_PEER,
		.confidence = 95, .number = EVIDENCE_PORT_REFUSED,
	};

	e.signals[EVIDENCE_PORT_REFUSED].state = EVIDENCE_PRESENT;
	evidence_writer_raised(writer, &r);
	evidence_writer_verdict(writer, serial, &e, &v);
}

static void
end_writer(void)
{
	assert_true(evidence_writer_end(writer, LONG_MS));
	writer = NULL;
}

/* Waits until the file is there with more than its header. */
static void
wait_for_file(const char *name)
{
	struct stat	 st;
	int		 ms;

	for (ms = 0; ms < LONG_MS; ms++) {
		if (stat(scratch_path(&scratch, name), &st) == 0 &&
		    st.st_size > PCAPNG_SECTION_SIZE)
			return;
		(void)poll(NULL, 0, 1);
	}
	fail_msg("%s was not written", name);
}

static bool
contains(const char *name, const char *text)
{
	size_t	 length;
	char	*bytes = scratch_read(scratch_path(&scratch, name), &length);
	bool	 found = memmem(bytes, length, text, strlen(text)) != NULL;

	free(bytes);
	return (found);
}

static bool
has(const char *name)
{
	struct stat	 st;

	return (lstat(scratch_path(&scratch, name), &st) == 0);
}

/* Waits until the writer has tried to write this file. */
static void
wait_until_named(const char *name, bool named)
{
	int	 ms = 0;

	while (evidence_writer_has(writer, name) != named && ms++ < LONG_MS)
		(void)poll(NULL, 0, 1);
	assert_true(ms < LONG_MS);
}

/* The times in the file, in ms after the raise, as "-2000 0". */
static void
times_are(const char *name, const char *expected)
{
	char			 error[CAPTURE_ERROR_SIZE], times[512] = "";
	struct capture_frame	 frame;
	struct capture_file	*f;
	size_t			 n = 0;

	f = capture_file_open(scratch_path(&scratch, name), NULL, NULL, error);
	assert_non_null(f);
	while (capture_file_next(f, &frame, error) == CAPTURE_FILE_FRAME)
		if (frame.bytes != NULL || n == 0)
			n += (size_t)snprintf(times + n, sizeof(times) - n,
			    "%s%lld", n == 0 ? "" : " ", (long long)wall_sub(
			    frame.timestamp, wall) / 1000000);
	capture_file_close(f);
	assert_string_equal(times, expected);
}

/* ---- contents */

static void
names_are_safe(void **state)
{
	char	 name[EVIDENCE_FILE_NAME_SIZE], watch[400];

	(void)state;
	assert_string_equal(evidence_file_name(7, "flinkserver", name),
	    "evidence/7-flinkserver.pcapng");
	assert_string_equal(evidence_file_name(4294967295,
	    "../a b/\xc3\xbc.C_1", name),
	    "evidence/4294967295-.._a_b___.C_1.pcapng");
	memset(watch, 'x', sizeof(watch) - 1);
	watch[sizeof(watch) - 1] = '\0';
	assert_int_equal(strlen(evidence_file_name(1, watch, name)),
	    EVIDENCE_FILE_NAME_SIZE - 1);
	assert_true(evidence_directory_is_name(strchr(name, '/') + 1));
	assert_false(evidence_directory_is_name("1-.pcapng"));
	assert_false(evidence_directory_is_name("-a.pcapng"));
	assert_false(evidence_directory_is_name("1-a.pcap"));
}

static void
frames_and_comments_are_written(void **state)
{
	const char	*name = "evidence/1-w.pcapng";
	struct stat	 st;

	(void)state;
	add_frame(-700000, 60, 60);		/* too early */
	add_frame(-3000, 60, 60);
	add_frame(-2000, 160, 1500);		/* the last heartbeat */
	add_frame(-900, 60, 60);
	assert_true(evidence_writer_start(writer));
	raise_alarm(1, "w", true);
	assert_true(evidence_writer_has(writer, name));
	wait_for_file(name);
	assert_true(contains(name, "End: hbwatchd writes this file"));
	assert_int_equal(lstat(scratch_path(&scratch, name), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(lstat(scratch_path(&scratch, "evidence"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	add_frame(300, 60, 60);
	add_frame(400, 60, 60);
	evidence_writer_cleared(writer, 1, wall_add(wall, 400 * NSEC_PER_MSEC));
	end_writer();
	times_are(name, "-3000 -2000 -900 300 400");
	assert_true(contains(name, "End: hbwatchd was stopped"));
	assert_true(contains(name, "Cause: instanceStopped, side: peer, "
	    "confidence: 95 %"));
	assert_true(contains(name, "last heartbeat at "));
	assert_true(contains(name, "alarm raised at "));
	assert_true(contains(name, "alarm cleared at "));
	assert_int_equal(warnings, 0);
}

/* Then the file begins when the watch began. */
static void
without_a_heartbeat_the_begin_is_shown(void **state)
{
	(void)state;
	add_frame(-2500, 60, 60);
	add_frame(-1000, 60, 60);
	assert_true(evidence_writer_start(writer));
	raise_alarm(1, "w", false);
	wait_for_file("evidence/1-w.pcapng");
	end_writer();
	times_are("evidence/1-w.pcapng", "-2000 -1000");
}

static void
a_reload_may_replace_the_rings(void **state)
{
	static char		 names[1][IF_NAMESIZE] = { "eth1" };
	struct evidence_rings	*next = evidence_rings_new(names, 1, RING);

	(void)state;
	assert_non_null(next);
	add_frame(-2000, 60, 60);
	assert_true(evidence_writer_start(writer));
	raise_alarm(1, "w", true);
	wait_for_file("evidence/1-w.pcapng");
	add_frame(0, 60, 60);
	evidence_rings_copy(next, rings);
	evidence_rings_release(rings);
	rings = next;
	evidence_writer_rings(writer, rings);
	add_frame(10, 60, 60);
	end_writer();
	times_are("evidence/1-w.pcapng", "-2000 0 10");
}

static void
nothing_is_written_when_it_is_off(void **state)
{
	struct stat	 st;

	(void)state;
	evidence_writer_limit(writer, 0);
	assert_true(evidence_writer_start(writer));
	raise_alarm(1, "w", true);
	wait_until_named("evidence/1-w.pcapng", false);
	end_writer();
	assert_int_equal(lstat(scratch_path(&scratch, "evidence"), &st), -1);
}

/* ---- the directory */

static void
links_and_files_of_others_are_not_touched(void **state)
{
	struct stat	 st;
	char		*bytes;
	size_t		 length;

	(void)state;
	scratch_write(scratch_path(&scratch, "target"), "x", 1);
	assert_int_equal(mkdir(scratch_path(&scratch, "evidence"), 0700), 0);
	assert_int_equal(symlink("../target", scratch_path(&scratch,
	    "evidence/1-w.pcapng")), 0);
	assert_int_equal(mkfifo(scratch_path(&scratch, "evidence/2-w.pcapng"),
	    0600), 0);
	assert_int_equal(mkdir(scratch_path(&scratch, "evidence/3-w.pcapng"),
	    0700), 0);
	assert_int_equal(link(scratch_path(&scratch, "target"), scratch_path(
	    &scratch, "evidence/4-w.pcapng")), 0);
	/* Each of them is there before the limit and after it. */
	evidence_writer_limit(writer, 3 * PCAPNG_SECTION_SIZE);
	add_frame(-2000, 60, 60);
	assert_true(evidence_writer_start(writer));
	raise_alarm(1, "w", true);
	raise_alarm(2, "w", true);
	raise_alarm(3, "w", true);
	raise_alarm(4, "w", true);
	wait_until_named("evidence/1-w.pcapng", false);
	wait_until_named("evidence/2-w.pcapng", false);
	wait_until_named("evidence/3-w.pcapng", false);
	wait_until_named("evidence/4-w.pcapng", false);
	end_writer();
	assert_int_equal(warnings, 1);
	assert_non_null(strstr(warning, "w.pcapng: the name is used by "
	    "something else"));
	assert_int_equal(lstat(scratch_path(&scratch, "evidence/1-w.pcapng"),
	    &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(lstat(scratch_path(&scratch, "evidence/2-w.pcapng"),
	    &st), 0);
	assert_int_equal(lstat(scratch_path(&scratch, "evidence/3-w.pcapng"),
	    &st), 0);
	bytes = scratch_read(scratch_path(&scratch, "target"), &length);
	assert_string_equal(bytes, "x");
	free(bytes);
}

static void
a_directory_that_is_a_link_is_refused(void **state)
{
	struct stat	 st;

	(void)state;
	assert_int_equal(mkdir(scratch_path(&scratch, "other"), 0700), 0);
	assert_int_equal(symlink("other", scratch_path(&scratch, "evidence")),
	    0);
	assert_true(evidence_writer_start(writer));
	raise_alarm(1, "w", true);
	raise_alarm(2, "w", true);
	wait_until_named("evidence/2-w.pcapng", false);
	end_writer();
	assert_int_equal(warnings, 1);
	assert_int_equal(lstat(scratch_path(&scratch, "other/1-w.pcapng"), &st),
	    -1);
}

static void
a_directory_that_others_may_write_is_refused(void **state)
{
	(void)state;
	assert_int_equal(mkdir(scratch_path(&scratch, "evidence"), 0700), 0);
	assert_int_equal(chmod(scratch_path(&scratch, "evidence"), 0777), 0);
	assert_true(evidence_writer_start(writer));
	raise_alarm(1, "w", true);
	end_writer();
	assert_int_equal(warnings, 1);
	assert_non_null(strstr(warning, "others may write to it"));
}

/* Has this process a descriptor of the directory, or of a file in it? */
static bool
directory_is_open(void)
{
	char		 name[sizeof("/proc/self/fd/") + 16], target[PATH_MAX];
	ssize_t		 n;
	unsigned	 fd;

	for (fd = 0; fd < 100; fd++) {
		snprintf(name, sizeof(name), "/proc/self/fd/%u", fd);
		n = readlink(name, target, sizeof(target) - 1);
		if (n == -1)
			continue;
		target[n] = '\0';
		if (strstr(target, "/evidence") != NULL)
			return (true);
	}
	return (false);
}

static void
a_removed_directory_is_closed(void **state)
{
	unsigned	 i;

	(void)state;
	add_frame(-2000, 60, 60);
	assert_true(evidence_writer_start(writer));
	raise_alarm(1, "w", true);
	wait_for_file("evidence/1-w.pcapng");
	assert_true(directory_is_open());
	scratch_remove(scratch_path(&scratch, "evidence"));
	for (i = 0; i < LONG_MS && directory_is_open(); i++)
		(void)poll(NULL, 0, 1);
	assert_false(directory_is_open());
}

static void
a_removed_directory_is_made_again(void **state)
{
	(void)state;
	add_frame(-2000, 60, 60);
	assert_true(evidence_writer_start(writer));
	raise_alarm(1, "w", true);
	wait_for_file("evidence/1-w.pcapng");
	scratch_remove(scratch_path(&scratch, "evidence"));
	raise_alarm(2, "w", true);
	wait_for_file("evidence/2-w.pcapng");
	end_writer();
	assert_int_equal(warnings, 0);
}

/* The state was lost, and serial numbers begin again. */
static void
an_older_file_of_the_same_name_is_replaced(void **state)
{
	(void)state;
	assert_int_equal(mkdir(scratch_path(&scratch, "evidence"), 0700), 0);
	scratch_write(scratch_path(&scratch, "evidence/1-w.pcapng"), "old", 3);
	add_frame(-2000, 60, 60);
	assert_true(evidence_writer_start(writer));
	raise_alarm(1, "w", true);
	end_writer();
	times_are("evidence/1-w.pcapng", "-2000");
	assert_int_equal(warnings, 0);
}

/* The files of an earlier run have their names. */
static void
earlier_files_are_found(void **state)
{
	(void)state;
	assert_int_equal(mkdir(scratch_path(&scratch, "evidence"), 0700), 0);
	scratch_write(scratch_path(&scratch, "evidence/5-w.pcapng"), "x", 1);
	assert_int_equal(symlink("5-w.pcapng", scratch_path(&scratch,
	    "evidence/6-w.pcapng")), 0);
	assert_true(evidence_writer_start(writer));
	wait_until_named("evidence/5-w.pcapng", true);
	assert_false(evidence_writer_has(writer, "evidence/6-w.pcapng"));
	assert_false(evidence_writer_has(writer, "evidence/7-w.pcapng"));
}

/* The thread has too many messages, or too many files are open. */
static void
dropped_files_have_no_name(void **state)
{
	char		 name[64];
	uint32_t	 i;

	(void)state;
	for (i = 1; i <= 200; i++)
		raise_alarm(i, "w", true);
	assert_false(evidence_writer_has(writer, "evidence/200-w.pcapng"));
	assert_true(evidence_writer_start(writer));
	for (i = 65; i <= 200; i++) {
		snprintf(name, sizeof(name), "evidence/%u-w.pcapng", i);
		wait_until_named(name, false);
	}
	assert_true(evidence_writer_has(writer, "evidence/64-w.pcapng"));
}

#define VICTIM	"the file of somebody else"

/* Makes one of many things with this name. */
static void
make_something(const char *name, unsigned what)
{
	const char	*path = scratch_path(&scratch, name);

	switch (what % 7) {
	case 0:
		assert_int_equal(symlink("../victim", path), 0);
		break;
	case 1:
		assert_int_equal(symlink("../nothing", path), 0);
		break;
	case 2:
		assert_int_equal(link(scratch_path(&scratch, "victim"), path),
		    0);
		break;
	case 3:
		assert_int_equal(mkfifo(path, 0600), 0);
		break;
	case 4:
		assert_int_equal(mkdir(path, 0700), 0);
		break;
	case 5:
		assert_int_equal(symlink("..", path), 0);
		break;
	default:
		scratch_write(path, VICTIM, strlen(VICTIM));
		break;
	}
}

/* Nothing outside of the directory is written or removed. */
static void
a_directory_full_of_links(void **state)
{
	char		 name[64], *bytes;
	size_t		 length;
	unsigned	 i;

	(void)state;
	srand48(1);
	scratch_write(scratch_path(&scratch, "victim"), VICTIM,
	    strlen(VICTIM));
	assert_int_equal(mkdir(scratch_path(&scratch, "evidence"), 0700), 0);
	for (i = 1; i <= 500; i++) {
		snprintf(name, sizeof(name), "evidence/%u-%s.pcapng", i,
		    i % 3 == 0 ? "other" : "w");
		make_something(name, (unsigned)lrand48());
	}
	evidence_writer_limit(writer, UINT64_C(256) * 1024);
	for (i = 0; i < 100; i++)
		add_frame(-2000 + (int)i, 160, 160);
	/* Before the start, so that the thread gets all of them at once. */
	for (i = 1; i <= 60; i++)
		raise_alarm(i, "w", true);
	assert_true(evidence_writer_start(writer));
	wait_for_file("evidence/3-w.pcapng");
	end_writer();
	bytes = scratch_read(scratch_path(&scratch, "victim"), &length);
	assert_string_equal(bytes, VICTIM);
	free(bytes);
	assert_false(has("nothing"));
}

/* ---- the limit */

static bool
keep_nothing(void *arg, const char *name)
{
	return (arg != NULL && strcmp(arg, name) == 0);
}

static void
write_old(const char *name, size_t size, time_t age)
{
	const char		*path = scratch_path(&scratch, name);
	struct timespec		 times[2] = { { .tv_nsec = UTIME_OMIT } };

	times[1].tv_sec = time(NULL) - age;
	scratch_write(path, "", 0);
	assert_int_equal(truncate(path, (off_t)size), 0);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void
the_oldest_files_are_removed(void **state)
{
	struct evidence_directory	 d;
	struct evidence_names		 names;
	const char			*wrong;
	char				 kept[] = "2-b.pcapng";
	int				 fd;

	(void)state;
	assert_int_equal(mkdir(scratch_path(&scratch, "evidence"), 0700), 0);
	write_old("evidence/1-a.pcapng", 1000, 10);
	write_old("evidence/2-b.pcapng", 1000, 40);
	write_old("evidence/3-c.pcapng", 1000, 30);
	write_old("evidence/notes.pcapng", 1000, 90);
	evidence_names_init(&names);
	evidence_directory_init(&d, scratch.directory, &names);
	evidence_directory_find(&d);
	assert_true(evidence_names_has(&names, "3-c.pcapng"));
	assert_false(evidence_names_has(&names, "notes.pcapng"));
	d.limit = 3500;
	fd = evidence_directory_create(&d, "4-d.pcapng", &wrong);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(d.size, 3000);
	assert_true(evidence_directory_reserve(&d, 500, keep_nothing, kept));
	assert_true(has("evidence/3-c.pcapng"));
	assert_true(evidence_directory_reserve(&d, 600, keep_nothing, kept));
	assert_false(has("evidence/3-c.pcapng"));
	assert_false(evidence_names_has(&names, "3-c.pcapng"));
	assert_true(evidence_names_has(&names, "4-d.pcapng"));
	assert_true(has("evidence/1-a.pcapng"));
	assert_true(has("evidence/2-b.pcapng"));
	assert_true(has("evidence/notes.pcapng"));
	assert_false(evidence_directory_reserve(&d, 3000, keep_nothing, kept));
	assert_true(has("evidence/2-b.pcapng"));
	/* It is not removed in vain. */
	assert_true(has("evidence/1-a.pcapng"));
	assert_true(evidence_directory_reserve(&d, 2000, keep_nothing, kept));
	assert_true(has("evidence/2-b.pcapng"));
	assert_false(has("evidence/1-a.pcapng"));
	evidence_directory_close(&d);
	evidence_names_free(&names);
}

/* A file with little room has the frames before the raise, not older ones. */
static void
a_small_file_has_the_last_frames(void **state)
{
	int	 i;

	(void)state;
	/* A file has an eighth; a frame needs 192 octets. */
	evidence_writer_limit(writer, 8 * (PCAPNG_SECTION_SIZE + 2000));
	for (i = 0; i < 300; i++)
		add_frame(-2300 + i, 160, 160);
	assert_true(evidence_writer_start(writer));
	raise_alarm(1, "w", true);
	wait_for_file("evidence/1-w.pcapng");
	end_writer();
	times_are("evidence/1-w.pcapng", "-2006 -2005 -2004 -2003 -2002 -2001");
	assert_true(contains("evidence/1-w.pcapng", "hbwatchd was stopped"));
}

/* Are there the files of the first serials? */
static void
assert_files(uint32_t count)
{
	char		 name[64];
	uint32_t	 i;

	for (i = 1; i <= count; i++) {
		snprintf(name, sizeof(name), "evidence/%u-w.pcapng", i);
		assert_true(has(name));
	}
}

/* Files that are being written are not removed; further ones are refused. */
static void
open_files_are_kept(void **state)
{
	uint32_t	 i;

	(void)state;
	evidence_writer_limit(writer, UINT64_C(512) * 1024);
	for (i = 0; i < 100; i++)
		add_frame(-2000 + (int)i, 160, 160);
	for (i = 1; i <= 40; i++)
		raise_alarm(i, "w", true);
	assert_true(evidence_writer_start(writer));
	wait_for_file("evidence/1-w.pcapng");
	end_writer();
	assert_files(8);
	assert_true(contains("evidence/1-w.pcapng", "End: no room within") ||
	    contains("evidence/1-w.pcapng", "End: hbwatchd was stopped"));
	assert_false(has("evidence/40-w.pcapng"));
}

/* All files together have at most the size of the limit. */
static void
a_storm_stays_within_the_limit(void **state)
{
	uint64_t	 size = 0;
	struct stat	 st;
	struct dirent	*e;
	DIR		*stream;
	char		 name[300];
	uint32_t	 i;
	unsigned	 files = 0;

	(void)state;
	evidence_writer_limit(writer, UINT64_C(512) * 1024);
	for (i = 0; i < 300; i++)
		add_frame(-2000 + (int)i, 160, 160);
	assert_true(evidence_writer_start(writer));
	for (i = 1; i <= 100; i++)
		raise_alarm(i, "w", true);
	/* The first files may have been removed for later ones by now. */
	end_writer();
	stream = opendir(scratch_path(&scratch, "evidence"));
	assert_non_null(stream);
	while ((e = readdir(stream)) != NULL) {
		snprintf(name, sizeof(name), "evidence/%.200s", e->d_name);
		if (e->d_name[0] == '.' || stat(scratch_path(&scratch, name),
		    &st) != 0)
			continue;
		files++;
		size += (uint64_t)st.st_size;
	}
	closedir(stream);
	assert_true(files > 0);
	assert_true(size <= UINT64_C(512) * 1024);
}

/* The first files do not take the room of the others. */
static void
a_storm_has_all_files(void **state)
{
	uint32_t	 i;

	(void)state;
	/* An eighth of it is more than the ring. */
	evidence_writer_limit(writer, UINT64_C(3072) * 1024);
	for (i = 0; i < 300; i++)
		add_frame(-2300 + (int)i, 160, 160);
	for (i = 1; i <= 64; i++)
		raise_alarm(i, "w", true);
	assert_true(evidence_writer_start(writer));
	wait_for_file("evidence/64-w.pcapng");
	end_writer();
	assert_files(64);
}

/* Each file has the frames of its interface only. */
static void
a_storm_on_two_interfaces(void **state)
{
	static char		 names[2][IF_NAMESIZE] = { "eth1", "eth2" };
	struct evidence_rings	*both = evidence_rings_new(names, 2, RING);
	char			 name[64];
	uint32_t		 i;

	(void)state;
	assert_non_null(both);
	evidence_rings_release(rings);
	rings = both;
	evidence_writer_rings(writer, rings);
	for (i = 0; i < 2; i++) {
		interface = names[i];
		add_frame(-2000 + (int)i, 60, 60);
	}
	for (i = 1; i <= 100; i++) {
		interface = names[i % 2];
		raise_alarm(i, "w", true);
	}
	assert_true(evidence_writer_start(writer));
	wait_for_file("evidence/64-w.pcapng");
	end_writer();
	for (i = 1; i <= 64; i++) {
		snprintf(name, sizeof(name), "evidence/%u-w.pcapng", i);
		times_are(name, i % 2 == 0 ? "-2000" : "-1999");
	}
	assert_false(has("evidence/65-w.pcapng"));
	/* Alarms without a file are logged once. */
	assert_int_equal(warnings, 1);
}

/* ---- a disk that fails */

static void
a_full_disk_costs_only_the_file(void **state)
{
	static const char	 zeros[28 * 1024];
	char			*disk = strdup(scratch_path(&scratch, "disk"));

	(void)state;
	if (!may_mount || !scratch_mount(disk, "32k")) {
		free(disk);
		skip();
	}
	end_writer();
	writer = evidence_writer_new(disk);
	assert_non_null(writer);
	evidence_writer_limit(writer, LIMIT);
	evidence_writer_rings(writer, rings);
	/* Another program has taken the space. */
	scratch_write(scratch_path(&scratch, "disk/other"), zeros,
	    sizeof(zeros));
	add_frame(-2000, 160, 160);
	assert_true(evidence_writer_start(writer));
	raise_alarm(1, "w", true);
	raise_alarm(2, "w", true);
	wait_until_named("evidence/1-w.pcapng", false);
	wait_until_named("evidence/2-w.pcapng", false);
	end_writer();
	assert_int_equal(warnings, 1);
	assert_non_null(strstr(warning, "no room"));
	assert_false(has("disk/evidence/1-w.pcapng"));
	assert_true(has("disk/other"));
	free(disk);
}

/* Another program takes all space of the disk. */
static void
take_space(void)
{
	static const char	 zeros[4096];
	int			 fd;

	fd = open(scratch_path(&scratch, "disk/other"), O_WRONLY | O_CREAT |
	    O_APPEND, 0600);
	assert_true(fd >= 0);
	while (write(fd, zeros, sizeof(zeros)) > 0)
		;
	close(fd);
}

/* Old files are removed only if that helps, and no more than necessary. */
static void
a_full_disk_keeps_old_files(void **state)
{
	static char			 octets[200 * 1024];
	char				*disk = strdup(scratch_path(&scratch,
	    "disk"));
	struct evidence_directory	 d;
	struct evidence_names		 names;
	unsigned			 i;

	(void)state;
	if (!may_mount || !scratch_mount(disk, "1m")) {
		free(disk);
		skip();
	}
	assert_int_equal(mkdir(scratch_path(&scratch, "disk/evidence"), 0700),
	    0);
	memset(octets, 1, sizeof(octets));
	scratch_write(scratch_path(&scratch, "disk/evidence/1-a.pcapng"),
	    octets, sizeof(octets));
	scratch_write(scratch_path(&scratch, "disk/evidence/2-b.pcapng"),
	    octets, sizeof(octets));
	take_space();
	evidence_names_init(&names);
	evidence_directory_init(&d, disk, &names);
	evidence_directory_find(&d);
	d.limit = LIMIT;
	/* The state needs a 16th of the disk. */
	assert_false(evidence_directory_reserve(&d, 350 * 1024, keep_nothing,
	    NULL));
	for (i = 0; i < 2; i++) {
		assert_true(has("disk/evidence/2-b.pcapng"));
		assert_int_equal(has("disk/evidence/1-a.pcapng"), i == 0);
		assert_true(evidence_directory_reserve(&d, 100 * 1024,
		    keep_nothing, NULL));
	}
	evidence_directory_close(&d);
	evidence_names_free(&names);
	free(disk);
}

/* The file has what was written before, and can be read. */
static void
the_disk_becomes_full(void **state)
{
	static const char	 zeros[512 * 1024];
	char			*disk = strdup(scratch_path(&scratch, "disk"));
	int			 fd, i;

	(void)state;
	if (!may_mount || !scratch_mount(disk, "256k")) {
		free(disk);
		skip();
	}
	end_writer();
	writer = evidence_writer_new(disk);
	assert_non_null(writer);
	evidence_writer_limit(writer, LIMIT);
	evidence_writer_rings(writer, rings);
	add_frame(-2000, 160, 160);
	assert_true(evidence_writer_start(writer));
	raise_alarm(1, "w", true);
	wait_for_file("disk/evidence/1-w.pcapng");
	fd = open(scratch_path(&scratch, "disk/other"), O_WRONLY | O_CREAT,
	    0600);
	assert_true(write(fd, zeros, sizeof(zeros)) > 0);
	close(fd);
	for (i = 1; i < 200; i++)
		add_frame(i, 160, 160);
	end_writer();
	times_are("disk/evidence/1-w.pcapng", "-2000");
	assert_true(contains("disk/evidence/1-w.pcapng", "End: no room"));
	free(disk);
}

/* The file ends, and later ones are written. */
static void
without_memory_a_file_ends(void **state)
{
	(void)state;
	add_frame(-2000, 60, 60);
	assert_true(evidence_writer_start(writer));
	raise_alarm(1, "w", true);
	wait_for_file("evidence/1-w.pcapng");
	__atomic_store_n(&no_memory, true, __ATOMIC_SEQ_CST);
	add_frame(1, 60, 60);
	add_frame(2, 60, 60);
	evidence_writer_cleared(writer, 1, wall_add(wall, 2 * NSEC_PER_MSEC));
	/* The thread works on the files in this order. */
	raise_alarm(2, "w", true);
	wait_until_named("evidence/2-w.pcapng", false);
	__atomic_store_n(&no_memory, false, __ATOMIC_SEQ_CST);
	assert_true(__atomic_load_n(&warnings, __ATOMIC_SEQ_CST) > 0);
	raise_alarm(3, "w", true);
	wait_for_file("evidence/3-w.pcapng");
	end_writer();
	times_are("evidence/1-w.pcapng", "-2000");
	times_are("evidence/3-w.pcapng", "-2000 1 2");
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
#define TEST(name)	cmocka_unit_test_setup_teardown(name, begin, end)
		TEST(names_are_safe),
		TEST(frames_and_comments_are_written),
		TEST(without_a_heartbeat_the_begin_is_shown),
		TEST(a_reload_may_replace_the_rings),
		TEST(nothing_is_written_when_it_is_off),
		TEST(links_and_files_of_others_are_not_touched),
		TEST(a_directory_that_is_a_link_is_refused),
		TEST(a_directory_that_others_may_write_is_refused),
		TEST(a_removed_directory_is_closed),
		TEST(a_removed_directory_is_made_again),
		TEST(an_older_file_of_the_same_name_is_replaced),
		TEST(earlier_files_are_found),
		TEST(dropped_files_have_no_name),
		TEST(a_directory_full_of_links),
		TEST(the_oldest_files_are_removed),
		TEST(a_small_file_has_the_last_frames),
		TEST(open_files_are_kept),
		TEST(a_storm_stays_within_the_limit),
		TEST(a_storm_has_all_files),
		TEST(a_storm_on_two_interfaces),
		TEST(a_full_disk_costs_only_the_file),
		TEST(a_full_disk_keeps_old_files),
		TEST(the_disk_becomes_full),
		TEST(without_memory_a_file_ends),
	};

	may_mount = scratch_may_mount();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
