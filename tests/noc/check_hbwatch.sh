#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a pair with three watches, one of which has a major alarm; the plugin
#          check_hbwatch asks with SNMPv2c and SNMPv3.
# Checks:  its exit statuses, text and performance data in each state: OK, minor
#          and major alarms, blind, no watch, hbwatchd and snmpd stopped, wrong
#          command lines; thresholds.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
SNMPD_LINES=("createUser noc SHA authentication1 AES privacy-passphrase"
	"rouser noc priv")
SECTIONS=("$(watch_section manager 20054 2s "$LINK" "alarm = 12010")"
	"$(watch_section off 20055 2s "$LINK" "enabled = false")")
OTHER=20054

start_manager() {
	start_sender manager "$OTHER"
}

# checks TEXT STATUS REGULAR-EXPRESSION ARGUMENT...: runs the plugin; passes if
# the exit status and the first line are these
checks() {
	local text=$1 wanted=$2 pattern=$3 status
	shift 3

	output=$(ours check_hbwatch "$@")
	status=$?
	is "$text: exit status $wanted" "$status" "$wanted"
	like "$text: the text" "$(head -n 1 <<<"$output")" "$pattern"
}

begin_noc
start_manager
need "the watch manager is not alive" 10 watch_is hbwWatchState manager alive

#
# No alarm
#

value='[0-9.]+(s|)(;[0-9:@~]*;[0-9:@~]*|)'
checks "no alarm" 0 \
	"^HBWATCH OK - no active alarm, 3 watches \|( [a-z]+=$value)+\$" \
	"${REQUEST[@]}"
checks "one watch" 0 "^HBWATCH OK - flinkserver alive, peer $B4, last .*\
\|( [a-z]+=$value)+\$" "${REQUEST[@]}" -W flinkserver
checks "SNMPv3" 0 "^HBWATCH OK" -H 127.0.0.1 -p "${AGENT#*:}" -U noc \
	-L authPriv -a SHA -A authentication1 -x AES -X privacy-passphrase
checks "SNMPv3, wrong passphrase" 3 "^HBWATCH UNKNOWN - .*[Aa]uthentication" \
	-H 127.0.0.1 -p "${AGENT#*:}" -U noc -L authPriv -a SHA -A wrongwrong \
	-x AES -X privacy-passphrase -t 20
checks "no such watch" 3 "UNKNOWN - 127.0.0.1 has no watch 'none'" \
	"${REQUEST[@]}" -W none
checks "a disabled watch" 3 "UNKNOWN - off disabled" "${REQUEST[@]}" -W off

#
# Alarms
#

raise
checks "a minor alarm" 1 "WARNING - 1 of 3 watches with an active alarm: \
flinkserver minor for [0-9]+ s, peer $B4: unknown \| active=1 critical=0 \
major=0 minor=1 " "${REQUEST[@]}"
checks "a minor alarm, its watch" 1 "WARNING - flinkserver interrupted" \
	"${REQUEST[@]}" -W flinkserver
checks "a minor alarm, another watch" 0 "OK - manager alive" \
	"${REQUEST[@]}" -W manager
checks "a range that permits one alarm" 0 "OK - 1 of 3 .*active=1;1;2" \
	"${REQUEST[@]}" -w 1 -c 2
checks "a range that permits no alarm" 2 "CRITICAL - 1 of 3 .*active=1;;0" \
	"${REQUEST[@]}" -c 0
checks "a range inside out" 1 "WARNING - 1 of 3" "${REQUEST[@]}" -w @1:2
checks "seconds of silence, above" 2 "CRITICAL - flinkserver" \
	"${REQUEST[@]}" -W flinkserver -w 1 -c 1.5
checks "seconds of silence, below" 0 "OK - flinkserver interrupted" \
	"${REQUEST[@]}" -W flinkserver -c 3600
checks "-v" 1 "WARNING" "${REQUEST[@]}" -v
like "-v: the evidence and the repair follow" "$output" \
	"evidence: no heartbeat .*repair: Check"

