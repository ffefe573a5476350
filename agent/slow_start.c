/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#include "base/log.h"
#include "slow_start.h"

/* Longer than another hbwatchd may need to end, see STORE_DIRECTORY_TRIES. */
#define SLOW_S		5

/* The caller of slow_start_begin hangs, so a thread has to log. */
static struct {
	const char	*directory;
	bool		 running;
	bool		 ended;		/* under the mutex */
	pthread_t	 thread;
	pthread_mutex_t	 mutex;
	pthread_cond_t	 changed;
} start = {
	.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER,
};

static void *
wait_and_log(void *arg)
{
	struct timespec	 limit;
	int		 error = 0;

	(void)arg;
	(void)clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += SLOW_S;
	(void)pthread_mutex_lock(&start.mutex);
	while (!start.ended && error == 0)
		error = pthread_cond_timedwait(&start.changed, &start.mutex,
		    &limit);
	if (!start.ended)
		log_warnx("%s: the disk has not answered for %d s; hbwatchd "
		    "starts when it can read its state", start.directory,
		    SLOW_S);
	(void)pthread_mutex_unlock(&start.mutex);
	return (NULL);
}

void
slow_start_begin(const char *directory)
{
	start.directory = directory;
	start.ended = false;
	start.running = pthread_create(&start.thread, NULL, wait_and_log,
	    NULL) == 0;
}

void
slow_start_end(void)
{
	if (!start.running)
		return;
	(void)pthread_mutex_lock(&start.mutex);
	start.ended = true;
	(void)pthread_cond_signal(&start.changed);
	(void)pthread_mutex_unlock(&start.mutex);
	(void)pthread_join(start.thread, NULL);
	start.running = false;
}
