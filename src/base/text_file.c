/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/vfs.h>
#include <linux/magic.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/text_file.h"

const char *
text_file_open(const char *name, int *fd, struct stat *st)
{
	const char	*fault;

	*fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (*fd == -1)		/* ENXIO: a socket, or a missing device */
		return (errno == ENXIO ? TEXT_FILE_NOT_REGULAR :
		    strerror(errno));
	if (fstat(*fd, st) == 0 && fcntl(*fd, F_SETFL, O_RDONLY) == 0)
		return (NULL);
	fault = strerror(errno);
	close(*fd);
	return (fault);
}

bool
text_file_is_pipe(int fd)
{
	struct statfs	 fs;

	return (fstatfs(fd, &fs) == 0 && fs.f_type == PIPEFS_MAGIC);
}

const char *
text_file_read(int fd, size_t most, const char *too_large, char **text,
    size_t *length)
{
	size_t	 capacity = 0;
	ssize_t	 n;

	*text = NULL;
	*length = 0;
	do {
		/* Leave room for at least one byte and the NUL. */
		if (!array_reserve(text, &capacity, *length + 2, 1))
			return (strerror(errno));
		n = read(fd, *text + *length, capacity - *length - 1);
		if (n > 0)
			*length += (size_t)n;
		if (*length > most)
			return (too_large);
	} while (n > 0 || (n == -1 && errno == EINTR));
	(*text)[*length] = '\0';
	return (n == 0 ? NULL : strerror(errno));
}

/* The part of the name after the directory. */
static const char *
last_part(const char *name)
{
	const char	*slash = strrchr(name, '/');

	return (slash == NULL ? name : slash + 1);
}

bool
text_file_is_pattern(const char *name)
{
	return (strpbrk(last_part(name), "*?[") != NULL &&
	    access(name, F_OK) != 0);
}

/* Returns the number of entries, or -1 (errno). */
static int
read_directory(const char *pattern, struct dirent ***entries)
{
	size_t	 length = (size_t)(last_part(pattern) - pattern);
	char	*directory = length == 0 ? strdup(".") :
		    strndup(pattern, length);
	int	 n;

	if (directory == NULL)
		return (-1);
	n = scandir(directory, entries, NULL, alphasort);
	free(directory);
	return (n);
}

const char *
text_file_match(const char *pattern, const char *before, const char *after,
    char **text, size_t *length)
{
	struct dirent	**entries;
	FILE		 *stream;
	int		  i, n = read_directory(pattern, &entries);

	if (n < 0)
		return (strerror(errno));
	stream = open_memstream(text, length);
	for (i = 0; i < n; i++) {
		if (stream != NULL && fnmatch(last_part(pattern),
		    entries[i]->d_name, FNM_PERIOD) == 0)
			fprintf(stream, "%s%s%s", before, entries[i]->d_name,
			    after);
		free(entries[i]);
	}
	free(entries);
	return (stream == NULL || fclose(stream) != 0 ? strerror(ENOMEM) :
	    NULL);
}
