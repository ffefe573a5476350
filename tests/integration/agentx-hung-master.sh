#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a pair whose snmpd is stopped until even connect() to it blocks.
# Checks:  hbwatchd goes on with all that needs no master agent, and delivers
#          the notifications when snmpd continues.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin ss
EVIDENCE=0
start_sender steady 20054
start_pair 1s "$(watch_section steady 20054 2s)"
daemon=${PID[hbwatchd]}
snmpd=${PID[snmpd]}

# More connections wait for accept() than snmpd allowed: the next connect()
# blocks.
backlog_is_full() {
	at "$NODE_A" ss -xlH | awk -v name="$AGENTX" '
		index($0, name " ") && $3 > $4 { full = 1 }
		END { exit !full }'
}

# in_connect: also if the process that connects as root is
in_connect() {
	local pid

	for pid in "$daemon" $(connector); do
		[ "$(cat "/proc/$pid/wchan")" != unix_wait_for_peer ] ||
			return 0
	done
	return 1
}

# wait_for_connect: waits until hbwatchd is blocked in connect(), the worst
# moment for the next step
wait_for_connect() {
	local tries

	need "hbwatchd does not fill the backlog" 60 backlog_is_full
	for ((tries = 0; tries < 50; tries++)); do
		! in_connect || return 0
		wait_heartbeats steady 2
	done
	note "hbwatchd was not seen in connect()"
}

# distinct_sequences: the sequence numbers that arrived, without duplicates
distinct_sequences() {
	sequences | tr ' ' '\n' | awk '!seen[$0]++' | xargs
}

distinct_sequences_are() {
	[ "$(distinct_sequences)" = "$1" ]
}

# with_sequence NUMBER: the first line in $TRAPS with that sequence number
with_sequence() {
	awk -F '\t' -v number="hbwNotificationSequence.0 = $1" '{
		for (i = 1; i <= NF; i++)
			if ($i == number) {
				print
				exit
			}
	}' "$TRAPS"
}

# hbwatchd sends this raise before it detects that snmpd hangs.
mark_time
stop peer
last=$(last_sent peer)
pause "$snmpd"
begin_stop=$EPOCHREALTIME
soon "snmpd hangs: a silence raises the alarm" 10 log_raises_are 1 flinkserver
wait_for_connect
note "connect() blocks after $(awk "BEGIN {
	printf \"%.1f\", $EPOCHREALTIME - $begin_stop }") s"

kill_engine
soon "snmpd hangs: a killed engine is replaced within 2 s" 2 new_engine
start_peer
soon "snmpd hangs: the new engine clears the alarm" 10 \
	log_clears_are 1 flinkserver
stop peer
last_again=$(last_sent peer)
soon "snmpd hangs: the next silence raises it again" 10 \
	log_raises_are 2 flinkserver

wait_for_connect
{
	watch_section flinkserver 20053 1s
	watch_section steady 20054 2s
	watch_section added 20054 2s
} | configure
remember_engine
reload_hbwatchd
soon "snmpd hangs: HUP reloads within 3 s" 3 \
	log_lines_are 1 "$RELOADED: 3 watches"
soon "snmpd hangs: the reload starts a new engine" 3 new_engine
check "snmpd was stopped all the time" is_paused "$snmpd"
is "no notification has arrived" "$(grep -c hbwAlarm "$TRAPS")" 0

kill -CONT "$snmpd"
soon "snmpd continues: all notifications arrive in order" 10 \
	distinct_sequences_are "2 3 4"
soon "no notification is pending" 10 get_is hbwNotificationsPending.0 0
wait_heartbeats steady 20
is "no other notification arrives" "$(distinct_sequences)" "2 3 4"
is "duplicates have the same content" \
	"$(grep hbwAlarm "$TRAPS" | cut -f 4- | sort -u | wc -l)" 3
note "notifications that arrived: $(grep -c hbwAlarm "$TRAPS")"
is "they are a raise, a clear and a raise" "$(for number in 2 3 4; do
	with_sequence $number | cut -f 4 | sed 's/.* = //'
done | xargs)" "hbwAlarmRaised hbwAlarmCleared hbwAlarmRaised"
is_on_time "the first raise has the time when it happened" "$(seconds_of \
	"$(with_sequence 2 | varbind hbwAlarmRaisedTime)")" \
	"$(seconds_after "$last" 1)" 0.2
is_on_time "the raise after the kill has the time when it happened" \
	"$(seconds_of "$(with_sequence 4 | varbind hbwAlarmRaisedTime)")" \
	"$(seconds_after "$last_again" 1)" 0.2
is "the table has the same time" "$(alarm_get hbwAlarmRaisedTime flinkserver)" \
	"$(with_sequence 4 | varbind hbwAlarmRaisedTime)"
soon "the watch that HUP added is alive" 10 \
	watch_is hbwWatchState added alive
is "the steady watch was never interrupted" \
	"$(watch_get hbwWatchInterruptions steady)" 0

pause "$snmpd"
wait_for_connect
engines=$(engine | xargs)
kill -TERM "$daemon"
soon "snmpd hangs: TERM ends hbwatchd within 3 s" 3 gone "$daemon"
check "snmpd is still stopped" is_paused "$snmpd"
check "hbwatchd exits with status 0" stop hbwatchd
for pid in $engines; do
	soon "the engine ends too" 1 gone "$pid"
done
kill -CONT "$snmpd"
check "snmpd ends on TERM" stop snmpd
finish
