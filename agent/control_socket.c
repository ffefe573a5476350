/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/unix_address.h"
#include "control_socket.h"

/* Connections that wait to be accepted. */
#define BACKLOG		128

static bool
failed(const char *path, const char *what, int error)
{
	log_warnx("control socket %s: %s%s%s; hbwatchd runs without it, so "
	    "hbwatch status is not possible", path, what,
	    error == 0 ? "" : ": ", error == 0 ? "" : strerror(error));
	return (false);
}

/* Makes the last directory of the path.  False on error (errno). */
static bool
make_directory(const char *path)
{
	char	 directory[PATH_MAX];
	char	*slash;
	mode_t	 mask;
	bool	 made;

	snprintf(directory, sizeof(directory), "%s", path);
	slash = strrchr(directory, '/');
	if (slash == NULL || slash == directory) {
		errno = ENOENT;
		return (false);
	}
	*slash = '\0';
	mask = umask(022);
	made = mkdir(directory, 0755) == 0;
	umask(mask);
	return (made);
}

static bool
open_address(struct unix_address *a, const char *path)
{
	return (unix_address_open(a, path) || (errno == ENOENT &&
	    make_directory(path) && unix_address_open(a, path)));
}

/* The error (errno) of a connection to it; 0: a process listens on it. */
static int
connect_error(const struct unix_address *a)
{
	int	 fd, error = 0;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return (errno);
	/* EAGAIN: the backlog of a process that listens is full. */
	if (connect(fd, (const struct sockaddr *)&a->address,
	    sizeof(a->address)) != 0 && errno != EAGAIN)
		error = errno;
	close(fd);
	return (error);
}

/* Removes a socket that is left from an earlier run.  False on error. */
static bool
remove_old(const struct unix_address *a, const char *path)
{
	struct stat	 st;
	int		 error;

	if (fstatat(a->directory, a->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return (errno == ENOENT || failed(path, "cannot look for an "
		    "old socket", errno));
	if (!S_ISSOCK(st.st_mode))
		return (failed(path, "another file has this name", 0));
	error = connect_error(a);
	if (error == 0)
		return (failed(path, "in use by another process", 0));
	if (error != ECONNREFUSED)
		return (failed(path, "cannot check whether it is in use",
		    error));
	return (unlinkat(a->directory, a->name, 0) == 0 || errno == ENOENT ||
	    failed(path, "cannot remove the old socket", errno));
}

/*
 * The kernel sets the group and the mode of the new socket from those of the
 * process: they are never changed later, when the name could be another file.
 */
static bool
bind_for_group(int fd, const struct unix_address *a, gid_t group)
{
	gid_t	 own = getegid();
	mode_t	 mask = umask(0117);
	int	 error;

	/* Without CAP_SETGID the group of this process remains. */
	if (group != own && setegid(group) != 0)
		group = own;
	error = bind(fd, (const struct sockaddr *)&a->address,
	    sizeof(a->address)) == 0 ? 0 : errno;
	umask(mask);
	if (group != own && setegid(own) != 0)
		fatal("cannot set the group");
	errno = error;
	return (error == 0);
}

static int
listen_at(const struct unix_address *a, const char *path, gid_t group)
{
	int	 fd;

	if (!remove_old(a, path))
		return (-1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd != -1 && bind_for_group(fd, a, group) &&
	    listen(fd, BACKLOG) == 0)
		return (fd);
	(void)failed(path, "cannot listen", errno);
	if (fd != -1)
		close(fd);
	return (-1);
}

int
control_socket_open(const char *path, gid_t group)
{
	struct unix_address	 a;
	int			 fd;

	if (*path == '\0')
		return (-1);
	if (!open_address(&a, path)) {
		(void)failed(path, "cannot open its directory", errno);
		return (-1);
	}
	fd = listen_at(&a, path, group);
	unix_address_close(&a);
	return (fd);
}
