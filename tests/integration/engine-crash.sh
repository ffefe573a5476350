#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a pair whose engine is killed, with and without heartbeats, and during
#          a reload.
# Checks:  a new engine continues to count heartbeats and to detect silences,
#          and no alarm is invented or raised twice.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_sender steady 20054
start_pair 2s "$(watch_section steady 20054 2s)"

for round in 1 2 3; do
	kill_engine
	soon "kill $round: a new engine within a second" 1 new_engine
	# The engine that was killed counts no heartbeat any more.
	count=$(watch_get hbwWatchHeartbeats flinkserver)
	soon "kill $round: heartbeats are still counted" 10 \
		heartbeats_over flinkserver "$count"
	is "kill $round: the restart is counted" \
		"$(walk hbwCaptureRestarts)" "$round"
done
wait_heartbeats steady 30
is "no alarm was raised" "$(trap_count hbwAlarmRaised)" 0
is "no alarm is active" "$(get hbwActiveAlarms.0)" 0

stop peer
soon "a real silence raises the alarm" 10 \
	traps_are 1 hbwAlarmRaised flinkserver
kill_engine
soon "kill 4: a new engine" 5 new_engine
wait_heartbeats steady 30
is "the alarm stays active" "$(alarm_get hbwAlarmState flinkserver)" raised
is "the alarm was not raised again" "$(alarm_get hbwAlarmCount flinkserver)" 1
start_peer
soon "a heartbeat clears it" 10 traps_are 1 hbwAlarmCleared flinkserver

stop peer
kill_engine
soon "a silence during a kill is raised" 10 \
	traps_are 2 hbwAlarmRaised flinkserver
is "the other watch was never raised" "$(trap_count hbwAlarmRaised steady)" 0

# A reload orders the engine to take the waiting packets and to end.  A paused
# engine is killed before it does so.
two_engines() {
	[ "$(engine | wc -w)" -eq 2 ]
}
restarts=$(walk hbwCaptureRestarts)
mark_log
paused=$(the_engine)
pause "$paused"
reload_hbwatchd
need "the reload starts no engine" 5 two_engines
kill -KILL "$paused"
soon "kill during a reload: the new engine takes over" 5 one_engine
is "kill during a reload: a gap is counted" \
	"$(walk hbwCaptureRestarts)" $((restarts + 1))
check "kill during a reload: it is logged" \
	test "$(log_count "the engine ended unexpectedly")" -eq 1
check "hbwatchd is running" running hbwatchd
finish
