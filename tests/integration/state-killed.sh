#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: kill -9 of hbwatchd at random moments, while two senders come and go.
# Checks:  no notification is lost, duplicates have the same content, and the
#          history has what arrived.
#
#   HBW_KILLS   how often hbwatchd is killed: 20
#   HBW_SEED    the seed of the moments

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
KILLS=${HBW_KILLS:-20}
SEED=${HBW_SEED:-$$}
begin
start_observer "$(watch_section flapping 20053 200ms)" \
	"$(watch_section fast 20055 100ms)" "$(watch_section steady 20054 5s)"
start_sender steady 20054 --rate 50
start_sender flapping 20053 --rate 20 --burst 0.4,0.5
start_sender fast 20055 --rate 40 --burst 0.2,0.3
note "HBW_SEED=$SEED"
RANDOM=$SEED

# history_matches_traps: both are written as `sequence kind key serial`
history_matches_traps() {
	local lines columns='Event\|Key\|Serial'

	client snmpbulkwalk -OQUs "$AGENT" HBWATCH-MIB::hbwHistoryTable |
		sed -n "s/^hbwHistory\($columns\)\.\([0-9]*\) = /\2 \1 /p" |
		awk '{ row[$1] = row[$1] " " $3 }
			END { for (i in row) print i row[i] }' |
		grep -v ' started ' | sort -n >"$WORK/history"
	awk -F '\t' '/snmpTrapOID\.0 = hbwAlarm/ {
		for (i = 4; i <= NF; i++) {
			name = substr($i, 1, index($i, ".") - 1)
			value[name] = substr($i, index($i, " = ") + 3)
		}
		kind = tolower(substr(value["snmpTrapOID"], 9))
		print value["hbwNotificationSequence"], kind,
			value["hbwAlarmKey"], value["hbwAlarmSerial"]
	}' "$TRAPS" | sort -nu >"$WORK/arrived"
	lines=$(wc -l <"$WORK/arrived")
	note "$lines notifications of alarms"
	diff "$WORK/arrived" "$WORK/history" >"$WORK/diff"
	sed 's/^/# /' "$WORK/diff" | head -n 20
	[ "$lines" -gt 0 ] && [ ! -s "$WORK/diff" ]
}

for ((kills = 0; kills < KILLS; kills++)); do
	run_hbwatchd
	# after 0.1 to 1.5 s
	wait_heartbeats steady $((5 + RANDOM % 70))
	stop hbwatchd KILL
done
start_hbwatchd
wait_heartbeats steady 100
stop flapping
stop fast
for watch in flapping fast; do
	soon "$watch is interrupted at the end" 10 \
		watch_is hbwWatchState "$watch" interrupted
done
soon "all notifications are delivered" 15 all_delivered
check "there were enough notifications" \
	test "$(get hbwNotificationSequence.0)" -ge 20
check "they arrived in order without a gap; duplicates have the same content" \
	notifications_in_order --first 1 \
	--last "$(get hbwNotificationSequence.0)"
check "the history has what arrived" history_matches_traps
is "no raise is lost: serials increase by one" \
	"$(awk '$2 == "raised" && $4 != ++serial' "$WORK/arrived" | wc -l)" 0
is "the steady watch was never interrupted" \
	"$(trap_count hbwAlarmRaised steady)" 0
soon "one engine is left" 10 one_engine
finish
