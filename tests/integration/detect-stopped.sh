#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A watcher that was stopped for longer than the interruption time invents none.

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
	interruption = 1s
}
END
start_beat peer --from "$B4" --to "$A4" --port 20053 --rate 10
start_hbwatchd
soon "heartbeats make it alive" 10 watch_is hbwWatchState flinkserver alive

# stopped PID: is it?
stopped() {
	[ "$(awk '$1 == "State:" { print $2 }' "/proc/$1/status")" = T ]
}

# signal_them SIGNAL
signal_them() {
	local pid

	for pid in $them; do
		kill -"$1" "$pid"
	done
}

for who in engine daemon both; do
	case $who in
	engine) them=$(engine) ;;
	daemon) them=${PID[hbwatchd]} ;;
	both) them="$(engine) ${PID[hbwatchd]}" ;;
	esac
	signal_them STOP
	for pid in $them; do
		need "$who does not stop" 10 stopped "$pid"
	done
	wait_heartbeats peer 30
	signal_them CONT
	wait_heartbeats peer 15
	soon "$who stopped for 3 s: alive after it" 10 \
		watch_is hbwWatchState flinkserver alive
	is "$who stopped for 3 s: no alarm" \
		"$(traps hbwAlarmRaised | wc -l)" 0
	is "$who stopped for 3 s: nor in the table" \
		"$(watch_get hbwWatchInterruptions flinkserver)" 0
done
stop peer
soon "a true silence raises the alarm" 10 \
	traps_are 1 hbwAlarmRaised flinkserver
finish
