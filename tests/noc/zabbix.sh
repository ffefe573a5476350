#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a pair, and Zabbix 6.0 with the template contrib/zabbix/6.0 and
#          hbwatch-zabbix behind snmptrapd.
# Checks:  the API imports the template; watches, alarms and interfaces are
#          discovered; a notification opens a problem with its severity, text
#          and tags, and the clear closes it; restarts of the server and of
#          snmptrapd lose nothing; the web page shows the problem.
# Output:  screenshots in $OUTPUT, by default the directory noc of the build.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
PATH=$PATH:/usr/sbin
begin_noc zabbix_server php chromium
# shellcheck source-path=SCRIPTDIR source=zabbix.inc
. "$(dirname "$0")/zabbix.inc"
OUTPUT=${OUTPUT:-$BUILD/noc}
mkdir -p "$OUTPUT"
start_zabbix

TEMPLATE=$CONTRIB/zabbix/6.0/template_app_hbwatch_snmp.yaml
is "the API imports the template" \
	"$(api configuration.import "@$TEMPLATE" 'str(r)')" True
is "the API imports it again" \
	"$(api configuration.import "@$TEMPLATE" 'str(r)')" True
need "the host is not created" 10 create_host

#
# Values and discovery
#

soon "values are read" 60 value_is hbwatch.watches 1
soon "watches, alarms and interfaces are discovered" 60 discover
state="hbwatch.watch.state[hbwWatchState.$(watch_index flinkserver)]"
soon "the state of the watch is alive" 60 value_is "$state" 2
like "the item has the name of the watch" "$(api item.get '{
	"hostids": "'"$HOST"'", "filter": {"key_": "'"$state"'"}}' \
	'[i["name"] for i in r]')" 'Watch \[flinkserver\]: State'
alarm="hbwatch.alarm.state[hbwAlarmState.45640.$(watch_index flinkserver)]"
soon "the state of the alarm is cleared" 60 value_is "$alarm" 1
soon "the state of the interface is running" 60 value_is \
	"hbwatch.capture.state[hbwCaptureState.$(index_of hbwCaptureInterface \
		"$LINK")]" 1
is "each item has a value" "$(api item.get '{"hostids": "'"$HOST"'",
	"filter": {"state": 1}}' \
	'[i["key_"] + ": " + i["error"] for i in r]')" ""
is "no problem is open" "$(problems)" ""

#
# Notifications
#

HANDLER=("$PROGRAMS/hbwatch-zabbix" "$TRAP_FILE")
receive "$(handler "${HANDLER[@]}")"
RAISED="minor raised: FlinkServer Heartbeat"
raise
soon "a raise opens a problem within 5 s, as average" 5 problems_are 1 \
	"^3 $RAISED.*, watch flinkserver on node-1"
problem=$(problems)
key=$(get "hbwAlarmKey.45640.$(watch_index flinkserver)")
like "its name has the evidence" "$problem" \
	"node-1: no heartbeat .* from $B4"
like "its tags have the key and the fields of FusionInsight" "$problem" \
	"cause=unknown .*id=45640 key=$key level=3 locationInfo=Source=.* \
peer=$B4 .*serialNo=1 .*watch=flinkserver"
soon "the state of the watch is interrupted" 10 value_is "$state" 4
soon "the sequence number is received" 10 value_is hbwatch.trap.sequence \
	"$(get hbwNotificationSequence.0)"

# page PATH OPTION: opens a page of Zabbix
page() {
	local login="name=Admin&password=zabbix&enter=Sign+in"

	at "$NODE_A" env HOME="$WORK" timeout 120 chromium --headless \
		--no-sandbox --disable-gpu --disable-dev-shm-usage \
		--user-data-dir="$WORK/chromium" --window-size=1500,900 \
		--virtual-time-budget=15000 "$2" \
		"$WEB/index.php?$login&request=$1" \
		2>>"$WORK/chromium.log"
}
problem_page='zabbix.php%3Faction%3Dproblem.view%26filter_set%3D1'
page "$problem_page" --dump-dom >"$WORK/problems.html"
check "the web page shows the problem" grep -qF "$RAISED" \
	"$WORK/problems.html"
page "$problem_page" --screenshot="$OUTPUT/zabbix-problems.png"
check "there is a screenshot" test -s "$OUTPUT/zabbix-problems.png"
dashboard=$(api templatedashboard.get '{}' '[d["dashboardid"] for d in r
	if d["name"] == "hbwatch"][0]')
page "zabbix.php%3Faction%3Dhost.dashboard.view%26hostid%3D$HOST\
%26dashboardid%3D$dashboard" --screenshot="$OUTPUT/zabbix-dashboard.png"
check "there is a screenshot of the dashboard" \
	test -s "$OUTPUT/zabbix-dashboard.png"

clear
soon "the clear closes it within 5 s" 5 problems_are 0 "$RAISED"

stop server
raise
: >"$WORK/server.log"
start_server
soon "the server was stopped: the raise opens a problem" 30 \
	problems_are 1 "$RAISED"
clear
soon "the clear closes it" 5 problems_are 0 "$RAISED"
stop noc
raise
clear
raise
receive
clear
soon "snmptrapd was stopped: each problem is opened and closed" 30 \
	events_are "$RAISED" 4 4
stop noc
raise
repair "${HANDLER[@]}"
soon "nothing follows: a timer repairs the raise" 10 problems_are 1 "$RAISED"

# feed EVENT [SEVERITY [CHANGE]]: gives a notification to hbwatch-zabbix
feed() {
	printf '%s\n' node-1 "UDP: [${AGENT%:*}]:161->[127.0.0.1]:162" \
		".1.3.6.1.6.3.1.1.4.1.0 .$MIB_ROOT.0.$1" \
		".$MIB_ROOT.1.4.1.2.45640.9 \"c/F/F/node-1/fed/45640\"" \
		".$MIB_ROOT.1.4.1.5.45640.9 ${2:-5}" \
		".$MIB_ROOT.1.3.1.2.9 \"fed\"" ".$MIB_ROOT.1.8.1.0 ${3:-0}" |
		ours hbwatch-zabbix "$TRAP_FILE"
}

for severity in "critical 3 5" "major 4 4" "minor 5 3" "warning 6 2"; do
	read -r name number priority <<<"$severity"
	feed 1 "$number"
	soon "$name: a problem of priority $priority" 5 problems_are 1 \
		"^$priority $name raised: .*watch fed"
	feed 2 "$number"
	soon "$name: it is closed" 5 problems_are 0 "watch fed"
done
feed 6 5 6
soon "chattering: a problem is opened" 5 problems_are 1 \
	"^2 minor chattering: .*watch fed"
feed 6 5 7
soon "calm: it is closed" 5 problems_are 0 "watch fed"
feed 5
soon "a storm: a problem is opened" 5 problems_are 1 "^2 hbwatch: Alarm storm"

#
# Without notifications
#

macro HBWATCH.TRAPS 0
soon "without notifications the state opens the problem, as average" 30 \
	problems_are 1 "^3 hbwatch: Alarm \[$key\]"
start_peer
soon "and closes it" 30 problems_are 0 "hbwatch: Alarm \["
receive
stop hbwatchd
soon "hbwatchd is stopped: a problem is opened within 5 s" 5 problems_are 1 \
	"^2 hbwatch: hbwatchd was stopped"
soon "hbwatchd is stopped: no data opens a problem" 120 problems_are 1 \
	"^4 hbwatch: No data from hbwatchd"
finish
