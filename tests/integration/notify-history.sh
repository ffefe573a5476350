#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# hbwHistoryTable: so many as configured, the oldest go first, what is pending
# is there too, and it outlives hbwatchd.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
SIZE=100
begin
start_snmpd
start_traps

{
	echo "history = $SIZE"
	for ((i = 0; i < 20; i++)); do
		watch_section "w$i" $((20100 + i)) 300ms
	done
	watch_section steady 20054 5s
} | configure
start_beat steady --from "$B4" --to "$A4" --port 20054 --rate 10
start_hbwatchd

column() {
	client snmpbulkwalk -t 2 -r 2 -OQUs "$AGENT" "HBWATCH-MIB::hbwHistory$1" |
		sed -n 's/^hbwHistory[A-Za-z]*\.\([0-9]*\) = /\1 /p'
}

# rows_are FIRST LAST: exactly those, in their order
rows_are() {
	[ "$(column Event | cut -d ' ' -f 1 | xargs)" = \
		"$(seq "$1" "$2" | xargs)" ]
}

all_delivered() {
	[ "$(column Delivery | cut -d ' ' -f 2 | sort -u)" = delivered ]
}

# The newest $SIZE are there, and no others.
rows_are_the_newest() {
	local last

	last=$(get hbwNotificationSequence.0)
	rows_are $((last > SIZE ? last - SIZE + 1 : 1)) "$last"
}

# Twenty raises, and a clear and a raise of each a second.
soon "twenty raises" 10 arrived_from 1 20
is "the size is the configured one" "$(get hbwHistorySize.0)" "$SIZE"
is "the oldest is the first" "$(get hbwHistoryOldest.0)" 1
soon "they are all there" 5 rows_are 1 20
check "delivered" all_delivered

start_beat flap --from "$B4" --to "$A4" --port 20100-20119 --rate 1
wrong=0
for ((round = 0; round < 10; round++)); do
	# While rows come and go.
	column Watch >"$WORK/walk"
	sort -nuc "$WORK/walk" || wrong=1
	wait_heartbeats steady 5
done
is "a walk while rows come and go is in order" "$wrong" 0
stop flap
soon "all stand in the end" 5 get_is hbwActiveAlarms.0 20
soon "all is told" 10 all_delivered
check "there were more than are kept" \
	test "$(get hbwNotificationSequence.0)" -gt $((SIZE + 40))
soon "the newest are kept" 5 rows_are_the_newest
is "hbwHistoryOldest says which" "$(get hbwHistoryOldest.0)" \
	$(($(get hbwNotificationSequence.0) - SIZE + 1))
last=$(get hbwNotificationSequence.0)
is "the newest is what arrived" \
	"$(get "hbwHistoryKey.$last") $(get "hbwHistorySerial.$last")" \
	"$(grep "hbwNotificationSequence.0 = $last\b" "$TRAPS" |
		varbind hbwAlarmKey) $(grep \
		"hbwNotificationSequence.0 = $last\b" "$TRAPS" |
		varbind hbwAlarmSerial)"

#
# It outlives hbwatchd
#

for signal in TERM KILL; do
	save_values
	stop hbwatchd "$signal"
	start_hbwatchd
	values_are_unchanged "$signal: it is as it was"
	is "$signal: its oldest, too" "$(get hbwHistoryOldest.0)" \
		$((last - SIZE + 1))
done

#
# Pending
#

mark_log
pause "${PID[snmpd]}"
start_beat flap --from "$B4" --to "$A4" --port 20100-20119 --rate 10 \
	--duration 0.5
soon "twenty clears that nobody takes" 10 log_lines_are 20 "cleared, watch \"w"
soon "and twenty raises" 10 log_lines_are 20 "raised, watch \"w"
stop hbwatchd KILL
# A trap sink that does not exist keeps nothing from being delivered.
kill -CONT "${PID[snmpd]}"
start_hbwatchd
soon "they are delivered after a restart" 20 all_delivered
soon "and marked so" 5 all_delivered
is "all of them" "$(get hbwNotificationSequence.0)" $((last + 40))
check "the newest are kept" rows_are_the_newest
check "in order" notifications_in_order --first 1

#
# Another size
#

for size in 120 100; do
	sed -i "s/^history = .*/history = $size/" "$WORK/hbwatchd.conf"
	mark_log
	kill -HUP "${PID[hbwatchd]}"
	soon "$size: reloaded" 10 log_lines_are 1 "configuration in effect"
	soon "$size: the newest are kept" 10 rows_are_the_newest
	is "$size: the size says so" "$(get hbwHistorySize.0)" "$size"
done
check "it ends on TERM" stop hbwatchd TERM
finish
