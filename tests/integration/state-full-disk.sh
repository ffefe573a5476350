#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a state directory on a full, a small, and a read-only file system.
# Checks:  hbwatchd raises and notifies all alarms, logs the error once, and
#          writes everything as soon as it can.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
# Over UDP, traps that snmpd has sent could be lost.
SINK=tcp:$SINK
WATCHES=100
# Without evidence, the causes do not change after the raises.
start_observer "storm = off" "evidence = 0" "$(watch_sections "$WATCHES" 700ms)" \
	"$(watch_section steady 20054 3s)"
# So little space that hbwatchd cannot reserve blocks for its next writes.
mount_small "$WORK/disk" 6m
head -c 5900000 /dev/zero >"$WORK/disk/other"
STATE=$WORK/disk/state
start_sender steady 20054 --rate 20

UNWRITABLE="cannot be written"

# flap COUNT: clears and raises all watches but "steady", that many times
flap() {
	local i

	for ((i = 0; i < $1; i++)); do
		start_sender peer 20100-20199 --rate 5
		wait_for 10 active_alarms_are 0 || return
		stop peer
		wait_for 10 active_alarms_are "$WATCHES" || return
	done
}

make_room() {
	rm -f "$WORK/disk/ballast" "$WORK/disk/other"
}

# status_problems: the lines of `hbwatch status` about evidence files
status_problems() {
	"$BUILD/hbwatch" status -S "$WORK/control" | grep "evidence files"
}

check_delivered() {
	soon "all notifications are delivered" 20 all_delivered
}

# All alarms are active before each flap.
start_hbwatchd
need "the alarms are not raised" 10 active_alarms_are "$WATCHES"

#
# The disk becomes full while hbwatchd runs
#

check "before: all alarms are cleared and raised" flap 1
check_delivered
need "the disk is not full" 10 fill_disk "$WORK/disk"
mark_log
check "full disk: all alarms are cleared and raised" flap 4
check_delivered
# The reserved blocks may be enough for all writes.
check "full disk: the error is logged at most once" \
	test "$(log_count "$UNWRITABLE")" -le 1
is "full disk: the table counts each raise" "$(alarm_get hbwAlarmCount w0)" 6
is "full disk: the history has each notification" \
	"$(get hbwNotificationSequence.0)" \
	"$(walk hbwHistoryEvent | wc -l)"
check "full disk: the steady watch is not interrupted" \
	traps_are 0 hbwAlarmRaised steady

make_room
soon "space again: the state is written without an event" 75 \
	log_lines_are 1 "can be written again"
save_values
stop hbwatchd KILL
start_hbwatchd
values_are_unchanged "after kill -9 the state is complete"

#
# The disk is full when hbwatchd starts
#

stop hbwatchd KILL
need "the disk is not full" 10 fill_disk "$WORK/disk"
mark_log
start_hbwatchd
is "start on a full disk: the alarm is restored" \
	"$(alarm_get hbwAlarmCount w0)" 6
check "start on a full disk: all alarms are cleared and raised" flap 2
check_delivered
check "start on a full disk: the error is logged at most once" \
	test "$(log_count "$UNWRITABLE")" -le 1
failed=$(log_count "$UNWRITABLE")
make_room
[ "$failed" -eq 0 ] ||
	soon "space again: the state is written" 30 \
		log_lines_are 1 "can be written again"
save_values
stop hbwatchd KILL
start_hbwatchd
values_are_unchanged "after kill -9 the state is complete"
check "the notifications arrived in order" notifications_in_order --first 1

#
# Small disks: the reserved blocks must not fill them
#

for size in 2m 6m 8m; do
	stop hbwatchd TERM
	mount_small "$WORK/disk-$size" "$size"
	STATE=$WORK/disk-$size/state
	mark_log
	start_hbwatchd
	need "the alarms are not raised" 10 active_alarms_are "$WATCHES"
	is "a disk of $size: no write error is logged" \
		"$(log_count "$UNWRITABLE")" 0
	check "a disk of $size: the file epoch is written" \
		test -s "$STATE/epoch"
	check "a disk of $size: there is free space" test \
		"$(stat -f -c %a "$STATE")" -gt 100
	need "the notifications are not delivered" 20 nothing_is_pending
done
STATE=$WORK/disk/state

#
# The disk is full and there is no state
#

stop hbwatchd TERM
# The next hbwatchd begins with sequence 1 again.
soon "the last notification of each hbwatchd before has arrived" 20 \
	traps_are 4 hbwWatcherStopped
rm -rf "$STATE"
need "the disk is not full" 10 fill_disk "$WORK/disk"
: >"$TRAPS"
mark_log
start_hbwatchd
need "the alarms are not raised" 10 active_alarms_are "$WATCHES"
check "no state on a full disk: all alarms are cleared and raised" flap 1
is "no state on a full disk: the error is logged once" \
	"$(log_count "$UNWRITABLE")" 1
# hbwatchd tries again several times in this time.
wait_heartbeats steady 250
# A line each about the owner, the file epoch and the database.
check "no state on a full disk: not every attempt is logged" \
	test "$(log_count "$WORK/disk")" -le 3
is "no state on a full disk: no file is set aside" \
	"$(find "$STATE" -name 'hbwatchd.db.*' | wc -l)" 0
make_room
soon "space again: the state is written" 30 \
	log_lines_are 1 "can be written again"
check_delivered
save_values
stop hbwatchd KILL
start_hbwatchd
values_are_unchanged "after kill -9 the state is complete"

#
# Read-only
#

stop hbwatchd TERM
mount -o remount,ro "$WORK/disk" ||
	bail_out "cannot make the file system read-only"
mark_log
start_hbwatchd
is "read-only: the alarm is restored" "$(alarm_get hbwAlarmCount w0)" 2
check "read-only: all alarms are cleared and raised" flap 1
check_delivered
is "read-only: the error is logged once" "$(log_count "$UNWRITABLE")" 1
wait_heartbeats steady 150
check "read-only: not every attempt is logged" \
	test "$(log_count "$WORK/disk")" -le 3
# hbwatchd has its own mount namespace, because of `ip netns exec`.
mount -o remount,rw "$WORK/disk"
nsenter --target "${PID[hbwatchd]}" --mount \
	mount -o remount,rw "$WORK/disk" ||
	bail_out "the file system stays read-only"
soon "writable again: the state is written" 30 \
	log_lines_are 1 "can be written again"
save_values
stop hbwatchd KILL
start_hbwatchd
values_are_unchanged "after kill -9 the state is complete"
check "the notifications arrived in order" notifications_in_order --first 1
is "the steady watch was never interrupted" \
	"$(trap_count hbwAlarmRaised steady)" 0
check "hbwatchd ends on TERM" stop hbwatchd TERM

#
# The disk is full while evidence is written
#

sed -i 's/^evidence = 0/evidence = 1MB/' "$WORK/hbwatchd.conf"
need "the disk is not full" 10 fill_disk "$WORK/disk"
mark_log
start_hbwatchd
check "evidence on a full disk: all alarms are cleared and raised" flap 1
soon "evidence on a full disk: the error is logged" 10 \
	log_lines_are 1 "no evidence files are written"
like "evidence on a full disk: hbwatch status shows it" \
	"$(status_problems)" "evidence files are not written"
make_room
soon "there is room: this is noticed without another alarm" 30 \
	log_lines_are 1 "evidence files are written again"
is "there is room: hbwatch status does not show it any more" \
	"$(status_problems)" ""
stop hbwatchd
finish
