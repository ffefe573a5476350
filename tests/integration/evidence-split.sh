#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: two watches on one peer, of which one becomes silent, while another
#          peer, which has an active alarm, sends many heartbeats.
# Checks:  the kernel hands each frame to one of two captures; the heartbeats of
#          the other watch show that the peer still sends.  With TCP, each frame
#          goes to both captures.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
PEER=192.0.2.77
LOUD=10.0.0.0
PEER_OTHER_TRAFFIC=6

# section NAME PORT INTERRUPTION PEER
section() {
	watch_section "$1" "$2" "$3" | sed "s/$B4/$4/"
}

# The host of this peer does not exist, so that nothing else is from it.
start_peer_beat() {
	start_beat_at "$NODE_B" "$1" --interface "$LINK" \
		--source-mac 02:00:00:00:00:77 --from $PEER --to "$A4" \
		--port "$2" --rate "$3"
}

other_traffic() {
	get "hbwEvidenceState.45640.$(watch_index silent).$PEER_OTHER_TRAFFIC"
}

start_observer "$(section silent 20053 3s $PEER)" \
	"$(section other 20054 30s $PEER)" \
	"$(section loud 20055 30s $LOUD)" \
	"$(section never 20056 2s $LOUD)"
start_peer_beat silent 20053 10
start_peer_beat other 20054 2
start loud "$NODE_B" "$BUILD/tests/bench/beats" -i "$LINK" -n 1 -p 20055 \
	-r 20000
start_hbwatchd
for watch in silent other loud; do
	soon "$watch: heartbeats make the watch alive" 20 \
		watch_is hbwWatchState $watch alive
done
if kernel_can_split; then
	soon "the kernel hands each frame to one capture" 10 captures_are_split
fi
soon "the loud peer has an active alarm" 10 traps_are 1 hbwAlarmRaised never
stop silent
soon "the silence raises the alarm" 20 traps_are 1 hbwAlarmRaised silent
is "the heartbeats of the other watch are evidence" "$(other_traffic)" present
is "the cause is that only this instance hangs" \
	"$(last_trap hbwAlarmRaised silent | varbind hbwAlarmCause)" peerHung
stop loud

watch_section tcp "tcp 20057" 30s | configure
mark_log
reload_hbwatchd
soon "a watch of TCP: hbwatchd has reloaded" 20 log_lines_are 1 "$RELOADED"
soon "only one engine is left" 10 one_engine
is "a watch of TCP: each frame goes to both captures" \
	"$(at "$NODE_A" "$TOOLS/packet-groups")" "none none"
finish
