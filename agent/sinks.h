/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trap sinks of the standalone agent, each with a process of its own.  Each
 * sink gets the notifications of the outbox in order.  A notification is
 * delivered when every sink has delivered it.
 */
#ifndef HBW_SINKS_H
#define HBW_SINKS_H

#include <stdbool.h>

#include "agent.h"
#include "base/mono.h"
#include "snmp_library.h"

/*
 * Adds the sink that this directive defines, see sink_is().  `community` is
 * used if the directive has none; it can be NULL.  Both are copied.
 */
void	 sinks_add(const struct configuration_directive *,
	    const char *community);

/*
 * Also sends the traps of net-snmp itself to the sinks, each only once.  To be
 * called after init_agent().
 */
void	 sinks_forward_traps(void);

/*
 * Starts processes that are missing, and sends them notifications of the outbox
 * at the pace of `rate`.  Never waits.
 */
void	 sinks_flush(struct agent *, struct mono_time now);
/* When sinks_flush() can do more; MONO_NEVER: not before another event. */
struct mono_time sinks_due(const struct agent *);

/* Appends the sockets of the processes to the set; false: no memory. */
bool	 sinks_poll(struct snmp_poll *);
/* Reads the answers of the processes, after poll() of that set. */
void	 sinks_work(const struct snmp_poll *);

/* Ends the processes and removes all sinks. */
void	 sinks_end(void);

#endif
