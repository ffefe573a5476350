/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "evidence_directory.h"
#include "evidence_names.h"
#include "evidence_writer.h"

#define SUFFIX		".pcapng"
/* When files are removed, this share of the limit becomes free. */
#define SPARE_SHARE	16
/* The same share of the disk stays free, but at most this many octets. */
#define SPARE_MAX	(UINT64_C(64) * 1024 * 1024)
/* ext4 reserves less than this share for root and itself by default. */
#define RESERVED_SHARE	12
/* The octets of a file that shows whether files can be written. */
#define TRY_SIZE	65536
#define OPEN_DIRECTORY	(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

void
evidence_directory_init(struct evidence_directory *d, const char *state,
    struct evidence_names *names)
{
	*d = (struct evidence_directory){
		.state = state, .names = names, .fd = -1,
	};
}

void
evidence_directory_close(struct evidence_directory *d)
{
	if (d->fd != -1)
		close(d->fd);
	d->fd = -1;
}

bool
evidence_directory_is_name(const char *name)
{
	size_t	 digits = strspn(name, "0123456789"), length = strlen(name);

	return (digits > 0 && name[digits] == '-' &&
	    length > digits + sizeof(SUFFIX) &&
	    strcmp(name + length + 1 - sizeof(SUFFIX), SUFFIX) == 0);
}

/* Is it a file that this program wrote, as far as that can be known? */
static bool
is_own_file(int directory, const char *name, struct stat *st)
{
	return (evidence_directory_is_name(name) &&
	    fstatat(directory, name, st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st->st_mode) && st->st_nlink == 1 &&
	    st->st_uid == geteuid());
}

/* ---- the size */

struct entry {
	struct timespec	 changed;
	uint64_t	 size;
	unsigned long	 serial;
	char		*name;		/* owned */
};

struct listing {
	struct entry	*entries;	/* owned */
	size_t		 count;
	size_t		 capacity;
};

static int
by_age(const void *a, const void *b)
{
	const struct entry	*x = a, *y = b;

	if (x->changed.tv_sec != y->changed.tv_sec)
		return (x->changed.tv_sec < y->changed.tv_sec ? -1 : 1);
	if (x->changed.tv_nsec != y->changed.tv_nsec)
		return (x->changed.tv_nsec < y->changed.tv_nsec ? -1 : 1);
	return ((x->serial > y->serial) - (x->serial < y->serial));
}

static void
listing_free(struct listing *l)
{
	while (l->count > 0)
		free(l->entries[--l->count].name);
	free(l->entries);
}

/* False when memory is exhausted. */
static bool
listing_add(struct listing *l, const char *name, const struct stat *st)
{
	struct entry	*e;

	if (!array_reserve(&l->entries, &l->capacity, l->count + 1,
	    sizeof(*l->entries)))
		return (false);
	e = &l->entries[l->count];
	*e = (struct entry){
		.changed = st->st_mtim, .size = (uint64_t)st->st_size,
		.serial = strtoul(name, NULL, 10), .name = strdup(name),
	};
	l->count += e->name != NULL;
	return (e->name != NULL);
}

/* Lists the files, oldest first, and sets the size of all. */
static bool
list(struct evidence_directory *d, struct listing *l)
{
	const struct dirent	*e;
	struct stat		 st;
	int			 copy;
	DIR			*stream;
	bool			 ok = true;

	copy = openat(d->fd, ".", OPEN_DIRECTORY);
	stream = copy == -1 ? NULL : fdopendir(copy);
	if (stream == NULL) {
		if (copy != -1)
			close(copy);
		return (false);
	}
	d->size = 0;
	while (ok && (e = readdir(stream)) != NULL) {
		if (!is_own_file(d->fd, e->d_name, &st))
			continue;
		d->size += (uint64_t)st.st_size;
		evidence_names_put(d->names, e->d_name, true);
		ok = listing_add(l, e->d_name, &st);
	}
	closedir(stream);
	if (l->count > 0)
		qsort(l->entries, l->count, sizeof(*l->entries), by_age);
	return (ok);
}

/*
 * Is there space for these octets when files of `freed` octets are removed?
 * The last free space of the disk is for the state.
 */
static bool
has_space(int directory, uint64_t octets, uint64_t freed)
{
	struct statvfs	 v;
	uint64_t	 spare, reserved;

	if (fstatvfs(directory, &v) != 0)
		return (true);
	spare = (uint64_t)v.f_blocks * v.f_frsize / SPARE_SHARE;
	if (spare > SPARE_MAX)
		spare = SPARE_MAX;
	/* Root may have used reserved blocks, which must become free first. */
	reserved = v.f_blocks / RESERVED_SHARE;
	if (v.f_bavail == 0 && v.f_bfree < reserved)
		spare += (reserved - v.f_bfree) * v.f_frsize;
	return ((uint64_t)v.f_bavail * v.f_frsize + freed >= octets + spare);
}

/* The same for the limit of the directory. */
static bool
is_within_limit(const struct evidence_directory *d, uint64_t octets,
    uint64_t freed)
{
	return (octets <= d->limit && d->size - freed <= d->limit - octets);
}

static bool
has_room(const struct evidence_directory *d, uint64_t octets, uint64_t freed)
{
	return (is_within_limit(d, octets, freed) &&
	    has_space(d->fd, octets, freed));
}

/* The size of the files that may be removed. */
static uint64_t
removable(const struct listing *l, evidence_directory_keep *keep, void *arg)
{
	uint64_t	 size = 0;
	size_t		 i;

	for (i = 0; i < l->count; i++)
		if (!keep(arg, l->entries[i].name))
			size += l->entries[i].size;
	return (size);
}

