/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A transport of net-snmp to a unix socket that this user may not open: a
 * process that is still root connects to it (connector.h).
 */
#ifndef HBW_UNIX_TRANSPORT_H
#define HBW_UNIX_TRANSPORT_H

#include <stdbool.h>

/*
 * Starts that process for an AgentX address in the form of snmpd's option -x;
 * NULL is net-snmp's default.  Does nothing if the address is no unix socket.
 * To be called before root's privileges are dropped.  An error is logged.
 */
void	 unix_transport_start(const char *address);
/*
 * The address for net-snmp in place of the given one, after the start of the
 * library.  It is the same one without the process.
 */
const char *unix_transport_address(const char *address);

#endif
