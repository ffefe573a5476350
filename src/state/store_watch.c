/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/epoll.h>
#include <sys/inotify.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "state/store_watch.h"

/*
 * SQLite keeps the files open and writes to them.  So IN_CLOSE_WRITE is mostly
 * from other processes, and IN_MODIFY would be at each commit.
 */
#define EVENTS	(IN_DELETE | IN_MOVE | IN_ATTRIB | IN_CLOSE_WRITE | \
		    IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

struct store_watch {
	int	 events;	/* epoll, of the other two */
	int	 directory;	/* inotify */
	int	 mounts;	/* mountinfo of this process; -1: none */
	int	 id;		/* of the directory in inotify; -1: none */
};

static bool
add(const struct store_watch *w, int fd, uint32_t events)
{
	struct epoll_event	 e = { .events = events };

	return (fd != -1 && epoll_ctl(w->events, EPOLL_CTL_ADD, fd, &e) == 0);
}

struct store_watch *
store_watch_new(void)
{
	struct store_watch	*w = calloc(1, sizeof(*w));

	if (w == NULL)
		return (NULL);
	w->id = -1;
	w->events = epoll_create1(EPOLL_CLOEXEC);
	w->directory = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	/* poll(2) reports each change of the mounts, see proc(5). */
	w->mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	(void)add(w, w->mounts, EPOLLPRI);
	if (add(w, w->directory, EPOLLIN))
		return (w);
	store_watch_free(w);
	return (NULL);
}

void
store_watch_free(struct store_watch *w)
{
	if (w == NULL)
		return;
	if (w->events != -1)
		close(w->events);
	if (w->mounts != -1)
		close(w->mounts);
	if (w->directory != -1)
		close(w->directory);
	free(w);
}

void
store_watch_directory(struct store_watch *w, const char *path)
{
	int	 old;

	if (w == NULL)
		return;
	old = w->id;
	w->id = inotify_add_watch(w->directory, path, EVENTS);
	/* The kernel has removed that of a deleted directory. */
	if (old != -1 && old != w->id)
		(void)inotify_rm_watch(w->directory, old);
}

int
store_watch_event(const struct store_watch *w)
{
	return (w == NULL || w->id == -1 ? -1 : w->events);
}

void
store_watch_clear(const struct store_watch *w)
{
	struct epoll_event	 e[2];
	char			 buffer[4096];

	if (w == NULL)
		return;
	/* Waiting without a timeout also removes an event about mounts. */
	(void)epoll_wait(w->events, e, 2, 0);
	while (read(w->directory, buffer, sizeof(buffer)) > 0)
		continue;
}
