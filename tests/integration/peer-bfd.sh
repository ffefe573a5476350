#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: BFD between two bfdd of FRR; the peer's is killed, and its session is
#          shut down.
# Checks:  both raise the alarm, with the right cause, and the end of both
#          clears it.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=peers/frr.sh
. "$INTEGRATION/peers/frr.sh"
begin "${FRR_PROGRAMS[@]}"
# Without evidence the causes are those of the heartbeats alone, and no change of
# a cause is notified; see diagnosis-causes.sh.
start_observer "evidence = 0" "$(watch_section bfd bfd 2s)"

start_frr a
start_frr b
start_bfdd a 100
start_bfdd b 100
# Before the session is up, a watch with 2 s could raise its alarm.
need "the session does not come up" 20 bfd_is_up a
start_hbwatchd
soon "the session makes the watch alive" 15 watch_is hbwWatchState bfd alive

stop bfdd-b KILL
soon "kill -9 raises the alarm" 10 traps_are 1 hbwAlarmRaised bfd
is "the cause is unknown" "$(alarm_get hbwAlarmCause bfd)" unknown
is "the watch is interrupted" "$(watch_get hbwWatchState bfd)" interrupted

start_bfdd b 100
soon "bfdd starts again: this clears it" 15 traps_are 1 hbwAlarmCleared bfd
soon "the watch is alive" 5 watch_is hbwWatchState bfd alive

check "the session is shut down" bfd_shutdown b
soon "a shutdown raises the alarm" 10 traps_are 2 hbwAlarmRaised bfd
is "the cause is instanceStopped" "$(alarm_get hbwAlarmCause bfd)" \
	instanceStopped

check "the session is started again" bfd_shutdown b no
soon "this clears the alarm" 15 traps_are 2 hbwAlarmCleared bfd
is "each notification arrived once" "$(sequences)" "2 3 4 5"
finish
