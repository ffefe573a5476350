/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reference for hbwWatchTable: an AgentX subagent whose table has the same
 * number of rows, and columns with the same types and lengths, but only
 * constant values.  It has a raw handler, and computes the next name.
 *
 *	constants SOCKET ROWS
 */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* netSnmpPlaypen.45641.1.COLUMN.ROW */
static oid		 root[] = { 1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 45641,
			    1 };
#define ROOT		(sizeof(root) / sizeof(root[0]))
#define FIRST_COLUMN	2

static const long		 number = 30000;
static const struct counter64	 counter = { 0, 123456 };

#define TEXT(type, text)	{ type, text, sizeof(text) - 1 }
#define NUMBER(type)		{ type, &number, sizeof(number) }

/* The same columns as in agent/watch_table.c. */
static const struct {
	u_char		 type;
	const void	*value;
	size_t		 length;
} columns[] = {
	TEXT(ASN_OCTET_STR, "w12345"),
	TEXT(ASN_OCTET_STR, "hb0"),
	TEXT(ASN_OCTET_STR, "udp 20053"),
	NUMBER(ASN_INTEGER),
	TEXT(ASN_OCTET_STR, "\012\0\001\002"),
	NUMBER(ASN_INTEGER),
	TEXT(ASN_OCTET_STR, ""),
	NUMBER(ASN_UNSIGNED),
	NUMBER(ASN_UNSIGNED),
	NUMBER(ASN_INTEGER),
	TEXT(ASN_OCTET_STR, "\007\352\013\026\014\036\036\005+\0\0"),
	NUMBER(ASN_GAUGE),
	{ ASN_COUNTER64, &counter, sizeof(counter) },
	NUMBER(ASN_GAUGE),
	NUMBER(ASN_GAUGE),
	NUMBER(ASN_GAUGE),
	NUMBER(ASN_COUNTER),
};
#define LAST_COLUMN	(FIRST_COLUMN - 1 + \
			    sizeof(columns) / sizeof(columns[0]))

static oid			 rows;
static volatile sig_atomic_t	 stop;

static void
on_signal(int signal_number)
{
	(void)signal_number;
	stop = 1;
}

/* The instance that the name is; false if there is none. */
static int
same_instance(const netsnmp_variable_list *vb, oid *column, oid *row)
{
	if (vb->name_length != ROOT + 2)
		return (0);
	*column = vb->name[ROOT];
	*row = vb->name[ROOT + 1];
	return (*column >= FIRST_COLUMN && *column <= LAST_COLUMN &&
	    *row >= 1 && *row <= rows);
}

/* The instance that follows a name; false at the end. */
static int
next_instance(const netsnmp_variable_list *vb, oid *column, oid *row)
{
	*column = FIRST_COLUMN;
	*row = 1;
	if (vb->name_length <= ROOT ||
	    snmp_oid_compare(vb->name, ROOT, root, ROOT) != 0)
		return (1);
	if (vb->name[ROOT] >= FIRST_COLUMN) {
		*column = vb->name[ROOT];
		if (vb->name_length > ROOT + 1)
			*row = vb->name[ROOT + 1] + 1;
	}
	if (*row > rows) {
		*column += 1;
		*row = 1;
	}
	return (*column <= LAST_COLUMN);
}

static void
answer(netsnmp_request_info *request, int mode)
{
	oid	 name[ROOT + 2], column, row;

	if (mode == MODE_GETNEXT ?
	    !next_instance(request->requestvb, &column, &row) :
	    !same_instance(request->requestvb, &column, &row))
		return;
	memcpy(name, root, sizeof(root));
	name[ROOT] = column;
	name[ROOT + 1] = row;
	column -= FIRST_COLUMN;
	snmp_set_var_objid(request->requestvb, name, ROOT + 2);
	snmp_set_var_typed_value(request->requestvb, columns[column].type,
	    columns[column].value, columns[column].length);
}

static int
handle(netsnmp_mib_handler *handler, netsnmp_handler_registration *reg,
    netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
	netsnmp_request_info	*request;

	(void)handler;
	(void)reg;
	if (info->mode != MODE_GETNEXT && info->mode != MODE_GET)
		return (SNMP_ERR_NOERROR);
	for (request = requests; request != NULL; request = request->next)
		if (request->processed == 0)
			answer(request, info->mode);
	return (SNMP_ERR_NOERROR);
}

int
main(int argc, char **argv)
{
	struct sigaction	 action = { .sa_handler = on_signal };

	if (argc != 3) {
		fprintf(stderr, "usage: constants SOCKET ROWS\n");
		return (2);
	}
	rows = strtoul(argv[2], NULL, 10);
	sigaction(SIGTERM, &action, NULL);
	snmp_enable_stderrlog();
	netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID,
	    NETSNMP_DS_AGENT_ROLE, 1);
	netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID,
	    NETSNMP_DS_AGENT_X_SOCKET, argv[1]);
	if (init_agent("constants") != 0 ||
	    netsnmp_register_handler(netsnmp_create_handler_registration(
	    "constants", handle, root, ROOT, HANDLER_CAN_RONLY)) !=
	    MIB_REGISTERED_OK)
		return (1);
	init_snmp("constants");
	while (!stop)
		agent_check_and_process(1);
	snmp_shutdown("constants");
	return (0);
}
