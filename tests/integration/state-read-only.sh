#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: an ext4 file system that the kernel makes read-only after an error,
#          while hbwatchd runs; hbwatchd is killed, the file system is repaired.
#          Then two starts on a read-only file system; and one that becomes
#          read-only and is unmounted while hbwatchd runs.
# Checks:  notifications continue from memory, and none of them has the epoch
#          and sequence of another one, before or after.

# Other tests that run at the same time copy the mounts of this process to their
# processes, which would keep the file system in use.
if [ -z "${HBW_OWN_MOUNTS:-}" ]; then
	HBW_OWN_MOUNTS=yes exec unshare --mount "$0" "$@"
fi

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin mkfs.ext4 fsck.ext4 findmnt
# shellcheck source-path=SCRIPTDIR source=lib/jail.sh
. "$INTEGRATION/lib/jail.sh"
DISK=$WORK/disk

# mount_disk OPTIONS: mounts it until the test ends
mount_disk() {
	mkdir -p "$DISK"
	mount -o "loop,$1" "$WORK/image" "$DISK" 2>>"$WORK/mount.log" ||
		return
	MOUNTS+=("$DISK")
}

# Processes that were killed end later.
unmount_disk() {
	need "the file system is in use" 20 umount "$DISK" 2>>"$WORK/mount.log"
	MOUNTS=()
}

# As after a restart of the machine.
repair_disk() {
	unmount_disk
	fsck.ext4 -y "$WORK/image" >"$WORK/fsck.log" 2>&1
	need "the repaired file system cannot be mounted" 10 \
		mount_disk errors=remount-ro
}

is_read_only() {
	! touch "$DISK/new" 2>>"$WORK/mount.log"
}

# raise and clear: the alarm changes, and the notification arrives
raise() {
	stop peer
	wait_for 10 alarm_is hbwAlarmState flinkserver raised &&
		wait_for 10 none_pending
}

clear() {
	start_peer
	wait_for 10 alarm_is hbwAlarmState flinkserver cleared &&
		wait_for 10 none_pending
}

none_pending() {
	get_is hbwNotificationsPending.0 0
}

# rising NUMBER...: is each one higher than the one before?
rising() {
	printf '%s\n' "$@" | sort -n -u -C
}

# Processes have mounts of their own, which keep the file system in use: those
# that start after this end before it is unmounted.
start_observer "$(watch_section flinkserver 20053 1s)"
truncate -s 24M "$WORK/image"
mkfs.ext4 -q "$WORK/image"
mount_disk errors=remount-ro || skip_all "no loop device can be mounted"
device=$(findmnt -n -o SOURCE "$DISK")
ERROR=/sys/fs/ext4/${device##*/}/trigger_fs_error
[ -w "$ERROR" ] || skip_all "ext4 has no trigger_fs_error here"
STATE=$DISK/state

#
# The file system becomes read-only while hbwatchd runs
#

start_peer
start_hbwatchd
need "the watch is not alive" 10 watch_is hbwWatchState flinkserver alive
check "the alarm is raised, on disk" raise
is "the first epoch is 1" "$(get hbwNotificationEpoch.0)" 1
echo 1 >"$ERROR"
need "the file system is not read-only" 10 is_read_only
check "read-only: the alarm is cleared" clear
check "read-only: the alarm is raised" raise
is "the error is logged once" "$(log_count "cannot be written")" 1
epoch=$(get hbwNotificationEpoch.0)
check "a new epoch has begun" test "$epoch" -gt 1
stop hbwatchd KILL
repair_disk
start_hbwatchd
is "repaired: the alarm is active" \
	"$(alarm_get hbwAlarmState flinkserver)" raised
check "repaired: the alarm is cleared" clear
check "repaired: the alarm is raised" raise
check "no epoch and sequence was used twice" pairs_are_unique

#
# It is read-only when hbwatchd starts
#

stop hbwatchd KILL
unmount_disk
need "the file system cannot be mounted read-only" 10 mount_disk ro
epochs=
for start in first second; do
	mark_log
	start_hbwatchd
	is "$start read-only start: the alarm is active" \
		"$(alarm_get hbwAlarmState flinkserver)" raised
	check "$start read-only start: the alarm is cleared" clear
	check "$start read-only start: the alarm is raised" raise
	is "$start read-only start: the error is logged once" \
		"$(log_count "cannot be written")" 1
	epochs="$epochs $(get hbwNotificationEpoch.0)"
	stop hbwatchd KILL
done
# shellcheck disable=SC2086 # two numbers
check "each start has its own epoch, above the first one:$epochs" \
	rising "$epoch" $epochs
check "no epoch and sequence was used twice" pairs_are_unique
unmount_disk

#
# It is the state directory itself, becomes read-only and is unmounted, while
# hbwatchd runs
#

# A new state is another hbwatchd.
: >"$TRAPS"
mkfs.ext4 -q -F "$WORK/image"
chown "$uid" "$DISK"
need "the new file system cannot be mounted" 10 mount_disk errors=remount-ro
STATE=$DISK
start_hbwatchd
check "unmounted: the alarm is cleared" clear
is "unmounted: the first epoch is 1" "$(get hbwNotificationEpoch.0)" 1
mark_log
echo 1 >"$ERROR"
need "the file system is not read-only" 10 is_read_only
nsenter --target "${PID[hbwatchd]}" --mount umount -l "$DISK"
soon "unmounted: this is noticed" 10 log_lines_are 1 \
	"while hbwatchd was running"
soon "unmounted: the state is in the directory below" 10 \
	nsenter --target "${PID[hbwatchd]}" --mount test -s "$DISK/hbwatchd.db"
# The file epoch of the file system could not be removed.
check "unmounted: the alarm is raised" raise
check "unmounted: the alarm is cleared again" clear
check "unmounted: the alarm is raised again" raise
check "unmounted: the epoch is the time" \
	test "$(get hbwNotificationEpoch.0)" -gt 1000000000
stop hbwatchd KILL
repair_disk
start_hbwatchd
check "mounted again: the alarm is cleared" clear
rm "$DISK/hbwatchd.db"
soon "mounted again: the epoch grows when the state is lost" 10 \
	get_is hbwNotificationEpoch.0 2
check "mounted again: the alarm is raised" raise
check "mounted again: the alarm is cleared again" clear
stop hbwatchd TERM
check "no epoch and sequence was used twice" pairs_are_unique
unmount_disk
finish
