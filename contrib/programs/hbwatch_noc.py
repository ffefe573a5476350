# SPDX-License-Identifier: BSD-2-Clause
"""HBWATCH-MIB for the programs in this directory: names and numbers, requests
with the tools of net-snmp, and notifications as snmptrapd passes them to a
program (traphandle).

The tools run without MIB modules and print strings in hexadecimal, so that no
text of an alarm can be mistaken for something else.
"""

import ipaddress
import os
import re
import subprocess
import sys

ROOT = ".1.3.6.1.4.1.8072.9999.9999.45640"
TRAP_OID = ".1.3.6.1.6.3.1.1.4.1.0"
UPTIME = ".1.3.6.1.2.1.1.3.0"
NEVER = bytes(8)

EVENTS = ["", "raised", "cleared", "blind", "restored", "storm", "changed",
    "alive", "reminder", "started", "stopped"]
# The notification of each event has the same number.
NOTIFICATIONS = ["", "hbwAlarmRaised", "hbwAlarmCleared", "hbwWatcherBlind",
    "hbwWatcherRestored", "hbwAlarmStorm", "hbwAlarmChanged",
    "hbwWatcherAlive", "hbwAlarmReminder", "hbwWatcherStarted",
    "hbwWatcherStopped"]
SEVERITIES = ["", "cleared", "indeterminate", "critical", "major", "minor",
    "warning"]
CAUSES = ["", "unknown", "neverHeard", "instanceStopped",
    "floatingIpMisconfigured", "linkAbnormal", "hostDown", "oneWayLink",
    "peerHung", "dualActive", "localFault", "filtered", "handshakeFailed"]
SIDES = ["", "unknown", "here", "peer", "between", "both"]
DELIVERIES = ["", "pending", "delivered", "summarised", "shelved"]
CHANGES = ["", "cause", "acknowledged", "unacknowledged", "shelved",
    "unshelved", "chattering", "calm"]
WATCH_STATES = ["", "starting", "alive", "late", "interrupted", "blind",
    "disabled"]
OPERATOR_STATES = ["", "none", "acknowledged", "shelved"]

# Enumerations of objects of notifications.
ENUMERATIONS = {
    "hbwAlarmState": ["", "cleared", "raised"],
    "hbwAlarmSeverity": SEVERITIES,
    "hbwAlarmCause": CAUSES,
    "hbwAlarmSide": SIDES,
    "hbwAlarmClearType": ["", "notCleared", "automatic", "configuration"],
    "hbwAlarmChange": CHANGES,
    "hbwAlarmOperatorState": OPERATOR_STATES,
    "hbwCaptureState": ["", "running", "down", "failed", "notMonitored"],
}

