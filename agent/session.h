/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net-snmp's life in our loop: as a subagent of a master, or as an SNMP agent
 * of its own.
 */
#ifndef HBW_SESSION_H
#define HBW_SESSION_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "agent.h"
#include "base/mono.h"

struct session_options {
	const char	*master;	/* as snmpd's -x; NULL: default */
	const char	*listen;	/* not NULL: no master, answer there */
	const char	*state;		/* directory for engineBoots */
	const char	*file;		/* the configuration, for messages */
};

enum session_result {
	SESSION_FINE,
	SESSION_FAILED,		/* logged: the address cannot be had, … */
	SESSION_MISCONFIGURED,	/* said: a directive of `snmp` is wrong */
};

/*
 * Sets net-snmp up.  A master that is not there yet is waited for in the loop.
 * May block for some seconds.
 */
enum session_result session_init(struct agent *,
	    const struct session_options *);
void	 session_end(void);

/*
 * Judges the directives of `snmp`; errors are written to stderr as the
 * configuration's are.  It is the only thing that this process then does with
 * net-snmp.
 */
bool	 session_check(const struct configuration *);

/* A descriptor set for poll, rebuilt on each pass. */
struct session_poll {
	struct pollfd	*fds;
	size_t		 count;
	size_t		 capacity;
};

/*
 * Appends net-snmp's descriptors to the set, and says by when it wants to be
 * called at the latest.
 */
bool	 session_poll(struct session_poll *, struct mono_time now,
	    struct mono_time *due);
/* Takes what poll found, in the entries from `first` on; runs what is due. */
void	 session_work(const struct session_poll *, size_t first);
/*
 * What has to be tried again; and when that is, if it was at `ticked`.
 */
struct mono_time session_tick_due(struct mono_time ticked);
void	 session_tick(struct mono_time now);

#endif
