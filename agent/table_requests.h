/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The requests of net-snmp for all tables.
 */
#ifndef HBW_TABLE_REQUESTS_H
#define HBW_TABLE_REQUESTS_H

#include <stdbool.h>

struct agent;

/*
 * Registers the handler of all tables in net-snmp; `agent` must outlive it.
 * False when net-snmp reports an error.
 */
bool	 table_register(struct agent *);

#endif
