#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: UDP heartbeats over IPv6 and IPv4 on the same port, and watches for
#          any IP packet and for another local address.
# Checks:  each watch counts only its own heartbeats, and the columns with
#          addresses are right.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_observer

configure <<END
watch "six" {
	interface = "$LINK"
	peer = "$B6"
	local = "$A6"
	heartbeat = "udp 20053"
	interruption = 1s
}
watch "four" {
	interface = "$LINK"
	peer = "$B4"
	local = "$A4"
	heartbeat = "udp 20053"
	interruption = 1s
}
watch "any packet" {
	interface = "$LINK"
	peer = "$B6"
	heartbeat = "ip"
	interruption = 1s
}
watch "other local" {
	interface = "$LINK"
	peer = "$B6"
	local = "2001:db8::99"
	heartbeat = "udp 20053"
	interruption = 1s
}
END

start_six() {
	start_beat six --from "$B6" --to "$A6" --port 20053 --rate 10
}

start_sender four 20053
start_six
start_hbwatchd
for watch in six four "any packet"; do
	soon "$watch: heartbeats make the watch alive" 10 \
		watch_is hbwWatchState "$watch" alive
done
is "hbwWatchPeerType is ipv6" "$(watch_get hbwWatchPeerType six)" ipv6
is "hbwWatchPeer is the address" \
	"$(watch_get hbwWatchPeer six | tr -d '" ')" \
	20010DB8000000000000000000000012
is "hbwWatchLocalType is ipv6" "$(watch_get hbwWatchLocalType six)" ipv6
is "hbwWatchLocalType without an address is unknown" \
	"$(watch_get hbwWatchLocalType "any packet")" unknown
soon "other local: no heartbeat, the alarm is raised" 10 \
	traps_are 1 hbwAlarmRaised "other local"
is "other local: the cause is neverHeard" \
	"$(alarm_get hbwAlarmCause "other local")" neverHeard
is "other local: the time of the last heartbeat is never" \
	"$(seconds_of "$(watch_get hbwWatchLastHeartbeat "other local")")" never

stop six
soon "six: a silence raises the alarm" 10 traps_are 1 hbwAlarmRaised six
soon "any packet: a silence raises the alarm" 10 \
	alarm_is hbwAlarmState "any packet" raised
wait_heartbeats four 10
is "four: no alarm is raised" "$(trap_count hbwAlarmRaised four)" 0
start_six
soon "six: a heartbeat clears the alarm" 10 traps_are 1 hbwAlarmCleared six
soon "any packet: a heartbeat clears the alarm" 10 \
	alarm_is hbwAlarmState "any packet" cleared
check "six: the alarms are the gaps of the sender" \
	alarms_match_sender six six 1 --at-least 1
finish
