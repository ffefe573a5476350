#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: heartbeat of Linux-HA on the peer; it is killed, and shut down.
# Checks:  both raise the alarm with the right cause; a new start clears it.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=peers/heartbeat.sh
. "$INTEGRATION/peers/heartbeat.sh"
begin "$HEARTBEAT"
# Without evidence the causes are those of the heartbeats alone, and no change of
# a cause is notified; see diagnosis-causes.sh.
start_observer "evidence = 0" "$(watch_section linux-ha linux-ha 3s)"

start_heartbeat b 200ms
start_hbwatchd
soon "status messages make the watch alive" 15 \
	watch_is hbwWatchState linux-ha alive

kill_with_children heartbeat-b
soon "kill -9 raises the alarm" 10 \
	traps_of_silence_are 1 hbwAlarmRaised linux-ha
is "the cause is unknown" "$(alarm_get hbwAlarmCause linux-ha)" unknown

start_heartbeat b 200ms
soon "heartbeat starts again: this clears it" 15 \
	traps_of_silence_are 1 hbwAlarmCleared linux-ha
soon "the watch is alive" 5 watch_is hbwWatchState linux-ha alive

# heartbeat needs some seconds to end.
kill "${PID[heartbeat-b]}"
soon "a shutdown raises the alarm" 25 \
	traps_of_silence_are 2 hbwAlarmRaised linux-ha
is "the cause is instanceStopped" "$(alarm_get hbwAlarmCause linux-ha)" \
	instanceStopped
soon "heartbeat has ended" 5 gone "${PID[heartbeat-b]}"
finish
