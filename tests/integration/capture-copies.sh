#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: the `any` device of an observer whose interface is a port of a
#          bridge, so that it captures each packet twice.
# Checks:  each heartbeat counts once; hbwCaptureDuplicates counts the copies,
#          and they do not count for `recovery`.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
ip -n "$NODE_A" link add bridge type bridge ||
	skip_all "the kernel has no bridges"
ip -n "$NODE_A" address delete "$A4/24" dev "$LINK"
ip -n "$NODE_A" link set "$LINK" master bridge
ip -n "$NODE_A" address add "$A4/24" dev bridge
ip -n "$NODE_A" link set bridge up
start_observer "$(watch_section port 20053 6s)" \
	"$(watch_section any 20053 6s any "recovery = 6")" \
	"$(watch_section filter "bpf udp port 20053" 6s any)"
start_hbwatchd
start_peer
soon_each "port any filter" "heartbeats make the watch alive" 10 \
	watch_is hbwWatchState @ alive
wait_heartbeats peer 30
stop peer
soon_each "port any filter" "a silence raises the alarm" 10 \
	traps_are 1 hbwAlarmRaised @
for watch in port any filter; do
	is "$watch: each heartbeat was counted once" \
		"$(watch_get hbwWatchHeartbeats $watch)" "$(sent peer)"
	is_about "$watch: the interval in ms" \
		"$(watch_get hbwWatchInterval $watch)" 100 20
done
is "hbwCaptureHeartbeats of both interfaces" \
	"$(walk hbwCaptureHeartbeats | xargs)" "$(sent peer) $(sent peer)"
is "only any has copies" "$(walk hbwCaptureDuplicates | sort -n | xargs)" \
	"0 $(sent peer)"
start_sender few 20053 --rate 20 --duration 0.2
wait_for 10 gone "${PID[few]}"
soon "few heartbeats clear the alarm without recovery" 10 \
	traps_are 1 hbwAlarmCleared filter
is "their copies do not count for recovery" \
	"$(trap_count hbwAlarmCleared any)" 0
finish
