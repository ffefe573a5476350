#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: two watches with different alarms and interruption times on the same
#          heartbeats.
# Checks:  a short silence raises only the quick alarm, a long one raises both.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_observer "$(watch_section slow 20053 3s)" \
	"$(watch_section quick 20053 700ms "$LINK" "alarm = 27003")"
start_hbwatchd
# Four bursts with three short silences between them, and then a long silence.
start_sender peer 20053 --burst 1,1.5 --duration 9
need "the sender does not end" 30 gone "${PID[peer]}"
is "three short silences raise and clear the quick alarm" \
	"$(traps_of_silence hbwAlarmCleared quick)" 3
is "they do not raise the slow alarm" "$(trap_count hbwAlarmRaised slow)" 0
soon "a long silence raises the quick alarm" 10 \
	traps_of_silence_are 4 hbwAlarmRaised quick
is "its service type is that of DBService" \
	"$(alarm_get hbwAlarmServiceType quick 27003)" "FusionInsight Manager"
is "its severity is major" "$(alarm_get hbwAlarmSeverity quick 27003)" major
soon "a long silence raises the slow alarm" 10 traps_are 1 hbwAlarmRaised slow
is "two alarms are active" "$(get hbwActiveAlarms.0)" 2
is "one active alarm is major" "$(get hbwActiveMajor.0)" 1
is "one active alarm is minor" "$(get hbwActiveMinor.0)" 1
start_peer
soon "a heartbeat clears the slow alarm" 10 traps_are 1 hbwAlarmCleared slow
soon "a heartbeat clears the quick alarm" 10 \
	traps_of_silence_are 4 hbwAlarmCleared quick
soon "every notification arrives once" 10 all_delivered_once
check "quick: the alarms are the gaps of the sender" \
	alarms_match_sender peer quick 0.7 --at-least 4
check "slow: the alarms are the gaps of the sender" \
	alarms_match_sender peer slow 3 --at-least 1
finish
