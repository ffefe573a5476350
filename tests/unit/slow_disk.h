/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk that hangs or fails: fdatasync(2) of the whole test program, also of
 * SQLite, waits while the disk hangs, and returns an error while it fails.
 */
#ifndef HBW_TEST_SLOW_DISK_H
#define HBW_TEST_SLOW_DISK_H

#include <sys/syscall.h>

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

static struct {
	pthread_mutex_t	 mutex;
	pthread_cond_t	 changed;
	bool		 hangs;
	bool		 fails;
	unsigned	 syncs;		/* calls, finished or not */
} slow_disk = {
	.mutex = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER,
};

static inline void
slow_disk_set(bool hangs, bool fails)
{
	(void)pthread_mutex_lock(&slow_disk.mutex);
	slow_disk.hangs = hangs;
	slow_disk.fails = fails;
	(void)pthread_cond_broadcast(&slow_disk.changed);
	(void)pthread_mutex_unlock(&slow_disk.mutex);
}

static inline unsigned
slow_disk_syncs(void)
{
	unsigned	 syncs;

	(void)pthread_mutex_lock(&slow_disk.mutex);
	syncs = slow_disk.syncs;
	(void)pthread_mutex_unlock(&slow_disk.mutex);
	return (syncs);
}

/* Waits until there were more than `syncs` calls; false after a minute. */
static inline bool
slow_disk_wait(unsigned syncs)
{
	struct timespec	 limit;
	bool		 more;

	(void)clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += 60;
	(void)pthread_mutex_lock(&slow_disk.mutex);
	while (slow_disk.syncs == syncs)
		if (pthread_cond_timedwait(&slow_disk.changed,
		    &slow_disk.mutex, &limit) != 0)
			break;
	more = slow_disk.syncs != syncs;
	(void)pthread_mutex_unlock(&slow_disk.mutex);
	return (more);
}

/* Replaces the C library's function. */
int
fdatasync(int fd)
{
	bool	 fails;

	(void)pthread_mutex_lock(&slow_disk.mutex);
	slow_disk.syncs++;
	(void)pthread_cond_broadcast(&slow_disk.changed);
	while (slow_disk.hangs)
		(void)pthread_cond_wait(&slow_disk.changed, &slow_disk.mutex);
	fails = slow_disk.fails;
	(void)pthread_mutex_unlock(&slow_disk.mutex);
	if (!fails)
		return ((int)syscall(SYS_fdatasync, fd));
	errno = EIO;
	return (-1);
}

#endif
