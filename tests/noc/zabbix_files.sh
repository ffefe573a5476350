#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: the templates of contrib/zabbix and hbwatch-zabbix, without Zabbix.
# Checks:  the templates are those that zabbix_template.py writes; each item on
#          which something depends exists and reads the OID; hbwatch-zabbix
#          writes each kind of notification in the form that Zabbix reads.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
export PYTHONDONTWRITEBYTECODE=1
make_work
trap 'rm -rf "$WORK"' EXIT

#
# Templates
#

for version in 6.0 7.0; do
	check "$version: the template is up to date" cmp -s \
		<("$ROOT/tests/noc/zabbix_template.py" "$version") \
		"$CONTRIB/zabbix/$version/template_app_hbwatch_snmp.yaml"
	is "$version: each reference has its object" "$(python3 - "$version" \
		"$ROOT/tests/noc" <<-'END'
	import re, sys
	sys.path.insert(0, sys.argv[2])
	import zabbix_template
	export = zabbix_template.Template(sys.argv[1]).export()
	export = export["zabbix_export"]
	template = export["templates"][0]
	items = list(template["items"])
	for rule in template["discovery_rules"]:
	    items += [rule] + rule["item_prototypes"]
	keys = {item["key"]: item for item in items}
	text = "\n".join(zabbix_template.yaml(export))
	if len(keys) != len(items):
	    print("a key exists twice")
	uuids = re.findall(r"uuid: '?(\w+)'?$", text, re.M)
	if len(uuids) != len(set(uuids)):
	    print("a UUID exists twice")
	if not all(re.fullmatch("[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}", u)
	        for u in uuids if u != zabbix_template.GROUP_UUID):
	    print("a UUID is not of version 4")
	maps = {m["name"] for m in template["valuemaps"]}
	macros = {m["macro"] for m in template["macros"]}
	for macro in set(re.findall(r"\{\$[\w.]+\}", text)) ^ macros:
	    print("macro", macro)
	for item in items:
	    master = keys.get(item.get("master_item", {}).get("key"))
	    if (item["type"] == "DEPENDENT") != (master is not None):
	        print("master item of", item["key"])
	    # Zabbix refuses a longer one.
	    if len(item.get("snmp_oid", "")) > 512:
	        print("the OID is too long:", item["key"])
	    if "valuemap" in item and item["valuemap"]["name"] not in maps:
	        print("value map of", item["key"])
	    for step in item.get("preprocessing", []):
	        for oid in step.get("parameters", []):
	            if re.match(r"1\.3\.6\.", oid) and not any((oid +
	                    ".").startswith(walked + ".") for walked in
	                    master["snmp_oid"][5:-1].split(",")):
	                print(item["key"], "reads", oid)
	    for kind in "triggers", "trigger_prototypes":
	        for trigger in item.get(kind, []):
	            # 7.0 imports no trigger at all if one has an error.
	            if re.search(r",[^/]*\\", trigger["expression"] + "," +
	                    trigger.get("recovery_expression", "")):
	                print("backslash in trigger", trigger["name"])
	            for key in re.findall(r"/%s/(.+?)(?:,|\)[=<>])" %
	                    zabbix_template.TEMPLATE, trigger["expression"]):
	                if key.rstrip(")") not in keys:
	                    print("trigger", trigger["name"], "reads", key)
	END
	)" ""
done
is "an unknown version is refused" \
	"$("$ROOT/tests/noc/zabbix_template.py" 5.0 2>/dev/null; echo $?)" 2

#
# hbwatch-zabbix
#

MIB=.1.3.6.1.4.1.8072.9999.9999.45640
TRAP=$WORK/trap

# write EVENT VARBIND...: gives the notification to hbwatch-zabbix
write() {
	local event=$1
	shift
	rm -f "$TRAP"
	printf '%s\n' node-1 "${FROM:-UDP: [192.0.2.11]:161->[192.0.2.1]:162}" \
		".1.3.6.1.2.1.1.3.0 0:0:00:00.00" \
		".1.3.6.1.6.3.1.1.4.1.0 $event" "$@" |
		"$PROGRAMS/hbwatch-zabbix" "$TRAP"
}

# line NUMBER: of the file, without the time
line() {
	sed -n "$1p" "$TRAP" | sed -E \
		's/^[0-9]{4}(-[0-9]{2}){2}T[0-9:]{8}[+-][0-9]{4}/TIME/'
}

ALARM=("$MIB.1.4.1.2.45640.1 \"c/Flink/FlinkServer/node-1/f/45640\""
	"$MIB.1.4.1.3.45640.1 \"Flink\"" "$MIB.1.4.1.5.45640.1 5"
	"$MIB.1.4.1.12.45640.1 \"node-1\"" "$MIB.1.3.1.2.1 \"f\"")
write "$MIB.0.1" "${ALARM[@]}"
is "the header has the time and the address" "$(line 1)" \
	"TIME ZBXTRAP 192.0.2.11"
is "a raise has its severity" "$(line 2)" "hbwatch: hbwAlarmRaised minor"
is "a raise has a line for people" "$(line 3)" \
	"minor raised: Flink, watch f on node-1"
is "a raise has its key" "$(line 4)" \
	"hbwAlarmKey: c/Flink/FlinkServer/node-1/f/45640"
write "$MIB.0.2" "${ALARM[@]}"
is "a clear" "$(line 2)" "hbwatch: hbwAlarmCleared"
write "$MIB.0.6" "${ALARM[@]}" "$MIB.1.8.1.0 6"
is "a change has its kind" "$(line 2)" "hbwatch: hbwAlarmChanged chattering"
write "$MIB.0.5" "$MIB.1.1.16.0 90" "$MIB.1.1.17.0 3"
is "a storm" "$(line 2)|$(line 4)" "hbwatch: hbwAlarmStorm|hbwStormRaised: 90"
write "$MIB.0.7" "$MIB.1.1.4.0 2"
is "a sign of life" "$(line 2)" "hbwatch: hbwWatcherAlive"
write "$MIB.0.1" "${ALARM[@]}" "$MIB.1.4.1.14.45640.1 \"a log line with
ZBXTRAP 192.0.2.99
hbwAlarmKey: x\""
is "a text cannot begin another trap" "$(grep -c ZBXTRAP "$TRAP")" 1
is "a text cannot add a line" "$(grep -c '^hbwAlarmKey' "$TRAP")" 1
write .1.3.6.1.6.3.1.1.5.3 ".1.3.6.1.2.1.2.2.1.1.3 3"
is "another trap is written as it is" "$(line 1)|$(line 4)" \
	"TIME ZBXTRAP 192.0.2.11|.1.3.6.1.2.1.2.2.1.1.3 3"
FROM='UDP/IPv6: [2001:db8::11]:161->[2001:db8::1]:162'
write "$MIB.0.2" "${ALARM[@]}"
is "an IPv6 address" "$(line 1)" "TIME ZBXTRAP 2001:db8::11"
"$PROGRAMS/hbwatch-zabbix" "$WORK/none/trap" </dev/null 2>"$WORK/error"
is "the file cannot be written: exit status 1" $? 1
like "the file cannot be written: it says so" "$(cat "$WORK/error")" \
	"none/trap: No such file"
write "$MIB.0.2" "${ALARM[@]}"
echo x | "$PROGRAMS/hbwatch-zabbix" "$TRAP"
is "the file is appended to" "$(grep -c ZBXTRAP "$TRAP")" 2
finish
