#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# keepalived as the peer, in four dialects: killed, stopped, its link down.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin keepalived
start_snmpd
start_traps

DIALECTS="v2 v3 ipv6 unicast"

# The kernel takes up to a second to tell that a carrier is gone.
configure <<END
watch "v2" {
	interface = "$LINK"
	peer = "$B4"
	heartbeat = "vrrp 51"
	interruption = 2.5s
}
watch "v3" {
	interface = "$LINK"
	heartbeat = "vrrp 52"
	interruption = 1.5s
}
watch "ipv6" {
	interface = "$LINK"
	peer = "$B_LINK"
	heartbeat = "vrrp 53"
	interruption = 1.5s
}
watch "unicast" {
	interface = "$LINK"
	peer = "$B4"
	local = "$A4"
	heartbeat = "vrrp 54"
	interruption = 1.5s
}
END
keepalived_conf v2 2 4 51 100 1
keepalived_conf v3 3 4 52 100 0.1
keepalived_conf ipv6 3 6 53 100 0.1
keepalived_conf unicast 3 4 54 100 0.1 \
	"unicast_src_ip $B4" "unicast_peer { " "	$A4" "}"

start_all() {
	local dialect

	for dialect in $DIALECTS; do
		start_keepalived "$dialect" "$NODE_B"
	done
}

# all_soon TEXT SECONDS COMMAND...: soon, @ standing for the name of each
all_soon() {
	local text=$1 limit=$2 dialect

	shift 2
	for dialect in $DIALECTS; do
		soon "$dialect: $text" "$limit" "${@//@/$dialect}"
	done
}

master() {
	grep -q "Entering MASTER STATE" "$WORK/$1.log"
}

start_all
all_soon "the peer is master" 15 master @
start_hbwatchd
all_soon "advertisements make it alive" 15 watch_is hbwWatchState @ alive

for dialect in $DIALECTS; do
	kill_with_children "$dialect"
done
all_soon "kill -9 raises the alarm" 10 traps_are 1 hbwAlarmRaised @
all_soon "without a hint at the cause" 1 alarm_is hbwAlarmCause @ unknown

start_all
all_soon "its return clears it" 15 traps_are 1 hbwAlarmCleared @

for dialect in $DIALECTS; do
	stop "$dialect"
done
all_soon "a graceful stop raises it" 10 traps_are 2 hbwAlarmRaised @
all_soon "and says so" 1 alarm_is hbwAlarmCause @ instanceStopped

start_all
all_soon "its return clears it" 15 traps_are 2 hbwAlarmCleared @

ip -n "$NODE_B" link set "$LINK" down
all_soon "a link without carrier raises it" 10 traps_are 3 hbwAlarmRaised @
all_soon "and says so" 1 alarm_is hbwAlarmCause @ linkAbnormal
is "the capture is down, not failed" \
	"$(client snmpbulkwalk -OQUv "$AGENT" HBWATCH-MIB::hbwCaptureState)" \
	down
is "nobody is blind" "$(traps hbwWatcherBlind | wc -l)" 0

ip -n "$NODE_B" link set "$LINK" up
add_ipv6 "$NODE_B" "$B6" "$B_LINK"
all_soon "the link's return clears it" 15 traps_are 3 hbwAlarmCleared @
is "every notification came once" \
	"$(varbind hbwNotificationSequence <"$TRAPS" | xargs)" \
	"$(seq 24 | xargs)"
finish
