#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: OpenNMS cannot be installed here; only its file of events is read.
# Checks:  each notification of HBWATCH-MIB has its events, with the right
#          number and the right positions of the objects; each clear has the key
#          of a raise.  With OPENNMS_XSD=FILE, an eventconf.xsd of OpenNMS, the
#          file also fits this schema.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
command -v xmllint >/dev/null || skip_all "xmllint is not installed"
EVENTS=$CONTRIB/opennms/hbwatch.events.xml

check "the file is well-formed" xmllint --noout "$EVENTS"
if [ -n "${OPENNMS_XSD:-}" ]; then
	check "the file fits the schema of OpenNMS" \
		xmllint --noout --schema "$OPENNMS_XSD" "$EVENTS"
fi
difference=$(python3 - "$EVENTS" "$ROOT/mibs/HBWATCH-MIB.txt" \
	"$PROGRAMS" <<'END'
import re
import sys
import xml.etree.ElementTree as ET

sys.path.insert(0, sys.argv[3])
import hbwatch_noc as noc

space = "{http://xmlns.opennms.org/xsd/eventconf}"
mib = open(sys.argv[2], encoding="utf-8").read()
objects = {int(number): re.findall(r"hbw\w+", names)
    for names, number in re.findall(
        r"NOTIFICATION-TYPE\s+OBJECTS \{([^}]*)\}.*?"
        r"::= \{ hbwNotifications (\d+) \}", mib, re.S)}
severities, raised, cleared = {}, set(), set()
for event in ET.parse(sys.argv[1]).getroot().iter(space + "event"):
    mask = {element.find(space + "mename").text:
        element.find(space + "mevalue").text
        for element in event.iter(space + "maskelement")}
    number = int(mask["specific"])
    name = noc.NOTIFICATIONS[number]
    if mask["id"] != noc.ROOT or mask["generic"] != "6":
        print(name, "has a wrong mask")
    if not event.find(space + "uei").text.split("/")[-1].startswith(name):
        print(name, "has a wrong uei")
    names = objects[number]
    for bound in event.iter(space + "varbind"):
        position = int(bound.find(space + "vbnumber").text)
        if names[position - 1] != "hbwAlarmSeverity":
            print(name, "has the severity at a wrong position")
        severities.setdefault(number, set()).add(
            (bound.find(space + "vbvalue").text,
            event.find(space + "severity").text))
    data = event.find(space + "alarm-data")
    if data is None:
        continue
    key = data.get("clear-key") or data.get("reduction-key")
    (cleared if data.get("alarm-type") == "2" else raised).add(
        re.sub(r"\d+", "", key))
    if "/alarm:" in key:
        position = int(re.search(r"parm\[#(\d+)\]", key).group(1))
        if names[position - 1] != "hbwAlarmKey":
            print(name, "has the key at a wrong position")
wanted = {("3", "Critical"), ("4", "Major"), ("5", "Minor"), ("6", "Warning")}
for number in 1, 6, 8:
    if severities.get(number) != wanted:
        print(noc.NOTIFICATIONS[number], "has not all severities")
for key in cleared - raised:
    print("no raise has the key", key)
text = open(sys.argv[1], encoding="utf-8").read()
for number in range(1, 11):
    if "<mevalue>%d</mevalue>" % number not in text:
        print(noc.NOTIFICATIONS[number], "is missing")
END
)
is "the events fit the MIB" "$difference" ""
finish