# The OIDs below ROOT of the objects of notifications.  Those of an alarm come
# in the order of hbwAlarmRaised.
ALARM_OBJECTS = {
    "hbwAlarmKey": "1.4.1.2", "hbwAlarmId": "1.4.1.1",
    "hbwAlarmName": "1.4.1.3", "hbwAlarmState": "1.4.1.4",
    "hbwAlarmSeverity": "1.4.1.5", "hbwNotificationSequence": "1.1.12",
    "hbwNotificationEpoch": "1.1.11", "hbwAlarmSerial": "1.4.1.15",
    "hbwAlarmSource": "1.4.1.9", "hbwAlarmServiceName": "1.4.1.10",
    "hbwAlarmRoleName": "1.4.1.11", "hbwAlarmHostName": "1.4.1.12",
    "hbwWatchName": "1.3.1.2", "hbwWatchPeerType": "1.3.1.5",
    "hbwWatchPeer": "1.3.1.6", "hbwAlarmCause": "1.4.1.13",
    "hbwAlarmDetail": "1.4.1.14", "hbwAlarmRaisedTime": "1.4.1.16",
    "hbwAlarmClearedTime": "1.4.1.17", "hbwWatchLastHeartbeat": "1.3.1.12",
    "hbwWatchPeerText": "1.3.1.19", "hbwWatchPeerHost": "1.3.1.20",
    "hbwAlarmSide": "1.4.1.22", "hbwAlarmConfidence": "1.4.1.21",
    "hbwAlarmRepair": "1.4.1.23", "hbwAlarmLevel": "1.4.1.24",
    "hbwAlarmLocation": "1.4.1.25", "hbwAlarmClearType": "1.4.1.26",
}
OBJECTS = dict(ALARM_OBJECTS, **{
    "hbwCaptureInterface": "1.2.1.2", "hbwCaptureState": "1.2.1.3",
    "hbwCaptureError": "1.2.1.8", "hbwAlarmChange": "1.8.1",
    "hbwStormRaised": "1.1.16", "hbwStormCleared": "1.1.17",
    "hbwStormFirst": "1.1.18", "hbwStormSince": "1.1.19",
    "hbwWatchCount": "1.1.4", "hbwActiveAlarms": "1.1.5",
    "hbwBlindWatches": "1.1.20", "hbwWatcherSource": "1.8.2",
    "hbwWatcherHost": "1.8.3", "hbwAlarmOperatorState": "1.4.1.28",
    "hbwAlarmOperator": "1.4.1.29", "hbwAlarmOperatorText": "1.4.1.30",
    "hbwAlarmShelvedSeconds": "1.4.1.32",
})
NAMES = {oid: name for name, oid in OBJECTS.items()}


def name_of(names, number):
    """The name of a number of an enumeration, or the number itself."""
    return names[number] if 0 < number < len(names) else str(number)


def time_text(octets):
    """A DateAndTime in the form of RFC 3339; "never" for eight zero octets."""
    if len(octets) not in (8, 11) or octets[:8] == NEVER:
        return "never"
    year = octets[0] * 256 + octets[1]
    text = "%04d-%02d-%02dT%02d:%02d:%02d.%d" % (year, *octets[2:8])
    if len(octets) == 11:
        text += "%s%02d:%02d" % (chr(octets[8]), octets[9], octets[10])
    return text


