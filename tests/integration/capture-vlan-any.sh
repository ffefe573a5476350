#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# VLAN tags are looked through; the loopback and the `any` device are heard.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_snmpd
start_traps

# NAME INTERFACE PEER HEARTBEAT
WATCHES="tagged $LINK $B4 udp 20001
qinq $LINK $B4 udp 20002
ipv6-tagged $LINK $B6 udp 20003
filter $LINK $B4 bpf udp dst port 20001
any any $B4 udp 20004
loopback lo 127.0.0.1 udp 20005
any-loopback any 127.0.0.1 udp 20005"

while read -r name interface peer heartbeat; do
	echo "watch \"$name\" {"
	echo "	interface = \"$interface\""
	echo "	peer = \"$peer\""
	echo "	heartbeat = \"$heartbeat\""
	echo "	interruption = 2s"
	echo "}"
done <<<"$WATCHES" | configure

start_all() {
	local raw=(--interface "$LINK" --rate 10)

	start_beat tagged --from "$B4" --to "$A4" --port 20001 \
		--vlan 100 "${raw[@]}"
	start_beat qinq --from "$B4" --to "$A4" --port 20002 \
		--vlan 200,100 "${raw[@]}"
	start_beat ipv6-tagged --from "$B6" --to "$A6" --port 20003 \
		--vlan 100 "${raw[@]}"
	start_beat plain --from "$B4" --to "$A4" --port 20004 --rate 10
	start_beat_at "$NODE_A" loopback --from 127.0.0.1 --to 127.0.0.1 \
		--port 20005 --rate 10
}

stop_all() {
	local name

	for name in tagged qinq ipv6-tagged plain loopback; do
		stop "$name"
	done
}

# each TEXT COMMAND...: soon, @ standing for the name of each watch
each() {
	local text=$1 name
	shift
	while read -r name _; do
		soon "$name: $text" 10 "${@//@/$name}"
	done <<<"$WATCHES"
}

start_hbwatchd
start_all
each "heartbeats make it alive" watch_is hbwWatchState @ alive
stop_all
each "their end raises the alarm" traps_are 1 hbwAlarmRaised @
start_all
each "their return clears it" traps_are 1 hbwAlarmCleared @
stop_all
each "and again" traps_are 2 hbwAlarmRaised @
for name in tagged qinq ipv6-tagged; do
	is "$name: each heartbeat was counted once" \
		"$(watch_get hbwWatchHeartbeats $name)" "$(sent $name)"
done
is "any: each heartbeat was counted once" \
	"$(watch_get hbwWatchHeartbeats any)" "$(sent plain)"
is "filter: each heartbeat was counted once" \
	"$(watch_get hbwWatchHeartbeats filter)" "$(sent tagged)"
finish
