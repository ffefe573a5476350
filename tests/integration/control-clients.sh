#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: hbwatchd with many watches, and clients of its control socket that
#          hang, flood, send rubbish or disappear; and the socket's path in use.
# Checks:  no request is lost, no alarm waits for a client, other clients are
#          answered, and the log has few lines about all this.
#
#   HBW_WATCHES    how many watches become silent: 200
#   HBW_REQUESTS   how many requests 64 clients send meanwhile: 2000

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
WATCHES=${HBW_WATCHES:-200}
REQUESTS=${HBW_REQUESTS:-2000}
begin prlimit
# shellcheck disable=SC2034 # for configure
EVIDENCE=0
start_observer "storm = off" "$(watch_section flinkserver 20053 2s)" \
	"$(watch_sections "$WATCHES" 4s)"
start_peer
seq -f 'w%g' 0 $((WATCHES - 1)) >"$WORK/names"

# clients ARGUMENT...: the result of control-clients as JSON
clients() {
	"$TOOLS/control-clients" "$WORK/control" --watches "$WORK/names" "$@"
}

# answered: is a request answered within the time of the client?
answered() {
	"$BUILD/hbwatch" names -S "$WORK/control" flink 2>/dev/null |
		grep -qx flinkserver
}

#
# A flood while alarms are raised
#

run_hbwatchd
need "the control socket is not there" 20 answered
# The watches never receive a heartbeat: they are due 4 s after the start.
clients --requests "$REQUESTS" --seconds 6 >"$WORK/flood"
check "64 clients: no request is lost" test $? -eq 0
note "$(cat "$WORK/flood")"
soon "all alarms are raised meanwhile" 20 log_lines_are "$WATCHES" \
	'raised, watch "w'
soon "heartbeats keep the other watch alive" 10 \
	watch_is hbwWatchState flinkserver alive

# alarm_comes TEXT: raises and clears the alarm of flinkserver
alarm_comes() {
	local count

	count=$(trap_count hbwAlarmRaised flinkserver)
	stop peer
	soon "$1: a silence raises the alarm in time" 3 \
		traps_are $((count + 1)) hbwAlarmRaised flinkserver
	start_peer
	soon "$1: heartbeats clear it" 5 \
		traps_are $((count + 1)) hbwAlarmCleared flinkserver
}

# snmptrapd may lose some of this burst.
need "notifications are still pending" 60 nothing_is_pending

#
# Clients that misbehave
#

# misuse NAME...: starts such clients; see tests/tools/control-misuse
misuse() {
	rm -f "$WORK/misuse.log"
	start misuse "$NODE_A" "$TOOLS/control-misuse" "$WORK/control" "$@"
	need "the clients do not start" 20 grep -q ready "$WORK/misuse.log"
}

for names in "hang half nul" "unread unread" "rubbish endless" disappear \
	many; do
	mark_log
	# shellcheck disable=SC2086 # several words
	misuse $names
	soon "$names: other clients are answered" 15 answered
	alarm_comes "$names"
	check "$names: the log has few lines about it" \
		test "$(log_count "control socket")" -le 6
	stop misuse
done
is "hbwatchd is the same process" "$(log_count "hbwatchd: started" \
	hbwatchd)" 1

# descriptors: of hbwatchd
descriptors() {
	find "/proc/${PID[hbwatchd]}/fd" -mindepth 1 | wc -l
}

limit=$(($(descriptors) + 8))
stop hbwatchd
HBWATCHD_ENV=(prlimit --nofile="$limit")
mark_log
start_hbwatchd
misuse hang hang hang hang hang hang hang hang hang hang hang hang
soon "without descriptors: this is logged" 10 log_lines_are 1 \
	"cannot accept a connection; retrying every second: Too many open files"
alarm_comes "without descriptors"
stop misuse
soon "then clients are answered again" 10 answered
check "this was logged seldom" test "$(log_count "cannot accept")" -le 5
HBWATCHD_ENV=()

#
# The path
#

stop hbwatchd KILL
check "a killed hbwatchd leaves its socket" test -S "$WORK/control"
start_hbwatchd
soon "the next one replaces it" 10 answered

# second NAME: starts another hbwatchd with this control socket
second() {
	printf '%s\n' "control = \"$WORK/$1\"" \
		'snmp = { "rocommunity public 127.0.0.1" }' \
		"$(watch_section other 20999 2s)" >"$WORK/second.conf"
	rm -f "$WORK/second.log"
	start second "$NODE_A" env -u MIBS -u MIBDIRS "$BUILD/hbwatchd" \
		-c "$WORK/second.conf" -s "$WORK/second" -l stderr \
		-L udp:127.0.0.1:1171
	need "the second hbwatchd does not start" 20 \
		log_lines_are 1 "hbwatchd: started" second
}

second control
is "another hbwatchd works without the socket" \
	"$(log_count "control socket .*: in use by another process" second)" 1
soon "the first one still answers" 10 answered
stop second
echo text >"$WORK/file"
second file
is "a file is not replaced" "$(cat "$WORK/file")" text
is "this is logged" \
	"$(log_count "control socket .*: another file has this name" second)" 1
stop second
second none/at/all
is "a missing directory is logged" "$(log_count \
	"control socket .*: cannot open its directory.*No such file" second)" 1
stop second
second run/control
check "one missing directory is made" test -S "$WORK/run/control"
stop second
check "hbwatchd ends on TERM" stop hbwatchd
finish
