/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bytes of a configuration file and of those that it includes, made fit for
 * libconfuse, which counts lines wrongly after a comment and takes an unclosed
 * comment or section, or a stray character, without a word.
 */
#ifndef HBW_CONFTEXT_H
#define HBW_CONFTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "config/faults.h"

/* A section, or what is told of it by its look. */
struct conftext_head {
	int	 line;		/* that it begins on */
	bool	 peers_listed;	/* its `peer` is a list, be it of one */
};

struct conftext {
	char	*text;		/* as in the files, comments made blank */
	size_t	 length;
	size_t	 size;
	size_t	 nfiles;
	struct conftext_head *heads;	/* of the sections, in order */
	size_t	 nheads;
	size_t	 heads_size;
	int	 unclosed;	/* begin of what is open at the end, or 0 */
	bool	 cut;		/* an unclosed string or comment was left out */
};

/*
 * Reads a file.  NULL when there is no text to look at; faults say why.  Faults
 * may be added with a result too.  `unclosed` is left for the caller to report.
 * All lines are the text's; the faults' places say what file each is of.
 */
struct conftext *conftext_read(const char *file, struct faults *);
void	 conftext_free(struct conftext *);

#endif
