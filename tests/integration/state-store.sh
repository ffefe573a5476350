#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: restarts of hbwatchd after TERM and kill -9, also with another
#          configuration and with an interface that came or went.
# Checks:  alarms, counts and indexes are restored; an active alarm is neither
#          raised again nor cleared without a heartbeat.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
EVIDENCE=0
start_observer

# write_conf NAME...: writes hbwatchd.conf with these watches
write_conf() {
	local name

	for name in "$@"; do
		case $name in
		silent) watch_section silent 20053 1s ;;
		steady) watch_section steady 20054 2s ;;
		gone) watch_section gone 20055 1s ;;
		gone-again) watch_section gone 20055 8s ;;
		absent) watch_section absent 20056 1s hb9 ;;
		off) watch_section off 20057 1s "$LINK" "enabled = true" ;;
		off-now) watch_section off 20057 1s "$LINK" "enabled = false" ;;
		added) watch_section added 20054 2s ;;
		esac
	done | configure
}

# silent_raises_are COUNT: duplicates count once
silent_raises_are() {
	[ "$(traps hbwAlarmRaised silent | varbind hbwNotificationSequence |
		sort -u | wc -l)" -eq "$1" ]
}

# cleared_because WATCH TEXT: does the detail of the last clear contain TEXT?
cleared_because() {
	last_trap hbwAlarmCleared "$1" | varbind hbwAlarmDetail |
		grep -q "$2"
}

write_conf silent steady gone absent off
start_sender steady 20054
start_sender silent 20053
start_sender gone 20055
start_sender off 20057
start_hbwatchd
soon "a missing interface is notified as blindness" 10 \
	capture_traps_are 1 hbwWatcherBlind hb9
for watch in silent gone off; do
	need "$watch receives no heartbeat" 10 \
		watch_is hbwWatchState "$watch" alive
	stop "$watch"
done
for watch in silent gone off; do
	soon "$watch is raised" 10 traps_are 1 hbwAlarmRaised "$watch"
done
soon "all notifications are delivered" 10 all_delivered
index=$(watch_index gone)
highest=$(client snmpbulkwalk -OQUs "$AGENT" HBWATCH-MIB::hbwWatchName |
	sed 's/^hbwWatchName\.\([0-9]*\) .*/\1/' | sort -n | tail -n 1)

#
# The same configuration
#

round=0
for signal in TERM KILL; do
	round=$((round + 1))
	save_values
	if [ "$signal" = TERM ]; then
		check "$signal: hbwatchd ends" stop hbwatchd TERM
	else
		stop hbwatchd KILL
	fi
	start_hbwatchd
	values_are_unchanged "$signal: all values are restored"
	soon "$signal: the steady watch is alive" 10 \
		watch_is hbwWatchState steady alive
	wait_heartbeats steady 25
	values_are_unchanged "$signal: they do not change without a heartbeat"
	check "$signal: nothing is notified twice" \
		notifications_in_order --first 1 --once
	is "$signal: blindness is not notified again" \
		"$(capture_trap_count hbwWatcherBlind hb9)" 1
	serial=$(alarm_get hbwAlarmSerial silent)
	raised=$(alarm_get hbwAlarmRaisedTime silent)
	start_sender silent 20053
	soon "$signal: the first heartbeat clears it" 5 \
		traps_are "$round" hbwAlarmCleared silent
	is "$signal: the clear has the serial of the raise" \
		"$(last_trap hbwAlarmCleared silent |
			varbind hbwAlarmSerial)" "$serial"
	is "$signal: the clear has the time of the raise" \
		"$(last_trap hbwAlarmCleared silent |
			varbind hbwAlarmRaisedTime)" "$raised"
	stop silent
	soon "$signal: the next silence raises it" 10 \
		traps_are $((round + 1)) hbwAlarmRaised silent
	is "$signal: the raise has a new serial" "$(traps hbwAlarmRaised |
		varbind hbwAlarmSerial | sort | uniq -d | wc -l)" 0
	soon "$signal: all notifications are delivered" 10 all_delivered
done
is "all raises were counted" \
	"$(alarm_get hbwAlarmCount silent)" 3

#
# A notification that was not delivered before the kill
#

start_sender silent 20053
need "the alarm is not cleared" 10 traps_are 3 hbwAlarmCleared silent
mark_log
pause "${PID[snmpd]}"
mark_time
stop silent
soon "the alarm is raised while snmpd is stopped" 10 log_raises_are 1 silent
stop hbwatchd KILL
kill -CONT "${PID[snmpd]}"
start_hbwatchd
soon "after kill -9 the raise is delivered" 10 silent_raises_are 4
is_on_time "it has the time when it happened" \
	"$(seconds_of "$(last_trap hbwAlarmRaised silent |
		varbind hbwAlarmRaisedTime)")" \
	"$(seconds_after "$(last_sent silent)" 1)" 0.2
soon "all notifications are delivered" 10 all_delivered
check "the notifications arrived in order" notifications_in_order --first 1

#
# Another configuration
#

write_conf silent steady absent off-now added
stop hbwatchd KILL
start_hbwatchd
soon "the alarm of a watch that was removed is cleared" 10 \
	traps_are 1 hbwAlarmCleared gone
check "the detail of the clear has the reason" \
	cleared_because gone "removed from the configuration"
soon "the alarm of a watch that was disabled is cleared" 10 \
	traps_are 1 hbwAlarmCleared off
check "the detail of the clear has the reason" \
	cleared_because off "disabled"
is "the alarm of the kept watch is active" \
	"$(alarm_get hbwAlarmState silent)" raised
check "it is not notified again" silent_raises_are 4
check "a new watch has a new index" \
	test "$(watch_index added)" -gt "$highest"
is "only one alarm is active" "$(get hbwActiveAlarms.0)" 1

write_conf silent steady gone-again absent
stop hbwatchd TERM
start_hbwatchd
is "a watch that is added again has its old index" \
	"$(watch_index gone)" "$index"
is "its alarm is cleared" "$(alarm_get hbwAlarmState gone)" cleared
soon "it is raised after its interruption time" 20 \
	traps_are 2 hbwAlarmRaised gone

#
# Blindness
#

stop hbwatchd KILL
is "blindness was notified once so far" \
	"$(capture_trap_count hbwWatcherBlind hb9)" 1
ip -n "$NODE_A" link add hb9 type veth peer name hb9 netns "$NODE_B"
ip -n "$NODE_A" link set hb9 up
ip -n "$NODE_B" link set hb9 up
start_hbwatchd
soon "an interface that appeared before the start is notified as restored" 10 \
	capture_traps_are 1 hbwWatcherRestored hb9
soon "all notifications are delivered" 10 all_delivered
stop hbwatchd KILL
start_hbwatchd
soon "after a restart the capture runs" 10 capture_is running hb9
wait_heartbeats steady 20
is "this is not notified again" \
	"$(capture_trap_count hbwWatcherRestored hb9)" 1
stop hbwatchd KILL
ip -n "$NODE_A" link delete hb9
start_hbwatchd
soon "an interface that was removed before the start is notified as blind" 10 \
	capture_traps_are 2 hbwWatcherBlind hb9
soon "all notifications are delivered" 10 all_delivered
check "all notifications arrived in order" notifications_in_order --first 1
is "the epoch was always the same" "$(varbind hbwNotificationEpoch <"$TRAPS" |
	sort -u | xargs)" "$(get hbwNotificationEpoch.0)"
is "the steady watch was never interrupted" \
	"$(trap_count hbwAlarmRaised steady)" 0
finish
