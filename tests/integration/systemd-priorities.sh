#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: hbwatchd whose standard error is the journal, as its variable
#          JOURNAL_STREAM says.
# Checks:  each line has a priority; raised alarms and all failures have at
#          least that of a warning, normal operation has a lower one.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin

# as_journal FILE: the variable that makes this file a journal
as_journal() {
	: >>"$1"
	echo "JOURNAL_STREAM=$(stat -c %d:%i "$1")"
}

# logged PRIORITY REGULAR-EXPRESSION: is there such a line?  The priority is a
# set of digits, such as 0-4.
logged() {
	grep -qE "^<[$1]>hbwatchd(\[engine\])?: .*$2" "$WORK/hbwatchd.log"
}

HBWATCHD_ENV=("$(as_journal "$WORK/hbwatchd.log")")
start_pair 1s
stop peer
soon "a raise is a warning" 10 logged 4 'raised, watch "flinkserver"'
check "the start is information" logged 6 "started, version"
check "a connection is a notice" logged 5 "connected to snmpd"

start_peer
soon "a clear is a notice" 10 logged 5 'cleared, watch "flinkserver"'

stop snmpd
soon "a lost connection is a warning" 10 logged 4 "lost the connection"
soon "a failure to connect is a warning" 10 logged 4 "cannot connect to snmpd"
run_snmpd

ip -n "$NODE_A" link set "$LINK" down
soon "an interface that is down is a warning" 10 logged 4 "$LINK: .*down"
ip -n "$NODE_A" link delete "$LINK"
soon "a removed interface is an error" 10 logged 3 "$LINK: cannot capture"
make_link
soon "a capture that works again is a notice" 20 logged 5 "capture resumed"

need "there is no engine" 20 one_engine
kill_engine
soon "an engine that ended is an error" 10 logged 3 "engine ended unexpectedly"

cp "$WORK/hbwatchd.conf" "$WORK/correct.conf"
echo "severity = 5" >>"$WORK/hbwatchd.conf"
reload_hbwatchd
soon "an error in the configuration is an error" 10 \
	logged 3 'hbwatchd.conf:[0-9]*: unknown option "severity"'
soon "a refused reload is an error" 10 logged 3 "previous configuration stays"
cp "$WORK/correct.conf" "$WORK/hbwatchd.conf"
reload_hbwatchd
soon "a reload is a notice" 10 logged 5 "$RELOADED"
check "hbwatchd ends on TERM" stop hbwatchd
check "the end is a notice" logged 5 stopping
is "no line is without a priority" "$(grep -cv '^<[0-7]>hbwatchd' \
	"$WORK/hbwatchd.log")" 0

# refused TEXT STATUS REGULAR-EXPRESSION ARGUMENT...: does a start fail with
# that status and an error?
refused() {
	local text=$1 status=$2 expression=$3 log=$WORK/refused.log journal

	shift 3
	rm -f "$log"
	journal=$(as_journal "$log")
	at "$NODE_A" env "$journal" "$BUILD/hbwatchd" "$@" 2>>"$log"
	is "$text: the status is $status" $? "$status"
	check "$text: it is an error" grep -qE "^<3>.*$expression" "$log"
}

refused "an unknown option" 2 "unknown option -z" -z
refused "an unknown long option" 2 "unknown option --foo" --foo
refused "a value that a long option does not take" 2 \
	"unknown option --help=x" --help=x
for option in -h --help -V --version; do
	like "$option is answered" "$("$BUILD/hbwatchd" "$option")" hbwatchd
done
refused "an option without its argument" 2 "-c needs an argument" -c
refused "-x and -L" 2 "cannot be used together" -x a -L b
refused "a word too many" 2 'unexpected argument "more"' more
refused "an unknown target of the log" 2 "expected stderr or syslog" -l file
refused "no configuration" 2 "none.conf" -c "$WORK/none.conf"
sed -i "s/$LINK/hb9/" "$WORK/correct.conf"
refused "-t without the interface" 2 "no such interface" -t \
	-c "$WORK/correct.conf"
finish
