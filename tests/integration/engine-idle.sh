#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# With nothing to hear and nothing due hbwatchd sleeps; and what happens to a
# link is noticed all the same.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_snmpd

configure <<END
watch "flinkserver" {
	interface = "$LINK"
	peer = "$B4"
	heartbeat = "udp 20053"
	interruption = 1h
}
END
start_hbwatchd

capture_is() {
	[ "$(client snmpbulkwalk -OQUv "$AGENT" \
		HBWATCH-MIB::hbwCaptureState)" = "$1" ]
}

# wake_ups: of all processes of hbwatchd, so far
wake_ups() {
	local pid

	for pid in "${PID[hbwatchd]}" $(engine); do
		cat "/proc/$pid/status"
	done | awk '/^voluntary_ctxt/ { n += $2 } END { print n }'
}

# seconds_over TIME SECONDS: since the machine was started
seconds_over() {
	awk -v then="$1" -v more="$2" '{ exit $1 < then + more }' /proc/uptime
}

soon "the capture runs" 10 capture_is running
for round in 1 2 3; do
	ip -n "$NODE_A" link set "$LINK" down
	soon "round $round: that it is down is noticed within 2 s" 2 \
		capture_is down
	ip -n "$NODE_A" link set "$LINK" up
	soon "round $round: and that it is up" 2 capture_is running
done

read -r now _ </proc/uptime
before=$(wake_ups)
wait_for 30 seconds_over "$now" 20
count=$(($(wake_ups) - before))
note "$count wake-ups in 20 s"
check "about two seconds from one wake-up to the next" [ "$count" -le 20 ]
finish
