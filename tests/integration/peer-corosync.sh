#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# corosync as the peer, in each transport, with and without encryption: killed.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=peers/corosync.sh
. "$INTEGRATION/peers/corosync.sh"
begin corosync
start_snmpd
start_traps

# Each has a port, so that none is taken for another.
configure <<END
watch "knet" {
	interface = "$LINK"
	peer = "$B4"
	heartbeat = "corosync"
	interruption = 1.5s
}
watch "udpu" {
	interface = "$LINK"
	peer = "$B4"
	heartbeat = "corosync 5415"
	interruption = 1.5s
}
watch "udp" {
	interface = "$LINK"
	peer = "$B4"
	heartbeat = "corosync 5425"
	interruption = 1.5s
}
END
corosync_conf knet knet 5405 aes256
corosync_conf udpu udpu 5415
corosync_conf udp udp 5425

joined() {
	grep -qs 'Members\[2\]: 1 2' "$WORK/$1-$2.log"
}

start_hbwatchd
for transport in knet udpu udp; do
	start_corosync $transport a
	start_corosync $transport b
	soon "$transport: the nodes find each other" 15 joined $transport b
	soon "$transport: that makes it alive" 5 \
		watch_is hbwWatchState $transport alive
	raised=$(traps hbwAlarmRaised $transport | wc -l)

	stop $transport-b KILL
	soon "$transport: kill -9 raises the alarm" 10 \
		traps_are $((raised + 1)) hbwAlarmRaised $transport
	is "$transport: without a hint at the cause" \
		"$(alarm_get hbwAlarmCause $transport)" unknown

	start_corosync $transport b
	soon "$transport: its return clears it" 15 \
		traps_are $((raised + 1)) hbwAlarmCleared $transport
	stop $transport-b
	stop $transport-a
done
finish
