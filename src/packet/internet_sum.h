/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The internet checksum: RFC 1071.  The sum does not depend on the byte order
 * (section 2 (B)), so words are added as the host reads them; a number that is
 * not in the packet is added after htons().
 */
#ifndef HBW_INTERNET_SUM_H
#define HBW_INTERNET_SUM_H

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
	uint32_t	 word;
	uint16_t	 half = 0;

	for (; n >= sizeof(word); n -= sizeof(word)) {
		memcpy(&word, octets, sizeof(word));
		sum += word;
		octets += sizeof(word);
	}
	if (n >= sizeof(half)) {
		memcpy(&half, octets, sizeof(half));
		sum += half;
		octets += sizeof(half);
		half = 0;
	}
	if (n % 2 == 1) {
		memcpy(&half, octets, 1);
		sum += half;
	}
	return (sum);
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
