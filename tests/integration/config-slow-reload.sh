#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A reload that takes its time: the one before it hears
# meanwhile what it always heard, and nobody hears what is new.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_snmpd
start_traps

# slow_reload WHO SECONDS: the new engine, or the agent, is stopped for so long
# as soon as the new one is there
slow_reload() {
	python3 - "${PID[hbwatchd]}" "$@" <<'END'
import os, signal, sys, time

parent, who, seconds = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])

def children():
    with open("/proc/%d/task/%d/children" % (parent, parent)) as f:
        return set(map(int, f.read().split()))

old = children()
os.kill(parent, signal.SIGHUP)
limit = time.monotonic() + 10
while not (new := children() - old):
    if time.monotonic() > limit:
        sys.exit("no new engine")
held = parent if who == "agent" else new.pop()
os.kill(held, signal.SIGSTOP)
time.sleep(seconds)
both = old <= children()
os.kill(held, signal.SIGCONT)
sys.exit(0 if both else "it was stopped too late")
END
}

one_engine() {
	[ "$(engine | wc -w)" -eq 1 ] && log_lines_are 1 "configuration in effect"
}

watch_section kept 20001 4s | configure
start_beat kept --from "$B4" --to "$A4" --port 20001-20002 --rate 20
start_hbwatchd
soon "the watch is alive" 10 watch_is hbwWatchState kept alive

# Its heartbeats come all the time, but nobody can hear them yet.
{
	watch_section kept 20001 4s
	watch_section added 20002 400ms
} | configure
mark_log
check "a reload takes a while" slow_reload engine 1.5
soon "and is done" 10 one_engine
soon "the new watch is alive" 10 watch_is hbwWatchState added alive
wait_heartbeats kept 10
is "nothing was raised" "$(traps hbwAlarmRaised | wc -l)" 0
is "nor ever was" "$(watch_get hbwWatchInterruptions added)" 0

# A silence is counted through it: half of it passes, then comes the reload.
watch_section kept 20001 6s | configure
mark_log
slow_reload engine 0
soon "the watch waits longer" 10 one_engine
stop kept
last=$(date +%s%N)
mark_log
check "another reload takes a while" slow_reload agent 3.5
soon "and is done" 10 one_engine
soon "the silence is told" 10 traps_are 1 hbwAlarmRaised kept
took=$((($(date +%s%N) - last) / 1000000))
note "told $took ms after the last heartbeat"
check "as soon as without the reload" test "$took" -lt 7500
is "nobody takes it for a stop" "$(log_count "no monitoring for")" 0
finish
