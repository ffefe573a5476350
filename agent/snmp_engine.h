/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * snmpEngineID and snmpEngineBoots of the standalone agent, in the file
 * STATE/snmp/hbwatch.conf.  snmpEngineBoots must count all starts, also those
 * after a crash, because receivers discard SNMPv3 messages with an older value
 * (RFC 3414, sections 2.2 and 2.3).
 *
 * The file has the form of net-snmp's persistent files, which version 0.2.0
 * used.  Only these two values of it are read.
 */
#ifndef HBW_SNMP_ENGINE_H
#define HBW_SNMP_ENGINE_H

/*
 * Gives net-snmp the stored values.  To be called before init_snmp().  Without
 * a valid file net-snmp chooses a new engine ID; an invalid one is logged.
 */
void	 snmp_engine_load(const char *state);
/*
 * Stores the values of this start on disk.  To be called after init_snmp() and
 * before the first message.  An error is logged.
 */
void	 snmp_engine_store(const char *state);

#endif
