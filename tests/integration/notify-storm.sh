#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: many watches that are silent at once, with `storm` and `rate` in
#          several settings; also with kills and reloads in the middle.
# Checks:  one hbwAlarmStorm summarises the raises above the limit, tables and
#          history have each alarm, nothing is notified twice or never, and
#          notifications are sent at the configured rate.
#
#   HBW_WATCHES   the number of watches that are silent at once: 100

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
WATCHES=${HBW_WATCHES:-100}
LIMIT=10
REST=$((WATCHES - LIMIT))
begin
# Over UDP, traps that snmpd has sent could be lost.
SINK=tcp:$SINK
start_observer

# configure_watches [LINE]: writes hbwatchd.conf with this line, such as
# `storm = 10 in 3s`, or with the defaults
configure_watches() {
	{
		# A change of a cause would be one more notification.
		echo "evidence = 0"
		[ $# -eq 0 ] || echo "$1"
		watch_sections "$WATCHES" 600ms
		watch_section steady 20053 5s
		watch_section other 20054 600ms
	} | configure
}

# reload [LINE]: reloads with another configuration, see configure_watches
reload() {
	configure_watches "$@"
	mark_log
	reload_hbwatchd
	need "hbwatchd does not reload" 10 log_lines_are 1 "$RELOADED"
}

# start_all [RATE]: starts the sender of all watches except "steady" and "other"
start_all() {
	start_sender all 20100-$((20099 + WATCHES)) --rate "${1:-5}"
}

# new_traps_are COUNT NOTIFICATION: have that many arrived since mark_traps?
new_traps_are() {
	traps_are $((${BEFORE[$2]} + $1)) "$2"
}

declare -A BEFORE=()
mark_traps() {
	local kind

	for kind in Raised Cleared Storm; do
		BEFORE[hbwAlarm$kind]=$(traps "hbwAlarm$kind" | wc -l)
	done
}

# open_storm: the objects raised, cleared and first of the storm that has not
# ended
open_storm() {
	echo "$(get hbwStormRaised.0) $(get hbwStormCleared.0)" \
		"$(get hbwStormFirst.0)"
}

#
# Without storm
#

configure_watches "storm = off"
start_sender steady 20053 --rate 20
start_sender other 20054 --rate 20
mark_traps
start_hbwatchd
soon "off: each raise is notified" 10 \
	new_traps_are "$WATCHES" hbwAlarmRaised
is "off: the MIB shows no storm" "$(open_storm)" "0 0 0"
start_all
soon "off: each clear is notified" 10 \
	new_traps_are "$WATCHES" hbwAlarmCleared

#
# With storm
#

reload "storm = $LIMIT in 3s"
first=$(($(get hbwNotificationSequence.0) + 1))
mark_traps
stop all
soon "a storm: all alarms are active" 5 active_alarms_are "$WATCHES"
soon "a storm: the first $LIMIT raises are notified" 5 \
	new_traps_are $LIMIT hbwAlarmRaised
soon "a storm: no notification is pending" 2 nothing_is_pending
is "a storm: it is not notified before its end" "$(trap_count hbwAlarmStorm)" 0
is "a storm: the MIB shows it" \
	"$(get hbwStormRaised.0) $(get hbwStormFirst.0)" \
	"$REST $((first + LIMIT))"
soon "the storm ends: it is notified" 8 new_traps_are 1 hbwAlarmStorm
is "the notification has the right counts" \
	"$(last_storm)" "$REST 0 $((first + LIMIT))"
check "no other raise is notified" new_traps_are $LIMIT hbwAlarmRaised
is "each alarm is raised in the table" \
	"$(walk hbwAlarmState | grep -c raised)" "$WATCHES"
is "the delivery of the first other row is summarised" \
	"$(get "hbwHistoryDelivery.$((first + LIMIT))")" summarised
is "the delivery of the first row is delivered" \
	"$(get "hbwHistoryDelivery.$first")" delivered
check_history "a storm"

mark_traps
stop other
soon "after the storm: a raise is notified" 5 new_traps_are 1 hbwAlarmRaised
start_sender other 20054 --rate 20
soon "after the storm: a clear is notified" 5 new_traps_are 1 hbwAlarmCleared

mark_traps
start_all
soon "heartbeats clear all alarms" 5 active_alarms_are 0
soon "the clears of the notified raises are notified" 5 \
	new_traps_are $LIMIT hbwAlarmCleared
soon "the other clears are summarised by a storm" 8 \
	new_traps_are 1 hbwAlarmStorm
is "it has the right counts" "$(last_storm | cut -d ' ' -f 1,2)" "0 $REST"
check_history "clears"

#
# Clears during a storm, and kills of hbwatchd
#

mark_traps
stop all
soon "another storm: the first $LIMIT raises are notified" 5 \
	new_traps_are $LIMIT hbwAlarmRaised
soon "another storm: all alarms are active" 5 active_alarms_are "$WATCHES"
start_all
soon "clears of the notified raises are notified during the storm" 3 \
	new_traps_are $LIMIT hbwAlarmCleared
check "the storm has not ended" new_traps_are 0 hbwAlarmStorm
soon "no notification is pending" 3 nothing_is_pending
soon "no alarm is active" 3 active_alarms_are 0
wait_heartbeats steady 5
before=$(open_storm)
stop hbwatchd KILL
start_hbwatchd
is "kill -9: the storm is unchanged in the MIB" "$(open_storm)" "$before"
soon "kill -9: the storm ends and is notified" 8 new_traps_are 1 hbwAlarmStorm
is "kill -9: it has the same counts" "$(last_storm)" "$before"
is "kill -9: nothing is notified twice" \
	"$(varbind hbwNotificationSequence <"$TRAPS" | sort | uniq -d |
		wc -l)" 0
