/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "state/watch_index.h"

/* Multiplied, because a slot is chosen by the high bits of the hash. */
static uint32_t
hash_of(const char *name)
{
	return ((uint32_t)(hash_string(name) * UINT64_C(0x9e3779b97f4a7c15) >>
	    32));
}

/* The slot that holds the name, or the free one where it belongs. */
static uint32_t *
slot_of(const struct watch_index *n, const char *name)
{
	uint32_t	 i = (uint32_t)((uint64_t)hash_of(name) * n->nslots >>
			    32);

	while (n->slots[i] != 0 && strcmp(n->texts +
	    n->entries[n->slots[i] - 1].text, name) != 0)
		i = i + 1 == n->nslots ? 0 : i + 1;
	return (&n->slots[i]);
}

uint32_t
watch_index_find(const struct watch_index *n, const char *name)
{
	uint32_t	 at;

	if (n->count == 0)
		return (0);
	at = *slot_of(n, name);
	return (at == 0 ? 0 : n->entries[at - 1].number);
}

/* Room for so many names in all, of so many octets; a third stays free. */
static bool
reserve(struct watch_index *n, size_t count, size_t length)
{
	struct watch_index_entry	*entries;
	uint32_t		*slots;
	char			*texts;
	size_t			 i;

	if (count > UINT32_MAX / 2 || length > UINT32_MAX)
		return (false);
	entries = reallocarray(n->entries, count, sizeof(*entries));
	if (entries == NULL)
		return (false);
	n->entries = entries;
	texts = realloc(n->texts, length);
	if (texts == NULL)
		return (false);
	n->texts = texts;
	slots = calloc(count + count / 2 + 1, sizeof(*slots));
	if (slots == NULL)
		return (false);
	free(n->slots);
	n->slots = slots;
	n->nslots = (uint32_t)(count + count / 2 + 1);
	for (i = 0; i < n->count; i++)
		*slot_of(n, texts + n->entries[i].text) = (uint32_t)i + 1;
	return (true);
}

static bool
add(struct watch_index *n, const char *const *list, const uint32_t *numbers,
    size_t count)
{
	size_t		 i, fresh = 0, length = 0, size;
	uint32_t	*slot;

	for (i = 0; i < count; i++) {
		if (watch_index_find(n, list[i]) != 0)
			continue;
		fresh++;
		length += strlen(list[i]) + 1;
	}
	if (fresh == 0)
		return (true);
	if (!reserve(n, n->count + fresh, n->length + length))
		return (false);
	for (i = 0; i < count; i++) {
		slot = slot_of(n, list[i]);
		if (*slot != 0)
			continue;
		size = strlen(list[i]) + 1;
		memcpy(n->texts + n->length, list[i], size);
		n->entries[n->count++] = (struct watch_index_entry){
			(uint32_t)n->length,
			numbers != NULL ? numbers[i] : n->last + 1
		};
		if (n->entries[n->count - 1].number > n->last)
			n->last = n->entries[n->count - 1].number;
		n->length += size;
		*slot = (uint32_t)n->count;
	}
	return (true);
}

bool
watch_index_add(struct watch_index *n, const char *const *list, size_t count)
{
	return (add(n, list, NULL, count));
}

bool
watch_index_restore(struct watch_index *n, const char *const *list,
    const uint32_t *numbers, size_t count)
{
	return (add(n, list, numbers, count));
}

void
watch_index_free(struct watch_index *n)
{
	free(n->entries);
	free(n->texts);
	free(n->slots);
	*n = (struct watch_index){ 0 };
}

void
watch_index_each(const struct watch_index *n, uint32_t after, watch_index_take *take, void *arg)
{
	size_t	 i;

	if (after == n->last)
		return;
	for (i = 0; i < n->count; i++)
		if (n->entries[i].number > after)
			take(arg, n->entries[i].number,
			    n->texts + n->entries[i].text);
}
