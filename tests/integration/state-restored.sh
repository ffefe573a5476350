#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a backup of the state directory is restored, completely or in part
#          and with several programs, while hbwatchd does not run; a file
#          system is set back to a snapshot, and the file epoch removed.
# Checks:  a new epoch begins, in which no notification was sent before, and
#          the active alarm is known; without a restored backup, after TERM and
#          kill -9, the epoch stays.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin tar mkfs.ext4
EVIDENCE=0
# Processes have mounts of their own, which keep the file system in use: those
# that start after this end before it is unmounted.
start_observer "$(watch_section flinkserver 20053 1s)"
STATE=$WORK/new/state
BACKUP=$WORK/backup
mkdir "$WORK/new"

# raise and clear: the alarm changes, and the notification arrives
raise() {
	stop peer
	need "the alarm is not raised" 10 \
		alarm_is hbwAlarmState flinkserver raised
	need "the raise is not delivered" 10 get_is hbwNotificationsPending.0 0
}

clear() {
	start_peer
	need "the alarm is not cleared" 10 \
		alarm_is hbwAlarmState flinkserver cleared
	need "the clear is not delivered" 10 get_is hbwNotificationsPending.0 0
}

# is_older_than_a_second FILE: a copy in the same second may be no copy
is_older_than_a_second() {
	[ "$(date +%s)" -gt "$(($(stat -c %Z "$1") + 1))" ]
}

# restore HOW: restores the backup
restore() {
	case $1 in
	"cp -a")
		rm -rf "$STATE"
		cp -a "$BACKUP" "$STATE"
		;;
	mv)
		# The files keep the times at which the backup was made.
		rm -rf "$STATE"
		mv "$BACKUP" "$STATE"
		;;
	tar) tar -C "$BACKUP" -c . | tar -C "$STATE" -x ;;
	cp) cp "$BACKUP"/* "$STATE" ;;
	"only the database")
		rm -f "$STATE"/hbwatchd.db*
		cp -a "$BACKUP"/hbwatchd.db* "$STATE"
		;;
	"only the epoch") cp -a "$BACKUP/epoch" "$STATE" ;;
	esac
}

# The pairs of the first run are used in the next ones if nothing is noticed.
start_peer
start_hbwatchd
need "the watch is not alive" 10 watch_is hbwWatchState flinkserver alive
raise
for signal in TERM KILL; do
	for how in "cp -a" mv tar cp "only the database" "only the epoch"; do
		stop hbwatchd TERM
		rm -rf "$BACKUP"
		cp -a "$STATE" "$BACKUP"
		start_hbwatchd
		clear
		raise
		epoch=$(get hbwNotificationEpoch.0)
		stop hbwatchd "$signal"
		wait_for 5 is_older_than_a_second "$STATE/epoch"
		restore "$how"
		mark_log
		start_hbwatchd
		is "$signal, $how: the reason is logged" \
			"$(log_count "may have been restored")" 1
		check "$signal, $how: the epoch is a higher one" \
			test "$(get hbwNotificationEpoch.0)" -gt "$epoch"
		is "$signal, $how: the alarm is active" \
			"$(alarm_get hbwAlarmState flinkserver)" raised
		clear
		raise
	done
done
check "no epoch and sequence was used twice" pairs_are_unique

#
# Nothing was restored
#

mark_log
for signal in TERM KILL TERM KILL KILL; do
	clear
	raise
	save_values
	stop hbwatchd "$signal"
	start_hbwatchd
	values_are_unchanged "$signal: the epoch and the rest are unchanged"
done
stop hbwatchd TERM
cp -a "$STATE" "$BACKUP.2"
tar -C "$STATE" -c . >"$WORK/backup.tar"
mv "$STATE" "$WORK/renamed"
mv "$WORK/renamed" "$STATE"
start_hbwatchd
values_are_unchanged "a backup changes nothing"
is "no restored backup is logged" "$(log_count "may have been restored")" 0
stop hbwatchd TERM

#
# A file system that is set back to a snapshot
#

DISK=$WORK/disk
mount_disk() {
	mkdir -p "$DISK"
	mount -o loop "$WORK/image" "$DISK" 2>>"$WORK/mount.log" || return
	MOUNTS+=("$DISK")
}

# Processes that were killed end later.
unmount_disk() {
	need "the file system is in use" 20 umount "$DISK" 2>>"$WORK/mount.log"
	MOUNTS=()
}

truncate -s 24M "$WORK/image"
mkfs.ext4 -q "$WORK/image"
if ! mount_disk; then
	note "no loop device can be mounted: snapshots are not tested"
	finish
fi
cp -a "$STATE" "$DISK/state"
STATE=$DISK/state
start_hbwatchd
clear
raise
stop hbwatchd TERM
unmount_disk
cp "$WORK/image" "$WORK/snapshot"
need "the disk cannot be mounted" 10 mount_disk
start_hbwatchd
clear
raise
epoch=$(get hbwNotificationEpoch.0)
stop hbwatchd TERM
unmount_disk
cp "$WORK/snapshot" "$WORK/image"
need "the snapshot cannot be mounted" 10 mount_disk
rm "$STATE/epoch"
start_hbwatchd
check "snapshot, file epoch removed: the epoch is a higher one" \
	test "$(get hbwNotificationEpoch.0)" -gt "$epoch"
is "snapshot, file epoch removed: the alarm is active" \
	"$(alarm_get hbwAlarmState flinkserver)" raised
clear
raise
stop hbwatchd TERM
unmount_disk
check "no epoch and sequence was used twice" pairs_are_unique
finish
