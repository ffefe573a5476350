/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The objects of each notification, with values from the getters of the tables.
 */
#ifndef HBW_VARBINDS_H
#define HBW_VARBINDS_H

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <stddef.h>

#include "agent.h"

/*
 * The varbinds of a notification: snmpTrapOID.0, and the OBJECTS of the MIB in
 * their order.  The caller frees them with snmp_free_varbind(); NULL when
 * memory is exhausted.
 */
netsnmp_variable_list *varbinds_new(const struct agent *,
	    const struct notification *);

/* The name in HBWATCH-MIB of object i of an event; NULL after the last. */
const char *varbinds_object_name(enum notification_event, size_t i);

#endif
