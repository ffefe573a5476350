#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: alarms are raised, acknowledged, shelved, cleared and unshelved in
#          many orders, with kill -9 of hbwatchd after each step; a shelf that
#          ends while hbwatchd is down.
# Checks:  nothing is lost and nothing is invented: the history, the state of
#          each alarm and what arrived fit together.
#
#   HBW_ORDERS  how many random orders there are: 3
#   HBW_SEED    their seed

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
ORDERS=${HBW_ORDERS:-3}
SEED=${HBW_SEED:-$$}
begin
EVIDENCE=0
start_traps
start_snmpd "rwcommunity secret 127.0.0.1"
watch_section flinkserver 20053 500ms | configure
start_hbwatchd
soon "the watch without heartbeats is raised" 10 traps_are 1 hbwAlarmRaised
I=45640.$(watch_index flinkserver)
note "HBW_SEED=$SEED"
RANDOM=$SEED

# kill_and_start: after all that is stored is delivered, so that the table shows
# what a restart must keep
kill_and_start() {
	soon "$1: nothing is pending" 10 all_delivered_or_withheld
	save_values
	stop hbwatchd KILL
	start_hbwatchd
	soon "$1, kill -9: it is connected" 10 get_is "hbwAlarmId.$I" 45640
	values_are_unchanged "$1, kill -9: nothing has changed"
}

all_delivered_or_withheld() {
	nothing_is_pending && operator_history_is_right
}

# state_is ALARM-STATE OPERATOR-STATE
state_is() {
	get_is "hbwAlarmState.$I" "$1" && get_is "hbwAlarmOperatorState.$I" "$2"
}

# step NAME: one of the things that can happen.  Sets $answer: some cannot be
# done in each state.
step() {
	answer=
	case $1 in
	raise)
		[ -z "${PID[peer]:-}" ] || stop peer
		need "it is not raised" 10 get_is "hbwAlarmState.$I" raised
		;;
	clear)
		start_peer
		need "it is not cleared" 10 get_is "hbwAlarmState.$I" cleared
		;;
	acknowledge)
		answer=$(set_objects secret "hbwAlarmOperatorState.$I" i 2 \
			"hbwAlarmOperatorText.$I" s "step $steps")
		;;
	shelve)
		answer=$(set_objects secret "hbwAlarmOperatorState.$I" i 3 \
			"hbwAlarmShelvedSeconds.$I" u 3600)
		;;
	unshelve)
		answer=$(set_objects secret "hbwAlarmOperatorState.$I" i 1)
		;;
	esac
}

# run_steps NAME...: each step, with a kill after it
run_steps() {
	local name

	for name in "$@"; do
		steps=$((steps + 1))
		step "$name"
		note "step $steps: $name ${answer:-done}"
		kill_and_start "step $steps, $name"
	done
}

steps=0
run_steps acknowledge shelve unshelve
check "after acknowledge and shelve, unshelve leads to none" \
	state_is raised none
run_steps shelve clear unshelve
check "it is cleared" state_is cleared none
soon "receivers get the clear" 10 traps_are 1 hbwAlarmCleared
run_steps shelve raise unshelve
check "it is raised" state_is raised none
soon "receivers get the raise" 10 traps_are 2 hbwAlarmRaised

for ((order = 0; order < ORDERS; order++)); do
	names=()
	for ((i = 0; i < 3; i++)); do
		case $((RANDOM % 5)) in
		0) names+=(acknowledge) ;;
		1) names+=(shelve) ;;
		2) names+=(unshelve) ;;
		*) [ "$(get "hbwAlarmState.$I")" = raised ] &&
			[[ ${names[*]} != *clear* ]] &&
			names+=(clear) || names+=(acknowledge) ;;
		esac
	done
	run_steps "${names[@]}"
	[ -z "${PID[peer]:-}" ] || run_steps raise
done

#
# The shelf ends while hbwatchd is down
#

step unshelve
steps=last
step acknowledge
SHELF=10
ends=$((EPOCHSECONDS + SHELF + 1))
set_objects secret "hbwAlarmOperatorState.$I" i 3 \
	"hbwAlarmShelvedSeconds.$I" u $SHELF
soon "the shelf is stored" $((SHELF - 2)) all_delivered_or_withheld
stop hbwatchd KILL
start_peer
has_ended() {
	[ "$EPOCHSECONDS" -gt "$ends" ]
}
need "the time of the shelf does not pass" $((SHELF + 10)) has_ended
mark_log
start_hbwatchd
soon "a shelf that ended meanwhile ends at the start" 10 \
	log_lines_are 1 "unshelved by hbwatchd: the shelf has ended"
soon "the alarm is cleared" 10 state_is cleared none
soon "nothing is pending at the end" 10 nothing_is_pending
check_operator "all that had to be notified arrived, and nothing else"
check "hbwatchd ends on TERM" stop hbwatchd TERM
finish
