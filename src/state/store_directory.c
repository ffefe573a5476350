/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/file.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "state/epoch_file.h"
#include "state/store_directory.h"

#define LOCK_MS		20
#define DATABASE	"hbwatchd.db"
#define EVIDENCE	"evidence"	/* a directory of captures */

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

static store_directory_maker	*other_maker;	/* NULL: there is none */

void
store_directory_set_maker(store_directory_maker *maker)
{
	other_maker = maker;
}

bool
store_directory_make_again(const char *directory)
{
	struct stat	 st;

	return (mkdir(directory, 0700) == 0 ||
	    (errno == EEXIST && stat(directory, &st) == 0) ||
	    (errno == EACCES && other_maker != NULL && other_maker()));
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

/* ---- the owner of the files */

enum given { GIVEN, UNCHANGED, FAILED };

/*
 * The user that gets the directory may have put a link to any file into it.  So
 * this changes neither the target of a symbolic link nor a file that has
 * another name.  `path` is for the log, or NULL for one of many.
 */
static enum given
give(int file, const char *path, const struct store_owner *owner)
{
	struct stat	 st;

	if (fstat(file, &st) != 0 ||
	    (st.st_uid == owner->uid && st.st_gid == owner->gid) ||
	    !(S_ISDIR(st.st_mode) ||
	    (S_ISREG(st.st_mode) && st.st_nlink == 1)))
		return (UNCHANGED);
	if (fchownat(file, "", owner->uid, owner->gid, AT_EMPTY_PATH) != 0) {
		if (path == NULL)
			return (FAILED);
		log_warn("%s: cannot be given to uid %u", path,
		    (unsigned)owner->uid);
		return (FAILED);
	}
	if (path != NULL && st.st_uid != owner->uid)
		log_notice("%s: ownership changed from uid %u to uid %u", path,
		    (unsigned)st.st_uid, (unsigned)owner->uid);
	return (GIVEN);
}

static bool
is_state_file(const char *name)
{
	return (strcmp(name, "epoch") == 0 ||
	    strncmp(name, DATABASE, strlen(DATABASE)) == 0);
}

/* These may be in a directory that is just going to be ours. */
static bool
is_neutral(const char *name)
{
	return (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    strcmp(name, "lost+found") == 0 || strcmp(name, "snmp") == 0 ||
	    strcmp(name, EVIDENCE) == 0);
}

/*
 * Does it have our files, or none?  A directory with other files may belong to
 * another program.
 */
static bool
is_ours(int directory)
{
	const struct dirent	*e;
	bool			 ours = false, other = false;
	DIR			*stream;
	int			 copy;

	copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (copy == -1)
		return (false);
	stream = fdopendir(copy);
	if (stream == NULL) {
		close(copy);
		return (false);
	}
	while ((e = readdir(stream)) != NULL) {
		ours = ours || is_state_file(e->d_name);
		other = other || !is_neutral(e->d_name);
	}
	closedir(stream);
	return (ours || !other);
}

bool
store_directory_is_ours(const char *path)
{
	int	 directory;
	bool	 ours;

	directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory == -1)
		return (false);
	ours = is_ours(directory);
	close(directory);
	return (ours);
}

/* Evidence files of another owner would never be removed. */
static void
give_evidence(int lock, const struct store_owner *owner)
{
	const struct dirent	*e;
	const char		*suffix;
	DIR			*stream = NULL;
	int			 directory, file;

	directory = openat(lock, EVIDENCE, O_RDONLY | O_DIRECTORY |
	    O_NOFOLLOW | O_CLOEXEC);
	if (directory != -1)
		stream = fdopendir(directory);
	if (stream == NULL) {
		if (directory != -1)
			close(directory);
		return;
	}
	while ((e = readdir(stream)) != NULL) {
		suffix = strrchr(e->d_name, '.');
		if (suffix == NULL || strcmp(suffix, ".pcapng") != 0)
			continue;
		file = openat(directory, e->d_name, O_PATH | O_NOFOLLOW |
		    O_CLOEXEC);
		if (file == -1)
			continue;
		(void)give(file, NULL, owner);
		close(file);
	}
	closedir(stream);
}

/* True when the owner of a file was changed. */
static bool
give_files(const char *directory, int lock, const struct store_owner *owner)
{
	/* A directory is before its files. */
	static const char *const	 files[] = {
		DATABASE, DATABASE "-wal", DATABASE "-shm", "epoch", "snmp",
		"snmp/hbwatch.conf", "snmp/cert_indexes", EVIDENCE,
	};
	char				*path;
	size_t				 i;
	int				 file;
	enum given			 given;
	bool				 any = false;

	given = is_ours(lock) ? give(lock, directory, owner) : FAILED;
	for (i = 0; given != FAILED && i < sizeof(files) / sizeof(files[0]);
	    i++) {
		file = openat(lock, files[i], O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (file == -1)
			continue;
		if (asprintf(&path, "%s/%s", directory, files[i]) >= 0) {
			given = give(file, path, owner);
			any = any || given == GIVEN;
			free(path);
		}
		close(file);
	}
	if (given != FAILED)
		give_evidence(lock, owner);
	return (any);
}

/*
 * As the owner: the files are under the control of this user, so root writes
 * none of them.
 */
static void
write_epoch(const char *path, struct epoch_file *f,
    const struct store_owner *owner)
{
	if (seteuid(owner->uid) != 0)
		return;
	(void)epoch_file_write(path, f);
	if (seteuid(0) != 0)
		fatal("cannot start");
}

/*
 * A change of the owner changes the times that show a restored backup, so they
 * are written again if they were correct before.
 */
static void
take_files(const char *directory, int lock, const struct store_owner *owner)
{
	struct epoch_file	 f;
	struct stat		 st;
	char			*database = NULL, *epoch = NULL;
	bool			 correct;

	if (asprintf(&database, "%s/" DATABASE, directory) < 0 ||
	    asprintf(&epoch, "%s/epoch", directory) < 0) {
		free(database);
		return;
	}
	correct = epoch_file_read(epoch, &f) && f.has_identity &&
	    f.is_original && lstat(database, &st) == 0 &&
	    (f.database_changed == 0 || epoch_file_same_time(
	    f.database_changed, epoch_file_changed(&st)));
	if (give_files(directory, lock, owner) && correct) {
		if (f.database_changed != 0 && lstat(database, &st) == 0)
			f.database_changed = epoch_file_changed(&st);
		write_epoch(epoch, &f, owner);
	}
	free(database);
	free(epoch);
}

bool
store_directory_take(const char *directory, const struct store_owner *owner,
    int *lock)
{
	/* An error is logged when the store is opened. */
	(void)mkdir(directory, 0700);
	if (!store_directory_lock(directory, STORE_DIRECTORY_TRIES, lock))
		return (false);
	/* Without the lock, the files may be those of another hbwatchd. */
	if (*lock != -1 && geteuid() == 0)
		take_files(directory, *lock, owner);
	return (true);
}
