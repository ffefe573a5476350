#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: thousands of notifications in a burst, while snmpd works, is stopped,
#          and is killed.
# Checks:  each notification arrives, in order; hbwatchd answers always, and
#          its memory does not grow.
#
#   HBW_BURST   the number of notifications: 6000; 100000 for a long test
#   HBW_STOP    the seconds for which snmpd is stopped: 6; 60 for a long test
#   HBW_KILLS   how often snmpd is killed: 3; 8 for a long test

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
BURST=${HBW_BURST:-6000}
STOP=${HBW_STOP:-6}
KILLS=${HBW_KILLS:-3}
WATCHES=500
begin ss
EVIDENCE=0
# Over UDP, traps that snmpd has sent could be lost.
SINK=tcp:$SINK
start_sender late 20054
start_pair 5s "storm = off" "$(watch_section late 20054 1s)" \
	"$(watch_sections "$WATCHES" 400ms)"
daemon=${PID[hbwatchd]}

arrived_over() {
	[ "$(grep -c 'snmpTrapOID.0 = hbw' "$TRAPS")" -gt "$1" ]
}

# arrived_or_none_left COUNT
arrived_or_none_left() {
	arrived_over "$1" || nothing_is_pending
}

# wait_arrivals COUNT: until that many more have arrived, or all
wait_arrivals() {
	local now

	now=$(grep -c 'snmpTrapOID.0 = hbw' "$TRAPS")
	need "no more notifications arrive" 60 \
		arrived_or_none_left $((now + $1))
}

# sink_is_closed: has snmptrapd read all, and closed the connection?
sink_is_closed() {
	[ -z "$(at "$NODE_A" ss -Htn state established state close-wait \
		"sport = :${SINK##*:}")" ]
}

# Each watch is raised and cleared once a second: 1000 notifications a second.
start_sender burst 20100-20599 --rate 1 --duration $((BURST / WATCHES / 2))
need "the burst does not begin" 30 arrived_over $((2 * WATCHES))
small=$(memory_kib "$daemon")

pause "${PID[snmpd]}"
stop late
wait_heartbeats peer $((10 * STOP))
check "snmpd is stopped: hbwatchd is running" running hbwatchd
kill -CONT "${PID[snmpd]}"
need "snmpd does not answer again" 30 snmpd_answers
soon "snmpd continues: hbwatchd answers" 20 hbwatchd_answers
check "snmpd continues: the newest state can be read at once" \
	wait_for 3 alarm_is hbwAlarmState late raised
note "pending: $(get hbwNotificationsPending.0)"
wait_arrivals 500

for ((kill = 1; kill <= KILLS; kill++)); do
	stop snmpd KILL
	# snmptrapd would read the connections of both in turn.
	need "snmptrapd has not read what snmpd has sent" 60 sink_is_closed
	run_snmpd
	soon "kill $kill of snmpd: hbwatchd answers again" 20 hbwatchd_answers
	[ "$kill" -eq "$KILLS" ] || wait_heartbeats peer 10
done
enough() {
	[ "$(get hbwNotificationSequence.0)" -ge $((BURST - 2 * WATCHES)) ]
}
need "the sender does not end" $((BURST / WATCHES / 2 + 60)) \
	gone "${PID[burst]}"
# On a busy machine, several silences may be one for the engine.
for ((more = 0; more < 20; more++)); do
	! enough || break
	start_sender burst 20100-20599 --rate 1 --duration 2
	need "the sender does not end" 60 gone "${PID[burst]}"
done
check "the burst had enough notifications" enough
soon "all alarms are active at its end" 20 active_alarms_are $((WATCHES + 1))
soon "all notifications are delivered" $((BURST / 300 + 60)) \
	all_delivered
last=$(get hbwNotificationSequence.0)
note "$last notifications"
check "they arrived in order, and duplicates have the same content" \
	notifications_in_order --first 1 --last "$last"
is "each interruption has one raise" \
	"$(walk hbwWatchInterruptions |
		awk '{ sum += $1 } END { print sum + 0 }')" \
	"$(traps hbwAlarmRaised | varbind hbwNotificationSequence | sort -u |
		wc -l)"
is "the steady watch was never raised" \
	"$(trap_count hbwAlarmRaised flinkserver)" 0
is "hbwatchd is the same process" "$(xargs <<<"${PID[hbwatchd]}")" "$daemon"
large=$(memory_kib "$daemon")
note "resident: $small KiB after the first thousand, $large KiB at the end"
has_sanitizers || check "the memory has not grown with the notifications" \
	test "$large" -lt $((small + small / 2 + 8192))

#
# All watches are raised within a second while snmpd is stopped
#

# A busy machine may delay heartbeats for more than 400 ms.
printf '%s\n' "storm = off" "$(watch_section flinkserver 20053 5s)" \
	"$(watch_section late 20054 1s)" "$(watch_sections "$WATCHES" 3s)" |
	configure
mark_log
reload_hbwatchd
soon "hbwatchd has reloaded" 20 log_lines_are 1 "$RELOADED"
start_sender burst 20100-20599 --rate 5
soon "heartbeats clear $WATCHES alarms" 20 get_is hbwActiveAlarms.0 1
soon "the clears are delivered" 20 all_delivered
first=$(($(get hbwNotificationSequence.0) + 1))
: >"$TRAPS"
mark_log
pause "${PID[snmpd]}"
stop burst
soon "$WATCHES alarms are raised while snmpd is stopped" 10 \
	log_raises_are "$WATCHES" "w[0-9]*"
wait_heartbeats peer 10
is "no notification arrives" "$(grep -c snmpTrapOID "$TRAPS")" 0
kill -CONT "${PID[snmpd]}"
soon "snmpd continues: the raises arrive" 20 \
	arrived_from $first $((first + WATCHES - 1))
soon "no notification is pending" 10 get_is hbwNotificationsPending.0 0
wait_heartbeats peer 10
check "each of the $WATCHES raises arrives once, in order" \
	notifications_in_order --once --first $first \
	--last $((first + WATCHES - 1))
is "the table has the same number of active alarms" \
	"$(get hbwActiveAlarms.0)" $((WATCHES + 1))
# libnetsnmp leaks some octets when the connection to snmpd is lost, so a build
# with sanitizers ends with a failure.
stop hbwatchd
status=$?
has_sanitizers || is "hbwatchd ends on TERM" "$status" 0
finish
