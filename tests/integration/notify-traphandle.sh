#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: 1000 watches of one peer, which becomes silent; snmptrapd receives
#          over UDP and runs a program for each notification (traphandle).  With
#          snmpd, and with hbwatchd as standalone SNMP agent (-L).
# Checks:  with the default of `storm`, the program gets each notification that
#          was sent, even if snmptrapd reads nothing until all have been sent;
#          with `storm = off` and a low `rate` it gets each raise, in order.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
WATCHES=1000
SHOWN=80 # of `storm`
begin
EVIDENCE=0
# $TRAPS is the file of the program.
start_receiver snmptrapd "$SINK" "$WORK/received" \
	"traphandle default \"$TOOLS/handle-trap\" \"$TRAPS\""

# configure_watches LINE...: writes hbwatchd.conf with these lines
configure_watches() {
	{
		[ $# -eq 0 ] || printf '%s\n' "$@"
		watch_sections "$WATCHES" 2s
	} | configure
}

start_all() {
	start_sender all 20100-$((20099 + WATCHES)) --rate 2
}

all_alive() {
	[ "$(walk hbwWatchState | grep -c '^alive$')" -eq "$WATCHES" ]
}

# check_storm TEXT: stops the sender, with the default of `storm`
check_storm() {
	local raises storms first

	raises=$(($(trap_count hbwAlarmRaised) + SHOWN))
	storms=$(($(trap_count hbwAlarmStorm) + 1))
	first=$(($(get hbwNotificationSequence.0) + SHOWN + 1))
	# While snmptrapd does not read, notifications are in the receive buffer
	# of its socket.  So no speed of the program loses more than this.
	pause "${PID[snmptrapd]}"
	stop all
	soon "$1: all alarms are active" 20 active_alarms_are "$WATCHES"
	soon "$1: all notifications are sent" 10 nothing_is_pending
	kill -CONT "${PID[snmptrapd]}"
	resumed=$EPOCHREALTIME
	soon "$1: $SHOWN raises reach the program" 20 \
		traps_are "$raises" hbwAlarmRaised
	handled=$EPOCHREALTIME
	soon "$1: a storm summarises the others" 20 \
		traps_are "$storms" hbwAlarmStorm
	is "$1: the storm has the right counts" "$(last_storm)" \
		"$((WATCHES - SHOWN)) 0 $first"
}

# run [ARGUMENT...]: starts hbwatchd while heartbeats arrive, see start_hbwatchd
run() {
	running all || start_all
	start_hbwatchd "$@"
	need "the watches are not alive" 20 all_alive
}

#
# The default of `storm`, with snmpd
#

configure_watches
start_snmpd
run
check_storm "snmpd"
start_all
soon "snmpd: the clears of the notified raises reach the program" 20 \
	traps_are $SHOWN hbwAlarmCleared
soon "snmpd: a storm summarises the other clears" 20 traps_are 2 hbwAlarmStorm
is "snmpd: the storm of the clears has the right counts" \
	"$(last_storm | cut -d ' ' -f 1,2)" "0 $((WATCHES - SHOWN))"
is "snmpd: no alarm is active" "$(get hbwActiveAlarms.0)" 0
check "snmpd: no notification is pending" nothing_is_pending
check "snmpd: hbwatchd ends on TERM" stop hbwatchd
stop snmpd

#
# The default of `storm`, as standalone SNMP agent
#

configure_watches "snmp = {" '	"rocommunity public 127.0.0.1",' \
	"	\"trap2sink $SINK public\"" "}"
run -L "udp:$AGENT"
check_storm "-L"
# This agent answers these many requests faster than snmpd.
check_history "snmpd and -L"
is "the history has all raises, clears, storms, starts and stops" \
	"$(walk hbwHistoryEvent | sort | uniq -c |
		awk '{ print $2, $1 }' | xargs)" \
	"cleared $WATCHES raised $((2 * WATCHES)) started 2 stopped 1 storm 3"
check "-L: hbwatchd ends on TERM" stop hbwatchd

#
# Without storm, and a low rate
#

# This machine determines how fast snmptrapd is with the program.  If half as
# many notifications arrive, its receive buffer is never full.
rate=$(awk "BEGIN {
	rate = int($SHOWN / ($handled - $resumed) / 2)
	print (rate < 1 ? 1 : rate > 100 ? 100 : rate)
}")
note "snmptrapd: $SHOWN notifications in $(awk \
	"BEGIN { print $handled - $resumed }") s; rate = $rate"
configure_watches "storm = off" "rate = $rate"
start_snmpd
# shellcheck disable=SC2034 # used by start_hbwatchd
STATE=$WORK/empty
mkdir "$STATE"
run
: >"$TRAPS"
stop all
soon "storm = off: all alarms are active" 20 active_alarms_are "$WATCHES"
soon "storm = off: each raise reaches the program" \
	$((WATCHES / rate + 20)) arrived_from 2 $((WATCHES + 1))
check "storm = off: in order, each once" \
	notifications_in_order --once --first 2 --last $((WATCHES + 1))
is "storm = off: each is a raise" "$(trap_count hbwAlarmRaised)" "$WATCHES"
check "storm = off: hbwatchd ends on TERM" stop hbwatchd
finish
