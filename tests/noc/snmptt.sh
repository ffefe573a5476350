#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a pair, and SNMPTT as a daemon behind snmptrapd, with
#          contrib/snmptt/snmptt.conf.hbwatch.
# Checks:  SNMPTT logs each alarm with its severity and text, and its clear;
#          what it missed is repaired; the file is complete; the comments of the
#          MIB steer snmpttconvertmib.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin_noc snmptt snmptthandler snmpttconvertmib
# shellcheck source-path=SCRIPTDIR source=snmptt_daemon.inc
. "$(dirname "$0")/snmptt_daemon.inc"

CONF=$CONTRIB/snmptt/snmptt.conf.hbwatch
start_snmptt "$CONF"
receive "$(handler snmptthandler "--ini=$WORK/snmptt.ini")"

raise
soon "the raise is logged within 5 s, with its severity" 5 \
	logged 1 Minor 'raised: FlinkServer Heartbeat Interruption'
key=$(get "hbwAlarmKey.45640.$(watch_index flinkserver)")
like "its text has the watch, the peer and the evidence" \
	"$(cat "$WORK/snmptt.log")" \
	"flinkserver on node-1, peer $B4: no heartbeat"
like "its text has the key" "$(cat "$WORK/snmptt.log")" "key=$key serial=1"
clear
soon "the clear is logged within 5 s, as Normal" 5 \
	logged 1 Normal "cleared: .*key=$key serial=1"
stop noc
raise
clear
raise
receive
clear
soon "snmptrapd was stopped: each raise is logged" 20 logged 3 Minor raised:
soon "snmptrapd was stopped: each clear is logged" 20 logged 3 Normal cleared:
is "in order" "$(grep -o 'raised:\|cleared:' "$WORK/snmptt.log" | xargs)" \
	"raised: cleared: raised: cleared: raised: cleared:"
stop noc
raise
repair snmptthandler "--ini=$WORK/snmptt.ini"
soon "nothing follows: a timer repairs it" 20 logged 4 Minor raised:
is "nothing is unknown to SNMPTT" "$(cat "$WORK/unknown.log" 2>/dev/null)" ""

# Each notification of the MIB has its events, those of alarms one for each
# severity.
is "the file has all notifications of the MIB" \
	"$(sed -n 's/^EVENT \(hbw[A-Za-z]*\) .*/\1/p' "$CONF" |
		sort -u | xargs)" \
	"$(sed -n 's/^\(hbw[A-Za-z]*\) NOTIFICATION-TYPE$/\1/p' \
		"$ROOT/mibs/HBWATCH-MIB.txt" | sort | xargs)"

#
# The MIB
#

snmpttconvertmib --in="$MIBDIRS/HBWATCH-MIB.txt" --out="$WORK/converted" \
	--net_snmp_perl >"$WORK/convert.log" 2>&1 || true
is "snmpttconvertmib converts each notification" \
	"$(grep -c '^EVENT hbw' "$WORK/converted")" \
	"$(grep -c 'NOTIFICATION-TYPE$' "$ROOT/mibs/HBWATCH-MIB.txt")"
like "the comments of the MIB give the severity" \
	"$(grep '^EVENT hbwAlarmRaised ' "$WORK/converted")" "MINOR"
like "the comments of the MIB give the text" \
	"$(grep -A 1 '^EVENT hbwAlarmRaised ' "$WORK/converted")" \
	"FORMAT raised: .3, watch .13 on .12, peer .21: .17"
finish
