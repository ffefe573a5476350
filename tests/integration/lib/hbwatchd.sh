# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The daemon under test: its configuration, its processes, its log and the
# values that it keeps over a restart.

#
# Configuration
#

# The option `evidence`, if it is not the default.  With 0 no cause changes after
# the raise, so that the number of notifications is known.
EVIDENCE=

# configure: writes hbwatchd.conf from standard input
configure() {
	cat >"$WORK/hbwatchd.conf"
	# At the end, so that the lines keep their numbers.
	[ -z "$EVIDENCE" ] || echo "evidence = $EVIDENCE" >>"$WORK/hbwatchd.conf"
	grep -q '^control = ' "$WORK/hbwatchd.conf" ||
		echo "control = \"$WORK/control\"" >>"$WORK/hbwatchd.conf"
}

# watch_section NAME HEARTBEAT INTERRUPTION [INTERFACE [LINE...]]: a section of
# hbwatchd.conf that watches node b.  A number as HEARTBEAT is a UDP port.
watch_section() {
	local name=$1 heartbeat=$2 interruption=$3 interface=${4:-$LINK}

	shift 3
	[ $# -eq 0 ] || shift
	[ -n "${heartbeat//[0-9]/}" ] || heartbeat="udp $heartbeat"
	echo "watch \"$name\" {"
	echo "	interface = \"$interface\""
	echo "	peer = \"$B4\""
	echo "	heartbeat = \"$heartbeat\""
	echo "	interruption = $interruption"
	[ $# -eq 0 ] || printf '\t%s\n' "$@"
	echo "}"
}

# watch_sections COUNT INTERRUPTION: sections of the watches w0, w1, ... on the
# UDP ports from 20100 on
watch_sections() {
	local i

	for ((i = 0; i < $1; i++)); do
		watch_section "w$i" $((20100 + i)) "$2"
	done
}

#
# Processes
#

# The state directory if it is not $WORK/state, and variables that are added to
# the environment of hbwatchd.
STATE=
HBWATCHD_ENV=()

# start_hbwatchd [ARGUMENT...]: starts hbwatchd and waits until it answers and
# its engine has opened the captures.  Without arguments it connects to the
# snmpd of this test (-x).
start_hbwatchd() {
	run_hbwatchd "$@"
	need "hbwatchd does not answer" 20 hbwatchd_answers
	need "the engine does not open its captures" 20 captures_open
}

# run_hbwatchd [ARGUMENT...]: the same, but does not wait until it answers
run_hbwatchd() {
	[ $# -gt 0 ] || set -- -x "$AGENTX"
	[ -x "$BUILD/hbwatchd" ] || bail_out "BUILD=$BUILD has no hbwatchd"
	# hbwatchd must not need MIB files.
	start hbwatchd "$NODE_A" env -u MIBS -u MIBDIRS "${HBWATCHD_ENV[@]}" \
		"$BUILD/hbwatchd" -c "$WORK/hbwatchd.conf" \
		-s "${STATE:-$WORK/state}" -l stderr -v "$@"
}

hbwatchd_answers() {
	running hbwatchd || return 1
	[[ $(client snmpget -t 1 -r 0 -OQUv "$AGENT" \
		HBWATCH-MIB::hbwVersion.0 2>/dev/null) == [0-9]* ]]
}

# kernel_can_split: can it hand each frame to only one of the two captures of an
# interface?  See capture_split.
kernel_can_split() {
	printf '6.15\n%s\n' "$(uname -r)" | sort -VC
}

# captures_are_split: are the packet sockets of the observer in the same group?
captures_are_split() {
	[[ $(at "$NODE_A" "$TOOLS/packet-groups") =~ ^([0-9]+)\ ([0-9]+)$ ]] &&
		[ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[2]}" ]
}

# captures_open: also true if they cannot be opened
captures_open() {
	local errors

	errors=$(walk hbwCaptureError 2>/dev/null) &&
		[[ $errors != *"not opened the capture yet"* ]]
}

# engine: the pids of the engine processes; there may be two, or none
engine() {
	local pid

	for pid in $(children "${PID[hbwatchd]}"); do
		case $(cat "/proc/$pid/comm" 2>/dev/null) in
		hbwatch-connect | hbwatch-mkdir) ;;
		*) echo "$pid" ;;
		esac
	done
}

# child_named NAME: the pid of this child of hbwatchd, or nothing
child_named() {
	local pid

	for pid in $(children "${PID[hbwatchd]}"); do
		[ "$(cat "/proc/$pid/comm" 2>/dev/null)" != "$1" ] ||
			echo "$pid"
	done
}

# connector: the process that connects to snmpd as root
connector() {
	child_named hbwatch-connect
}

# directory_maker: the process that makes the state directory again as root
directory_maker() {
	child_named hbwatch-mkdir
}

# the_engine: the pid of the engine; fails unless there is exactly one
the_engine() {
	local pids

	pids=$(engine | xargs)
	[ -n "$pids" ] && [[ $pids != *" "* ]] && echo "$pids"
}

one_engine() {
	the_engine >/dev/null
}

# remember_engine: writes its pid to $old, for new_engine
remember_engine() {
	old=$(engine | xargs)
}

# new_engine: is there exactly one engine, and was it not in $old?
new_engine() {
	local pid

	pid=$(the_engine) && [[ " $old " != *" $pid "* ]]
}

# kill_engine [SIGNAL]: kills the engine, and writes its pid to $old
kill_engine() {
	remember_engine
	# shellcheck disable=SC2086 # there may be two
	kill -"${1:-KILL}" $old
}

reload_hbwatchd() {
	kill -HUP "${PID[hbwatchd]}"
}

# has_sanitizers: was hbwatchd built with them?
has_sanitizers() {
	grep -q '^#define HBW_SANITIZERS' "$BUILD/config.h"
}

#
# The log
#

# The text of the line after a reload.
# shellcheck disable=SC2034 # used by the scripts
RELOADED="configuration in effect"

# mark_log: log_count and log_lines_are count only the lines after this
mark_log() {
	LOG_MARK=$(wc -c <"$WORK/hbwatchd.log")
}

# log_count REGULAR-EXPRESSION [NAME]: the number of lines since mark_log that
# match, or of all lines of the process NAME that match
log_count() {
	local mark=${LOG_MARK:-0}

	[ $# -eq 1 ] || mark=0
	tail -c "+$((mark + 1))" "$WORK/${2:-hbwatchd}.log" | grep -ciE -- "$1"
}

# log_lines_are COUNT REGULAR-EXPRESSION [NAME]
log_lines_are() {
	local count=$1
	shift
	[ "$(log_count "$@")" -eq "$count" ]
}

# log_raises_are COUNT WATCH: does the log have that many raises of the watch?
# WATCH may be a regular expression.
log_raises_are() {
	log_lines_are "$1" "raised, watch \"$2\""
}

# log_clears_are COUNT WATCH
log_clears_are() {
	log_lines_are "$1" "cleared, watch \"$2\""
}

#
# Values that outlive the process
#

# persistent_values: the objects of the MIB that must be the same after a
# restart, as text.  The rows of hbwWatcherStarted and hbwWatcherStopped are
# left out, because a restart adds some.
persistent_values() {
	local object

	for object in WatchName AlarmState AlarmKey AlarmSeverity AlarmCause \
		AlarmDetail AlarmSerial AlarmRaisedTime AlarmClearedTime \
		AlarmSequence AlarmCount ActiveAlarms ActiveCritical \
		ActiveMajor ActiveMinor ActiveWarning NotificationEpoch \
		NotificationsPending HistoryOldest HistoryTable; do
		client snmpbulkwalk -t 2 -r 2 -OQUs "$AGENT" \
			"HBWATCH-MIB::hbw$object" ||
			echo "hbw$object: no answer"
	done | awk -F '[. ]' '
		/^hbwHistoryEvent.* = (started|stopped)$/ { left_out[$2] = 1 }
		!/^hbwHistory/ || !($2 in left_out)
	'
}

# save_values: saves the values for values_are_unchanged
save_values() {
	persistent_values >"$WORK/values.saved"
}

values_are_saved() {
	persistent_values >"$WORK/values.now"
	cmp -s "$WORK/values.saved" "$WORK/values.now"
}

# values_are_unchanged TEXT: passes if the values are those of save_values, also
# if a notification must be delivered again first
values_are_unchanged() {
	if wait_for 5 values_are_saved; then
		ok "$1"
	else
		not_ok "$1"
		diff "$WORK/values.saved" "$WORK/values.now" |
			head -n 20 | sed 's/^/# /'
	fi
}
