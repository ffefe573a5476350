/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The last notifications, at an orderly stop of hbwatchd.
 */
#ifndef HBW_NOTIFY_END_H
#define HBW_NOTIFY_END_H

#include "notify.h"
#include "snmp_library.h"

/*
 * Queues hbwWatcherStopped, and waits until all notifications are delivered, at
 * most about two seconds, and not while there is no connection to snmpd: those
 * that remain are sent after the next start.  Then writes the whole state.
 */
void	 notify_end(struct notify *, struct snmp_poll *);

#endif
