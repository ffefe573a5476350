# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# snmpd, snmptrapd, and questions to them.

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

# Starts it again as it was.
run_snmpd() {
	start snmpd "$NODE_A" env MIBS= snmpd -f -Lo -C -c "$WORK/snmpd.conf" \
		-x "unix:$AGENTX" -I -smux "udp:$AGENT"
	need "snmpd does not answer" 20 snmpd_answers
}

snmpd_answers() {
	[[ $(client snmpget -t 1 -r 0 -On "$AGENT" 1.3.6.1.2.1.1.3.0 \
		2>/dev/null) == *Timeticks* ]]
}

# start_traps [LINE OF snmptrapd.conf...]: the receiver that snmpd's traps go
# to, into $TRAPS
start_traps() {
	start_receiver snmptrapd "$SINK" "$TRAPS" "$@"
}

# start_receiver NAME ADDRESS FILE [LINE OF snmptrapd.conf...]: a snmptrapd.
# Each notification is a line of FILE: the time of its arrival, the sender, and
# `name = value` for each varbind, with tabs between.  It is appended to, so it
# may be emptied.
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
	started "$name-stamp"
	(exec ip netns exec "$NODE_A" snmptrapd -f -Lo -n -C \
		-c "$WORK/$name.conf" -OsQU -F '%B\t%V\t%v\n' \
		"$address") >"$WORK/$name.arrivals" 2>"$WORK/$name.log" &
	started "$name"
	need "snmptrapd does not start" 20 grep -q "NET-SNMP version" "$file"
}

# client PROGRAM ARGUMENT...: one of net-snmp's, at the observer
client() {
	local program=$1
	shift
	at "$NODE_A" "$program" -v 2c -c public "$@"
}

# get OBJECT.INSTANCE: its value
get() {
	client snmpget -t 2 -r 2 -OQUv "$AGENT" "HBWATCH-MIB::$1"
}

# get_is OBJECT.INSTANCE VALUE
get_is() {
	[ "$(get "$1" 2>/dev/null)" = "$2" ]
}

# watch_index NAME
watch_index() {
	client snmpbulkwalk -OQUs "$AGENT" HBWATCH-MIB::hbwWatchName |
		sed -n 's/^hbwWatchName\.\([0-9]*\) = '"$1"'$/\1/p'
}

# watch_get COLUMN NAME: from hbwWatchTable
watch_get() {
	get "$1.$(watch_index "$2")"
}

# alarm_get COLUMN NAME [ALARM]: from hbwAlarmTable
alarm_get() {
	get "$1.${3:-45640}.$(watch_index "$2")"
}

watch_is() {
	[ "$(watch_get "$1" "$2" 2>/dev/null)" = "$3" ]
}

# alarm_is COLUMN NAME VALUE [ALARM]
alarm_is() {
	[ "$(alarm_get "$1" "$2" "${4:-45640}" 2>/dev/null)" = "$3" ]
}

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

# traps_are COUNT NOTIFICATION [WATCH]
traps_are() {
	local count=$1
	shift
	[ "$(traps "$@" | wc -l)" -eq "$count" ]
}

# varbind OBJECT: its value in the line of $TRAPS on standard input
varbind() {
	tr '\t' '\n' | sed -n 's/^'"$1"'\.[0-9.]* = //p'
}

# seconds_of DATEANDTIME: as net-snmp prints it, 2026-11-22,15:5:8.3,+0:0;
# seconds since 1970 with a fraction, or `never`
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

# seconds_after TIME SECONDS
seconds_after() {
	awk -v time="$1" -v more="$2" 'BEGIN { printf "%.3f", time + more }'
}

# last_sent NAME: when its last heartbeat was sent
last_sent() {
	awk '$1 == "sent" { at = $3 } END { print at }' "$WORK/$1.beats"
}

# about TEXT GOT WANTED TOLERANCE: seconds
about() {
	if awk -v got="$2" -v wanted="$3" -v most="$4" 'BEGIN {
		off = got - wanted
		exit (off < 0 ? -off : off) > most
	}'; then
		ok "$1"
	else
		not_ok "$1"
		note "got:    $2" "wanted: $3, give or take $4"
	fi
}

# delivered: every notification that was numbered has arrived
delivered() {
	[ "$(get hbwNotificationSequence.0)" = \
		"$(grep -c 'snmpTrapOID.0 = hbw' "$TRAPS")" ]
}
