#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: the observer itself sends heartbeats: the peer of a watch is an
#          address of the observer, from the start or later; and watches without
#          a peer, also beside a tcp-keepalive watch and for frames that do not
#          show their sender.
# Checks:  -t reports such a peer with its line; hbwatchd warns, and the watch
#          is blind as long as the address is there; own packets never count.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
MOVING=192.0.2.99
start_observer "$(watch_section good 20001 2s)" \
	"$(watch_section own 20002 2s | sed "s/$B4/$A4/")" \
	"$(watch_section own-any 20002 2s any | sed "s/$B4/$A6/")" \
	"$(watch_section moving 20003 2s | sed "s/$B4/$MOVING/")" \
	"$(watch_section group "bpf udp port 20002" 2s | grep -v "peer = ")" \
	"$(watch_section group-any "bpf udp port 20002" 2s any |
		grep -v "peer = ")"

own_line() {
	grep -n "peer = \"$1\"" "$WORK/hbwatchd.conf" | cut -d : -f 1
}

errors=$(at "$NODE_A" "$BUILD/hbwatchd" -t -c "$WORK/hbwatchd.conf" 2>&1)
is "-t exits with status 2" $? 2
for address in "$A4" "$A6"; do
	like "-t names the line of $address" "$errors" \
		"hbwatchd.conf:$(own_line "$address"): peer \"$address\" is an"
done
is "-t reports no other line" "$(wc -l <<<"$errors")" 2

start_sender good 20001
start_beat_at "$NODE_A" own --from "$A4" --to "$B4" --port 20002 --rate 10
start_beat_at "$NODE_A" own6 --from "$A6" --to "$B6" --port 20002 --rate 10
start_beat_at "$NODE_A" loopback --from 127.0.0.1 --to 127.0.0.1 --port 20002 \
	--rate 10
ip -n "$NODE_B" address add "$MOVING/32" dev "$LINK"
start_beat moving --from "$MOVING" --to "$A4" --port 20003 --rate 10
start_hbwatchd
soon_each "good moving" "heartbeats of the peer make the watch alive" 10 \
	watch_is hbwWatchState @ alive
for name in own own-any; do
	is "$name: the watch is blind" "$(watch_get hbwWatchState $name)" blind
	soon "$name: the log has a warning" 10 log_lines_are 1 \
		"watch \"$name\" is blind: peer .* is an address of this host"
done
like "hbwCaptureError says why" "$(walk hbwCaptureError)" \
	"watch \"own\" is blind: peer $A4 is an address of this host"
soon_each "group group-any" "own packets do not count: it is raised" 10 \
	traps_are 1 hbwAlarmRaised @
for name in own own-any group group-any; do
	is "$name: no heartbeat was counted" \
		"$(watch_get hbwWatchHeartbeats $name)" 0
done
is "no alarm for the blind watches" \
	"$(traps hbwAlarmRaised own)$(traps hbwAlarmRaised own-any)" ""

# The address moves to the observer, and back.
stop moving
ip -n "$NODE_B" address delete "$MOVING/32" dev "$LINK"
ip -n "$NODE_A" address add "$MOVING/32" dev "$LINK"
start_beat_at "$NODE_A" moved --from "$MOVING" --to "$B4" --port 20003 \
	--rate 10
soon "the peer becomes an address of this host: blind" 20 \
	watch_is hbwWatchState moving blind
is "the other watch is still alive" "$(watch_get hbwWatchState good)" alive
stop moved
ip -n "$NODE_A" address delete "$MOVING/32" dev "$LINK"
ip -n "$NODE_B" address add "$MOVING/32" dev "$LINK"
start_beat moving --from "$MOVING" --to "$A4" --port 20003 --rate 10
soon "the address is back at the peer: alive" 20 \
	watch_is hbwWatchState moving alive
stop hbwatchd

# discover on the observer sees both directions.
at "$NODE_A" "$BUILD/hbwatch" discover -i "$LINK" -T 3s >"$WORK/proposed" \
	2>"$WORK/discover.log"
own_proposals() {
	grep -B 1 "peer = \"$1\"" "$WORK/proposed" |
		grep -c "an address of this host: this watch is for the other"
}
is "discover says that a proposed peer is an address of this host" \
	"$(own_proposals "$A4")" 1
is "discover does not say so of the peer" "$(own_proposals "$B4")" 0

# The engine follows the segments that this host sends, for tcp-keepalive.
{
	watch_section keepalive "tcp-keepalive 7003" 1h
	watch_section good 20001 2s
	watch_section group "bpf udp port 20002" 2s | grep -v "peer = "
	watch_section floating "bpf udp port 20003" 2s | grep -v "peer = "
	watch_section lldp "bpf ether proto 0x88cc" 2s | grep -v "peer = "
	watch_section no-address "bpf udp port 20004" 2s | grep -v "peer = "
} | configure
stop moving
ip -n "$NODE_B" address delete "$MOVING/32" dev "$LINK"
ip -n "$NODE_A" address add "$MOVING/32" dev "$LINK"
start_hbwatchd
# send_frames NODE: frames that do not show their sender, on $LINK of a node
send_frames() {
	start_beat_at "$1" lldp --from "$A4" --to "$B4" --port 1 --rate 10 \
		--interface "$LINK" --ethertype 0x88cc
	start_beat_at "$1" tagged --from "$A4" --to "$B4" --port 1 --rate 10 \
		--interface "$LINK" --ethertype 0x88cc --vlan 7
	start_beat_at "$1" zeros --from 0.0.0.0 --to 255.255.255.255 \
		--port 20004 --rate 10 --interface "$LINK"
	start_beat_at "$1" zeros6 --from :: --to ff02::1 --port 20004 \
		--rate 10 --interface "$LINK"
}
send_frames "$NODE_A"
soon "beside tcp-keepalive: the peer is alive" 10 \
	watch_is hbwWatchState good alive
wait_heartbeats good 30
wait_heartbeats zeros6 30
for name in group lldp no-address; do
	is "beside tcp-keepalive: own packets do not count for $name" \
		"$(watch_get hbwWatchHeartbeats "$name")" 0
done
for name in lldp tagged zeros zeros6; do
	stop "$name"
done
send_frames "$NODE_B"
soon_each "lldp no-address" "beside tcp-keepalive: received ones count" 10 \
	watch_is hbwWatchState @ alive

# A watch without a peer depends on each address of this host.
ip -n "$NODE_A" address delete "$MOVING/32" dev "$LINK"
ip -n "$NODE_B" address add "$MOVING/32" dev "$LINK"
start_beat moving --from "$MOVING" --to "$A4" --port 20003 --rate 10
soon "no peer: packets count when their sender is no longer this host" 20 \
	watch_is hbwWatchState floating alive
finish
