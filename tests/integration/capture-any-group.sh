#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: node a has an interface that filters multicast as a network card does
#          (a macvlan); nobody on node a has joined a group.  The peer sends
#          VRRP, and UDP to a group of the user's choice.
# Checks:  discover and watches on `any` receive the groups, and a warning says
#          that the interface itself is better.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin keepalived
GROUP=239.192.7.12
SWITCH=${NODE_A%-a}-s
ip netns add "$SWITCH"
NODES+=("$SWITCH")
ip -n "$NODE_A" link set "$LINK" netns "$SWITCH"
ip -n "$SWITCH" link set "$LINK" up
ip -n "$SWITCH" link add link "$LINK" name card type macvlan mode vepa
ip -n "$SWITCH" link set card netns "$NODE_A"
ip -n "$NODE_A" address add "$A4/24" dev card
ip -n "$NODE_A" link set card up
ip -n "$NODE_B" route add "$GROUP/32" dev "$LINK"
start_observer
{
	watch_section group "vrrp 51" 5s any
	watch_section chosen 20001 5s any "local = \"$GROUP\""
	watch_section unicast 20002 5s any
} | configure

keepalived_conf peer 2 4 51 150 1
start_keepalived peer "$NODE_B"
start_beat chosen --from "$B4" --to "$GROUP" --port 20001 --rate 10
start_sender unicast 20002
need "keepalived is not master" 30 keepalived_is_master peer
at "$NODE_A" timeout 3 tcpdump -i any -c 1 "ip proto 112 or dst $GROUP" \
	>"$WORK/tcpdump.out" 2>&1
is "the card hides the groups from a capture on any" "$?" 124

at "$NODE_A" "$BUILD/hbwatch" discover -i any -T 5s >"$WORK/found.conf" 2>&1
for heartbeat in "vrrp 51" "udp 20001" "udp 20002"; do
	check "discover -i any finds $heartbeat" \
		grep -q "heartbeat = \"$heartbeat\"" "$WORK/found.conf"
done

start_hbwatchd
soon_each "group chosen unicast" "a watch on any receives heartbeats" 10 \
	watch_is hbwWatchState @ alive
remember_engine
reload_hbwatchd
soon "a reload starts a new engine" 10 new_engine
# counted_over WATCH COUNT: has it received more heartbeats than that?
counted_over() {
	[ "$(watch_get hbwWatchHeartbeats "$1")" -gt "$2" ]
}
for watch in group chosen; do
	soon "$watch: heartbeats are received after a reload" 10 counted_over \
		$watch "$(($(watch_get hbwWatchHeartbeats $watch) + 3))"
done
is "no alarm is raised" "$(trap_count hbwAlarmRaised)" 0
at "$NODE_A" "$BUILD/hbwatchd" -t -c "$WORK/hbwatchd.conf" \
	>"$WORK/test.out" 2>&1
is "a warning is no error of -t" "$?" 0
is "-t warns about the groups, with their lines" \
	"$(sed -n 's/.*:\([0-9]*\): warning: interface "any".*/\1/p' \
		"$WORK/test.out" | xargs)" \
	"$(grep -n interface "$WORK/hbwatchd.conf" | cut -d : -f 1 |
		head -n 2 | xargs)"
finish
