/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bytes of a configuration file, made fit for libconfuse, which counts
 * lines wrongly after a comment and takes an unclosed comment or section, or a
 * stray character, without a word.
 */
#ifndef HBW_CONFTEXT_H
#define HBW_CONFTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "faults.h"

struct conftext {
	char	*text;		/* as in the file, comments made blank */
	size_t	 length;
	int	*heads;		/* the line each section begins on, in order */
	size_t	 nheads;
	size_t	 heads_size;
	int	 unclosed;	/* begin of what is open at the end, or 0 */
	bool	 cut;		/* an unclosed string or comment was left out */
};

/*
 * Reads a file.  NULL when there is no text to look at; faults say why.  Faults
 * may be added with a result too.  `unclosed` is left for the caller to report.
 */
struct conftext *conftext_read(const char *file, struct faults *);
void	 conftext_free(struct conftext *);

#endif
