#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# ucarp as the peer: killed; the other node takes over, which is a heartbeat of
# the group but none of the peer.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=peers/ucarp.sh
. "$INTEGRATION/peers/ucarp.sh"
begin ucarp
start_snmpd
start_traps

configure <<END
watch "peer" {
	interface = "$LINK"
	peer = "$B4"
	heartbeat = "carp 7"
	interruption = 2.5s
}
watch "group" {
	interface = "$LINK"
	heartbeat = "carp 7"
	interruption = 10s
}
END

master() {
	grep -qs "Switching to state: MASTER" "$WORK/ucarp-$1.log"
}

start_ucarp b 7 0
need "the peer is not the master" 15 master b
start_ucarp a 7 50
start_hbwatchd
soon "advertisements make it alive" 15 watch_is hbwWatchState peer alive

stop ucarp-b KILL
soon "kill -9 raises the alarm" 10 traps_are 1 hbwAlarmRaised peer
is "without a hint at the cause" "$(alarm_get hbwAlarmCause peer)" unknown
soon "the other node takes over" 15 master a
before=$(watch_get hbwWatchHeartbeats group)

more_of_group() {
	[ "$(watch_get hbwWatchHeartbeats group)" -gt "$before" ]
}

soon "which the group's watch hears" 10 more_of_group
is "the peer's does not" "$(watch_get hbwWatchState peer)" interrupted

start_ucarp b 7 0
soon "the peer's return clears it" 15 traps_are 1 hbwAlarmCleared peer
is "the group was never interrupted" "$(traps hbwAlarmRaised group)" ""
finish
