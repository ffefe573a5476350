/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/string_set.h"

bool
string_set_init(struct string_set *set, size_t count)
{
	set->mask = 15;
	while (set->mask < 2 * count)
		set->mask = 2 * set->mask + 1;
	set->table = calloc(set->mask + 1, sizeof(*set->table));
	return (set->table != NULL);
}

void
string_set_free(struct string_set *set)
{
	free(set->table);
}

size_t
string_set_add(struct string_set *set, size_t position)
{
	const char	*string = set->string(set->list, position);
	uint32_t	 hash = hash_string(string);
	size_t		 at = (hash ^ hash >> 15) & set->mask;

	for (; set->table[at] != 0; at = (at + 1) & set->mask)
		if (strcmp(set->string(set->list, set->table[at] - 1),
		    string) == 0)
			return (set->table[at] - 1);
	set->table[at] = (uint32_t)position + 1;
	return (STRING_SET_NEW);
}
