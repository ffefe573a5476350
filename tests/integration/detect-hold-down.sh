#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a watch with an interruption time of 1 s and a hold-down of 2 s.
# Checks:  a silence of less than 3 s raises no alarm, a longer one does so
#          after 3 s; the watch is late in between; the clear is not delayed.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_observer \
	"$(watch_section flinkserver 20053 1s "$LINK" "hold-down = 2s")" \
	"$(watch_section quick 20053 1s)"
start_peer
start_hbwatchd
soon "heartbeats make the watch alive" 10 \
	watch_is hbwWatchState flinkserver alive

stop peer
soon "without a hold-down the alarm is raised" 10 \
	traps_are 1 hbwAlarmRaised quick
is "with a hold-down the watch is late" \
	"$(watch_get hbwWatchState flinkserver)" late
start_peer
soon "heartbeats make the watch alive again" 10 \
	watch_is hbwWatchState flinkserver alive
soon "the other alarm is cleared" 10 traps_are 1 hbwAlarmCleared quick
check "this silence was too short" traps_are 0 hbwAlarmRaised flinkserver

mark_time
stop peer
last=$(last_sent peer)
soon "a longer silence raises the alarm" 10 \
	traps_are 1 hbwAlarmRaised flinkserver
is_on_time "after 3 s" "$(seconds_of "$(traps hbwAlarmRaised flinkserver |
	varbind hbwAlarmRaisedTime)")" "$(seconds_after "$last" 3)" 0.2
like "the detail has the whole silence" "$(traps hbwAlarmRaised flinkserver |
	varbind hbwAlarmDetail)" "for 3(\.000)? s"
start_peer
soon "the clear is not delayed" 2 traps_are 1 hbwAlarmCleared flinkserver
is "it was raised once" "$(watch_get hbwWatchInterruptions flinkserver)" 1
finish
