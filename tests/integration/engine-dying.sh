#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# An engine that dies again and again sees nothing: that is told, and so is its
# end.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_snmpd
start_traps

{
	watch_section flinkserver 20053 3s
	watch_section other 20054 3s lo
} | configure
start_beat peer --from "$B4" --to "$A4" --port 20053 --rate 10
start_hbwatchd
soon "heartbeats make it alive" 10 watch_is hbwWatchState flinkserver alive

about_link() {
	traps "$1" | grep -c "hbwCaptureInterface\.[0-9]* = $LINK\b"
}

link_traps_are() {
	[ "$(about_link "$2")" -eq "$1" ]
}

kill_engine SEGV
soon "it dies once: another" 5 new_engine
wait_heartbeats peer 20
is "which nobody is told of" "$(traps hbwWatcherBlind | wc -l)" 0

for ((kills = 0; kills < 10; kills++)); do
	wait_for 5 new_engine || break
	kill_engine KILL
	wait_heartbeats peer 7
done
soon "it dies again and again: blind" 5 link_traps_are 1 hbwWatcherBlind
like "with a reason" "$(traps hbwWatcherBlind | grep "= $LINK\b" |
	varbind hbwCaptureError)" '[a-z]'
is "all that it captured is" "$(traps hbwWatcherBlind | grep -c '= lo\b')" 1
stop peer
soon "it lives" 10 new_engine
soon "what is silent is raised" 20 traps_are 1 hbwAlarmRaised flinkserver
start_beat peer --from "$B4" --to "$A4" --port 20053 --rate 10
soon "and cleared" 10 traps_are 1 hbwAlarmCleared flinkserver
soon "it lives on: restored" 60 link_traps_are 1 hbwWatcherRestored
soon "all of it" 5 traps_are 2 hbwWatcherRestored
soon "the watch is alive" 5 watch_is hbwWatchState flinkserver alive
is "each was told once" \
	"$(about_link hbwWatcherBlind) $(about_link hbwWatcherRestored)" "1 1"
is "and no silence invented" "$(traps hbwAlarmRaised flinkserver | wc -l)" 1
check "in order" notifications_in_order --first 1 --once
check "it ends on TERM" stop hbwatchd TERM
finish
