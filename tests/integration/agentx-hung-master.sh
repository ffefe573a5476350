#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A master that hangs, for so long that connect() does too: hbwatchd goes on
# with all that needs no master, and tells what happened when it is back.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin ss
start_snmpd
start_traps

{
	echo "watch \"flinkserver\" {"
	echo "	interface = \"$LINK\""
	echo "	peer = \"$B4\""
	echo "	heartbeat = \"udp 20053\""
	echo "	interruption = 1s"
	echo "}"
} >"$WORK/one.conf"
sed -e 's/flinkserver/steady/' -e 's/20053/20054/' -e 's/1s/2s/' \
	"$WORK/one.conf" >"$WORK/two.conf"
sed -e 's/steady/added/' "$WORK/two.conf" >"$WORK/three.conf"
cat "$WORK/one.conf" "$WORK/two.conf" | configure
start_beat steady --from "$B4" --to "$A4" --port 20054 --rate 10
start_beat peer --from "$B4" --to "$A4" --port 20053 --rate 10
start_hbwatchd
soon "heartbeats make it alive" 10 watch_is hbwWatchState flinkserver alive
daemon=${PID[hbwatchd]}
snmpd=${PID[snmpd]}

stopped() {
	[ "$(awk '$1 == "State:" { print $2 }' "/proc/$snmpd/status")" = T ]
}

# More connections wait for accept() than it has asked for: connect() sleeps.
backlog_is_full() {
	at "$NODE_A" ss -xlH | awk -v name="$AGENTX" '
		index($0, name " ") && $3 > $4 { full = 1 }
		END { exit !full }'
}

in_connect() {
	[ "$(cat "/proc/$daemon/wchan")" = unix_wait_for_peer ]
}

stop_master() {
	kill -STOP "$snmpd"
	need "snmpd does not stop" 10 stopped
}

# The worst time for what comes next.
wait_for_connect() {
	need "hbwatchd does not fill the backlog" 60 backlog_is_full
	wait_for 10 in_connect || note "hbwatchd was not seen in connect()"
}

new_engine() {
	local now

	now=$(engine | xargs)
	[ -n "$now" ] && [[ $now != *" "* ]] && [ "$now" != "$old" ]
}

# logs COUNT TEXT
logs() {
	[ "$(grep -c -- "$2" "$WORK/hbwatchd.log")" -eq "$1" ]
}

# sequences: of what has arrived, each once
sequences() {
	varbind hbwNotificationSequence <"$TRAPS" | awk '!seen[$0]++' | xargs
}

sequences_are() {
	[ "$(sequences)" = "$1" ]
}

# with_sequence NUMBER: its line, the first that arrived
with_sequence() {
	awk -F '\t' -v number="hbwNotificationSequence.0 = $1" '{
		for (i = 1; i <= NF; i++)
			if ($i == number) {
				print
				exit
			}
	}' "$TRAPS"
}

# This raise is sent to a master that has not been missed yet.
stop peer
last=$(last_sent peer)
stop_master
begin_stop=$EPOCHREALTIME
soon "a silence raises the alarm, with a master that hangs" 10 \
	logs 1 "raised, watch \"flinkserver\""
wait_for_connect
note "connect() sleeps after $(awk "BEGIN {
	printf \"%.1f\", $EPOCHREALTIME - $begin_stop }") s"

old=$(engine | xargs)
# shellcheck disable=SC2086 # there may be two
kill -KILL $old
soon "a killed engine is replaced within 2 s" 2 new_engine
start_beat peer --from "$B4" --to "$A4" --port 20053 --rate 10
soon "the new one hears: the alarm is cleared" 10 \
	logs 1 "cleared, watch \"flinkserver\""
stop peer
last_again=$(last_sent peer)
soon "and a silence raises it again" 10 logs 2 "raised, watch \"flinkserver\""

wait_for_connect
cat "$WORK"/{one,two,three}.conf | configure
old=$(engine | xargs)
kill -HUP "$daemon"
soon "HUP is obeyed within 3 s" 3 logs 1 "configuration in effect: 3 watches"
soon "with a new engine" 3 new_engine
check "all of it while the master was stopped" stopped
is "which has told nobody" "$(wc -l < <(grep hbwAlarm "$TRAPS"))" 0

kill -CONT "$snmpd"
soon "the master is back: all arrives, in order" 10 sequences_are "1 2 3"
soon "nothing is pending" 10 get_is hbwNotificationsPending.0 0
wait_heartbeats steady 20
is "nothing came but that" "$(sequences)" "1 2 3"
is "what came twice was the same" \
	"$(grep hbwAlarm "$TRAPS" | cut -f 4- | sort -u | wc -l)" 3
note "notifications that arrived: $(grep -c hbwAlarm "$TRAPS")"
is "a raise, a clear, a raise" "$(for number in 1 2 3; do
	with_sequence $number | cut -f 4 | sed 's/.* = //'
done | xargs)" "hbwAlarmRaised hbwAlarmCleared hbwAlarmRaised"
is_about "the first raise has its own time" "$(seconds_of \
	"$(with_sequence 1 | varbind hbwAlarmRaisedTime)")" \
	"$(seconds_after "$last" 1)" 0.2
is_about "and so has the one that followed the kill" "$(seconds_of \
	"$(with_sequence 3 | varbind hbwAlarmRaisedTime)")" \
	"$(seconds_after "$last_again" 1)" 0.2
is "the table agrees" "$(alarm_get hbwAlarmRaisedTime flinkserver)" \
	"$(with_sequence 3 | varbind hbwAlarmRaisedTime)"
soon "the watch that HUP added is alive" 10 \
	watch_is hbwWatchState added alive
is "the steady one was never interrupted" \
	"$(watch_get hbwWatchInterruptions steady)" 0

stop_master
wait_for_connect
children=$(engine | xargs)
kill -TERM "$daemon"
soon "TERM ends hbwatchd within 3 s" 3 gone "$daemon"
check "while the master was stopped" stopped
check "with a status of 0" stop hbwatchd
for pid in $children; do
	soon "and its engine with it" 1 gone "$pid"
done
kill -CONT "$snmpd"
check "the master ends on TERM" stop snmpd
finish
