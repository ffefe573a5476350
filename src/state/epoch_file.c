/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mono.h"
#include "base/number.h"
#include "base/wall.h"
#include "state/epoch_file.h"

/*
 * The text always has the same length: the line "        12 behind ", and one
 * with the time, the identities of this file, the database and its log, and the
 * time of the database.  Version 0.2.0 wrote and reads the first line only.
 */
#define FIRST_LINE	"%10" PRIu32 "%s"
#define FIRST_SIZE	19
#define SECOND_LINE	"%20" PRId64 " %20" PRIu64 " %20" PRIu64 " %20" PRIu64 \
			    " %20" PRId64 "\n"
#define FILE_SIZE	(FIRST_SIZE + 105)
#define UNSAVED		" behind \n"
#define SAVED		" even   \n"
#define VERSION_0_1	"\n"

/* Times that differ by no more are the same. */
#define TOLERANCE_NS	((uint64_t)NSEC_PER_SEC)

/* Reads the second line; false when it is invalid. */
static bool
parse_second(const char *text, struct epoch_file *f)
{
	int	 end = 0;

	return (sscanf(text, "%20" SCNd64 "%20" SCNu64 "%20" SCNu64 "%20" SCNu64
	    "%20" SCNd64 "%n", &f->written, &f->identity, &f->database, &f->wal,
	    &f->database_changed, &end) == 5 && strcmp(text + end, "\n") == 0);
}

/* Compares a line, which ends with a newline. */
static bool
is_line(const char *text, const char *line)
{
	return (strncmp(text, line, strlen(line)) == 0);
}

/* False when the text is invalid. */
static bool
parse(const char *text, struct epoch_file *f)
{
	const char	*digits = text + strspn(text, " ");
	size_t		 length = strspn(digits, "0123456789");
	const char	*rest = digits + length;

	f->unsaved = is_line(rest, UNSAVED);
	if ((!f->unsaved && !is_line(rest, SAVED) &&
	    strcmp(rest, VERSION_0_1) != 0) ||
	    !number_parse_bytes(digits, length, 1, UINT32_MAX, &f->epoch))
		return (false);
	rest = strchr(rest, '\n') + 1;
	return (*rest == '\0' || parse_second(rest, f));
}

/* When a file was created, in nanoseconds; 0: not known. */
static uint64_t
created(const struct statx *st)
{
	return ((st->stx_mask & STATX_BTIME) == 0 ? 0 :
	    (uint64_t)st->stx_btime.tv_sec * NSEC_PER_SEC +
	    st->stx_btime.tv_nsec);
}

static bool
get_status(int fd, const char *path, struct statx *st)
{
	return (statx(fd, path, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH,
	    STATX_INO | STATX_BTIME, st) == 0);
}

uint64_t
epoch_file_identity(int fd, const char *path)
{
	struct statx	 st;

	return (get_status(fd, path, &st) ? st.stx_ino + created(&st) : 0);
}

int64_t
epoch_file_changed(const struct stat *st)
{
	return (st->st_ctim.tv_sec * NSEC_PER_SEC + st->st_ctim.tv_nsec);
}

bool
epoch_file_same_time(int64_t a, int64_t b)
{
	/* Unsigned numbers, because a file may have any time. */
	return ((uint64_t)a - (uint64_t)b + TOLERANCE_NS <= 2 * TOLERANCE_NS);
}

static bool
is_original(const struct epoch_file *f)
{
	return (f->written == 0 || epoch_file_same_time(f->written,
	    epoch_file_changed(&f->status)));
}

/*
 * Was the file created after its text was written?  A copy that is made at once
 * has nearly the time of the original.
 */
static bool
is_copy(int fd, const struct epoch_file *f)
{
	struct statx	 st;

	return (!f->has_identity && f->written != 0 &&
	    get_status(fd, "", &st) && created(&st) > (uint64_t)f->written);
}

bool
epoch_file_read(const char *file, struct epoch_file *f)
{
	char	 text[FILE_SIZE + 1];
	ssize_t	 n;
	bool	 ok;
	int	 fd;

	*f = (struct epoch_file){ 0 };
	/* Opening a FIFO must not block. */
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd == -1)
		return (errno == ENOENT || errno == ENOTDIR);
	n = read(fd, text, FILE_SIZE);
	text[n > 0 ? n : 0] = '\0';
	ok = fstat(fd, &f->status) == 0 && parse(text, f);
	if (ok) {
		f->has_identity = f->identity == epoch_file_identity(fd, "");
		f->is_original = is_original(f) && !is_copy(fd, f);
	} else {
		*f = (struct epoch_file){ 0 };
	}
	close(fd);
	return (ok);
}

/* Syncs the directory of a file, which may be new. */
static bool
sync_directory(const char *file)
{
	const char	*slash = strrchr(file, '/');
	char		*directory;
	bool		 ok;
	int		 fd;

	directory = slash == NULL ? strdup(".") :
	    strndup(file, (size_t)(slash - file) + 1);
	if (directory == NULL)
		return (false);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(directory);
	if (fd == -1)
		return (false);
	/* Some file systems cannot sync a directory. */
	ok = fsync(fd) == 0 || errno == EINVAL;
	close(fd);
	return (ok);
}

/* Writes the text with the time `written`.  False on error (errno). */
static bool
write_text(int fd, struct epoch_file *f, int64_t written)
{
	char	 text[FILE_SIZE + 1];

	f->written = written;
	f->identity = epoch_file_identity(fd, "");
	snprintf(text, sizeof(text), FIRST_LINE SECOND_LINE, f->epoch,
	    f->unsaved ? UNSAVED : SAVED, f->written, f->identity, f->database,
	    f->wal, f->database_changed);
	return (pwrite(fd, text, FILE_SIZE, 0) == FILE_SIZE &&
	    fstat(fd, &f->status) == 0);
}

/*
 * The file system of another computer has another clock; then the text is
 * written once more with the time of that one.
 */
static bool
write_with_time(int fd, struct epoch_file *f)
{
	if (fstat(fd, &f->status) != 0 || !write_text(fd, f, wall_now().ns))
		return (false);
	if (!is_original(f) &&
	    !write_text(fd, f, epoch_file_changed(&f->status)))
		return (false);
	return (is_original(f) || write_text(fd, f, 0));
}

bool
epoch_file_write(const char *file, struct epoch_file *f)
{
	bool	 ok;
	int	 fd;

	fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK, 0600);
	if (fd == -1)
		return (false);
	/* An error is ignored: a file of another user keeps its mode. */
	(void)fchmod(fd, 0600);
	ok = write_with_time(fd, f) && fsync(fd) == 0;
	f->is_original = f->has_identity = ok;
	return (close(fd) == 0 && ok && sync_directory(file));
}
