#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What an NMS reads: walks, single values, the ends of tables, with 1, 10 and
# 500 watches; all of it against the MIB.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin snmpbulkwalk snmptable snmptranslate
start_snmpd
start_traps

# ifindex INTERFACE: at the observer
ifindex() {
	ip -n "$NODE_A" -o link show dev "$1" | cut -d : -f 1
}

# generate COUNT: watches on ports from 20001 on, of four kinds of alarm
generate() {
	local i kinds=(45640 12010 27003 46003)

	for ((i = 1; i <= $1; i++)); do
		echo "watch \"watch $i\" {"
		echo "	interface = \"$LINK\""
		echo "	peer = \"$B4\""
		echo "	heartbeat = \"udp $((20000 + i))\""
		echo "	alarm = ${kinds[i % 4]}"
		echo "	interruption = 5s"
		echo "}"
	done
}

# numeric PROGRAM ARGUMENT...: without names, which is quicker
numeric() {
	local program=$1
	shift
	MIBS='' client "$program" -t 5 -r 1 -On "$@"
}

instances() {
	sed -n 's/^\.\([0-9.]*\) = .*/\1/p'
}

# of_each PROGRAM <INSTANCES: several in a request
of_each() {
	MIBS='' xargs -n 40 nsenter --net="/run/netns/$NODE_A" -- \
		"$1" -v 2c -c public -t 5 -r 1 -On "$AGENT"
}

module_tree() {
	snmptranslate -Tp HBWATCH-MIB::hbwatchMIB
}

states() {
	client snmpbulkwalk -OQUv "$AGENT" HBWATCH-MIB::hbwWatchState
}

# all_alive COUNT
all_alive() {
	[ "$(states | grep -c alive)" -eq "$1" ]
}

next_of() {
	numeric snmpgetnext "$AGENT" "$MIB_ROOT.1.$1" | instances
}

# nothing_after INSTANCE
nothing_after() {
	[[ $(numeric snmpgetnext "$AGENT" "$1") != ".$MIB_ROOT."* ]]
}

module_tree >"$WORK/module"

for count in 1 10 500; do
	generate "$count" | configure
	start_hbwatchd
	is "$count: the capture's index is the interface's" \
		"$(client snmpbulkwalk -OQUs "$AGENT" \
			HBWATCH-MIB::hbwCaptureInterface)" \
		"hbwCaptureInterface.$(ifindex "$LINK") = $LINK"
	start_beat "of-$count" --from "$B4" --to "$A4" --rate 2 \
		--port "20001-$((20000 + count))"
	soon "$count: all are alive" 20 all_alive "$count"
	is "$count: hbwWatchCount" "$(get hbwWatchCount.0)" "$count"

	numeric snmpbulkwalk -Oe -Cr50 "$AGENT" "$MIB_ROOT" >"$WORK/walk"
	check "$count: GETBULK yields what the MIB says" \
		"$TOOLS/check-walk" "$WORK/module" "$WORK/walk" \
		"$MIB_ROOT" hbwHistory
	instances <"$WORK/walk" >"$WORK/instances"
	is "$count: the alarm table has each watch" \
		"$(grep -c "^$MIB_ROOT.1.4.1.4\." "$WORK/instances")" "$count"

	for table in hbwCaptureTable hbwWatchTable hbwAlarmTable; do
		client snmptable -t 5 -Cb -Ci "$AGENT" \
			"HBWATCH-MIB::$table" >"$WORK/table" 2>&1
		rows=$count
		[ $table != hbwCaptureTable ] || rows=1
		is "$count: snmptable $table" \
			"$(sed 1,3d "$WORK/table" | grep -c .)" "$rows"
		check "$count: and no cell is missing" \
			awk '/ \? /{ exit 1 }' "$WORK/table"
	done

	if [ "$count" -le 10 ]; then
		of_each snmpget <"$WORK/instances" >"$WORK/gets"
		check "$count: each can be had by GET" \
			"$TOOLS/check-walk" "$WORK/module" "$WORK/gets" \
			"$MIB_ROOT" hbwHistory
		check "$count: and is itself" \
			cmp "$WORK/instances" <(instances <"$WORK/gets")
		of_each snmpgetnext <"$WORK/instances" | instances |
			sed '$d' >"$WORK/nexts"
		check "$count: GETNEXT of each is the one after it" \
			cmp <(sed 1d "$WORK/instances") "$WORK/nexts"
	else
		numeric snmpwalk "$AGENT" "$MIB_ROOT.1.3.1.2" |
			instances >"$WORK/nexts"
		check "$count: GETNEXT walks a column" cmp "$WORK/nexts" \
			<(grep "^$MIB_ROOT.1.3.1.2\." "$WORK/instances")
	fi
	check "$count: after the last there is nothing of ours" \
		nothing_after "$(tail -n 1 "$WORK/instances")"

	if [ "$count" -eq 10 ]; then
		last=$(tail -n 1 <(grep "^$MIB_ROOT.1.4.1.2\." \
			"$WORK/instances"))
		second=$(grep "^$MIB_ROOT.1.3.1.2\." "$WORK/instances" |
			sed -n 's/.*\.//; 2p')
		first=$(grep "^$MIB_ROOT.1.3.1.2\." "$WORK/instances" |
			sed -n 's/.*\.//; 1p')
		is "GETNEXT of a table is its first instance" \
			"$(next_of 3)" "$MIB_ROOT.1.3.1.2.$first"
		is "and so of a column that is not accessible" \
			"$(next_of "3.1.1.$first")" "$MIB_ROOT.1.3.1.2.$first"
		is "and so of an instance before the first" \
			"$(next_of 3.1.2.0)" "$MIB_ROOT.1.3.1.2.$first"
		is "GETNEXT between two rows is the second" \
			"$(next_of "3.1.2.$first.7")" \
			"$MIB_ROOT.1.3.1.2.$second"
		is "GETNEXT of half an index is the first that begins so" \
			"$(next_of 4.1.2.45640 | cut -d . -f 1-14)" \
			"$MIB_ROOT.1.4.1.2"
		is "GETNEXT after the last row is the next column" \
			"$(next_of "${last#"$MIB_ROOT.1."}")" \
			"$(grep -m 1 "^$MIB_ROOT.1.4.1.3\." \
				"$WORK/instances")"
		is "GETNEXT beyond the last possible index, too" \
			"$(next_of 4.1.2.4294967295.4294967295)" \
			"$(grep -m 1 "^$MIB_ROOT.1.4.1.3\." \
				"$WORK/instances")"
		like "GET of a row that is not there" \
			"$(get hbwWatchName.4294967295)" "No Such Instance"
		like "GET of an index column" \
			"$(get "hbwWatchIndex.$first")" "No Such"
		like "GET of a column that is not there" \
			"$(numeric snmpget "$AGENT" "$MIB_ROOT.1.3.1.99.1")" \
			"No Such"
		like "GET of half an index" \
			"$(get hbwAlarmState.45640)" "No Such Instance"
	fi
	stop "of-$count"
	stop hbwatchd
done

number=0
for name in hbwAlarmRaised hbwAlarmCleared hbwWatcherBlind \
	hbwWatcherRestored; do
	number=$((number + 1))
	is "snmptranslate $name" \
		"$(snmptranslate -On "HBWATCH-MIB::$name")" \
		".$MIB_ROOT.0.$number"
	is "and back" \
		"$(snmptranslate ".$MIB_ROOT.0.$number")" \
		"HBWATCH-MIB::$name"
done
finish
