/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A library for LD_PRELOAD: fsync(2) and fdatasync(2) do not return while the
 * file that SLOW_DISK names exists.
 */
#define _GNU_SOURCE
#include <sys/syscall.h>

#include <stdlib.h>
#include <unistd.h>

int	 fsync(int);
int	 fdatasync(int);

static void
hang(void)
{
	const char	*file = getenv("SLOW_DISK");

	while (file != NULL && access(file, F_OK) == 0)
		usleep(10000);
}

int
fsync(int fd)
{
	hang();
	return ((int)syscall(SYS_fsync, fd));
}

int
fdatasync(int fd)
{
	hang();
	return ((int)syscall(SYS_fdatasync, fd));
}
