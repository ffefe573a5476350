#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: `snmp = { ... }` with wrong and right directives, and a port in use.
# Checks:  -t and -L report each wrong directive with its line; -L ends with the
#          right exit status when it cannot start.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
CONF=$WORK/hbwatchd.conf

# directives LINE...: writes hbwatchd.conf; the first directive is its line 2
directives() {
	local line

	{
		echo "snmp = {"
		for line in "${@:1:$#-1}"; do
			echo "	\"$line\","
		done
		echo "	\"${*: -1}\""
		echo "}"
		watch_section flinkserver 20053 1s
	} | configure
}

# run_with ARGUMENT...: runs hbwatchd; the results are $STATUS, $WORK/out and
# $WORK/err
run_with() {
	[ -x "$BUILD/hbwatchd" ] || bail_out "BUILD=$BUILD has no hbwatchd"
	at "$NODE_A" env -u MIBS -u MIBDIRS timeout -k 5 20 \
		"$BUILD/hbwatchd" -c "$CONF" -s "$WORK/state" "$@" \
		>"$WORK/out" 2>"$WORK/err"
	STATUS=$?
	cat "$WORK/err" >>"$WORK/hbwatchd.log"
}

# wrong_lines: the line numbers that standard error has
wrong_lines() {
	local line

	while IFS= read -r line; do
		line=${line#"$CONF:"}
		[[ $line == [0-9]*": snmp: "?* ]] && echo "${line%%:*}"
	done <"$WORK/err" | uniq | xargs
}

# fails_at TEXT LINES: checks that it failed with errors in these lines
fails_at() {
	is "$1: the exit status is 2" "$STATUS" 2
	is "$1: the errors have the right lines" "$(wrong_lines)" "$2"
	is "$1: standard output is empty" "$(<"$WORK/out")" ""
}

# check_wrong LINES DIRECTIVE...: checks -t and -L with these directives
check_wrong() {
	local lines=$1 text

	shift
	directives "$@"
	text="\"$2\""
	[[ $lines != *" "* ]] || text="all wrong directives"
	run_with -t
	fails_at "-t, $text" "$lines"
	run_with -L "udp:$AGENT"
	fails_at "-L, $text" "$lines"
}

GOOD="rocommunity public 127.0.0.1"
USER_V3="createUser noc SHA authpassphrase AES privpassphrase"
for line in "nonsense foo" "createUser noc SHA short" \
	"rocommunity public 300.1.1.1"; do
	check_wrong 3 "$GOOD" "$line" "rouser noc priv"
done
check_wrong "3 5 6" "$GOOD" "nonsense foo" "$USER_V3" \
	"createUser noc SHA short" \
	"rocommunity public 300.1.1.1" "rouser noc priv"

# net-snmp 5.9.3 crashes at the first ones, ends the process at "perl", and only
# prints an error for "trapsess".
for line in trap2sink informsink trapsess quit rocommunity "trap2sink #x" \
	"trap2sink -s" "informsink -name x" "vacmGroup x" "createUser x y" \
	"perl x y" "trapsess -v 3" "trapsess -v 9 $SINK" "trapsess -h $SINK" \
	"trapsess -Cx -v 2c -c public noc.hbwatch.invalid"; do
	check_wrong 3 "$GOOD" "$line" "rouser noc priv"
done
# net-snmp executes this one before all others.
check_wrong "3 4" "$GOOD" "engineIDType 9" "nonsense foo"
check_wrong "2 4 6" "trapsess -v 3" "$GOOD" "vacmView x" "$USER_V3" \
	"createUser x y"

# A name may be unknown only for a while, so the unit starts hbwatchd again.
directives "rocommunity public nms.hbwatch.invalid"
run_with -t
fails_at "-t, an unknown name" 2
run_with -L "udp:$AGENT"
is "-L, an unknown name: the exit status is 1" "$STATUS" 1
is "-L, an unknown name: the error has its line" "$(wrong_lines)" 2
directives "rocommunity public nms.hbwatch.invalid" "vacmView x"
run_with -L "udp:$AGENT"
fails_at "-L, an unknown name and a wrong directive" "2 3"
directives "$GOOD" "trap2sink noc.hbwatch.invalid" "trap2sink 300.1.1.1" \
	"informsink tcp:192.0.2.1:99" "trapsess -v 3 -u noc noc.hbwatch.invalid"
run_with -t
fails_at "-t, an invalid address; unknown names of sinks are right" 4

directives "$GOOD" "$USER_V3" "rouser noc priv" "trap2sink $SINK public" \
	"trapsess -tag t -v 3 -u noc -l authNoPriv -A 'my pass phrase' $SINK"
run_with -t
is "right directives: the exit status is 0" "$STATUS" 0
is "right directives: -t prints that they are OK" \
	"$(<"$WORK/out")" "configuration OK"
is "right directives: standard error is empty" "$(<"$WORK/err")" ""

start_snmpd
run_with -L "udp:$AGENT"
is "a port in use, with directives: the exit status is 1" "$STATUS" 1
like "a port in use, with directives: the error says why" \
	"$(<"$WORK/err")" \
	"cannot listen for SNMP on udp:$AGENT: Address already in use"
watch_section flinkserver 20053 1s | configure
run_with -L "udp:$AGENT"
is "a port in use, without directives: the exit status is 1" "$STATUS" 1
like "a port in use, without directives: the error says why" \
	"$(<"$WORK/err")" \
	"cannot listen for SNMP on udp:$AGENT: Address already in use"
is "without directives, a warning says what is missing" "$(grep -c \
	"^hbwatchd: no directive of snmp permits requests" "$WORK/err")" 1
is "it replaces the one of net-snmp" \
	"$(grep -c "snmpconf" "$WORK/err")" 0
is "each line of standard error is a message of hbwatchd" \
	"$(grep -v "^hbwatchd: " "$WORK/err")" ""
# As the unit does: standard error is the stream of the journal.
: >"$WORK/err"
JOURNAL_STREAM=$(stat -c %d:%i "$WORK/err")
export JOURNAL_STREAM
run_with -L "udp:$AGENT"
like "in the journal, a port in use: the priority is err" \
	"$(<"$WORK/err")" "<3>hbwatchd: cannot listen for SNMP on udp:$AGENT"
directives "rocomunity public"
run_with -t
like "in the journal, a wrong directive: the priority is err" \
	"$(<"$WORK/err")" "<3>$CONF:2: snmp: "
echo "watch flinkserver { interface = }" >"$CONF"
run_with -L "udp:$AGENT"
is "in the journal, a wrong configuration: the exit status is 2" "$STATUS" 2
like "in the journal, a wrong configuration: the priority is err" \
	"$(<"$WORK/err")" "<3>$CONF:1: "
unset JOURNAL_STREAM
watch_section flinkserver 20053 1s | configure
run_with -x "$AGENTX" -L "udp:$AGENT"
is "-x with -L: the exit status is 2" "$STATUS" 2
like "-x with -L: the error says why" \
	"$(<"$WORK/err")" "-x and -L cannot be used together"
stop snmpd

directives "$GOOD" "$USER_V3" "rouser noc priv"
start_hbwatchd -L "udp:$AGENT"
check "the port is free again: hbwatchd is running" running hbwatchd
check "hbwatchd ends on TERM" stop hbwatchd
finish
