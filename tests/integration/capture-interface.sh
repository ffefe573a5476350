#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# An interface that is gone makes blind and accuses nobody; one that is down is
# a true interruption.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_snmpd
start_traps

configure <<END
watch "flinkserver" {
	interface = "$LINK"
	peer = "$B4"
	heartbeat = "udp 20053"
	interruption = 1s
}
watch "steady" {
	interface = "lo"
	peer = "127.0.0.1"
	heartbeat = "udp 20054"
	interruption = 1s
}
watch "absent" {
	interface = "hb9"
	peer = "$B4"
	heartbeat = "udp 20053"
	interruption = 1s
}
END
start_beat_at "$NODE_A" steady --from 127.0.0.1 --to 127.0.0.1 --port 20054 \
	--rate 10
start_beat peer --from "$B4" --to "$A4" --port 20053 --rate 10
start_hbwatchd
soon "heartbeats make it alive" 10 watch_is hbwWatchState flinkserver alive
soon "over the loopback, too" 10 watch_is hbwWatchState steady alive
soon "a watch on an interface that is not there is blind" 10 \
	watch_is hbwWatchState absent blind
about_link() {
	traps "$1" | grep -c "hbwCaptureInterface\.[0-9]* = $LINK\b"
}
link_traps_are() {
	[ "$(about_link "$2")" -eq "$1" ]
}
capture_state() {
	client snmpbulkwalk -OQUs "$AGENT" HBWATCH-MIB::hbwCaptureInterface |
		sed -n 's/^hbwCaptureInterface\.\([0-9]*\) = '"$LINK"'$/\1/p' |
		while read -r row; do
			get "hbwCaptureState.$row"
		done
}

for round in 1 2; do
	ip -n "$NODE_A" link delete "$LINK"
	soon "round $round: without the interface it is blind" 10 \
		watch_is hbwWatchState flinkserver blind
	soon "round $round: which is notified" 10 \
		link_traps_are "$round" hbwWatcherBlind
	is "round $round: the capture failed" "$(capture_state)" failed
	is "round $round: in the notification, too" \
		"$(traps hbwWatcherBlind | tail -n 1 |
			varbind hbwCaptureState)" failed
	wait_heartbeats steady 25
	is "round $round: nobody is accused" "$(get hbwActiveAlarms.0)" 0
	make_link
	soon "round $round: the interface's return is notified" 10 \
		link_traps_are "$round" hbwWatcherRestored
	soon "round $round: heartbeats make it alive" 10 \
		watch_is hbwWatchState flinkserver alive
	is "round $round: the capture runs" "$(capture_state)" running
done
is "no alarm was raised" "$(traps hbwAlarmRaised | wc -l)" 0

stop peer
soon "a silence is noticed on the new interface" 10 \
	traps_are 1 hbwAlarmRaised flinkserver
ip -n "$NODE_A" link delete "$LINK"
soon "the interface goes while the alarm stands" 10 \
	link_traps_are 3 hbwWatcherBlind
wait_heartbeats steady 15
is "the alarm stands" "$(alarm_get hbwAlarmState flinkserver)" raised
make_link
soon "the interface is back" 10 link_traps_are 3 hbwWatcherRestored
wait_heartbeats steady 15
is "the alarm stands until a heartbeat is heard" \
	"$(alarm_get hbwAlarmState flinkserver)" raised
start_beat peer --from "$B4" --to "$A4" --port 20053 --rate 10
soon "which clears it" 10 traps_are 1 hbwAlarmCleared flinkserver

ip -n "$NODE_A" link set "$LINK" down
soon "an interface that is down is an interruption" 10 \
	traps_are 2 hbwAlarmRaised flinkserver
is "with that cause" "$(alarm_get hbwAlarmCause flinkserver)" linkAbnormal
is "the capture is down" "$(capture_state)" down
ip -n "$NODE_A" link set "$LINK" up
soon "up again, heartbeats clear it" 10 traps_are 2 hbwAlarmCleared flinkserver
is "nobody was blind for that" "$(about_link hbwWatcherBlind)" 3
is "the loopback's watch saw nothing of it" \
	"$(traps hbwAlarmRaised steady | wc -l)" 0
soon "every notification has arrived" 10 all_delivered_once
finish
