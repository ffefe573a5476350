#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# `snmp = { ... }`: an error is told with its line, by -t and by -L alike; and
# what else keeps -L from starting.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
CONF=$WORK/hbwatchd.conf

# directives LINE...: the file, whose line 2 is the first of them
directives() {
	local line

	{
		echo "snmp = {"
		for line in "${@:1:$#-1}"; do
			echo "	\"$line\","
		done
		echo "	\"${*: -1}\""
		echo "}"
		a_watch
	} | configure
}

a_watch() {
	cat <<-END
		watch "flinkserver" {
		interface = "$LINK"
		peer = "$B4"
		heartbeat = "udp 20053"
		interruption = 1s
		}
	END
}

# run ARGUMENT...: STATUS, $WORK/out and $WORK/err are what comes of it
run() {
	[ -x "$BUILD/hbwatchd" ] || bail_out "BUILD=$BUILD has no hbwatchd"
	at "$NODE_A" env -u MIBS -u MIBDIRS timeout -k 5 20 \
		"$BUILD/hbwatchd" -c "$CONF" -s "$WORK/state" "$@" \
		>"$WORK/out" 2>"$WORK/err"
	STATUS=$?
	cat "$WORK/err" >>"$WORK/hbwatchd.log"
}

# wrong_lines: those that standard error says something of
wrong_lines() {
	local line

	while IFS= read -r line; do
		line=${line#"$CONF:"}
		[[ $line == [0-9]*": snmp: "?* ]] && echo "${line%%:*}"
	done <"$WORK/err" | uniq | xargs
}

# fails_at TEXT LINES
fails_at() {
	is "$1: exit status 2" "$STATUS" 2
	is "$1: of the right lines" "$(wrong_lines)" "$2"
	is "$1: and nothing is OK" "$(<"$WORK/out")" ""
}

# wrong LINES DIRECTIVE...: for -t and for -L
wrong() {
	local lines=$1 text

	shift
	directives "$@"
	text="\"$2\""
	[[ $lines != *" "* ]] || text="all of them"
	run -t
	fails_at "-t, $text" "$lines"
	run -L "udp:$AGENT"
	fails_at "-L, $text" "$lines"
}

GOOD="rocommunity public 127.0.0.1"
USER_V3="createUser noc SHA authpassphrase AES privpassphrase"
for line in "nonsense foo" "createUser noc SHA short" \
	"rocommunity public 300.1.1.1"; do
	wrong 3 "$GOOD" "$line" "rouser noc priv"
done
wrong "3 5 6" "$GOOD" "nonsense foo" "$USER_V3" "createUser noc SHA short" \
	"rocommunity public 300.1.1.1" "rouser noc priv"

directives "$GOOD" "$USER_V3" "rouser noc priv" "trap2sink $SINK public"
run -t
is "right directives: exit status 0" "$STATUS" 0
is "right directives: it says so" "$(<"$WORK/out")" "configuration OK"
is "right directives: and nothing else" "$(<"$WORK/err")" ""

start_snmpd
run -L "udp:$AGENT"
is "a port in use, with directives: exit status 1" "$STATUS" 1
like "and why" "$(<"$WORK/err")" "cannot answer SNMP on udp:$AGENT"
a_watch | configure
run -L "udp:$AGENT"
is "a port in use, without: exit status 1" "$STATUS" 1
like "and why" "$(<"$WORK/err")" "cannot answer SNMP on udp:$AGENT"
run -x "$AGENTX" -L "udp:$AGENT"
is "-x with -L: exit status 2" "$STATUS" 2
like "and why" "$(<"$WORK/err")" "-x and -L cannot be used together"
stop snmpd

directives "$GOOD" "$USER_V3" "rouser noc priv"
start_hbwatchd -L "udp:$AGENT"
check "the port is free again: it serves" running hbwatchd
check "and ends on TERM" stop hbwatchd
finish
