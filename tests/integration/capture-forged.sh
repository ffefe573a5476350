#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: packets with the address of the peer that its partner discards, from
#          another MAC address than peer-mac, or with a TTL below hop-limit; on
#          the interface, on the `any` device, and in a capture of them.  Then
#          real UDP and TCP, whose checksums the kernel computes late or never
#          (checksum offload), with and without joined segments (GRO).  Then
#          a second sender with the address of the peer, without peer-mac, on
#          the same link and as through a router.  Then peer-mac on an interface
#          without MAC addresses.
# Checks:  the forged packets do not count, and the log says why; all others
#          count.  A second sender on the link is a warning, once.  On an
#          interface without MAC addresses -t reports peer-mac with its line,
#          and the watch is blind.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=peers/tcp.sh
. "$INTEGRATION/peers/tcp.sh"
begin ethtool tcpdump
start_observer

MAC=$(ip netns exec "$NODE_B" cat "/sys/class/net/$LINK/address")
PIN="peer-mac = \"$MAC\""
NEAR="hop-limit = 64"

# NAME OPTION HEARTBEAT ARGUMENTS REASON: the option is of the watch, and the
# arguments are those of send-heartbeats for the forged packets.
KINDS="header|| udp|--fault header|wrong checksum of the IP header
length||udp|--fault length|
ttl||udp|--hop-limit 0|TTL or hop limit 0
udp||udp|--fault checksum|wrong UDP or TCP checksum
udp-partial||udp|--fault partial|wrong UDP or TCP checksum
tcp||tcp|--fault checksum|wrong UDP or TCP checksum
tcp-partial||tcp|--fault partial|wrong UDP or TCP checksum
bpf||bpf udp port|--fault checksum|wrong UDP or TCP checksum
bpf-length||bpf udp port|--fault length|invalid length in an IP or UDP header
vlan|vlan = 7|udp|--fault checksum|wrong UDP or TCP checksum
mac|$PIN|udp|--source-mac 02:00:00:00:00:99|another MAC address than peer-mac
hop-limit|$NEAR|udp|--hop-limit 63|TTL or hop limit below hop-limit
udp6||udp|--fault checksum|wrong UDP or TCP checksum
none6||udp|--fault no-checksum|UDP over IPv6 without a checksum
tcp6||tcp|--fault checksum|wrong UDP or TCP checksum
length6||udp|--fault length|
ttl6||udp|--hop-limit 0|TTL or hop limit 0"

# each_kind FUNCTION: calls it with the fields of each kind, after its number
each_kind() {
	local function=$1 number=0 name option heartbeat arguments reason

	while IFS='|' read -r name option heartbeat arguments reason <&3; do
		number=$((number + 1))
		"$function" "$number" "$name" "$option" "${heartbeat# }" \
			"$arguments" "$reason"
	done 3<<<"$KINDS"
}

# section NUMBER NAME OPTION HEARTBEAT...: one watch for each device
section() {
	local interface options=()

	[ -z "$3" ] || options+=("$3")
	[[ $2 != *6 ]] || options+=("# IPv6")
	for interface in "$LINK" any; do
		[[ $interface != any || $4 != bpf* ]] || continue
		watch_section "$2-$interface" "$4 $((20000 + $1))" 1h \
			"$interface" "${options[@]}" |
			if [[ $2 == *6 ]]; then
				sed "s/\"$B4\"/\"$B6\"/"
			else
				cat
			fi
	done
}

# send NUMBER NAME OPTION HEARTBEAT ARGUMENTS: 5 packets on the port of the kind
send() {
	local from=$B4 to=$A4

	[[ $2 != *6 ]] || from=$B6 to=$A6
	[[ $4 != tcp ]] || set -- "$@" --tcp
	[[ $2 != vlan ]] || set -- "$@" --vlan 7
	# shellcheck disable=SC2086 # several arguments
	at "$NODE_B" "$TOOLS/send-heartbeats" --from "$from" --to "$to" \
		--port $((20000 + $1)) --rate 200 --duration 0.025 \
		--interface "$LINK" --log "$WORK/$2.beats" $5 "${@:7}" ||
		bail_out "cannot send $2"
}

