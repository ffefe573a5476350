#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: heartbeats inside MPLS, with and without a VLAN tag, on an interface
#          and on the `any` device; another sender of the same port.
# Checks:  a watch with `decapsulate` counts each of them once and is raised
#          and cleared; a watch without it never receives one.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_snmpd
start_traps

OTHER=192.0.2.13
NAMES="mpls tagged ipv6 any any-tagged filter"

# decapsulating NAME INTERFACE PEER HEARTBEAT
decapsulating() {
	echo "watch \"$1\" {"
	echo "	interface = \"$2\""
	echo "	peer = \"$3\""
	echo "	heartbeat = \"$4\""
	echo "	decapsulate = true"
	echo "	interruption = 2s"
	echo "}"
}

start_all() {
	start_sender mpls 20001 --interface "$LINK" --mpls 16
	start_sender tagged 20002 --interface "$LINK" --mpls 17 --vlan 100
	start_beat ipv6 --from "$B6" --to "$A6" --port 20003 --rate 10 \
		--interface "$LINK" --mpls 18
}

stop_all() {
	local name

	for name in mpls tagged ipv6; do
		stop "$name"
	done
}

{
	decapsulating mpls "$LINK" "$B4" "udp 20001"
	decapsulating tagged "$LINK" "$B4" "udp 20002"
	decapsulating ipv6 "$LINK" "$B6" "udp 20003"
	decapsulating any any "$B4" "udp 20001"
	decapsulating any-tagged any "$B4" "udp 20002"
	decapsulating filter "$LINK" "$B4" "bpf udp dst port 20001"
	watch_section plain 20001 1h
} | configure
start_hbwatchd
start_beat other --from "$OTHER" --to "$A4" --port 20001 --rate 10 \
	--interface "$LINK" --mpls 16
check_cycle "$NAMES"
for name in mpls any filter; do
	is "$name: each heartbeat was counted once" \
		"$(watch_get hbwWatchHeartbeats $name)" "$(sent mpls)"
done
for name in tagged any-tagged; do
	is "$name: each heartbeat was counted once" \
		"$(watch_get hbwWatchHeartbeats $name)" "$(sent tagged)"
done
is "ipv6: each heartbeat was counted once" \
	"$(watch_get hbwWatchHeartbeats ipv6)" "$(sent ipv6)"
is "a watch without decapsulate receives nothing" \
	"$(watch_get hbwWatchHeartbeats plain)" 0
finish
