#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Thousands of notifications in a burst through a unix AgentX socket, while
# snmpd is well, is stopped, and is killed: each arrives, in order, and nothing
# hangs or grows.
#
#   HBW_BURST   how many, 6000; by hand 100000
#   HBW_STOP    for how many seconds snmpd is stopped, 6; by hand 60
#   HBW_KILLS   how often it is killed, 3; by hand 8

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
BURST=${HBW_BURST:-6000}
STOP=${HBW_STOP:-6}
KILLS=${HBW_KILLS:-3}
WATCHES=500
begin
# What snmpd has taken must not be lost behind it: no datagrams.
SINK=tcp:$SINK
start_traps
start_snmpd

{
	for ((i = 0; i < WATCHES; i++)); do
		watch_section "w$i" $((20100 + i)) 400ms
	done
	watch_section steady 20053 5s
	watch_section late 20054 1s
} | configure
start_beat steady --from "$B4" --to "$A4" --port 20053 --rate 10
start_beat late --from "$B4" --to "$A4" --port 20054 --rate 10
start_hbwatchd
soon "heartbeats make it alive" 10 watch_is hbwWatchState steady alive
daemon=${PID[hbwatchd]}

told_over() {
	[ "$(grep -c 'snmpTrapOID.0 = hbw' "$TRAPS")" -gt "$1" ]
}

numbered_over() {
	[ "$(get hbwNotificationSequence.0)" -gt "$1" ]
}

pending_over() {
	local pending

	pending=$(get hbwNotificationsPending.0) && [ "$pending" -gt "$1" ]
}

# pass_told COUNT: until so many more have arrived
pass_told() {
	local now

	now=$(grep -c 'snmpTrapOID.0 = hbw' "$TRAPS")
	need "notifications have stopped coming" 60 told_over $((now + $1))
}

# Raised and cleared once a second, each of them: 1000 notifications.
start_beat burst --from "$B4" --to "$A4" --port 20100-20599 --rate 1 \
	--duration $((BURST / WATCHES / 2))
need "no burst" 30 told_over $((2 * WATCHES))
small=$(memory_kib "$daemon")

pause "${PID[snmpd]}"
stop late
wait_heartbeats steady $((10 * STOP))
check "stopped: hbwatchd lives" running hbwatchd
kill -CONT "${PID[snmpd]}"
need "snmpd does not answer again" 30 snmpd_answers
soon "go on: it answers again" 20 hbwatchd_answers
check "the newest state can be read at once" \
	wait_for 3 alarm_is hbwAlarmState late raised
note "pending then: $(get hbwNotificationsPending.0)"
pass_told 500

for ((kill = 1; kill <= KILLS; kill++)); do
	stop snmpd KILL
	run_snmpd
	soon "kill $kill: it answers again" 20 hbwatchd_answers
	[ "$kill" -eq "$KILLS" ] || wait_heartbeats steady 10
done
need "the sender does not end" $((BURST / WATCHES / 2 + 60)) \
	gone "${PID[burst]}"
soon "nothing is pending, and all has arrived" $((BURST / 300 + 60)) \
	all_delivered
last=$(get hbwNotificationSequence.0)
note "$last notifications"
check "all of the burst" test "$last" -ge $((BURST - 2 * WATCHES))
check "in order, and what came twice was the same" \
	notifications_in_order --first 1 --last "$last"
is "each watch is in it as often as it was interrupted" \
	"$(client snmpbulkwalk -OQUv "$AGENT" HBWATCH-MIB::hbwWatchInterruptions |
		awk '{ sum += $1 } END { print sum + 0 }')" \
	"$(traps hbwAlarmRaised | varbind hbwNotificationSequence | sort -u |
		wc -l)"
is "the steady one was not" "$(traps hbwAlarmRaised steady | wc -l)" 0
is "it is the process that it was" "$(xargs <<<"${PID[hbwatchd]}")" "$daemon"
large=$(memory_kib "$daemon")
note "resident: $small KiB after the first thousand, $large KiB at the end"
has_sanitizers || check "and has not grown with what it told" \
	test "$large" -lt $((small + small / 2 + 8192))

#
# All of them raised within a second, and nobody to tell it to
#

start_beat burst --from "$B4" --to "$A4" --port 20100-20599 --rate 5
soon "heartbeats clear $WATCHES" 20 get_is hbwActiveAlarms.0 1
soon "which is told" 20 all_delivered
first=$(($(get hbwNotificationSequence.0) + 1))
: >"$TRAPS"
mark_log
pause "${PID[snmpd]}"
stop burst
soon "they raise $WATCHES while snmpd is stopped" 10 \
	log_lines_are "$WATCHES" "raised, watch \"w[0-9]"
wait_heartbeats steady 10
is "which nobody is told" "$(grep -c snmpTrapOID "$TRAPS")" 0
kill -CONT "${PID[snmpd]}"
soon "let go: it is" 20 arrived_from $first $((first + WATCHES - 1))
soon "nothing is pending" 10 get_is hbwNotificationsPending.0 0
wait_heartbeats steady 10
check "$WATCHES, in order, none twice" \
	notifications_in_order --once --first $first --last $((first + WATCHES - 1))
is "the table agrees" "$(get hbwActiveAlarms.0)" $((WATCHES + 1))
# The library forgets some octets at each loss of the master, which is a
# failure where leaks are looked for.
stop hbwatchd
status=$?
has_sanitizers || is "it ends on TERM" "$status" 0
finish
