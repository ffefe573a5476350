/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sends the notifications of the outbox: to snmpd, which acknowledges them, or
 * in a standalone agent to its trap sinks.
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
	netsnmp_session	*master;	/* NULL: not connected, or standalone */
	bool		 standalone;
	unsigned	 session;	/* counts the connections */
	unsigned	 unanswered;	/* sent in this session */
	bool		 slow;		/* the last answer took long */
	bool		 full;		/* the socket, until an answer comes */
	bool		 postponed;	/* rejected, or memory is exhausted */
	bool		 rejection_logged;
	struct mono_time next;		/* when the pace allows another */
};

void	 notify_init(struct notify *, struct agent *, bool standalone);

/*
 * The current session with the master, NULL when it ends.  Notifications
 * without an answer are sent again.  May be called twice for one end.
 */
void	 notify_connected(struct notify *, netsnmp_session *);

/*
 * Sends notifications, as many as may be unanswered at once and as fast as trap
 * receivers can take them.  Never waits.
 */
void	 notify_flush(struct notify *, struct mono_time now);
/* When notify_flush() may send more; MONO_NEVER: not before an answer. */
struct mono_time notify_due(const struct notify *);

/* Is notify_retry() to be called within a second or so? */
bool	 notify_wants_tick(const struct notify *);
/* Sends again what was rejected or could not be sent. */
void	 notify_retry(struct notify *, struct mono_time now);

/*
 * The varbinds of a notification: snmpTrapOID.0, and the OBJECTS of the MIB in
 * their order.  The caller frees them with snmp_free_varbind(); NULL when
 * memory is exhausted.
 */
netsnmp_variable_list *notify_varbinds(const struct agent *,
	    const struct notification *);

/* The i-th of its OBJECTS by its name in HBWATCH-MIB; NULL after the last. */
const char *notify_object_name(enum notification_event, size_t i);

#endif
