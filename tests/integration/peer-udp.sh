#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: UDP heartbeats that stop and come back three times.
# Checks:  the alarm is raised and cleared each time; notifications, tables and
#          history have all columns right, and agree.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_observer

# A changed cause would be one more notification, see diagnosis.sh.
configure <<END
evidence = 0
source = "mrs-cluster-1"
service = "Flink"
role = "FlinkServer"
host = "node-1"
watch "flinkserver" {
	interface = "$LINK"
	peer = "$B4"
	local = "$A4"
	heartbeat = "udp 20053"
	interruption = 1h
}
END

VARBINDS="sysUpTime snmpTrapOID hbwAlarmKey hbwAlarmId hbwAlarmName
hbwAlarmState hbwAlarmSeverity hbwNotificationSequence hbwNotificationEpoch
hbwAlarmSerial hbwAlarmSource hbwAlarmServiceName hbwAlarmRoleName
hbwAlarmHostName hbwWatchName hbwWatchPeerType hbwWatchPeer hbwAlarmCause
hbwAlarmDetail hbwAlarmRaisedTime hbwAlarmClearedTime hbwWatchLastHeartbeat
hbwWatchPeerText hbwWatchPeerHost hbwAlarmSide hbwAlarmConfidence hbwAlarmRepair
hbwAlarmLevel hbwAlarmLocation hbwAlarmClearType"

# varbind_names: of the notification on standard input
varbind_names() {
	cut -f 3- | tr '\t' '\n' | sed 's/\..*//'
}

# equals_table: has each varbind of the notification on standard input the value
# of the object in the table?
equals_table() {
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

# from_last_trap NOTIFICATION OBJECT: its value
from_last_trap() {
	last_trap "$1" flinkserver | varbind "$2"
}

start_hbwatchd
row=$(watch_index flinkserver)
is "the watch is starting before the first heartbeat" \
	"$(watch_get hbwWatchState flinkserver)" starting
is "its alarm has a row" \
	"$(alarm_get hbwAlarmState flinkserver)" cleared
is "the raised time of this row is never" \
	"$(seconds_of "$(alarm_get hbwAlarmRaisedTime flinkserver)")" never

start_peer
soon "heartbeats make the watch alive" 10 \
	watch_is hbwWatchState flinkserver alive
sed -i 's/interruption = 1h/interruption = 2s/' "$WORK/hbwatchd.conf"
reload_hbwatchd
soon "the interruption time is 2 s" 10 log_lines_are 1 "$RELOADED"
wait_heartbeats peer 5
is "no alarm is active" "$(get hbwActiveAlarms.0)" 0

mark_time
stop peer
soon "a silence raises the alarm" 10 traps_are 1 hbwAlarmRaised flinkserver
is "the varbinds have the right order" \
	"$(last_trap hbwAlarmRaised | varbind_names | xargs)" \
	"$(xargs <<<"$VARBINDS")"
is "the varbinds have the right instances" \
	"$(last_trap hbwAlarmRaised | cut -f 5- | tr '\t' '\n' |
		sed 's/^hbw\([A-Z][a-z]*\)[A-Za-z]*\(.*\) = .*/\1\2/' |
		sort -u | xargs)" \
	"Alarm.45640.$row Notification.0 Watch.$row"
check "the varbinds have the values of the table" \
	equals_table < <(last_trap hbwAlarmRaised)
is "hbwAlarmKey has all names" "$(from_last_trap hbwAlarmRaised hbwAlarmKey)" \
	"mrs-cluster-1/Flink/FlinkServer/node-1/flinkserver/45640"
is "hbwAlarmState is raised" \
	"$(from_last_trap hbwAlarmRaised hbwAlarmState)" raised
is "hbwAlarmSeverity is minor" \
	"$(from_last_trap hbwAlarmRaised hbwAlarmSeverity)" minor
like "hbwAlarmName has the role" \
	"$(from_last_trap hbwAlarmRaised hbwAlarmName)" \
	"^FlinkServer Heartbeat Interruption Between the Active and Standby"
is "hbwAlarmHostName is the host" \
	"$(from_last_trap hbwAlarmRaised hbwAlarmHostName)" node-1
is "hbwWatchPeer is the address" \
	"$(from_last_trap hbwAlarmRaised hbwWatchPeer | tr -d '" ')" C000020C
is "hbwAlarmCause is unknown" \
	"$(from_last_trap hbwAlarmRaised hbwAlarmCause)" unknown
last=$(last_sent peer)
is_on_time "hbwWatchLastHeartbeat is the time of the last heartbeat" \
	"$(seconds_of \
	"$(from_last_trap hbwAlarmRaised hbwWatchLastHeartbeat)")" "$last" 0.2
is_on_time "hbwAlarmRaisedTime is 2 s later" "$(seconds_of \
	"$(from_last_trap hbwAlarmRaised hbwAlarmRaisedTime)")" \
	"$(seconds_after "$last" 2)" 0.2
is "the watch is interrupted" \
	"$(watch_get hbwWatchState flinkserver)" interrupted
is "one alarm is active" "$(get hbwActiveAlarms.0)" 1
is "the active alarm is minor" "$(get hbwActiveMinor.0)" 1

start_peer
soon "a heartbeat clears the alarm" 10 \
	traps_are 1 hbwAlarmCleared flinkserver
is "the clear has the same varbinds" \
	"$(last_trap hbwAlarmCleared | varbind_names | xargs)" \
	"$(xargs <<<"$VARBINDS")"
for object in hbwAlarmKey hbwAlarmSerial hbwAlarmRaisedTime hbwAlarmSeverity \
	hbwNotificationEpoch; do
	is "the clear has the $object of the raise" \
		"$(from_last_trap hbwAlarmCleared "$object")" \
		"$(from_last_trap hbwAlarmRaised "$object")"
done
is "hbwAlarmState is cleared" \
	"$(from_last_trap hbwAlarmCleared hbwAlarmState)" cleared
is "the row of the alarm is cleared" \
	"$(alarm_get hbwAlarmState flinkserver)" cleared
is "no alarm is active" "$(get hbwActiveAlarms.0)" 0

for round in 2 3; do
	stop peer
	soon "round $round: the alarm is raised" 10 \
		traps_are $round hbwAlarmRaised flinkserver
	start_peer
	soon "round $round: the alarm is cleared" 10 \
		traps_are $round hbwAlarmCleared flinkserver
done
is "the serials count raises" \
	"$(traps hbwAlarmRaised | varbind hbwAlarmSerial | xargs)" "1 2 3"
is "each clear has the serial of its raise" \
	"$(traps hbwAlarmCleared | varbind hbwAlarmSerial | xargs)" "1 2 3"
is "the sequence counts notifications" "$(sequences)" "2 3 4 5 6 7"
is "hbwNotificationSequence counts notifications" \
	"$(get hbwNotificationSequence.0)" 7
is "hbwAlarmCount counts raises" "$(alarm_get hbwAlarmCount flinkserver)" 3
is "the history has all events" \
	"$(client snmpbulkwalk -OQUs "$AGENT" HBWATCH-MIB::hbwHistoryEvent |
		sed 's/.*\.//' | xargs)" \
	"1 = started 2 = raised 3 = cleared 4 = raised 5 = cleared \
6 = raised 7 = cleared"
is "hbwHistoryOldest is the first" "$(get hbwHistoryOldest.0)" 1
soon "no notification is pending" 5 get_is hbwNotificationsPending.0 0
check "the alarms are the gaps of the sender" \
	alarms_match_sender peer flinkserver 2 --at-least 3

stop peer
check "hbwatchd ends on TERM" stop hbwatchd
finish
