#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# UDP heartbeats over IPv6, and `ip`, beside IPv4's on the same port.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_snmpd
start_traps

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
watch "elsewhere" {
	interface = "$LINK"
	peer = "$B6"
	local = "2001:db8::99"
	heartbeat = "udp 20053"
	interruption = 1s
}
END
start_beat four --from "$B4" --to "$A4" --port 20053 --rate 10
start_beat six --from "$B6" --to "$A6" --port 20053 --rate 10
start_hbwatchd
for watch in six four "any packet"; do
	soon "$watch: heartbeats make it alive" 10 \
		watch_is hbwWatchState "$watch" alive
done
is "hbwWatchPeerType" "$(watch_get hbwWatchPeerType six)" ipv6
is "hbwWatchPeer" "$(watch_get hbwWatchPeer six | tr -d '" ')" \
	20010DB8000000000000000000000012
is "hbwWatchLocalType" "$(watch_get hbwWatchLocalType six)" ipv6
is "hbwWatchLocalType of none" \
	"$(watch_get hbwWatchLocalType "any packet")" unknown
soon "another local address's watch hears nothing" 10 \
	traps_are 1 hbwAlarmRaised elsewhere
is "and says so" "$(alarm_get hbwAlarmCause elsewhere)" neverHeard
is "in its last heartbeat, too" \
	"$(seconds_of "$(watch_get hbwWatchLastHeartbeat elsewhere)")" never

stop six
soon "IPv6's end raises its alarm" 10 traps_are 1 hbwAlarmRaised six
soon "and that of any packet" 10 alarm_is hbwAlarmState "any packet" raised
wait_heartbeats four 10
is "IPv4's is not touched" "$(traps hbwAlarmRaised four | wc -l)" 0
start_beat six --from "$B6" --to "$A6" --port 20053 --rate 10
soon "its return clears it" 10 traps_are 1 hbwAlarmCleared six
soon "and that of any packet" 10 alarm_is hbwAlarmState "any packet" cleared
check "as the sender did" alarms_match_sender six six 1 --at-least 1
finish
