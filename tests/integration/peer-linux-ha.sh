#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Linux-HA's heartbeat as the peer: killed, and shut down.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=peers/heartbeat.sh
. "$INTEGRATION/peers/heartbeat.sh"
begin "$HEARTBEAT"
start_snmpd
start_traps

configure <<END
watch "linux-ha" {
	interface = "$LINK"
	peer = "$B4"
	heartbeat = "linux-ha"
	interruption = 3s
}
END

start_heartbeat b 200ms
start_hbwatchd
soon "its status makes it alive" 15 watch_is hbwWatchState linux-ha alive

kill_with_children heartbeat-b
soon "kill -9 raises the alarm" 10 traps_are 1 hbwAlarmRaised linux-ha
is "without a hint at the cause" "$(alarm_get hbwAlarmCause linux-ha)" unknown

start_heartbeat b 200ms
soon "its return clears it" 15 traps_are 1 hbwAlarmCleared linux-ha
soon "the watch is alive" 5 watch_is hbwWatchState linux-ha alive

# It takes its time.
kill "${PID[heartbeat-b]}"
soon "a shutdown raises it" 25 traps_are 2 hbwAlarmRaised linux-ha
is "and says so" "$(alarm_get hbwAlarmCause linux-ha)" instanceStopped
soon "it has ended" 5 gone "${PID[heartbeat-b]}"
finish
