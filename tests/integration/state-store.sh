#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Started again, after TERM and after kill -9, hbwatchd goes on where it was:
# what stands is neither raised again nor cleared without a heartbeat.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_snmpd
start_traps

write_conf() {
	local name

	for name in "$@"; do
		case $name in
		standing) watch_section standing 20053 1s ;;
		steady) watch_section steady 20054 2s ;;
		gone) watch_section gone 20055 1s ;;
		absent) watch_section absent 20056 1s hb9 ;;
		off) watch_section off 20057 1s "$LINK" "enabled = true" ;;
		off-now) watch_section off 20057 1s "$LINK" "enabled = false" ;;
		added) watch_section added 20054 2s ;;
		esac
	done | configure
}

beat() {
	start_beat "$1" --from "$B4" --to "$A4" --port "$2" --rate 10
}

# about_absent NOTIFICATION: how many there were
about_absent() {
	traps "$1" | grep -c "hbwCaptureInterface\.[0-9]* = hb9\b"
}

absent_are() {
	[ "$(about_absent "$2")" -eq "$1" ]
}

# raises_are COUNT: of the watch standing, each counted once
raises_are() {
	[ "$(traps hbwAlarmRaised standing | varbind hbwNotificationSequence |
		sort -u | wc -l)" -eq "$1" ]
}

# cleared_because WATCH TEXT
cleared_because() {
	traps hbwAlarmCleared "$1" | tail -n 1 | varbind hbwAlarmDetail |
		grep -q "$2"
}

write_conf standing steady gone absent off
beat steady 20054
beat standing 20053
beat gone 20055
beat off 20057
start_hbwatchd
soon "a watch without its interface is notified as blind" 10 \
	absent_are 1 hbwWatcherBlind
for watch in standing gone off; do
	need "$watch hears nothing" 10 watch_is hbwWatchState "$watch" alive
	stop "$watch"
done
for watch in standing gone off; do
	soon "$watch is raised" 10 traps_are 1 hbwAlarmRaised "$watch"
done
soon "all is told" 10 all_delivered
index=$(watch_index gone)
highest=$(client snmpbulkwalk -OQUs "$AGENT" HBWATCH-MIB::hbwWatchName |
	sed 's/^hbwWatchName\.\([0-9]*\) .*/\1/' | sort -n | tail -n 1)

#
# As it was
#

round=0
for signal in TERM KILL; do
	round=$((round + 1))
	save_values
	if [ "$signal" = TERM ]; then
		check "$signal: it ends" stop hbwatchd TERM
	else
		stop hbwatchd KILL
	fi
	start_hbwatchd
	values_are_unchanged "$signal: all is as it was"
	soon "$signal: the steady watch is alive" 10 \
		watch_is hbwWatchState steady alive
	wait_heartbeats steady 25
	values_are_unchanged "$signal: and still is, without a heartbeat"
	check "$signal: nothing was told again" notifications_in_order --first 1 --once
	is "$signal: nor that it is blind" "$(about_absent hbwWatcherBlind)" 1
	serial=$(alarm_get hbwAlarmSerial standing)
	raised=$(alarm_get hbwAlarmRaisedTime standing)
	beat standing 20053
	soon "$signal: the first heartbeat clears it" 5 \
		traps_are "$round" hbwAlarmCleared standing
	is "$signal: with its raise's serial" "$(traps hbwAlarmCleared standing |
		tail -n 1 | varbind hbwAlarmSerial)" "$serial"
	is "$signal: and time" "$(traps hbwAlarmCleared standing |
		tail -n 1 | varbind hbwAlarmRaisedTime)" "$raised"
	stop standing
	soon "$signal: a silence raises it" 10 \
		traps_are $((round + 1)) hbwAlarmRaised standing
	is "$signal: with a serial that is new" "$(traps hbwAlarmRaised |
		varbind hbwAlarmSerial | sort | uniq -d | wc -l)" 0
	soon "$signal: all is told" 10 all_delivered
done
is "its raises were counted all through" \
	"$(alarm_get hbwAlarmCount standing)" 3

#
# What nobody was told yet
#

beat standing 20053
need "it does not clear" 10 traps_are 3 hbwAlarmCleared standing
mark_log
pause "${PID[snmpd]}"
stop standing
soon "a raise while snmpd is stopped" 10 log_lines_are 1 "raised, watch \"standing\""
stop hbwatchd KILL
kill -CONT "${PID[snmpd]}"
start_hbwatchd
soon "after kill -9 it is told" 10 raises_are 4
is_about "with its first time" "$(seconds_of "$(traps hbwAlarmRaised standing |
	tail -n 1 | varbind hbwAlarmRaisedTime)")" \
	"$(seconds_after "$(last_sent standing)" 1)" 0.2
soon "nothing is pending" 10 all_delivered
check "in its turn" notifications_in_order --first 1

#
# Another configuration
#

write_conf standing steady absent off-now added
stop hbwatchd KILL
start_hbwatchd
soon "the alarm of a watch that was removed is cleared" 10 \
	traps_are 1 hbwAlarmCleared gone
check "with that reason" cleared_because gone "removed from the configuration"
soon "that of a watch that was disabled, too" 10 \
	traps_are 1 hbwAlarmCleared off
check "with that reason" cleared_because off "disabled"
is "what stays stands" "$(alarm_get hbwAlarmState standing)" raised
check "and is not told again" raises_are 4
check "a new watch has a new index" \
	test "$(watch_index added)" -gt "$highest"
is "two alarms less are active" "$(get hbwActiveAlarms.0)" 1

write_conf standing steady gone absent
stop hbwatchd TERM
start_hbwatchd
is "a watch that is back has its old index" "$(watch_index gone)" "$index"
is "its alarm is not standing" "$(alarm_get hbwAlarmState gone)" cleared
soon "until its time has passed" 10 traps_are 2 hbwAlarmRaised gone

#
# Blindness
#

stop hbwatchd KILL
is "blindness was told once in all this" "$(about_absent hbwWatcherBlind)" 1
ip -n "$NODE_A" link add hb9 type veth peer name hb9 netns "$NODE_B"
ip -n "$NODE_A" link set hb9 up
ip -n "$NODE_B" link set hb9 up
start_hbwatchd
soon "the interface came while it was dead: it is restored" 10 \
	absent_are 1 hbwWatcherRestored
soon "all is told" 10 all_delivered
stop hbwatchd KILL
start_hbwatchd
soon "started again, it captures there" 10 watch_is hbwWatchState absent starting
wait_heartbeats steady 20
is "which is not told again" "$(about_absent hbwWatcherRestored)" 1
stop hbwatchd KILL
ip -n "$NODE_A" link delete hb9
start_hbwatchd
soon "the interface went while it was dead: it is blind" 10 \
	absent_are 2 hbwWatcherBlind
soon "all is told" 10 all_delivered
check "each once and in order, after all this" notifications_in_order --first 1
is "the epoch is the first one's" "$(varbind hbwNotificationEpoch <"$TRAPS" |
	sort -u | xargs)" "$(get hbwNotificationEpoch.0)"
is "the steady watch was never interrupted" \
	"$(traps hbwAlarmRaised steady | wc -l)" 0
finish
