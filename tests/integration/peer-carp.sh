#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: CARP between two ucarp; the master on the peer is killed, and the
#          observer's ucarp takes over.
# Checks:  the watch on the peer is interrupted, and so is a watch on the group:
#          the advertisements of the observer's own node do not count.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=peers/ucarp.sh
. "$INTEGRATION/peers/ucarp.sh"
begin ucarp
# Without evidence the causes are those of the heartbeats alone, and no change of
# a cause is notified; see diagnosis-causes.sh.
start_observer "evidence = 0" "$(watch_section peer "carp 7" 2.5s)" \
	"$(watch_section group "carp 7" 4s | grep -v "peer = ")"

ucarp_is_master() {
	grep -qs "Switching to state: MASTER" "$WORK/ucarp-$1.log"
}

start_ucarp b 7 0
need "the peer is not the master" 15 ucarp_is_master b
start_ucarp a 7 50
start_hbwatchd
soon "advertisements make the watch alive" 15 \
	watch_is hbwWatchState peer alive

stop ucarp-b KILL
soon "kill -9 raises the alarm" 10 traps_are 1 hbwAlarmRaised peer
is "the cause is unknown" "$(alarm_get hbwAlarmCause peer)" unknown
soon "the other node becomes master" 15 ucarp_is_master a
before=$(watch_get hbwWatchHeartbeats group)
soon "its advertisements do not count for the group, either" 15 \
	traps_are 1 hbwAlarmRaised group
is "no heartbeat was counted since" "$(watch_get hbwWatchHeartbeats group)" \
	"$before"
is "the watch on the peer is interrupted, too" \
	"$(watch_get hbwWatchState peer)" interrupted

start_ucarp b 7 0
soon "the peer starts again: this clears the alarm" 15 \
	traps_are 1 hbwAlarmCleared peer
soon "the alarm of the group, too" 10 traps_are 1 hbwAlarmCleared group
finish
