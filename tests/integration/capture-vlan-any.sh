#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: heartbeats without VLAN tags and with one and two of them, on the
#          interface, on the loopback, and on the `any` device.
# Checks:  each watch is raised and cleared, and counts each heartbeat once.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_observer

# NAME INTERFACE PEER HEARTBEAT
WATCHES="tagged $LINK $B4 udp 20001
qinq $LINK $B4 udp 20002
ipv6-tagged $LINK $B6 udp 20003
filter $LINK $B4 bpf udp dst port 20001
any any $B4 udp 20004
any-tagged any $B4 udp 20001
any-qinq any $B4 udp 20002
any-ipv6-tagged any $B6 udp 20003
any-filter any $B4 bpf udp dst port 20001
any-filter-qinq any $B4 bpf udp dst port 20002
loopback lo 127.0.0.1 udp 20005
any-loopback any 127.0.0.1 udp 20005"
NAMES=$(cut -d ' ' -f 1 <<<"$WATCHES" | xargs)

while read -r name interface peer heartbeat; do
	echo "watch \"$name\" {"
	echo "	interface = \"$interface\""
	echo "	peer = \"$peer\""
	echo "	heartbeat = \"$heartbeat\""
	echo "	interruption = 2s"
	echo "}"
done <<<"$WATCHES" | configure

start_all() {
	start_sender qinq 20002 --interface "$LINK" --vlan 200,100
	start_sender tagged 20001 --interface "$LINK" --vlan 100
	start_beat ipv6-tagged --from "$B6" --to "$A6" --port 20003 \
		--interface "$LINK" --vlan 100 --rate 10
	start_sender plain 20004
	start_beat_at "$NODE_A" loopback --from 127.0.0.1 --to 127.0.0.1 \
		--port 20005 --rate 10
}

stop_all() {
	local name

	for name in tagged qinq ipv6-tagged plain loopback; do
		stop "$name"
	done
}

start_hbwatchd
check_cycle "$NAMES"
for name in tagged qinq ipv6-tagged; do
	is "$name: each heartbeat was counted once" \
		"$(watch_get hbwWatchHeartbeats $name)" "$(sent $name)"
done
is "any: each heartbeat was counted once" \
	"$(watch_get hbwWatchHeartbeats any)" "$(sent plain)"
for name in tagged qinq ipv6-tagged; do
	is "any-$name: each heartbeat was counted once" \
		"$(watch_get hbwWatchHeartbeats any-$name)" "$(sent $name)"
done
for name in filter any-filter; do
	is "$name: each heartbeat was counted once" \
		"$(watch_get hbwWatchHeartbeats $name)" "$(sent tagged)"
done
is "any-filter-qinq: each heartbeat was counted once" \
	"$(watch_get hbwWatchHeartbeats any-filter-qinq)" "$(sent qinq)"
finish
