/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way of the notifications out: from the outbox to the AgentX master, or
 * to the sinks of our own SNMP agent.
 */
#ifndef HBW_NOTIFY_H
#define HBW_NOTIFY_H

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <stdbool.h>
#include <stdint.h>

#include "agent.h"
#include "base/mono.h"

struct notify {
	struct agent	*agent;
	netsnmp_session	*master;	/* NULL: none, or not connected */
	bool		 standalone;	/* there is no master at all */
	unsigned	 session;	/* counts the connections */
	unsigned	 unanswered;
	bool		 slow;		/* the last answer took long */
	bool		 full;		/* the socket, until answered */
	bool		 refused;	/* or no memory: to be tried later */
	bool		 refusal_said;
	struct mono_time next;		/* when the pace allows another */
};

void	 notify_init(struct notify *, struct agent *, bool standalone);

/*
 * The session with the master of the moment, NULL when it ends.  What was sent
 * and not answered will be sent again.  May be told twice.
 */
void	 notify_connected(struct notify *, netsnmp_session *);

/*
 * Sends what waits in the outbox, as much as may be on its way at once and as
 * fast as receivers of traps can take it.  Never waits.
 */
void	 notify_flush(struct notify *, struct mono_time now);

/* When notify_flush may send more; MONO_NEVER when an answer comes first. */
struct mono_time notify_due(const struct notify *);

/*
 * The varbinds of a notification, from snmpTrapOID.0 on, in the order of the
 * MIB's OBJECTS.  The caller frees them with snmp_free_varbind; NULL when there
 * is no memory.
 */
netsnmp_variable_list *notify_varbinds(const struct agent *,
	    const struct notification *);

/* Is notify_retry() to be called within a second or so? */
bool	 notify_wants_tick(const struct notify *);
/* Sends again what the master refused. */
void	 notify_retry(struct notify *, struct mono_time now);

/*
 * The i-th of a notification's OBJECTS, by its name in HBWATCH-MIB; NULL after
 * the last.
 */
const char *notify_object_name(enum notification_event, size_t i);

#endif
