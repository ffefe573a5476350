#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: the observer is a router.  It forwards the heartbeats that the peer
#          sends to a third node, over IPv4 and IPv6, and sends packets to both
#          itself.  Watches on both interfaces and on `any`; first without, then
#          with expressions.
# Checks:  each forwarded heartbeat counts once for each watch; own packets do
#          not count; a silence raises the alarm.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=lib/router.sh
. "$INTEGRATION/lib/router.sh"
begin
make_far_node "$NODE_A"
ip -n "$NODE_B" route add default via "$A4"
ip -n "$NODE_B" route add default via "$A6"

# for_interfaces COMMAND...: runs the command with @ replaced by each interface
for_interfaces() {
	local interface

	for interface in "$LINK" "$FAR_LINK" any; do
		"${@//@/$interface}"
	done
}

# own_watch NAME EXPRESSION INTERFACE: a watch without a peer, never raised
own_watch() {
	watch_section "$1" "bpf $2" 1h "$3" | grep -v "peer = "
}

plain_watches() {
	for_interfaces watch_section "udp-@" 20053 6s @
	for_interfaces watch_section "udp6-@" 20063 6s @ | sed "s/$B4/$B6/"
}

expressions() {
	for_interfaces watch_section "bpf-@" "bpf udp port 20053" 6s @
	for_interfaces watch_section "bpf6-@" "bpf udp port 20063" 6s @ |
		sed "s/$B4/$B6/"
	# Packets that this host sends: with its address, and without one.
	for_interfaces own_watch "own-@" "udp port 20054 or udp port 20064" @
	for_interfaces own_watch "own-arp-@" \
		"arp src host $A4 or arp src host $ROUTER4" @
}

start_senders() {
	start_beat peer --from "$B4" --to "$FAR4" --port 20053 --rate 10
	start_beat peer6 --from "$B6" --to "$FAR6" --port 20063 --rate 10
}

# send_own NAME FROM TO PORT
send_own() {
	start_beat_at "$NODE_A" "own-$1" --from "$2" --to "$3" --port "$4" \
		--rate 10
}

# check_watches TEXT KIND...: the watches KIND-INTERFACE count what was sent
check_watches() {
	local text=$1 kind names='' name

	shift
	for kind in "$@"; do
		names+=" $(for_interfaces echo "$kind-@" | xargs)"
	done
	soon_each "$names" "$text: forwarded heartbeats make it alive" 10 \
		watch_is hbwWatchState @ alive
	wait_heartbeats peer 20
	stop peer
	stop peer6
	soon_each "$names" "$text: a silence raises the alarm" 10 \
		traps_are 1 hbwAlarmRaised @
	for name in $names; do
		kind=peer
		[[ $name != *6-* ]] || kind=peer6
		is "$name: $text: each heartbeat was counted once" \
			"$(watch_get hbwWatchHeartbeats "$name")" \
			"$(sent "$kind")"
	done
}

start_observer "$(plain_watches)"
start_hbwatchd
start_senders
check_watches "without expressions" udp udp6
is "without expressions: there are no duplicates" \
	"$(walk hbwCaptureDuplicates | xargs)" "0 0 0"
stop hbwatchd

{
	plain_watches
	expressions
} | configure
STATE=$WORK/empty
mkdir "$STATE"
: >"$TRAPS"
rm "$WORK"/peer*.beats
send_own near "$A4" "$B4" 20054
send_own far "$ROUTER4" "$FAR4" 20054
send_own near6 "$A6" "$B6" 20064
send_own far6 "$ROUTER6" "$FAR6" 20064
start_hbwatchd
start_senders
check_watches "beside expressions" udp udp6 bpf bpf6
# The observer asks for these addresses, which nobody has.
for address in "${B4%.*}.200" "${FAR4%.*}.200"; do
	at "$NODE_A" ping -c 1 -W 1 "$address" >/dev/null
done
wait_heartbeats own-far6 10
for name in $(for_interfaces echo own-@ own-arp-@ | xargs); do
	is "$name: own packets do not count" \
		"$(watch_get hbwWatchHeartbeats "$name")" 0
done
check "hbwatchd ends on TERM" stop hbwatchd
finish
