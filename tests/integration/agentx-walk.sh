#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: hbwatchd with 1, 10 and 500 watches.
# Checks:  GET, GETNEXT and GETBULK return what HBWATCH-MIB declares, in order,
#          also at the ends of tables and for incomplete indexes.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin snmpbulkwalk snmptable snmptranslate
start_observer

# The objects without an instance while no alarm was ever raised.
EMPTY=(hbwEvidence hbwActive{Key,Watch,Peer,Severity,Cause,Side}
	hbwActive{Confidence,Age,OperatorState,Detail})

# ifindex INTERFACE: on node a
ifindex() {
	ip -n "$NODE_A" -o link show dev "$1" | cut -d : -f 1
}

# many_watches COUNT: sections of watches on ports from 20001 on, with four
# different alarms
many_watches() {
	local i alarms=(45640 12010 27003 46003)

	for ((i = 1; i <= $1; i++)); do
		watch_section "watch $i" $((20000 + i)) 5s "$LINK" \
			"alarm = ${alarms[i % 4]}"
	done
}

# numeric PROGRAM ARGUMENT...: a request that prints numeric OIDs
numeric() {
	local program=$1
	shift
	MIBS='' client "$program" -t 5 -r 1 -On "$@"
}

instances() {
	sed -n 's/^\.\([0-9.]*\) = .*/\1/p'
}

# request_each PROGRAM: requests each instance on standard input, 40 at a time
request_each() {
	MIBS='' xargs -n 40 nsenter --net="/run/netns/$NODE_A" -- \
		"$1" -v 2c -c public -t 5 -r 1 -On "$AGENT"
}

module_tree() {
	snmptranslate -Tp HBWATCH-MIB::hbwatchMIB
}

# alive_are COUNT
alive_are() {
	[ "$(walk hbwWatchState | grep -c alive)" -eq "$1" ]
}

# next_of OID: the instance that GETNEXT returns; the OID is below MIB_ROOT.1
next_of() {
	numeric snmpgetnext "$AGENT" "$MIB_ROOT.1.$1" | instances
}

# nothing_after INSTANCE: does GETNEXT leave our MIB?
nothing_after() {
	[[ $(numeric snmpgetnext "$AGENT" "$1") != ".$MIB_ROOT."* ]]
}

module_tree >"$WORK/module"