send_good() {
	set -- "${@:1:4}" "" "${@:6}"
	send "$@"
}

names() {
	echo "$2-$LINK"
	[[ $4 == bpf* ]] || echo "$2-any"
}

# five NAME: did the watch count 5 heartbeats?
five() {
	[ "$(watch_get hbwWatchHeartbeats "$1")" = 5 ]
}

each_kind section | configure
is "the configuration is valid" "$(at "$NODE_A" "$BUILD/hbwatchd" -t \
	-c "$WORK/hbwatchd.conf" 2>&1)" "configuration OK"
start_hbwatchd
# record FILE: starts tcpdump
record() {
	CAPTURE=$WORK/$1
	rm -f "$WORK/tcpdump.log"
	# With many and small slots, so that a busy machine loses no packet.
	start tcpdump "$NODE_A" tcpdump -U -s 16384 -B 65536 \
		--immediate-mode -i "$LINK" -w "$CAPTURE"
	need "tcpdump does not start" 20 grep -qs "listening on" \
		"$WORK/tcpdump.log"
}
record forged.pcap

# The good packets of each port come after the forged ones, so when they were
# counted the others were seen.
each_kind send
each_kind send_good
NAMES=$(each_kind names)
soon_each "$NAMES" "only the good packets count" 10 five @

# says NUMBER NAME OPTION HEARTBEAT ARGUMENTS REASON
says() {
	[ -z "$6" ] || soon "$2: the log says why, once" 10 log_lines_are 1 \
		"watch \"$2-$LINK\": a packet from .* does not count: .*$6"
}
each_kind says
soon "mac: the log has both addresses" 10 log_lines_are 2 \
	"from $B4 [(]02:00:00:00:00:99[)] does not count: sent from another"

# ---- the capture

# replayed FILE: prints the watch and the number of its heartbeats
replayed() {
	"$BUILD/hbwatch" replay -c "$WORK/hbwatchd.conf" "$1" \
		2>"$WORK/replay.err" |
		sed -n 's/.*"summary","watch":"\([^"]*\)".*"heartbeats":\([0-9]*\).*/\1 \2/p'
}

# has_captured PORT COUNT: were that many packets of the port captured?
has_captured() {
	[ "$(tcpdump -nr "$CAPTURE" port "$1" 2>/dev/null | wc -l)" -ge "$2" ]
}

# The last port.
soon "the capture is complete" 10 has_captured \
	$((20000 + $(wc -l <<<"$KINDS"))) 10
stop tcpdump INT
# A packet that was not sent completely has this checksum in a file, too.
is "replay counts the good packets, and those with partial checksums" \
	"$(replayed "$CAPTURE")" \
	"$(for name in $NAMES; do
		case $name in
		*-partial-*) echo "$name 10" ;;
		*) echo "$name 5" ;;
		esac
	done)"
check "replay says how many do not count" grep -q \
	'"mac-any": warning: 5 packets not counted: sent from another MAC' \
	"$WORK/replay.err"
stop hbwatchd

# ---- real senders

{
	watch_section udp 20101 1h
	watch_section udp-any 20101 1h any "$PIN"
	watch_section udp6 20102 1h | sed "s/\"$B4\"/\"$B6\"/"
	watch_section tcp "tcp 7001" 1h
	watch_section tcp-bpf "bpf tcp port 7001" 1h
} | configure
mark_log
start_hbwatchd
listen tcp-receiver a 7001

