/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/epoch_file.h"
#include "state/store_place.h"

static void
set_file(struct store_place_file *f, const struct stat *st)
{
	f->device = st->st_dev;
	f->inode = st->st_ino;
	f->size = st->st_size;
}

void
store_place_set_directory(struct store_place *p, const char *path, int lock)
{
	struct stat	 st;

	memset(&p->directory, 0, sizeof(p->directory));
	if ((lock != -1 ? fstat(lock, &st) : stat(path, &st)) == 0)
		set_file(&p->directory, &st);
}

/* The path of the database's write-ahead log, which the caller frees. */
static char *
wal_of(const char *database)
{
	char	*path;

	return (asprintf(&path, "%s-wal", database) < 0 ? NULL : path);
}

/* Reads the status of the database's write-ahead log. */
static bool
stat_wal(const char *database, struct stat *st)
{
	char	*path = wal_of(database);
	bool	 found = path != NULL && lstat(path, st) == 0;

	free(path);
	return (found);
}

static void
set_path(struct store_place_file *f, const char *path)
{
	struct stat	 st;

	if (path == NULL || lstat(path, &st) != 0)
		return;
	set_file(f, &st);
	f->identity = epoch_file_identity(AT_FDCWD, path);
}

void
store_place_set_files(struct store_place *p, const char *database)
{
	char	*wal = wal_of(database);

	store_place_forget_files(p);
	set_path(&p->database, database);
	set_path(&p->wal, wal);
	free(wal);
}

void
store_place_forget_files(struct store_place *p)
{
	memset(&p->database, 0, sizeof(p->database));
	memset(&p->wal, 0, sizeof(p->wal));
}

/*
 * Compares one file; `found`: its status was read, otherwise errno says why
 * not.  Returns NULL or what happened.
 */
static const char *
compare(struct store_place_file *f, bool found, const struct stat *st)
{
	if (f->inode == 0)
		return (NULL);
	/* After another error nothing is known. */
	if (!found)
		return (errno == ENOENT || errno == ENOTDIR ? "was removed" :
		    NULL);
	if (st->st_dev != f->device || st->st_ino != f->inode)
		return ("was replaced");
	if (!S_ISREG(st->st_mode))
		return (NULL);
	if (st->st_size < f->size)
		return ("was truncated");
	f->size = st->st_size;
	return (NULL);
}

bool
store_place_check(struct store_place *p, const char *directory,
    const char *database, char *reason, size_t size)
{
	const char	*name = "the directory", *what;
	struct stat	 st;

	what = compare(&p->directory, stat(directory, &st) == 0, &st);
	if (what == NULL) {
		name = "hbwatchd.db";
		what = compare(&p->database, lstat(database, &st) == 0, &st);
	}
	if (what == NULL) {
		name = "hbwatchd.db-wal";
		what = compare(&p->wal, stat_wal(database, &st), &st);
	}
	if (what != NULL)
		snprintf(reason, size, "%s %s", name, what);
	return (what == NULL);
}
