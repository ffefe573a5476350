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
