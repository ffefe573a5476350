#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# HUP: what did not change goes on, and a broken file changes nothing.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_snmpd
start_traps

# watch_section NAME PORT
watch_section() {
	echo "watch \"$1\" {"
	echo "	interface = \"$LINK\""
	echo "	peer = \"$B4\""
	echo "	heartbeat = \"udp $2\""
	echo "	interruption = 1s"
	echo "}"
}

watches() {
	client snmpbulkwalk -OQUv "$AGENT" HBWATCH-MIB::hbwWatchName |
		sort | xargs
}

watches_are() {
	[ "$(watches)" = "$1" ]
}

reload() {
	kill -HUP "${PID[hbwatchd]}"
}

{
	watch_section kept 20001
	watch_section standing 20002
	watch_section removed 20003
} | configure
start_beat kept --from "$B4" --to "$A4" --port 20001 --rate 20
start_beat standing --from "$B4" --to "$A4" --port 20002 --rate 20
start_beat removed --from "$B4" --to "$A4" --port 20003-20004 --rate 20
start_hbwatchd
for watch in kept standing removed; do
	soon "$watch is alive" 10 watch_is hbwWatchState $watch alive
done
stop standing
soon "one alarm stands" 10 traps_are 1 hbwAlarmRaised standing
serial=$(alarm_get hbwAlarmSerial standing)
raised=$(alarm_get hbwAlarmRaisedTime standing)
kept=$(watch_index kept)
removed=$(watch_index removed)

# The order in the file must not matter either.
{
	watch_section added 20004
	watch_section standing 20002
	watch_section kept 20001
} | configure
before=$(watch_get hbwWatchHeartbeats kept)
reload
soon "a watch was added and one removed" 10 watches_are "added kept standing"
soon "the new one is alive" 10 watch_is hbwWatchState added alive
check "the one that was kept counts on" \
	test "$(watch_get hbwWatchHeartbeats kept)" -ge "$before"
is "under its old index" "$(watch_index kept)" "$kept"
check "the new one has a new index" \
	test "$(watch_index added)" -gt "$removed"
is "the alarm stands" "$(alarm_get hbwAlarmState standing)" raised
is "since the same time" "$(alarm_get hbwAlarmRaisedTime standing)" "$raised"
is "with the same serial" "$(alarm_get hbwAlarmSerial standing)" "$serial"

before=$(watch_get hbwWatchHeartbeats kept)
sent_before=$(sent kept)
for _ in 1 2 3 4 5; do
	old=$(engine | xargs)
	reload
	new_engine() {
		local now

		now=$(engine | xargs)
		[ -n "$now" ] && [[ $now != *" "* ]] && [ "$now" != "$old" ]
	}
	soon "a reload brings a new engine" 10 new_engine
done
wait_heartbeats kept 5
counted=$(($(watch_get hbwWatchHeartbeats kept) - before))
sent_since=$(($(sent kept) - sent_before))
note "sent $sent_since, counted $counted"
check "no heartbeat was missed or counted twice over five reloads" \
	test $((sent_since - counted)) -le 3 -a $((counted - sent_since)) -le 3

config_time=$(get hbwConfigTime.0)
{
	watch_section kept 20001
	echo 'watch "broken" {'
	echo "	interface = \"$LINK\""
	echo "	peer = \"$B4\""
	echo '	heartbeat = "carrier-pigeon 7"'
	echo '	interruption = 30'
	echo '}'
} | configure
reload
said_so() {
	grep -q "hbwatchd.conf:$1: " "$WORK/hbwatchd.log"
}
soon "an error of a broken file is logged with its line" 10 said_so 10
soon "and the other one too" 1 said_so 11
is "the old watches are in force" "$(watches)" "added kept standing"
is "and hbwConfigTime has not moved" "$(get hbwConfigTime.0)" "$config_time"
before=$(watch_get hbwWatchHeartbeats kept)
wait_heartbeats kept 5
check "heartbeats are counted on" \
	test "$(watch_get hbwWatchHeartbeats kept)" -gt "$before"

start_beat standing --from "$B4" --to "$A4" --port 20002 --rate 20
soon "the alarm that stood through it all is cleared" 10 \
	traps_are 1 hbwAlarmCleared standing
is "each notification came once" \
	"$(varbind hbwNotificationSequence <"$TRAPS" | xargs)" "1 2"
finish
