#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Passwords and communities, on the wire and in the configuration, are nowhere
# else: not in the log, the state directory, the MIB or a notification.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin keepalived
# VRRP's passwords have eight letters at most.
password=Vpasswrd
community=Kcommunity
passphrase=Kpassphrase
payload=Kpayload

keepalived_conf master 2 4 51 200 1 "authentication {" \
	"	auth_type PASS" "	auth_pass $password" "}"
configure <<END
snmp = { "rocommunity public 127.0.0.1", "rocommunity $community 127.0.0.1",
    "createUser noc SHA $passphrase AES $passphrase", "rouser noc priv",
    "trap2sink $SINK $community",
    "trapsess -v 3 -u noc -l authPriv -a SHA -A $passphrase -x AES -X $passphrase $SINK" }
watch "vrrp" {
	interface = "$LINK"
	peer = "$B4"
	heartbeat = "vrrp 51"
	interruption = 4s
}
watch "udp" {
	interface = "$LINK"
	peer = "$B4"
	heartbeat = "udp 20053"
	interruption = 2s
}
END
start_traps
start_keepalived master "$NODE_B"
start_hbwatchd -L "udp:$AGENT"

# send_payload: a heartbeat that says something
send_payload() {
	echo "$payload" | at "$NODE_B" python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], 20053))
s.sendto(sys.stdin.read().encode(), (sys.argv[2], 20053))' "$B4" "$A4"
	watch_is hbwWatchState udp alive
}

soon "advertisements with a password are heard" 20 \
	watch_is hbwWatchState vrrp alive
soon "a payload is heard" 10 send_payload
soon "its silence is told" 10 traps_are 1 hbwAlarmRaised udp
kill_with_children master
soon "as is that of the advertisements" 20 traps_are 1 hbwAlarmRaised vrrp
kill -HUP "${PID[hbwatchd]}"
soon "a reload" 10 grep -q "configuration in effect" "$WORK/hbwatchd.log"
# Asked with a wrong community, and a wrong passphrase.
at "$NODE_A" snmpget -v 2c -c "x$community" -t 1 -r 0 "$AGENT" \
	1.3.6.1.2.1.1.3.0 >"$WORK/client" 2>&1
at "$NODE_A" snmpget -v 3 -u noc -l authPriv -a SHA -A "x$passphrase" \
	-x AES -X "$passphrase" -t 1 -r 0 "$AGENT" 1.3.6.1.2.1.1.3.0 \
	>>"$WORK/client" 2>&1
client snmpbulkwalk -OQ "$AGENT" "$MIB_ROOT" >"$WORK/walk" 2>&1
check "the MIB was walked" grep -q "hbwWatchName" "$WORK/walk"
stop hbwatchd

# secrets FILE...: how many lines of it have one, in any case
secrets() {
	grep -rciE "$password|$community|$passphrase|$payload" "$@" |
		awk -F : '{ n += $NF } END { print n + 0 }'
}

is "none is in the log" "$(secrets "$WORK/hbwatchd.log")" 0
is "none is in the MIB" "$(secrets "$WORK/walk")" 0
is "none is in a notification" "$(secrets "$TRAPS")" 0
is "none is in the state directory" "$(secrets "$WORK/state")" 0
is "nor a key made of one" \
	"$(grep -rc '^usmUser' "$WORK/state/snmp" | grep -vc ':0$')" 0
check "which has what it must" grep -q '^engineBoots 1' \
	"$WORK/state/snmp/hbwatch.conf"
is "the configuration has them" "$(secrets "$WORK/hbwatchd.conf")" 4

# A directive's name was left out, or misspelt.
echo "snmp = { \"$community 127.0.0.1\", \"rocomunity $community\",
    \"createUser noc SHA short\", \"com2sec a 300.1.1.1 $community\" }" |
	configure
at "$NODE_A" "$BUILD/hbwatchd" -t -c "$WORK/hbwatchd.conf" \
	>"$WORK/judged" 2>&1
is "errors are told" "$(grep -c "hbwatchd.conf:[12]: snmp: " "$WORK/judged")" 5
is "and quote no secret" "$(secrets "$WORK/judged")" 0
finish
