#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: the interface goes down while a reload opens its capture.
# Checks:  no watch is blind: the silence of an interface that is down counts.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin cc
EVIDENCE=0

# The path of a library for LD_PRELOAD must not contain a blank.
library=$(mktemp /var/tmp/hbw-slow-capture.XXXXXX) ||
	bail_out "no temporary file"
slow=$(mktemp -u /var/tmp/hbw-slow-capture.XXXXXX)
trap 'rm -f "$library" "$slow"; clean_up' EXIT
cc -shared -fPIC -o "$library" "$TOOLS/slow-capture.c" ||
	bail_out "cannot compile slow-capture.c"
chmod 755 "$library"
# With the sanitizers, their library is not the first one then.
HBWATCHD_ENV=("LD_PRELOAD=$library" "SLOW_CAPTURE=$slow"
	"ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0")
start_pair 3s

: >"$slow"
chmod 666 "$slow"
mark_log
reload_hbwatchd
need "the reload opens no capture" 10 test -s "$slow"
ip -n "$NODE_A" link set "$LINK" down
rm "$slow"
soon "the new configuration is in effect" 10 log_lines_are 1 "$RELOADED"
soon "the silence counts: the alarm is raised" 10 \
	alarm_is hbwAlarmState flinkserver raised
check "the capture is down" capture_is down
is "no watch was blind" "$(log_count "blind until")" 0
raise_link "$NODE_A" "$A4" "$A6" "$A_LINK"
soon "the interface is up: the alarm is cleared" 10 \
	alarm_is hbwAlarmState flinkserver cleared
finish
