/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/interned_string.h"

/*
 * A power of two, enough for the strings of 100,000 watches.  Buckets that are
 * not used need no memory, because the system allocates pages on first use.
 */
#define BUCKETS	65536

struct entry {
	struct entry	*next;		/* in the same bucket */
	uint32_t	 references;
	uint32_t	 hash;
	char		 string[];
};

/* All strings of the process. */
static struct entry	*buckets[BUCKETS];

static struct entry **
bucket_of(uint32_t hash)
{
	return (&buckets[hash & (BUCKETS - 1)]);
}

const char *
interned_string_share(const char *string)
{
	struct entry	*e, **bucket;
	uint32_t	 hash;
	size_t		 size;

	if (string == NULL)
		return (NULL);
	hash = hash_string(string);
	bucket = bucket_of(hash);
	for (e = *bucket; e != NULL; e = e->next) {
		if (e->hash != hash || strcmp(e->string, string) != 0)
			continue;
		e->references++;
		return (e->string);
	}
	size = strlen(string) + 1;
	e = malloc(sizeof(*e) + size);
	if (e == NULL)
		return (NULL);
	*e = (struct entry){ .next = *bucket, .references = 1, .hash = hash };
	memcpy(e->string, string, size);
	*bucket = e;
	return (e->string);
}

bool
interned_string_keep(const char **string)
{
	const char	*copy = interned_string_share(*string);
	bool		 done = copy != NULL || *string == NULL;

	*string = copy;
	return (done);
}

void
interned_string_release(const char *string)
{
	struct entry	*e, **link;

	if (string == NULL)
		return;
	e = (struct entry *)(uintptr_t)(string -
	    offsetof(struct entry, string));
	if (--e->references > 0)
		return;
	for (link = bucket_of(e->hash); *link != e; link = &(*link)->next)
		continue;
	*link = e->next;
	free(e);
}
