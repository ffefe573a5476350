# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The library of the tests of contrib/: that of the integration tests, with a
# second trap sink of snmpd, for the tool under test.  What arrives there is
# compared with $TRAPS, the notifications that were sent.

# shellcheck source-path=SCRIPTDIR source=../integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../integration/lib.sh"

CONTRIB=$ROOT/contrib
PROGRAMS=${PROGRAMS:-$CONTRIB/programs}
NOC=127.0.0.1:1163
# The options of our programs for the agent of the tests.
# shellcheck disable=SC2034 # used by the scripts
REQUEST=(-H 127.0.0.1 -p "${AGENT#*:}" -C public)
export PYTHONDONTWRITEBYTECODE=1

# Lines of snmpd.conf, and sections of hbwatchd.conf, that begin_noc adds.
SNMPD_LINES=()
SECTIONS=()

# start_senders: begin_noc calls it; a script with SECTIONS may replace it
start_senders() {
	:
}

# begin_noc [PROGRAM...]: as begin, and starts a pair with the watch
# "flinkserver", whose snmpd also sends to $NOC
begin_noc() {
	begin "$@"
	# shellcheck disable=SC2034 # no cause changes after the raise
	EVIDENCE=0
	start_traps
	start_snmpd "trap2sink $NOC public" "${SNMPD_LINES[@]}"
	printf '%s\n' "$(watch_section flinkserver 20053 2s "$LINK" \
		'host = "node-1"')" "${SECTIONS[@]}" | configure
	start_peer
	start_senders
	start_hbwatchd
	need "the watch is not alive" 20 \
		watch_is hbwWatchState flinkserver alive
}

# receive LINE...: starts the snmptrapd of the tool, with these lines as its
# configuration; without lines with the same as before
receive() {
	[ $# -eq 0 ] || printf '%s\n' "disableAuthorization yes" "$@" \
		>"$WORK/noc.conf"
	: >"$WORK/noc.out"
	start noc "$NODE_A" snmptrapd -f -Lf "$WORK/noc.out" -C \
		-c "$WORK/noc.conf" "${NOC_OPTIONS[@]}" "udp:$NOC"
	need "the snmptrapd of the tool does not start" 20 \
		grep -q "NET-SNMP version" "$WORK/noc.out"
}
# Options of that snmptrapd.
NOC_OPTIONS=(-On -m '')

# raise, clear: stop and start the heartbeats, and wait for the notification
raise() {
	local count=$(($(trap_count hbwAlarmRaised) + 1))

	stop peer
	need "the alarm is not raised" 10 traps_are "$count" hbwAlarmRaised
}

clear() {
	local count=$(($(trap_count hbwAlarmCleared) + 1))

	start_peer
	need "the alarm is not cleared" 10 traps_are "$count" hbwAlarmCleared
}

# ours PROGRAM ARGUMENT...: runs a program of contrib/ on the observer
ours() {
	local program=$1
	shift
	at "$NODE_A" env -u MIBS -u MIBDIRS "$PROGRAMS/$program" "$@"
}

# handler PROGRAM ARGUMENT...: a line of snmptrapd.conf that runs the program
# for each notification, by hbwatch-resync, which repairs what was missed.  The
# arguments have no quotes.
handler() {
	local word run=

	for word in "$@"; do
		run="$run \"$word\""
	done
	echo "traphandle default \"$PROGRAMS/hbwatch-resync\" --trap" \
		"${REQUEST[*]} --state \"$WORK/resync\" --run '${run# }'" \
		">>\"$WORK/handler.log\" 2>&1"
}

# repair PROGRAM ARGUMENT...: runs the program for what it did not get
repair() {
	local word run=

	for word in "$@"; do
		run="$run \"$word\""
	done
	ours hbwatch-resync "${REQUEST[@]}" --state "$WORK/resync" \
		--run "${run# }"
}

# file_has COUNT FILE REGULAR-EXPRESSION: are there that many lines?
file_has() {
	[ "$(grep -cE -- "$3" "$2" 2>/dev/null)" = "$1" ]
}
