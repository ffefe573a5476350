#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: keepalived on a node behind a router sends unicast advertisements
#          with VRRPv2, VRRPv3 (also with the old checksum) and both over IPv6;
#          it is killed.
# Checks:  the advertisements count, although their hop limit is below 255; the
#          silence raises the alarm, and the next one clears it.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=lib/router.sh
. "$INTEGRATION/lib/router.sh"
begin keepalived
start_snmpd
start_traps

DIALECTS="v2 v3 old-checksum v2-ipv6 v3-ipv6"

# far_watch NAME PEER VRID
far_watch() {
	echo "watch \"$1\" {"
	echo "	interface = \"$LINK\""
	echo "	peer = \"$2\""
	echo "	heartbeat = \"vrrp $3\""
	echo "	interruption = 4s"
	echo "}"
}

# unicast_conf NAME VERSION VRID SECONDS [LINE...]
unicast_conf() {
	local name=$1 version=$2 vrid=$3 seconds=$4

	shift 4
	keepalived_conf "$name" "$version" 4 "$vrid" 100 "$seconds" \
		"unicast_src_ip $FAR4" "unicast_peer { " "	$A4" "}" "$@"
}

# Node b is the router between the observer and the far node.
make_far_node "$NODE_B"
{
	echo "evidence = 0"
	far_watch v2 "$FAR4" 51
	far_watch v3 "$FAR4" 52
	far_watch old-checksum "$FAR4" 53
	far_watch v2-ipv6 "$FAR6" 54
	far_watch v3-ipv6 "$FAR6" 55
} | configure
unicast_conf v2 2 51 1
unicast_conf v3 3 52 0.5
unicast_conf old-checksum 3 53 0.5 old_unicast_checksum
for version in 2 3; do
	keepalived_conf "v$version-ipv6" "$version" 6 "5$((version + 2))" \
		100 1 "version $version" "unicast_src_ip $FAR6" \
		"unicast_peer { " "	$A6" "}"
done

check_keepalived_kill "$FAR_NODE" "$DIALECTS"
start_all_keepalived "$FAR_NODE" "$DIALECTS"
soon_each "$DIALECTS" "keepalived starts again: this clears it" 15 \
	traps_are 1 hbwAlarmCleared @
is "each notification arrived once" "$(sequences)" "$(seq 2 11 | xargs)"
finish
