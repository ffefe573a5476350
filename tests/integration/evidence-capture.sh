#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a peer whose process is killed while its host still answers; we send
#          heartbeats to it, too.  The engine is killed before.  The peer
#          sends ARP requests with a VLAN tag.  There are so many other watches
#          on the port that our heartbeats pass the filter of the main capture.
# Checks:  the capture for evidence works in the sandbox: the raise has the
#          cause; the evidence file has control traffic without a VLAN tag and
#          with one, our heartbeats, the frames of the silent peer, and frames
#          from before the engine was killed; with `evidence = 0` there is no
#          second capture, and no memory for it.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_observer "$(watch_section flinkserver 20053 2s
	for ((i = 0; i < 40; i++)); do
		watch_section "w$i" 20053 1h | sed "s/$B4/203.0.113.$((i + 1))/"
	done)"
start_peer
start_beat_at "$NODE_A" ours --from "$A4" --to "$B4" --port 20053 --rate 10
start_hbwatchd
FILE=$WORK/state/evidence/1-flinkserver.pcapng

# send_tagged: an ARP request in VLAN 7
send_tagged() {
	at "$NODE_B" python3 - "$LINK" <<-'END'
		import socket, sys
		mac = bytes.fromhex("020000000022")
		arp = bytes.fromhex("0001080006040001") + mac + bytes(
		    [198, 51, 100, 2]) + bytes(6) + bytes([198, 51, 100, 1])
		with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as link:
		    link.bind((sys.argv[1], 0))
		    link.send(bytes([255] * 6) + mac + bytes.fromhex(
		        "810000070806") + arp)
	END
}

# has FILTER: how often has the evidence file frames that match?
has() {
	[ "$(tshark -r "$FILE" -Y "$1" 2>/dev/null | wc -l)" -gt 0 ]
}

# packet_sockets: those of the observer
packet_sockets() {
	at "$NODE_A" sh -c 'tail -n +2 /proc/net/packet | wc -l'
}

# rings: the mappings of the rings in the engine
rings() {
	grep -c hbwatch-evidence "/proc/$(the_engine)/maps"
}

packet_sockets_are() {
	[ "$(packet_sockets)" -eq "$1" ]
}

rings_are() {
	[ "$(rings)" -eq "$1" ]
}

soon "heartbeats make the watch alive" 10 \
	watch_is hbwWatchState flinkserver alive
soon "there are two captures" 10 packet_sockets_are 2
if kernel_can_split; then
	soon "the kernel hands each frame to one of them" 10 captures_are_split
fi
soon "the engine has the rings" 10 rings_are 1
send_tagged
wait_heartbeats peer 20
killed=$(date +%s.%N)
mark_log
kill -KILL "$(the_engine)"
soon "another engine starts" 10 log_lines_are 1 'ended unexpectedly'
soon "heartbeats make the watch alive again" 10 \
	watch_is hbwWatchState flinkserver alive
wait_heartbeats peer 20
stop peer
soon "the silence raises the alarm" 20 \
	traps_are 1 hbwAlarmRaised flinkserver
soon "the cause is found" 20 \
	alarm_is hbwAlarmCause flinkserver instanceStopped
start_peer
soon "a heartbeat clears the alarm" 20 \
	traps_are 1 hbwAlarmCleared flinkserver
soon "there is an evidence file" 20 [ -s "$FILE" ]
soon "it has heartbeats" 10 has "ip.src == $B4 && udp.port == 20053"
soon "it has frames from before the engine was killed" 10 \
	has "frame.time_epoch < $killed"
soon "it has our heartbeats" 10 \
	has "ip.src == $A4 && udp.port == 20053 && !icmp"
soon "it has ARP without a tag" 10 has "arp && !vlan"
soon "it has ARP with a VLAN tag" 10 has "arp && vlan.id == 7"
soon "it has the ICMP errors of the peer" 10 has "icmp.type == 3"
check "it has no frame twice" \
	[ -z "$(tshark -r "$FILE" -T fields -e frame.time_epoch 2>/dev/null |
		sort | uniq -d)" ]

{
	echo 'evidence = 0'
	watch_section flinkserver 20053 2s
} | configure
mark_log
reload_hbwatchd
soon "evidence is switched off" 10 log_lines_are 1 "$RELOADED"
soon "only one engine is left" 10 one_engine
soon "there is one capture" 10 packet_sockets_are 1
soon "the engine has no rings" 10 rings_are 0
finish
