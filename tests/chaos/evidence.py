# SPDX-License-Identifier: BSD-2-Clause
"""Reads the records of a run."""

import calendar
import json
import os
from typing import NamedTuple

import plan
from history import Row, in_epochs
from testbed import renamed

TRAP_OID = ".1.3.6.1.6.3.1.1.4.1.0"
BASE = ".1.3.6.1.4.1.8072.9999.9999.45640."
RAISED, CLEARED, BLIND, RESTORED, CHANGED = 1, 2, 3, 4, 6
STARTED, STOPPED = 9, 10
EVENTS = {RAISED: "raised", CLEARED: "cleared", BLIND: "blind",
          RESTORED: "restored", CHANGED: "changed", STARTED: "started",
          STOPPED: "stopped"}

ALARM, TWO_ACTIVE = 45640, 45640001     # hbwAlarmIdIndex

# The daemon reads the wall clock at most this many seconds after the event.
HANDLED_WITHIN = 15.0
DELIVERED_WITHIN = 120.0


class Trap(NamedTuple):
    arrival: float
    event: int
    epoch: int
    sequence: int
    about: str              # the watch, the interface, or "" for hbwatchd
    serial: int
    wall: float             # the time of the alarm; None for other events
    content: tuple          # must be equal in a duplicate
    alarm: int = ALARM


class Segment(NamedTuple):
    """From begin to end the wall clock of the daemon was the monotonic clock
    plus `ahead`."""
    begin: float
    end: float
    ahead: float
    offset: float           # from the clock of the machine


def octets(value):
    return bytes.fromhex(value.strip('"'))


def text(value):
    return octets(value).decode("utf-8", "replace")


def date_and_time(value):
    """Seconds since 1970; None for never."""
    raw = octets(value)
    if not any(raw):
        return None
    year = raw[0] * 256 + raw[1]
    seconds = calendar.timegm((year,) + tuple(raw[2:7])) + raw[7] / 10
    if len(raw) == 11:
        zone = raw[9] * 3600 + raw[10] * 60
        seconds -= -zone if raw[8:9] == b"-" else zone
    return seconds


def read_trap(line):
    """None if the line is not a notification of HBWATCH-MIB."""
    fields = line.rstrip("\n").split("\t")
    pairs = [field.partition(" = ")[::2] for field in fields[2:]]
    values = dict(pairs)
    kind = values.get(TRAP_OID, "")
    if not kind.startswith(BASE + "0."):
        return None
    event = int(kind.rsplit(".", 1)[1])
    # Columns without instances: 4.1.16 is hbwAlarmRaisedTime.
    columns = {}
    for name, value in pairs:
        if name.startswith(BASE + "1."):
            words = name[len(BASE) + 2:].split(".")
            columns[".".join(words[:2 if words[0] == "1" else 3])] = value
    # hbwWatcherHost of the second hbwatchd; and its watch, if it got a SET.
    if event in (STARTED, STOPPED) and text(columns["8.3.0"]) == "second" or \
            event == CHANGED and text(columns["3.1.2"]) == "second":
        return None
    wall = None
    if event in (RAISED, CLEARED):
        wall = date_and_time(columns["4.1.16" if event == RAISED
                                     else "4.1.17"])
    return Trap(float(fields[0]), event, int(columns["1.11"]),
                int(columns["1.12"]),
                "" if event in (STARTED, STOPPED) else
                text(columns["2.1.2" if event in (BLIND, RESTORED)
                             else "3.1.2"]),
                int(columns.get("4.1.15", 0)), wall,
                tuple(pair for pair in pairs if pair[0].startswith(BASE)),
                int(columns.get("4.1.1", 0)))


class Evidence:
    def __init__(self, directory):
        self.directory = directory
        with open(self.path("final"), encoding="utf-8") as file:
            self.final = json.load(file)
        self.watches = [plan.Watch(**watch)
                        for watch in self.final["watches"]]
        with open(self.path("facts"), encoding="utf-8") as file:
            self.facts = [json.loads(line) for line in file]
        self.traps = [self.read_traps(number) for number in (1, 2)]
        self.arrivals = self.read_arrivals()
        self.table = dict((oid[len(BASE) + 2:], value)
                          for oid, value in self.final["table"]
                          if oid.startswith(BASE + "1."))
        self.clock = self.read_clock()
        self.lates = [(fact["t0"], fact["t1"], fact["late"])
                      for fact in self.of("late")]

    def path(self, name):
        return os.path.join(self.directory, name)

    def of(self, *kinds):
        return [fact for fact in self.facts if fact["what"] in kinds]

    def read_traps(self, number):
        with open(self.path("traps%d" % number), encoding="ascii",
                  errors="replace") as file:
            return [trap for trap in map(read_trap, file)
                    if trap is not None]

    def histories(self):
        """The rows of each database, those of the last one at the end."""
        return [in_epochs([Row(*row) for row in fact["rows"] or []])
                for fact in self.of("history")]

    def read_arrivals(self):
        """name -> [(time, number)]"""
        keys = {(watch.link, str(watch.port) if watch.family else "vrrp"):
                watch.name for watch in self.watches}
        found = {watch.name: [] for watch in self.watches}
        with open(self.path("arrivals"), encoding="ascii") as file:
            for line in file:
                words = line.split()
                if len(words) != 4:
                    continue
                # The interface may be renamed at the time.
                key = words[1].removesuffix(renamed("")), words[2]
                if key in keys:
                    found[keys[key]].append((float(words[0]), int(words[3])))
        for arrivals in found.values():
            arrivals.sort()
        return found

    def read_clock(self):
        facts = self.of("clock")
        ends = [fact["t1"] for fact in facts[1:]] + [float("inf")]
        return [Segment(fact["t0"], end, fact["wall"] + fact["offset"],
                        fact["offset"])
                for fact, end in zip(facts, ends)]

    def monotonic(self, wall, arrival):
        """The monotonic times that this wall clock time of the daemon can be;
        the most likely one first."""
        found = []
        for segment in self.clock:
            # Notifications have tenths of a second; this is the middle.
            at = wall + 0.05 - segment.ahead
            if not -0.5 <= arrival - at <= DELIVERED_WITHIN:
                continue
            if at + HANDLED_WITHIN < segment.begin or at > segment.end + 0.3:
                continue
            off = max(segment.begin - at, at - segment.end, 0)
            found.append((off, arrival - at, at))
        return [at for _, _, at in sorted(found)]

    def clock_is_true(self, begin, end):
        """Did the clock of the daemon agree with the clock of the machine all
        the time?  The kernel takes packet timestamps from the latter."""
        return not any(segment.offset for segment in self.clock
                       if segment.begin < end and begin < segment.end)

    def lateness(self, begin, end):
        """The longest delay of the capture monitor, in seconds; other processes
        may have had the same delay."""
        return max((late for t0, t1, late in self.lates
                    if t1 > begin - 2 and t0 < end + 2), default=0.0)


def rows_of(table):
    """sequence -> {column: value} of the history"""
    rows = {}
    for oid, value in table.items():
        if oid.startswith("5.1."):
            column, sequence = oid[4:].split(".")
            rows.setdefault(int(sequence), {})[int(column)] = value
    return rows


def changes(one, other):
    return ", ".join("%s %s became %s" % (name[len(BASE):], value,
                                          dict(other.content).get(name))
                     for name, value in one.content
                     if dict(other.content).get(name) != value)


def same(row, trap):
    if int(row[2]) != trap.event or row[11] != "2":
        return False
    return trap.event not in (RAISED, CLEARED) or (
        text(row[5]) == trap.about and int(row[7]) == trap.serial)
