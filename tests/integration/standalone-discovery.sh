#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a manager that discovers hbwatchd, first as standalone agent (-L),
#          then behind snmpd.
# Checks:  a standalone agent answers the system group; directives set its
#          values, and no SET does.  Behind snmpd the group is snmpd's own.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin

# system_object NAME: its value
system_object() {
	client snmpget -OnQUv "$AGENT" "SNMPv2-MIB::$1.0" 2>&1
}

# with_directives DIRECTIVE...: writes a configuration with these
with_directives() {
	{
		echo "snmp = { \"rwcommunity public 127.0.0.1\" }"
		[ $# -eq 0 ] || printf 'snmp += { "%s" }\n' "$@"
		watch_section flinkserver 20053 1s
	} | configure
}

own_identity=.$(snmptranslate -On HBWATCH-MIB::hbwStandaloneAgent |
	sed 's/^\.//')
with_directives
start_hbwatchd -L "udp:$AGENT"
is "sysObjectID is in HBWATCH-MIB" \
	"$(system_object sysObjectID)" "$own_identity"
like "sysDescr names the program and the system" \
	"$(system_object sysDescr)" "^hbwatchd [0-9.]* on Linux "
is "sysName is the name of the host" "$(system_object sysName)" "$(uname -n)"
is "sysContact is empty" "$(system_object sysContact)" '""'
is "sysLocation is empty" "$(system_object sysLocation)" '""'
is "sysServices is that of applications" "$(system_object sysServices)" 64
like "sysUpTime counts" "$(client snmpget -Ovt "$AGENT" \
	SNMPv2-MIB::sysUpTime.0)" "^[1-9][0-9]*$"
check "sysUpTime begins with the agent" test \
	"$(client snmpget -Ovt "$AGENT" SNMPv2-MIB::sysUpTime.0)" -lt 6000
is "a walk of the group has all objects in order" \
	"$(client snmpwalk -OQUs "$AGENT" SNMPv2-MIB::system | cut -d. -f1 |
		xargs)" \
	"sysDescr sysObjectID sysUpTime sysContact sysName sysLocation sysServices"
for object in sysContact sysName sysLocation; do
	like "SET of $object is rejected" "$(client snmpset "$AGENT" \
		"SNMPv2-MIB::$object.0" s x 2>&1)" "notWritable"
done
like "a GETNEXT before the subtree returns the group" \
	"$(client snmpgetnext -OQUs "$AGENT" .1.3)" "^sysDescr"
has_sanitizers || is "the agent has its filter of system calls" \
	"$(awk '$1 == "Seccomp:" { print $2 }' \
		"/proc/${PID[hbwatchd]}/status")" 2
stop hbwatchd

with_directives "sysName watcher.example.net" "sysLocation Rack 7, left" \
	"sysContact NOC <noc@example.net>"
start_hbwatchd -L "udp:$AGENT"
is "a directive sets sysName" "$(system_object sysName)" watcher.example.net
is "a directive sets sysLocation" "$(system_object sysLocation)" \
	"Rack 7, left"
is "a directive sets sysContact" "$(system_object sysContact)" \
	"NOC <noc@example.net>"
is "the other values stay" "$(system_object sysObjectID)" "$own_identity"
stop hbwatchd

start_snmpd
before=$(system_object sysObjectID)
start_hbwatchd
is "behind snmpd, sysObjectID is that of snmpd" \
	"$(system_object sysObjectID)" "$before"
check "sysObjectID of snmpd is not that of hbwatchd" \
	test "$before" != "$own_identity"
finish
