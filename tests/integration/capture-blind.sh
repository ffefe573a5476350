#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: an engine that crashes, one that is stopped, all of hbwatchd stopped
#          as by a suspend, and packets that the kernel drops.
# Checks:  unmonitored time never counts as silence, and a peer that is silent
#          all the same is raised after the full interruption time.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_sender steady 20054
start_sender patient 20055
start_pair 2s "$(watch_section steady 20054 2s)" \
	"$(watch_section patient 20055 12s)"
raises=0

no_other_alarm() {
	traps_are 0 hbwAlarmRaised steady &&
		traps_are 0 hbwAlarmRaised patient &&
		traps_are "$raises" hbwAlarmRaised flinkserver
}

# raised_after TEXT TIME: the silent peer is raised when it has been monitored
# for 2 s after that time, and not later than that
raised_after() {
	local at

	raises=$((raises + 1))
	soon "$1: the silent peer is raised" 15 \
		traps_are $raises hbwAlarmRaised flinkserver
	at=$(seconds_of "$(last_trap hbwAlarmRaised flinkserver |
		varbind hbwAlarmRaisedTime)")
	check "$1: unmonitored time does not count" awk -v at="$at" \
		-v from="$2" 'BEGIN { exit !(at >= from + 2 - 0.2) }'
	check "$1: the raise is not much later" awk -v at="$at" -v from="$2" \
		'BEGIN { exit !(at <= from + 2 + 4) }'
	check "$1: no other watch is raised" no_other_alarm
	start_peer
	soon "$1: a heartbeat clears it" 5 \
		traps_are $raises hbwAlarmCleared flinkserver
}

dropped_packets() {
	walk hbwCaptureDropped
}

packets_were_dropped() {
	[ "$(dropped_packets)" -gt 0 ]
}

#
# The engine crashes
#

# Only twice: engine-dying.sh tests an engine that crashes again and again.
kill_engine SEGV
soon "SEGV: a new engine within 2 s" 2 new_engine
wait_heartbeats steady 25
check "SEGV with heartbeats: no alarm" no_other_alarm
stop peer
now=$EPOCHREALTIME
kill_engine ABRT
soon "ABRT: a new engine within 2 s" 2 new_engine
raised_after "ABRT without heartbeats" "$now"

#
# The engine is stopped and does not continue
#

old=$(the_engine)
pause "$old"
soon "a stopped engine makes its watches blind" 10 \
	watch_is hbwWatchState steady blind
soon "the stopped engine is replaced" 20 new_engine
check "the stopped engine has ended" gone "$old"
wait_heartbeats steady 25
check "stopped with heartbeats: no alarm" no_other_alarm
soon "the watch is alive again" 45 watch_is hbwWatchState flinkserver alive

old=$(the_engine)
pause "$old"
stop peer
need "the stopped engine is not replaced" 20 new_engine
raised_after "stopped without heartbeats" "$(seconds_after "$EPOCHREALTIME" -1)"

#
# All of hbwatchd is stopped
#

pause "${PID[hbwatchd]}" "$(the_engine)"
old=$(the_engine)
wait_heartbeats steady 50
kill -CONT "$old" "${PID[hbwatchd]}"
wait_heartbeats steady 30
check "suspended for 5 s with heartbeats: no alarm" no_other_alarm
is "the engine is the same" "$(the_engine)" "$old"

pause "${PID[hbwatchd]}" "$old"
stop peer
wait_heartbeats steady 40
now=$EPOCHREALTIME
kill -CONT "$old" "${PID[hbwatchd]}"
raised_after "suspended for 4 s without heartbeats" "$now"

# The watch "patient" is never silent for 12 s: some of its heartbeats come
# while hbwatchd is stopped.
stop patient
wait_heartbeats steady 60
old=$(the_engine)
pause "${PID[hbwatchd]}" "$old"
start_sender patient 20055
wait_heartbeats patient 20
stop patient
wait_heartbeats steady 20
kill -CONT "$old" "${PID[hbwatchd]}"
wait_heartbeats steady 60
check "a heartbeat that came during the suspend counts" no_other_alarm
start_sender patient 20055

#
# The kernel drops packets
#

# flood PID COUNT: sends that many of the peer's heartbeats as fast as possible,
# as soon as this process is stopped.  It begins before, because hbwatchd soon
# replaces an engine that is stopped.
flood() {
	start flood "$NODE_B" "${PEER_PRIORITY[@]}" python3 -c '
import socket
import sys
pid, count, source, to = sys.argv[1:]
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sender.bind((source, 0))
sender.connect((to, 20053))
print("ready", flush=True)
while ") T " not in open("/proc/%s/stat" % pid).read():
    pass
for _ in range(int(count)):
    try:
        sender.send(b"flood")
    except OSError:
        pass
' "$1" "$2" "$B4" "$A4"
	need "the flood does not begin" 20 grep -q ready "$WORK/flood.log"
}

stop peer
wait_heartbeats steady 5
old=$(the_engine)
# The ring has room for about a thousand.
flood "$old" 10000
pause "$old"
need "the flood does not end" 20 gone "${PID[flood]}"
kill -CONT "$old"
soon "a full ring: the dropped packets are counted" 5 packets_were_dropped
note "dropped: $(dropped_packets | xargs)"
is "the engine is the same" "$(the_engine)" "$old"
raises=$((raises + 1))
soon "an interruption with dropped packets is raised" 10 \
	traps_are $raises hbwAlarmRaised flinkserver
like "its detail mentions the dropped packets" \
	"$(last_trap hbwAlarmRaised flinkserver | varbind hbwAlarmDetail)" \
	"the capture lost packets"
check "no other watch is raised" no_other_alarm
start_peer
soon "a heartbeat clears it" 5 traps_are $raises hbwAlarmCleared flinkserver
stop peer
raises=$((raises + 1))
soon "a later interruption is raised" 10 \
	traps_are $raises hbwAlarmRaised flinkserver
check "its detail does not mention dropped packets" eval \
	'! last_trap hbwAlarmRaised flinkserver | grep -q "lost packets"'
for watch in steady patient; do
	is "$watch counted no interruption" \
		"$(watch_get hbwWatchInterruptions $watch)" 0
done
check "each notification arrived once and in order" \
	notifications_in_order --first 1 --once
check "hbwatchd ends on TERM" stop hbwatchd TERM
finish
