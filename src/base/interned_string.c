/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/interned_string.h"

struct text {
	struct text	*next;		/* in the same bucket */
	uint32_t	 references;
	uint32_t	 hash;
	char		 string[];
};

/* All strings of the process; no buckets as long as there are none. */
static struct {
	struct text	**buckets;
	size_t		  nbuckets;	/* a power of two */
	size_t		  count;
} texts;

static struct text **
bucket_of(uint32_t hash)
{
	return (&texts.buckets[hash & (texts.nbuckets - 1)]);
}

static void
link_text(struct text *t)
{
	struct text	**bucket = bucket_of(t->hash);

	t->next = *bucket;
	*bucket = t;
}

/* Without memory for more buckets the lists get longer, which is no error. */
static void
grow(void)
{
	struct text	**old = texts.buckets, **buckets, *t, *next;
	size_t		  i, nold = texts.nbuckets;
	size_t		  n = nold == 0 ? 64 : nold * 2;

	if (texts.count < nold)
		return;
	buckets = calloc(n, sizeof(*buckets));
	if (buckets == NULL)
		return;
	texts.buckets = buckets;
	texts.nbuckets = n;
	for (i = 0; i < nold; i++) {
		for (t = old[i]; t != NULL; t = next) {
			next = t->next;
			link_text(t);
		}
	}
	free(old);
}

static const char *
add(const char *string, uint32_t hash)
{
	struct text	*t;
	size_t		 size = strlen(string) + 1;

	grow();
	t = texts.buckets == NULL ? NULL : malloc(sizeof(*t) + size);
	if (t == NULL)
		return (NULL);
	t->references = 1;
	t->hash = hash;
	memcpy(t->string, string, size);
	link_text(t);
	texts.count++;
	return (t->string);
}

const char *
interned_string_share(const char *string)
{
	struct text	*t = NULL;
	uint32_t	 hash;

	if (string == NULL)
		return (NULL);
	hash = hash_string(string);
	if (texts.count > 0)
		t = *bucket_of(hash);
	for (; t != NULL; t = t->next) {
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
	if (--texts.count > 0)
		return;
	free(texts.buckets);
	texts.buckets = NULL;
	texts.nbuckets = 0;
}
