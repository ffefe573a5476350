#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: corosync on both nodes, with the transports knet (encrypted), udpu
#          and udp; the peer's is killed.
# Checks:  each transport: kill -9 raises the alarm, a new start clears it.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=peers/corosync.sh
. "$INTEGRATION/peers/corosync.sh"
begin corosync
# Each transport has a port of its own, so that its packets count only for its
# own watch.
# Without evidence the causes are those of the heartbeats alone, and no change of
# a cause is notified; see diagnosis-causes.sh.
start_observer "evidence = 0" "$(watch_section knet corosync 1.5s)" \
	"$(watch_section udpu "corosync 5415" 1.5s)" \
	"$(watch_section udp "corosync 5425" 1.5s)"
corosync_conf knet knet 5405 aes256
corosync_conf udpu udpu 5415
corosync_conf udp udp 5425

# joined NAME a|b: has the node both members?
joined() {
	grep -qs 'Members\[2\]: 1 2' "$WORK/$1-$2.log"
}

start_hbwatchd
for transport in knet udpu udp; do
	start_corosync $transport a
	start_corosync $transport b
	soon "$transport: the nodes form a cluster" 15 joined $transport b
	soon "$transport: this makes the watch alive" 5 \
		watch_is hbwWatchState $transport alive
	raised=$(trap_count hbwAlarmRaised $transport)

	stop $transport-b KILL
	soon "$transport: kill -9 raises the alarm" 10 \
		traps_are $((raised + 1)) hbwAlarmRaised $transport
	is "$transport: the cause is unknown" \
		"$(alarm_get hbwAlarmCause $transport)" unknown

	start_corosync $transport b
	soon "$transport: corosync starts again: this clears it" 15 \
		traps_are $((raised + 1)) hbwAlarmCleared $transport
	stop $transport-b
	stop $transport-a
done
finish
