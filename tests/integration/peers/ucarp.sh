# SPDX-License-Identifier: BSD-2-Clause
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# ucarp, which sends CARP advertisements.

# start_ucarp a|b VHID SKEW: starts the process ucarp-a or ucarp-b; its interval
# is 1 + SKEW/256 seconds
start_ucarp() {
	local node=$NODE_A address=$A4

	[ "$1" = a ] || node=$NODE_B address=$B4
	start "ucarp-$1" "$node" "${PEER_PRIORITY[@]}" ucarp \
		--interface="$LINK" --srcip="$address" --vhid="$2" \
		--pass=secret --addr=192.0.2.100 --preempt \
		--advbase=1 --advskew="$3" \
		--upscript=/bin/true --downscript=/bin/true
}
