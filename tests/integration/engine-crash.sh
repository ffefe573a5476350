#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The process that captures is killed: another goes on, and nothing is invented.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_snmpd
start_traps

configure <<END
watch "flinkserver" {
	interface = "$LINK"
	peer = "$B4"
	heartbeat = "udp 20053"
	interruption = 2s
}
watch "steady" {
	interface = "$LINK"
	peer = "$B4"
	heartbeat = "udp 20054"
	interruption = 2s
}
END
start_beat steady --from "$B4" --to "$A4" --port 20054 --rate 10
start_beat peer --from "$B4" --to "$A4" --port 20053 --rate 10
start_hbwatchd
soon "heartbeats make it alive" 10 watch_is hbwWatchState flinkserver alive

new_engine() {
	local now

	now=$(engine | xargs)
	[ -n "$now" ] && [ "$now" != "$old" ]
}

# heard_over WATCH COUNT
heard_over() {
	[ "$(watch_get hbwWatchHeartbeats "$1")" -gt "$2" ]
}

restarts() {
	client snmpbulkwalk -OQUv "$AGENT" HBWATCH-MIB::hbwCaptureRestarts
}

kill_engine() {
	old=$(engine | xargs)
	# shellcheck disable=SC2086 # there may be two
	kill -KILL $old
}

for round in 1 2 3; do
	count=$(watch_get hbwWatchHeartbeats flinkserver)
	kill_engine
	soon "kill $round: a new engine within a second" 1 new_engine
	soon "kill $round: it counts on" 10 heard_over flinkserver "$count"
	is "kill $round: the restart is counted" "$(restarts)" "$round"
done
wait_heartbeats steady 30
is "no alarm was raised" "$(traps hbwAlarmRaised | wc -l)" 0
is "nobody is interrupted" "$(get hbwActiveAlarms.0)" 0

stop peer
soon "a true silence raises the alarm" 10 \
	traps_are 1 hbwAlarmRaised flinkserver
kill_engine
soon "kill 4: a new engine" 5 new_engine
wait_heartbeats steady 30
is "the alarm stands" "$(alarm_get hbwAlarmState flinkserver)" raised
is "and was not raised again" "$(alarm_get hbwAlarmCount flinkserver)" 1
start_beat peer --from "$B4" --to "$A4" --port 20053 --rate 10
soon "heartbeats clear it" 10 traps_are 1 hbwAlarmCleared flinkserver

stop peer
kill_engine
soon "a silence over a kill raises the alarm" 10 \
	traps_are 2 hbwAlarmRaised flinkserver
is "the other watch was never interrupted" \
	"$(traps hbwAlarmRaised steady | wc -l)" 0
check "the daemon lives" running hbwatchd
finish
