# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Notifications that arrived: they are lines of $TRAPS, see start_receiver.

# traps NOTIFICATION [WATCH]: its lines in $TRAPS
traps() {
	awk -F '\t' -v kind="snmpTrapOID.0 = $1" -v watch="${2:-}" '
		$4 == kind {
			for (i = 5; i <= NF && watch != ""; i++)
				if ($i ~ /^hbwWatchName\./ &&
				    substr($i, index($i, " = ") + 3) == watch)
					break
			if (watch == "" || i <= NF)
				print
		}
	' "$TRAPS"
}

# trap_count NOTIFICATION [WATCH]
trap_count() {
	traps "$@" | wc -l
}

# traps_are COUNT NOTIFICATION [WATCH]
traps_are() {
	local count=$1
	shift
	[ "$(trap_count "$@")" -eq "$count" ]
}

# traps_of_silence NOTIFICATION [WATCH]: the number of them, without those of an
# alarm that was raised before the first heartbeat
traps_of_silence() {
	traps "$@" | grep -vc 'hbwAlarmCause\.[0-9.]* = neverHeard'
}

# traps_of_silence_are COUNT NOTIFICATION [WATCH]
traps_of_silence_are() {
	local count=$1
	shift
	[ "$(traps_of_silence "$@")" -eq "$count" ]
}

# last_trap NOTIFICATION [WATCH]: the line of the last one
last_trap() {
	traps "$@" | tail -n 1
}

# dual_traps_are COUNT NOTIFICATION [WATCH]: the same for the built-in alarm of
# two active nodes
dual_traps_are() {
	local count=$1
	shift
	[ "$(traps "$@" | grep -c "hbwAlarmId\.[0-9.]* = 45640001\b")" -eq \
		"$count" ]
}

# capture_trap_count NOTIFICATION [INTERFACE]: the number of those about the
# capture on that interface (default: $LINK)
capture_trap_count() {
	traps "$1" | grep -c "hbwCaptureInterface\.[0-9]* = ${2:-$LINK}\b"
}

# capture_traps_are COUNT NOTIFICATION [INTERFACE]
capture_traps_are() {
	local count=$1
	shift
	[ "$(capture_trap_count "$@")" -eq "$count" ]
}

# varbind OBJECT: its value in the lines on standard input
varbind() {
	tr '\t' '\n' | sed -n 's/^'"$1"'\.[0-9.]* = //p'
}

# sequences: the sequence numbers of all notifications, in the order of arrival,
# without those that hbwatchd has started and stops
sequences() {
	grep -v 'hbwWatcherSt[a-z]*ed' "$TRAPS" |
		varbind hbwNotificationSequence | xargs
}

# arrived_from FIRST LAST: have all these sequence numbers arrived?  Duplicates
# are allowed.
arrived_from() {
	[ "$(varbind hbwNotificationSequence <"$TRAPS" | sort -un |
		awk -v last=$(($1 - 1)) '$1 == last + 1 { last = $1 }
			END { print last }')" -ge "$2" ]
}

# all_delivered: has every notification arrived, and is none pending?
all_delivered() {
	local last

	last=$(get hbwNotificationSequence.0) && [[ $last == [0-9]* ]] &&
		arrived_from 1 "$last" && nothing_is_pending
}

# all_delivered_once: has every notification arrived exactly once?
all_delivered_once() {
	[ "$(get hbwNotificationSequence.0)" = \
		"$(grep -c 'snmpTrapOID.0 = hbw' "$TRAPS")" ]
}

# pairs_are_unique: does each pair of epoch and sequence belong to a single
# notification?  It may have arrived several times.
pairs_are_unique() {
	"$TOOLS/check-order" --duplicates "$TRAPS"
}

# notifications_in_order [ARGUMENT...]: see tests/tools/check-order
notifications_in_order() {
	"$TOOLS/check-order" "$@" "$TRAPS"
}

nothing_is_pending() {
	get_is hbwNotificationsPending.0 0
}

#
# Storms
#

# last_storm: the objects raised, cleared and first of the last notification
last_storm() {
	last_trap hbwAlarmStorm | tr '\t' '\n' |
		sed -n 's/^hbwStorm\(Raised\|Cleared\|First\)\.0 = //p' | xargs
}

# history_matches_traps: see tests/tools/check-storms
history_matches_traps() {
	client snmpbulkwalk -Cr50 -t 2 -r 2 -OQUs "$AGENT" \
		HBWATCH-MIB::hbwHistoryTable >"$WORK/tables" &&
		client snmpbulkwalk -Cr50 -t 2 -r 2 -OQUs "$AGENT" \
			HBWATCH-MIB::hbwAlarmTable >>"$WORK/tables" &&
		"$TOOLS/check-storms" "$TRAPS" "$WORK/tables" >"$WORK/storms"
}

# operator_history_is_right: see tests/tools/check-operator
operator_history_is_right() {
	local table

	for table in hbwHistoryTable hbwAlarmTable; do
		client snmpbulkwalk -Cr50 -t 2 -r 2 -OQUs "$AGENT" \
			"HBWATCH-MIB::$table" || return
	done >"$WORK/tables"
	"$TOOLS/check-operator" "$TRAPS" "$WORK/tables" >"$WORK/operator"
}

# check_operator TEXT: what operators did is in the history, and what had to be
# notified has arrived
check_operator() {
	check "$1" wait_for 10 operator_history_is_right
	cat "$WORK/operator"
}

# check_history TEXT: each row of the history was notified by itself or by one
# hbwAlarmStorm
check_history() {
	if wait_for 10 history_matches_traps; then
		ok "$1: each row is notified once"
	else
		not_ok "$1: each row is notified once"
		cat "$WORK/storms"
	fi
}

#
# Times
#

# seconds_of DATEANDTIME: seconds since 1970 with a fraction, or `never`; the
# argument is as net-snmp prints it, such as 2026-11-22,15:5:8.3,+0:0
seconds_of() {
	local pattern='^([0-9-]+),([0-9:.]+),([+-])([0-9]+):([0-9]+)$' zone

	[[ $1 =~ $pattern ]] || {
		echo never
		return
	}
	printf -v zone '%s%02d%02d' "${BASH_REMATCH[3]}" \
		"${BASH_REMATCH[4]}" "${BASH_REMATCH[5]}"
	date -d "${BASH_REMATCH[1]} ${BASH_REMATCH[2]} $zone" +%s.%1N
}

# seconds_after TIME SECONDS: the sum
seconds_after() {
	awk -v time="$1" -v more="$2" 'BEGIN { printf "%.3f", time + more }'
}
