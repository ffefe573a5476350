#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a sender with RAISES (5) silences of 0.8 s, an interruption time of
#          500 ms.
# Checks:  each raise arrives at most 0.3 s after its deadline; the median and
#          the worst delay are printed.  RAISES=100 makes a measurement of it.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
RAISES=${RAISES:-5}
begin
start_observer "$(watch_section delay 20053 500ms)"
start_hbwatchd
# Three heartbeats and then a silence of 0.8 s, RAISES times; the last silence
# does not end.
mark_time
start_sender peer 20053 --burst 0.3,0.7 --duration "$RAISES"
note "measuring $RAISES raises, about $RAISES s"
need "the sender does not end" $((RAISES + 60)) gone "${PID[peer]}"
soon "each silence is raised" 10 \
	traps_of_silence_are "$RAISES" hbwAlarmRaised
soon "every notification arrives once" 10 all_delivered_once
check "no raise is early, and none is more than 0.3 s late" \
	alarms_match_sender peer delay 0.5 --at-least "$RAISES" \
	--slack "$(seconds_after 0.3 "$(busy_time)")"
finish
