/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The directory of the state: created, locked against a second hbwatchd, and
 * given back to root.
 */
#ifndef HBW_STORE_DIRECTORY_H
#define HBW_STORE_DIRECTORY_H

#include <stdbool.h>

/* At the start, 20 ms apart: another process gets 3 s to end. */
#define STORE_DIRECTORY_TRIES	150

/*
 * Makes the directory with mode 0700 if it does not exist.  An error, and a
 * directory that other users may write to, are logged.
 */
void	 store_directory_make(const char *directory);

/* The same without a log line; false on error (errno). */
bool	 store_directory_make_again(const char *directory);

/*
 * Locks the directory until *fd is closed.  While another process has the lock,
 * tries up to `tries` times, every 20 ms; false when it keeps the lock.  True
 * with *fd -1 when the directory cannot be locked at all; then only SQLite's
 * lock of the file protects it.
 */
bool	 store_directory_lock(const char *directory, int tries, int *fd);

/*
 * Prepares a start: locks the directory, as store_directory_lock does, for
 * store_open.  Then, if the process runs as root, makes root the owner of the
 * files that an earlier run as another user left there.  This needs CAP_CHOWN,
 * so it is called before privileges are dropped.  False, after up to 3 s, when
 * another process has the lock; then nothing was changed.
 */
bool	 store_directory_take(const char *directory, int *lock);

#endif
