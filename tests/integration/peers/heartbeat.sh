# SPDX-License-Identifier: BSD-2-Clause
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# heartbeat of Linux-HA, with unicast between the nodes.

# shellcheck source-path=SCRIPTDIR source=own_directories.sh
. "$INTEGRATION/peers/own_directories.sh"

HEARTBEAT=/usr/libexec/heartbeat/heartbeat

# start_heartbeat a|b INTERVAL: starts the process heartbeat-a or heartbeat-b;
# an interval is, for example, 200ms
start_heartbeat() {
	local directory to=$B4 node=$NODE_A name=heartbeat-$1

	[ "$1" = a ] || to=$A4 node=$NODE_B
	directory=$(own_directory "$name")
	rm -rf "$directory"
	mkdir -p "$directory/run/heartbeat" "$directory/etc/ha.d" \
		"$directory/var/lib"
	# These directories also contain programs of heartbeat.
	cp -a /etc/ha.d/harc /etc/ha.d/shellfuncs /etc/ha.d/rc.d \
		"$directory/etc/ha.d"
	cp -a /var/lib/heartbeat "$directory/var/lib"
	chown hacluster:haclient "$directory/run/heartbeat"
	cat >"$directory/etc/ha.d/ha.cf" <<-END
		keepalive $2
		deadtime 3
		warntime 2
		initdead 3
		ucast $LINK $to
		auto_failback off
		realtime off
		logfile /run/log
		crm no
		node a b
	END
	: >"$directory/etc/ha.d/haresources"
	printf 'auth 1\n1 crc\n' >"$directory/etc/ha.d/authkeys"
	chmod 600 "$directory/etc/ha.d/authkeys"
	start_with_directories "$name" "$node" "$1" \
		/run /etc/ha.d /var/lib/heartbeat -- "$HEARTBEAT" -f
}
