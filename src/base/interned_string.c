/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/interned_string.h"

/*
 * A power of two.  Enough for the strings of 100,000 watches; the system gives
 * memory only to those buckets that are used.
 */
#define BUCKETS	65536

struct text {
	struct text	*next;		/* in the same bucket */
	uint32_t	 references;
	uint32_t	 hash;
	char		 string[];
};

/* All strings of the process. */
static struct text	*buckets[BUCKETS];

static struct text **
bucket_of(uint32_t hash)
{
	return (&buckets[hash & (BUCKETS - 1)]);
}

static const char *
add(const char *string, uint32_t hash)
{
	size_t		  size = strlen(string) + 1;
	struct text	**bucket = bucket_of(hash);
	struct text	 *t = malloc(sizeof(*t) + size);

	if (t == NULL)
		return (NULL);
	t->next = *bucket;
	t->references = 1;
	t->hash = hash;
	memcpy(t->string, string, size);
	*bucket = t;
	return (t->string);
}

const char *
interned_string_share(const char *string)
{
	struct text	*t;
	uint32_t	 hash;

	if (string == NULL)
		return (NULL);
	hash = hash_string(string);
	for (t = *bucket_of(hash); t != NULL; t = t->next) {
		if (t->hash != hash || strcmp(t->string, string) != 0)
			continue;
		t->references++;
		return (t->string);
	}
	return (add(string, hash));
}

void
interned_string_release(const char *string)
{
	struct text	*t, **at;

	if (string == NULL)
		return;
	t = (struct text *)(uintptr_t)(string - offsetof(struct text, string));
	if (--t->references > 0)
		return;
	for (at = bucket_of(t->hash); *at != t; at = &(*at)->next)
		continue;
	*at = t->next;
	free(t);
}
