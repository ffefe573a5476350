#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: keepalived on both nodes; each drops the advertisements of the other,
#          so both are master.
# Checks:  this raises the alarm of two active nodes, which stays the same over
#          a kill of hbwatchd, and is cleared by a configuration without it; the
#          peer is alive as long as it sends, and the advertisements of the
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
soon "both send: this raises the alarm of two active nodes" 10 \
	dual_traps_are 1 hbwAlarmRaised vrrp
is "it is critical" \
	"$(last_trap hbwAlarmRaised vrrp | varbind hbwAlarmSeverity)" critical
is "its cause is dualActive" \
	"$(last_trap hbwAlarmRaised vrrp | varbind hbwAlarmCause)" dualActive
is "two nodes are active" "$(watch_get hbwWatchActives vrrp)" 2
is "one alarm is active" "$(get hbwActiveAlarms.0)" 1
is "hbwActiveTable has its row" "$(walk hbwActiveWatch)" vrrp
wait_heartbeats clock 40
is "the alarm of the heartbeat is not raised" \
	"$(alarm_get hbwAlarmCount vrrp)" 0

stop hbwatchd KILL
start_hbwatchd
wait_heartbeats clock 20
is "after a kill the alarm is still active" \
	"$(alarm_get hbwAlarmState vrrp 45640001)" raised
check "and it is not raised again" dual_traps_are 1 hbwAlarmRaised vrrp
check "and it is not cleared" dual_traps_are 0 hbwAlarmCleared vrrp
kill_engine
soon "a new engine starts" 10 new_engine
wait_heartbeats clock 20
check "a new engine does not raise it again" \
	dual_traps_are 1 hbwAlarmRaised vrrp

cp "$WORK/hbwatchd.conf" "$WORK/with"
sed '/heartbeat/a dual-active = none' "$WORK/with" | configure
reload_hbwatchd
soon "a configuration without the alarm clears it" 10 \
	dual_traps_are 1 hbwAlarmCleared vrrp
is "the row is gone" "$(walk hbwAlarmState | wc -l)" 1
is "no alarm is active" "$(get hbwActiveAlarms.0)" 0
configure <"$WORK/with"
reload_hbwatchd
soon "with the alarm again, it is raised again" 15 \
	dual_traps_are 2 hbwAlarmRaised vrrp

kill_with_children peer
soon "only the observer's node sends: the alarm of the heartbeat is raised" 10 \
	alarm_is hbwAlarmState vrrp raised
soon "and that of two active nodes is cleared" 20 \
	dual_traps_are 2 hbwAlarmCleared vrrp
wait_heartbeats clock 20
is "the alarm stays active" "$(alarm_get hbwAlarmState vrrp)" raised
start_keepalived peer "$NODE_B"
soon "the peer starts again: this clears it" 15 \
	alarm_is hbwAlarmState vrrp cleared
finish
