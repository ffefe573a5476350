/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hbwatchd as an AgentX subagent (RFC 2741) of a master, which is snmpd: the
 * connection, the registration of HBWATCH-MIB, and both again after a loss.
 */
#ifndef HBW_SUBAGENT_H
#define HBW_SUBAGENT_H

#include <stdbool.h>

#include "agent.h"
#include "base/mono.h"
#include "base/wall.h"
#include "notify.h"

/*
 * Connects to the master at `address`, written as snmpd's option -x takes it
 * (NULL: net-snmp's default).  Without a master, the loop continues to try.
 * May block for some seconds.  False on error, which is logged.  `agent` and
 * `notify` must exist until snmp_library_end().
 */
bool	 subagent_start(struct agent *, struct notify *, const char *address);

/*
 * To be called after each snmp_library_work().  Does nothing without
 * subagent_start().
 */
void	 subagent_work(struct mono_time now);
/*
 * True while a master is connected.  Sets its address, and the time of the last
 * connection or loss, or of the start.  Only after subagent_start().
 */
bool	 subagent_connected(const char **address, struct wall_time *since);
/* True when subagent_work() must be called within about a second. */
bool	 subagent_needs_tick(void);

#endif
