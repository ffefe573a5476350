/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that is allocated in small pieces and freed all at once.
 */
#ifndef HBW_ARENA_H
#define HBW_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_chunk;

/* A struct of zeros is an empty arena. */
struct arena {
	struct arena_chunk	*chunk;		/* the newest */
	size_t			 used;		/* bytes used in it */
	size_t			 size;		/* bytes in it */
	bool			 exhausted;	/* an allocation failed */
};

/*
 * Zeroed memory, aligned for pointers and 64-bit integers; NULL when memory is
 * exhausted.
 */
void	*arena_alloc(struct arena *, size_t size);
/* A copy of `length` bytes and a NUL; NULL when memory is exhausted. */
char	*arena_copy(struct arena *, const char *text, size_t length);
/* The text that printf(3) would print; NULL when memory is exhausted. */
char	*arena_format(struct arena *, const char *, ...)
	    __attribute__((format(printf, 2, 3)));
/* Frees all pieces; then the arena is empty. */
void	 arena_free(struct arena *);

#endif
