#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: snmpset through snmpd acknowledges, shelves and unshelves alarms of
#          two watches that are raised and cleared.
# Checks:  each wrong request has the standard's error and changes nothing; a
#          right one is done as a whole, is notified and is in the history; a
#          shelved alarm is notified when its shelf ends.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
EVIDENCE=0
start_traps
start_snmpd "rwcommunity secret 127.0.0.1"
configure <<-END
	shelve-most = 1h
	$(watch_section one 20053 3s)
	$(watch_section two 20054 3s)
	$(watch_section off 20055 3s "$LINK" "enabled = false")
END
start_sender one 20053 --rate 20
start_sender two 20054 --rate 20
start_hbwatchd
for watch in one two; do
	soon "$watch is alive" 10 watch_is hbwWatchState "$watch" alive
done
I=45640.$(watch_index one)
J=45640.$(watch_index two)
OFF=45640.$(watch_index off)

# fails STATUS OBJECT TYPE VALUE...: is this the error status?
fails() {
	local status=$1

	shift
	is "SET ${*//$'\n'/ }: $status" "$(set_objects secret "$@")" "$status"
}

# done_is TEXT OBJECT TYPE VALUE...
done_is() {
	local text=$1

	shift
	is "$text" "$(set_objects secret "$@")" ""
}

# changes: the objects hbwAlarmChange of all notifications, in order
changes() {
	traps hbwAlarmChanged | varbind hbwAlarmChange | xargs
}

changes_are() {
	[ "$(changes)" = "$*" ]
}

# states: what the operator said of both alarms
states() {
	echo "$(get "hbwAlarmOperatorState.$I")" \
		"$(get "hbwAlarmOperatorState.$J")"
}

#
# Errors
#

is "a community that may only read is rejected" \
	"$(set_objects public "hbwAlarmOperatorState.$I" i 2)" noAccess
fails inconsistentValue "hbwAlarmOperatorState.$I" i 2
stop one
soon "one is raised" 10 traps_are 1 hbwAlarmRaised one
last=$(get hbwNotificationSequence.0)
STATE=hbwAlarmOperatorState.$I
SECONDS_I=hbwAlarmShelvedSeconds.$I
fails wrongType "$STATE" u 2
fails wrongType "$STATE" i 3 "$SECONDS_I" i 60
fails wrongValue "$STATE" i 4
fails wrongValue "$STATE" i 3 "$SECONDS_I" u 3601
fails wrongValue "$STATE" i 2 "hbwAlarmOperator.$I" x "610a62"
fails wrongValue "$STATE" i 2 "hbwAlarmOperatorText.$I" x "ff"
LONG=$(printf 'x%.0s' {1..256})
is "a text of 256 octets: wrongLength" "$(set_objects secret "$STATE" i 2 \
	"hbwAlarmOperatorText.$I" s "$LONG")" wrongLength
fails inconsistentValue "$STATE" i 3
fails inconsistentValue "$STATE" i 3 "$SECONDS_I" u 0
fails inconsistentValue "$SECONDS_I" u 60
fails inconsistentValue "hbwAlarmOperatorText.$I" s text
fails inconsistentValue "hbwAlarmOperatorState.$OFF" i 3 \
	"hbwAlarmShelvedSeconds.$OFF" u 60
fails notWritable "hbwAlarmOperatorTime.$I" x "07ea0b16"
fails notWritable "hbwAlarmState.$I" i 1
fails notWritable "hbwActiveOperatorState.$I" i 2
fails notWritable hbwVersion.0 s 1
fails noCreation "hbwAlarmOperatorState.45640.99" i 2

# All or nothing: the first part of each request is right.
fails inconsistentValue "$STATE" i 2 "hbwAlarmOperatorState.$J" i 2
fails notWritable "$STATE" i 2 hbwVersion.0 s 1
like "an error of snmpd itself undoes it" "$(at "$NODE_A" snmpset -v 2c \
	-c secret -t 3 -r 0 "$AGENT" "HBWATCH-MIB::$STATE" i 2 \
	SNMPv2-MIB::sysUpTime.0 t 1 2>&1)" "notWritable"
is "nothing has changed" "$(states)" "none none"
is "nothing is notified" "$(get hbwNotificationSequence.0)" "$last"

#
# Acknowledge
#

is "one alarm is not acknowledged" "$(get hbwUnacknowledgedAlarms.0)" 1
done_is "one is acknowledged" "hbwAlarmOperatorText.$I" s "I look at it" \
	"$STATE" i 2 "hbwAlarmOperator.$I" s alice
