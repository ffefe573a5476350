#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a pair, and SNMPTT with contrib/huawei/snmptt.conf.huawei.
# Checks:  a fault and its clear have the field names of FusionInsight, the same
#          serial number, and the level of Huawei; a repaired one, too; a
#          reminder is the fault again; a change and a stop are events.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin_noc snmptt snmptthandler
# shellcheck source-path=SCRIPTDIR source=snmptt_daemon.inc
. "$(dirname "$0")/snmptt_daemon.inc"

start_snmptt "$CONTRIB/huawei/snmptt.conf.huawei"
receive "$(handler snmptthandler "--ini=$WORK/snmptt.ini")"
location='Source=[^,]*, ServiceName=Flink, RoleName=flinkserver, '
location+='HostName=node-1'
raise
soon "a fault has category 0 and level 3" 5 logged 1 Minor \
	"id=45640 .*serialNo=1 category=0 occurTime=2.* clearType=-1 level=3"
soon "a fault has the location" 5 logged 1 Minor "locationInfo=$location"
clear
soon "its clear has category 1 and the same serial number" 5 logged 1 Normal \
	"id=45640 .*serialNo=1 category=1 .* clearTime=2.* clearType=0 level=3"
stop noc
raise
repair snmptthandler "--ini=$WORK/snmptt.ini"
soon "a repaired fault has the same fields" 20 logged 1 Minor \
	"id=45640 .*serialNo=2 category=0 .* level=3 .*locationInfo=$location"
receive
"$BUILD/hbwatch" acknowledge -S "$WORK/control" flinkserver >"$WORK/operator"
soon "a change is an event" 10 logged 1 Minor \
	"id=45640 .*serialNo=2 category=2 .* level=3 .*changed: acknowledged"
# The shortest time of a reminder is a minute.
client snmptrap "$NOC" "" HBWATCH-MIB::hbwAlarmReminder \
	HBWATCH-MIB::hbwAlarmKey.1.1 s key \
	HBWATCH-MIB::hbwAlarmId.1.1 u 45640 HBWATCH-MIB::hbwAlarmName.1.1 s n \
	HBWATCH-MIB::hbwAlarmState.1.1 i 2 \
	HBWATCH-MIB::hbwAlarmSeverity.1.1 i 4
soon "a reminder is the fault again" 10 logged 1 Major "id=45640 .*category=0 "
stop hbwatchd
soon "a stop is an event" 20 logged 1 Warning "category=2 .*was stopped"
is "the file has all notifications of the MIB" \
	"$(sed -n 's/^EVENT \(hbw[A-Za-z]*\) .*/\1/p' \
		"$CONTRIB/huawei/snmptt.conf.huawei" | sort -u | xargs)" \
	"$(sed -n 's/^\(hbw[A-Za-z]*\) NOTIFICATION-TYPE$/\1/p' \
		"$ROOT/mibs/HBWATCH-MIB.txt" | sort | xargs)"
finish
