/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SET requests.  Four columns of hbwAlarmTable are writable: one request
 * acknowledges, shelves or unshelves any number of alarms, all or none.
 *
 * The order of the variables does not matter.  The error status is the one of
 * RFC 3416, section 4.2.5.
 */
#ifndef HBW_TABLE_SET_H
#define HBW_TABLE_SET_H

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <stdbool.h>

#include "agent.h"
#include "table.h"

/*
 * Does one phase of a SET, info->mode, for all requests of the list, and sets
 * their errors.
 */
void	 table_set(struct agent *, netsnmp_agent_request_info *info,
	    netsnmp_request_info *);

bool	 table_set_is_writable(const struct table *, oid column);

#endif
