#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a disk that hangs: fsync and fdatasync do not return, while alarms are
#          raised and cleared, in a storm, while hbwatchd ends, and while it
#          starts; also without snmpd.  And a disk that fails after the state
#          was removed.
# Checks:  notifications are sent and SNMP is answered, the history says what was
#          sent before it was stored, and no epoch and sequence is used twice.
#          The attempts to write leave no descriptor.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin cc
EVIDENCE=0
# Over UDP, traps that snmpd has sent could be lost.
SINK=tcp:$SINK
WATCHES=100
HANG="has not completed a write for 500 ms"
EARLY="; sent before it was stored"

# The path of a library for LD_PRELOAD must not contain a blank.
library=$(mktemp /var/tmp/hbw-slow-disk.XXXXXX) || bail_out "no temporary file"
trap 'rm -f "$library"; clean_up' EXIT
cc -shared -fPIC -o "$library" "$TOOLS/slow-disk.c" ||
	bail_out "cannot compile slow-disk.c"
# With the sanitizers, their library is not the first one then.
HBWATCHD_ENV=("LD_PRELOAD=$library" "SLOW_DISK=$WORK/slow"
	"FAILING_DISK=$WORK/failing"
	"ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0")

hang_disk() {
	: >"$WORK/slow"
}

release_disk() {
	rm -f "$WORK/slow"
}

# answers: is SNMP answered at once?
answers() {
	mark_time
	client snmpget -t 20 -r 0 -OQUv "$AGENT" HBWATCH-MIB::hbwVersion.0 \
		>/dev/null 2>&1 && spent_less 1000
}

# early_rows_are COUNT: so many rows of the history were sent early
early_rows_are() {
	[ "$(walk hbwHistoryDetail | grep -c "$EARLY")" -eq "$1" ]
}

# descriptors: the number of those of the database
descriptors() {
	find "/proc/${PID[hbwatchd]}/fd" -lname "*/hbwatchd.db*" | wc -l
}

none_pending() {
	get_is hbwNotificationsPending.0 0
}

# The disk of the machine may hang, too.
mount_small "$WORK/state" 64m
# Not on that disk: the note of the epoch.
mount_small "$WORK/run" 1m
start_observer "storm = off" "control = \"$WORK/run/control\"" \
	"$(watch_section flinkserver 20053 1s)" \
	"$(watch_sections "$WATCHES" 1s)" "$(watch_section steady 20054 3s)"
start_sender steady 20054
start_sender many 20100-20199
start_peer
start_hbwatchd
need "the watch is not alive" 10 watch_is hbwWatchState flinkserver alive
need "the watch is not alive" 10 watch_is hbwWatchState w99 alive
need "the state is not written" 10 test -s "$WORK/state/epoch"

#
# A raise and a clear
#

mark_log
hang_disk
stop peer
soon "the disk hangs: the raise is notified" 5 \
	traps_are 1 hbwAlarmRaised flinkserver
check "the disk hangs: SNMP is answered" answers
is "the disk hangs: this is logged once" "$(log_count "$HANG")" 1
check "the disk hangs: the history says that it was not stored" \
	early_rows_are 1
epoch=$(get hbwNotificationEpoch.0)
check "the disk hangs: a new epoch has begun" test "$epoch" -gt 1
is "the notification has the new epoch" \
	"$(last_trap hbwAlarmRaised | varbind hbwNotificationEpoch)" "$epoch"
start_peer
soon "the disk hangs: the clear is notified" 5 \
	traps_are 1 hbwAlarmCleared flinkserver
check "the disk hangs: SNMP is answered" answers
release_disk
soon "the disk works: this is logged" 10 \
	log_lines_are 1 "completes writes again"
soon "the notifications are delivered" 10 none_pending
check "the history on disk says that they were not stored" early_rows_are 2
save_values
stop hbwatchd KILL
start_hbwatchd
values_are_unchanged "after kill -9 the state is complete"

#
# Many alarms
#

need "the watch is not alive" 10 watch_is hbwWatchState w99 alive
hang_disk
stop many
soon "many alarms: all are notified although the disk hangs" 15 \
	traps_are $((WATCHES + 1)) hbwAlarmRaised
check "many alarms: SNMP is answered" answers
is "many alarms: the steady watch is not interrupted" \
	"$(trap_count hbwAlarmRaised steady)" 0
release_disk
soon "many alarms: they are delivered" 10 none_pending
soon "many alarms: the history says that they were not stored" 10 \
	early_rows_are $((WATCHES + 2))
