/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A preloaded library for hbwatchd.  It adds an offset to the wall clock, and
 * makes changes of the state directory fail or take long.  The chaos run writes
 * both into a page of a file, which this library maps at the start: the clock
 * needs no system call afterwards, so the sandboxed engine can use it, too.
 * libfaketime would open a file each time.
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_SEC	INT64_C(1000000000)
#define NSEC_PER_MSEC	1000000
#define STEP_MS		10

/* processes.py has the same layout. */
struct page {
	_Atomic int64_t	 offset_ns;	/* of the wall clock */
	uint64_t	 device;	/* st_dev of the state */
	_Atomic int32_t	 error;		/* errno of all changes of the state */
	_Atomic int32_t	 delay_ms;	/* of each sync of the state */
};

static const struct page	*page;
static const char		*disk;		/* the path before the state */

static void __attribute__((constructor))
set_up(void)
{
	const char	*path = getenv("CHAOS_PAGE");
	void		*mapped;
	int		 fd;

	if (page != NULL)
		return;
	disk = getenv("CHAOS_DISK");
	fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || disk == NULL)
		abort();
	mapped = mmap(NULL, sizeof(*page), PROT_READ, MAP_SHARED, fd, 0);
	if (mapped == MAP_FAILED)
		abort();
	close(fd);
	page = mapped;
}

/*
 * Defines `next`, the function of this name that follows in the order of the
 * libraries.
 */
#define NEXT(type, ...)							\
	static type	(*next)(__VA_ARGS__);				\
	if (next == NULL)						\
		*(void **)&next = dlsym(RTLD_NEXT, __func__)

/* ---- the clock */

int
clock_gettime(clockid_t clock, struct timespec *ts)
{
	NEXT(int, clockid_t, struct timespec *);
	int64_t	 ns;

	if (next(clock, ts) != 0)
		return (-1);
	if (page == NULL ||
	    (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE))
		return (0);
	ns = ts->tv_sec * NSEC_PER_SEC + ts->tv_nsec +
	    atomic_load_explicit(&page->offset_ns, memory_order_relaxed);
	ts->tv_sec = ns / NSEC_PER_SEC;
	ts->tv_nsec = ns % NSEC_PER_SEC;
	return (0);
}

int
gettimeofday(struct timeval *tv, void *zone)
{
	struct timespec	 ts;

	(void)zone;
	if (clock_gettime(CLOCK_REALTIME, &ts) != 0)
		return (-1);
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return (0);
}

time_t
time(time_t *out)
{
	struct timespec	 ts;

	if (clock_gettime(CLOCK_REALTIME, &ts) != 0)
		return (-1);
	if (out != NULL)
		*out = ts.tv_sec;
	return (ts.tv_sec);
}

/* ---- the disk */

static bool
fails(void)
{
	if (page == NULL || page->error == 0)
		return (false);
	errno = page->error;
	return (true);
}

static bool
is_state(int fd)
{
	struct stat	 st;
	int		 saved = errno;
	bool		 is;

	if (page == NULL || (page->error == 0 && page->delay_ms == 0))
		return (false);
	is = fstat(fd, &st) == 0 && st.st_dev == page->device;
	errno = saved;
	return (is);
}

static bool
path_fails(const char *path)
{
	return (page != NULL && strncmp(path, disk, strlen(disk)) == 0 &&
	    fails());
}

static bool
open_fails(const char *path, int flags)
{
	return (((flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT)) &&
	    path_fails(path));
}

/* Waits for `delay_ms`, or until it is shorter than the wait. */
static void
delay(void)
{
	const struct timespec	 step = { .tv_nsec = STEP_MS * NSEC_PER_MSEC };
	int32_t			 waited;

	for (waited = 0; waited < page->delay_ms; waited += STEP_MS)
		(void)nanosleep(&step, NULL);
}

static bool
sync_fails(int fd)
{
	if (!is_state(fd))
		return (false);
	delay();
	return (fails());
}

int
open(const char *path, int flags, ...)
{
	NEXT(int, const char *, int, ...);
	va_list	 ap;
	mode_t	 mode;

	va_start(ap, flags);
	mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return (open_fails(path, flags) ? -1 : next(path, flags, mode));
}

int
open64(const char *path, int flags, ...)
{
	NEXT(int, const char *, int, ...);
	va_list	 ap;
	mode_t	 mode;

	va_start(ap, flags);
	mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return (open_fails(path, flags) ? -1 : next(path, flags, mode));
}

int
faccessat(int directory, const char *path, int mode, int flags)
{
	NEXT(int, int, const char *, int, int);

	return ((mode & W_OK) && path_fails(path) ? -1 :
	    next(directory, path, mode, flags));
}

int
mkdir(const char *path, mode_t mode)
{
	NEXT(int, const char *, mode_t);

	return (path_fails(path) ? -1 : next(path, mode));
}

int
rename(const char *from, const char *to)
{
	NEXT(int, const char *, const char *);

	return (path_fails(from) ? -1 : next(from, to));
}

int
unlink(const char *path)
{
	NEXT(int, const char *);

	return (path_fails(path) ? -1 : next(path));
}

ssize_t
write(int fd, const void *data, size_t size)
{
	NEXT(ssize_t, int, const void *, size_t);

	return (is_state(fd) && fails() ? -1 : next(fd, data, size));
}

ssize_t
pwrite(int fd, const void *data, size_t size, off_t at)
{
	NEXT(ssize_t, int, const void *, size_t, off_t);

	return (is_state(fd) && fails() ? -1 : next(fd, data, size, at));
}

ssize_t
pwrite64(int fd, const void *data, size_t size, off64_t at)
{
	NEXT(ssize_t, int, const void *, size_t, off64_t);

	return (is_state(fd) && fails() ? -1 : next(fd, data, size, at));
}

int
ftruncate(int fd, off_t size)
{
	NEXT(int, int, off_t);

	return (is_state(fd) && fails() ? -1 : next(fd, size));
}

int
ftruncate64(int fd, off64_t size)
{
	NEXT(int, int, off64_t);

	return (is_state(fd) && fails() ? -1 : next(fd, size));
}

int
posix_fallocate(int fd, off_t from, off_t size)
{
	NEXT(int, int, off_t, off_t);

	return (is_state(fd) && fails() ? errno : next(fd, from, size));
}

int
fsync(int fd)
{
	NEXT(int, int);

	return (sync_fails(fd) ? -1 : next(fd));
}

int
fdatasync(int fd)
{
	NEXT(int, int);

	return (sync_fails(fd) ? -1 : next(fd));
}
