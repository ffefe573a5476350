#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: hbwatchd as standalone SNMP agent (-L), with SNMPv2c and SNMPv3.
# Checks:  it answers only permitted requests, reports each other one with
#          authenticationFailure, and sends each notification as trap and as
#          inform.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
USER_V3="noc SHA authpassphrase AES privpassphrase"
V3="-v 3 -u noc -l authPriv -a SHA -A authpassphrase -x AES -X privpassphrase"
INFORM=127.0.0.1:1163
INFORMS=$WORK/informs

start_traps
# The receiver of an inform is its authoritative engine, so it needs the user.
start_receiver informs "$INFORM" "$INFORMS" "createUser $USER_V3" \
	"authUser log noc"

# informs_are COUNT NOTIFICATION [WATCH]: as traps_are
informs_are() {
	TRAPS=$INFORMS traps_are "$@"
}

# client_v3 PROGRAM ARGUMENT...: as the SNMPv3 user
client_v3() {
	local program=$1
	shift
	# shellcheck disable=SC2086 # several arguments
	at "$NODE_A" "$program" $V3 "$@"
}

{
	cat <<-END
		snmp = {
			"rocommunity public 127.0.0.1",
			"createUser $USER_V3",
			"rouser noc priv",
			"authtrapenable 1",
			"trap2sink $SINK public",
			"trapsess -Ci $V3 $INFORM"
		}
	END
	watch_section flinkserver 20053 1s
} | configure
start_peer
start_hbwatchd -L "udp:$AGENT"
soon "heartbeats make the watch alive" 10 \
	watch_is hbwWatchState flinkserver alive
is "the SNMPv3 user can read" "$(client_v3 snmpget -OQUv "$AGENT" \
	"HBWATCH-MIB::hbwWatchState.$(watch_index flinkserver)")" alive
like "a wrong passphrase is rejected" "$(client_v3 snmpget -A wrongpassphrase \
	-t 20 -r 0 -OQUv "$AGENT" HBWATCH-MIB::hbwVersion.0 2>&1)" \
	"[Aa]uthentication"
like "a wrong community gets no answer" \
	"$(at "$NODE_A" snmpget -v 2c -c private \
	-t 1 -r 0 -OQUv "$AGENT" HBWATCH-MIB::hbwVersion.0 2>&1)" "Timeout"
# Together with the two above, these are more than a sink has at a time.
for ((i = 0; i < 20; i++)); do
	at "$NODE_A" snmpget -v 2c -c private -t 0.02 -r 0 "$AGENT" \
		HBWATCH-MIB::hbwVersion.0 >/dev/null 2>&1
done
soon "authtrapenable: each rejected request is reported by a trap" 10 \
	traps_are 22 authenticationFailure
soon "authtrapenable: each rejected request is reported by an inform" 10 \
	informs_are 22 authenticationFailure
like "SET is rejected" "$(at "$NODE_A" snmpset -v 2c -c public -t 20 -r 0 \
	"$AGENT" "$MIB_ROOT.1.1.1.0" s x 2>&1)" "noAccess|notWritable"

stop peer
soon "the raise arrives as a trap" 10 traps_are 1 hbwAlarmRaised
client snmpbulkwalk -On -Oe "$AGENT" "$MIB_ROOT" >"$WORK/walk"
snmptranslate -Tp HBWATCH-MIB::hbwatchMIB >"$WORK/module" 2>/dev/null
check "a walk returns what the MIB declares" "$TOOLS/check-walk" \
	"$WORK/module" "$WORK/walk" "$MIB_ROOT"
start_peer
soon "the clear arrives as a trap" 10 traps_are 1 hbwAlarmCleared
soon "the raise arrives as an inform" 10 informs_are 1 hbwAlarmRaised
soon "the clear arrives as an inform" 10 informs_are 1 hbwAlarmCleared
is "traps and informs have the same varbinds" \
	"$(grep hbwAlarm "$INFORMS" | cut -f 5-)" \
	"$(grep hbwAlarm "$TRAPS" | cut -f 5-)"
check "the alarms are the gaps of the sender" \
	alarms_match_sender peer flinkserver 1 --at-least 1
soon "no notification is pending" 5 get_is hbwNotificationsPending.0 0
check "hbwatchd ends on TERM" stop hbwatchd
finish
