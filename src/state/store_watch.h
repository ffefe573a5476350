/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events about the state directory: files in it were removed, replaced or
 * written by another process, or file systems were mounted.  An event only says
 * that it is time for store_is_in_place (store.h).
 */
#ifndef HBW_STORE_WATCH_H
#define HBW_STORE_WATCH_H

#include <stdbool.h>

struct store_watch {
	int	 events;	/* epoll: the two below; -1: not available */
	int	 directory;	/* inotify */
	int	 mounts;	/* mountinfo of this process; -1: none */
	int	 id;		/* of the directory in inotify; -1: none */
};

/* Without inotify, `events` is -1; then the caller checks every 2 s. */
void	 store_watch_open(struct store_watch *);
void	 store_watch_close(struct store_watch *);
/* Watches this directory from now on. */
void	 store_watch_directory(struct store_watch *, const char *path);
/* Removes the events for which `events` was readable. */
void	 store_watch_clear(const struct store_watch *);

#endif
