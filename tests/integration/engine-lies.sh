#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: hbwatchd whose engine is replaced by one that lies at random
#          (tests/tools/lying_engine.c), while tables are read and the
#          configuration is reloaded; then the real engine takes over; then an
#          engine that sends the raises and clears of a whole day at once.
# Checks:  the agent finds the lies and goes on; neither the log nor the outbox
#          is flooded; afterwards no watch is mute and all alarms are right.
#          Only as many raises are accepted as a real engine could send.
#
#   --long SECONDS   lies for that time instead of 15 s
#   --seed NUMBER    for other lies: 1

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
DURATION=15 SEED=1
while [ $# -gt 0 ]; do
	case $1 in
	--long) DURATION=$2 ;;
	--seed) SEED=$2 ;;
	*) bail_out "usage: $0 [--long SECONDS] [--seed NUMBER]" ;;
	esac
	shift 2
done
begin sqlite3
liar=$BUILD/tests/tools/lying_engine
[ -x "$liar" ] || bail_out "$liar is missing: make check-build"
WATCHES=20
ALL=$((WATCHES + 2))

# hbwatchd executes the engine that is in its own directory.
OWN=$WORK/own
mkdir "$OWN"
cp "$BUILD/hbwatchd" "$OWN"
cp "$liar" "$OWN/hbwatch-engine"
cp "$BUILD/hbwatch-engine" "$OWN/hbwatch-engine.honest"
echo "$SEED" >"$OWN/seed"
chmod 0666 "$OWN/seed"
# The jail permits to execute hbwatch-engine only, but not with a preloaded
# library.
HBWATCHD_ENV=(LD_PRELOAD=)
note "seed $SEED, $DURATION s"

# Over UDP, traps that snmpd has sent could be lost.
SINK=tcp:$SINK
start_observer "$(watch_sections "$WATCHES" 1s)" \
	"$(watch_section flinkserver 20053 1s)" \
	"$(watch_section silent 20054 1s lo)"
start_peer
start_sender all 20100-$((20099 + WATCHES)) --rate 5
# The program is that of the build otherwise.
RELEASE=$BUILD
BUILD=$OWN start_hbwatchd

# Requests of all tables, again and again.
read_tables() {
	while :; do
		client snmpbulkwalk -t 5 -r 0 "$AGENT" "$MIB_ROOT"
	done >"$WORK/walk.log" 2>&1
}
read_tables &
started reader

end=$((SECONDS + DURATION))
reloads=0
while [ $SECONDS -lt $end ] && running hbwatchd; do
	wait_heartbeats peer 10
	reload_hbwatchd
	reloads=$((reloads + 1))
done
check "hbwatchd runs" running hbwatchd
runs=$(($(cat "$OWN/seed") - SEED))
invalid=$(log_count "the engine sent an invalid report")
note "$runs runs of the engine, $reloads reloads, $invalid lines about lies"
check "there were several lying engines" [ "$runs" -gt 3 ]
check "lies were found" [ "$invalid" -gt 0 ]
kill "${PID[reader]}"
wait "${PID[reader]}" 2>/dev/null
unset 'PID[reader]'

# Besides the alarms themselves, the log grows slowly.
lines=$(grep -cvE 'alarm [0-9]+ \(|alarm storm|reload|in effect' \
	"$WORK/hbwatchd.log")
note "$lines log lines that are not about alarms and reloads"
check "the log is not flooded" [ "$lines" -lt $((1000 + 40 * DURATION)) ]
blind=$(grep -cE 'hbwWatcher(Blind|Restored)' "$TRAPS")
note "$blind notifications about captures"
check "the outbox is not flooded" [ "$blind" -lt $((100 + DURATION)) ]

: >"$OWN/honest"
honest() {
	local pid

	pid=$(the_engine) || return 1
	[ "$(readlink "/proc/$pid/exe")" = "$OWN/hbwatch-engine.honest" ]
}
kill_engine
soon "the real engine takes over" 60 honest
remember_engine

# all_are COLUMN VALUE: do all watches but "silent" have that value?
all_are() {
	local expected

	expected=$(printf "$2%.0s\n" $(seq $((ALL - 1))))
	[ "$(client snmpbulkwalk -OQUs "$AGENT" "HBWATCH-MIB::$1" |
		grep -v "\.$silent = " | sed 's/.* = //')" = "$expected" ]
}
silent=$(watch_index silent)
soon "the heartbeats make all watches alive" 60 all_are hbwWatchState alive
soon "only the silent watch has an alarm" 30 active_alarms_are 1
soon "it is the right one" 10 watch_is hbwWatchState silent interrupted
stop all
stop peer
soon "when the peers are silent, each watch raises its alarm" 30 \
	active_alarms_are "$ALL"
check "all are interrupted" all_are hbwWatchState interrupted
start_peer
start_sender all 20100-$((20099 + WATCHES)) --rate 5
soon "heartbeats clear all of them" 30 active_alarms_are 1
soon "all are alive" 10 all_are hbwWatchState alive
is "the real engine sent no invalid report" \
	"$(the_engine)" "$old"
captures_run() {
	[ "$(walk hbwCaptureState | sort -u)" = running ]
}
soon "all captures run" 60 captures_run

# ---- the raises of a whole day at once

before=$(get hbwNotificationSequence.0)
stop hbwatchd
# Silence counts from the last clear.
sqlite3 "$WORK/state/hbwatchd.db" \
	"UPDATE alarm SET raised = raised - 86400 * 1000000000,
	cleared = cleared - 86400 * 1000000000"
rm "$OWN/honest"
echo 0 >"$OWN/past"
chmod 0666 "$OWN/past"
mark_log
began=$SECONDS
BUILD=$OWN start_hbwatchd
too_many() {
	[ "$(log_count "invalid report: too many transitions in a short time")" -gt 1 ]
}
soon "two engines with too many transitions are replaced" 20 too_many
sequences=$(($(get hbwNotificationSequence.0) - before))
seconds=$((SECONDS - began))
note "$sequences notifications in $seconds s"
# Each watch can raise its alarm once a second, and for 30 s in the past.
check "only possible raises were accepted" \
	[ "$sequences" -le $((2 * (34 + seconds) + 20)) ]
check "several were accepted" [ "$sequences" -gt 20 ]

# sanitizer_lines: what the sanitizers wrote to the log
sanitizer_lines() {
	grep -E -A 20 'Sanitizer|runtime error' "$WORK/hbwatchd.log"
}
is "no sanitizer has found a fault" "$(sanitizer_lines)" ""
check "hbwatchd ends on TERM" stop hbwatchd TERM
is "no sanitizer has found a leak" "$(sanitizer_lines)" ""
BUILD=$RELEASE
finish
