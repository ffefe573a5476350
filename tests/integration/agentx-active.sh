#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: hbwatchd with 1,000 watches, 20 of which receive no heartbeat.
# Checks:  hbwActiveTable has all active alarms, and only these; one GETBULK
#          returns five of its columns.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin snmpbulkget
start_observer

WATCHES=1000
ACTIVE=20

# active_columns NAME...: one GETBULK of these columns.  By default snmpd returns
# at most 100 values (maxGetbulkResponses): 20 rows of five columns.
active_columns() {
	client snmpbulkget -t 5 -r 1 -Cr20 -OQs "$AGENT" \
		"${@/#/HBWATCH-MIB::hbwActive}"
}

# active_table: both halves of the table
active_table() {
	active_columns Key Watch Peer Severity Cause
	active_columns Side Confidence Age OperatorState Detail
}

# rows_of COLUMN: its indexes in $WORK/active, in the order of the answer
rows_of() {
	sed -n "s/^hbwActive$1\.\([0-9.]*\) = .*/\1/p" "$WORK/active"
}

# raised_rows: the indexes of the rows of hbwAlarmTable that are raised
raised_rows() {
	client snmpbulkwalk -Cr50 -OQs "$AGENT" HBWATCH-MIB::hbwAlarmState |
		sed -n 's/^hbwAlarmState\.\([0-9.]*\) = raised$/\1/p'
}

values_of() {
	sed -n "s/^hbwActive$1\.[0-9.]* = //p" "$WORK/active" | sort -u
}

for ((i = 1; i <= WATCHES; i++)); do
	watch_section "watch $i" $((20000 + i)) 2s "$LINK" \
		"alarm = $((i % 2 == 0 ? 45640 : 12010))"
done | configure
start_sender most "20001-$((20000 + WATCHES - ACTIVE))" --rate 2
start_hbwatchd
soon "the alarms of $ACTIVE watches are active" 20 active_alarms_are $ACTIVE

active_table >"$WORK/active"
is "one GETBULK returns each active alarm" "$(rows_of Key | wc -l)" $ACTIVE
is "they are the raised rows of hbwAlarmTable, in the same order" \
	"$(rows_of Key)" "$(raised_rows)"
for column in Watch Peer Severity Cause Side Confidence Age OperatorState \
	Detail; do
	is "hbwActive$column has the same rows" "$(rows_of "$column")" \
		"$(rows_of Key)"
done
is "the peer is a text" "$(values_of Peer)" "$B4"
is "the cause is that of the alarms" "$(values_of Cause)" neverHeard
is "the side is unknown" "$(values_of Side)" unknown
is "no operator has acted" "$(values_of OperatorState)" none

start_sender others "$((20001 + WATCHES - ACTIVE))-$((20000 + WATCHES))" \
	--rate 2
soon "all alarms are cleared" 20 active_alarms_are 0
active_table >"$WORK/active"
is "hbwActiveTable is empty" "$(rows_of Key)" ""
finish
