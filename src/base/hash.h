/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FNV-1a, 32 bits: a hash for tables in memory.  It is not secure against
 * chosen keys, so a table that holds data from the network must bound its
 * chains.  The constants are from draft-eastlake-fnv-17, section 5.
 */
#ifndef HBW_HASH_H
#define HBW_HASH_H

#include <stddef.h>
#include <stdint.h>

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
