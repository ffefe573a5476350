/* SPDX-License-Identifier: BSD-2-Clause */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>

#include "table.h"
#include "table_requests.h"
#include "table_set.h"

static void
answer(const struct agent *agent, netsnmp_request_info *request,
    const struct instance *instance, bool next)
{
	oid		 name[MAX_OID_LEN];
	struct value	 value;

	if (next)
		snmp_set_var_objid(request->requestvb, name,
		    table_name(agent, instance, name));
	table_value(agent, instance, &value);
	snmp_set_var_typed_value(request->requestvb, instance->column->type,
	    value.octets, value.length);
}

static void
get(const struct agent *agent, netsnmp_agent_request_info *info,
    netsnmp_request_info *request)
{
	const netsnmp_variable_list	*vb = request->requestvb;
	struct instance			 instance;
	enum table_answer		 result;

	result = table_find(agent, vb->name + table_root_length,
	    vb->name_length - table_root_length, &instance);
	if (result == TABLE_FOUND)
		answer(agent, request, &instance, false);
	else
		netsnmp_set_request_error(info, request,
		    result == TABLE_NO_INSTANCE ? SNMP_NOSUCHINSTANCE :
		    SNMP_NOSUCHOBJECT);
}

/* Without an answer net-snmp continues with the next subtree. */
static void
get_next(const struct agent *agent, netsnmp_request_info *request)
{
	const netsnmp_variable_list	*vb = request->requestvb;
	struct instance			 instance;
	size_t				 n = 0;

	/* A name that is not in our subtree selects our first instance. */
	if (vb->name_length > table_root_length &&
	    netsnmp_oid_equals(vb->name, table_root_length, table_root,
	    table_root_length) == 0)
		n = vb->name_length - table_root_length;
	if (table_find_next(agent, vb->name + vb->name_length - n, n,
	    &instance) == TABLE_FOUND)
		answer(agent, request, &instance, true);
}

static int
handle(netsnmp_mib_handler *handler, netsnmp_handler_registration *reg,
    netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
	struct agent		*agent = reg->my_reg_void;
	netsnmp_request_info	*request;

	(void)handler;
	if (info->mode != MODE_GET && info->mode != MODE_GETNEXT) {
		table_set(agent, info, requests);
		return (SNMP_ERR_NOERROR);
	}
	for (request = requests; request != NULL; request = request->next) {
		if (request->processed != 0)
			continue;
		if (info->mode == MODE_GET)
			get(agent, info, request);
		else if (info->mode == MODE_GETNEXT)
			get_next(agent, request);
	}
	return (SNMP_ERR_NOERROR);
}

bool
table_register(struct agent *agent)
{
	netsnmp_handler_registration	*reg;

	reg = netsnmp_create_handler_registration("hbwatch", handle,
	    table_root, table_root_length, HANDLER_CAN_RWRITE);
	if (reg == NULL)
		return (false);
	reg->my_reg_void = agent;
	return (netsnmp_register_handler(reg) == MIB_REGISTERED_OK);
}