/*
 * Removes the oldest files until there is room, and some more for the limit so
 * that this is not necessary again soon.  None is removed in vain, for example
 * when another program has filled the disk.
 */
static bool
make_room(struct evidence_directory *d, uint64_t octets,
    evidence_directory_keep *keep, void *arg)
{
	struct listing	 l = { 0 };
	size_t		 i;
	bool		 ok = list(d, &l) &&
	    has_room(d, octets, removable(&l, keep, arg));

	for (i = 0; ok && i < l.count && !(has_space(d->fd, octets, 0) &&
	    is_within_limit(d, octets + d->limit / SPARE_SHARE, 0)); i++) {
		if (keep(arg, l.entries[i].name) ||
		    unlinkat(d->fd, l.entries[i].name, 0) != 0)
			continue;
		evidence_names_put(d->names, l.entries[i].name, false);
		d->size -= l.entries[i].size;
	}
	listing_free(&l);
	return (ok && has_room(d, octets, 0));
}

bool
evidence_directory_reserve(struct evidence_directory *d, uint64_t octets,
    evidence_directory_keep *keep, void *arg)
{
	if (d->fd == -1 ||
	    (!has_room(d, octets, 0) && !make_room(d, octets, keep, arg)))
		return (false);
	d->size += octets;
	return (true);
}

/* ---- files */

/* The owner of a directory, and who may write to it, control its names. */
static bool
is_own_directory(int fd)
{
	struct stat	 st;

	return (fstat(fd, &st) == 0 && st.st_uid == geteuid() &&
	    (st.st_mode & 022) == 0);
}

/* Opens the directory, which `make` makes.  -1 on error (errno). */
static int
open_directory(const struct evidence_directory *d, bool make)
{
	int	 state = open(d->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int	 fd = -1, error;

	if (state == -1)
		return (-1);
	if (!make || mkdirat(state, EVIDENCE_DIRECTORY, 0700) == 0 ||
	    errno == EEXIST)
		fd = openat(state, EVIDENCE_DIRECTORY, OPEN_DIRECTORY);
	error = errno;
	close(state);
	errno = error;
	return (fd);
}

static bool
is_same(int a, int b)
{
	struct stat	 x, y;

	return (fstat(a, &x) == 0 && fstat(b, &y) == 0 &&
	    x.st_dev == y.st_dev && x.st_ino == y.st_ino);
}

/*
 * Opens the directory again, because it may have been removed or replaced; only
 * another directory than before is read.  If `make` is true, it is made.  False
 * on error (errno, or 0); see evidence_directory_create.
 */
static bool
open_again(struct evidence_directory *d, bool make, const char **wrong)
{
	struct listing	 l = { 0 };
	int		 old = d->fd;
	bool		 ok;

	d->fd = open_directory(d, make);
	ok = old != -1 && d->fd != -1 && is_same(old, d->fd);
	if (old != -1)
		close(old);
	*wrong = "cannot open the directory";
	if (d->fd == -1)
		return (false);
	if (!is_own_directory(d->fd)) {
		evidence_directory_close(d);
		*wrong = "the directory belongs to another user, or others may "
		    "write to it";
		errno = 0;
		return (false);
	}
	*wrong = "cannot read the directory";
	ok = ok || list(d, &l);
	listing_free(&l);
	return (ok);
}

/* A file of this name is from before the state was lost. */
static void
remove_old(struct evidence_directory *d, const char *name)
{
	struct stat	 st;

	if (!is_own_file(d->fd, name, &st) || unlinkat(d->fd, name, 0) != 0)
		return;
	d->size -= (uint64_t)st.st_size;
}

int
evidence_directory_create(struct evidence_directory *d, const char *name,
    const char **wrong)
{
	int	 fd = -1, error;

	if (open_again(d, true, wrong)) {
		remove_old(d, name);
		fd = openat(d->fd, name, O_RDWR | O_CREAT | O_EXCL |
		    O_NOFOLLOW | O_CLOEXEC, 0600);
		*wrong = "cannot create a file";
	}
	error = errno;
	evidence_names_put(d->names, name, fd != -1);
	errno = error;
	return (fd);
}

void
evidence_directory_find(struct evidence_directory *d)
{
	const char	*wrong;

	(void)open_again(d, false, &wrong);
}

void
evidence_directory_remove(struct evidence_directory *d, const char *name)
{
	evidence_names_put(d->names, name, false);
	(void)unlinkat(d->fd, name, 0);
}

bool
evidence_directory_write(int fd, const uint8_t *octets, size_t length,
    uint64_t offset)
{
	size_t	 done = 0;
	ssize_t	 n = 0;

	while (done < length && n >= 0) {
		n = pwrite(fd, octets + done, length - done,
		    (off_t)(offset + done));
		if (n == 0) {
			n = -1;
			errno = ENOSPC;
		}
		if (n > 0)
			done += (size_t)n;
	}
	return (n >= 0);
}

bool
evidence_directory_try(struct evidence_directory *d)
{
	static const uint8_t	 zeros[TRY_SIZE];
	const char		*wrong;
	bool			 ok;
	int			 fd;

	if (!open_again(d, true, &wrong) ||
	    !has_space(d->fd, sizeof(zeros), 0))
		return (false);
	fd = openat(d->fd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	/* Some file systems, such as overlays, have no such files. */
	if (fd == -1)
		return (errno == EOPNOTSUPP || errno == EISDIR);
	ok = evidence_directory_write(fd, zeros, sizeof(zeros), 0);
	close(fd);
	return (ok);
}
