#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: hbwatchd without heartbeats and without a deadline for an hour.
# Checks:  its processes wake up at most 20 times in 20 s, and it still notices
#          within 2 s when a link goes down or up.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_observer "$(watch_section flinkserver 20053 1h)"
start_hbwatchd

# wake_ups: how often the processes of hbwatchd have waited and run again
wake_ups() {
	local pid

	for pid in "${PID[hbwatchd]}" $(engine); do
		cat "/proc/$pid/status"
	done | awk '/^voluntary_ctxt/ { n += $2 } END { print n }'
}

# uptime_over TIME SECONDS: is the uptime more than the sum?
uptime_over() {
	awk -v then="$1" -v more="$2" '{ exit $1 < then + more }' /proc/uptime
}

soon "the capture runs" 10 capture_is running
for round in 1 2 3; do
	ip -n "$NODE_A" link set "$LINK" down
	soon "round $round: link down is noticed within 2 s" 2 capture_is down
	ip -n "$NODE_A" link set "$LINK" up
	soon "round $round: link up is noticed within 2 s" 2 capture_is running
done

read -r now _ </proc/uptime
before=$(wake_ups)
wait_for 30 uptime_over "$now" 20
count=$(($(wake_ups) - before))
note "$count wake-ups in 20 s"
check "there are at most 20 wake-ups in 20 s" [ "$count" -le 20 ]
finish
