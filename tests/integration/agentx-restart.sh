#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# snmpd goes and comes ten times; what happens meanwhile arrives once.

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
	interruption = 1s
}
watch "steady" {
	interface = "$LINK"
	peer = "$B4"
	heartbeat = "udp 20054"
	interruption = 1s
}
END
start_beat steady --from "$B4" --to "$A4" --port 20054 --rate 10
start_beat peer --from "$B4" --to "$A4" --port 20053 --rate 10
start_hbwatchd
soon "heartbeats make it alive" 10 watch_is hbwWatchState flinkserver alive

counted_begin=$(watch_get hbwWatchHeartbeats steady)
sent_begin=$(sent steady)

# reconnects ROUND: the daemon's tables are back within 3 s of snmpd
reconnects() {
	local begin=$EPOCHREALTIME

	wait_for 3 hbwatchd_answers || return
	note "round $1: back after $(awk "BEGIN {
		printf \"%.2f\", $EPOCHREALTIME - $begin }") s"
}

for round in 1 2 3 4 5 6 7 8 9 10; do
	case $round in
	5)
		stop snmpd
		stop peer
		wait_heartbeats steady 25
		;;
	8)
		stop snmpd
		start_beat peer --from "$B4" --to "$A4" --port 20053 --rate 10
		wait_heartbeats steady 10
		;;
	2 | 6) stop snmpd KILL ;;
	*) stop snmpd ;;
	esac
	back=$EPOCHREALTIME
	run_snmpd
	check "round $round: the tables are back within 3 s" \
		reconnects "$round"
	case $round in
	5)
		soon "the alarm of the time without snmpd arrives" 10 \
			traps_are 1 hbwAlarmRaised flinkserver
		raised=$(seconds_of "$(traps hbwAlarmRaised |
			varbind hbwAlarmRaisedTime)")
		is_about "with its own time" "$raised" \
			"$(seconds_after "$(last_sent peer)" 1)" 0.2
		check "which is before snmpd was back" \
			test "${raised%.*}" -lt "${back%.*}"
		;;
	8)
		soon "the clear of the time without snmpd arrives" 10 \
			traps_are 1 hbwAlarmCleared flinkserver
		;;
	esac
done
soon "nothing is pending" 10 get_is hbwNotificationsPending.0 0
wait_heartbeats steady 10
is "each notification came once" \
	"$(varbind hbwNotificationSequence <"$TRAPS" | xargs)" "1 2"
check "no heartbeat was missed: nothing raised the steady watch" \
	traps_are 0 hbwAlarmRaised steady
counted=$(watch_get hbwWatchHeartbeats steady)
sent=$(sent steady)
note "of $sent_begin to $sent heartbeats, $counted_begin to $counted"
check "and all of its heartbeats were counted" \
	test $((sent - sent_begin - counted + counted_begin)) -le 3
finish
