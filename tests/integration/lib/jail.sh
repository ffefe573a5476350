# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What the processes of hbwatchd may do, for the tests of their jails.

# The unprivileged user of the build (--with-user), or nobody.
user=$(sed -n 's/^#define HBW_USER "\(.*\)"/\1/p' "$BUILD/config.h")
id -u "$user" >/dev/null 2>&1 || user=nobody
uid=$(id -u "$user")
# shellcheck disable=SC2034 # used by the scripts
raw=$((1 << 13))	# CAP_NET_RAW

# status PID FIELD: the field of /proc/PID/status without spaces
status() {
	awk -v field="$2:" '$1 == field { $1 = ""; gsub(/ /, ""); print }' \
		"/proc/$1/status"
}

# capabilities PID: permitted, effective, inheritable, ambient, bounding
capabilities() {
	local field

	for field in CapPrm CapEff CapInh CapAmb CapBnd; do
		printf '%s ' $((16#$(status "$1" "$field")))
	done
}

# kept_capabilities PID: those that an agent keeps, to start engines.  Without
# CAP_SYS_RESOURCE it cannot permit an engine to use SCHED_RR, so it keeps
# CAP_SYS_NICE.
kept_capabilities() {
	local kept=$raw

	awk '/^Max realtime priority/ { exit !($4 < 20) }' "/proc/$1/limits" &&
		kept=$((kept | 1 << 23))
	echo "$kept"
}

# is_unprivileged TEXT PID: the user of a process, its groups, and its filter of
# system calls
is_unprivileged() {
	is "$1 has the unprivileged user" \
		"$(status "$2" Uid)" "$uid$uid$uid$uid"
	is "$1 has the group of this user" \
		"$(status "$2" Gid | sort -u)" \
		"$(printf '%s' "$(id -g "$user")"{,}{,})"
	is "$1 has no other group" "$(status "$2" Groups)" ""
	is_confined "$1" "$2"
}

# is_confined TEXT PID
is_confined() {
	is "$1 cannot get a capability" "$(status "$2" NoNewPrivs)" 1
	has_sanitizers ||
		is "$1 has a filter of system calls" "$(status "$2" Seccomp)" 2
}
