/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The directory of the evidence files, and the limit of their size.  Somebody
 * else may have put links and other files into it, or have replaced it.  So it
 * must belong to this user, no link is followed, and only regular files of this
 * user with the name of an evidence file are counted and removed.
 */
#ifndef HBW_EVIDENCE_DIRECTORY_H
#define HBW_EVIDENCE_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct evidence_names;

struct evidence_directory {
	const char	*state;		/* the state directory; the caller's */
	struct evidence_names *names;	/* of its files; the caller's */
	int		 fd;		/* -1: not open */
	uint64_t	 limit;		/* of size; the caller sets it */
	uint64_t	 size;		/* octets of all files, about */
};

/* `state` and `names` must outlive it. */
void	 evidence_directory_init(struct evidence_directory *,
	    const char *state, struct evidence_names *);
void	 evidence_directory_close(struct evidence_directory *);

/* Adds the names of the files that exist, which are from earlier runs. */
void	 evidence_directory_find(struct evidence_directory *);

/*
 * Creates an evidence file; the directory is made if it does not exist.  An old
 * file of this name is replaced.  Returns a descriptor, which the caller
 * closes; -1 on error, with a constant text in *wrong, and errno, which is 0 if
 * it is no error of the system, and EEXIST if only the name of the file is used
 * by something else.
 */
int	 evidence_directory_create(struct evidence_directory *,
	    const char *name, const char **wrong);

/* Writes all octets, or fails (errno). */
bool	 evidence_directory_write(int fd, const uint8_t *octets, size_t length,
	    uint64_t offset);

/* Removes a file that has been created. */
void	 evidence_directory_remove(struct evidence_directory *,
	    const char *name);

/* True for the name of a file that must not be removed. */
typedef bool evidence_directory_keep(void *arg, const char *name);

/*
 * Reserves room for this number of further octets, and removes the oldest files
 * if necessary, except those for which `keep` is true.  False on error, or when
 * that is not enough; then none is removed.
 */
bool	 evidence_directory_reserve(struct evidence_directory *,
	    uint64_t octets, evidence_directory_keep *, void *arg);

/* True if a small file can be written now.  It has no name, and is removed. */
bool	 evidence_directory_try(struct evidence_directory *);

/* True for "SERIAL-WATCH.pcapng". */
bool	 evidence_directory_is_name(const char *name);

#endif
