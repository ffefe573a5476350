#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: hbwatchd as standalone SNMP agent (-L) with a receiver of SNMPv3
#          traps; hbwatchd is killed and started again.  Files in its state
#          directory contain directives of net-snmp.
# Checks:  snmpEngineBoots grows at each start, so that the receiver accepts the
#          next traps; the planted directives have no effect.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
AUTH="noc SHA authpassphrase AES privpassphrase"
ENGINE=$WORK/state/snmp/hbwatch.conf

# stored NAME: a value of the file of the engine
stored() {
	sed -n "s/^$1 //p" "$ENGINE"
}

{
	cat <<-END
		snmp = {
			"rocommunity public 127.0.0.1",
			"createUser $AUTH",
			"rouser noc priv",
			"trapsess -v 3 -u noc -l authPriv $SINK"
		}
	END
	watch_section flinkserver 20053 1s
} | configure

# A file as version 0.2.0 leaves it, and files that a user could plant.
mkdir -p "$WORK/state/snmp"
{
	echo "# net-snmp (or ucd-snmp) persistent data file."
	echo "rocommunity intruder"
	echo "engineBoots 41"
	echo "oldEngineID 0x80001f8880aabbccdd11223344"
} >"$ENGINE"
for name in hbwatch.local hbwatch.0 snmp snmp.local snmpd; do
	echo "rocommunity intruder" >"$WORK/state/snmp/$name.conf"
done

intruder() {
	at "$NODE_A" snmpget -v 2c -c intruder -t 1 -r 0 -OQUv "$AGENT" \
		HBWATCH-MIB::hbwVersion.0 2>&1
}

start_peer
start_hbwatchd -L "udp:$AGENT"
like "a planted community has no access" "$(intruder)" Timeout
is "the first start continues the stored snmpEngineBoots" \
	"$(stored engineBoots)" 42
is "the engine ID is kept" "$(stored oldEngineID)" \
	0x80001f8880aabbccdd11223344
is "the file has nothing else" "$(wc -l <"$ENGINE")" 2
soon "heartbeats make the watch alive" 10 \
	watch_is hbwWatchState flinkserver alive
start_traps "createUser -e $(stored oldEngineID) $AUTH" "authUser log noc"
stop peer
soon "the receiver accepts the raise" 10 traps_are 1 hbwAlarmRaised
for boots in 43 44; do
	kill_with_children hbwatchd
	start_hbwatchd -L "udp:$AGENT"
	is "after kill -9, snmpEngineBoots is $boots" \
		"$(stored engineBoots)" $boots
	is "after kill -9, the engine ID is kept" "$(stored oldEngineID)" \
		0x80001f8880aabbccdd11223344
	like "after kill -9, a planted community has no access" \
		"$(intruder)" Timeout
	start_peer
	soon "the receiver accepts the next clear" 10 \
		traps_are $((boots - 42)) hbwAlarmCleared
	stop peer
	soon "the receiver accepts the next raise" 10 \
		traps_are $((boots - 41)) hbwAlarmRaised
done
check "hbwatchd ends on TERM" stop hbwatchd
is "an orderly end does not change snmpEngineBoots" "$(stored engineBoots)" 44
is "no passphrase or key is stored" \
	"$(grep -rliE "usmUser|createUser|passphrase" "$WORK/state")" ""

: >"$ENGINE"
start_hbwatchd -L "udp:$AGENT"
is "with an invalid file, snmpEngineBoots begins at 1" \
	"$(stored engineBoots)" 1
like "with an invalid file, the engine ID is a new one" \
	"$(stored oldEngineID)" "^0x80001f8880"
check "an invalid file is logged" \
	log_lines_are 1 "hbwatch.conf: invalid snmpEngineBoots"
check "hbwatchd ends on TERM again" stop hbwatchd
finish
