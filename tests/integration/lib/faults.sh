# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Ways to break things, and to see what came of it.

#
# Processes
#

# stopped PID: is it?
stopped() {
	[ "$(awk '$1 == "State:" { print $2 }' "/proc/$1/status")" = T ]
}

# halt PID...: stops them, and they are stopped when it returns
halt() {
	local pid

	kill -STOP "$@"
	for pid in "$@"; do
		need "$pid does not stop" 10 stopped "$pid"
	done
}

# the_engine: its process, when there is just one
the_engine() {
	local now

	now=$(engine | xargs)
	[ -n "$now" ] && [[ $now != *" "* ]] && echo "$now"
}

# kill_engine [SIGNAL]: remembers it as $old
kill_engine() {
	old=$(engine | xargs)
	# shellcheck disable=SC2086 # there may be two
	kill -"${1:-KILL}" $old
}

# another_engine: than $old works
another_engine() {
	local now

	now=$(the_engine) && [[ " $old " != *" $now "* ]]
}

# resident PID: KiB
resident() {
	awk '$1 == "VmRSS:" { print $2 }' "/proc/$1/status"
}

sanitized() {
	ldd "$BUILD/hbwatchd" | grep -q libasan
}

#
# The log
#

# mark_log: what `said` counts begins here
mark_log() {
	LOG_MARK=$(wc -c <"$WORK/hbwatchd.log")
}

# said REGULAR-EXPRESSION: how many of the lines since mark_log have that
said() {
	tail -c "+$((${LOG_MARK:-0} + 1))" "$WORK/hbwatchd.log" |
		grep -ciE -- "$1"
}

# says COUNT REGULAR-EXPRESSION
says() {
	[ "$(said "$2")" -eq "$1" ]
}

#
# Notifications and the record of them
#

# arrived_from FIRST LAST: have all these, in whatever order and number?
arrived_from() {
	[ "$(varbind hbwNotificationSequence <"$TRAPS" | sort -un |
		awk -v last=$(($1 - 1)) '$1 == last + 1 { last = $1 }
			END { print last }')" -ge "$2" ]
}

# arrived NUMBER: all up to that?
arrived() {
	arrived_from 1 "$1"
}

# all_arrived: everything that the daemon numbered
all_arrived() {
	local last

	last=$(get hbwNotificationSequence.0) && [[ $last == [0-9]* ]] &&
		arrived "$last" && get_is hbwNotificationsPending.0 0
}

# in_order [ARGUMENT...]: the tool's verdict on $TRAPS
in_order() {
	"$TOOLS/check-order" "$@" "$TRAPS"
}

# record: what must outlive the daemon, as text
record() {
	local object

	for object in WatchName AlarmState AlarmKey AlarmSeverity AlarmCause \
		AlarmDetail AlarmSerial AlarmRaisedTime AlarmClearedTime \
		AlarmSequence AlarmCount ActiveAlarms ActiveCritical \
		ActiveMajor ActiveMinor ActiveWarning NotificationEpoch \
		NotificationSequence NotificationsPending HistoryOldest \
		HistoryTable; do
		client snmpbulkwalk -t 2 -r 2 -OQUs "$AGENT" \
			"HBWATCH-MIB::hbw$object" ||
			echo "hbw$object: no answer"
	done
}

# same_record TEXT FILE: it is as it was when it was written there
same_record() {
	record >"$WORK/record.now"
	if cmp -s "$2" "$WORK/record.now"; then
		ok "$1"
	else
		not_ok "$1"
		diff "$2" "$WORK/record.now" | head -n 20 | sed 's/^/# /'
	fi
}

# watch_section NAME PORT INTERRUPTION [INTERFACE [LINE...]]
watch_section() {
	local name=$1 port=$2 interruption=$3 interface=${4:-$LINK}

	shift 3
	[ $# -eq 0 ] || shift
	echo "watch \"$name\" {"
	echo "	interface = \"$interface\""
	echo "	peer = \"$B4\""
	echo "	heartbeat = \"udp $port\""
	echo "	interruption = $interruption"
	[ $# -eq 0 ] || printf '\t%s\n' "$@"
	echo "}"
}

#
# Disks
#

# mount_small FOLDER SIZE: a file system of that size for the time of the test
mount_small() {
	mkdir -p "$1"
	mount -t tmpfs -o "size=$2,mode=0700" hbwatch-test "$1" ||
		bail_out "no tmpfs"
	MOUNTS+=("$1")
}

# fill FOLDER: to the last octet; leaves $FOLDER/ballast
fill() {
	dd if=/dev/zero of="$1/ballast" bs=4096 2>/dev/null
	dd if=/dev/zero of="$1/ballast" bs=1 oflag=append conv=notrunc \
		2>/dev/null
	[ "$(stat -f -c %a "$1")" -eq 0 ]
}
