#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Two alarms on one flow: a short silence raises the quick one alone.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_snmpd
start_traps

configure <<END
watch "slow" {
	interface = "$LINK"
	peer = "$B4"
	heartbeat = "udp 20053"
	interruption = 3s
}
watch "quick" {
	interface = "$LINK"
	peer = "$B4"
	heartbeat = "udp 20053"
	alarm = 27003
	interruption = 700ms
}
END
start_hbwatchd
# Four bursts and three short silences, and then a long one.
start_beat peer --from "$B4" --to "$A4" --port 20053 --rate 10 \
	--burst 1,1.5 --duration 9
need "the sender does not end" 30 gone "${PID[peer]}"
is "three short silences raise and clear the quick alarm" \
	"$(traps hbwAlarmCleared quick | wc -l)" 3
is "and not the slow one" "$(traps hbwAlarmRaised slow | wc -l)" 0
soon "a long one raises the quick one" 10 traps_are 4 hbwAlarmRaised quick
is "which is of DBService" "$(alarm_get hbwAlarmServiceType quick 27003)" \
	DBService
is "and major" "$(alarm_get hbwAlarmSeverity quick 27003)" major
soon "and then the slow one" 10 traps_are 1 hbwAlarmRaised slow
is "two alarms are active" "$(get hbwActiveAlarms.0)" 2
is "one of them major" "$(get hbwActiveMajor.0)" 1
is "one of them minor" "$(get hbwActiveMinor.0)" 1
start_beat peer --from "$B4" --to "$A4" --port 20053 --rate 10
soon "a heartbeat clears the slow one" 10 traps_are 1 hbwAlarmCleared slow
soon "and the quick one" 10 traps_are 4 hbwAlarmCleared quick
soon "every notification has arrived" 10 all_delivered_once
check "quick: as the sender did" alarms_match_sender peer quick 0.7 --at-least 4
check "slow: as the sender did" alarms_match_sender peer slow 3 --at-least 1
finish
