/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trap sinks of the standalone agent, each with a process of its own.  They
 * get the notifications of the outbox in order; one is delivered when each sink
 * has delivered it.
 */
#ifndef HBW_SINKS_H
#define HBW_SINKS_H

#include <stdbool.h>

#include "agent.h"
#include "base/mono.h"
#include "snmp_library.h"

/*
 * Adds the sink of this directive, see sink_is().  `community` is the default,
 * or NULL.  Both are copied.
 */
void	 sinks_add(const struct configuration_directive *,
	    const char *community);

/*
 * Also sends the traps of net-snmp itself to the sinks, each only once.  To be
 * called after init_agent().
 */
void	 sinks_forward_traps(void);

/* Starts processes, and sends to them what the pace allows.  Never waits. */
void	 sinks_flush(struct agent *, struct mono_time now);
/* When sinks_flush() can do more; MONO_NEVER: after the next event. */
struct mono_time sinks_due(const struct agent *);

/* Appends the sockets of the processes to the set; false: no memory. */
bool	 sinks_poll(struct snmp_poll *);
/* Reads from the sockets that are ready, in a set of sinks_poll(). */
void	 sinks_work(const struct snmp_poll *);

/* Ends the processes. */
void	 sinks_end(void);

#endif
