/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/hash.h"
#include "state/watch_index.h"

/* The slot that holds the name, or the free slot where it belongs. */
static uint32_t *
slot_of(const struct watch_index *n, const char *name)
{
	/* The multiplications spread the hash evenly over all slots. */
	uint64_t	 hash = hash_string(name) *
			    UINT64_C(0x9e3779b97f4a7c15) >> 32;
	uint32_t	 i = (uint32_t)(hash * n->nslots >> 32);

	while (n->slots[i] != 0 && strcmp(n->texts +
	    n->entries[n->slots[i] - 1].text, name) != 0)
		i = i + 1 == n->nslots ? 0 : i + 1;
	return (&n->slots[i]);
}

uint32_t
watch_index_find(const struct watch_index *n, const char *name)
{
	uint32_t	 position;

	if (n->count == 0)
		return (0);
	position = *slot_of(n, name);
	return (position == 0 ? 0 : n->entries[position - 1].number);
}

/* Makes room for one more name; a third of the slots stays free. */
static bool
reserve(struct watch_index *n, size_t size)
{
	uint32_t	*slots;
	size_t		 nslots, i;

	if (n->count >= UINT32_MAX / 4 || n->length + size > UINT32_MAX ||
	    !array_reserve(&n->entries, &n->capacity, n->count + 1,
	    sizeof(*n->entries)) ||
	    !array_reserve(&n->texts, &n->texts_capacity, n->length + size, 1))
		return (false);
	nslots = n->capacity + n->capacity / 2 + 1;
	if (n->nslots == nslots)
		return (true);
	slots = calloc(nslots, sizeof(*slots));
	if (slots == NULL)
		return (false);
	free(n->slots);
	n->slots = slots;
	n->nslots = (uint32_t)nslots;
	for (i = 0; i < n->count; i++)
		*slot_of(n, n->texts + n->entries[i].text) = (uint32_t)i + 1;
	return (true);
}

bool
watch_index_restore(struct watch_index *n, const char *name, uint32_t number)
{
	size_t	 size = strlen(name) + 1;

	if (!reserve(n, size))
		return (false);
	*slot_of(n, name) = (uint32_t)n->count + 1;
	n->entries[n->count++] = (struct watch_index_entry){
		(uint32_t)n->length, number
	};
	memcpy(n->texts + n->length, name, size);
	n->length += size;
	if (n->last < number)
		n->last = number;
	return (true);
}

uint32_t
watch_index_add(struct watch_index *n, const char *name)
{
	uint32_t	 number = watch_index_find(n, name);

	if (number != 0)
		return (number);
	return (watch_index_restore(n, name, n->last + 1) ? n->last : 0);
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
watch_index_each(const struct watch_index *n, uint32_t after,
    watch_index_take *take, void *arg)
{
	size_t	 i;

	if (after == n->last)
		return;
	for (i = 0; i < n->count; i++)
		if (n->entries[i].number > after)
			take(arg, n->entries[i].number,
			    n->texts + n->entries[i].text);
}
