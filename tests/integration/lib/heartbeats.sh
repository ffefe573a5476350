# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The peer: UDP senders and keepalived.

# start_beat NAME ARGUMENT...: `beat` at the peer, its log is $WORK/NAME.beats
start_beat() {
	start_beat_at "$NODE_B" "$@"
}

# start_beat_at NODE NAME ARGUMENT...
start_beat_at() {
	local node=$1 name=$2 lines

	shift 2
	lines=$(logged "$name")
	start "$name" "$node" "$TOOLS/send-heartbeats" \
		--log "$WORK/$name.beats" "$@"
	need "$name does not beat" 20 logged_over "$name" "$lines"
}

# logged NAME: how many lines its log has
logged() {
	if [ -e "$WORK/$1.beats" ]; then
		wc -l <"$WORK/$1.beats"
	else
		echo 0
	fi
}

logged_over() {
	[ "$(logged "$1")" -gt "$2" ]
}

# sent NAME: how many heartbeats it sent
sent() {
	grep -c '^sent' "$WORK/$1.beats"
}

# sent_over NAME COUNT
sent_over() {
	[ "$(sent "$1")" -gt "$2" ]
}

# pass_beats NAME COUNT: until so many more were sent; how time is passed
pass_beats() {
	local over=$(($(sent "$1") + $2 - 1))

	need "$1 stopped beating" 60 sent_over "$1" "$over"
}

# judge NAME WATCH INTERRUPTION [ARGUMENT...]: tools's verdict, NAME of a beat
judge() {
	local name=$1 watch=$2 interruption=$3
	shift 3
	"$TOOLS/check-alarms" --watch "$watch" --interruption "$interruption" \
		"$@" "$WORK/$name.beats" "$TRAPS"
}

# keepalived_conf NAME VERSION 4|6 VRID PRIORITY SECONDS [LINE...]: writes
# $WORK/NAME.conf; lines go into the instance, such as unicast_peer.
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

# start_keepalived NAME NODE: with $WORK/NAME.conf
start_keepalived() {
	# It refuses to start over the files of one that was killed.
	rm -f "$WORK/$1.pid" "$WORK/$1.vrrp.pid"
	start "$1" "$2" keepalived -n -l -D -P -f "$WORK/$1.conf" \
		-p "$WORK/$1.pid" -r "$WORK/$1.vrrp.pid"
}

# The master's last word is left out: both processes go at once, and the parent
# is stopped before so that it neither restarts its child nor lets it say it.
kill_keepalived() {
	local pid=${PID[$1]} child

	kill -STOP "$pid"
	for child in $(children "$pid"); do
		kill -KILL "$child"
	done
	stop "$1" KILL
}
