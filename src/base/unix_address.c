/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/unix_address.h"

/* Copies the directory of the path: of a relative one, it may be ".". */
static bool
directory_of(const char *path, const char *name, char directory[PATH_MAX])
{
	size_t	 length = (size_t)(name - path);

	if (length >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return (false);
	}
	memcpy(directory, length == 0 ? "." : path, length == 0 ? 1 : length);
	directory[length == 0 ? 1 : length] = '\0';
	return (true);
}

bool
unix_address_open(struct unix_address *a, const char *path)
{
	const char	*slash = strrchr(path, '/');
	char		 directory[PATH_MAX];
	int		 length;

	*a = (struct unix_address){
		.directory = -1, .name = slash == NULL ? path : slash + 1,
		.address.sun_family = AF_UNIX,
	};
	if (*a->name == '\0' || strcmp(a->name, ".") == 0 ||
	    strcmp(a->name, "..") == 0) {
		errno = EISDIR;
		return (false);
	}
	if (!directory_of(path, a->name, directory))
		return (false);
	a->directory = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (a->directory == -1)
		return (false);
	/* Programs as ss(8) show the path, so a short one is used as it is. */
	if (strlen(path) < sizeof(a->address.sun_path))
		length = snprintf(a->address.sun_path,
		    sizeof(a->address.sun_path), "%s", path);
	else
		length = snprintf(a->address.sun_path,
		    sizeof(a->address.sun_path), "/proc/self/fd/%d/%s",
		    a->directory, a->name);
	if (length > 0 && (size_t)length < sizeof(a->address.sun_path))
		return (true);
	unix_address_close(a);
	errno = ENAMETOOLONG;
	return (false);
}

void
unix_address_close(struct unix_address *a)
{
	if (a->directory != -1)
		close(a->directory);
	a->directory = -1;
}