is "the table shows it" "$(states)" "acknowledged none"
is "hbwActiveTable shows it" "$(get "hbwActiveOperatorState.$I")" acknowledged
is "the table shows who and why" "$(get "hbwAlarmOperator.$I"): $(get \
	"hbwAlarmOperatorText.$I")" "alice: I look at it"
is "no alarm is left" "$(get hbwUnacknowledgedAlarms.0)" 0
soon "it is notified" 10 changes_are acknowledged
is "the notification says who and why" \
	"$(last_trap hbwAlarmChanged one |
		varbind 'hbwAlarmOperator\(Text\)\?' | xargs)" \
	"alice I look at it"
is "the history says it" "$(walk hbwHistoryDetail | tail -n 1)" \
	"acknowledged by alice: I look at it"
check "it is logged" log_lines_are 1 "acknowledged by alice: I look at it"
fails inconsistentValue "$SECONDS_I" u 60
done_is "the text is changed" "hbwAlarmOperatorText.$I" s "it is the switch"
start_sender one 20053 --rate 20
soon "one is cleared" 10 traps_are 1 hbwAlarmCleared one
is "the clear ends the acknowledgement" "$(states)" "none none"

#
# Shelve
#

done_is "both are shelved by one request" \
	"hbwAlarmShelvedSeconds.$J" u 3600 "$STATE" i 3 \
	"hbwAlarmOperator.$J" s bob "$SECONDS_I" u 60 \
	"hbwAlarmOperatorState.$J" i 3
is "the table shows both" "$(states)" "shelved shelved"
is "two alarms are shelved" "$(get hbwShelvedAlarms.0)" 2
check "the rest of the time is shown" \
	test "$(get "hbwAlarmShelvedSeconds.$J")" -gt 3590
soon "both are notified" 10 changes_are acknowledged acknowledged shelved \
	shelved
stop one
stop two
for alarm in "$I" "$J"; do
	soon "alarm $alarm is raised" 10 get_is "hbwAlarmState.$alarm" raised
done
is "hbwActiveAlarms counts them" "$(get hbwActiveAlarms.0)" 2
soon "nothing is pending" 5 nothing_is_pending
is "the raises are not sent" "$(trap_count hbwAlarmRaised)" 1
is "the history has them" "$(walk hbwHistoryDelivery | tail -n 2 | xargs)" \
	"shelved shelved"
raised=$(get "hbwAlarmRaisedTime.$I")
fails inconsistentValue "$STATE" i 2
done_is "the shelf of one is shortened to 2 s" "$SECONDS_I" u 2
soon "it ends by itself" 10 changes_are acknowledged acknowledged shelved \
	shelved shelved unshelved
soon "then its raise is sent" 10 traps_are 2 hbwAlarmRaised one
is "with its old time" "$(last_trap hbwAlarmRaised one |
	varbind hbwAlarmRaisedTime)" "$raised"
start_sender two 20054 --rate 20
soon "two is cleared" 10 get_is "hbwAlarmState.$J" cleared
done_is "two is unshelved" "hbwAlarmOperatorState.$J" i 1
soon "this is notified" 10 changes_are acknowledged acknowledged shelved \
	shelved shelved unshelved unshelved
soon "nothing is pending at the end" 5 nothing_is_pending
is "receivers never get the raise or the clear of two" \
	"$(trap_count hbwAlarmRaised two) $(trap_count hbwAlarmCleared two)" \
	"0 0"

#
# Reload and the end of the watch
#

start_sender one 20053 --rate 20
soon "one is cleared again" 10 traps_are 2 hbwAlarmCleared one
done_is "both are shelved again" "$STATE" i 3 "$SECONDS_I" u 3600 \
	"hbwAlarmOperatorState.$J" i 3 "hbwAlarmShelvedSeconds.$J" u 3600
sed -i '/^watch "two"/,/^}/d' "$WORK/hbwatchd.conf"
mark_log
reload_hbwatchd
soon "hbwatchd reloads without two" 10 log_lines_are 1 "$RELOADED"
is "the shelf of one is kept" "$(get "$STATE")" shelved
is "that of two has ended" "$(get hbwShelvedAlarms.0)" 1
soon "this is notified, too" 10 traps_are 4 hbwAlarmChanged two
is "as unshelved" "$(last_trap hbwAlarmChanged two | varbind hbwAlarmChange)" \
	unshelved
check_operator "all that had to be notified arrived, and nothing else"
check "hbwatchd ends on TERM" stop hbwatchd TERM
finish
