#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a pair whose engine is killed once, and then again and again; and an
#          engine that always fails to start.
# Checks:  one crash is repaired without a notification; repeated crashes are
#          notified as blindness, and their end too; no silence is invented;
#          starts that fail are tried less and less often.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_pair 3s "$(watch_section other 20054 3s lo)"

kill_engine SEGV
soon "the engine crashes once: a new engine" 5 new_engine
wait_heartbeats peer 20
is "one crash is not notified" "$(trap_count hbwWatcherBlind)" 0

for ((kills = 0; kills < 10; kills++)); do
	wait_for 5 new_engine || break
	kill_engine KILL
	wait_heartbeats peer 7
done
soon "the engine crashes again and again: blindness is notified" 5 \
	capture_traps_are 1 hbwWatcherBlind
like "the notification has a reason" "$(traps hbwWatcherBlind |
	grep "= $LINK\b" | varbind hbwCaptureError)" '[a-z]'
is "each capture is notified" "$(capture_trap_count hbwWatcherBlind lo)" 1
stop peer
soon "a new engine runs" 10 new_engine
soon "the silent peer is raised" 20 traps_are 1 hbwAlarmRaised flinkserver
start_peer
soon "a heartbeat clears it" 10 traps_are 1 hbwAlarmCleared flinkserver
soon "the crashes end: the end of blindness is notified" 60 \
	capture_traps_are 1 hbwWatcherRestored
soon "each capture is notified as restored" 5 traps_are 2 hbwWatcherRestored
soon "the watch is alive" 5 watch_is hbwWatchState flinkserver alive
is "blindness and its end were notified once" \
	"$(capture_trap_count hbwWatcherBlind) $(capture_trap_count \
		hbwWatcherRestored)" "1 1"
is "no other silence was raised" "$(trap_count hbwAlarmRaised flinkserver)" 1
check "each notification arrived once and in order" \
	notifications_in_order --first 1 --once
check "hbwatchd ends on TERM" stop hbwatchd TERM

#
# An engine that fails to start
#

# starts COUNT: that many have failed, or more
starts() {
	[ "$(log_count "the new engine did not start")" -ge "$1" ]
}

# hbwatchd executes the engine that is in its own directory.
mkdir "$WORK/own"
cp "$BUILD/hbwatchd" "$WORK/own"
cp "$(type -P false)" "$WORK/own/hbwatch-engine"
mark_log
BUILD=$WORK/own start_hbwatchd
soon "the start of the engine fails: it is started again" 20 starts 10
begin_us=${EPOCHREALTIME/./}
soon "it is started again" 20 starts 12
check "after ten times, at least 1.5 s pass between two of them" \
	[ $((${EPOCHREALTIME/./} - begin_us)) -ge 3000000 ]
soon "blindness is notified" 10 capture_traps_are 2 hbwWatcherBlind
check "hbwatchd ends on TERM" stop hbwatchd TERM
finish
