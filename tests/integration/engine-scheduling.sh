#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: hbwatchd started by root, by a user without permission and with
#          another nice value; `realtime` on and off; a preloaded library that
#          reports allocations and files of the engine.
# Checks:  nice value and scheduling policy of both processes; the memory of the
#          engine is locked; between a packet or a deadline and its report the
#          engine allocates no memory and opens no file.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin chrt setpriv
chmod 0711 "$WORK"

# scheduling PID: its policy, realtime priority and nice value, such as "TS - 0"
scheduling() {
	ps -o cls=,rtprio=,ni= -p "$1" | xargs
}

engine_is() {
	[ "$(scheduling "$(the_engine)")" = "$1" ]
}

is_locked() {
	[ "$(awk '$1 == "VmLck:" { print $2 }' "/proc/$(the_engine)/status")" \
		-gt 0 ]
}

# realtime PRIORITY: writes a configuration
realtime() {
	{
		echo "realtime = $1"
		watch_section flinkserver 20053 1s
	} | configure
}

if [ "$(ps -o ni= -p $$ | xargs)" != 0 ] || ! chrt -r 1 true; then
	skip_all "no permission for SCHED_RR, or not nice value 0"
fi
start_pair 1s
is "the agent has nice value -10" "$(scheduling "${PID[hbwatchd]}")" "TS - -10"
soon "the engine has nice value -10" 10 engine_is "TS - -10"
# The file is empty for a process whose session has no group of its own, such as
# one started with the system.
if [ -n "$(cat "/proc/$$/autogroup" 2>/dev/null)" ]; then
	like "the session of the engine has nice value -10" \
		"$(cat "/proc/$(the_engine)/autogroup")" "nice -10$"
	like "the session of the test, with the agent, keeps nice value 0" \
		"$(cat "/proc/${PID[hbwatchd]}/autogroup")" "nice 0$"
fi
has_sanitizers || soon "the memory of the engine is locked" 10 is_locked
before=$(cat "/proc/$(the_engine)/limits")
like "without realtime, the engine may not use it" "$before" \
	"Max realtime priority +0 +0 "

remember_engine
realtime 3
reload_hbwatchd
soon "a reload with realtime = 3 starts a new engine" 10 new_engine
soon "it receives heartbeats" 10 watch_is hbwWatchState flinkserver alive
soon "the new engine runs under SCHED_RR" 10 engine_is "RR 3 -"
is "the agent does not" "$(scheduling "${PID[hbwatchd]}")" "TS - -10"
like "a pass of the engine has a limit" "$(cat "/proc/$(the_engine)/limits")" \
	"Max realtime timeout +2000000 "
has_sanitizers || soon "the memory of the new engine is locked" 10 is_locked

kill_engine
soon "the engine is started again" 10 new_engine
soon "it receives heartbeats again" 10 \
	watch_is hbwWatchState flinkserver alive
soon "it runs under SCHED_RR, too" 10 engine_is "RR 3 -"

# The kernel sends this signal when one pass takes over 2 s.
kill -XCPU "$(the_engine)"
soon "after SIGXCPU the engine is an ordinary process" 5 engine_is "TS - -10"
soon "this is logged" 10 grep -q \
	"^hbwatchd\[engine\]: the engine was busy for over 2 s" \
	"$WORK/hbwatchd.log"
soon "the engine still works" 10 watch_is hbwWatchState flinkserver alive

remember_engine
realtime 0
reload_hbwatchd
soon "a reload without realtime starts a new engine" 10 new_engine
soon "the engine without realtime receives heartbeats" 10 \
	watch_is hbwWatchState flinkserver alive
soon "it is an ordinary process" 10 engine_is "TS - -10"
stop hbwatchd

#
# Without permission
#

