#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: thousands of random and damaged SET requests for alarms that are
#          raised, cleared and of a disabled watch, sent to a real snmpd.
#
#   HBW_REQUESTS   how many requests there are: 3000
#   HBW_SEED       their seed
#
# Checks:  each request has the answer of the standard; a refused one changes
#          nothing, an accepted one all that it sets; alarms are raised and
#          cleared on time meanwhile; nothing fails, and hbwatchd and its engine
#          still run.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
REQUESTS=${HBW_REQUESTS:-3000}
SEED=${HBW_SEED:-$$}
! has_sanitizers || REQUESTS=$((REQUESTS / 4))
note "HBW_SEED=$SEED"

# The priorities are in the log if it is the journal.
: >"$WORK/hbwatchd.log"
HBWATCHD_ENV=("JOURNAL_STREAM=$(stat -c %d:%i "$WORK/hbwatchd.log")")
# shellcheck disable=SC2034 # used by the library
EVIDENCE=0
# UDP would lose notifications of a burst.
SINK=tcp:$SINK
start_traps
start_snmpd "rwcommunity secret 127.0.0.1"
configure <<-END
	shelve-most = 1h
	$(watch_section timed 20053 1s)
	$(watch_section alive 20054 3s)
	$(watch_section off 20055 3s "$LINK" "enabled = false")
	$(watch_section silent 20056 1s)
	$(watch_section quiet 20057 1s)
END
for port in 20053 20054 20056 20057; do
	start_sender "sender-$port" "$port"
done
start_hbwatchd
for watch in timed alive silent quiet; do
	soon "$watch is alive" 10 watch_is hbwWatchState "$watch" alive
done
stop sender-20056
stop sender-20057
for watch in silent quiet; do
	soon "$watch is raised" 10 alarm_is hbwAlarmState "$watch" raised
done
remember_engine

# row WATCH: its index in hbwAlarmTable
row() {
	echo "45640.$(watch_index "$1")"
}

at "$NODE_A" "$TOOLS/fuzz-set" "$AGENT" secret "$SEED" "$REQUESTS" 3600 \
	"$MIB_ROOT" "$(row alive)" "$(row silent)" "$(row quiet)" \
	"$(row off)=disabled" "$(row timed)=other" >"$WORK/fuzz.log" 2>&1 &
fuzz=$!
round=0
while is_child "$fuzz"; do
	round=$((round + 1))
	stop sender-20053
	soon "requests are sent: alarm $round is raised" 10 \
		traps_are "$round" hbwAlarmRaised timed
	start_sender sender-20053 20053
	soon "requests are sent: alarm $round is cleared" 10 \
		traps_are "$round" hbwAlarmCleared timed
done
check "each request has its answer and changes what it must" wait "$fuzz"
cat "$WORK/fuzz.log"
stop sender-20053
soon "after all requests an alarm is raised" 10 \
	traps_are $((round + 1)) hbwAlarmRaised timed
start_sender sender-20053 20053
soon "and cleared" 10 traps_are $((round + 1)) hbwAlarmCleared timed
check "the alarms match the silences" alarms_match_sender sender-20053 timed 1
soon "nothing is pending" 20 nothing_is_pending
is "the engine is the same" "$(engine | xargs)" "$old"
is "nothing is logged as an error" \
	"$(grep -m 5 '^<[0-3]>' "$WORK/hbwatchd.log")" ""
check_operator "all that had to be notified arrived, and nothing else"
check "hbwatchd ends on TERM" stop hbwatchd TERM
finish
