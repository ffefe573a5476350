/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A library for LD_PRELOAD: fsync(2) and fdatasync(2) do not return while the
 * file that SLOW_DISK names exists, and fail while the one that FAILING_DISK
 * names exists.
 */
#define _GNU_SOURCE
#include <sys/syscall.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

int	 fsync(int);
int	 fdatasync(int);

static bool
exists(const char *variable)
{
	const char	*file = getenv(variable);

	return (file != NULL && access(file, F_OK) == 0);
}

static int
sync_file(long call, int fd)
{
	while (exists("SLOW_DISK"))
		usleep(10000);
	if (!exists("FAILING_DISK"))
		return ((int)syscall(call, fd));
	errno = EIO;
	return (-1);
}

int
fsync(int fd)
{
	return (sync_file(SYS_fsync, fd));
}

int
fdatasync(int fd)
{
	return (sync_file(SYS_fdatasync, fd));
}
