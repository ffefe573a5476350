#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: heartbeats every 0.2 s, and watches on them whose interruption time
#          is long enough, below three intervals, and below one interval.
# Checks:  a warning is logged for the last two, once, when the interval is
#          learned, and again after a reload, but not after an engine crash.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_observer "$(watch_section long 20053 1s)" \
	"$(watch_section short 20053 400ms)" \
	"$(watch_section shorter 20053 100ms)"
SHORT='watch "short": interruption 0.400 s is below 3 learned intervals of 0\.'
SHORTER='watch "shorter": interruption 0.100 s is shorter than the interval'
start_sender peer 20053 --rate 5
start_hbwatchd

warnings_are() {
	log_lines_are "$1" "$SHORT" && log_lines_are "$1" "$SHORTER"
}

soon "a warning for each watch" 10 warnings_are 1
wait_heartbeats peer 20
check "each warning is logged once" warnings_are 1
kill_engine
soon "a new engine" 10 new_engine
wait_heartbeats peer 20
check "the new engine does not log it again" warnings_are 1

mark_log
reload_hbwatchd
soon "a reload logs each warning again" 10 warnings_are 1
is "a long interruption gives no warning" "$(log_count 'watch "long": int' \
	hbwatchd)" 0

{
	watch_section long 20053 1s
	watch_section short 20053 1s
} | configure
mark_log
reload_hbwatchd
soon "a reload with a longer interruption" 10 log_lines_are 1 "$RELOADED"
wait_heartbeats peer 10
check "then there is no warning" warnings_are 0
check "hbwatchd ends on TERM" stop hbwatchd
finish
