/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes the log lines of net-snmp to our log.
 */
#ifndef HBW_SNMP_LOG_H
#define HBW_SNMP_LOG_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Gets each line before it is logged.  `text` has no newline, is in a buffer of
 * `size` bytes and may be changed.  errno is as net-snmp left it.  True: the
 * line is not logged.
 */
typedef bool snmp_log_filter(char *text, size_t size);

/*
 * From this call on the lines of net-snmp are written to our log.  A line that
 * is equal to the previous one is not written again.
 */
void	 snmp_log_init(void);
/* Sets the only filter; NULL: none. */
void	 snmp_log_set_filter(snmp_log_filter *);

#endif
