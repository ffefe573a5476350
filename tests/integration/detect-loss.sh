#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A flow that loses one heartbeat in five: raises and clears, each at its time.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_snmpd
start_traps

configure <<END
watch "ten" {
	interface = "$LINK"
	peer = "$B4"
	heartbeat = "udp 20010"
	interruption = 250ms
}
watch "one" {
	interface = "$LINK"
	peer = "$B4"
	heartbeat = "udp 20001"
	interruption = 1.5s
}
END
start_hbwatchd
start_beat ten --from "$B4" --to "$A4" --port 20010 --rate 10 \
	--loss 20 --seed 45640 --duration 20
start_beat one --from "$B4" --to "$A4" --port 20001 --rate 1 \
	--loss 20 --seed 12014 --duration 20
senders_ended() {
	! running ten && ! running one
}
need "the senders do not end" 60 senders_ended
soon "10 Hz ends interrupted" 10 watch_is hbwWatchState ten interrupted
soon "1 Hz ends interrupted" 10 watch_is hbwWatchState one interrupted
soon "every notification has arrived" 10 all_delivered_once

check "10 Hz: raises and clears are the sender's gaps" \
	alarms_match_sender ten ten 0.25 --at-least 4
check "1 Hz: raises and clears are the sender's gaps" \
	alarms_match_sender one one 1.5 --at-least 3
for watch in ten one; do
	is "$watch: each heartbeat was counted" \
		"$(watch_get hbwWatchHeartbeats $watch)" "$(sent $watch)"
	is "$watch: each interruption was counted" \
		"$(watch_get hbwWatchInterruptions $watch)" \
		"$(traps hbwAlarmRaised $watch | wc -l)"
done
finish
