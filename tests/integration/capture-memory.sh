#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: 60 interfaces with a watch each; and one watch whose engine is
#          stopped for more than a second while 500 heartbeats arrive each
#          second.
# Checks:  the memory of both processes is below 40 MiB, and below twice that in
#          a reload, when the old and the new engine have their packet rings;
#          the kernel drops no packet of the stopped engine.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_observer

# memory: the resident memory of hbwatchd and its engines in KiB.  Memory that
# they share counts once; the pages of programs and libraries do not count,
# because their part depends on the other processes of the machine.
memory() {
	local pid

	for pid in "${PID[hbwatchd]}" $(engine); do
		cat "/proc/$pid/smaps"
	done 2>/dev/null |
		awk '/^[0-9a-f]+-/ { counts = $6 !~ "^/" || $6 ~ "^/memfd:" }
			counts && $1 == "Pss:" { sum += $2 }
			END { print sum + 0 }'
}

# reloaded: samples the memory, and is the reload complete?
most=0
reloaded() {
	local now

	now=$(memory)
	[ "$now" -le "$most" ] || most=$now
	log_lines_are 1 "$RELOADED" && one_engine
}

watch_section flinkserver 20053 1s | configure
start_hbwatchd
start_sender peer 20053 --rate 500
soon "heartbeats make the watch alive" 10 \
	watch_is hbwWatchState flinkserver alive
before=$(memory)
pids=$(the_engine)
pause "$pids"
wait_heartbeats peer 600
kill -CONT "$pids"
stop peer
every_heartbeat_counted() {
	[ "$(watch_get hbwWatchHeartbeats flinkserver)" = "$(sent peer)" ]
}
soon "600 heartbeats of a stopped engine are counted" 10 \
	every_heartbeat_counted
is "no packet is dropped" "$(walk hbwCaptureDropped)" 0
stop hbwatchd

if has_sanitizers; then
	note "with sanitizers the memory is not measured"
	finish
fi
check "one interface: $before KiB are less than 8 MiB" \
	[ "$before" -lt $((8 * 1024)) ]
for i in {1..30}; do
	ip -n "$NODE_A" link add "x$i" type veth peer name "y$i"
	for end in x y; do
		ip -n "$NODE_A" link set "$end$i" up
		watch_section "w$end$i" 20053 30s "$end$i"
	done
done | configure
start_hbwatchd
captures_run() {
	[ "$(walk hbwCaptureState | grep -c running)" -eq 60 ]
}
soon "all interfaces are captured" 10 captures_run
most=$(memory)
check "60 interfaces: $most KiB are less than 40 MiB" \
	[ "$most" -lt $((40 * 1024)) ]
mark_log
reload_hbwatchd
need "the reload does not end" 20 reloaded
check "60 interfaces, reload: $most KiB are less than 80 MiB" \
	[ "$most" -lt $((80 * 1024)) ]
finish
