# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The heartbeat of Linux-HA, unicast between the nodes.

# shellcheck source-path=SCRIPTDIR source=own_directories.sh
. "$INTEGRATION/peers/own_directories.sh"

HEARTBEAT=/usr/libexec/heartbeat/heartbeat

# start_heartbeat a|b KEEPALIVE: as heartbeat-a or heartbeat-b; such as 200ms
start_heartbeat() {
	local folder to=$B4 node=$NODE_A name=heartbeat-$1

	[ "$1" = a ] || to=$A4 node=$NODE_B
	folder=$(folder_of "$name")
	rm -rf "$folder"
	mkdir -p "$folder/run/heartbeat" "$folder/etc/ha.d" "$folder/var/lib"
	# Its programs are there too.
	cp -a /etc/ha.d/harc /etc/ha.d/shellfuncs /etc/ha.d/rc.d \
		"$folder/etc/ha.d"
	cp -a /var/lib/heartbeat "$folder/var/lib"
	chown hacluster:haclient "$folder/run/heartbeat"
	cat >"$folder/etc/ha.d/ha.cf" <<-END
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
	: >"$folder/etc/ha.d/haresources"
	printf 'auth 1\n1 crc\n' >"$folder/etc/ha.d/authkeys"
	chmod 600 "$folder/etc/ha.d/authkeys"
	start_private "$name" "$node" "$1" /run /etc/ha.d /var/lib/heartbeat \
		-- "$HEARTBEAT" -f
}
