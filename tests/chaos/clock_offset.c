/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A preloaded library that changes the wall clock of hbwatchd: it adds an offset
 * that the chaos run sets.  libfaketime would open a file each time, which the
 * sandboxed engine may not do; this library maps a page at the start and needs
 * no system call afterwards.
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/time.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_SEC	INT64_C(1000000000)

static int	 (*real_clock_gettime)(clockid_t, struct timespec *);
static const _Atomic int64_t	*offset_ns;

static void __attribute__((constructor))
set_up(void)
{
	const char	*path = getenv("CHAOS_CLOCK");
	void		*page;
	int		 fd;

	*(void **)&real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
	fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		abort();
	page = mmap(NULL, sizeof(*offset_ns), PROT_READ, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		abort();
	close(fd);
	offset_ns = page;
}

int
clock_gettime(clockid_t clock, struct timespec *ts)
{
	int64_t	 ns;

	if (real_clock_gettime == NULL)
		set_up();
	if (real_clock_gettime(clock, ts) != 0)
		return (-1);
	if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)
		return (0);
	ns = ts->tv_sec * NSEC_PER_SEC + ts->tv_nsec +
	    atomic_load_explicit(offset_ns, memory_order_relaxed);
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
