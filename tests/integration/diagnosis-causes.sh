#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: senders on the peer stop, while this host sends heartbeats, too; one
#          has a log file, and one is probed with ping.
# Checks:  the notification of the raise has the cause, the side, what to do and
#          the evidence; hbwEvidenceTable agrees; hbwAlarmChanged follows other
#          evidence; the verdict survives a reload and kill -9.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
LOG=$WORK/prestart.log
# The first line is old; the second one has no time, but the file is new.
printf '%sFloat ip 192.0.2.9 is invalid\n' "2020-01-01 00:00:00 " "" >"$LOG"
chmod 644 "$LOG"
start_observer \
	"alarm 45640 { repair-instanceStopped = \"Start it, please\" }" \
	"$(watch_section stopped 20053 2s "$LINK" "peer-host = node-2")" \
	"$(watch_section logged 20054 2s "$LINK" "log = \"$LOG\"")" \
	"$(watch_section pinged 20055 2s "$LINK" "probe = ping" \
		"log = \"$WORK/none.log\"")"
for port in 20053 20054 20055; do
	start_sender "b$port" $port
done
# The peer's kernel refuses them when the instance there has stopped.
start_beat_at "$NODE_A" own --from "$A4" --to "$B4" --port 20053 --rate 10
start_hbwatchd
for watch in stopped logged pinged; do
	soon "$watch is alive" 10 watch_is hbwWatchState "$watch" alive
done

# evidence WATCH SIGNAL COLUMN: from hbwEvidenceTable
evidence() {
	get "hbwEvidence$3.45640.$(watch_index "$1").$2"
}

# evidence_is WATCH SIGNAL STATE
evidence_is() {
	[ "$(evidence "$1" "$2" State)" = "$3" ]
}

# verdict WATCH: what the table says
verdict() {
	local column

	for column in Cause Side Confidence Repair Detail; do
		alarm_get "hbwAlarm$column" "$1"
	done
}

stop b20053
soon "the alarm is raised" 10 traps_are 1 hbwAlarmRaised stopped
raised=$(last_trap hbwAlarmRaised stopped)
is "the cause is in the notification" "$(varbind hbwAlarmCause <<<"$raised")" \
	instanceStopped
is "so is the side" "$(varbind hbwAlarmSide <<<"$raised")" peer
is "so is the confidence" "$(varbind hbwAlarmConfidence <<<"$raised")" 95
is "so is what to do" "$(varbind hbwAlarmRepair <<<"$raised")" \
	"Start it, please"
is "so is the name of the peer" "$(varbind hbwWatchPeerHost <<<"$raised")" \
	node-2
check "so is the evidence" grep -q "port unreachable at" \
	<<<"$(varbind hbwAlarmDetail <<<"$raised")"
is "the signal is in the table" "$(evidence stopped 3 Name)" portRefused
soon "it is present" 10 evidence_is stopped 3 present
soon "the link of this host is up" 10 evidence_is stopped 13 present
soon "the port of this host is open" 10 evidence_is stopped 12 present
is "all signals are there" "$(walk hbwEvidenceState | wc -l)" 22
check "the file with the packets is named" \
	grep -q '^evidence/1-stopped.pcapng$' \
	<<<"$(alarm_get hbwAlarmEvidenceFile stopped)"

before=$(verdict stopped)
mark_log
reload_hbwatchd
soon "hbwatchd has reloaded" 10 log_lines_are 1 "$RELOADED"
is "a reload keeps the verdict" "$(verdict stopped)" "$before"
stop hbwatchd KILL
start_hbwatchd
is "kill -9 keeps the verdict" "$(verdict stopped)" "$before"
is "and not the evidence" "$(walk hbwEvidenceState | grep -c present)" 0
start_sender b20053 20053
soon "the alarm is cleared" 10 traps_are 1 hbwAlarmCleared stopped
is "the clear has the cause of its raise" \
	"$(last_trap hbwAlarmCleared stopped | varbind hbwAlarmCause)" \
	instanceStopped
is "one raise in all" "$(trap_count hbwAlarmRaised stopped)" 1

echo "$(date '+%F %T') Float ip 192.0.2.10 is invalid" >>"$LOG"
stop b20054
soon "the alarm of the instance with a log is raised" 10 \
	traps_are 1 hbwAlarmRaised logged
soon "its cause is in the log" 10 \
	alarm_is hbwAlarmCause logged floatingIpMisconfigured
is "two lines matched; the other is too old" "$(evidence logged 20 Count)" 2
if [ "$(last_trap hbwAlarmRaised logged | varbind hbwAlarmCause)" != \
	floatingIpMisconfigured ]; then
	soon "hbwAlarmChanged has the cause" 10 \
		traps_are 1 hbwAlarmChanged logged
	is "it says what changed" "$(last_trap hbwAlarmChanged logged |
		varbind hbwAlarmChange)" cause
	is "it has the cause, too" "$(last_trap hbwAlarmChanged logged |
		varbind hbwAlarmCause)" floatingIpMisconfigured
fi

stop b20055
soon "the alarm of the peer that is probed is raised" 10 \
	traps_are 1 hbwAlarmRaised pinged
soon "the peer answers ping" 10 evidence_is pinged 22 present
pinged_three_times() {
	[ "$(evidence pinged 22 Count)" = 3 ]
}
soon "three times" 10 pinged_three_times
like "the evidence says why a log cannot be read" \
	"$(evidence pinged 20 Text)" 'cannot be read: No such file'
check "the others were not probed" evidence_is logged 22 unknown
check "all notifications arrived in order" notifications_in_order
stop hbwatchd
finish
