/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A library for LD_PRELOAD: from its first wait on, the engine writes a line to
 * the FIFO that ALLOCATIONS names for each allocation of memory and for each
 * file that it opens.  It may write to the standard descriptors only, and not
 * to a file.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void	*__libc_malloc(size_t);
void	*__libc_calloc(size_t, size_t);
void	*__libc_realloc(void *, size_t);

static bool	 waits;

static bool
is_engine(void)
{
	return (strcmp(program_invocation_name, "hbwatchd[engine]") == 0);
}

static void __attribute__((constructor))
begin(void)
{
	const char	*path = getenv("ALLOCATIONS");
	int		 fd;

	if (!is_engine() || path == NULL)
		return;
	fd = open(path, O_RDWR);
	if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
		_exit(1);
	close(fd);
}

static void
report(const char *line)
{
	ssize_t	 n;

	if (!waits)
		return;
	n = write(STDOUT_FILENO, line, strlen(line));
	(void)n;
}

void *
malloc(size_t size)
{
	report("malloc\n");
	return (__libc_malloc(size));
}

void *
calloc(size_t n, size_t size)
{
	report("calloc\n");
	return (__libc_calloc(n, size));
}

void *
realloc(void *old, size_t size)
{
	report("realloc\n");
	return (__libc_realloc(old, size));
}

/* fopen(3) does not call this, but it allocates memory. */
int
open(const char *path, int flags, ...)
{
	int	 (*next)(const char *, int, ...);
	va_list	 arguments;
	mode_t	 mode;

	report("open\n");
	va_start(arguments, flags);
	mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
	va_end(arguments);
	*(void **)&next = dlsym(RTLD_NEXT, "open");
	return (next(path, flags, mode));
}

int
ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
    const sigset_t *signals)
{
	static int	(*next)(struct pollfd *, nfds_t,
			    const struct timespec *, const sigset_t *);

	if (next == NULL)
		*(void **)&next = dlsym(RTLD_NEXT, "ppoll");
	waits = waits || is_engine();
	return (next(fds, n, timeout, signals));
}
