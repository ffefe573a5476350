#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: hbwatchd with watches on 60 interfaces, whose captures the kernel
#          closes in more than a second.
# Checks:  a reload does not wait for that: the old engine is not killed, and
#          no time is unmonitored.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_observer
for ((i = 0; i < 60; i += 2)); do
	ip -n "$NODE_A" link add "many$i" type veth peer name "many$((i + 1))"
	ip -n "$NODE_A" link set "many$i" up
	ip -n "$NODE_A" link set "many$((i + 1))" up
	watch_section "w$i" 20100 1h "many$i"
	watch_section "w$((i + 1))" 20100 1h "many$((i + 1))"
done | configure
watch_section flinkserver 20053 1s >>"$WORK/hbwatchd.conf"
start_peer
start_hbwatchd
soon "heartbeats make the watch alive" 10 \
	watch_is hbwWatchState flinkserver alive
for round in 1 2 3; do
	mark_log
	remember_engine
	reload_hbwatchd
	soon "reload $round: it takes effect" 20 log_lines_are 1 "$RELOADED"
	soon "reload $round: the old engine has ended" 20 new_engine
	# The search for leaks makes the end of an engine slow.
	has_sanitizers || is "reload $round: no engine is killed" \
		"$(log_count 'killing')" 0
	is "reload $round: no time is unmonitored" \
		"$(log_count 'no monitoring for')" 0
done
is "no alarm was raised" "$(trap_count hbwAlarmRaised)" 0
check "hbwatchd ends on TERM" stop hbwatchd TERM
finish
