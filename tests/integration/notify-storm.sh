#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Storms: above a rate raises are told in one notification, each alarm stands
# in table and history all the same, and whatever happens meanwhile nothing is
# told twice or never.
#
#   HBW_WATCHES   how many fall silent at once, 100

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
WATCHES=${HBW_WATCHES:-100}
LIMIT=10
REST=$((WATCHES - LIMIT))
begin
# What snmpd has taken must not be lost behind it: no datagrams.
SINK=tcp:$SINK
start_traps
start_snmpd

# with_storm [LINE]: the configuration
with_storm() {
	local i

	{
		[ $# -eq 0 ] || echo "$1"
		for ((i = 0; i < WATCHES; i++)); do
			watch_section "w$i" $((20100 + i)) 600ms
		done
		watch_section steady 20053 5s
		watch_section other 20054 600ms
	} | configure
}

# reload [LINE]
reload() {
	with_storm "$@"
	mark_log
	kill -HUP "${PID[hbwatchd]}"
	need "it does not reload" 10 log_lines_are 1 "configuration in effect"
}

all_beat() {
	start_beat all --from "$B4" --to "$A4" \
		--port 20100-$((20099 + WATCHES)) --rate "${1:-5}"
}

# are COUNT NOTIFICATION: so many more than before
are() {
	traps_are $((${BEFORE[$2]} + $1)) "$2"
}

declare -A BEFORE=()
mark_traps() {
	local kind

	for kind in Raised Cleared Storm; do
		BEFORE[hbwAlarm$kind]=$(traps "hbwAlarm$kind" | wc -l)
	done
}

active_are() {
	get_is hbwActiveAlarms.0 "$1"
}

# the_storm: raised, cleared and first of the last
the_storm() {
	traps hbwAlarmStorm | tail -n 1 | tr '\t' '\n' |
		sed -n 's/^hbwStorm\(Raised\|Cleared\|First\)\.0 = //p' | xargs
}

told_pending() {
	get_is hbwNotificationsPending.0 0
}

accounted() {
	client snmpbulkwalk -Cr50 -t 2 -r 2 -OQUs "$AGENT" \
		HBWATCH-MIB::hbwHistoryTable >"$WORK/record" &&
		client snmpbulkwalk -Cr50 -t 2 -r 2 -OQUs "$AGENT" \
			HBWATCH-MIB::hbwAlarmTable >>"$WORK/record" &&
		"$TOOLS/check-storms" "$TRAPS" "$WORK/record" >"$WORK/verdict"
}

# accounts TEXT: nothing is told twice or never
accounts() {
	if wait_for 10 accounted; then
		ok "$1"
	else
		not_ok "$1"
		cat "$WORK/verdict"
	fi
}

#
# Off
#

with_storm
start_beat steady --from "$B4" --to "$A4" --port 20053 --rate 20
start_beat other --from "$B4" --to "$A4" --port 20054 --rate 20
mark_traps
start_hbwatchd
soon "off unless configured: each is told" 10 are "$WATCHES" hbwAlarmRaised
is "no storm is shown" \
	"$(get hbwStormRaised.0) $(get hbwStormCleared.0) $(get hbwStormFirst.0)" \
	"0 0 0"
all_beat
soon "and each clear" 10 are "$WATCHES" hbwAlarmCleared

#
# On
#

reload "storm = $LIMIT in 3s"
first=$(($(get hbwNotificationSequence.0) + 1))
mark_traps
stop all
soon "silent at once: all stand" 5 active_are "$WATCHES"
soon "the first $LIMIT are told" 5 are $LIMIT hbwAlarmRaised
soon "the rest is pending for nobody" 2 told_pending
is "before it is over there is no storm told" \
	"$(traps hbwAlarmStorm | wc -l)" 0
is "it is shown" "$(get hbwStormRaised.0) $(get hbwStormFirst.0)" \
	"$REST $((first + LIMIT))"
soon "it ends by itself" 8 are 1 hbwAlarmStorm
is "what it tells" "$(the_storm)" "$REST 0 $((first + LIMIT))"
check "no other raise is told" are $LIMIT hbwAlarmRaised
is "each stands in the table" \
	"$(client snmpbulkwalk -OQUv "$AGENT" HBWATCH-MIB::hbwAlarmState |
		grep -c raised)" "$WATCHES"
