#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a pair; reloads whose new engine, or the agent, is stopped for a
#          while.
# Checks:  the old engine receives heartbeats until the new one takes over, and
#          no time of silence is lost or invented.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_sender added 20054 --rate 20
start_pair 4s

# slow_reload engine|agent SECONDS: reloads, and stops the new engine or the
# agent for that time as soon as the new engine has started
slow_reload() {
	python3 - "${PID[hbwatchd]}" "$@" <<'END'
import os, signal, sys, time

parent, who, seconds = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
try:    # on a busy machine it must not be too late
    os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
except PermissionError:
    pass

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
sys.exit(0 if both else "the process was stopped too late")
END
}

reload_is_done() {
	one_engine && log_lines_are 1 "$RELOADED"
}

# The heartbeats of the added watch come all the time, but the old engine has no
# such watch, and the new one is stopped for longer than its interruption time.
{
	watch_section flinkserver 20053 4s
	watch_section added 20054 400ms
} | configure
mark_log
check "a reload takes 1.5 s" slow_reload engine 1.5
soon "the reload is done" 10 reload_is_done
soon "the added watch is alive" 10 watch_is hbwWatchState added alive
wait_heartbeats peer 10
is "no alarm was raised" "$(trap_count hbwAlarmRaised)" 0
is "the added watch counted no interruption" \
	"$(watch_get hbwWatchInterruptions added)" 0

# A reload in the middle of a silence: the silence is counted over the reload.
watch_section flinkserver 20053 6s | configure
mark_log
slow_reload engine 0
soon "the watch has a longer interruption time" 10 reload_is_done
mark_time
stop peer
last=$(date +%s%N)
mark_log
check "a reload in a silence takes 3.5 s" slow_reload agent 3.5
soon "the reload is done" 10 reload_is_done
soon "the silence is raised" 10 \
	traps_are 1 hbwAlarmRaised flinkserver
check "the raise is as early as without a reload" spent_less 7500
note "raised $((($(date +%s%N) - last) / 1000000)) ms after the last heartbeat"
is "no engine reports unmonitored time" "$(log_count "no monitoring for")" 0
finish
