#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a pair; snmptrapd runs a program for each notification, through
#          hbwatch-resync, and is stopped at times.
# Checks:  hbwatch-resync prints what was missed after a sequence number, and
#          gives it to the program in order, each once; it names what the
#          history no longer has; its exit statuses.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin_noc

GOT=$WORK/got
: >"$GOT"

# got_all: has the program got each notification that was sent, once, in order?
got_all() {
	[ "$(varbind_numeric 1.1.12 <"$GOT" | xargs)" = \
		"$(seq "$first" "$(get hbwNotificationSequence.0)" | xargs)" ]
}

# varbind_numeric OBJECT: its value in the lines on standard input
varbind_numeric() {
	tr '\t' '\n' | sed -n "s/^\.$MIB_ROOT\.$1\.[0-9.]* //p"
}

# missed AFTER: the sequence and the event of each line that is printed
missed() {
	ours hbwatch-resync "${REQUEST[@]}" --after "$1" | cut -f 1,3 | xargs
}

#
# A list
#

epoch=$(get hbwNotificationEpoch.0)
before=$(get hbwNotificationSequence.0)
is "nothing is missed" "$(missed "$epoch.$before")" ""
raise
clear
is "a raise and a clear are printed" "$(missed "$epoch.$before")" \
	"$((before + 1)) raised $((before + 2)) cleared"
is "after the raise only the clear is printed" \
	"$(missed "$epoch.$((before + 1))")" "$((before + 2)) cleared"
like "a line has the alarm" \
	"$(ours hbwatch-resync "${REQUEST[@]}" --after "$epoch.$before" |
		head -n 1 | tr '\t' '|')" \
	"\|raised\|minor\|45640\|flinkserver\|$B4\|1\|.*\|delivered\|.*\
/node-1/flinkserver/45640\|"
ours hbwatch-resync "${REQUEST[@]}" --after "$((epoch + 1)).$before" \
	>"$WORK/list" 2>"$WORK/list.log"
is "another epoch: exit status 1" $? 1
like "another epoch: it says so" "$(cat "$WORK/list.log")" "the epoch is $epoch"
is "another epoch: all of the history is printed" "$(wc -l <"$WORK/list")" \
	"$(walk hbwHistoryEvent | wc -l)"

#
# A program for each notification
#

first=$(($(get hbwNotificationSequence.0) + 1))
receive "$(handler "$TOOLS/handle-trap" "$GOT")"
raise
soon "the program gets the raise within 5 s" 5 got_all
clear
soon "the program gets the clear within 5 s" 5 got_all
stop noc
raise
clear
raise
receive
clear
soon "snmptrapd was stopped: the next one brings what was missed" 20 got_all
is "a raise of the history has the key, the severity and the text" \
	"$(sed -n 3p "$GOT" | varbind_numeric '1\.4\.1\.\(2\|5\|17\)' |
		head -n 2 | xargs)" \
	"$(get "hbwAlarmKey.45640.$(watch_index flinkserver)") minor"
like "its location is that of the notification" "$(sed -n 3p "$GOT" |
	varbind_numeric 1.4.1.25)" "HostName=node-1"
stop noc
raise
repair "$TOOLS/handle-trap" "$GOT"
is "nothing follows: exit status 0 from a timer" $? 0
check "nothing follows: a timer brings what was missed" got_all
repair "$TOOLS/handle-trap" "$GOT"
check "the timer again: nothing is repeated" got_all
receive
clear
soon "the next one is the only one" 5 got_all
# The same notification again, as after a connection to snmpd that was lost.
last=$(tail -n 1 "$GOT" | tr '\t' '\n' | sed '1s/.*/UDP: [127.0.0.1]:1/')
printf 'localhost\n%s\n' "$last" | ours hbwatch-resync --trap "${REQUEST[@]}" \
	--state "$WORK/resync" --run "\"$TOOLS/handle-trap\" \"$GOT\""
check "a second copy is dropped" got_all

#
# Faults
#

raise
soon "the raise arrives" 5 got_all
clear
soon "the clear arrives" 5 got_all
stop noc
raise
repair false
is "the program fails: exit status 1" $? 1
repair "$TOOLS/handle-trap" "$GOT"
check "the program fails: it gets the notification later" got_all
clear
at "$NODE_A" "$PROGRAMS/hbwatch-resync" -H 127.0.0.1 -p 9 -C public -e 0 \
	--after 1.1 >"$WORK/none" 2>&1
is "no answer: exit status 3" $? 3
ours hbwatch-resync --after 1 >"$WORK/none" 2>&1
is "wrong command line: exit status 2" $? 2

# More notifications than the history keeps.
{
	echo "history = 100"
	echo "storm = off"
	watch_section flinkserver 20053 2s "$LINK" 'host = "node-1"'
	watch_sections 120 300ms
} | configure
mark_log
reload_hbwatchd
need "hbwatchd does not reload" 10 log_lines_are 1 "$RELOADED"
need "the alarms are not raised" 30 active_alarms_are 120
soon "the history is full" 10 get_is hbwHistoryOldest.0 \
	$(($(get hbwNotificationSequence.0) - 99))
repair "$TOOLS/handle-trap" "$GOT" 2>"$WORK/short.log"
is "the history is too short: exit status 1" $? 1
like "the history is too short: it names the missing ones" \
	"$(cat "$WORK/short.log")" "notifications [0-9]+ to [0-9]+ are no longer"
is "the history is too short: the others are repaired" \
	"$(tail -n 100 "$GOT" | varbind_numeric 1.1.12 | xargs)" \
	"$(seq "$(get hbwHistoryOldest.0)" "$(get hbwNotificationSequence.0)" |
		xargs)"
finish