is "a row of the history says so" "$(get "hbwHistoryDelivery.$((first + LIMIT))")" \
	summarised
is "one before it was delivered" "$(get "hbwHistoryDelivery.$first")" delivered
accounts "each number has come, or is one of it"

mark_traps
stop other
soon "a raise afterwards is told" 5 are 1 hbwAlarmRaised
start_beat other --from "$B4" --to "$A4" --port 20054 --rate 20
soon "and its clear" 5 are 1 hbwAlarmCleared

mark_traps
all_beat
soon "heartbeats clear them" 5 active_are 0
soon "the clears of what was told are told" 5 are $LIMIT hbwAlarmCleared
soon "and the others in a storm" 8 are 1 hbwAlarmStorm
is "which tells of them" "$(the_storm | cut -d ' ' -f 1,2)" "0 $REST"
accounts "each number has come, or is one of these"

#
# Cleared while it goes on, and killed
#

mark_traps
stop all
soon "once more" 5 are $LIMIT hbwAlarmRaised
soon "all stand" 5 active_are "$WATCHES"
all_beat
soon "clears of what was told are told while it goes on" 3 \
	are $LIMIT hbwAlarmCleared
check "it does" are 0 hbwAlarmStorm
soon "all is delivered" 3 told_pending
soon "none stands" 3 active_are 0
wait_heartbeats steady 5
shown="$(get hbwStormRaised.0) $(get hbwStormCleared.0) $(get hbwStormFirst.0)"
stop hbwatchd KILL
start_hbwatchd
is "killed: it is shown as it was" \
	"$(get hbwStormRaised.0) $(get hbwStormCleared.0) $(get hbwStormFirst.0)" \
	"$shown"
soon "it is told after that" 8 are 1 hbwAlarmStorm
is "with all" "$(the_storm)" "$shown"
is "nothing came twice" "$(varbind hbwNotificationSequence <"$TRAPS" | sort |
	uniq -d | wc -l)" 0
accounts "each number has come, or is one of it"

for try in 1 2 3; do
	stop all
	# 0.6 to 1.0 s: before, within and after the raises
	wait_heartbeats steady $((12 + 4 * (try - 1)))
	stop hbwatchd KILL
	start_hbwatchd
	all_beat
	wait_heartbeats steady 6
done
soon "killed three times more: none stands" 5 active_are 0
accounts "each number has come, or is of one storm"

#
# Off and on in the middle
#

mark_traps
stop all
soon "a storm" 5 active_are "$WATCHES"
reload
soon "turned off: it is told at once" 2 are 1 hbwAlarmStorm
stop other
soon "each raise is told then" 5 are $((LIMIT + 1)) hbwAlarmRaised
reload "storm = $LIMIT in 1s"
start_beat other --from "$B4" --to "$A4" --port 20054 --rate 20
soon "turned on again: what was told is cleared so" 5 are 1 hbwAlarmCleared
all_beat
soon "the others too" 5 active_are 0
accounts "each number has come, or is of one storm"

#
# Without an end
#

mark_traps
stop all
# Each is raised and cleared once a second.
all_beat 1
soon "one without an end is told after ten windows" 20 are 1 hbwAlarmStorm
since=$(seconds_of "$(traps hbwAlarmStorm | tail -n 1 |
	varbind hbwStormSince)")
told=$(seconds_of "$(get "hbwHistoryTime.$(traps hbwAlarmStorm | tail -n 1 |
	varbind hbwNotificationSequence)")")
is_about "which are 10 s" "$(awk "BEGIN { print $told - $since }")" 10 0.5
shows_another() {
	[ "$(get hbwStormFirst.0)" -gt "$(the_storm | cut -d ' ' -f 3)" ]
}
soon "it goes on in another" 5 shows_another
stop all
soon "which ends" 8 are 2 hbwAlarmStorm
accounts "each number has come, or is of one storm"
sed 's/^# /# the storms: /' "$WORK/verdict"
check "it ends on TERM" stop hbwatchd TERM
finish
