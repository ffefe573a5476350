/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/epoll.h>
#include <sys/inotify.h>

#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

#include "state/store_watch.h"

/*
 * SQLite keeps the files open and writes to them.  So IN_CLOSE_WRITE is mostly
 * from other processes, and IN_MODIFY would be at each commit.
 */
#define EVENTS	(IN_DELETE | IN_MOVE | IN_ATTRIB | IN_CLOSE_WRITE | \
		    IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

static bool
add(int events, int fd, uint32_t what)
{
	struct epoll_event	 e = { .events = what };

	return (fd != -1 && epoll_ctl(events, EPOLL_CTL_ADD, fd, &e) == 0);
}

void
store_watch_open(struct store_watch *w)
{
	w->id = -1;
	w->directory = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	/* poll(2) reports each change of the mounts, see proc(5). */
	w->mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	w->events = epoll_create1(EPOLL_CLOEXEC);
	if (w->events == -1)
		return;
	(void)add(w->events, w->mounts, EPOLLPRI);
	if (add(w->events, w->directory, EPOLLIN))
		return;
	close(w->events);
	w->events = -1;
}

void
store_watch_close(struct store_watch *w)
{
	if (w->events != -1)
		close(w->events);
	if (w->mounts != -1)
		close(w->mounts);
	if (w->directory != -1)
		close(w->directory);
	w->events = w->mounts = w->directory = w->id = -1;
}

void
store_watch_directory(struct store_watch *w, const char *path)
{
	int	 old = w->id;

	if (w->directory == -1)
		return;
	w->id = inotify_add_watch(w->directory, path, EVENTS);
	/* The kernel has removed that of a deleted directory. */
	if (old != -1 && old != w->id)
		(void)inotify_rm_watch(w->directory, old);
}

void
store_watch_clear(const struct store_watch *w)
{
	struct epoll_event	 e[2];
	char			 buffer[4096];

	/* Waiting without a timeout also removes an event about mounts. */
	(void)epoll_wait(w->events, e, 2, 0);
	while (read(w->directory, buffer, sizeof(buffer)) > 0)
		continue;
}