def duration_text(seconds):
    """Such as "35 s", "12 min", "5 h" or "3 d"."""
    for unit, size in ("d", 86400), ("h", 3600), ("min", 60):
        if seconds >= 2 * size:
            return "%d %s" % (seconds // size, unit)
    return "%d s" % seconds


#
# Requests
#

class NoAnswer(Exception):
    """The SNMP agent did not answer, or refused the request."""


def add_snmp_arguments(parser):
    """The options of a request; their letters are those of check_snmp."""
    group = parser.add_argument_group("SNMP", "Without -C and -U, the tools of "
        "net-snmp use the defaults in their snmp.conf.  Secrets there are not "
        "visible in the list of processes.")
    group.add_argument("-p", dest="port", type=int, default=161,
        help="UDP port (161)")
    group.add_argument("-C", dest="community", help="community, SNMPv2c")
    group.add_argument("-U", dest="user", help="user, SNMPv3")
    group.add_argument("-L", dest="level", metavar="LEVEL",
        help="noAuthNoPriv, authNoPriv or authPriv")
    group.add_argument("-a", dest="auth", metavar="PROTOCOL",
        help="authentication protocol")
    group.add_argument("-A", dest="auth_password", metavar="PASSPHRASE")
    group.add_argument("-x", dest="priv", metavar="PROTOCOL",
        help="privacy protocol")
    group.add_argument("-X", dest="priv_password", metavar="PASSPHRASE")
    group.add_argument("-e", dest="retries", type=int, default=2,
        help="retries (2)")
    group.add_argument("--mib-root", default=ROOT, metavar="OID",
        help="hbwatchMIB, if configure --with-mib-root moved it")


class Agent:
    """Requests to one SNMP agent.  OIDs are relative to hbwatchMIB."""

    def __init__(self, host, options, timeout=10):
        self.host = host
        self.root = "." + options.mib_root.strip(".")
        self.limit = timeout
        self.arguments = ["-m", "", "-Onx", "-r", str(options.retries), "-t",
            "%.2f" % max(timeout / (options.retries + 1), 0.1)]
        if options.community is not None:
            self.arguments += ["-v", "2c", "-c", options.community]
        elif options.user is not None:
            self.arguments += ["-v", "3", "-u", options.user]
        for letter, value in (("-l", options.level), ("-a", options.auth),
                ("-A", options.auth_password), ("-x", options.priv),
                ("-X", options.priv_password)):
            if value is not None:
                self.arguments += [letter, value]
        if ":" in host and not host.startswith("["):
            host = "[%s]" % host
        self.arguments += ["udp%s:%s:%d" % ("6" if "[" in host else "", host,
            options.port)]

    def run(self, program, options, oids):
        """Yields (OID below the root, value); None for no such object.  An OID
        outside of the root ends the answers of a GETBULK."""
        try:
            result = subprocess.run([program, *options, *self.arguments] +
                ["%s.%s" % (self.root, oid) for oid in oids],
                stdin=subprocess.DEVNULL, capture_output=True, text=True,
                errors="replace", timeout=self.limit + 5, check=False)
        except FileNotFoundError as error:
            raise NoAnswer("%s is not installed (Debian: snmp)" %
                program) from error
        except subprocess.TimeoutExpired as error:
            raise NoAnswer("no answer within %g s" % self.limit) from error
        if result.returncode != 0:
            raise NoAnswer(" ".join((result.stderr or result.stdout).split()))
        # Long strings have several lines.
        text = re.sub(r"\n(?!\.)", " ", result.stdout)
        for line in text.splitlines():
            oid, _, value = line.partition(" = ")
            if oid.startswith(self.root + "."):
                yield oid[len(self.root) + 1:], value_of(value)

    def get(self, *oids):
        """The values of scalars or instances, in the order of the OIDs."""
        values = dict(self.run("snmpget", [], oids))
        return [values.get(oid) for oid in oids]

    def rows(self, columns, after=""):
        """Yields (index, list of values) of each row after that index, in the
        order of the table; the index is text such as "45640.1"."""
        if len(columns) == 1 and not after:
            # One process, however many rows.
            for oid, value in self.run("snmpbulkwalk", ["-Cr100"], columns):
                if oid.startswith(columns[0] + "."):
                    yield oid[len(columns[0]) + 1:], [value]
            return
        # snmpd gives at most 100 values in an answer.
        repetitions = max(100 // len(columns), 1)
        while True:
            found = {}
            suffix = "." + after if after else ""
            for oid, value in self.run("snmpbulkget",
                    ["-Cn0", "-Cr%d" % repetitions],
                    [column + suffix for column in columns]):
                for position, column in enumerate(columns):
                    if oid.startswith(column + "."):
                        index = oid[len(column) + 1:]
                        found.setdefault(index, {})[position] = value
            # The last columns of an answer can be cut off.
            complete = [index for index, row in found.items()
                if len(row) == len(columns)]
            complete.sort(key=order)
            if not complete:
                return
            if after and order(complete[0]) <= order(after):
                raise NoAnswer("%s: its rows are not in order" % self.host)
            for index in complete:
                yield index, [found[index][i] for i in range(len(columns))]
            after = complete[-1]


def order(index):
    """The place of an index in the order of a table."""
    return [int(number) for number in index.split(".")]


def value_of(text):
    """The value that a tool has printed: int, bytes, or None."""
    kind, _, value = text.partition(": ")
    if kind == "Hex-STRING":
        return bytes.fromhex(value)
    if text.strip() == '""':
        return b""
    if kind in ("INTEGER", "Gauge32", "Counter32", "Counter64"):
        return int(value.split()[0])
    return None


def text_of(value):
    """A string of the agent as text."""
    return printable((value or b"").decode("utf-8", "replace"))


def printable(text):
    """Without control characters, which could do something in a terminal, in a
    mail or in a file of commands, and without octets that are not UTF-8."""
    return re.sub("[\ud800-\udfff]", "\ufffd",
        re.sub("[\0-\x1f\x7f-\x9f]+", " ", text))


def begin_output():
    """Lets a program print any text, whatever the locale is."""
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    sys.stderr.reconfigure(encoding="utf-8", errors="replace")


#
# Notifications
#

class Notification:
    """A notification as text: event is a name of EVENTS, or "" if it is not one
    of HBWATCH-MIB; objects has the values by name, enumerations as names."""

    def __init__(self, host, address, event, objects):
        self.host, self.address = host, address
        self.event, self.objects = event, objects

    def get(self, name):
        return self.objects.get(name, "")

    def number(self, name):
        """The value as a number; 0 if there is none."""
        match = re.fullmatch("[0-9]{1,10}", self.get(name))
        return int(match.group()) if match else 0

    @property
    def severity(self):
        return "cleared" if self.event in ("cleared", "restored") else \
            self.get("hbwAlarmSeverity") or "indeterminate"

    @property
    def observer(self):
        """The host of hbwatchd; the sender if the notification has no name."""
        return self.get("hbwAlarmHostName") or self.get("hbwWatcherHost") or \
            self.host

    def headline(self):
        """One line for people."""
        if self.get("hbwAlarmKey"):
            verb, change = self.event, self.get("hbwAlarmChange")
            if change not in ("", "0"):
                verb = "cause changed" if change == "cause" else change
            return "%s %s: %s, watch %s on %s" % (self.get("hbwAlarmSeverity"),
                verb, self.get("hbwAlarmName"), self.get("hbwWatchName"),
                self.get("hbwAlarmHostName"))
        if self.event in ("blind", "restored"):
            return "hbwatchd on %s: %s: %s" % (self.observer,
                self.get("hbwCaptureInterface"),
                "cannot capture, " + self.get("hbwCaptureError")
                if self.event == "blind" else "not monitored any more"
                if self.get("hbwCaptureState") == "notMonitored" else
                "can capture again")
        if self.event == "storm":
            return "hbwatchd on %s: storm, %s raised and %s cleared" % (
                self.observer, self.get("hbwStormRaised"),
                self.get("hbwStormCleared"))
        return "hbwatchd on %s: %s" % (self.observer, self.event)


def read_trap():
    """What snmptrapd writes to a program.  Octets that are not UTF-8, which
    notifications of other MIBs can have, are kept (surrogateescape)."""
    return sys.stdin.buffer.read().decode("utf-8", "surrogateescape")


def parse_trap(text, root=ROOT):
    """The notification that snmptrapd writes to a program.  Names of objects
    can be numeric (snmptrapd -On) or those of the MIB."""
    host, transport, *lines = (text + "\n").split("\n")
    match = re.search(r"\[([0-9A-Fa-f.:]+)\]", transport)
    address = match.group(1) if match else ""
    root = "." + root.strip(".")
    event, objects = "", {}
    for oid, value in varbinds(lines):
        if oid == TRAP_OID or "snmpTrapOID" in oid:
            event = event_of(value, root)
            continue
        name = object_name(oid, root)
        if name:
            objects[name] = plain(name, value)
    return Notification(printable(host), address, event, objects)


# The beginning of a line with another object.
VARBIND = re.compile(r"(\.\d[\d.]*|[A-Za-z][\w-]*(?:::\S+|\.\d[\d.]*))(?: |$)")


def varbinds(lines):
    """Yields the name and the value of each object.  A value with a newline
    continues on the next line.  Quotes do not show its end: with the MIB,
    snmptrapd writes texts without quotes, and does not escape those inside."""
    oid, value = "", ""
    for line in lines:
        match = VARBIND.match(line)
        if match:
            if oid:
                yield oid, value
            oid, value = match.group(1), line[match.end():]
            value = value[2:] if value.startswith("= ") else value
        else:
            value += "\n" + line
    if oid:
        yield oid, value


def event_of(value, root):
    value = value.strip()
    if value.startswith(root + ".0."):
        number = value[len(root) + 3:]
        return EVENTS[int(number)] if re.fullmatch("[0-9]{1,3}", number) and \
            int(number) < len(EVENTS) else ""
    name = value.rpartition("::")[2]
    return EVENTS[NOTIFICATIONS.index(name)] if name in NOTIFICATIONS else ""


def object_name(oid, root):
    if oid.startswith(root + "."):
        below = oid[len(root) + 1:]
        for length in (4, 3):
            name = NAMES.get(".".join(below.split(".")[:length]))
            if name:
                return name
        return ""
    name = oid.rpartition("::")[2].partition(".")[0]
    return name if name in OBJECTS else ""


def plain(name, value):
    """A value without what net-snmp adds, times in the form of RFC 3339, and
    enumerations as names."""
    value = value.strip()
    if len(value) >= 2 and value[0] == value[-1] == '"':
        value = value[1:-1]
        value = octets_text(name, value) if \
            re.fullmatch(r"(?:[0-9A-F]{2}\s+)+", value) else \
            re.sub(r'\\(["\\])', r"\1", value)
    if is_time(name):
        value = time_of(value)
    if name in ENUMERATIONS and re.fullmatch("[0-9]{1,10}", value):
        value = name_of(ENUMERATIONS[name], int(value))
    return printable(value)


def octets_text(name, value):
    """Without the MIB, snmptrapd writes times and texts that are not ASCII in
    hexadecimal.  Other values stay as they are."""
    octets = bytes.fromhex(value)
    if is_time(name):
        return time_text(octets)
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        return value
    # A text that only looks like hexadecimal numbers.
    return value if text.isascii() and text.isprintable() else text


def time_of(value):
    """A time as net-snmp prints it with the MIB, in the form of RFC 3339."""
    match = re.fullmatch(r"(\d{1,4})-(\d+)-(\d+),(\d+):(\d+):(\d+)\.(\d)"
        r"(?:,([+-])(\d+):(\d+))?", value, re.ASCII)
    if not match:
        return value
    date = [int(number) for number in match.groups()[:7]]
    if not any(date):
        return "never"
    text = "%04d-%02d-%02dT%02d:%02d:%02d.%d" % tuple(date)
    if match.group(8):
        text += "%s%02d:%02d" % (match.group(8), int(match.group(9)),
            int(match.group(10)))
    return text


def trap_lines(host, address, event, values, root=ROOT):
    """The text that snmptrapd -On with HBWATCH-MIB would write for a
    notification: values are (name, instance, value), in order."""
    lines = [host, "UDP: [%s]:161->[0.0.0.0]:162" % address,
        UPTIME + " 0:0:00:00.00",
        "%s %s.0.%d" % (TRAP_OID, root, event)]
    for name, instance, value in values:
        if name in ENUMERATIONS:
            value = name_of(ENUMERATIONS[name], value)
        elif isinstance(value, bytes):
            value = snmp_time(value) if is_time(name) else \
                '"%s "' % value.hex(" ").upper()
        lines.append("%s.%s.%s %s" % (root, OBJECTS[name], instance, value))
    return "\n".join(lines) + "\n"


def is_time(name):
    """Is this object a DateAndTime?"""
    return name.endswith(("Time", "Heartbeat", "Since"))


def snmp_time(octets):
    """A DateAndTime as net-snmp prints it."""
    text = "%d-%d-%d,%d:%d:%d.%d" % (octets[0] * 256 + octets[1], *octets[2:8])
    if len(octets) == 11:
        text += ",%s%d:%d" % (chr(octets[8]), octets[9], octets[10])
    return text


def peer_values(text):
    """InetAddressType and InetAddress of the text of an address."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return 0, b""
    return (1 if address.version == 4 else 2), address.packed


def write_file(path, text):
    """Replaces a file at once."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)
