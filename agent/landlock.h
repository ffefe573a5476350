/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Limits the access of the process to files, with Landlock (landlock(7)), which
 * only some kernels have.  It adds to the permissions of the files.
 */
#ifndef HBW_LANDLOCK_H
#define HBW_LANDLOCK_H

#include <stdbool.h>

enum landlock_use {
	LANDLOCK_READ,		/* also of directories */
	LANDLOCK_MODIFY,	/* and write to existing files */
	LANDLOCK_WRITE,		/* create, read, write, rename and remove */
	LANDLOCK_EXECUTE,	/* and read */
};

/* Begins a set of rules; -1 when the kernel has no Landlock (errno). */
int	 landlock_begin(void);
/*
 * Allows the use of a file, or of a directory and everything beneath it.  Does
 * nothing if it does not exist.  False on error (errno).
 */
bool	 landlock_allow(int rules, const char *path, enum landlock_use);
/* The same for an open file. */
bool	 landlock_allow_file(int rules, int file, enum landlock_use);
/*
 * From now on the process and its children can use nothing else.  Files that
 * are open can still be used.  Closes the rules; -1 is ignored.  False on error
 * (errno).
 */
bool	 landlock_end(int rules);

#endif
