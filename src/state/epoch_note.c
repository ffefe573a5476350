/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/stat.h>
#include <sys/vfs.h>

#include <linux/magic.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/unix_address.h"
#include "state/epoch_note.h"

/* The file: the epoch in ten digits, a blank, the directory, a newline. */
#define DIGITS		10
#define FORMAT		"%010" PRIu32

/*
 * False for a special file, and for another file of root to which the owner of
 * the directory has made a hard link.
 */
static bool
is_ordinary(int file)
{
	struct stat	 st;

	return (fstat(file, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_nlink == 1);
}

/* -1 on error (errno); errno is 0 without a socket, and on a disk. */
static int
open_on_tmpfs(const char *control)
{
	struct unix_address	 a;
	struct statfs		 fs;
	char			 name[NAME_MAX + 1];
	int			 file = -1;

	errno = 0;
	if (*control == '\0' || !unix_address_open(&a, control))
		return (-1);
	errno = 0;
	if (fstatfs(a.directory, &fs) == 0 && fs.f_type == TMPFS_MAGIC &&
	    snprintf(name, sizeof(name), "%s.epoch", a.name) <
	    (int)sizeof(name))
		file = openat(a.directory, name, O_RDWR | O_CREAT |
		    O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (file != -1 && !is_ordinary(file)) {
		errno = EEXIST;
		close(file);
		file = -1;
	}
	unix_address_close(&a);
	return (file);
}

/* The epoch of the file; 0: it has none for this directory. */
static uint32_t
read_epoch(int file, const char *directory)
{
	char	 text[DIGITS + 1 + PATH_MAX + 2] = "", wanted[sizeof(text)];
	ssize_t	 n = pread(file, text, sizeof(text) - 1, 0);
	uint32_t epoch;

	if (n <= DIGITS || sscanf(text, "%10" SCNu32, &epoch) != 1)
		return (0);
	snprintf(wanted, sizeof(wanted), FORMAT " %s\n", epoch, directory);
	return (strcmp(text, wanted) == 0 ? epoch : 0);
}

/* Writes the whole file, so that epoch_note_write needs no more memory. */
static bool
write_all(int file, uint32_t epoch, const char *directory)
{
	int	 length = dprintf(file, FORMAT " %s\n", epoch, directory);

	return (length > 0 && ftruncate(file, length) == 0);
}

void
epoch_note_open(struct epoch_note *note, const char *control,
    const char *directory, uid_t owner)
{
	char	 path[PATH_MAX];

	*note = (struct epoch_note){ .file = open_on_tmpfs(control) };
	if (note->file == -1) {
		if (errno != 0)
			log_debug("%s.epoch: %s", control, strerror(errno));
		return;
	}
	/* A directory that is missing now does not lose its note. */
	if (realpath(directory, path) != NULL) {
		note->epoch = read_epoch(note->file, path);
		if (write_all(note->file, note->epoch, path) &&
		    fchown(note->file, owner, (gid_t)-1) == 0)
			return;
	}
	log_debug("%s.epoch: %s", control, strerror(errno));
	epoch_note_close(note);
}

void
epoch_note_close(struct epoch_note *note)
{
	if (note->file != -1)
		close(note->file);
	note->file = -1;
}

void
epoch_note_write(struct epoch_note *note, uint32_t epoch)
{
	char	 text[DIGITS + 1];

	if (note->file == -1 || note->epoch == epoch)
		return;
	snprintf(text, sizeof(text), FORMAT, epoch);
	if (pwrite(note->file, text, DIGITS, 0) == DIGITS)
		note->epoch = epoch;
	else
		log_debug("cannot write the note of the epoch: %s",
		    strerror(errno));
}
