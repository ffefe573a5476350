#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: an interface that is deleted and made again, one that is set down,
#          and a watch on an interface that does not exist.
# Checks:  a missing interface makes its watches blind and raises no alarm; an
#          interface that is down is an interruption.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_beat_at "$NODE_A" steady --from 127.0.0.1 --to 127.0.0.1 --port 20054 \
	--rate 10
start_pair 1s "$(watch_section absent 20053 1s hb9)" \
	"watch \"steady\" { interface = \"lo\" peer = \"127.0.0.1\"
	heartbeat = \"udp 20054\" interruption = 1s }"
soon "heartbeats on the loopback make its watch alive" 10 \
	watch_is hbwWatchState steady alive
soon "the watch on a missing interface is blind" 10 \
	watch_is hbwWatchState absent blind

index=$(index_of hbwCaptureInterface "$LINK")
is "hbwCaptureIfIndex is that of the interface" \
	"$(capture_get hbwCaptureIfIndex)" \
	"$(at "$NODE_A" ip -o link show dev "$LINK" | cut -d : -f 1)"

for round in 1 2; do
	ip -n "$NODE_A" link delete "$LINK"
	soon "round $round: the interface is deleted: the watch is blind" 10 \
		watch_is hbwWatchState flinkserver blind
	soon "round $round: blindness is notified" 10 \
		capture_traps_are "$round" hbwWatcherBlind
	is "round $round: two watches are blind" "$(get hbwBlindWatches.0)" 2
	is "round $round: the notification has the same number" \
		"$(last_trap hbwWatcherBlind | varbind hbwBlindWatches)" 2
	is "round $round: and the host" \
		"$(last_trap hbwWatcherBlind | varbind hbwWatcherHost)" \
		"$(hostname)"
	is "round $round: the capture has failed" \
		"$(capture_get hbwCaptureState)" failed
	is "round $round: the notification has the same state" \
		"$(last_trap hbwWatcherBlind | varbind hbwCaptureState)" failed
	is "round $round: its ifIndex is not known" \
		"$(capture_get hbwCaptureIfIndex)" 0
	wait_heartbeats steady 25
	is "round $round: no alarm is active" "$(get hbwActiveAlarms.0)" 0
	make_link
	soon "round $round: it is back: the end of blindness is notified" 10 \
		capture_traps_are "$round" hbwWatcherRestored
	soon "round $round: heartbeats make the watch alive" 10 \
		watch_is hbwWatchState flinkserver alive
	is "round $round: one watch is blind" "$(get hbwBlindWatches.0)" 1
	is "round $round: the capture runs" \
		"$(capture_get hbwCaptureState)" running
	is "round $round: its index is the same" \
		"$(index_of hbwCaptureInterface "$LINK")" "$index"
	is "round $round: its ifIndex is the new one" \
		"$(capture_get hbwCaptureIfIndex)" "$(at "$NODE_A" \
			ip -o link show dev "$LINK" | cut -d : -f 1)"
done
is "no alarm was raised" "$(trap_count hbwAlarmRaised)" 0

stop peer
soon "a silence on the new interface is raised" 10 \
	traps_are 1 hbwAlarmRaised flinkserver
ip -n "$NODE_A" link delete "$LINK"
soon "the interface is deleted while the alarm is active" 10 \
	capture_traps_are 3 hbwWatcherBlind
wait_heartbeats steady 15
is "the alarm stays active" "$(alarm_get hbwAlarmState flinkserver)" raised
make_link
soon "the interface is back" 10 capture_traps_are 3 hbwWatcherRestored
wait_heartbeats steady 15
is "the alarm stays active without a heartbeat" \
	"$(alarm_get hbwAlarmState flinkserver)" raised
start_peer
soon "a heartbeat clears it" 10 traps_are 1 hbwAlarmCleared flinkserver

ip -n "$NODE_A" link set "$LINK" down
soon "an interface that is down is an interruption" 10 \
	traps_are 2 hbwAlarmRaised flinkserver
is "the cause is linkAbnormal" "$(alarm_get hbwAlarmCause flinkserver)" \
	linkAbnormal
is "the capture is down" "$(capture_get hbwCaptureState)" down
ip -n "$NODE_A" link set "$LINK" up
soon "the interface is up: heartbeats clear the alarm" 10 \
	traps_are 2 hbwAlarmCleared flinkserver
is "an interface that is down makes no watch blind" \
	"$(capture_trap_count hbwWatcherBlind)" 3
is "the watch on the loopback raised no alarm" \
	"$(trap_count hbwAlarmRaised steady)" 0
soon "every notification arrives once" 10 all_delivered_once

indexes() {
	client snmpbulkwalk -OQUs "$AGENT" HBWATCH-MIB::hbwCaptureInterface
}

# A second name of the same device; the first watch is removed.
at "$NODE_A" ip link property add dev "$LINK" altname "$LINK-too"
{
	watch_section absent 20053 1s hb9
	watch_section again 20053 1s
	watch_section too 20053 1s "$LINK-too"
} | configure
before=$(indexes | grep -v ' lo$')
stop hbwatchd KILL
start_hbwatchd
soon "a second name of the interface: its watch is alive" 10 \
	watch_is hbwWatchState too alive
is "a restart with fewer and with new names: the indexes are the same" \
	"$(indexes | grep -v "too$")" "$before"
is "each name has a row" "$(indexes | wc -l)" 3
is "both names have the ifIndex of the device" \
	"$(capture_get hbwCaptureIfIndex "$LINK-too")" \
	"$(capture_get hbwCaptureIfIndex)"

#
# The blind interface hb9 is no longer in the configuration
#

# ended_for INTERFACE: does the last notification end its blindness?
ended_for() {
	[ "$(last_trap hbwWatcherRestored |
		varbind hbwCaptureInterface)" = "$1" ]
}

watch_section again 20053 1s | configure
reload_hbwatchd
soon "a reload without a blind interface ends its blindness" 10 ended_for hb9
is "nothing monitors it" \
	"$(last_trap hbwWatcherRestored | varbind hbwCaptureState)" notMonitored
is "no watch is blind" \
	"$(last_trap hbwWatcherRestored | varbind hbwBlindWatches)" 0

watch_section absent 20053 1s hb8 | configure
reload_hbwatchd
soon "another interface is blind" 10 watch_is hbwWatchState absent blind
soon "its blindness is notified" 10 capture_traps_are 1 hbwWatcherBlind hb8
stop hbwatchd KILL
watch_section again 20053 1s | configure
start_hbwatchd
soon "a restart without a blind interface ends its blindness" 10 ended_for hb8
finish
