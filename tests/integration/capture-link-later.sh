#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# An interface that comes back without a link, which comes later: nothing is
# blind then, and heartbeats are heard soon after the link is there.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_snmpd
start_traps

configure <<END
watch "flinkserver" {
	interface = "$LINK"
	peer = "$B4"
	heartbeat = "udp 20053"
	interruption = 5s
}
END
start_beat peer --from "$B4" --to "$A4" --port 20053 --rate 10
start_hbwatchd
soon "heartbeats make it alive" 10 watch_is hbwWatchState flinkserver alive

capture_is() {
	[ "$(client snmpbulkwalk -OQUv "$AGENT" \
		HBWATCH-MIB::hbwCaptureState)" = "$1" ]
}

for round in 1 2 3; do
	ip -n "$NODE_A" link delete "$LINK"
	soon "round $round: the capture failed" 10 capture_is failed
	ip -n "$NODE_A" link add "$LINK" type veth \
		peer name "$LINK" netns "$NODE_B"
	raise_link "$NODE_B" "$B4" "$B6" "$B_LINK"
	soon "round $round: the new interface is down" 4 capture_is down
	raise_link "$NODE_A" "$A4" "$A6" "$A_LINK"
	soon "round $round: up, it is listened on within 3 s" 3 \
		capture_is running
	soon "round $round: heartbeats are heard" 2 \
		watch_is hbwWatchState flinkserver alive
done
is "no silence was long enough for an alarm" \
	"$(traps hbwAlarmRaised | wc -l)" 0
finish
