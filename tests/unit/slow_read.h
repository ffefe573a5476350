/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk on which reads hang: pread(2) of the whole test program waits while it
 * does.  Link the program with -Wl,--wrap=pread.
 */
#ifndef HBW_TEST_SLOW_READ_H
#define HBW_TEST_SLOW_READ_H

#include <sys/types.h>

#include <pthread.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

static struct {
	pthread_mutex_t	 mutex;
	pthread_cond_t	 changed;
	bool		 hangs;
	unsigned	 waiting;	/* calls */
} slow_read = {
	.mutex = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER,
};

static inline void
slow_read_set(bool hangs)
{
	(void)pthread_mutex_lock(&slow_read.mutex);
	slow_read.hangs = hangs;
	(void)pthread_cond_broadcast(&slow_read.changed);
	(void)pthread_mutex_unlock(&slow_read.mutex);
}

/* Waits until a call hangs; false after a minute. */
static inline bool
slow_read_wait(void)
{
	struct timespec	 limit;
	bool		 waits;

	(void)clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += 60;
	(void)pthread_mutex_lock(&slow_read.mutex);
	while (slow_read.waiting == 0)
		if (pthread_cond_timedwait(&slow_read.changed,
		    &slow_read.mutex, &limit) != 0)
			break;
	waits = slow_read.waiting > 0;
	(void)pthread_mutex_unlock(&slow_read.mutex);
	return (waits);
}

ssize_t	 __real_pread(int, void *, size_t, off_t);
ssize_t	 __wrap_pread(int, void *, size_t, off_t);

ssize_t
__wrap_pread(int fd, void *bytes, size_t size, off_t offset)
{
	(void)pthread_mutex_lock(&slow_read.mutex);
	slow_read.waiting++;
	(void)pthread_cond_broadcast(&slow_read.changed);
	while (slow_read.hangs)
		(void)pthread_cond_wait(&slow_read.changed, &slow_read.mutex);
	slow_read.waiting--;
	(void)pthread_mutex_unlock(&slow_read.mutex);
	return (__real_pread(fd, bytes, size, offset));
}

#endif
