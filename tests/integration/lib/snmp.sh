# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# snmpd, snmptrapd, and SNMP requests.

# start_snmpd [LINE OF snmpd.conf...]
start_snmpd() {
	{
		echo "rocommunity public 127.0.0.1"
		echo "master agentx"
		echo "trap2sink $SINK public"
		echo "dontLogTCPWrappersConnects yes"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"$WORK/snmpd.conf"
	run_snmpd
}

# run_snmpd: starts it again with the same configuration
run_snmpd() {
	start snmpd "$NODE_A" env MIBS= snmpd -f -Lo -C -c "$WORK/snmpd.conf" \
		-x "unix:$AGENTX" -I -smux "udp:$AGENT"
	need "snmpd does not answer" 20 snmpd_answers
}

snmpd_answers() {
	[[ $(client snmpget -t 1 -r 0 -On "$AGENT" 1.3.6.1.2.1.1.3.0 \
		2>/dev/null) == *Timeticks* ]]
}

# start_traps [LINE OF snmptrapd.conf...]: starts the receiver of the traps that
# snmpd sends; it writes to $TRAPS
start_traps() {
	start_receiver snmptrapd "$SINK" "$TRAPS" "$@"
}

# start_receiver NAME ADDRESS FILE [LINE OF snmptrapd.conf...]: starts a
# snmptrapd.  Each notification is a line of FILE: the time of its arrival, the
# sender, and `name = value` for each varbind, with tabs between them.  A test
# may empty the file.
start_receiver() {
	local name=$1 address=$2 file=$3

	shift 3
	[[ $address == *:*:* ]] || address=udp:$address
	{
		echo "disableAuthorization yes"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"$WORK/$name.conf"
	mkfifo "$WORK/$name.arrivals"
	: >"$file"
	"$TOOLS/add-timestamps" <"$WORK/$name.arrivals" >>"$file" &
	started "$name-timestamps"
	(exec ip netns exec "$NODE_A" snmptrapd -f -Lo -n -C \
		-c "$WORK/$name.conf" -OsQU -F '%B\t%V\t%v\n' \
		"$address") >"$WORK/$name.arrivals" 2>"$WORK/$name.log" &
	started "$name"
	need "snmptrapd does not start" 20 grep -q "NET-SNMP version" "$file"
}

# set_objects COMMUNITY OBJECT TYPE VALUE...: SET of objects of HBWATCH-MIB, with
# values of any type and range; prints the error status, or nothing
set_objects() {
	local community=$1 words=()

	shift
	while [ $# -gt 0 ]; do
		words+=("$(snmptranslate -On "HBWATCH-MIB::$1")" "$2" "$3")
		shift 3
	done
	MIBS='' at "$NODE_A" snmpset -v 2c -c "$community" -t 3 -r 0 -OQ \
		"$AGENT" "${words[@]}" 2>&1 >/dev/null |
		sed -n 's/^Reason: \([a-zA-Z]*\).*/\1/p'
}

# client PROGRAM ARGUMENT...: runs a program of net-snmp on node a
client() {
	local program=$1
	shift
	at "$NODE_A" "$program" -v 2c -c public "$@"
}

# walk OBJECT: the values of all its instances
walk() {
	client snmpbulkwalk -OQUv "$AGENT" "HBWATCH-MIB::$1"
}

# get OBJECT.INSTANCE: its value
get() {
	client snmpget -t 2 -r 2 -OQUv "$AGENT" "HBWATCH-MIB::$1"
}

# get_is OBJECT.INSTANCE VALUE
get_is() {
	[ "$(get "$1" 2>/dev/null)" = "$2" ]
}

# active_alarms_are COUNT
active_alarms_are() {
	get_is hbwActiveAlarms.0 "$1"
}

#
# Rows
#

# index_of COLUMN VALUE: the index of the row with that value
index_of() {
	client snmpbulkwalk -OQUs "$AGENT" "HBWATCH-MIB::$1" |
		sed -n 's/^'"$1"'\.\([0-9]*\) = '"$2"'$/\1/p'
}

# watch_index NAME
watch_index() {
	index_of hbwWatchName "$1"
}

# watch_names: the names of all watches, in alphabetical order
watch_names() {
	walk hbwWatchName 2>/dev/null | sort | xargs
}

# watches_are NAMES
watches_are() {
	[ "$(watch_names)" = "$1" ]
}

# watch_get COLUMN NAME: from hbwWatchTable
watch_get() {
	get "$1.$(watch_index "$2")"
}

# watch_is COLUMN NAME VALUE
watch_is() {
	[ "$(watch_get "$1" "$2" 2>/dev/null)" = "$3" ]
}

# heartbeats_over WATCH COUNT: has it received more than that?
heartbeats_over() {
	[ "$(watch_get hbwWatchHeartbeats "$1")" -gt "$2" ]
}

# alarm_get COLUMN NAME [ALARM]: from hbwAlarmTable
alarm_get() {
	get "$1.${3:-45640}.$(watch_index "$2")"
}

# alarm_is COLUMN NAME VALUE [ALARM]
alarm_is() {
	[ "$(alarm_get "$1" "$2" "${4:-45640}" 2>/dev/null)" = "$3" ]
}

# capture_get COLUMN [INTERFACE]: from hbwCaptureTable (default: $LINK)
capture_get() {
	get "$1.$(index_of hbwCaptureInterface "${2:-$LINK}")"
}

# capture_is STATE [INTERFACE]
capture_is() {
	[ "$(capture_get hbwCaptureState "${2:-$LINK}" 2>/dev/null)" = "$1" ]
}
