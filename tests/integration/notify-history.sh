#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: more notifications than the configured size of the history, restarts,
#          a stopped snmpd, and other sizes.
# Checks:  hbwHistoryTable has the newest rows with the right delivery, also
#          after a restart.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
SIZE=100
begin
EVIDENCE=0
start_pair 5s "history = $SIZE" "storm = off" "$(watch_sections 20 300ms)"

# column NAME: prints a line `index value` for each row
column() {
	client snmpbulkwalk -t 2 -r 2 -OQUs "$AGENT" \
		"HBWATCH-MIB::hbwHistory$1" |
		sed -n 's/^hbwHistory[A-Za-z]*\.\([0-9]*\) = /\1 /p'
}

# rows_are FIRST LAST: does the history have exactly these rows, in order?
rows_are() {
	[ "$(column Event | cut -d ' ' -f 1 | xargs)" = \
		"$(seq "$1" "$2" | xargs)" ]
}

rows_are_delivered() {
	[ "$(column Delivery | cut -d ' ' -f 2 | sort -u)" = delivered ]
}

# rows_are_the_newest: are there exactly the newest $SIZE rows, without those of
# hbwWatcherStarted and hbwWatcherStopped, which do not count?
rows_are_the_newest() {
	rows_are "$(get hbwHistoryOldest.0)" \
		"$(get hbwNotificationSequence.0)" &&
		[ "$(column Event | grep -vc 'started\|stopped')" -eq "$SIZE" ]
}

soon "twenty watches without heartbeats are raised" 10 arrived_from 1 21
is "hbwHistorySize is the configured size" "$(get hbwHistorySize.0)" "$SIZE"
is "hbwHistoryOldest is the first row" "$(get hbwHistoryOldest.0)" 1
soon "the history has all twenty rows" 5 rows_are 1 21
soon "the rows are delivered" 5 rows_are_delivered

# Each of the twenty watches is cleared and raised once a second.
start_sender flap 20100-20119 --rate 1
wrong=0
for ((round = 0; round < 10; round++)); do
	column Watch >"$WORK/walk"
	sort -nuc "$WORK/walk" || wrong=1
	wait_heartbeats peer 5
done
enough() {
	[ "$(get hbwNotificationSequence.0)" -gt $((SIZE + 40)) ]
}
soon "there were more notifications than the history keeps" 30 enough
is "a walk is in order while rows come and go" "$wrong" 0
stop flap
soon "all twenty are active at the end" 5 get_is hbwActiveAlarms.0 20
soon "all notifications are delivered" 10 all_delivered
soon "the history has the newest rows" 5 rows_are_the_newest
oldest=$(get hbwHistoryOldest.0)
is "hbwHistoryOldest is the oldest of them" "$oldest" \
	$(($(get hbwNotificationSequence.0) - SIZE + 1))
last=$(get hbwNotificationSequence.0)
is "the newest row is the last notification" \
	"$(get "hbwHistoryKey.$last") $(get "hbwHistorySerial.$last")" \
	"$(grep "hbwNotificationSequence.0 = $last\b" "$TRAPS" |
		varbind hbwAlarmKey) $(grep \
		"hbwNotificationSequence.0 = $last\b" "$TRAPS" |
		varbind hbwAlarmSerial)"

#
# Restarts
#

for signal in TERM KILL; do
	save_values
	stop hbwatchd "$signal"
	start_hbwatchd
	values_are_unchanged "restart after $signal: the history is unchanged"
	is "restart after $signal: hbwHistoryOldest is unchanged" \
		"$(get hbwHistoryOldest.0)" "$oldest"
done

#
# snmpd is stopped, and hbwatchd is killed
#

mark_log
pause "${PID[snmpd]}"
# One heartbeat each, so that each alarm is raised once after it.
start_sender flap 20100-20119 --duration 0.05
soon "twenty alarms are cleared while snmpd is stopped" 10 \
	log_clears_are 20 "w[0-9]*"
soon "twenty alarms are raised while snmpd is stopped" 10 \
	log_raises_are 20 "w[0-9]*"
stop hbwatchd KILL
kill -CONT "${PID[snmpd]}"
start_hbwatchd
soon "after kill -9 they are delivered" 20 all_delivered
soon "after kill -9 the rows are delivered" 5 rows_are_delivered
# Three starts and one orderly stop are notified, too.
is "no notification is lost" "$(get hbwNotificationSequence.0)" $((last + 44))
check "the history has the newest rows" rows_are_the_newest
check "the notifications arrived in order" notifications_in_order --first 1

#
# Another size
#

for size in 120 100; do
	sed -i "s/^history = .*/history = $size/" "$WORK/hbwatchd.conf"
	mark_log
	reload_hbwatchd
	soon "size $size: hbwatchd has reloaded" 10 log_lines_are 1 "$RELOADED"
	soon "size $size: the history has the newest rows" 10 \
		rows_are_the_newest
	is "size $size: hbwHistorySize is the configured size" \
		"$(get hbwHistorySize.0)" "$size"
done
check "hbwatchd ends on TERM" stop hbwatchd TERM
finish
