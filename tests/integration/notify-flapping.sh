#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a watch with `flapping = 2 in 15s` whose heartbeats stop and return
#          again and again.
# Checks:  the begin and the end of the chattering are notified once, the
#          changes between are only in the history, and receivers get the state
#          at the end.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin

# flap: the alarm is raised and cleared
flap() {
	stop peer
	wait_for 10 alarm_is hbwAlarmState flinkserver raised
	start_peer
	wait_for 10 alarm_is hbwAlarmState flinkserver cleared
}

# changes_are COUNT CHANGE
changes_are() {
	[ "$(traps hbwAlarmChanged flinkserver | varbind hbwAlarmChange |
		grep -cx "$2")" -eq "$1" ]
}

events() {
	walk hbwHistoryEvent | cut -d ' ' -f 3 | grep -c "$1"
}

start_observer "$(watch_section flinkserver 20053 500ms "$LINK" \
	"flapping = 2 in 15s")"
start_peer
start_hbwatchd
soon "heartbeats make the watch alive" 10 \
	watch_is hbwWatchState flinkserver alive
is "the alarm is not chattering" \
	"$(alarm_get hbwAlarmChattering flinkserver)" false
for _ in 1 2 3 4; do
	flap
done
soon "the chattering is notified" 5 changes_are 1 chattering
is "the alarm is chattering" "$(alarm_get hbwAlarmChattering flinkserver)" true
is "two raises were notified" "$(trap_count hbwAlarmRaised flinkserver)" 2
is "two clears were notified" "$(trap_count hbwAlarmCleared flinkserver)" 2
is "all are in the history" "$(events raised) $(events cleared)" "4 4"
is "four of them are summarised" "$(walk hbwHistoryDelivery |
	grep -c summarised)" 4
stop peer
soon "it is raised again" 10 alarm_is hbwAlarmState flinkserver raised
is "this is not notified" "$(trap_count hbwAlarmRaised flinkserver)" 2
soon "the end of the chattering is notified" 30 changes_are 1 calm
soon "receivers get the raise" 5 traps_are 3 hbwAlarmRaised flinkserver
is "the alarm is not chattering any more" \
	"$(alarm_get hbwAlarmChattering flinkserver)" false
start_peer
soon "the clear is notified" 10 traps_are 3 hbwAlarmCleared flinkserver
check "the chattering was notified once" changes_are 1 chattering
soon "nothing is pending" 5 nothing_is_pending
finish