mkdir "$WORK/own"
realtime 3
cp "$WORK/hbwatchd.conf" "$BUILD/hbwatchd" "$BUILD/hbwatch-engine" "$WORK/own"
sed -i '1i snmp = { "rocommunity public 127.0.0.1" }' "$WORK/own/hbwatchd.conf"
chown -R nobody "$WORK/own"
start hbwatchd "$NODE_A" env -u MIBS -u MIBDIRS prlimit --nice=0 --rtprio=0 \
	--memlock=0 setpriv --reuid nobody --regid "$(id -gn nobody)" \
	--clear-groups --inh-caps -all,+net_raw --ambient-caps +net_raw \
	--bounding-set -all,+net_raw "$WORK/own/hbwatchd" \
	-c "$WORK/own/hbwatchd.conf" -s "$WORK/own/state" -l stderr -v \
	-L "udp:127.0.0.1:1163"
soon "without permission, the engine starts" 20 one_engine
soon "without permission, realtime is a warning" 10 grep -q \
	"^hbwatchd\[engine\]: realtime = 3 is not possible" "$WORK/hbwatchd.log"
soon "without permission, the nice value is a debug message" 10 grep -q \
	"cannot set the nice value -10: " "$WORK/hbwatchd.log"
has_sanitizers ||
	soon "without permission, locked memory is a debug message" 10 grep -q \
		"cannot lock the memory of the engine: " "$WORK/hbwatchd.log"
soon "without permission, the engine is an ordinary process" 10 \
	engine_is "TS - 0"
stop hbwatchd

start hbwatchd "$NODE_A" nice -n 5 "$BUILD/hbwatchd" -c "$WORK/hbwatchd.conf" \
	-s "$WORK/state" -l stderr -x "$AGENTX"
need "hbwatchd does not answer with nice value 5" 20 hbwatchd_answers
is "another nice value is kept" "$(scheduling "${PID[hbwatchd]}")" "TS - 5"
stop hbwatchd

#
# From a packet or a deadline to the report
#

if has_sanitizers; then
	ok "no allocation # SKIP sanitizers replace malloc"
	finish
fi
gcc -shared -fPIC -o "$WORK/allocations.so" \
	"$ROOT/tests/tools/report-allocations.c" ||
	bail_out "cannot compile the preloaded library"
# LD_PRELOAD may not have a blank.
HBWATCHD_ENV=(LD_PRELOAD=allocations.so "LD_LIBRARY_PATH=$WORK"
	"ALLOCATIONS=$WORK/fifo")
mkfifo -m 0666 "$WORK/fifo"

# allocations: how many are in the log
allocations() {
	wc -l <"$WORK/allocations.log"
}

# is_widened: has the filter been compiled, and is that over since the last call?
seen=0
is_widened() {
	local before=$seen

	seen=$(allocations)
	grep -q calloc "$WORK/allocations.log" && [ "$seen" = "$before" ]
}

# start_with_library EVIDENCE INTERRUPTION
start_with_library() {
	{
		echo "evidence = $1"
		watch_section flinkserver 20053 "$2"
	} | configure
	start allocations "$NODE_A" cat "$WORK/fifo"
	start_hbwatchd
	soon "evidence = $1: heartbeats make the watch alive" 10 \
		watch_is hbwWatchState flinkserver alive
	raised=$(trap_count hbwAlarmRaised)
}

raise_and_clear() {
	soon "evidence = $1: a silence raises the alarm" 10 \
		traps_are $((raised + 1)) hbwAlarmRaised flinkserver
}

start_with_library 0 1s
stop peer
raise_and_clear 0
start_peer
soon "evidence = 0: heartbeats clear the alarm" 10 \
	traps_are $((raised + 1)) hbwAlarmCleared flinkserver
is "the engine has allocated no memory and opened no file" \
	"$(sort "$WORK/allocations.log" | uniq -c)" ""
stop hbwatchd
stop allocations

# To widen the filter, libpcap allocates memory, long before the deadline.
start_with_library 8MB 6s
stop peer
soon "evidence = 8MB: the filter for evidence is widened" 10 is_widened
before=$(allocations)
raise_and_clear 8MB
is "between that and the raise, the engine has allocated no memory" \
	"$(allocations)" "$before"
start_peer
at "$NODE_B" ip link set "$LINK" down
soon "a log line, which is allocated, shows that the library works" 10 \
	grep -q '^malloc' "$WORK/allocations.log"
finish
