/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/arena.h"

#define CHUNK_SIZE	65536

struct arena_chunk {
	struct arena_chunk	*older;
	alignas(int64_t) char	 memory[];
};

void *
arena_alloc(struct arena *a, size_t size)
{
	struct arena_chunk	*chunk;
	size_t			 align = alignof(int64_t);
	void			*piece;

	size = (size + align - 1) / align * align;
	if (size > a->size - a->used) {
		a->size = size > CHUNK_SIZE ? size : CHUNK_SIZE;
		chunk = calloc(1, sizeof(*chunk) + a->size);
		if (chunk == NULL) {
			a->size = a->used;
			return (NULL);
		}
		chunk->older = a->chunk;
		a->chunk = chunk;
		a->used = 0;
	}
	piece = a->chunk->memory + a->used;
	a->used += size;
	return (piece);
}

char *
arena_copy(struct arena *a, const char *text, size_t length)
{
	char	*copy = arena_alloc(a, length + 1);

	if (copy != NULL && length > 0)
		memcpy(copy, text, length);
	return (copy);
}

void
arena_free(struct arena *a)
{
	struct arena_chunk	*older;

	for (; a->chunk != NULL; a->chunk = older) {
		older = a->chunk->older;
		free(a->chunk);
	}
	*a = (struct arena){ 0 };
}
