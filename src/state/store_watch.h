/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events about the state directory: files in it were removed, replaced or
 * written by another process, or file systems were mounted.  An event only says
 * that it is time for store_is_in_place (store.h).
 */
#ifndef HBW_STORE_WATCH_H
#define HBW_STORE_WATCH_H

struct store_watch;

/* NULL, which the other functions ignore: there will be no events. */
struct store_watch *store_watch_new(void);
void	 store_watch_free(struct store_watch *);
/* Watches this directory from now on. */
void	 store_watch_directory(struct store_watch *, const char *path);
/*
 * A descriptor that is readable when there is an event; -1: the directory is
 * not watched.
 */
int	 store_watch_event(const struct store_watch *);
/* Removes the events. */
void	 store_watch_clear(const struct store_watch *);

#endif
