#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a pair, and Icinga 2 with contrib/icinga2/hbwatch.conf: active checks
#          by check_hbwatch, and passive ones by snmptrapd and hbwatch-passive.
# Checks:  Icinga 2 accepts the file; the services show the alarm with its state
#          and text, and its clear; a restart of Icinga 2 loses nothing.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin_noc icinga2

cat >"$WORK/icinga2.conf" <<END
const PluginDir = "$PROGRAMS"
include <itl>
include <plugins>
include "$CONTRIB/icinga2/hbwatch.conf"
object CheckerComponent "checker" {}
object ExternalCommandListener "command" {
	command_path = "$WORK/icinga2.cmd"
}
object LivestatusListener "livestatus" {
	socket_type = "unix"
	socket_path = "$WORK/livestatus"
}
object FileLogger "log" {
	path = "$WORK/icinga2-main.log"
}
object Host "node-1" {
	check_command = "dummy"
	address = "127.0.0.1"
	vars.hbwatch = true
	vars.hbwatch_port = ${AGENT#*:}
	vars.hbwatch_community = "public"
	vars.hbwatch_watches = [ "flinkserver" ]
	vars.hbwatch_alarms = [ "flinkserver 45640" ]
}
END
# A test cannot wait for minutes.
sed -e 's/check_interval = .*/check_interval = 1s/' \
	-e 's/retry_interval = .*/retry_interval = 1s/' \
	"$CONTRIB/icinga2/hbwatch.conf" >"$WORK/hbwatch.conf"
DIRECTORIES=()
for name in Data Cache Log Spool InitRun; do
	mkdir "$WORK/icinga2-$name"
	DIRECTORIES+=("-DConfiguration.${name}Dir=$WORK/icinga2-$name")
done
DIRECTORIES+=("-DConfiguration.RunAsUser=root"
	"-DConfiguration.RunAsGroup=root")

accepted() {
	at "$NODE_A" icinga2 daemon -C "${DIRECTORIES[@]}" \
		-c "$WORK/icinga2.conf" >"$WORK/validate.log" 2>&1
}

check "Icinga 2 accepts the file" accepted
sed -i "s|^include \"$CONTRIB.*|include \"$WORK/hbwatch.conf\"|" \
	"$WORK/icinga2.conf"

start_icinga2() {
	start icinga2 "$NODE_A" icinga2 daemon "${DIRECTORIES[@]}" \
		-c "$WORK/icinga2.conf"
	need "Icinga 2 does not start" 30 icinga2_answers
}

# query LINE...: asks Icinga 2
query() {
	printf '%s\n' "$@" "" | at "$NODE_A" python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(sys.stdin.buffer.read())
s.shutdown(socket.SHUT_WR)
while data := s.recv(65536):
    sys.stdout.buffer.write(data)
' "$WORK/livestatus" 2>/dev/null
}

icinga2_answers() {
	[ -n "$(query "GET hosts" "Columns: name")" ]
}

# service NAME: its state and the output of its last check
service() {
	query "GET services" "Columns: state plugin_output" \
		"Filter: description = $1"
}

# service_is NAME STATE TEXT
service_is() {
	[[ $(service "$1") =~ ^$2\;.*$3 ]]
}

start_icinga2
receive "$(handler "$PROGRAMS/hbwatch-passive" --commands "$WORK/icinga2.cmd")"
soon "active: no alarm is OK" 20 service_is hbwatch 0 "no active alarm"
soon "active, one watch: OK" 20 service_is "hbwatch flinkserver" 0 "alive"
PASSIVE="hbwatch flinkserver 45640"
raise
soon "passive: the raise is WARNING within 5 s" 5 \
	service_is "$PASSIVE" 1 "minor raised: FlinkServer Heartbeat"
soon "active: the raise is WARNING" 10 service_is hbwatch 1 "flinkserver minor"
soon "active, one watch: the raise is WARNING" 10 \
	service_is "hbwatch flinkserver" 1 "interrupted"
clear
soon "passive: the clear is OK within 5 s" 5 \
	service_is "$PASSIVE" 0 "minor cleared: "
soon "active: the clear is OK" 10 service_is hbwatch 0 "no active alarm"

# While Icinga 2 is stopped the results are not accepted, and come later.
stop icinga2
raise
start_icinga2
soon "active: after a restart the alarm is WARNING" 20 \
	service_is hbwatch 1 "flinkserver minor"
repair "$PROGRAMS/hbwatch-passive" --commands "$WORK/icinga2.cmd"
soon "passive: after a restart a timer repairs the raise" 20 \
	service_is "$PASSIVE" 1 "minor raised: "
stop noc
clear
raise
receive
clear
soon "passive: after a restart of snmptrapd the clear is OK" 20 \
	service_is "$PASSIVE" 0 "minor cleared: "
stop hbwatchd
soon "active: without hbwatchd UNKNOWN" 20 \
	service_is hbwatch 3 "has no HBWATCH-MIB"
finish
