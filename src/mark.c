/* SPDX-License-Identifier: BSD-2-Clause */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mark.h"

/* The same length always: "        12 behind \n". */
#define MARK_FORMAT	"%10" PRIu32 " %-7s\n"
#define MARK_SIZE	19
#define BEHIND		"behind"
#define EVEN		"even"

bool
mark_read(const char *file, struct mark *mark)
{
	char		 text[MARK_SIZE + 1], *rest;
	unsigned long	 epoch;
	ssize_t		 n;
	int		 fd;

	*mark = (struct mark){ 0 };
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1)
		return (true);
	n = read(fd, text, MARK_SIZE);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	if (strspn(text, " 0123456789") == 0)
		return (false);
	epoch = strtoul(text, &rest, 10);
	if (rest == text || epoch == 0 || epoch > UINT32_MAX)
		return (false);
	mark->epoch = (uint32_t)epoch;
	mark->behind = strncmp(rest, " " BEHIND, sizeof(BEHIND)) == 0;
	return (true);
}

bool
mark_write(const char *file, const struct mark *mark)
{
	char	 text[MARK_SIZE + 1];
	bool	 fine;
	int	 fd;

	snprintf(text, sizeof(text), MARK_FORMAT, mark->epoch,
	    mark->behind ? BEHIND : EVEN);
	fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1)
		return (false);
	fine = write(fd, text, MARK_SIZE) == MARK_SIZE && fsync(fd) == 0;
	return (close(fd) == 0 && fine);
}
