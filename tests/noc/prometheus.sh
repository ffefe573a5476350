#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a pair, and snmp_exporter, Prometheus and Alertmanager with the files
#          of contrib/prometheus; a receiver of webhooks.
# Checks:  the generator makes the files for snmp_exporter from the MIB; the
#          rules pass their tests; a raise becomes an alert with the right
#          severity and text, and a clear resolves it, also when Prometheus,
#          Alertmanager or hbwatchd is stopped; an alarm that nobody saw is
#          reported, with the command that lists it; each query of the dashboard
#          has a result.  With SNMP_EXPORTER=FILE, a snmp_exporter of version
#          0.23 or later, that one reads snmp-hbwatch.yml.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin_noc prometheus promtool prometheus-alertmanager amtool \
	prometheus-snmp-exporter prometheus-snmp-generator
FILES=$CONTRIB/prometheus
ALERTS=$WORK/alerts

#
# The files
#

# tool PROGRAM ARGUMENT...: its output goes to $WORK/tool.log; succeeds as it
tool() {
	echo "# $*" >>"$WORK/tool.log"
	(cd "$WORK" && "$@" >>"$WORK/tool.log" 2>&1)
}

cp "$FILES"/*.yml "$ROOT/tests/noc/prometheus.d/rules.yml" "$WORK"
mkdir "$WORK/generated"
check "the generator accepts generator.yml and the MIB" \
	tool "$ROOT/tests/noc/prometheus.d/generate" "$WORK/generated"
for file in snmp-hbwatch.yml snmp-hbwatch-0.22.yml; do
	check "$file is what it generates" \
		cmp "$FILES/$file" "$WORK/generated/$file"
done
check "the rules have no errors" tool promtool check rules hbwatch.rules.yml
check "the rules pass their tests" tool promtool test rules rules.yml
check "prometheus.yml has no errors" tool promtool check config prometheus.yml
check "alertmanager.yml has no errors" tool amtool check-config alertmanager.yml

# route LABEL...: the receiver of such an alert
route() {
	(cd "$WORK" && amtool config routes test \
		--config.file alertmanager.yml "$@" 2>>tool.log)
}
is "a minor alarm has its route" \
	"$(route alertname=HbwatchAlarm severity=minor)" hbwatch
is "a major alarm has its route" \
	"$(route alertname=HbwatchAlarm severity=major)" hbwatch-urgent
is "alerts of others keep theirs" "$(route alertname=X severity=major)" default

#
# The programs
#

start_prometheus() {
	start prometheus "$NODE_A" prometheus \
		--config.file="$WORK/prometheus.yml" \
		--storage.tsdb.path="$WORK/tsdb" \
		--web.listen-address=127.0.0.1:9090 \
		--rules.alert.resend-delay=1s
	need "Prometheus does not start" 30 \
		at "$NODE_A" curl -sf -o /dev/null 127.0.0.1:9090/-/ready
}

start_alertmanager() {
	start alertmanager "$NODE_A" prometheus-alertmanager \
		--config.file="$WORK/alertmanager.yml" \
		--storage.path="$WORK/alertmanager" --cluster.listen-address= \
		--web.listen-address=127.0.0.1:9093
	need "Alertmanager does not start" 30 \
		at "$NODE_A" curl -sf -o /dev/null 127.0.0.1:9093/-/ready
}

# query EXPRESSION: the labels and the value of each sample of its result, as
# JSON, one a line; fails if the expression does
query() {
	at "$NODE_A" curl -sf 127.0.0.1:9090/api/v1/query \
		--data-urlencode "query=$1" | python3 -c '
import json, sys
for sample in json.load(sys.stdin)["data"]["result"]:
    print(json.dumps([sample["metric"], sample["value"][1]], sort_keys=True))'
}

# value_is EXPRESSION VALUE: is that the value of its only sample?
value_is() {
	[ "$(query "$1" | sed 's/.*"\([^"]*\)"\]$/\1/')" = "$2" ]
}

# alerted COUNT PATH STATUS NAME SEVERITY TEXT: are there that many such alerts?
# TEXT is a regular expression.
alerted() {
	file_has "$1" "$ALERTS" $'^/'"$2"$'\t'"$3"$'\t'"$4"$'\t'"$5"$'\t.*'"$6"
}

# A test cannot wait for minutes.
sed -i -e 's/scrape_interval: .*/scrape_interval: 1s/' \
	-e 's/scrape_timeout: .*/scrape_timeout: 1s/' \
	-e "s/targets: \[node-1.*/targets: [\"$AGENT\"]/" \
	-e '/^rule_files:/i global: {evaluation_interval: 1s}' \
	"$WORK/prometheus.yml"
