/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HBW_EPOCH_H
#define HBW_EPOCH_H

#include <stdint.h>

/*
 * The number of this start in a state directory, which is made if it is not
 * there: one more than the last, kept in its file `epoch`.  Alarms, indexes and
 * notifications live in memory only, so a start is a loss of them, and that is
 * what hbwNotificationEpoch tells.  Where it cannot be kept, a line says so and
 * the epoch is 1.
 */
uint32_t epoch_next(const char *directory);

#endif
