#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: hbwatchd as standalone SNMP agent (-L), with communities and SNMPv3
#          users that may read or write.
# Checks:  only those with write access acknowledge and shelve alarms.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
EVIDENCE=0
PASSPHRASES="SHA authpassphrase AES privpassphrase"
start_traps
{
	cat <<-END
		snmp = {
			"rocommunity public 127.0.0.1",
			"rwcommunity secret 127.0.0.1",
			"createUser reader $PASSPHRASES",
			"createUser writer $PASSPHRASES",
			"rouser reader priv",
			"rwuser writer priv",
			"trap2sink $SINK public"
		}
	END
	watch_section flinkserver 20053 1s
} | configure
start_hbwatchd -L "udp:$AGENT"
soon "the watch without heartbeats is raised" 10 traps_are 1 hbwAlarmRaised
I=45640.$(watch_index flinkserver)

# set_as USER OBJECT TYPE VALUE...: SET of that SNMPv3 user; prints its error
set_as() {
	local user=$1

	shift
	at "$NODE_A" snmpset -v 3 -u "$user" -l authPriv -a SHA \
		-A authpassphrase -x AES -X privpassphrase -t 3 -r 0 -OQ \
		"$AGENT" "$@" 2>&1 >/dev/null | sed -n 's/^Reason: //p'
}

STATE=HBWATCH-MIB::hbwAlarmOperatorState.$I
is "a community that may only read is rejected" \
	"$(set_objects public "hbwAlarmOperatorState.$I" i 2)" noAccess
like "a user who may only read is rejected" "$(set_as reader "$STATE" i 2)" \
	"noAccess|authorizationError"
is "nothing has changed" "$(get "hbwAlarmOperatorState.$I")" none
is "another object is not writable" "$(set_objects secret hbwVersion.0 s x)" \
	notWritable
is "a community that may write acknowledges" \
	"$(set_objects secret "hbwAlarmOperatorState.$I" i 2)" ""
is "the alarm is acknowledged" "$(get "hbwAlarmOperatorState.$I")" acknowledged
soon "this is notified" 10 traps_are 1 hbwAlarmChanged
is "a user who may write shelves" "$(set_as writer "$STATE" i shelved \
	"HBWATCH-MIB::hbwAlarmShelvedSeconds.$I" u 60 \
	"HBWATCH-MIB::hbwAlarmOperator.$I" s writer)" ""
is "the alarm is shelved" "$(get "hbwAlarmOperatorState.$I")" shelved
is "half of a request is not done" "$(set_objects secret \
	"hbwAlarmOperatorState.$I" i 1 hbwVersion.0 s x) $(get \
	"hbwAlarmOperatorState.$I")" "notWritable shelved"
start_peer
soon "the alarm is cleared" 10 get_is "hbwAlarmState.$I" cleared
is "it is unshelved" "$(set_objects secret "hbwAlarmOperatorState.$I" i 1)" ""
soon "the clear is sent" 10 traps_are 1 hbwAlarmCleared
soon "nothing is pending" 10 nothing_is_pending
check_operator "all that had to be notified arrived, and nothing else"
check "hbwatchd ends on TERM" stop hbwatchd
finish
