/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system group of SNMPv2-MIB (RFC 3418), by which managers discover an
 * agent: sysDescr, sysObjectID, sysUpTime, sysContact, sysName, sysLocation and
 * sysServices.  A subagent does not need it, because snmpd has it.
 */
#ifndef HBW_SYSTEM_GROUP_H
#define HBW_SYSTEM_GROUP_H

/*
 * Registers the group in net-snmp, after init_agent(), with values for this
 * program.  The directives of snmpd.conf(5) with these names override them, if
 * netsnmp_config() gets them later.
 */
void	 system_group_register(void);

#endif
