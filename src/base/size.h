/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sizes of memory and files, as in the configuration.
 */
#ifndef HBW_SIZE_H
#define HBW_SIZE_H

#include <stdbool.h>
#include <stdint.h>

#define SIZE_MIN_OCTETS	(UINT64_C(64) << 10)
#define SIZE_MAX_OCTETS	(UINT64_C(64) << 30)

/*
 * Reads a whole number and kB, MB or GB, which are 1024, 1024² and 1024³
 * octets, from 64kB to 64GB; or 0 without a unit.  False for any other text,
 * and then *octets is unchanged.
 */
bool	 size_parse(const char *text, uint64_t *octets);

#endif
