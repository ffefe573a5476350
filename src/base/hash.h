/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hashes for tables in memory.  They are not secure against chosen keys, so a
 * table that holds data from the network must bound its chains.  The constants
 * of FNV-1a, 32 bits, are from draft-eastlake-fnv-17, section 5.
 */
#ifndef HBW_HASH_H
#define HBW_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HASH_START	UINT32_C(2166136261)

/* Adds `length` bytes to a hash, which is HASH_START before the first byte. */
static inline uint32_t
hash_bytes(uint32_t hash, const void *bytes, size_t length)
{
	const unsigned char	*p = bytes;

	while (length-- > 0)
		hash = (hash ^ *p++) * UINT32_C(16777619);
	return (hash);
}

/* Adds 64 bits to a hash of 64 bits.  It needs less time than hash_bytes. */
static inline uint64_t
hash_word(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return (hash ^ hash >> 32);
}

/*
 * The same in fewer instructions, for all words before the last one, which
 * hash_word or hash_words adds.
 */
static inline uint64_t
hash_step(uint64_t hash, uint64_t word)
{
	return (((hash << 29 | hash >> 35) ^ word) *
	    UINT64_C(0x9e3779b97f4a7c15));
}

/*
 * Adds `length` bytes to such a hash.  Byte strings of different lengths may
 * have the same hash, so the caller adds the length too.
 */
static inline uint64_t
hash_words(uint64_t hash, const void *bytes, size_t length)
{
	const unsigned char	*p = bytes;
	const unsigned char	*end = p + length;
	uint64_t		 word = 0;

	if (length < sizeof(word)) {
		while (p < end)
			word = word << 8 | *p++;
		return (hash_word(hash, word));
	}
	for (; p + sizeof(word) < end; p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		hash = hash_step(hash, word);
	}
	/* The last word may overlap the one before. */
	memcpy(&word, end - sizeof(word), sizeof(word));
	return (hash_word(hash, word));
}

/* The hash of a string, without its NUL. */
static inline uint32_t
hash_string(const char *string)
{
	uint32_t	 hash = HASH_START;

	for (; *string != '\0'; string++)
		hash = (hash ^ (unsigned char)*string) * UINT32_C(16777619);
	return (hash);
}

#endif
