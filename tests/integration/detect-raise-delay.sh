#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# How long after its deadline does a raise arrive at snmptrapd?  Prints median
# and worst of RAISES (5; 100 for a measurement).

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
RAISES=${RAISES:-5}
begin
start_snmpd
start_traps

configure <<END
watch "delay" {
	interface = "$LINK"
	peer = "$B4"
	heartbeat = "udp 20053"
	interruption = 500ms
}
END
start_hbwatchd
# Three heartbeats and then a silence of 0.8 s; the last silence does not end.
start_beat peer --from "$B4" --to "$A4" --port 20053 --rate 10 \
	--burst 0.3,0.7 --duration "$RAISES"
note "measuring $RAISES raises, about $RAISES s"
need "the sender does not end" $((RAISES + 60)) gone "${PID[peer]}"
soon "each silence raised the alarm" 10 traps_are "$RAISES" hbwAlarmRaised
soon "every notification has arrived" 10 all_delivered_once
check "none before its deadline, and none late" \
	alarms_match_sender peer delay 0.5 --slack 0.3 --at-least "$RAISES"
finish
