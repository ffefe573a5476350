#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The main job: heartbeats, the alarm when they stop, its end when they return.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_snmpd
start_traps

configure <<END
source = "mrs-cluster-1"
service = "Flink"
role = "FlinkServer"
host = "node-1"
watch "flinkserver" {
	interface = "$LINK"
	peer = "$B4"
	local = "$A4"
	heartbeat = "udp 20053"
	interruption = 2s
}
END

VARBINDS="sysUpTime snmpTrapOID hbwAlarmKey hbwAlarmId hbwAlarmName
hbwAlarmState hbwAlarmSeverity hbwNotificationSequence hbwNotificationEpoch
hbwAlarmSerial hbwAlarmSource hbwAlarmServiceName hbwAlarmRoleName
hbwAlarmHostName hbwWatchName hbwWatchPeerType hbwWatchPeer hbwAlarmCause
hbwAlarmDetail hbwAlarmRaisedTime hbwAlarmClearedTime hbwWatchLastHeartbeat"

# varbind_names: of the line on standard input
varbind_names() {
	cut -f 3- | tr '\t' '\n' | sed 's/\..*//'
}

# compare_with_table: the varbinds of the line on standard input
compare_with_table() {
	local line name value differ=0

	while IFS= read -r line; do
		name=${line%% = *}
		value=${line#* = }
		case $name in
		hbw*)
			[ "$(get "$name")" = "$value" ] || {
				note "$name: $value in the notification," \
					"$(get "$name") in the table"
				differ=1
			}
			;;
		esac
	done < <(cut -f 3- | tr '\t' '\n')
	return "$differ"
}

# last_trap NOTIFICATION
last_trap() {
	traps "$1" flinkserver | tail -n 1
}

# from_last_trap NOTIFICATION OBJECT
from_last_trap() {
	last_trap "$1" | varbind "$2"
}

beat() {
	start_beat peer --from "$B4" --to "$A4" --port 20053 --rate 10
}

start_hbwatchd
row=$(watch_index flinkserver)
is "before the first heartbeat the watch is starting" \
	"$(watch_get hbwWatchState flinkserver)" starting
is "and its alarm has a row" \
	"$(alarm_get hbwAlarmState flinkserver)" cleared
is "which was never raised" \
	"$(seconds_of "$(alarm_get hbwAlarmRaisedTime flinkserver)")" never

beat
soon "heartbeats make it alive" 10 watch_is hbwWatchState flinkserver alive
wait_heartbeats peer 5
is "no alarm is active" "$(get hbwActiveAlarms.0)" 0

stop peer
soon "their end raises the alarm" 10 traps_are 1 hbwAlarmRaised flinkserver
is "the varbinds come in their order" \
	"$(last_trap hbwAlarmRaised | varbind_names | xargs)" \
	"$(xargs <<<"$VARBINDS")"
is "with the right instances" \
	"$(last_trap hbwAlarmRaised | cut -f 5- | tr '\t' '\n' |
		sed 's/^hbw\([A-Z][a-z]*\)[A-Za-z]*\(.*\) = .*/\1\2/' |
		sort -u | xargs)" \
	"Alarm.45640.$row Notification.0 Watch.$row"
check "and the table's values" \
	compare_with_table < <(last_trap hbwAlarmRaised)
is "hbwAlarmKey" "$(from_last_trap hbwAlarmRaised hbwAlarmKey)" \
	"mrs-cluster-1/Flink/FlinkServer/node-1/flinkserver/45640"
is "hbwAlarmState" "$(from_last_trap hbwAlarmRaised hbwAlarmState)" raised
is "hbwAlarmSeverity" \
	"$(from_last_trap hbwAlarmRaised hbwAlarmSeverity)" minor
like "hbwAlarmName" "$(from_last_trap hbwAlarmRaised hbwAlarmName)" \
	"^FlinkServer Heartbeat Interruption Between the Active and Standby"
is "hbwAlarmHostName" \
	"$(from_last_trap hbwAlarmRaised hbwAlarmHostName)" node-1
is "hbwWatchPeer" \
	"$(from_last_trap hbwAlarmRaised hbwWatchPeer | tr -d '" ')" C000020C
is "hbwAlarmCause" "$(from_last_trap hbwAlarmRaised hbwAlarmCause)" unknown
last=$(last_sent peer)
is_about "hbwWatchLastHeartbeat" "$(seconds_of \
	"$(from_last_trap hbwAlarmRaised hbwWatchLastHeartbeat)")" "$last" 0.2
is_about "hbwAlarmRaisedTime" "$(seconds_of \
	"$(from_last_trap hbwAlarmRaised hbwAlarmRaisedTime)")" \
	"$(seconds_after "$last" 2)" 0.2
is "the watch is interrupted" \
	"$(watch_get hbwWatchState flinkserver)" interrupted
is "one alarm is active" "$(get hbwActiveAlarms.0)" 1
is "a minor one" "$(get hbwActiveMinor.0)" 1

beat
soon "the heartbeat's return clears it" 10 \
	traps_are 1 hbwAlarmCleared flinkserver
is "the clear has the same varbinds" \
	"$(last_trap hbwAlarmCleared | varbind_names | xargs)" \
	"$(xargs <<<"$VARBINDS")"
for object in hbwAlarmKey hbwAlarmSerial hbwAlarmRaisedTime hbwAlarmSeverity \
	hbwNotificationEpoch; do
	is "and the raise's $object" \
		"$(from_last_trap hbwAlarmCleared "$object")" \
		"$(from_last_trap hbwAlarmRaised "$object")"
done
is "hbwAlarmState" "$(from_last_trap hbwAlarmCleared hbwAlarmState)" cleared
is "the row is cleared" "$(alarm_get hbwAlarmState flinkserver)" cleared
is "no alarm is active" "$(get hbwActiveAlarms.0)" 0

for round in 2 3; do
	stop peer
	soon "raise $round" 10 traps_are $round hbwAlarmRaised flinkserver
	beat
	soon "clear $round" 10 traps_are $round hbwAlarmCleared flinkserver
done
is "the serials count raises" \
	"$(traps hbwAlarmRaised | varbind hbwAlarmSerial | xargs)" "1 2 3"
is "each clear has its raise's" \
	"$(traps hbwAlarmCleared | varbind hbwAlarmSerial | xargs)" "1 2 3"
is "the sequence counts notifications" \
	"$(varbind hbwNotificationSequence <"$TRAPS" | xargs)" "1 2 3 4 5 6"
is "and so does the scalar" "$(get hbwNotificationSequence.0)" 6
is "the row counts raises" "$(alarm_get hbwAlarmCount flinkserver)" 3
is "the history has them all" \
	"$(client snmpbulkwalk -OQUs "$AGENT" HBWATCH-MIB::hbwHistoryEvent |
		sed 's/.*\.//' | xargs)" \
	"1 = raised 2 = cleared 3 = raised 4 = cleared 5 = raised 6 = cleared"
is "hbwHistoryOldest" "$(get hbwHistoryOldest.0)" 1
soon "nothing is pending" 5 get_is hbwNotificationsPending.0 0
check "all of it is what the sender did" \
	alarms_match_sender peer flinkserver 2 --at-least 3

stop peer
check "hbwatchd ends on TERM" stop hbwatchd
finish
