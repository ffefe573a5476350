/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "state/epoch_file.h"
#include "state/store_directory.h"

#define LOCK_MS		20

void
store_directory_make(const char *directory)
{
	struct stat	 st;

	if (mkdir(directory, 0700) != 0 && errno != EEXIST)
		log_err("%s: cannot create the state directory", directory);
	else if (stat(directory, &st) == 0 && (st.st_mode & 022) != 0)
		log_warnx("%s: other users may write to it: mode is %04o; "
		    "expected 0700", directory, (unsigned)st.st_mode & 07777);
}

bool
store_directory_make_again(const char *directory)
{
	struct stat	 st;

	return (mkdir(directory, 0700) == 0 ||
	    (errno == EEXIST && stat(directory, &st) == 0));
}

/*
 * SQLite locks the file only after it has opened it.  That is too late: a file
 * that another process is just creating would look damaged.
 */
bool
store_directory_lock(const char *directory, int tries, int *fd)
{
	bool	 in_use;

	*fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd == -1)
		return (true);
	while (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
		in_use = errno == EWOULDBLOCK;
		if (!in_use || --tries <= 0) {
			close(*fd);
			*fd = -1;
			return (!in_use);
		}
		(void)poll(NULL, 0, LOCK_MS);
	}
	return (true);
}

/* True when the owner was changed. */
static bool
chown_to_root(const char *file)
{
	struct stat	 st;

	if (lstat(file, &st) != 0 || st.st_uid == 0 ||
	    (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
		return (false);
	if (lchown(file, 0, 0) != 0)
		return (false);
	log_warnx("%s: ownership changed from uid %u to uid 0", file,
	    (unsigned)st.st_uid);
	return (true);
}

/* True when the owner of a file was changed. */
static bool
adopt_all(const char *directory, const char *database, const char *epoch)
{
	struct stat	 st;
	char		*wal;
	bool		 changed;

	/* Without the database it may not be our directory. */
	if (lstat(database, &st) == 0)
		(void)chown_to_root(directory);
	changed = chown_to_root(database);
	changed = chown_to_root(epoch) || changed;
	if (asprintf(&wal, "%s-wal", database) >= 0) {
		(void)chown_to_root(wal);
		free(wal);
	}
	return (changed);
}

/*
 * A change of the owner changes the times that show a restored backup, so they
 * are written again if they were correct before.
 */
static void
adopt_files(const char *directory)
{
	struct epoch_file	 f;
	struct stat		 st;
	char			*database = NULL, *epoch = NULL;
	bool			 correct;

	if (asprintf(&database, "%s/hbwatchd.db", directory) < 0 ||
	    asprintf(&epoch, "%s/epoch", directory) < 0)
		return;
	correct = epoch_file_read(epoch, &f) && f.has_identity &&
	    f.is_original && lstat(database, &st) == 0 &&
	    (f.database_changed == 0 || epoch_file_same_time(
	    f.database_changed, epoch_file_changed(&st)));
	if (adopt_all(directory, database, epoch) && correct) {
		if (f.database_changed != 0 && lstat(database, &st) == 0)
			f.database_changed = epoch_file_changed(&st);
		(void)epoch_file_write(epoch, &f);
	}
	free(database);
	free(epoch);
}

bool
store_directory_take(const char *directory, int *lock)
{
	if (!store_directory_lock(directory, STORE_DIRECTORY_TRIES, lock))
		return (false);
	/* Without the lock, the files may be those of another hbwatchd. */
	if (*lock != -1 && geteuid() == 0)
		adopt_files(directory);
	return (true);
}
