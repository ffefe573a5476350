/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A session with net-snmp's agent within the process of a test, which defines
 * AGENT, the agent whose tables are registered.
 */
#ifndef HBW_TEST_SNMP_CLIENT_H
#define HBW_TEST_SNMP_CLIENT_H

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/agent/agent_callbacks.h>
#include <net-snmp/library/snmpCallbackDomain.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "table.h"
#include "table_requests.h"

/* ---- names as text, below hbwatchMIB */

static inline size_t
parse_name(const char *text, oid *name)
{
	size_t	 n = 0;
	char	*rest;

	while (*text != '\0') {
		name[n++] = strtoul(text, &rest, 10);
		text = *rest == '.' ? rest + 1 : rest;
	}
	return (n);
}

/* ---- the session */

/* Functions of net-snmp's agent that no installed header declares. */
extern int	 callback_master_num;

static netsnmp_session	*client;

/* net-snmp 5.9.3 leaks an empty text for each session within a process. */
const char	*__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return ("leak:snmp_sess_add_ex\n");
}

/* Access control is not tested here. */
static inline int
allow(int major, int minor, void *parameters, void *arg)
{
	struct view_parameters	*p = parameters;

	(void)major;
	(void)minor;
	(void)arg;
	p->errorcode = VACM_SUCCESS;
	return (0);
}

static inline int
open_agent(void **state)
{
	(void)state;
	setenv("TZ", "UTC0", 1);
	tzset();
	setenv("MIBS", "", 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID,
	    NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID,
	    NETSNMP_DS_LIB_DISABLE_PERSISTENT_LOAD, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID,
	    NETSNMP_DS_LIB_DISABLE_PERSISTENT_SAVE, 1);
	netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID,
	    NETSNMP_DS_AGENT_PORTS, "none");
	snmp_disable_stderrlog();
	netsnmp_register_callback(SNMP_CALLBACK_APPLICATION,
	    SNMPD_CALLBACK_ACM_CHECK, allow, NULL,
	    NETSNMP_CALLBACK_LOWEST_PRIORITY);
	netsnmp_register_callback(SNMP_CALLBACK_APPLICATION,
	    SNMPD_CALLBACK_ACM_CHECK_INITIAL, allow, NULL,
	    NETSNMP_CALLBACK_LOWEST_PRIORITY);
	if (init_agent("hbwatch-test") != 0 || !table_register(AGENT))
		return (-1);
	init_snmp("hbwatch-test");
	if (init_master_agent() != 0)
		return (-1);
	client = netsnmp_callback_open(callback_master_num, NULL, NULL, NULL);
	if (client == NULL)
		return (-1);
	client->version = SNMP_VERSION_2c;
	client->community = (u_char *)strdup("public");
	client->community_len = strlen("public");
	return (0);
}

static inline int
close_agent(void **state)
{
	(void)state;
	snmp_close(client);
	snmp_shutdown("hbwatch-test");
	shutdown_agent();
	return (0);
}

static inline size_t
whole(const char *text, oid *name)
{
	memcpy(name, table_root, table_root_length * sizeof(oid));
	return (table_root_length +
	    parse_name(text, name + table_root_length));
}

#endif
