#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: the state directory or a file in it is removed, moved or truncated,
#          a backup is copied over the files, or a file system is mounted over
#          the directory, while hbwatchd runs and an alarm is active; and a
#          directory that is made after the start.
# Checks:  hbwatchd notices it without an event, logs it once, and writes its
#          state again with a new epoch; after kill -9 it knows the alarm.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
EVIDENCE=0
# shellcheck source-path=SCRIPTDIR source=lib/jail.sh
. "$INTEGRATION/lib/jail.sh"
start_pair 1s
STATE=$WORK/new/state
mkdir "$WORK/new"
stop hbwatchd TERM
# Another state directory is another hbwatchd, which begins with epoch 1, too.
: >"$TRAPS"
start_hbwatchd
NOTICED="while hbwatchd was running; writing the state again"

raised() {
	alarm_is hbwAlarmState flinkserver raised
}

# state_is_written: is there a complete state?
state_is_written() {
	[ -s "$STATE/hbwatchd.db" ] &&
		head -c 16 "$STATE/epoch" 2>/dev/null | grep -q even
}

# inside COMMAND...: runs it with the mounts of hbwatchd
inside() {
	nsenter --target "${PID[hbwatchd]}" --mount "$@"
}

# change HOW: changes the state directory
change() {
	case $1 in
	"directory removed") rm -rf "$STATE" ;;
	"directory moved") mv "$STATE" "$WORK/new/moved" ;;
	"parent moved")
		mv "$WORK/new" "$WORK/old"
		mkdir "$WORK/new"
		chown "$uid" "$WORK/new"
		;;
	"database removed") rm "$STATE/hbwatchd.db" ;;
	"log removed") rm "$STATE/hbwatchd.db-wal" ;;
	"database truncated") truncate -s 4096 "$STATE/hbwatchd.db" ;;
	"older copy")
		cp -a "$STATE" "$WORK/copy"
		rm -rf "$STATE"
		mv "$WORK/copy" "$STATE"
		;;
	"files overwritten") cp -a "$WORK/backup/." "$STATE" ;;
	esac
}

# try_change HOW: changes it while an alarm is active, and checks the result
try_change() {
	local what=$1

	stop peer
	need "$what: the alarm is not raised" 10 raised
	need "$what: not delivered" 10 get_is hbwNotificationsPending.0 0
	mark_log
	change "$what"
	# Nothing says that a parent was moved; the next event shows it.
	if [ "$what" = "parent moved" ]; then
		start_peer
		need "the alarm is not cleared" 10 \
			alarm_is hbwAlarmState flinkserver cleared
		stop peer
		need "the alarm is not raised" 10 raised
	fi
	soon "$what: this is noticed" 10 log_lines_are 1 "$NOTICED"
	soon "$what: the state is written again" 10 state_is_written
	epoch=$((epoch + 1))
	soon "$what: the epoch is one higher" 10 \
		get_is hbwNotificationEpoch.0 "$epoch"
	start_peer
	need "$what: the alarm is not cleared" 10 \
		alarm_is hbwAlarmState flinkserver cleared
	stop peer
	need "$what: the alarm is not raised again" 10 raised
	need "$what: not delivered" 10 get_is hbwNotificationsPending.0 0
	is "$what: this is logged once" "$(log_count "$NOTICED")" 1
	save_values
	stop hbwatchd KILL
	start_hbwatchd
	values_are_unchanged "$what: after kill -9 the state is complete"
	start_peer
	need "$what: the alarm is not cleared" 10 \
		alarm_is hbwAlarmState flinkserver cleared
}

need "the watch is not alive" 10 watch_is hbwWatchState flinkserver alive
epoch=1
cp -a "$STATE" "$WORK/backup"
for how in "directory removed" "directory moved" "database removed" \
	"log removed" "database truncated" "older copy"; do
	try_change "$how"
done

# Landlock permits only the parent that was there at the start; a process with a
# preloaded library does not use it.
stop hbwatchd
HBWATCHD_ENV=(LD_PRELOAD=)
start_hbwatchd
need "the watch is not alive" 10 watch_is hbwWatchState flinkserver alive
try_change "parent moved"
stop hbwatchd
HBWATCHD_ENV=()
start_hbwatchd

#
# Another file system is mounted there
#

mark_log
need "cannot mount" 1 inside mount -t tmpfs \
	-o "mode=0700,uid=$uid" hbwatch-test "$STATE"
soon "mounted over: this is noticed" 10 log_lines_are 1 "$NOTICED"
soon "mounted over: the state is there" 10 \
	inside test -s "$STATE/hbwatchd.db"
soon "mounted over: the epoch is one higher" 10 \
	get_is hbwNotificationEpoch.0 $((epoch + 1))

#
# The directory cannot be made again
#

mark_log
need "cannot unmount" 10 inside umount -l "$STATE"
need "the end of the mount is not noticed" 10 log_lines_are 1 "$NOTICED"
mark_log
mv "$WORK/new" "$WORK/gone"
stop peer
need "the alarm is not raised" 10 raised
soon "no parent: this is noticed" 10 log_lines_are 1 "$NOTICED"
soon "no parent: notifications are sent from memory" 10 \
	get_is hbwNotificationsPending.0 0
is "no parent: the error is logged once" "$(log_count "cannot be written")" 1
check "no parent: the epoch is the time" \
	test "$(get hbwNotificationEpoch.0)" -gt 1000000000
stop hbwatchd TERM

#
# The directory that was moved is used again
#

STATE=$WORK/old/moved
start_hbwatchd
check "moved directory used again: the epoch is the time" \
	test "$(get hbwNotificationEpoch.0)" -gt 1000000000
check "no epoch and sequence was used twice" pairs_are_unique
stop hbwatchd TERM

#
# The directory cannot be made at the start
#

STATE=$WORK/late/new/state
mkdir "$WORK/late"
mark_log
start_hbwatchd
soon "late parent: this is logged" 10 log_lines_are 1 "cannot be written"
mkdir "$WORK/late/new"
chown "$uid" "$WORK/late/new"
soon "late parent: the state is written when it is there" 10 state_is_written
check "hbwatchd ends on TERM" stop hbwatchd TERM
finish
