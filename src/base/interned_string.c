/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/interned_string.h"

struct text {
	struct text	*next;		/* of the same bucket */
	uint32_t	 references;
	uint32_t	 hash;
	char		 octets[];
};

/* All texts of the process.  Bucket for bucket a list; none when empty. */
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

/* Without memory for more buckets the lists get longer; that is no error. */
static void
grow(void)
{
	struct text	**old = texts.buckets, *t, *next;
	size_t		  i, nold = texts.nbuckets;
	size_t		  n = nold == 0 ? 64 : nold * 2;

	if (texts.count < nold)
		return;
	texts.buckets = calloc(n, sizeof(*texts.buckets));
	if (texts.buckets == NULL) {
		texts.buckets = old;
		return;
	}
	texts.nbuckets = n;
	for (i = 0; i < nold; i++) {
		for (t = old[i]; t != NULL; t = next) {
			next = t->next;
			t->next = *bucket_of(t->hash);
			*bucket_of(t->hash) = t;
		}
	}
	free(old);
}

static const char *
add(const char *text, uint32_t hash)
{
	struct text	*t;
	size_t		 size = strlen(text) + 1;

	grow();
	t = texts.buckets == NULL ? NULL :
	    malloc(offsetof(struct text, octets) + size);
	if (t == NULL)
		return (NULL);
	t->references = 1;
	t->hash = hash;
	memcpy(t->octets, text, size);
	t->next = *bucket_of(hash);
	*bucket_of(hash) = t;
	texts.count++;
	return (t->octets);
}

const char *
interned_string_share(const char *text)
{
	struct text	*t = NULL;
	uint32_t	 hash;

	if (text == NULL)
		return (NULL);
	hash = hash_string(text);
	if (texts.count > 0)
		t = *bucket_of(hash);
	for (; t != NULL; t = t->next) {
		if (t->hash != hash || strcmp(t->octets, text) != 0)
			continue;
		t->references++;
		return (t->octets);
	}
	return (add(text, hash));
}

void
interned_string_release(const char *text)
{
	struct text	*t, **at;

	if (text == NULL)
		return;
	t = (struct text *)(uintptr_t)(text - offsetof(struct text, octets));
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
