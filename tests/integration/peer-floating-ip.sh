#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: node b sends heartbeats; the floating IP address of the service is
#          claimed by one MAC address, then by two, and moves in a failover.
# Checks:  two owners raise the alarm of two active nodes, also in a storm, and
#          one owner clears it; a failover raises nothing; the columns show the
#          owner.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
FLOATING=192.0.2.100
{
	echo 'alarm 45640001 { interruption = 2s }'
	watch_section float 20053 30s "$LINK" "floating-ip = \"$FLOATING\""
	watch_section other 20054 30s
} >"$WORK/with"
start_observer "$(cat "$WORK/with")"
start_sender float 20053
start_sender other 20054
start_hbwatchd
soon "heartbeats make the watch alive" 10 watch_is hbwWatchState float alive
is "the column has the address" "$(watch_get hbwWatchFloatingIp float)" \
	"$FLOATING"
is "nobody has claimed it yet" \
	"$(watch_get hbwWatchFloatingIpState float)" unknown
is "the other watch has none" \
	"$(watch_get hbwWatchFloatingIpState other)" notConfigured

# claim NAME MAC: claims the address twice a second
claim() {
	start "$1" "$NODE_B" "$TOOLS/claim-address" "$LINK" "$FLOATING" "$2" 0.5
}

claim first 02:00:00:00:00:21
soon "a MAC address that nobody knows has it: elsewhere" 10 \
	watch_is hbwWatchFloatingIpState float elsewhere
stop first
claim second 02:00:00:00:00:22
wait_heartbeats float 40
is "a failover raises nothing" "$(trap_count hbwAlarmRaised)" 0

claim first 02:00:00:00:00:21
soon "two MAC addresses claim it: the alarm is raised" 15 \
	dual_traps_are 1 hbwAlarmRaised float
is "both have it" "$(watch_get hbwWatchFloatingIpState float)" both
detail=$(last_trap hbwAlarmRaised float | varbind hbwAlarmDetail)
is "the detail names the address" "$(grep -c "$FLOATING" <<<"$detail")" 1
is "the watch is alive" "$(watch_get hbwWatchState float)" alive

stop hbwatchd KILL
start_hbwatchd
wait_heartbeats float 40
check "after a kill it is not raised again" \
	dual_traps_are 1 hbwAlarmRaised float
is "and it is still active" "$(alarm_get hbwAlarmState float 45640001)" raised
is "its text is the same" "$(alarm_get hbwAlarmDetail float 45640001)" "$detail"

stop first
soon "one has it: the alarm is cleared" 90 \
	dual_traps_are 1 hbwAlarmCleared float

{
	echo 'storm = 1 in 5s'
	cat "$WORK/with"
	for i in 1 2 3; do
		watch_section "more$i" 2005$((5 + i)) 30s "$LINK" \
			"floating-ip = \"$FLOATING\""
	done
} | configure
reload_hbwatchd
soon "the configuration is in effect" 10 log_lines_are 1 "$RELOADED"
claim first 02:00:00:00:00:21
soon "four alarms in a storm: one notification summarises them" 40 \
	traps_are 1 hbwAlarmStorm
is "all are active" "$(get hbwActiveAlarms.0)" 4
is "one was notified by itself" "$(trap_count hbwAlarmRaised)" 2
finish
