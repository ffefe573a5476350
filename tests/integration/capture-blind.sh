#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What was not watched accuses nobody: an engine that faults, one that is
# stopped for long, a machine that sleeps, packets that the kernel drops.  What
# is silent all the same is raised, when it has been watched for long enough.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_snmpd
start_traps

{
	watch_section flinkserver 20053 2s
	watch_section steady 20054 2s
	watch_section patient 20055 12s
} | configure
start_beat steady --from "$B4" --to "$A4" --port 20054 --rate 10
start_beat patient --from "$B4" --to "$A4" --port 20055 --rate 10
beat() {
	start_beat peer --from "$B4" --to "$A4" --port 20053 --rate 10
}
beat
start_hbwatchd
soon "heartbeats make it alive" 10 watch_is hbwWatchState flinkserver alive
raises=0

nobody_was_accused() {
	traps_are 0 hbwAlarmRaised steady && traps_are 0 hbwAlarmRaised patient &&
		traps_are "$raises" hbwAlarmRaised flinkserver
}

# raised_after TEXT TIME: not before it was watched for 2 s from then on, and
# then soon
raised_after() {
	local at

	raises=$((raises + 1))
	soon "$1: what is silent is raised" 15 \
		traps_are $raises hbwAlarmRaised flinkserver
	at=$(seconds_of "$(traps hbwAlarmRaised flinkserver | tail -n 1 |
		varbind hbwAlarmRaisedTime)")
	check "$1: not for a time that was not watched" awk -v at="$at" \
		-v from="$2" 'BEGIN { exit !(at >= from + 2 - 0.2) }'
	check "$1: and not much later" awk -v at="$at" -v from="$2" \
		'BEGIN { exit !(at <= from + 2 + 4) }'
	check "$1: nobody else was accused" nobody_was_accused
	beat
	soon "$1: cleared by a heartbeat" 5 \
		traps_are $raises hbwAlarmCleared flinkserver
}

drops() {
	client snmpbulkwalk -OQUv "$AGENT" HBWATCH-MIB::hbwCaptureDropped
}

dropped() {
	[ "$(drops)" -gt 0 ]
}

#
# It faults
#

# Twice only: one that dies again and again is another story.
kill_engine SEGV
soon "SEGV: a new engine within 2 s" 2 new_engine
wait_heartbeats steady 25
check "SEGV with heartbeats: no alarm" nobody_was_accused
stop peer
now=$EPOCHREALTIME
kill_engine ABRT
soon "ABRT: another" 2 new_engine
raised_after "ABRT with none" "$now"

#
# It is stopped, and does not come back
#

old=$(the_engine)
pause "$old"
soon "a stopped engine is blindness after some seconds" 10 \
	watch_is hbwWatchState steady blind
soon "it is replaced" 20 new_engine
check "and is no more" gone "$old"
wait_heartbeats steady 25
check "stopped with heartbeats: no alarm" nobody_was_accused
soon "it is alive" 45 watch_is hbwWatchState flinkserver alive

old=$(the_engine)
pause "$old"
stop peer
need "it is not replaced" 20 new_engine
raised_after "stopped with none" "$(seconds_after "$EPOCHREALTIME" -1)"

#
# Everything sleeps
#

pause "${PID[hbwatchd]}" "$(the_engine)"
old=$(the_engine)
wait_heartbeats steady 50
kill -CONT "$old" "${PID[hbwatchd]}"
wait_heartbeats steady 30
check "asleep for 5 s with heartbeats: no alarm" nobody_was_accused
is "with the engine that it had" "$(the_engine)" "$old"

pause "${PID[hbwatchd]}" "$old"
stop peer
wait_heartbeats steady 40
now=$EPOCHREALTIME
kill -CONT "$old" "${PID[hbwatchd]}"
raised_after "asleep for 4 s with none" "$now"

# Patient has not been silent for 12 s: heartbeats go on, but the sleeper slept
# for half of its time twice.
stop patient
wait_heartbeats steady 60
old=$(the_engine)
pause "${PID[hbwatchd]}" "$old"
start_beat patient --from "$B4" --to "$A4" --port 20055 --rate 10
wait_heartbeats patient 20
stop patient
wait_heartbeats steady 20
kill -CONT "$old" "${PID[hbwatchd]}"
wait_heartbeats steady 60
check "a heartbeat that came while it slept counts" nobody_was_accused
start_beat patient --from "$B4" --to "$A4" --port 20055 --rate 10

#
# Packets are dropped
#

# flood SECONDS: of datagrams that are the peer's heartbeats, as fast as can be
flood() {
	at "$NODE_B" python3 - "$1" "$B4" "$A4" <<'END'
import socket
import sys
import time
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sender.bind((sys.argv[2], 0))
sender.connect((sys.argv[3], 20053))
end, count = time.monotonic() + float(sys.argv[1]), 0
while time.monotonic() < end:
    for _ in range(100):
        try:
            sender.send(b"flood")
            count += 1
        except OSError:
            pass
print("# %d heartbeats in a flood" % count)
END
}

stop peer
wait_heartbeats steady 5
old=$(the_engine)
pause "$old"
flood 3
kill -CONT "$old"
soon "a full ring's losses are counted" 5 dropped
note "dropped: $(drops | xargs)"
is "by the engine that it had" "$(the_engine)" "$old"
raises=$((raises + 1))
soon "an interruption in such a time is raised" 10 \
	traps_are $raises hbwAlarmRaised flinkserver
like "and says so" "$(traps hbwAlarmRaised flinkserver | tail -n 1 |
	varbind hbwAlarmDetail)" "the capture lost packets"
check "nobody else was accused" nobody_was_accused
beat
soon "cleared" 5 traps_are $raises hbwAlarmCleared flinkserver
stop peer
raises=$((raises + 1))
soon "one in another time" 10 traps_are $raises hbwAlarmRaised flinkserver
check "does not say so" eval '! traps hbwAlarmRaised flinkserver | tail -n 1 |
	grep -q "lost packets"'
for watch in steady patient; do
	is "$watch counted no interruption" \
		"$(watch_get hbwWatchInterruptions $watch)" 0
done
check "each notification once and in order" notifications_in_order --first 1 --once
check "it ends on TERM" stop hbwatchd TERM
finish
