#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Two daemons at one snmpd: the first serves the tables, the second waits for
# them, and has them when the first is gone.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_snmpd
start_traps

# conf_of NAME PORT
conf_of() {
	echo "watch \"$1\" {"
	echo "	interface = \"$LINK\""
	echo "	peer = \"$B4\""
	echo "	heartbeat = \"udp $2\""
	echo "	interruption = 1s"
	echo "}"
}

# watches_are NAMES: that the tables have
watches_are() {
	[ "$(client snmpbulkwalk -t 1 -r 0 -OQUv "$AGENT" \
		HBWATCH-MIB::hbwWatchName 2>/dev/null | xargs)" = "$1" ]
}

REFUSED="snmpd rejected the registration of HBWATCH-MIB"
TAKEN="snmpd accepted the registration of HBWATCH-MIB"

conf_of first 20053 | configure
conf_of second 20054 >"$WORK/second.conf"
start_beat one --from "$B4" --to "$A4" --port 20053 --rate 10
start_beat two --from "$B4" --to "$A4" --port 20054 --rate 10
start_hbwatchd
soon "the first serves its tables" 10 watches_are first
soon "and hears its peer" 10 watch_is hbwWatchState first alive

mkdir "$WORK/second-state"
start second "$NODE_A" env -u MIBS -u MIBDIRS "$BUILD/hbwatchd" \
	-c "$WORK/second.conf" -s "$WORK/second-state" -l stderr -v \
	-x "$AGENTX"
soon "the second says that it is refused" 10 log_lines_are 1 "$REFUSED" second
for round in 1 2 3; do
	wait_heartbeats one 20
	check "round $round: the first keeps its tables" watches_are first
	is "round $round: with its watch" \
		"$(watch_get hbwWatchState first)" alive
done
is "the second does not repeat itself" "$(log_count "$REFUSED" second)" 1
is "nor has it been taken" "$(log_count "$TAKEN" second)" 0
is "the first was never refused" "$(log_count "$REFUSED" hbwatchd)" 0
check "the second lives" running second

stop two
soon "the second's raise arrives all the same" 10 \
	traps_are 1 hbwAlarmRaised second
start_beat two --from "$B4" --to "$A4" --port 20054 --rate 10
soon "and its clear" 10 traps_are 1 hbwAlarmCleared second
is "the first has raised nothing" "$(traps hbwAlarmRaised first | wc -l)" 0

stop hbwatchd KILL
soon "the first is killed: the second serves within 5 s" 5 watches_are second
soon "and says so" 2 log_lines_are 1 "$TAKEN" second
is "with its watch" "$(watch_get hbwWatchState second)" alive
is "and what it has counted" "$(alarm_get hbwAlarmCount second)" 1

for signal in TERM KILL; do
	stop snmpd "$signal"
	run_snmpd
	soon "snmpd is back after $signal: the second serves within 5 s" 5 \
		watches_are second
	wait_heartbeats one 30
	check "and goes on" watches_are second
done
is "it was refused just once" "$(log_count "$REFUSED" second)" 1

start_hbwatchd
soon "the first is back, and now it is refused" 10 \
	log_lines_are 1 "$REFUSED" hbwatchd
wait_heartbeats one 30
check "the second keeps the tables" watches_are second
check "the second ends on TERM" stop second
soon "and the first serves within 5 s" 5 watches_are first
soon "and says so" 2 log_lines_are 1 "$TAKEN" hbwatchd
check "it ends on TERM" stop hbwatchd
finish