# counts TEXT: do the heartbeats of real senders count?
counts() {
	local udp udp6 tcp

	udp=$(watch_get hbwWatchHeartbeats udp)
	udp6=$(watch_get hbwWatchHeartbeats udp6)
	tcp=$(watch_get hbwWatchHeartbeats tcp)
	rm -f "$WORK/plain.beats" "$WORK/plain6.beats"
	record real.pcap
	start_sender plain 20101
	start_beat plain6 --from "$B6" --to "$A6" --port 20102 --rate 10
	connect tcp-sender b 7001 --beat 0.001
	wait_heartbeats plain 20
	soon "$1: TCP counts" 10 heartbeats_over tcp $((tcp + 100))
	stop plain
	stop plain6
	stop tcp-sender
	soon "$1: each heartbeat over UDP counts" 10 \
		watch_is hbwWatchHeartbeats udp $((udp + $(sent plain)))
	soon "$1: each one over IPv6 counts" 10 \
		watch_is hbwWatchHeartbeats udp6 $((udp6 + $(sent plain6)))
	soon "$1: and on the any device" 10 watch_is hbwWatchHeartbeats \
		udp-any "$(watch_get hbwWatchHeartbeats udp)"
	check "$1: no packet was rejected" log_lines_are 0 "does not count"
	soon "$1: the capture is complete" 10 has_captured 20101 \
		"$(sent plain)"
	stop tcpdump INT
	is "$1: replay counts them, too" \
		"$(replayed "$CAPTURE" | grep -c ' [1-9][0-9]')" 5
	is "$1: replay rejects none" \
		"$(grep -c "not counted" "$WORK/replay.err")" 0
}

# partial_checksums: the number of datagrams whose checksum was not computed
partial_checksums() {
	tcpdump -nr "$CAPTURE" -vv udp port 20101 2>/dev/null |
		grep -c "bad udp cksum"
}

counts "offload"
check "the checksums were not computed" [ "$(partial_checksums)" -ge 20 ]
for node in "$NODE_A" "$NODE_B"; do
	at "$node" ethtool -K "$LINK" tx off gro on >/dev/null ||
		bail_out "cannot change the offloads"
done
counts "no offload, joined segments"
is "the checksums were computed" "$(partial_checksums)" 0
at "$NODE_B" ethtool -K "$LINK" tx on >/dev/null
counts "offload, joined segments"
stop hbwatchd

# ---- a second sender

{
	watch_section direct 20201 1h
	watch_section routed 20202 1h
} | configure
mark_log
start_hbwatchd
for sender in first second; do
	mac=02:00:00:00:00:01
	[ "$sender" = first ] || mac=02:00:00:00:00:02
	start_sender "$sender" 20201 --interface "$LINK" --source-mac "$mac"
	start_sender "$sender-routed" 20202 --interface "$LINK" \
		--source-mac "$mac" --hop-limit 63
done
IN_TURN="\"direct\": packets from $B4 come from two MAC addresses in turn"
soon "a second sender is a warning" 10 log_lines_are 1 "$IN_TURN"
wait_heartbeats second 20
wait_heartbeats second-routed 20
soon "it is logged once" 10 log_lines_are 1 "$IN_TURN"
check "through a router, two MAC addresses are no warning" log_lines_are 0 \
	'"routed": .*in turn'
soon "but their change is logged" 10 log_lines_are 1 \
	"\"routed\": the MAC address of $B4 changed from 02:00:00:00:00:0"
for sender in first second; do
	stop "$sender"
	stop "$sender-routed"
done
stop hbwatchd

# ---- an interface without MAC addresses

{ ip -n "$NODE_A" tuntap add mode tun name tun0 &&
	ip -n "$NODE_A" link set tun0 up; } || bail_out "cannot make a tunnel"
{
	watch_section good 20053 1h
	watch_section pinned 20054 1h tun0 "$PIN"
} | configure
line=$(grep -n "peer-mac" "$WORK/hbwatchd.conf" | cut -d : -f 1)
errors=$(at "$NODE_A" "$BUILD/hbwatchd" -t -c "$WORK/hbwatchd.conf" 2>&1)
is "-t exits with status 2" $? 2
like "-t names the line" "$errors" "hbwatchd.conf:$line: .*no MAC addresses"
mark_log
start_hbwatchd
soon "the watch is blind" 10 watch_is hbwWatchState pinned blind
soon "the log says why" 10 log_lines_are 1 \
	"watch \"pinned\" is blind: .*no MAC addresses for peer-mac"
finish
