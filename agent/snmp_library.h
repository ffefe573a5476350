/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net-snmp's library in our process: its set-up, its descriptors and alarms in
 * our loop, its end.  The same for a subagent and a standalone agent.
 */
#ifndef HBW_SNMP_LIBRARY_H
#define HBW_SNMP_LIBRARY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "agent.h"
#include "base/mono.h"

/* The application's name in net-snmp's files. */
#define SNMP_APPLICATION	"hbwatch"

/* To be called before any other use of net-snmp. */
void	 snmp_library_init(void);
/* After this net-snmp reads no configuration and keeps no state. */
void	 snmp_library_use_no_files(void);
/*
 * Sets up net-snmp's agent in the role that was chosen, and registers
 * HBWATCH-MIB in it.  False on error, which is logged.
 */
bool	 snmp_library_start_agent(struct agent *);
void	 snmp_library_end(void);

/*
 * While on, a connect() of the library ends after half a second.  Without that
 * it waits for as long as a hung master has a full backlog.
 */
void	 snmp_library_limit_connect(bool on);

/* A descriptor set for poll(2), rebuilt on each turn; `fds` is owned. */
struct snmp_poll {
	struct pollfd	*fds;
	size_t		 count;
	size_t		 capacity;
};

/*
 * Appends net-snmp's descriptors to the set, and sets *due to when
 * snmp_library_work must be called at the latest.  False when memory is
 * exhausted.
 */
bool	 snmp_library_poll(struct snmp_poll *, struct mono_time now,
	    struct mono_time *due);
/*
 * Reads where poll(2) found something, in the entries from `first` on, and does
 * what is due: timeouts, pings and attempts to connect.
 */
void	 snmp_library_work(const struct snmp_poll *, size_t first);

#endif
