/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "state/epoch_file.h"

/* The same length always: "        12 behind \n". */
#define EPOCH_FILE_FORMAT	"%10" PRIu32 " %-7s\n"
#define EPOCH_FILE_SIZE	19
#define BEHIND		"behind"
#define EVEN		"even"

/* What follows the number; version 0.1 wrote nothing there. */
static bool
parse_rest(const char *rest, struct epoch_file *epoch_file)
{
	epoch_file->unsaved = strcmp(rest, " " BEHIND " \n") == 0;
	return (epoch_file->unsaved || strcmp(rest, " " EVEN "   \n") == 0 ||
	    strcmp(rest, "\n") == 0);
}

static bool
parse(const char *text, struct epoch_file *epoch_file)
{
	const char	*digits = text + strspn(text, " ");
	size_t		 length = strspn(digits, "0123456789");

	if (number_parse_bytes(digits, length, 1, UINT32_MAX,
	    &epoch_file->epoch) && parse_rest(digits + length, epoch_file))
		return (true);
	*epoch_file = (struct epoch_file){ 0 };
	return (false);
}

bool
epoch_file_read(const char *file, struct epoch_file *epoch_file)
{
	char	 text[EPOCH_FILE_SIZE + 1];
	ssize_t	 n;
	int	 fd;

	*epoch_file = (struct epoch_file){ 0 };
	/* What is no file must not keep us waiting. */
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd == -1)
		return (errno == ENOENT || errno == ENOTDIR);
	n = read(fd, text, EPOCH_FILE_SIZE);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return (parse(text, epoch_file));
}

bool
epoch_file_write(const char *file, const struct epoch_file *epoch_file)
{
	char	 text[EPOCH_FILE_SIZE + 1];
	bool	 fine;
	int	 fd;

	snprintf(text, sizeof(text), EPOCH_FILE_FORMAT, epoch_file->epoch,
	    epoch_file->unsaved ? BEHIND : EVEN);
	fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK, 0600);
	if (fd == -1)
		return (false);
	/* One of another's that can be written is still a mark. */
	(void)fchmod(fd, 0600);
	fine = write(fd, text, EPOCH_FILE_SIZE) == EPOCH_FILE_SIZE && fsync(fd) == 0;
	return (close(fd) == 0 && fine);
}
