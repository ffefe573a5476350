#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: two hbwatchd at one snmpd: the one of the pair, and a second one.
# Checks:  the first serves the tables; the second waits, and serves them when
#          the first is gone, also if snmpd was stopped at that time.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
REJECTED="snmpd rejected the registration of HBWATCH-MIB"
ACCEPTED="snmpd accepted the registration of HBWATCH-MIB"
begin
start_sender other 20054
start_pair 1s
check "the first serves the tables" watches_are flinkserver

{
	echo "control = \"$WORK/second-control\""
	watch_section other 20054 1s
} >"$WORK/second.conf"
mkdir "$WORK/second-state"
start_second() {
	start second "$NODE_A" env -u MIBS -u MIBDIRS "$BUILD/hbwatchd" \
		-c "$WORK/second.conf" -s "$WORK/second-state" -l stderr -v \
		-x "$AGENTX"
}
start_second
soon "the second logs that it was rejected" 10 \
	log_lines_are 1 "$REJECTED" second
for round in 1 2 3; do
	wait_heartbeats peer 20
	check "round $round: the first keeps the tables" \
		watches_are flinkserver
	is "round $round: its watch is alive" \
		"$(watch_get hbwWatchState flinkserver)" alive
done
is "the second logs the rejection once" "$(log_count "$REJECTED" second)" 1
is "the second was not accepted" "$(log_count "$ACCEPTED" second)" 0
is "the first was never rejected" "$(log_count "$REJECTED" hbwatchd)" 0
check "the second is running" running second

stop other
soon "a raise of the rejected daemon arrives" 10 \
	traps_are 1 hbwAlarmRaised other
start_sender other 20054
soon "its clear arrives" 10 traps_are 1 hbwAlarmCleared other
is "the first raised no alarm" "$(trap_count hbwAlarmRaised flinkserver)" 0

stop hbwatchd KILL
soon "the first is killed: the second serves the tables within 5 s" 5 \
	watches_are other
soon "the second logs that it was accepted" 2 \
	log_lines_are 1 "$ACCEPTED" second
is "its watch is alive" "$(watch_get hbwWatchState other)" alive
is "its alarm was counted" "$(alarm_get hbwAlarmCount other)" 1

for signal in TERM KILL; do
	stop snmpd "$signal"
	run_snmpd
	soon "snmpd restarts after $signal: the second is back within 5 s" 5 \
		watches_are other
	wait_heartbeats peer 30
	check "snmpd restarts after $signal: the second keeps the tables" \
		watches_are other
done
is "the second was rejected only once" "$(log_count "$REJECTED" second)" 1

start_hbwatchd
soon "the first starts again: now it is rejected" 10 \
	log_lines_are 1 "$REJECTED" hbwatchd
wait_heartbeats peer 30
check "the second keeps the tables" watches_are other
check "the second ends on TERM" stop second
soon "then the first serves the tables within 5 s" 5 watches_are flinkserver
soon "the first logs that it was accepted" 2 \
	log_lines_are 1 "$ACCEPTED" hbwatchd

# Requests of the second wait in snmpd, which rejects those from before the end
# of the first; nobody receives these answers.
start_second
soon "the second starts again, and is rejected" 10 \
	log_lines_are 2 "$REJECTED" second
kill -STOP "${PID[snmpd]}"
stop hbwatchd KILL
wait_heartbeats peer 60
kill -CONT "${PID[snmpd]}"
soon "the first ended while snmpd was stopped: the second serves the tables" \
	20 watches_are other
wait_heartbeats peer 60
check "the second keeps the tables" watches_are other
check "the second ends on TERM" stop second
finish
