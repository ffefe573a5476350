#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: keepalived on both nodes, for a group with a floating IP address; the
#          observer's node has the higher priority.
# Checks:  stops, kills and returns of a master move the group, and raise no
#          alarm of two active nodes; the columns show who is active.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin keepalived
start_observer "$(watch_section vrrp "vrrp 51" 20s "$LINK" \
	'floating-ip = "192.0.2.100"' | sed '/peer =/d')"
keepalived_conf peer 3 4 51 100 0.2
keepalived_conf own 3 4 51 200 0.2

# masters NAME: how often keepalived became master
masters() {
	grep -c "Entering MASTER STATE" "$WORK/$1.log"
}

# masters_are NAME COUNT
masters_are() {
	[ "$(masters "$1")" -eq "$2" ]
}

start_sender clock 20054
start_keepalived peer "$NODE_B"
soon "the peer is master" 15 keepalived_is_master peer
start_hbwatchd
soon "advertisements make the watch alive" 10 watch_is hbwWatchState vrrp alive
soon "one node is active" 5 watch_is hbwWatchActives vrrp 1

# ticks: the heartbeats that were sent so far, ten a second
ticks() {
	grep -c ^sent "$WORK/clock.beats"
}

ticks_are() {
	[ "$(ticks)" -ge "$1" ]
}

# pause_claims: waits, because claims of an address count for 10 s
pause_claims() {
	need "the clock has stopped" 20 ticks_are $(($(ticks) + 110))
}

start_keepalived own "$NODE_A"
soon "the observer's node takes over" 15 masters_are own 1
soon "the floating IP is here" 10 watch_is hbwWatchFloatingIpState vrrp here
pause_claims
stop own
soon "the peer takes over after a stop" 15 masters_are peer 2
soon "one node is active" 5 watch_is hbwWatchActives vrrp 1
pause_claims
start_keepalived own "$NODE_A"
soon "the observer's node takes over again" 15 masters_are own 2
pause_claims
kill_with_children own
# keepalived does not remove the address when it is killed.
ip -n "$NODE_A" address del 192.0.2.100/24 dev "$LINK"
soon "the peer takes over after a kill" 15 masters_are peer 3
pause_claims
is "one node is active" "$(watch_get hbwWatchActives vrrp)" 1
is "no alarm was raised" "$(trap_count hbwAlarmRaised)" 0
finish
