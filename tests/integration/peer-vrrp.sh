#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: keepalived on the peer with VRRPv2, VRRPv3, IPv6 and unicast; it is
#          killed, stopped, and loses its link.
# Checks:  each raises the alarm, with the right cause, and its end clears it.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin keepalived
start_observer

DIALECTS="v2 v3 ipv6 unicast"

# The kernel may report a lost carrier up to a second late, so the interruption
# times are longer than that.
# Without evidence the causes are those of the heartbeats alone, and no change of
# a cause is notified; see diagnosis-causes.sh.
configure <<END
evidence = 0
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

check_keepalived_kill "$NODE_B" "$DIALECTS"
soon_each "$DIALECTS" "the cause is unknown" 1 \
	alarm_is hbwAlarmCause @ unknown

start_all_keepalived "$NODE_B" "$DIALECTS"
soon_each "$DIALECTS" "keepalived starts again: this clears it" 15 \
	traps_are 1 hbwAlarmCleared @

for dialect in $DIALECTS; do
	stop "$dialect"
done
soon_each "$DIALECTS" "a graceful stop raises the alarm" 10 \
	traps_are 2 hbwAlarmRaised @
soon_each "$DIALECTS" "the cause is instanceStopped" 1 \
	alarm_is hbwAlarmCause @ instanceStopped

start_all_keepalived "$NODE_B" "$DIALECTS"
soon_each "$DIALECTS" "keepalived starts again: this clears it" 15 \
	traps_are 2 hbwAlarmCleared @

ip -n "$NODE_B" link set "$LINK" down
soon_each "$DIALECTS" "a link without carrier raises the alarm" 10 \
	traps_are 3 hbwAlarmRaised @
soon_each "$DIALECTS" "the cause is linkAbnormal" 1 \
	alarm_is hbwAlarmCause @ linkAbnormal
is "the state of the capture is down" "$(capture_get hbwCaptureState)" down
is "no blindness is notified" "$(trap_count hbwWatcherBlind)" 0

ip -n "$NODE_B" link set "$LINK" up
add_ipv6 "$NODE_B" "$B6" "$B_LINK"
soon_each "$DIALECTS" "the link is up: this clears it" 15 \
	traps_are 3 hbwAlarmCleared @
is "each notification arrived once" "$(sequences)" "$(seq 2 25 | xargs)"
finish
