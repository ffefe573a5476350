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
		ip netns add "$node" || bail_out "no network namespace"
		NODES+=("$node")
		ip -n "$node" link set lo up
	done
	make_link
}

# The veth, also anew after it was deleted.
make_link() {
	ip -n "$NODE_A" link add "$LINK" type veth \
		peer name "$LINK" netns "$NODE_B" || bail_out "no veth"
	raise_link "$NODE_A" "$A4" "$A6" "$A_LINK"
	raise_link "$NODE_B" "$B4" "$B6" "$B_LINK"
}

# raise_link NODE IPV4 IPV6 LINK-LOCAL
raise_link() {
	ip -n "$1" link set "$LINK" addrgenmode none
	ip -n "$1" address add "$2/24" dev "$LINK"
	ip -n "$1" link set "$LINK" up
	add_ipv6 "$1" "$3" "$4"
}

# The kernel takes IPv6 addresses from an interface that goes down.
add_ipv6() {
	local node=$1
	shift
	for _ in "$@"; do
		ip -n "$node" address add "$1/64" dev "$LINK" nodad
		shift
	done
}

# at NODE COMMAND...
at() {
	local node=$1
	shift
	nsenter --net="/run/netns/$node" -- "$@"
}

#
# Processes
#

# start NAME NODE COMMAND...: in the background; PID[NAME] and NAME.log
start() {
	local name=$1 node=$2
	shift 2
	# `ip netns exec` also shows the node's own interfaces in /sys.
	(exec ip netns exec "$node" "$@") >>"$WORK/$name.log" 2>&1 &
	started "$name"
}

# stop NAME [SIGNAL]: ends what start began; returns its exit status
stop() {
	local pid=${PID[$1]:-}

	[ -n "$pid" ] || return 0
	unset "PID[$1]"
	kill -"${2:-TERM}" "$pid" 2>/dev/null
	wait_for 10 gone "$pid" || {
		note "$1 did not end within 10 s"
		kill -KILL "$pid"
	}
	wait "$pid"
} 2>/dev/null # where the shell remarks that it was killed

running() {
	[ -n "${PID[$1]:-}" ] && ! gone "${PID[$1]}"
}

# children PID: of that process
children() {
	tr ' ' '\n' <"/proc/$1/task/$1/children" 2>/dev/null
}