check_history "kill -9"

for try in 1 2 3; do
	stop all
	# 0.6, 0.8 and 1.0 s: before, during and after the raises
	wait_heartbeats steady $((12 + 4 * (try - 1)))
	stop hbwatchd KILL
	start_hbwatchd
	start_all
	wait_heartbeats steady 6
done
soon "three more kills: no alarm is active" 5 active_alarms_are 0
check_history "three more kills"

#
# Reloads in a storm
#

mark_traps
stop all
soon "a third storm: all alarms are active" 5 active_alarms_are "$WATCHES"
reload "storm = off"
soon "a reload without storm: it is notified at once" 2 \
	new_traps_are 1 hbwAlarmStorm
stop other
soon "without storm: each raise is notified" 5 \
	new_traps_are $((LIMIT + 1)) hbwAlarmRaised
reload "storm = $LIMIT in 1s"
start_sender other 20054 --rate 20
soon "a reload with storm: a notified raise is cleared by itself" 5 \
	new_traps_are 1 hbwAlarmCleared
start_all
soon "heartbeats clear the others" 5 active_alarms_are 0
check_history "reloads"

#
# A storm without an end
#

mark_traps
mark_time
stop all
# Each watch is raised and cleared once a second.
start_all 1
soon "a storm without an end is notified after ten windows" 20 \
	new_traps_are 1 hbwAlarmStorm
since=$(seconds_of "$(last_trap hbwAlarmStorm | varbind hbwStormSince)")
notified=$(seconds_of "$(get "hbwHistoryTime.$(last_trap hbwAlarmStorm |
	varbind hbwNotificationSequence)")")
is_on_time "ten windows are 10 s" \
	"$(awk "BEGIN { print $notified - $since }")" 10 0.5
next_storm_is_open() {
	[ "$(get hbwStormFirst.0)" -gt "$(last_storm | cut -d ' ' -f 3)" ]
}
soon "the next storm begins" 5 next_storm_is_open
stop all
soon "the next storm ends: it is notified" 8 new_traps_are 2 hbwAlarmStorm
check_history "a storm without an end"
sed 's/^# /# the storms: /' "$WORK/storms"

#
# The default of storm, and rate
#

# arrival KIND NUMBER: the time of the arrival since mark_traps, in seconds
arrival() {
	traps "$1" | sed -n "$((${BEFORE[$1]} + $2))s/\t.*//p"
}

start_all
need "heartbeats do not clear the alarms" 10 active_alarms_are 0
reload
wait_heartbeats steady 100
mark_traps
stop all
soon "the default: 80 raises are notified" 5 new_traps_are 80 hbwAlarmRaised
soon "the default: a storm summarises the others" 15 \
	new_traps_are 1 hbwAlarmStorm
is "the default: it has the right count" "$(last_storm | cut -d ' ' -f 1)" \
	$((WATCHES - 80))
check "the default: no other raise is notified" \
	new_traps_are 80 hbwAlarmRaised
reload "storm = off rate = 20"
# 3 s, after which 50 may be sent at once again
wait_heartbeats steady 60
mark_traps
mark_time
start_all
soon "rate: the clears of the notified raises arrive" 10 \
	new_traps_are 80 hbwAlarmCleared
is_on_time "rate: 50 at once, and 30 more at 20 a second, take 1.5 s" \
	"$(awk "BEGIN { print $(arrival hbwAlarmCleared 80) - \
		$(arrival hbwAlarmCleared 1) }")" 1.5 0.4
check "hbwatchd ends on TERM" stop hbwatchd TERM
finish
