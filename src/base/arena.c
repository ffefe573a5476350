/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

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
			a->exhausted = true;
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

char *
arena_format(struct arena *a, const char *format, ...)
{
	va_list	 ap;
	char	*text = NULL;
	int	 n;

	va_start(ap, format);
	n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (n >= 0)
		text = arena_alloc(a, (size_t)n + 1);
	if (text == NULL)
		return (NULL);
	va_start(ap, format);
	vsnprintf(text, (size_t)n + 1, format, ap);
	va_end(ap);
	return (text);
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
