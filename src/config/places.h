/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the lines of a text come from that was put together out of files.
 */
#ifndef HBW_PLACES_H
#define HBW_PLACES_H

#include <stdbool.h>
#include <stddef.h>

struct place {
	int		 line;		/* of the text, and those after it */
	int		 real;		/* the same one in its file */
	const char	*file;		/* a shared text; owned */
};

/* All zero is an empty one. */
struct places {
	struct place	*place;		/* by line; owned */
	size_t		 n;
	size_t		 size;
};

/*
 * From `line` on, which is not before those that were added, the text is that
 * of a file from its line `real` on.  False when there is no memory.
 */
bool	 places_add(struct places *, int line, const char *file, int real);
/* The file of a line, and the line in it; NULL when it is of none. */
const char *places_find(const struct places *, int line, int *real);
void	 places_free(struct places *);

#endif
