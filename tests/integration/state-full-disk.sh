#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A state directory on a full disk, or one that is read-only: hbwatchd watches
# and tells all the same, says so once, and writes down all of it when it can.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
# What snmpd has taken must not be lost behind it: no datagrams.
SINK=tcp:$SINK
start_traps
start_snmpd

WATCHES=100
{
	for ((i = 0; i < WATCHES; i++)); do
		watch_section "w$i" $((20100 + i)) 700ms
	done
	watch_section steady 20054 3s
} | configure
# Too little for hbwatchd to take what it would keep in reserve.
mount_small "$WORK/disk" 6m
head -c 5900000 /dev/zero >"$WORK/disk/other"
STATE=$WORK/disk/state
start_beat steady --from "$B4" --to "$A4" --port 20054 --rate 20

UNWRITABLE="cannot be written"

active_are() {
	get_is hbwActiveAlarms.0 "$1"
}

# flap COUNT: all watches but the steady one are cleared and raised so often
flap() {
	local i

	for ((i = 0; i < $1; i++)); do
		start_beat peer --from "$B4" --to "$A4" --port 20100-20199 \
			--rate 5
		wait_for 10 active_are 0 || return
		stop peer
		wait_for 10 active_are "$WATCHES" || return
	done
}

make_room() {
	rm -f "$WORK/disk/ballast" "$WORK/disk/other"
}

# told: what is numbered has arrived
told() {
	soon "all is told" 20 all_delivered
}

# The alarm stands before each flap.
start_hbwatchd
need "no alarms" 10 active_are "$WATCHES"

#
# Full while it runs
#

check "it flaps" flap 1
told
need "the disk is not full" 10 fill_disk "$WORK/disk"
mark_log
check "on a full disk, too" flap 4
told
# What is kept in reserve may last for all of it.
check "with at most one line that it cannot be written" \
	test "$(log_count "$UNWRITABLE")" -le 1
is "the table has it" "$(alarm_get hbwAlarmCount w0)" 6
is "and the history" "$(get hbwNotificationSequence.0)" \
	"$(client snmpbulkwalk -OQUv "$AGENT" HBWATCH-MIB::hbwHistoryEvent |
		wc -l)"
check "the steady watch is not interrupted" traps_are 0 hbwAlarmRaised steady

make_room
soon "there is room: it is written, without being asked" 75 \
	log_lines_are 1 "written again"
save_values
stop hbwatchd KILL
start_hbwatchd
values_are_unchanged "after kill -9 all of it is there"

#
# Full when it starts
#

stop hbwatchd KILL
need "the disk is not full" 10 fill_disk "$WORK/disk"
mark_log
start_hbwatchd
is "started on a full disk, it has what it had" \
	"$(alarm_get hbwAlarmCount w0)" 6
check "it flaps" flap 2
told
check "with at most one line that it cannot be written" \
	test "$(log_count "$UNWRITABLE")" -le 1
failed=$(log_count "$UNWRITABLE")
make_room
[ "$failed" -eq 0 ] ||
	soon "there is room: it is written" 30 log_lines_are 1 "written again"
save_values
stop hbwatchd KILL
start_hbwatchd
values_are_unchanged "after kill -9 all of it is there"
check "in order, each once" notifications_in_order --first 1

#
# Small: what is kept in reserve must not fill it
#

for size in 2m 6m 8m; do
	stop hbwatchd TERM
	mount_small "$WORK/disk-$size" "$size"
	STATE=$WORK/disk-$size/state
	mark_log
	start_hbwatchd
	need "no alarms" 10 active_are "$WATCHES"
	is "a disk of $size: it can be written" "$(log_count "$UNWRITABLE")" 0
	check "a disk of $size: so can the epoch" test -s "$STATE/epoch"
	check "a disk of $size: there is room left" test \
		"$(stat -f -c %a "$STATE")" -gt 100
done
STATE=$WORK/disk/state

#
# Full when there is nothing yet
#

stop hbwatchd TERM
rm -rf "$STATE"
need "the disk is not full" 10 fill_disk "$WORK/disk"
: >"$TRAPS"
mark_log
start_hbwatchd
need "no alarms" 10 active_are "$WATCHES"
check "without any state on a full disk, it flaps" flap 1
is "with one line that it cannot be written" "$(log_count "$UNWRITABLE")" 1
# It is tried again some times.
wait_heartbeats steady 250
check "and not one for each try" test "$(log_count "$WORK/disk")" -le 3
is "nor a file" "$(find "$STATE" -name 'hbwatchd.db.*' | wc -l)" 0
make_room
soon "there is room: it is written" 30 log_lines_are 1 "written again"
told
save_values
stop hbwatchd KILL
start_hbwatchd
values_are_unchanged "after kill -9 all of it is there"

#
# Read-only
#

stop hbwatchd TERM
mount -o remount,ro "$WORK/disk" || bail_out "no read-only file system"
mark_log
start_hbwatchd
is "read-only: it has what it had" "$(alarm_get hbwAlarmCount w0)" 2
check "it flaps" flap 1
told
is "with one line that it cannot be written" "$(log_count "$UNWRITABLE")" 1
wait_heartbeats steady 150
check "and not one for each try" test "$(log_count "$WORK/disk")" -le 3
# hbwatchd has mounts of its own, by `ip netns exec`.
mount -o remount,rw "$WORK/disk"
nsenter --target "${PID[hbwatchd]}" --mount \
	mount -o remount,rw "$WORK/disk" || bail_out "it stays read-only"
soon "it can be written: it is" 30 log_lines_are 1 "written again"
save_values
stop hbwatchd KILL
start_hbwatchd
values_are_unchanged "after kill -9 all of it is there"
check "in order, each once" notifications_in_order --first 1
is "the steady watch was never interrupted" \
	"$(traps hbwAlarmRaised steady | wc -l)" 0
check "it ends on TERM" stop hbwatchd TERM
finish
