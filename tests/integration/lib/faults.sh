# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Faults that tests cause: stopped processes and full disks.

# is_paused PID: has it been stopped by a signal?
is_paused() {
	[ "$(awk '$1 == "State:" { print $2 }' "/proc/$1/status")" = T ]
}

# pause PID...: sends SIGSTOP and returns when the processes are stopped; `kill
# -CONT` lets them go on
pause() {
	local pid

	kill -STOP "$@"
	for pid in "$@"; do
		need "process $pid does not stop" 10 is_paused "$pid"
	done
}

# memory_kib PID: the resident memory of the process
memory_kib() {
	awk '$1 == "VmRSS:" { print $2 }' "/proc/$1/status"
}

# mount_small DIRECTORY SIZE: mounts a file system of that size until the test
# ends
mount_small() {
	mkdir -p "$1"
	mount -t tmpfs -o "size=$2,mode=0711" hbwatch-test "$1" ||
		bail_out "cannot mount a tmpfs"
	MOUNTS+=("$1")
}

# fill_disk DIRECTORY: fills the file system to the last octet, with the file
# `ballast`
fill_disk() {
	dd if=/dev/zero of="$1/ballast" bs=4096 2>/dev/null
	dd if=/dev/zero of="$1/ballast" bs=1 oflag=append conv=notrunc \
		2>/dev/null
	[ "$(stat -f -c %a "$1")" -eq 0 ]
}