save_values
stop hbwatchd KILL
start_hbwatchd
values_are_unchanged "many alarms: after kill -9 the state is complete"

#
# The end
#

mark_log
hang_disk
stop peer
soon "the raise is notified" 5 traps_are 2 hbwAlarmRaised flinkserver
check "the disk hangs: hbwatchd ends on TERM" stop hbwatchd TERM
is "the disk hangs: the end is logged" \
	"$(log_count "the last write does not complete")" 1

#
# The start, and a kill
#

mark_log
run_hbwatchd
soon "the disk hangs: the start says that it waits" 20 \
	log_lines_are 1 "the disk has not answered for 5 s"
release_disk
need "hbwatchd does not answer" 20 hbwatchd_answers
soon "the alarm is active" 10 alarm_is hbwAlarmState flinkserver raised
soon "the notifications are delivered" 10 none_pending
hang_disk
start_peer
soon "the clear is notified" 5 traps_are 2 hbwAlarmCleared flinkserver
epoch=$(get hbwNotificationEpoch.0)
stop hbwatchd KILL
release_disk
start_hbwatchd
check "after a kill the next epoch is later" \
	test "$(get hbwNotificationEpoch.0)" -gt "$epoch"
stop peer
soon "the next raise is notified" 10 \
	alarm_is hbwAlarmState flinkserver raised
soon "the notifications are delivered" 10 none_pending

#
# A failing disk
#

# It fails when hbwatchd has made the file epoch: the new database is open, but
# has no content.
mark_log
before=$(descriptors)
pause "${PID[hbwatchd]}"
rm "$WORK/state/hbwatchd.db" "$WORK/state/epoch"
ln -s "$WORK/state/epoch" "$WORK/slow"
kill -CONT "${PID[hbwatchd]}"
need "the state is not written again" 10 test -e "$WORK/state/epoch"
chmod 0400 "$WORK/state/hbwatchd.db"
: >"$WORK/failing"
release_disk
soon "the disk fails: the error is logged" 10 \
	log_lines_are 1 "cannot be written: disk I/O error"
for _ in 1 2 3; do
	start_peer
	need "the alarm is not cleared" 10 \
		alarm_is hbwAlarmState flinkserver cleared
	stop peer
	need "the alarm is not raised" 10 \
		alarm_is hbwAlarmState flinkserver raised
done
soon "the disk fails: the notifications are sent" 10 none_pending
check "the disk fails: the attempts leave no descriptor" \
	test "$(descriptors)" -le "$before"
chmod 0600 "$WORK/state/hbwatchd.db"
rm "$WORK/failing"
soon "the disk works: this is logged" 20 \
	log_lines_are 1 "can be written again"
soon "the notifications are delivered" 10 none_pending
is "the disk works: there are as many descriptors as before" \
	"$(descriptors)" "$before"

check "no epoch and sequence was used twice" pairs_are_unique
check "hbwatchd ends on TERM" stop hbwatchd TERM

#
# A standalone agent
#

stop snmpd
{
	echo "snmp = { \"rocommunity public 127.0.0.1\","
	echo "	\"trap2sink $SINK public\" }"
	watch_section flinkserver 20053 1s
} | configure
: >"$TRAPS"
start_peer
start_hbwatchd -L "udp:$AGENT"
need "the watch is alive" 10 watch_is hbwWatchState flinkserver alive
need "the notifications are delivered" 10 none_pending
: >"$TRAPS"
epoch=$(get hbwNotificationEpoch.0)
hang_disk
stop peer
soon "standalone: the raise is notified although the disk hangs" 5 \
	traps_are 1 hbwAlarmRaised flinkserver
check "standalone: the history says that it was not stored" early_rows_are 1
check "standalone: a new epoch has begun" \
	test "$(get hbwNotificationEpoch.0)" -gt "$epoch"
is "standalone: the notification has the new epoch" \
	"$(last_trap hbwAlarmRaised | varbind hbwNotificationEpoch)" \
	"$(get hbwNotificationEpoch.0)"
stop hbwatchd KILL
release_disk
start_peer
start_hbwatchd -L "udp:$AGENT"
soon "standalone: the clear is notified" 10 \
	traps_are 1 hbwAlarmCleared flinkserver
check "standalone: no epoch and sequence was used twice" pairs_are_unique
check "hbwatchd ends on TERM" stop hbwatchd TERM
finish