EXPORTER=prometheus-snmp-exporter MODULES=snmp-hbwatch-0.22.yml
[ -z "${SNMP_EXPORTER:-}" ] ||
	EXPORTER=$SNMP_EXPORTER MODULES=snmp-hbwatch.yml
start exporter "$NODE_A" "$EXPORTER" --config.file="$WORK/$MODULES" \
	--web.listen-address=127.0.0.1:9116
: >"$ALERTS"
(exec ip netns exec "$NODE_A" "$TOOLS/receive-webhooks" 9190) >"$ALERTS" \
	2>"$WORK/webhooks.log" &
started webhooks
start_alertmanager
start_prometheus

soon "both modules are read" 20 value_is 'sum(up)' 2
soon "the scalars are there" 10 value_is hbwWatchCount 1
soon "the watches are there, with their names" 10 value_is \
	"hbwWatchState{hbwWatchName=\"flinkserver\",hbwWatchPeerText=\"$B4\"}" 2
check "a time that does not exist is -62169984000" \
	value_is hbwAlarmLastChange -62169984000
check "the rules do not show this time" \
	value_is 'absent(hbwatch:last_change:timestamp_seconds)' 1

#
# Alarms
#

raise
key=$(get "hbwAlarmKey.45640.$(watch_index flinkserver)")
TEXT="Alarm 45640, watch \"flinkserver\", peer $B4"
soon "the raise is an alert within 5 s, with its severity" 5 \
	alerted 1 hbwatch firing HbwatchAlarm minor "$TEXT"
like "its text has the evidence, the cause and the key" "$(cat "$ALERTS")" \
	"no heartbeat.*; cause: [a-zA-Z]+, side: [a-z]+; key: $key"
check "its key without the host is a label" value_is \
	"hbwatch:alarm:observers{alarm_key=\"${key/node-1\//}\"}" 1
clear
soon "the clear resolves it within 5 s" 5 \
	alerted 1 hbwatch resolved HbwatchAlarm minor "$TEXT"

stop prometheus
raise
start_prometheus
soon "Prometheus was stopped: the alarm is an alert" 10 \
	alerted 2 hbwatch firing HbwatchAlarm minor "$TEXT"
stop alertmanager
clear
start_alertmanager
soon "Alertmanager was stopped: the clear resolves it" 15 \
	alerted 2 hbwatch resolved HbwatchAlarm minor "$TEXT"

#
# An alarm that no scrape saw
#

check "all alarms were seen so far" value_is \
	'absent(ALERTS{alertname="HbwatchAlarmMissed"})' 1
soon "Prometheus has the last number" 5 value_is hbwNotificationSequence \
	"$(get hbwNotificationSequence.0)"
soon "the rules have it, too" 5 value_is 'hbwatch:seen{object="last"}' \
	"$(get hbwNotificationSequence.0)"
stop prometheus
raise
clear
start_prometheus
soon "Prometheus missed an alarm: it reports this" 10 \
	alerted 1 hbwatch firing HbwatchAlarmMissed warning hbwatch-resync
after=$(sed -n 's/.*hbwatch-resync.* --after \([0-9.]*\)$/\1/p' "$ALERTS")
is "its command lists the alarm" "$(ours hbwatch-resync "${REQUEST[@]}" \
	--after "$after" | cut -f 3 | xargs)" "raised cleared"

#
# The dashboard
#

raise
soon "the alarm is an alert" 10 \
	alerted 3 hbwatch firing HbwatchAlarm minor "$TEXT"
"$ROOT/tests/noc/prometheus.d/check-dashboard" "$FILES/dashboard.json" \
	>"$WORK/queries"
is "the dashboard has no errors" $? 0
soon "two scrapes are there" 10 value_is \
	'count_over_time(hbwWatchCount[1m]) > bool 2' 1
without=$(while IFS= read -r expression; do
	[ -n "$(query "$expression")" ] || echo "$expression"
done <"$WORK/queries")
is "each query of the dashboard has a result" "$without" ""

#
# hbwatchd does not answer
#

stop hbwatchd
soon "hbwatchd is stopped: the alert that it does not answer is pending" 10 \
	value_is 'ALERTS{alertname="HbwatchNoAnswer",alertstate="pending"}' 1
check "hbwatchd is stopped: the alarm stays" value_is \
	'ALERTS{alertname="HbwatchAlarm",alertstate="firing"}' 1
start_hbwatchd
clear
soon "hbwatchd is started: the clear resolves the alarm" 10 \
	alerted 3 hbwatch resolved HbwatchAlarm minor "$TEXT"
finish
