#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a pair, and SNMPTT with contrib/huawei/snmptt.conf.huawei.
# Checks:  a fault and its clear have the field names of FusionInsight, the same
#          serial number, and the level of Huawei; a repaired one, too.

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
finish
