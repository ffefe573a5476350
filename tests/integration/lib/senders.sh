# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Programs that send heartbeats: send-heartbeats (UDP) and keepalived (VRRP).

#
# UDP
#

# start_peer: starts the sender of start_pair
start_peer() {
	start_sender peer 20053
}

# start_sender NAME PORT [ARGUMENT...]: sends 10 heartbeats a second from node b
# to node a; the arguments are those of send-heartbeats
start_sender() {
	local name=$1 port=$2

	shift 2
	start_beat "$name" --from "$B4" --to "$A4" --port "$port" --rate 10 "$@"
}

# start_beat NAME ARGUMENT...: runs send-heartbeats on node b with the log
# $WORK/NAME.beats
start_beat() {
	start_beat_at "$NODE_B" "$@"
}

# start_beat_at NODE NAME ARGUMENT...
start_beat_at() {
	local node=$1 name=$2 lines

	shift 2
	lines=$(sender_lines "$name")
	start "$name" "$node" "${PEER_PRIORITY[@]}" "$TOOLS/send-heartbeats" \
		--log "$WORK/$name.beats" "$@"
	need "$name sends no heartbeat" 20 sender_lines_over "$name" "$lines"
}

# sender_lines NAME: the number of lines of its log
sender_lines() {
	if [ -e "$WORK/$1.beats" ]; then
		wc -l <"$WORK/$1.beats"
	else
		echo 0
	fi
}

sender_lines_over() {
	[ "$(sender_lines "$1")" -gt "$2" ]
}

# sent NAME: how many heartbeats it has sent
sent() {
	grep -c '^sent' "$WORK/$1.beats"
}

# sent_over NAME COUNT: has it sent more than that?
sent_over() {
	[ "$(sent "$1")" -gt "$2" ]
}

# last_sent NAME: the time of its last heartbeat
last_sent() {
	awk '$1 == "sent" { at = $3 } END { print at }' "$WORK/$1.beats"
}

# wait_heartbeats NAME COUNT: waits until that sender has sent COUNT more
# heartbeats.  Tests that let time pass use this, so that they also pass on a
# slow machine.
wait_heartbeats() {
	local over=$(($(sent "$1") + $2 - 1))

	need "$1 sends no more heartbeats" 60 sent_over "$1" "$over"
}

# alarms_match_sender NAME WATCH INTERRUPTION [ARGUMENT...]: do the alarms of
# the watch match the log of the sender?  See tools/check-alarms.
alarms_match_sender() {
	local name=$1 watch=$2 interruption=$3

	shift 3
	"$TOOLS/check-alarms" --watch "$watch" --interruption "$interruption" \
		"$@" "$WORK/$name.beats" "$TRAPS"
}

# check_cycle WATCHES: heartbeats make these watches alive, silences raise their
# alarms, and heartbeats clear them.  The functions start_all and stop_all of
# the script start and stop the senders; at the end they are stopped.
check_cycle() {
	start_all
	soon_each "$1" "heartbeats make the watch alive" 10 \
		watch_is hbwWatchState @ alive
	# A sender that starts slowly raises an alarm.
	need "not all notifications arrive" 20 all_delivered
	: >"$TRAPS"
	stop_all
	soon_each "$1" "a silence raises the alarm" 10 \
		traps_are 1 hbwAlarmRaised @
	start_all
	soon_each "$1" "a heartbeat clears it" 10 traps_are 1 hbwAlarmCleared @
	stop_all
	soon_each "$1" "the next silence raises it again" 10 \
		traps_are 2 hbwAlarmRaised @
}

#
# VRRP
#

# keepalived_conf NAME VERSION 4|6 VRID PRIORITY SECONDS [LINE...]: writes
# $WORK/NAME.conf; the lines are added to the instance
keepalived_conf() {
	local name=$1 version=$2 family=$3 vrid=$4 priority=$5 seconds=$6
	local address=192.0.2.100/24

	shift 6
	[ "$family" = 4 ] || address=fe80::100/64
	{
		echo "global_defs {"
		echo "	vrrp_version $version"
		echo "	vrrp_garp_master_refresh 0"
		echo "	enable_script_security"
		echo "}"
		echo "vrrp_instance service {"
		echo "	state MASTER"
		echo "	interface $LINK"
		echo "	virtual_router_id $vrid"
		echo "	priority $priority"
		echo "	advert_int $seconds"
		[ $# -eq 0 ] || printf '\t%s\n' "$@"
		echo "	virtual_ipaddress {"
		echo "		$address"
		echo "	}"
		echo "}"
	} >"$WORK/$name.conf"
}

# start_keepalived NAME NODE: starts it with $WORK/NAME.conf
start_keepalived() {
	# keepalived refuses to start if a killed one left these files.
	rm -f "$WORK/$1.pid" "$WORK/$1.vrrp.pid"
	start "$1" "$2" "${PEER_PRIORITY[@]}" keepalived -n -l -D -P \
		-f "$WORK/$1.conf" -p "$WORK/$1.pid" -r "$WORK/$1.vrrp.pid"
}

# keepalived_is_master NAME
keepalived_is_master() {
	grep -q "Entering MASTER STATE" "$WORK/$1.log"
}

# start_all_keepalived NODE NAMES
start_all_keepalived() {
	local name

	for name in $2; do
		start_keepalived "$name" "$1"
	done
}

# check_keepalived_kill NODE NAMES: starts all of them, and hbwatchd, whose
# watches have the same names; kill -9 of keepalived raises the alarms
check_keepalived_kill() {
	local name

	start_all_keepalived "$@"
	soon_each "$2" "keepalived is master" 15 keepalived_is_master @
	start_hbwatchd
	soon_each "$2" "advertisements make the watch alive" 15 \
		watch_is hbwWatchState @ alive
	for name in $2; do
		kill_with_children "$name"
	done
	soon_each "$2" "kill -9 raises the alarm" 10 \
		traps_are 1 hbwAlarmRaised @
}
