#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: hbwatchd as standalone SNMP agent (-L) with three receivers of traps,
#          over TCP, informs and UDP; 300 alarms are raised at once.
# Checks:  each receiver gets each notification, in order and once; requests are
#          answered meanwhile.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
WATCHES=300
begin
EVIDENCE=0
STREAM=tcp:127.0.0.1:1163 INFORM=127.0.0.1:1164

{
	echo 'storm = off'
	cat <<-END
		snmp = {
			"rocommunity public 127.0.0.1",
			"trap2sink $STREAM public",
			"informsink $INFORM public",
			"trap2sink $SINK public"
		}
	END
	watch_section flinkserver 20053 5s
	watch_sections "$WATCHES" 1s
} | configure
start_traps
start_receiver stream "$STREAM" "$WORK/stream"
start_receiver inform "$INFORM" "$WORK/inform"
start_peer
start_sender burst 20100-20399 --rate 5
start_hbwatchd -L "udp:$AGENT"
soon "no alarm is active" 20 get_is hbwActiveAlarms.0 0
soon "heartbeats are received" 20 watch_is hbwWatchState flinkserver alive

# all_received FILE
all_received() {
	TRAPS=$WORK/$1 arrived_from 1 "$WATCHES"
}

stop burst
soon "all alarms are raised" 10 active_alarms_are "$WATCHES"
check "the agent answers at once" wait_for 1 hbwatchd_answers
for name in stream inform; do
	soon "$name: each notification arrives" 20 all_received "$name"
	check "$name: each arrived once, in order" \
		env TRAPS="$WORK/$name" "$TOOLS/check-order" "$WORK/$name"
done
soon "no notification is pending" 10 get_is hbwNotificationsPending.0 0
check "hbwatchd ends on TERM" stop hbwatchd
finish
