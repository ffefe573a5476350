/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net-snmp's log: its lines become lines of ours.
 */
#ifndef HBW_SNMP_LOG_H
#define HBW_SNMP_LOG_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Sees each line first: `text` has no newline, fits `size` bytes and may be
 * changed.  errno is as net-snmp left it.  True when the line needs no more.
 */
typedef bool snmp_log_filter(char *text, size_t size);

/*
 * net-snmp logs to us from here on.  A line that no filter takes goes to our
 * log, and a repetition of the line before is dropped.
 */
void	 snmp_log_init(void);
/* NULL: no filter.  There is one at a time. */
void	 snmp_log_set_filter(snmp_log_filter *);

#endif
