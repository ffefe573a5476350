/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The numbers of watches in struct detect_source.
 */
#ifndef HBW_DETECT_COUNT_H
#define HBW_DETECT_COUNT_H

#include <stddef.h>

#include "detect/detect.h"

/*
 * Counts the watches of each source when a detector starts.  Afterwards the
 * detector changes the numbers with each first heartbeat, raise and clear.
 */
void	 detect_count_watches(const struct detect *, size_t nwatches);

#endif
