# SPDX-License-Identifier: BSD-2-Clause
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# bfdd of FRR on both nodes, with a session between them, and the zebra that it
# needs.

# shellcheck source-path=SCRIPTDIR source=own_directories.sh
. "$INTEGRATION/peers/own_directories.sh"

# shellcheck disable=SC2034 # an argument of begin
FRR_PROGRAMS=(/usr/lib/frr/zebra /usr/lib/frr/bfdd vtysh)

# start_frr a|b: starts zebra on that node
start_frr() {
	local directory node=$NODE_A

	[ "$1" = a ] || node=$NODE_B
	directory=$(own_directory "frr-$1")
	mkdir -p "$directory/run/frr" "$directory/etc/frr"
	touch "$directory/etc/frr/zebra.conf" "$directory/etc/frr/vtysh.conf"
	chown -R frr:frr "$directory/run/frr" "$directory/etc/frr"
	start_with_directories "frr-$1" "$node" "$1" /run /etc/frr -- \
		/usr/lib/frr/zebra -P 0 --log stdout
	need "zebra does not start" 20 test -S "$directory/run/frr/zserv.api"
}

# start_bfdd a|b MILLISECONDS: starts bfdd with that interval; the detection
# time is three times as long
start_bfdd() {
	local peer=$A4 name=bfdd-$1

	[ "$1" = b ] || peer=$B4
	cat >"$(own_directory "frr-$1")/etc/frr/bfdd.conf" <<-END
		bfd
		 peer $peer interface $LINK
		  receive-interval $2
		  transmit-interval $2
		  detect-multiplier 3
		  no shutdown
	END
	# bfdd needs the same directories as zebra.
	(exec nsenter --target "${PID[frr-$1]}" --mount --net -- \
		/usr/lib/frr/bfdd -P 0 --log stdout) \
		>>"$WORK/$name.log" 2>&1 &
	started "$name"
}

# bfd_is_up a|b
bfd_is_up() {
	run_inside "frr-$1" vtysh -d bfdd -c "show bfd peers" 2>/dev/null |
		grep -q "Status: up"
}

# bfd_shutdown a|b [no]: sets its session to AdminDown, or up again
bfd_shutdown() {
	local peer=$A4

	[ "$1" = b ] || peer=$B4
	run_inside "frr-$1" vtysh -d bfdd -c "configure terminal" -c bfd \
		-c "peer $peer interface $LINK" -c "${2:-} shutdown"
}
