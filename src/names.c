/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "names.h"

static int
compare_entries(const void *a, const void *b)
{
	return (strcmp(((const struct names_entry *)a)->name,
	    ((const struct names_entry *)b)->name));
}

static int
compare_name(const void *name, const void *entry)
{
	return (strcmp(name, ((const struct names_entry *)entry)->name));
}

uint32_t
names_find(const struct names *n, const char *name)
{
	const struct names_entry	*found;

	if (n->count == 0)
		return (0);
	found = bsearch(name, n->entries, n->count, sizeof(*n->entries),
	    compare_name);
	return (found == NULL ? 0 : found->number);
}

bool
names_add(struct names *n, const char *const *list, size_t count)
{
	struct names_entry	*entries;
	size_t			 i, end = n->count;

	entries = reallocarray(n->entries, n->count + count + 1,
	    sizeof(*entries));
	if (entries == NULL)
		return (false);
	n->entries = entries;
	for (i = 0; i < count; i++) {
		if (names_find(n, list[i]) != 0)
			continue;
		entries[end].name = strdup(list[i]);
		if (entries[end].name == NULL) {
			while (end > n->count)
				free(entries[--end].name);
			return (false);
		}
		end++;
	}
	for (i = n->count; i < end; i++)
		entries[i].number = ++n->last;
	n->count = end;
	qsort(entries, end, sizeof(*entries), compare_entries);
	return (true);
}

void
names_free(struct names *n)
{
	size_t	 i;

	for (i = 0; i < n->count; i++)
		free(n->entries[i].name);
	free(n->entries);
	*n = (struct names){ 0 };
}

bool
names_restore(struct names *n, uint32_t number, const char *name)
{
	struct names_entry	*entries;

	/* Room for twice as many, each time that there is none. */
	if ((n->count & (n->count - 1)) == 0) {
		entries = reallocarray(n->entries, 2 * n->count + 1,
		    sizeof(*entries));
		if (entries == NULL)
			return (false);
		n->entries = entries;
	}
	n->entries[n->count].name = strdup(name);
	if (n->entries[n->count].name == NULL)
		return (false);
	n->entries[n->count++].number = number;
	if (number > n->last)
		n->last = number;
	return (true);
}

bool
names_restored(struct names *n)
{
	size_t	 i;

	if (n->count == 0)
		return (true);
	qsort(n->entries, n->count, sizeof(*n->entries), compare_entries);
	for (i = 1; i < n->count; i++)
		if (compare_entries(&n->entries[i - 1], &n->entries[i]) == 0)
			return (false);
	return (true);
}

void
names_each(const struct names *n, uint32_t after, names_take *take, void *arg)
{
	size_t	 i;

	if (after == n->last)
		return;
	for (i = 0; i < n->count; i++)
		if (n->entries[i].number > after)
			take(arg, n->entries[i].number, n->entries[i].name);
}
