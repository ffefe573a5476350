#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: hbwatchd as SNMP agent with communities and passphrases, and
#          heartbeats with a password and a payload.
# Checks:  no secret is in the log, the state directory, the MIB, a notification
#          or an error of the configuration.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin keepalived
# A VRRP password has at most eight letters.
password=Vpasswrd
community=Kcommunity
passphrase=Kpassphrase
payload=Kpayload
keys="-a SHA -A $passphrase -x AES -X $passphrase"

keepalived_conf master 2 4 51 200 1 "authentication {" \
	"	auth_type PASS" "	auth_pass $password" "}"
{
	cat <<-END
		snmp = { "rocommunity public 127.0.0.1",
		    "rocommunity $community 127.0.0.1",
		    "createUser noc SHA $passphrase AES $passphrase",
		    "rouser noc priv",
		    "trap2sink $SINK $community",
		    "trapsess -v 3 -u noc -l authPriv $keys $SINK" }
	END
	watch_section vrrp "vrrp 51" 4s
	watch_section udp 20053 2s
} | configure
start_traps
start_keepalived master "$NODE_B"
start_hbwatchd -L "udp:$AGENT"

# send_payload: sends a heartbeat with the payload
send_payload() {
	echo "$payload" | at "$NODE_B" python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], 20053))
s.sendto(sys.stdin.read().encode(), (sys.argv[2], 20053))' "$B4" "$A4"
	watch_is hbwWatchState udp alive
}

soon "advertisements with a password make the watch alive" 20 \
	watch_is hbwWatchState vrrp alive
soon "a heartbeat with a payload makes the watch alive" 10 send_payload
soon "the silence of udp is raised" 10 traps_are 1 hbwAlarmRaised udp
kill_with_children master
soon "the silence of vrrp is raised" 20 traps_are 1 hbwAlarmRaised vrrp
reload_hbwatchd
soon "hbwatchd has reloaded" 10 log_lines_are 1 "$RELOADED"
# Requests with a wrong community and a wrong passphrase.
at "$NODE_A" snmpget -v 2c -c "x$community" -t 1 -r 0 "$AGENT" \
	1.3.6.1.2.1.1.3.0 >"$WORK/client" 2>&1
at "$NODE_A" snmpget -v 3 -u noc -l authPriv -a SHA -A "x$passphrase" \
	-x AES -X "$passphrase" -t 1 -r 0 "$AGENT" 1.3.6.1.2.1.1.3.0 \
	>>"$WORK/client" 2>&1
client snmpbulkwalk -OQ "$AGENT" "$MIB_ROOT" >"$WORK/walk" 2>&1
check "the walk has the MIB" grep -q "hbwWatchName" "$WORK/walk"
stop hbwatchd

# secrets FILE...: the number of lines with a secret, in upper or lower case
secrets() {
	grep -rciE "$password|$community|$passphrase|$payload" "$@" |
		awk -F : '{ n += $NF } END { print n + 0 }'
}

is "the log has no secret" "$(secrets "$WORK/hbwatchd.log")" 0
is "the MIB has no secret" "$(secrets "$WORK/walk")" 0
is "no notification has a secret" "$(secrets "$TRAPS")" 0
# The evidence files have packets.
is "the state directory has no secret" \
	"$(secrets --exclude-dir=evidence "$WORK/state")" 0
is "the state directory has no key made of a secret" \
	"$(grep -rc '^usmUser' "$WORK/state/snmp" | grep -vc ':0$')" 0
check "the state directory has engineBoots" grep -q '^engineBoots 1' \
	"$WORK/state/snmp/hbwatch.conf"
is "the search finds the secrets of the configuration" \
	"$(secrets "$WORK/hbwatchd.conf")" 4

# Directives whose name is missing or misspelt.
echo "snmp = { \"$community 127.0.0.1\", \"rocomunity $community\",
    \"createUser noc SHA short\", \"com2sec a 300.1.1.1 $community\" }" |
	configure
at "$NODE_A" "$BUILD/hbwatchd" -t -c "$WORK/hbwatchd.conf" \
	>"$WORK/errors" 2>&1
is "wrong directives are errors" \
	"$(grep -c "hbwatchd.conf:[12]: snmp: " "$WORK/errors")" 5
is "the errors quote no secret" "$(secrets "$WORK/errors")" 0
finish
