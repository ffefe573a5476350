#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: hbwatchd with `alive` and `reminder` of a minute starts and stops
#          with snmpd, while snmpd hangs or is away, and with -L.
# Checks:  hbwWatcherStarted, hbwWatcherAlive, hbwAlarmReminder and
#          hbwWatcherStopped arrive with the right values, and no stop takes
#          long.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
OPTIONS="alive = 1min reminder = 1min source = cluster host = node-1"

# values NOTIFICATION: the numbers and names of the last one
values() {
	last_trap "$1" | tr '\t' '\n' |
		sed -n 's/^hbw\(Watch\|Blind\|Active\)[A-Za-z]*\.0 = //p' |
		xargs
}

# arrived_are COUNT NOTIFICATION: so many with different sequence numbers
arrived_are() {
	[ "$(traps "$2" | varbind hbwNotificationSequence | sort -u |
		wc -l)" -eq "$1" ]
}

# stop_within TEXT SECONDS: ends hbwatchd and checks how long that takes
stop_within() {
	mark_time
	check "$1: hbwatchd ends on TERM" stop hbwatchd TERM
	check "$1: within $2 s" spent_less $(($2 * 1000))
}

start_observer "$OPTIONS" "$(watch_section flinkserver 20053 1s)" \
	"$(watch_section other 20054 1s lo)"
start_peer
start_hbwatchd
soon "hbwWatcherStarted arrives" 10 arrived_are 1 hbwWatcherStarted
is "it has the numbers and the names" "$(values hbwWatcherStarted)" \
	"2 0 0 node-1 cluster"
is "it is the first notification" \
	"$(traps hbwWatcherStarted | varbind hbwNotificationSequence)" 1
stop peer
soon "a silence raises the alarm" 10 traps_are 1 hbwAlarmRaised flinkserver
soon "hbwAlarmReminder arrives after a minute" 75 \
	traps_are 1 hbwAlarmReminder flinkserver
is "it has the key and the serial of the raise" \
	"$(traps hbwAlarmReminder flinkserver | varbind hbwAlarmKey) $(traps \
		hbwAlarmReminder flinkserver | varbind hbwAlarmSerial)" \
	"$(traps hbwAlarmRaised flinkserver | varbind hbwAlarmKey) $(traps \
		hbwAlarmRaised flinkserver | varbind hbwAlarmSerial)"
soon "hbwWatcherAlive arrives" 10 arrived_are 1 hbwWatcherAlive
is "it has the numbers and the names" "$(values hbwWatcherAlive)" \
	"2 0 2 node-1 cluster"
like "the history has them" "$(walk hbwHistoryEvent | xargs)" \
	"^started .*raised .*(alive|reminder)"
start_peer
soon "a heartbeat clears the alarm" 10 traps_are 1 hbwAlarmCleared flinkserver

stop_within "with snmpd" 5
soon "with snmpd: hbwWatcherStopped arrives" 3 arrived_are 1 hbwWatcherStopped
is "it has the numbers and the names" "$(values hbwWatcherStopped)" \
	"2 0 1 node-1 cluster"

start_hbwatchd
soon "the second start is notified" 10 arrived_are 2 hbwWatcherStarted
pause "${PID[snmpd]}"
stop_within "snmpd hangs" 9
kill -CONT "${PID[snmpd]}"
start_hbwatchd
soon "snmpd hangs: hbwWatcherStopped arrives later" 20 \
	arrived_are 2 hbwWatcherStopped

soon "the third start is notified" 10 arrived_are 3 hbwWatcherStarted
stop snmpd
stop_within "without snmpd" 9
start_snmpd
start_hbwatchd
soon "without snmpd: hbwWatcherStopped arrives later" 20 \
	arrived_are 3 hbwWatcherStopped
soon "the fourth start is notified" 10 arrived_are 4 hbwWatcherStarted
kill -KILL "${PID[hbwatchd]}"
stop hbwatchd KILL
start_hbwatchd
soon "after kill -9 the start is notified" 10 arrived_are 5 hbwWatcherStarted
check "no stop was notified before it" arrived_are 3 hbwWatcherStopped
stop hbwatchd
soon "the last stop is notified" 5 arrived_are 4 hbwWatcherStopped
check "the notifications arrived in order" notifications_in_order --first 1

stop snmpd
{
	echo "$OPTIONS"
	echo "snmp = { \"rocommunity public 127.0.0.1\", \"trap2sink $SINK\" }"
	watch_section flinkserver 20053 1s
} | configure
start_hbwatchd -L "udp:$AGENT"
soon "-L: hbwWatcherStarted arrives" 10 arrived_are 6 hbwWatcherStarted
stop_within "-L" 5
soon "-L: hbwWatcherStopped arrives" 3 arrived_are 5 hbwWatcherStopped
finish
