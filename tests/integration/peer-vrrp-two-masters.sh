#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: keepalived on both nodes; each drops the advertisements of the other,
#          so both are master.
# Checks:  the peer is alive as long as it sends, and the advertisements of the
#          observer's own node do not count for it.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin keepalived
OWN=192.0.2.21 PEER=192.0.2.22
start_observer "$(watch_section vrrp "vrrp 51" 2.5s | sed "s/$B4/$PEER/")"
keepalived_conf peer 2 4 51 100 1 "mcast_src_ip $PEER"
keepalived_conf own 2 4 51 200 1 "mcast_src_ip $OWN"

# drop_other NODE ITS-ADDRESS OTHER-ADDRESS: the kernel of the node drops what
# the other sends, because the reverse path is a blackhole
drop_other() {
	ip -n "$1" address add "$2/24" dev "$LINK"
	ip -n "$1" route add blackhole "$3/32"
	at "$1" sh -c "echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter"
}
drop_other "$NODE_A" "$OWN" "$PEER"
drop_other "$NODE_B" "$PEER" "$OWN"

start_sender clock 20054
start_keepalived peer "$NODE_B"
start_keepalived own "$NODE_A"
soon "the peer is master" 15 keepalived_is_master peer
soon "the observer's node is master" 15 keepalived_is_master own
start_hbwatchd
soon "advertisements make the watch alive" 10 watch_is hbwWatchState vrrp alive
wait_heartbeats clock 40
is "both send: no alarm is raised" "$(trap_count hbwAlarmRaised)" 0
kill_with_children peer
soon "only the observer's node sends: the alarm is raised" 10 \
	traps_are 1 hbwAlarmRaised
wait_heartbeats clock 20
is "the alarm stays active" "$(alarm_get hbwAlarmState vrrp)" raised
start_keepalived peer "$NODE_B"
soon "the peer starts again: this clears it" 15 \
	alarm_is hbwAlarmState vrrp cleared
finish
