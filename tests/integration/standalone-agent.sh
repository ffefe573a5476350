#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# No master agent: hbwatchd answers and notifies by itself, SNMPv2c and SNMPv3.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
USER_V3="noc SHA authpassphrase AES privpassphrase"
INFORM=127.0.0.1:1163
INFORMS=$WORK/informs

start_traps
# An inform's authority is its receiver.
start_receiver informed "$INFORM" "$INFORMS" "createUser $USER_V3" \
	"authUser log noc"

# as_user PROGRAM ARGUMENT...
as_user() {
	local program=$1
	shift
	at "$NODE_A" "$program" -v 3 -u noc -l authPriv -a SHA \
		-A authpassphrase -x AES -X privpassphrase "$@"
}

TRAPSESS="-v 3 -Ci -u noc -l authPriv -a SHA -A authpassphrase -x AES"
TRAPSESS="$TRAPSESS -X privpassphrase $INFORM"
configure <<END
snmp = {
	"rocommunity public 127.0.0.1",
	"createUser $USER_V3",
	"rouser noc priv",
	"trap2sink $SINK public",
	"trapsess $TRAPSESS"
}
watch "flinkserver" {
	interface = "$LINK"
	peer = "$B4"
	heartbeat = "udp 20053"
	interruption = 1s
}
END
start_beat peer --from "$B4" --to "$A4" --port 20053 --rate 10
start_hbwatchd -L "udp:$AGENT"
soon "heartbeats make it alive" 10 watch_is hbwWatchState flinkserver alive
is "an SNMPv3 user reads it" "$(as_user snmpget -OQUv "$AGENT" \
	"HBWATCH-MIB::hbwWatchState.$(watch_index flinkserver)")" alive
like "a wrong passphrase does not" "$(as_user snmpget -A wrongpassphrase \
	-t 1 -r 0 -OQUv "$AGENT" HBWATCH-MIB::hbwVersion.0 2>&1)" \
	"[Aa]uthentication"
like "nor does a wrong community" "$(at "$NODE_A" snmpget -v 2c -c private \
	-t 1 -r 0 -OQUv "$AGENT" HBWATCH-MIB::hbwVersion.0 2>&1)" "Timeout"
like "and nobody writes" "$(at "$NODE_A" snmpset -v 2c -c public -t 1 -r 0 \
	"$AGENT" "$MIB_ROOT.1.1.1.0" s x 2>&1)" "noAccess|notWritable"
client snmpbulkwalk -On -Oe "$AGENT" "$MIB_ROOT" >"$WORK/walk"
snmptranslate -Tp HBWATCH-MIB::hbwatchMIB >"$WORK/module" 2>/dev/null
check "a walk yields what the MIB says" "$TOOLS/check-walk" \
	"$WORK/module" "$WORK/walk" "$MIB_ROOT" hbwHistory

stop peer
soon "the raise arrives as a trap" 10 traps_are 1 hbwAlarmRaised
start_beat peer --from "$B4" --to "$A4" --port 20053 --rate 10
soon "the clear arrives as a trap" 10 traps_are 1 hbwAlarmCleared
informs_are() {
	TRAPS=$INFORMS traps_are "$@"
}
soon "the raise arrives as an inform" 10 informs_are 1 hbwAlarmRaised
soon "the clear arrives as an inform" 10 informs_are 1 hbwAlarmCleared
is "with the same varbinds" \
	"$(grep hbwAlarm "$INFORMS" | cut -f 5-)" \
	"$(grep hbwAlarm "$TRAPS" | cut -f 5-)"
check "as the sender did" alarms_match_sender peer flinkserver 1 --at-least 1
soon "nothing is pending" 5 get_is hbwNotificationsPending.0 0
check "hbwatchd ends on TERM" stop hbwatchd
finish
