/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Are the files of the store still those that it has open?  Files that were
 * removed or replaced, and a directory over which another file system was
 * mounted, can still be written, but no later start finds what is written.
 */
#ifndef HBW_STORE_PLACE_H
#define HBW_STORE_PLACE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

struct store_place_file {
	dev_t	 device;
	ino_t	 inode;		/* 0: not known */
	uint64_t identity;	/* of a file, see epoch_file.h */
	off_t	 size;		/* the largest so far, in bytes */
};

struct store_place {
	struct store_place_file	 directory;
	struct store_place_file	 database;
	struct store_place_file	 wal;
};

/* Remembers the directory; `lock` is its descriptor, or -1. */
void	 store_place_set_directory(struct store_place *, const char *path,
	    int lock);
/* Remembers the database, which was just opened, and its write-ahead log. */
void	 store_place_set_files(struct store_place *, const char *database);
/* Forgets the files, which were closed. */
void	 store_place_forget_files(struct store_place *);

/*
 * Compares what is remembered with the paths.  False when something changed;
 * then `reason` (size bytes) says what, such as "hbwatchd.db was removed".
 */
bool	 store_place_check(struct store_place *, const char *directory,
	    const char *database, char *reason, size_t size);

#endif
