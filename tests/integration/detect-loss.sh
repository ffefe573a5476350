#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: two senders, 10 and 1 heartbeats a second, that lose one heartbeat in
#          five.
# Checks:  each gap of the sender that is long enough is raised and cleared in
#          time, and nothing else.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_observer "$(watch_section ten 20010 250ms)" \
	"$(watch_section one 20001 1.5s)"
start_hbwatchd
start_sender ten 20010 --loss 20 --seed 45640 --duration 20
start_sender one 20001 --rate 1 --loss 20 --seed 12014 --duration 20
senders_ended() {
	! running ten && ! running one
}
need "the senders do not end" 60 senders_ended
for watch in ten one; do
	soon "$watch: interrupted at the end" 10 \
		watch_is hbwWatchState $watch interrupted
done
soon "every notification arrives once" 10 all_delivered_once

check "ten: the alarms are the gaps of the sender" \
	alarms_match_sender ten ten 0.25 --at-least 4
check "one: the alarms are the gaps of the sender" \
	alarms_match_sender one one 1.5 --at-least 3
for watch in ten one; do
	is "$watch: each heartbeat was counted" \
		"$(watch_get hbwWatchHeartbeats $watch)" "$(sent $watch)"
	is "$watch: each interruption was counted" \
		"$(watch_get hbwWatchInterruptions $watch)" \
		"$(trap_count hbwAlarmRaised $watch)"
done
finish
