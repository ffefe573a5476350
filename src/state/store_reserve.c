/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/statvfs.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "state/store_reserve.h"

/* In bytes; the database keeps its part as free pages. */
#define RESERVE_FILE	(4 * 1024 * 1024)
/* Where the file system has room for it; elsewhere the small one. */
#define RESERVE_WAL	(12 * 1024 * 1024)
#define RESERVE_WAL_SMALL	(1536 * 1024)
/* A page of 4 KB with its header in the WAL. */
#define WAL_PAGE		(4096 + 24)
/* At most half of the free space is reserved. */
#define FREE_FACTOR	2U

static bool
has_room(const char *file, uint64_t bytes)
{
	struct statvfs	 fs;

	return (statvfs(file, &fs) == 0 && (uint64_t)fs.f_bavail *
	    fs.f_frsize >= FREE_FACTOR * bytes);
}

static void
reserve_file(sqlite3 *db)
{
	char	 sql[160];

	snprintf(sql, sizeof(sql), "BEGIN; CREATE TABLE reserve (b);"
	    " INSERT INTO reserve VALUES (zeroblob(%u));"
	    " DROP TABLE reserve; COMMIT", RESERVE_FILE);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
}

/* The descriptor of the WAL; -1 when there is none. */
static int
open_wal(const char *file, int flags)
{
	char	*name;
	int	 fd;

	if (asprintf(&name, "%s-wal", file) < 0)
		return (-1);
	fd = open(name, flags | O_CLOEXEC | O_NOFOLLOW);
	free(name);
	return (fd);
}

/*
 * A commit to a WAL that has its blocks already changes no metadata of the file
 * system, which would have to be synced as well, and needs no free block.  The
 * content of the WAL stays.
 */
static void
reserve_wal(const char *file, off_t bytes)
{
	static const char	 zeros[65536];
	off_t			 end;
	int			 fd;

	fd = open_wal(file, O_WRONLY);
	if (fd == -1)
		return;
	while ((end = lseek(fd, 0, SEEK_END)) >= 0 && end < bytes)
		if (write(fd, zeros, sizeof(zeros)) != (ssize_t)sizeof(zeros))
			break;
	(void)fsync(fd);
	close(fd);
}

void
store_reserve_blocks(const char *file, sqlite3 *db, bool created)
{
	(void)sqlite3_file_control(db, NULL, SQLITE_FCNTL_PERSIST_WAL,
	    &(int){ 1 });
	if (!has_room(file, RESERVE_FILE + RESERVE_WAL_SMALL))
		return;
	if (created)
		reserve_file(db);
	reserve_wal(file, has_room(file, RESERVE_FILE + RESERVE_WAL) ?
	    RESERVE_WAL : RESERVE_WAL_SMALL);
}

int
store_reserve_wal_pages(const char *file)
{
	off_t	 end = 0;
	int	 fd = open_wal(file, O_RDONLY);

	if (fd == -1)
		return (0);
	end = lseek(fd, 0, SEEK_END);
	close(fd);
	return (end < 0 || end > RESERVE_WAL ? 0 : (int)(end / WAL_PAGE));
}

void
store_reserve_checkpoint(const char *file, sqlite3 *db)
{
	static const char	 zeros[32];
	int			 pages = 0, copied = -1, fd;

	if (sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_FULL, &pages,
	    &copied) != SQLITE_OK || pages != copied)
		return;
	/* Without its header, the WAL is empty for SQLite. */
	fd = open_wal(file, O_WRONLY);
	if (fd == -1)
		return;
	(void)(pwrite(fd, zeros, sizeof(zeros), 0) > 0 && fsync(fd) == 0);
	close(fd);
}

/* The magic number is from SQLite's file format, section 4.1. */
bool
store_reserve_wal_in_use(const char *file)
{
	uint8_t	 magic[4] = { 0 };
	ssize_t	 n;
	int	 fd;

	fd = open_wal(file, O_RDONLY);
	if (fd == -1)
		return (false);
	n = read(fd, magic, sizeof(magic));
	close(fd);
	return (n == sizeof(magic) && magic[0] == 0x37 && magic[1] == 0x7f &&
	    magic[2] == 0x06 && (magic[3] & 0xfe) == 0x82);
}
