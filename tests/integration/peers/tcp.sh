# SPDX-License-Identifier: BSD-2-Clause
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# TCP connections between the nodes: see tools/tcp-peer.

# listen NAME a|b PORT [ARGUMENT...]: listens on this node
listen() {
	local name=$1 node=$NODE_A address=$A4 port=$3

	[ "$2" = a ] || node=$NODE_B address=$B4
	shift 3
	start "$name" "$node" "${PEER_PRIORITY[@]}" "$TOOLS/tcp-peer" listen \
		--at "$address" --port "$port" "$@"
}

# connect NAME a|b PORT [ARGUMENT...]: connects from this node to the other, and
# again when the connection ends
connect() {
	local name=$1 node=$NODE_A to=$B4 port=$3

	[ "$2" = a ] || node=$NODE_B to=$A4
	shift 3
	start "$name" "$node" "${PEER_PRIORITY[@]}" "$TOOLS/tcp-peer" connect \
		--to "$to" --port "$port" "$@"
}

# make_certificate FILE: writes a certificate and its key
make_certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
		-nodes -subj /CN=hbwatch -days 1 -keyout "$1" \
		-out "$1.crt" 2>"$WORK/openssl.log" && cat "$1.crt" >>"$1"
}