stop manager
need "the major alarm is not raised" 10 traps_are 2 hbwAlarmRaised
checks "a major alarm comes first" 2 "CRITICAL - 2 of 3 watches .*: \
manager major .*; flinkserver minor " "${REQUEST[@]}"
"$BUILD/hbwatch" acknowledge -S "$WORK/control" flinkserver >"$WORK/operator"
checks "an acknowledged alarm counts" 2 "flinkserver minor .*, acknowledged" \
	"${REQUEST[@]}"
"$BUILD/hbwatch" shelve -S "$WORK/control" -d 1h manager >"$WORK/operator"
checks "a shelved alarm does not count" 1 "WARNING - 1 of 3 watches .*: \
flinkserver .*; 1 shelved \| active=1 critical=0 major=1 " "${REQUEST[@]}"
like "a shelved alarm is listed" "$output" "manager major .*, shelved"
"$BUILD/hbwatch" unshelve -S "$WORK/control" manager >"$WORK/operator"
start_manager
clear
need "the major alarm is not cleared" 10 traps_are 2 hbwAlarmCleared
checks "cleared" 0 "OK - no active alarm" "${REQUEST[@]}"

#
# Nothing is known
#

ip -n "$NODE_A" link delete "$LINK"
soon "the watches are blind" 10 watch_is hbwWatchState flinkserver blind
checks "blind" 3 "UNKNOWN - no active alarm, 3 watches; 2 blind: $LINK: " \
	"${REQUEST[@]}"
checks "a blind watch" 3 "UNKNOWN - flinkserver blind, .*: $LINK: " \
	"${REQUEST[@]}" -W flinkserver
make_link
soon "the watches see again" 20 watch_is hbwWatchState flinkserver alive

#
# More active alarms than are read
#

watch_sections 230 300ms | configure
mark_log
reload_hbwatchd
need "hbwatchd does not reload" 10 log_lines_are 1 "$RELOADED"
need "the alarms are not raised" 30 active_alarms_are 230
checks "many alarms" 1 \
	"WARNING - 230 active alarms, 230 watches: .*; and 227 more \| active=230" \
	"${REQUEST[@]}"
checks "many alarms, one watch" 1 \
	"WARNING - w229 interrupted, .*: w229 minor for " \
	"${REQUEST[@]}" -W w229
checks "many alarms, thresholds" 0 "OK - 230 active" "${REQUEST[@]}" -c 230

: | configure
mark_log
reload_hbwatchd
need "hbwatchd does not reload" 10 log_lines_are 1 "$RELOADED"
checks "no watch" 3 "UNKNOWN - no watch is configured" "${REQUEST[@]}"
stop hbwatchd
checks "hbwatchd is stopped" 3 "UNKNOWN - 127.0.0.1 has no HBWATCH-MIB" \
	"${REQUEST[@]}"
stop snmpd
checks "snmpd is stopped" 3 "UNKNOWN - .*(Timeout|No Response)" \
	"${REQUEST[@]}" -t 2
checks "snmpd is stopped, and -t names a state" 2 "CRITICAL - " \
	"${REQUEST[@]}" -t 2:critical

#
# Wrong command lines
#

for arguments in "" "-H 127.0.0.1 -w x" "-H 127.0.0.1 -w 5:1" \
	"-H 127.0.0.1 -t 0" "-H 127.0.0.1 -t 5:GOOD" "-H 127.0.0.1 --none"; do
	# shellcheck disable=SC2086 # several words
	checks "check_hbwatch $arguments" 3 "^HBWATCH UNKNOWN - " $arguments
done
checks "-h" 3 "^usage: check_hbwatch" -h
version=$(sed -n 's/^#define PACKAGE_VERSION "\(.*\)"/\1/p' "$BUILD/config.h")
checks "-V" 3 "^check_hbwatch .hbwatch. $version\$" -V
finish
