/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "state/epoch_file.h"

/* The text always has the same length: "        12 behind \n". */
#define FORMAT		"%10" PRIu32 "%s"
#define FILE_SIZE	19
#define UNSAVED		" behind \n"
#define SAVED		" even   \n"
#define VERSION_0_1	"\n"

/* False when the text is invalid; then *f is unchanged. */
static bool
parse(const char *text, struct epoch_file *f)
{
	const char	*digits = text + strspn(text, " ");
	size_t		 length = strspn(digits, "0123456789");
	const char	*rest = digits + length;
	bool		 unsaved = strcmp(rest, UNSAVED) == 0;

	if ((!unsaved && strcmp(rest, SAVED) != 0 &&
	    strcmp(rest, VERSION_0_1) != 0) ||
	    !number_parse_bytes(digits, length, 1, UINT32_MAX, &f->epoch))
		return (false);
	f->unsaved = unsaved;
	return (true);
}

bool
epoch_file_read(const char *file, struct epoch_file *f)
{
	char	 text[FILE_SIZE + 1];
	ssize_t	 n;
	int	 fd;

	*f = (struct epoch_file){ 0 };
	/* Opening a FIFO must not block. */
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd == -1)
		return (errno == ENOENT || errno == ENOTDIR);
	n = read(fd, text, FILE_SIZE);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return (parse(text, f));
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

bool
epoch_file_write(const char *file, const struct epoch_file *f)
{
	char	 text[FILE_SIZE + 1];
	bool	 ok;
	int	 fd;

	snprintf(text, sizeof(text), FORMAT, f->epoch,
	    f->unsaved ? UNSAVED : SAVED);
	fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK, 0600);
	if (fd == -1)
		return (false);
	/* An error is ignored: a file of another user keeps its mode. */
	(void)fchmod(fd, 0600);
	ok = write(fd, text, FILE_SIZE) == FILE_SIZE && fsync(fd) == 0;
	return (close(fd) == 0 && ok && sync_directory(file));
}
