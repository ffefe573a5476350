#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a pair whose interface is deleted and comes back without a link; the
#          link comes later.
# Checks:  no watch is blind then, and heartbeats are received soon after the
#          link is up.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_pair 15s

for round in 1 2 3; do
	ip -n "$NODE_A" link delete "$LINK"
	soon "round $round: the capture has failed" 10 capture_is failed
	ip -n "$NODE_A" link add "$LINK" type veth \
		peer name "$LINK" netns "$NODE_B"
	raise_link "$NODE_B" "$B4" "$B6" "$B_LINK"
	soon "round $round: the new interface is down" 4 capture_is down
	raise_link "$NODE_A" "$A4" "$A6" "$A_LINK"
	soon "round $round: it is up: the capture runs within 3 s" 3 \
		capture_is running
	soon "round $round: heartbeats make the watch alive" 2 \
		watch_is hbwWatchState flinkserver alive
done
is "no silence was long enough for an alarm" "$(trap_count hbwAlarmRaised)" 0
finish
