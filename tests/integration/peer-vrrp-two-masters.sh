#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Both nodes believe that they are the master: the peer is heard as long as it
# speaks, and the observer's own advertisements are not taken for the peer's.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin keepalived
start_snmpd
start_traps

configure <<END
watch "vrrp" {
	interface = "$LINK"
	peer = "192.0.2.22"
	heartbeat = "vrrp 51"
	interruption = 2.5s
}
END
# Each node drops the other's advertisements, and so neither steps back.
OWN=192.0.2.21 PEER=192.0.2.22
keepalived_conf peer 2 4 51 100 1 "mcast_src_ip $PEER"
keepalived_conf own 2 4 51 200 1 "mcast_src_ip $OWN"
# deafen NODE ITS-ADDRESS THE-OTHERS
deafen() {
	ip -n "$1" address add "$2/24" dev "$LINK"
	ip -n "$1" route add blackhole "$3/32"
	at "$1" sh -c "echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter"
}
deafen "$NODE_A" "$OWN" "$PEER"
deafen "$NODE_B" "$PEER" "$OWN"

master() {
	grep -q "Entering MASTER STATE" "$WORK/$1.log"
}

start_beat clock --from "$B4" --to "$A4" --port 20054 --rate 10
start_keepalived peer "$NODE_B"
start_keepalived own "$NODE_A"
soon "the peer is master" 15 master peer
soon "and so is the observer's node" 15 master own
start_hbwatchd
soon "the peer is heard" 10 watch_is hbwWatchState vrrp alive
wait_heartbeats clock 40
is "and no alarm is raised while both speak" \
	"$(traps hbwAlarmRaised | wc -l)" 0
kill_with_children peer
soon "the peer's end raises the alarm although its own node speaks" 10 \
	traps_are 1 hbwAlarmRaised
wait_heartbeats clock 20
is "which stands" "$(alarm_get hbwAlarmState vrrp)" raised
start_keepalived peer "$NODE_B"
soon "the peer's return clears it" 15 alarm_is hbwAlarmState vrrp cleared
finish
