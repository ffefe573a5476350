/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sends the notifications of the outbox: to snmpd, which acknowledges them, or
 * in a standalone agent to its trap sinks, see sinks.h.
 */
#ifndef HBW_NOTIFY_H
#define HBW_NOTIFY_H

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <stdbool.h>
#include <stdint.h>

#include "agent.h"
#include "base/mono.h"
#include "pace.h"

struct notify {
	struct agent	*agent;
	netsnmp_session	*master;	/* NULL: not connected, or standalone */
	bool		 standalone;
	unsigned	 session;	/* counts connections and losses */
	unsigned	 unanswered;	/* sent in this session */
	bool		 slow;		/* the last answer took long */
	bool		 full;		/* the socket; until an answer */
	bool		 postponed;	/* by an error, until notify_retry() */
	bool		 rejection_logged;
	struct pace	 pace;
};

void	 notify_init(struct notify *, struct agent *, bool standalone);

/*
 * Sets the current session with the master, or NULL when it has ended.
 * Notifications without an answer will be sent again.  May be called twice for
 * one end.
 */
void	 notify_connected(struct notify *, netsnmp_session *);

/*
 * Sends notifications from the outbox at the pace of `rate`, as long as not too
 * many are unanswered.  Never waits.
 */
void	 notify_flush(struct notify *, struct mono_time now);
/* When notify_flush() can send more; MONO_NEVER: not before another event. */
struct mono_time notify_due(const struct notify *);

/* True when notify_retry() must be called within about a second. */
bool	 notify_needs_tick(const struct notify *);
/* Sends the notifications that were rejected or could not be sent. */
void	 notify_retry(struct notify *, struct mono_time now);

#endif
