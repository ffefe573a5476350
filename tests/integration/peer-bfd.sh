#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# FRR's bfdd as the peer: killed, and its session shut down.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=peers/frr.sh
. "$INTEGRATION/peers/frr.sh"
begin "${FRR_PROGRAMS[@]}"
start_snmpd
start_traps

configure <<END
watch "bfd" {
	interface = "$LINK"
	peer = "$B4"
	heartbeat = "bfd"
	interruption = 2s
}
END

start_frr a
start_frr b
start_bfdd a 100
start_bfdd b 100
# Before it is up a watch of 2 s may be told of nothing.
need "the session does not come up" 20 bfd_is_up a
start_hbwatchd
soon "the session makes it alive" 15 watch_is hbwWatchState bfd alive

stop bfdd-b KILL
soon "kill -9 raises the alarm" 10 traps_are 1 hbwAlarmRaised bfd
is "without a hint at the cause" "$(alarm_get hbwAlarmCause bfd)" unknown
is "the watch is interrupted" "$(watch_get hbwWatchState bfd)" interrupted

start_bfdd b 100
soon "its return clears it" 15 traps_are 1 hbwAlarmCleared bfd
soon "the watch is alive" 5 watch_is hbwWatchState bfd alive

check "the session is shut down" bfd_shutdown b
soon "that raises it" 10 traps_are 2 hbwAlarmRaised bfd
is "and says so" "$(alarm_get hbwAlarmCause bfd)" instanceStopped

check "the session is brought back" bfd_shutdown b no
soon "that clears it" 15 traps_are 2 hbwAlarmCleared bfd
is "there is one alarm for each" \
	"$(varbind hbwNotificationSequence <"$TRAPS" | xargs)" "1 2 3 4"
finish
