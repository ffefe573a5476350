#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: three watches, reloads by HUP with another file, with a broken file
#          and with a FIFO in place of the file.
# Checks:  a reload changes only what the file changed; a broken file or a FIFO
#          changes nothing, and the FIFO does not block hbwatchd.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
EVIDENCE=0
start_observer "$(watch_section kept 20001 1s)" \
	"$(watch_section silent 20002 1s)" "$(watch_section removed 20003 1s)"
start_sender kept 20001 --rate 20
start_sender silent 20002 --rate 20
start_sender removed 20003-20004 --rate 20
start_hbwatchd
for watch in kept silent removed; do
	soon "$watch is alive" 10 watch_is hbwWatchState $watch alive
done
stop silent
soon "the silent watch raises its alarm" 10 traps_are 1 hbwAlarmRaised silent
serial=$(alarm_get hbwAlarmSerial silent)
raised=$(alarm_get hbwAlarmRaisedTime silent)
kept=$(watch_index kept)
removed=$(watch_index removed)

# The order of the sections must not matter.
{
	watch_section added 20004 1s
	watch_section silent 20002 1s
	watch_section kept 20001 1s
} | configure
before=$(watch_get hbwWatchHeartbeats kept)
reload_hbwatchd
soon "the reload adds a watch and removes another" 10 \
	watches_are "added kept silent"
soon "the added watch is alive" 10 watch_is hbwWatchState added alive
check "the kept watch keeps its count of heartbeats" \
	test "$(watch_get hbwWatchHeartbeats kept)" -ge "$before"
is "the kept watch keeps its index" "$(watch_index kept)" "$kept"
check "the added watch has a new index" \
	test "$(watch_index added)" -gt "$removed"
is "the alarm stays active" "$(alarm_get hbwAlarmState silent)" raised
is "the alarm keeps its time" "$(alarm_get hbwAlarmRaisedTime silent)" "$raised"
is "the alarm keeps its serial" "$(alarm_get hbwAlarmSerial silent)" "$serial"

before=$(watch_get hbwWatchHeartbeats kept)
sent_before=$(sent kept)
for _ in 1 2 3 4 5; do
	remember_engine
	reload_hbwatchd
	soon "a reload starts a new engine" 10 new_engine
	# More than a second, so that each engine is checked.
	wait_heartbeats kept 25
done
is "five reloads notify nothing" "$(trap_count hbwWatcherBlind)" 0
wait_heartbeats kept 5
counted=$(($(watch_get hbwWatchHeartbeats kept) - before))
sent_since=$(($(sent kept) - sent_before))
note "sent $sent_since, counted $counted"
check "five reloads miss no heartbeat and count none twice" \
	test $((sent_since - counted)) -le 3 -a $((counted - sent_since)) -le 3

config_time=$(get hbwConfigTime.0)
{
	watch_section kept 20001 1s
	watch_section broken "carrier-pigeon 7" 30
} | configure
reload_hbwatchd
# error_logged LINE: is an error of that line of the file in the log?
error_logged() {
	grep -q "hbwatchd.conf:$1: " "$WORK/hbwatchd.log"
}
soon "a broken file: the error in line 10 is logged" 10 error_logged 10
soon "a broken file: the error in line 11 is logged" 1 error_logged 11
is "the old watches stay" "$(watch_names)" "added kept silent"
is "hbwConfigTime has not changed" "$(get hbwConfigTime.0)" "$config_time"
before=$(watch_get hbwWatchHeartbeats kept)
wait_heartbeats kept 5
check "heartbeats are still counted" \
	test "$(watch_get hbwWatchHeartbeats kept)" -gt "$before"

rm "$WORK/hbwatchd.conf"
mkfifo "$WORK/hbwatchd.conf"
reload_hbwatchd
soon "a FIFO is refused" 10 \
	grep -q 'hbwatchd.conf: not a regular file' "$WORK/hbwatchd.log"
is "the watches stay" "$(watch_names)" "added kept silent"
at "$NODE_A" timeout 10 "$BUILD/hbwatchd" -t -c "$WORK/hbwatchd.conf" 2>/dev/null
is "-t refuses a FIFO, too" "$?" 2
rm "$WORK/hbwatchd.conf"

start_sender silent 20002 --rate 20
soon "the alarm that was active all the time is cleared" 10 \
	traps_are 1 hbwAlarmCleared silent
is "each notification arrived once" "$(sequences)" "2 3"

{
	echo "role = 'a; b'"
	watch_section kept 20001 1s
} | configure
reload_hbwatchd
soon "a reload logs the warnings of the file" 10 \
	grep -q 'hbwatchd.conf:[0-9]*: warning: role "a; b" has' \
	"$WORK/hbwatchd.log"
at "$NODE_A" "$BUILD/hbwatchd" -t -c "$WORK/hbwatchd.conf" \
	>"$WORK/test.out" 2>&1
is "a warning is no error of -t" "$?" 0
check "-t shows the warnings" grep -q ': warning: role "a; b" has' \
	"$WORK/test.out"
finish
