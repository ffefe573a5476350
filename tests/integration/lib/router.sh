# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# A third node behind a router: one of the two nodes forwards its packets.

# shellcheck disable=SC2034 # used by the scripts
FAR_LINK=far
FAR4=198.51.100.12 FAR6=2001:db8:1::12
ROUTER4=198.51.100.1 ROUTER6=2001:db8:1::1

# make_far_node ROUTER: makes the node $FAR_NODE, with the interface $LINK; it
# is connected to $FAR_LINK of the node ROUTER, which forwards packets
make_far_node() {
	local router=$1 address

	FAR_NODE=hbw-${WORK##*.}-c
	ip netns add "$FAR_NODE" ||
		bail_out "cannot make a network namespace"
	NODES+=("$FAR_NODE")
	ip -n "$router" link add "$FAR_LINK" type veth \
		peer name "$LINK" netns "$FAR_NODE"
	ip -n "$router" address add "$ROUTER4/24" dev "$FAR_LINK"
	ip -n "$router" address add "$ROUTER6/64" dev "$FAR_LINK" nodad
	ip -n "$router" link set "$FAR_LINK" up
	ip -n "$FAR_NODE" address add "$FAR4/24" dev "$LINK"
	ip -n "$FAR_NODE" address add "$FAR6/64" dev "$LINK" nodad
	ip -n "$FAR_NODE" link set "$LINK" up
	for address in "$A4" "$B4"; do
		ip -n "$FAR_NODE" route add "$address/32" via "$ROUTER4"
	done
	for address in "$A6" "$B6"; do
		ip -n "$FAR_NODE" route add "$address/128" via "$ROUTER6"
	done
	at "$router" sysctl -qw net.ipv4.conf.all.forwarding=1 \
		net.ipv6.conf.all.forwarding=1
}
