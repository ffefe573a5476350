/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * STATE/epoch: the epoch of the notifications, and whether some were sent that
 * the store does not have.  It is a file of its own so that it survives the
 * loss of the store.  It is overwritten in place, which works on a full disk.
 *
 * The file also says when it was written, and to which files it belongs.  So a
 * start finds out that files were restored from a backup: a copy of a file has
 * a later time of its last change (st_ctime), which no program can set, and
 * mostly another identity.  A copy that was made within a second after the text
 * was written is found by the time of its creation, if the file system has it.
 */
#ifndef HBW_EPOCH_FILE_H
#define HBW_EPOCH_FILE_H

#include <sys/stat.h>

#include <stdbool.h>
#include <stdint.h>

struct epoch_file {
	uint32_t	 epoch;		/* from 1; 0: there is no file */
	bool		 unsaved;	/* some were sent and not stored */
	/* Identity of the database; 0: the epoch was not used yet. */
	uint64_t	 database;
	uint64_t	 wal;		/* of its write-ahead log; 0: unknown */
	/*
	 * st_ctime of the database in nanoseconds, after hbwatchd has ended
	 * and closed it; 0: hbwatchd runs, or was killed.
	 */
	int64_t		 database_changed;

	/* Only read: epoch_file_write sets them. */
	uint64_t	 identity;	/* of this file; 0: not known */
	bool		 has_identity;	/* the file still has this one */
	int64_t		 written;	/* in nanoseconds; 0: not known */
	bool		 is_original;	/* not changed since it was written */
	struct stat	 status;	/* when it was read or written */
};

/*
 * Reads a file; all zeros when there is none.  False when it cannot be read or
 * is invalid; then it is all zeros too.  A file of version 0.2.0 has only the
 * first two fields, and is_original.
 */
bool	 epoch_file_read(const char *file, struct epoch_file *);
/*
 * Writes the file with mode 0600, and syncs it and its directory.  False on
 * error (errno); then the content of the file is unknown.
 */
bool	 epoch_file_write(const char *file, struct epoch_file *);

/*
 * The identity of an existing file: its inode and, where the file system has
 * it, the time of its creation, because inodes are used again.  With an empty
 * path it is that of the descriptor, else of the path.  0: on error.
 */
uint64_t epoch_file_identity(int fd, const char *path);

/* st_ctime in nanoseconds. */
int64_t	 epoch_file_changed(const struct stat *);
/* True if they differ by no more than a second: file systems round times. */
bool	 epoch_file_same_time(int64_t, int64_t);

#endif
