#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: engines open their captures slowly.  During that, the interface goes
#          down, or has come up again; or another one gets its name before an
#          engine begins.
# Checks:  the silence of an interface that is down counts; the time in which
#          nothing is captured is not taken for a silence.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin cc
EVIDENCE=0

# The path of a library for LD_PRELOAD must not contain a blank.
library=$(mktemp /var/tmp/hbw-slow-capture.XXXXXX) ||
	bail_out "no temporary file"
slow=$(mktemp -u /var/tmp/hbw-slow-capture.XXXXXX)
trap 'rm -f "$library" "$slow"; clean_up' EXIT
cc -shared -fPIC -o "$library" "$TOOLS/slow-capture.c" ||
	bail_out "cannot compile slow-capture.c"
chmod 755 "$library"
# With the sanitizers, their library is not the first one then.
HBWATCHD_ENV=("LD_PRELOAD=$library" "SLOW_CAPTURE=$slow"
	"ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0")

# hold: lets no capture be opened until `let_go`
hold() {
	: >"$slow"
	chmod 666 "$slow"
}

let_go() {
	rm "$slow"
}

capture_error() {
	capture_get hbwCaptureError
}

# lose_link_during_reload: the engine of the reload finds the interface up, and
# cannot open it
lose_link_during_reload() {
	hold
	mark_log
	reload_hbwatchd
	need "the reload opens no capture" 10 test -s "$slow"
	ip -n "$NODE_A" link set "$LINK" down
	let_go
	soon "$1: the new configuration is in effect" 10 \
		log_lines_are 1 "$RELOADED"
}

# captures_are COUNT: the packet sockets of the engines
captures_are() {
	[ "$(at "$NODE_A" sed 1d /proc/net/packet | wc -l)" -eq "$1" ]
}

silence_is_over() {
	[ "$(watch_get hbwWatchSilenceSeconds flinkserver)" -gt "$1" ]
}

start_observer "$(watch_section flinkserver 20053 6s)"
start_peer
hold
run_hbwatchd
need "hbwatchd does not answer" 20 hbwatchd_answers
need "the first engine opens no capture" 10 test -s "$slow"
is "before the first capture is open, its state is failed" \
	"$(capture_get hbwCaptureState)" failed
is "the reason is that it is not open yet" "$(capture_error)" \
	"the engine has not opened the capture yet"
let_go
soon "the capture is opened" 10 capture_is running
is "it has no error" "$(capture_error)" ""
soon "heartbeats make the watch alive" 10 \
	watch_is hbwWatchState flinkserver alive

lose_link_during_reload "interface down"
soon "the silence counts: the alarm is raised" 20 \
	alarm_is hbwAlarmState flinkserver raised
check "the capture is down" capture_is down
is "no watch was blind" "$(log_count "blind until")" 0
raise_link "$NODE_A" "$A4" "$A6" "$A_LINK"
soon "the interface is up: the alarm is cleared" 10 \
	alarm_is hbwAlarmState flinkserver cleared

raises=$(trap_count hbwAlarmRaised)
lose_link_during_reload "interface up again"
hold
raise_link "$NODE_A" "$A4" "$A6" "$A_LINK"
soon "until the capture is open, the watch is blind" 4 \
	watch_is hbwWatchState flinkserver blind
need "no engine opens the capture" 10 test -s "$slow"
soon "no heartbeat was captured for longer than the limit" 20 silence_is_over 6
let_go
soon "the capture is opened: the watch is alive" 10 \
	watch_is hbwWatchState flinkserver alive
is "no alarm was raised" "$(trap_count hbwAlarmRaised)" "$raises"

hold
reload_hbwatchd
need "the reload opens no capture" 10 test -s "$slow"
pause "${PID[hbwatchd]}"
let_go
need "the new engine does not open its capture" 10 captures_are 2
# It has some of them in its ring.
wait_for 10 sent_over peer $(($(sent peer) + 10))
ip -n "$NODE_A" link delete "$LINK"
ip -n "$NODE_A" link add "$LINK" type veth peer name "$LINK" netns "$NODE_B"
raise_link "$NODE_B" "$B4" "$B6" "$B_LINK"
raise_link "$NODE_A" "$A4" "$A6" "$A_LINK"
# At ten a second: for longer than the limit.
wait_for 20 sent_over peer $(($(sent peer) + 80))
kill -CONT "${PID[hbwatchd]}"
soon "another interface: its capture makes the watch alive" 10 \
	watch_is hbwWatchState flinkserver alive
is "another interface: no alarm was raised" \
	"$(trap_count hbwAlarmRaised)" "$raises"
finish
