# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The two nodes and the processes on them.

#
# Nodes
#

make_network() {
	local node

	for node in "$NODE_A" "$NODE_B"; do
		ip netns add "$node" ||
			bail_out "cannot make a network namespace"
		NODES+=("$node")
		ip -n "$node" link set lo up
	done
	make_link
}

# make_link: makes the veth pair.  A test that deletes it calls this again.
make_link() {
	ip -n "$NODE_A" link add "$LINK" type veth \
		peer name "$LINK" netns "$NODE_B" ||
		bail_out "cannot make a veth pair"
	raise_link "$NODE_A" "$A4" "$A6" "$A_LINK"
	raise_link "$NODE_B" "$B4" "$B6" "$B_LINK"
}

# raise_link NODE IPV4 IPV6 LINK-LOCAL: sets the interface up, with addresses
raise_link() {
	ip -n "$1" link set "$LINK" addrgenmode none
	ip -n "$1" address add "$2/24" dev "$LINK"
	ip -n "$1" link set "$LINK" up
	add_ipv6 "$1" "$3" "$4"
}

# add_ipv6 NODE ADDRESS...: adds IPv6 addresses.  The kernel removes them when
# the interface goes down; then a test calls this again.
add_ipv6() {
	local node=$1
	shift
	for _ in "$@"; do
		ip -n "$node" address add "$1/64" dev "$LINK" nodad
		shift
	done
}

# at NODE COMMAND...: runs the command in the namespace
at() {
	local node=$1
	shift
	nsenter --net="/run/netns/$node" -- "$@"
}

#
# Processes
#

# The command before those of a peer.  In use they are on another machine, so a
# busy one here must not delay them.
PEER_PRIORITY=()
# shellcheck disable=SC2034 # used by the other files
[ "$(nice -n -15 nice 2>/dev/null)" != -15 ] || PEER_PRIORITY=(nice -n -15)

# start NAME NODE COMMAND...: starts the command in the background; its pid is
# ${PID[NAME]}, and its output goes to $WORK/NAME.log
start() {
	local name=$1 node=$2
	shift 2
	# `ip netns exec` also mounts the node's /sys.
	(exec ip netns exec "$node" "$@") >>"$WORK/$name.log" 2>&1 &
	started "$name"
}

# stop NAME [SIGNAL]: ends a process of `start`; returns its exit status
stop() {
	local pid=${PID[$1]:-}

	[ -n "$pid" ] || return 0
	unset "PID[$1]"
	! is_child "$pid" || kill -"${2:-TERM}" "$pid" 2>/dev/null
	wait_for 10 child_ended "$pid" || {
		note "$1 did not end within 10 s"
		kill -KILL "$pid"
	}
	wait "$pid"
} 2>/dev/null # the shell's message that the process was killed

# kill_with_children NAME: kills it and its children.  The parent is stopped
# first, so that it neither starts a child again nor sends a last message.
kill_with_children() {
	local pid=${PID[$1]} child

	kill -STOP "$pid"
	for child in $(children "$pid"); do
		kill -KILL "$child"
	done
	stop "$1" KILL
}

# running NAME
running() {
	[ -n "${PID[$1]:-}" ] && ! gone "${PID[$1]}"
}

# children PID: the pids of its children
children() {
	tr ' ' '\n' <"/proc/$1/task/$1/children" 2>/dev/null
}
