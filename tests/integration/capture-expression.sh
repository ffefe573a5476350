#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: an expression of `bpf` that is valid on other link types, but not on
#          that of its interface; the other watches of the interface are alive.
#          Then expressions with the direction of packets.
# Checks:  -t and a reload report it with its line; at the start only its own
#          watch is blind, and hbwatchd says why.  `inbound` and `not outbound`
#          match the packets of the peer.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_sender good 20001
start_sender tagged 20002 --interface "$LINK" --vlan 100
start_snmpd
start_traps

good() {
	watch_section good 20001 2s "$1"
}

bad() {
	watch_section bad "bpf $2" 2s "$1"
}

# try INTERFACE EXPRESSION REASON
try() {
	local errors line blind

	good "$1" | configure
	start_hbwatchd
	soon "$1: the watch is alive" 10 watch_is hbwWatchState good alive
	blind=$(traps hbwWatcherBlind | wc -l)
	{
		good "$1"
		bad "$1" "$2"
	} | configure
	line=$(grep -n "bpf" "$WORK/hbwatchd.conf" | cut -d : -f 1)
	errors=$(at "$NODE_A" "$BUILD/hbwatchd" -t -c "$WORK/hbwatchd.conf" \
		2>&1)
	is "$1: -t exits with status 2" $? 2
	like "$1: -t names the line" "$errors" \
		"hbwatchd.conf:$line: heartbeat \"bpf $2\": .*$3"
	mark_log
	kill -HUP "${PID[hbwatchd]}"
	soon "$1: a reload reports it" 10 log_lines_are 1 \
		"hbwatchd.conf:$line: heartbeat \"bpf $2\": .*$3"
	soon "$1: the previous configuration stays in effect" 10 \
		log_lines_are 1 "the previous configuration stays in effect"
	wait_heartbeats good 20
	is "$1: the watch is still alive" "$(watch_get hbwWatchState good)" \
		alive
	stop hbwatchd
	mark_log
	start_hbwatchd
	soon "$1: after a start the other watch is alive" 10 \
		watch_is hbwWatchState good alive
	is "$1: the watch of the expression is blind" \
		"$(watch_get hbwWatchState bad)" blind
	soon "$1: the log says why" 10 log_lines_are 1 \
		"watch \"bad\" is blind: .*$3"
	like "$1: hbwCaptureError says why" "$(walk hbwCaptureError)" \
		"watch \"bad\" is blind: .*$3"
	is "$1: the capture is not blind" "$(traps hbwWatcherBlind | wc -l)" \
		"$blind"
	wait_heartbeats good 30
	check "$1: no alarm is raised for it" traps_are 0 hbwAlarmRaised bad
	stop hbwatchd
}

try any "vlan 100 and udp port 20002" "no VLAN support"
rm -r "$WORK/state"
mkdir "$WORK/state"
try "$LINK" "type mgt subtype beacon" "802.11"

# The interface with VLANs accepts what `any` has refused.
{
	good "$LINK"
	bad "$LINK" "vlan 100 and udp port 20002"
} | configure
at "$NODE_A" "$BUILD/hbwatchd" -t -c "$WORK/hbwatchd.conf" >/dev/null
is "an Ethernet interface supports vlan" $? 0
start_hbwatchd
soon "both watches are alive" 10 watch_is hbwWatchState bad alive
is "hbwCaptureError is empty" "$(walk hbwCaptureError | tr -d '"')" ""
stop hbwatchd

# The direction: only the kernel knows it, and these must match all the same.
{
	watch_section inbound "bpf inbound and udp port 20001" 2s
	watch_section not-outbound "bpf udp port 20001 and not outbound" 2s
	watch_section any-inbound "bpf inbound and udp port 20001" 2s any
} | configure
NAMES="inbound not-outbound any-inbound"
start_hbwatchd
soon_each "$NAMES" "the watch is alive" 10 watch_is hbwWatchState @ alive
stop good
soon_each "$NAMES" "a silence raises the alarm" 10 traps_are 1 hbwAlarmRaised @
stop hbwatchd

# The number of the interface: only packets of `any` have it.
number=$(ip -n "$NODE_A" -o link show "$LINK" | cut -d : -f 1)
{
	watch_section ifindex "bpf ifindex $number and udp port 20001" 2s any
	watch_section other "bpf ifindex 999 and udp port 20001" 1h any
	watch_section beside "bpf udp port 20001" 2s any
	watch_section plain 20001 2s any
} | configure
at "$NODE_A" "$BUILD/hbwatchd" -t -c "$WORK/hbwatchd.conf" >/dev/null
is "any supports ifindex" $? 0
start_sender good 20001
start_hbwatchd
NAMES="ifindex beside plain"
soon_each "$NAMES" "the watch is alive" 10 watch_is hbwWatchState @ alive
stop good
soon_each "$NAMES" "a silence raises the alarm" 10 traps_are 1 hbwAlarmRaised @
is "packets of another interface do not count" \
	"$(watch_get hbwWatchHeartbeats other)" 0
stop hbwatchd
sed -i 's/"any"/"lo"/' "$WORK/hbwatchd.conf"
like "an Ethernet interface does not support ifindex" \
	"$(at "$NODE_A" "$BUILD/hbwatchd" -t -c "$WORK/hbwatchd.conf" 2>&1)" \
	"bpf ifindex $number .*\"lo\" supports"
finish
