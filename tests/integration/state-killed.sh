#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# kill -9 again and again at random instants, while a sender flaps: no
# notification is lost and none differs from itself.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
KILLS=${HBW_KILLS:-20}
SEED=${HBW_SEED:-$$}
begin
start_snmpd
start_traps

{
	watch_section flapping 20053 200ms
	watch_section fast 20055 100ms
	watch_section steady 20054 5s
} | configure
start_beat steady --from "$B4" --to "$A4" --port 20054 --rate 50
start_beat flapping --from "$B4" --to "$A4" --port 20053 --rate 20 \
	--burst 0.4,0.5
start_beat fast --from "$B4" --to "$A4" --port 20055 --rate 40 --burst 0.2,0.3
note "HBW_SEED=$SEED"
RANDOM=$SEED

one_engine() {
	the_engine >/dev/null
}

history_is_the_traps() {
	local lines

	# The two as `sequence kind key serial`.
	client snmpbulkwalk -OQUs "$AGENT" HBWATCH-MIB::hbwHistoryTable |
		sed -n 's/^hbwHistory\(Event\|Key\|Serial\)\.\([0-9]*\) = \(.*\)/\2 \1 \3/p' |
		awk '{ row[$1] = row[$1] " " $3 }
			END { for (i in row) print i row[i] }' |
		sort -n >"$WORK/history"
	awk -F '\t' '/snmpTrapOID\.0 = hbwAlarm/ {
		for (i = 4; i <= NF; i++) {
			name = substr($i, 1, index($i, ".") - 1)
			value[name] = substr($i, index($i, " = ") + 3)
		}
		kind = value["snmpTrapOID"] == "hbwAlarmRaised" ?
			"raised" : "cleared"
		print value["hbwNotificationSequence"], kind,
			value["hbwAlarmKey"], value["hbwAlarmSerial"]
	}' "$TRAPS" | sort -nu >"$WORK/told"
	lines=$(wc -l <"$WORK/told")
	note "$lines notifications of alarms"
	diff "$WORK/told" "$WORK/history" >"$WORK/diff"
	sed 's/^/# /' "$WORK/diff" | head -n 20
	[ "$lines" -gt 0 ] && [ ! -s "$WORK/diff" ]
}

for ((kills = 0; kills < KILLS; kills++)); do
	run_hbwatchd
	# 0.1 to 1.5 s
	wait_heartbeats steady $((5 + RANDOM % 70))
	stop hbwatchd KILL
done
start_hbwatchd
wait_heartbeats steady 100
stop flapping
stop fast
for watch in flapping fast; do
	soon "$watch is interrupted in the end" 10 \
		watch_is hbwWatchState "$watch" interrupted
done
soon "nothing is pending, and all has arrived" 15 all_delivered
check "there was something to lose" test "$(get hbwNotificationSequence.0)" -ge 20
check "in order, without a gap, what came twice was the same" \
	notifications_in_order --first 1 --last "$(get hbwNotificationSequence.0)"
check "the history says what was told" history_is_the_traps
is "no raise is forgotten: serials go up by one" \
	"$(awk '$2 == "raised" && $4 != ++serial' "$WORK/told" | wc -l)" 0
is "the steady watch was never interrupted" \
	"$(traps hbwAlarmRaised steady | wc -l)" 0
soon "what is left of it is one engine" 10 one_engine
finish
