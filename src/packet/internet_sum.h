/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The internet checksum: RFC 1071.  The sum does not depend on the byte order
 * (section 2 (B)), so words are added as the host reads them; a number that is
 * not in the packet is added after htons().
 */
#ifndef HBW_INTERNET_SUM_H
#define HBW_INTERNET_SUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Adds `n` octets, at most 65536, to a sum.  An odd number is padded with zero,
 * so only the last octets of a sum can be odd.
 */
static inline uint64_t
internet_sum_add(uint64_t sum, const uint8_t *octets, size_t n)
{
	uint64_t	 words;
	uint32_t	 word;
	uint16_t	 half;
	uint8_t		 last[2] = { 0 };

	for (; n >= sizeof(words); n -= sizeof(words)) {
		memcpy(&words, octets, sizeof(words));
		sum += (words >> 32) + (uint32_t)words;
		octets += sizeof(words);
	}
	if ((n & 4) != 0) {
		memcpy(&word, octets, sizeof(word));
		sum += word;
		octets += sizeof(word);
	}
	if ((n & 2) != 0) {
		memcpy(&half, octets, sizeof(half));
		sum += half;
		octets += sizeof(half);
	}
	if ((n & 1) != 0) {
		last[0] = *octets;
		memcpy(&half, last, sizeof(half));
		sum += half;
	}
	return (sum);
}

/*
 * True for the sum of octets with a valid checksum, which is 65535 in 16 bits.
 * Because 65536 is 1 modulo 65535, the sum then is a multiple of that.
 */
static inline bool
internet_sum_is_valid(uint64_t sum)
{
	return (sum % UINT16_MAX == 0 && sum != 0);
}

/* The sum in 16 bits.  It is 0 only if all octets are 0. */
static inline uint16_t
internet_sum_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ((uint16_t)sum);
}

#endif
