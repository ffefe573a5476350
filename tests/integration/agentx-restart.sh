#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a pair whose snmpd ends and is started again ten times.
# Checks:  the tables are back within 3 s, and what happened without snmpd
#          arrives once.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
EVIDENCE=0
start_sender steady 20054
start_pair 1s "$(watch_section steady 20054 1s)"

received_begin=$(watch_get hbwWatchHeartbeats steady)
sent_begin=$(sent steady)

# reconnects ROUND: are the tables back within 3 s after snmpd?
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
		mark_time
		stop peer
		wait_heartbeats steady 25
		;;
	8)
		stop snmpd
		start_peer
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
		soon "the raise of the time without snmpd arrives" 10 \
			traps_are 1 hbwAlarmRaised flinkserver
		raised=$(seconds_of "$(traps hbwAlarmRaised |
			varbind hbwAlarmRaisedTime)")
		is_on_time "it has the time when it happened" "$raised" \
			"$(seconds_after "$(last_sent peer)" 1)" 0.2
		check "this time is before snmpd was back" \
			test "${raised%.*}" -lt "${back%.*}"
		;;
	8)
		soon "the clear of the time without snmpd arrives" 10 \
			traps_are 1 hbwAlarmCleared flinkserver
		;;
	esac
done
soon "no notification is pending" 10 get_is hbwNotificationsPending.0 0
wait_heartbeats steady 10
is "snmpd restarts: each notification arrives once" "$(sequences)" "2 3"
check "the steady watch raised no alarm" traps_are 0 hbwAlarmRaised steady
all_received() {
	received=$(watch_get hbwWatchHeartbeats steady)
	sent=$(sent steady)
	[ $((sent - sent_begin - received + received_begin)) -le 3 ]
}
soon "all heartbeats of the steady watch were counted" 5 all_received
note "sent $sent_begin to $sent, received $received_begin to $received"
finish
