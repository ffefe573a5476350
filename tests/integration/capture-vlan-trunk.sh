#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a trunk on which one node sends the same heartbeat without a VLAN
#          tag, in VLAN 10, in VLAN 20 and in VLAN 10 inside of VLAN 100.
# Checks:  the watch of each VLAN receives only its own heartbeats and is raised
#          when they stop, although those of the other VLANs go on.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_observer

# NAME INTERFACE VLAN; the heartbeat of the names with bpf is an expression.
WATCHES="none $LINK none
ten $LINK 10
twenty $LINK 20
qinq $LINK 100.10
any-none any none
any-ten any 10
any-twenty any 20
any-qinq any 100.10
bpf-ten $LINK 10
any-bpf-twenty any 20"
ALL=$(cut -d ' ' -f 1 <<<"$WATCHES" | xargs)

while read -r name interface vlan; do
	heartbeat="udp 20001"
	[[ $name == *bpf* ]] && heartbeat="bpf udp dst port 20001"
	echo "watch \"$name\" {"
	echo "	interface = \"$interface\""
	echo "	vlan = $vlan"
	echo "	peer = \"$B4\""
	echo "	heartbeat = \"$heartbeat\""
	echo "	interruption = 6s"
	echo "}"
done <<<"$WATCHES" | configure

start_hbwatchd
start_sender none 20001 --interface "$LINK"
start_sender ten 20001 --interface "$LINK" --vlan 10
start_sender twenty 20001 --interface "$LINK" --vlan 20
start_sender qinq 20001 --interface "$LINK" --vlan 100,10
soon_each "$ALL" "heartbeats make the watch alive" 10 \
	watch_is hbwWatchState @ alive

stop ten
soon_each "ten any-ten bpf-ten" "silence in VLAN 10 raises the alarm" 10 \
	traps_are 1 hbwAlarmRaised @
stop none
soon_each "none any-none" "silence without tags raises the alarm" 10 \
	traps_are 1 hbwAlarmRaised @
for name in twenty qinq any-twenty any-qinq any-bpf-twenty; do
	is "$name: the other VLANs raise no alarm" \
		"$(watch_get hbwWatchState $name)" alive
done
stop twenty
stop qinq
for name in $ALL; do
	sender=${name#any-}
	sender=${sender#bpf-}
	soon "$name: only heartbeats of its VLAN were counted" 5 \
		watch_is hbwWatchHeartbeats "$name" "$(sent "$sender")"
done
finish