for count in 1 10 500; do
	many_watches "$count" | configure
	start_sender "sender-$count" "20001-$((20000 + count))" --rate 2
	start_hbwatchd
	is "$count: the only capture has index 1" \
		"$(client snmpbulkwalk -OQUs "$AGENT" \
			HBWATCH-MIB::hbwCaptureInterface)" \
		"hbwCaptureInterface.1 = $LINK"
	is "$count: its ifIndex is that of the interface" \
		"$(get hbwCaptureIfIndex.1)" "$(ifindex "$LINK")"
	soon "$count: all watches are alive" 20 alive_are "$count"
	is "$count: hbwWatchCount" "$(get hbwWatchCount.0)" "$count"

	numeric snmpbulkwalk -Oe -Cr50 "$AGENT" "$MIB_ROOT" >"$WORK/walk"
	check "$count: GETBULK returns what the MIB declares" \
		"$TOOLS/check-walk" "$WORK/module" "$WORK/walk" \
		"$MIB_ROOT" "${EMPTY[@]}"
	instances <"$WORK/walk" >"$WORK/instances"
	is "$count: the alarm table has a row for each watch" \
		"$(grep -c "^$MIB_ROOT.1.4.1.4\." "$WORK/instances")" "$count"

	for table in hbwCaptureTable hbwWatchTable hbwAlarmTable; do
		client snmptable -t 5 -Cb -Ci "$AGENT" \
			"HBWATCH-MIB::$table" >"$WORK/table" 2>&1
		rows=$count
		[ $table != hbwCaptureTable ] || rows=1
		is "$count: $table has all rows" \
			"$(sed 1,3d "$WORK/table" | grep -c .)" "$rows"
		check "$count: $table has all columns" \
			awk '/ \? /{ exit 1 }' "$WORK/table"
	done

	if [ "$count" -le 10 ]; then
		request_each snmpget <"$WORK/instances" >"$WORK/gets"
		check "$count: GET returns each instance" \
			"$TOOLS/check-walk" "$WORK/module" "$WORK/gets" \
			"$MIB_ROOT" "${EMPTY[@]}"
		check "$count: GET returns the instance that was requested" \
			cmp "$WORK/instances" <(instances <"$WORK/gets")
		request_each snmpgetnext <"$WORK/instances" | instances |
			sed '$d' >"$WORK/nexts"
		check "$count: GETNEXT returns the next instance" \
			cmp <(sed 1d "$WORK/instances") "$WORK/nexts"
	else
		numeric snmpwalk "$AGENT" "$MIB_ROOT.1.3.1.2" |
			instances >"$WORK/nexts"
		check "$count: GETNEXT walks a column" cmp "$WORK/nexts" \
			<(grep "^$MIB_ROOT.1.3.1.2\." "$WORK/instances")
	fi
	check "$count: GETNEXT after the last instance leaves the MIB" \
		nothing_after "$(tail -n 1 "$WORK/instances")"

	if [ "$count" -eq 10 ]; then
		last=$(tail -n 1 <(grep "^$MIB_ROOT.1.4.1.2\." \
			"$WORK/instances"))
		second=$(grep "^$MIB_ROOT.1.3.1.2\." "$WORK/instances" |
			sed -n 's/.*\.//; 2p')
		first=$(grep "^$MIB_ROOT.1.3.1.2\." "$WORK/instances" |
			sed -n 's/.*\.//; 1p')
		is "GETNEXT of a table returns its first instance" \
			"$(next_of 3)" "$MIB_ROOT.1.3.1.2.$first"
		is "GETNEXT of an inaccessible column returns the same" \
			"$(next_of "3.1.1.$first")" "$MIB_ROOT.1.3.1.2.$first"
		is "GETNEXT of an instance before the first does too" \
			"$(next_of 3.1.2.0)" "$MIB_ROOT.1.3.1.2.$first"
		is "GETNEXT between two rows returns the second" \
			"$(next_of "3.1.2.$first.7")" \
			"$MIB_ROOT.1.3.1.2.$second"
		is "GETNEXT of half an index returns the first match" \
			"$(next_of 4.1.2.45640 | cut -d . -f 1-14)" \
			"$MIB_ROOT.1.4.1.2"
		is "GETNEXT after the last row returns the next column" \
			"$(next_of "${last#"$MIB_ROOT.1."}")" \
			"$(grep -m 1 "^$MIB_ROOT.1.4.1.3\." \
				"$WORK/instances")"
		is "GETNEXT beyond the last possible index, too" \
			"$(next_of 4.1.2.4294967295.4294967295)" \
			"$(grep -m 1 "^$MIB_ROOT.1.4.1.3\." \
				"$WORK/instances")"
		like "GET of a missing row returns noSuchInstance" \
			"$(get hbwWatchName.4294967295)" "No Such Instance"
		like "GET of an index column returns an exception" \
			"$(get "hbwWatchIndex.$first")" "No Such"
		like "GET of a missing column returns an exception" \
			"$(numeric snmpget "$AGENT" "$MIB_ROOT.1.3.1.99.1")" \
			"No Such"
		like "GET of half an index returns noSuchInstance" \
			"$(get hbwAlarmState.45640)" "No Such Instance"
	fi
	stop "sender-$count"
	stop hbwatchd
done

number=0
for name in hbwAlarmRaised hbwAlarmCleared hbwWatcherBlind \
	hbwWatcherRestored; do
	number=$((number + 1))
	is "snmptranslate finds the OID of $name" \
		"$(snmptranslate -On "HBWATCH-MIB::$name")" \
		".$MIB_ROOT.0.$number"
	is "snmptranslate finds the name $name" \
		"$(snmptranslate ".$MIB_ROOT.0.$number")" \
		"HBWATCH-MIB::$name"
done
finish
