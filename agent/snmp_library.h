/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts and ends the library of net-snmp, and runs its sockets and timers in
 * our loop.  A subagent and a standalone agent use it in the same way.
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
/* From this call on net-snmp reads no configuration and keeps no state. */
void	 snmp_library_use_no_files(void);
/*
 * Sets up net-snmp's agent, with the role that its options have (subagent or
 * master), and registers HBWATCH-MIB in it.  False on error, which is logged.
 */
bool	 snmp_library_start_agent(struct agent *);
/* Ends all sessions, and the use of the library. */
void	 snmp_library_end(void);

/*
 * The place in the manual that explains an error (errno) of an address, in
 * parentheses; or "".  A constant text.
 */
const char *snmp_library_hint(int error);

/*
 * While this is on, a connect() of the library ends after half a second.
 * Otherwise connect() waits as long as the backlog of a hung snmpd is full.
 */
void	 snmp_library_limit_connect(bool on);

/* A descriptor set for poll(2), rebuilt on each turn; `fds` is owned. */
struct snmp_poll {
	struct pollfd	*fds;
	size_t		 count;
	size_t		 capacity;
};

/*
 * Appends net-snmp's descriptors to the set, and sets *due to the latest time
 * for the call of snmp_library_work().  False when memory is exhausted.
 */
bool	 snmp_library_poll(struct snmp_poll *, struct mono_time now,
	    struct mono_time *due);
/*
 * Reads from the descriptors that are ready, in the entries from `first` on,
 * and runs timers that are due: timeouts, pings and attempts to connect.  If
 * reading makes others ready, it looks again and updates their `revents`.
 */
void	 snmp_library_work(struct snmp_poll *, size_t first);

/*
 * Makes a read of an empty pipe of the library fail, from the start of the
 * agent on.  Otherwise it waits, if snmp_library_empty_pipes was called since
 * the pipe was ready.
 */
void	 snmp_library_unblock_pipes(void);
/*
 * Reads from the descriptors of net-snmp, except this one, until none is ready.
 * It may be called while that one is read.
 */
void	 snmp_library_empty_pipes(int except);

#endif
