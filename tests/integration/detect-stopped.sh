#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a pair whose engine, agent, or both are stopped for longer than the
#          interruption time while heartbeats go on.
# Checks:  no alarm is raised for that time.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_pair 1s

for who in engine agent both; do
	case $who in
	engine) pids=$(engine) ;;
	agent) pids=${PID[hbwatchd]} ;;
	both) pids="$(engine) ${PID[hbwatchd]}" ;;
	esac
	# shellcheck disable=SC2086 # several pids
	pause $pids
	wait_heartbeats peer 30
	# shellcheck disable=SC2086
	kill -CONT $pids
	wait_heartbeats peer 15
	soon "$who stopped for 3 s: the watch is alive afterwards" 10 \
		watch_is hbwWatchState flinkserver alive
	is "$who stopped for 3 s: no alarm is raised" \
		"$(trap_count hbwAlarmRaised)" 0
	is "$who stopped for 3 s: no interruption is counted" \
		"$(watch_get hbwWatchInterruptions flinkserver)" 0
done
stop peer
soon "a real silence raises the alarm" 10 \
	traps_are 1 hbwAlarmRaised flinkserver
finish
