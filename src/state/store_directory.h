/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The directory of the state: created, locked against a second hbwatchd, and
 * given to the user of hbwatchd.
 */
#ifndef HBW_STORE_DIRECTORY_H
#define HBW_STORE_DIRECTORY_H

#include <sys/types.h>

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
 * Sets a function that makes the directory where this process may not; false on
 * error (errno).
 */
typedef bool store_directory_maker(void);
void	 store_directory_set_maker(store_directory_maker *);

/*
 * Locks the directory until *fd is closed.  While another process has the lock,
 * tries up to `tries` times, every 20 ms; false when it keeps the lock.  True
 * with *fd -1 when the directory cannot be locked at all; then only SQLite's
 * lock of the file protects it.
 */
bool	 store_directory_lock(const char *directory, int tries, int *fd);

/* The user and the group that the files belong to. */
struct store_owner {
	uid_t	 uid;
	gid_t	 gid;
};

/*
 * Does the directory have only files of hbwatchd, or none?  Then a start as
 * root gives it to the user of hbwatchd.
 */
bool	 store_directory_is_ours(const char *directory);

/*
 * Prepares a start: makes the directory, and locks it for store_open, as the
 * functions above do.  Then, if the process runs as root, gives the directory
 * and its files to the owner, because an earlier run may have been as another
 * user.  This needs CAP_CHOWN, so it is called before privileges are dropped.
 * False, after up to 3 s, when another process has the lock; then nothing was
 * changed.
 */
bool	 store_directory_take(const char *directory, const struct store_owner *,
	    int *lock);

#endif
