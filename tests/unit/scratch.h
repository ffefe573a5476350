/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A temporary directory for a test, under TMPDIR, and small file systems in it
 * if the test is permitted to mount them.
 */
#ifndef HBW_TEST_SCRATCH_H
#define HBW_TEST_SCRATCH_H

#include <sys/mount.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct scratch {
	char	 directory[256];
};

static inline void
scratch_begin(struct scratch *s)
{
	const char	*tmp = getenv("TMPDIR");

	memset(s, 0, sizeof(*s));
	snprintf(s->directory, sizeof(s->directory),
	    "%s/hbwatch-test-XXXXXX", tmp == NULL ? "/tmp" : tmp);
	if (mkdtemp(s->directory) == NULL)
		abort();
}

static inline int
scratch_remove_one(const char *path, const struct stat *st, int type,
    struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return (remove(path));
}

/* Removes a directory with all that is in it. */
static inline void
scratch_remove(const char *directory)
{
	if (nftw(directory, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
		abort();
}

static inline void
scratch_end(struct scratch *s)
{
	scratch_remove(s->directory);
}

/* The path of a file in the directory; valid for three more calls. */
static inline const char *
scratch_path(const struct scratch *s, const char *name)
{
	static char	 paths[4][1024];
	static unsigned	 turn;
	char		*path = paths[turn++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", s->directory, name);
	return (path);
}

static inline void
scratch_write(const char *file, const void *bytes, size_t length)
{
	FILE	*f = fopen(file, "wb");

	if (f == NULL || fwrite(bytes, 1, length, f) != length ||
	    fclose(f) != 0)
		abort();
}

/* The contents of a file, with a NUL at the end; the caller frees them. */
static inline char *
scratch_read(const char *file, size_t *length)
{
	FILE		*f = fopen(file, "rb");
	struct stat	 st;
	char		*bytes;

	if (f == NULL || fstat(fileno(f), &st) != 0)
		abort();
	bytes = malloc((size_t)st.st_size + 1);
	if (bytes == NULL)
		abort();
	*length = fread(bytes, 1, (size_t)st.st_size, f);
	bytes[*length] = '\0';
	fclose(f);
	return (bytes);
}

static inline bool
scratch_put(const char *file, const char *text)
{
	int	 fd = open(file, O_WRONLY);
	bool	 written = fd != -1 && write(fd, text, strlen(text)) ==
		    (ssize_t)strlen(text);

	close(fd);
	return (written);
}

/*
 * Gives this process its own mount namespace.  Call it once, before the first
 * thread and file.  False when that is not permitted.
 */
static inline bool
scratch_may_mount(void)
{
	char	 map[64];
	uid_t	 uid = getuid();
	gid_t	 gid = getgid();

	if (geteuid() == 0)
		return (unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL,
		    MS_REC | MS_PRIVATE, NULL) == 0);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
		return (false);
	snprintf(map, sizeof(map), "0 %u 1", (unsigned)uid);
	if (!scratch_put("/proc/self/uid_map", map) ||
	    !scratch_put("/proc/self/setgroups", "deny"))
		return (false);
	snprintf(map, sizeof(map), "0 %u 1", (unsigned)gid);
	return (scratch_put("/proc/self/gid_map", map) && mount("none", "/",
	    NULL, MS_REC | MS_PRIVATE, NULL) == 0);
}

/* Mounts a file system at `on`, a directory that is created if needed. */
static inline bool
scratch_mount(const char *on, const char *size)
{
	char	 options[64];

	(void)mkdir(on, 0700);
	snprintf(options, sizeof(options), "size=%s,mode=0700", size);
	return (mount("tmpfs", on, "tmpfs", 0, options) == 0);
}

static inline bool
scratch_remount(const char *on, const char *size, bool read_only)
{
	char	 options[64];

	snprintf(options, sizeof(options), "size=%s", size);
	return (mount("tmpfs", on, "tmpfs", MS_REMOUNT |
	    (read_only ? MS_RDONLY : 0), options) == 0);
}

#endif
