# SPDX-License-Identifier: BSD-2-Clause
"""Rows f and g: the delay of the raise and of the trap after the deadline.

Each watch has some heartbeats and then silence; since they are sent in turn,
the deadlines are as far apart as the heartbeats were.
"""

import os
import re
import statistics
import sys
import threading
import time

import conditions
import daemon
import floors
import keepalived
from figures import Figure, Goal, Note, percentile
from lab import Failed, read, wait_for

ROUNDS = 2                  # of heartbeats, before the silence
RATE = 10000                # notifications a second: more than are due
INSTANCES = 10              # of keepalived; their deadlines are 10 ms apart
# vrrpInstanceStateChange; vrrpInstanceName, and the new vrrpInstanceState.
KEEPALIVED_TRAPS = "1.3.6.1.4.1.9586.100.5"
KEEPALIVED_NAME = r'100\.5\.2\.3\.1\.2 = STRING: "?i(\d+)'
KEEPALIVED_MASTER = r"100\.5\.2\.3\.1\.4 = INTEGER: 2\b"
AGAINST = {
    "f": "keepalived, the backup of %d VRRPv3 groups, 100 ms: its notify FIFO, "
         "after the last advertisement + 3 x 100 ms + skew" % INSTANCES,
    "g": "keepalived's own trap (enable_traps) at the same snmptrapd, after "
         "the same deadline",
}
FLOOR = {
    "f": "floor: a timer (%s, 10 ms) of an ordinary process with nice value "
         "%s, before and after" % (floors.TIMER, floors.NICE),
    "g": "floor: fdatasync after a write of %d octets to the state's "
         "directory, every 10 ms, before and after" % floors.BYTES,
}
# The most milliseconds of the 99th percentile above that of the floor.
ABOVE_FLOOR = {"f": 1, "g": 2}


def milliseconds(times, deadlines):
    """Delays after the deadline; none may be missing or negative."""
    missing = [name for name in deadlines if name not in times]
    if missing:
        raise Failed("%d of %d never came" % (len(missing), len(deadlines)))
    late = [(times[name] - due) * 1000 for name, due in deadlines.items()]
    if min(late) < -1:
        raise Failed("one came %.1f ms before its deadline" % -min(late))
    return late


def first_times(lines, pattern):
    """The time of the first line of each name."""
    found = {}
    for timestamp, line in lines:
        match = re.search(pattern, line)
        if match:
            found.setdefault(match.group(1), timestamp)
    return found


def deadlines_of(log, interruption):
    """The deadline of each watch, from the log of the sender."""
    found = {}
    for line in read(log).splitlines():
        number, timestamp = line.split()
        found[daemon.watch_of(int(number))] = \
            int(timestamp) / 1e9 + interruption
    return found


def ours_once(lab, watches, rate, options="", beside=None):
    """The delays of all raises and of all traps, in milliseconds.  `beside` is
    called when the silence begins, and its result when all are measured."""
    interruption = lab.size(3, 1)
    host = daemon.Host(lab)
    host.start_traps()
    host.start_hbwatchd(options + "rate = %d\n" % RATE + daemon.configuration(
        watches, "%ds" % interruption), watches, timestamped="both")
    log = lab.path("beats.sent")
    lab.beats("-n", watches, "-r", rate, "-c", ROUNDS * watches, "-l", log)
    raised = host.root.replace(".", r"\.") + r"\.0\.1"
    name = host.root.replace(".", r"\.") + r"\.1\.3\.1\.2\.\d+"
    trap = raised + r"\b.*" + name + r' = STRING: "?(w@[0-9.]+)'
    raises, traps = r'\braised, watch "(w@[^"]+)"', trap
    due = deadlines_of(log, interruption)
    finish = beside(lab, due) if beside else None

    # Examined at the end, because that would delay the last ones.
    time.sleep(max(0, max(due.values()) - time.monotonic()) + 1)
    wait_for("%d raises and traps" % watches, 60, lambda: min(
        len(first_times(host.hbwatchd.lines, raises)),
        len(first_times(host.traps.lines, traps))) >= watches, step=0.5)
    found = (milliseconds(first_times(host.hbwatchd.lines, raises), due),
             milliseconds(first_times(host.traps.lines, traps), due))
    if finish:
        finish()
    lab.end_all()
    return found


class Fifo:
    """The times when keepalived wrote that an instance is the master."""

    def __init__(self, path):
        os.mkfifo(path)
        self.masters = {}
        self._descriptor = os.open(path, os.O_RDWR)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            text = os.read(self._descriptor, 4096).decode()
            now = time.monotonic()
            for name in re.findall(r'"i(\d+)" MASTER ', text):
                self.masters[int(name)] = now


def traps_of(host, begin):
    """The times of the traps, since line `begin`, that an instance is the
    master."""
    found = {}
    for timestamp, line in host.traps.lines[begin:]:
        name = re.search(KEEPALIVED_NAME, line)
        if name and re.search(KEEPALIVED_MASTER, line):
            found.setdefault(int(name.group(1)), timestamp)
    return found


def takeover(lab, host, fifo, master):
    """The master becomes silent; returns the delays of all instances."""
    fifo.masters.clear()
    begin = len(host.traps.lines)
    due = {number: last + keepalived.down_interval()
           for number, last in master.stop().items()}
    # Read at the end, as ours.
    wait_for("keepalived's raises", 60,
             lambda: len(fifo.masters) == len(due), step=0.1)
    wait_for("keepalived's traps", 60,
             lambda: len(traps_of(host, begin)) == len(due), step=0.1)
    return (milliseconds(fifo.masters, due),
            milliseconds(traps_of(host, begin), due))


def keepalived_once(lab, count):
    """The same for a backup of keepalived, several times."""
    host = daemon.Host(lab)
    host.start_traps()
    path = lab.path("notify.fifo")
    if os.path.exists(path):
        os.unlink(path)
    fifo = Fifo(path)
    numbers = range(1, INSTANCES + 1)
    master = keepalived.Master(numbers)
    master.start()
    keepalived.start(
        lab, "keepalived", "".join(keepalived.instance("i%d" % number, number)
                                   for number in numbers),
        "\tvrrp_notify_fifo %s\n\tenable_traps\n\tenable_snmp_vrrp\n" % path,
        host.socket)
    wait_for("keepalived at snmpd", 60, lambda: host.get(
        KEEPALIVED_TRAPS + ".2.3.1.2.%d" % INSTANCES))
    raises, traps = [], []
    for i in range(count // INSTANCES):
        # Until it has accepted the advertisements of the master.
        time.sleep(0.3 + 0.037 * (i % 3))
        for delays, new in zip((raises, traps),
                               takeover(lab, host, fifo, master)):
            delays += new
        master.start()
    master.close()
    lab.end_all()
    return raises, traps


def measured_once(lab, condition):
    """{name: (delays of raises, delays of traps)}"""
    print("bench: rows f and g: %s" % condition.text, file=sys.stderr,
          flush=True)
    with conditions.under(lab, condition):
        floor = floors.timer(lab), floors.fdatasync(lab)
        found = {
            "keepalived": keepalived_once(lab, lab.size(200, 20)),
            "single": ours_once(lab, *lab.size((200, 100), (10, 50))),
            "many": ours_once(lab, *lab.size((1000, 1000), (100, 500))),
        }
        found["floor"] = (floor[0] + floors.timer(lab),
                          floor[1] + floors.fdatasync(lab))
    return found


def measured(lab, condition):
    """Both rows use the same runs: the second call finds their results."""
    key = "delay", condition
    if key not in lab.memo:
        lab.memo[key] = [measured_once(lab, condition)
                         for _ in range(condition.repeats(lab))]
    return lab.memo[key]


def goal_of(row, condition, has_floor):
    """Of the 99th percentile.  Without a disk, nothing is written that could
    excuse a trap."""
    if row == "g" and condition.state == "tmpfs":
        return Goal.no_more()
    return Goal.above_floor(ABOVE_FLOOR[row], "ms") if has_floor else None


def figures_of(lab, condition, row, which, what):
    runs = measured(lab, condition)

    def samples(name, of):
        return [of(run[name][which]) for run in runs if run[name][which]]

    figures = []
    statistic = {"median": statistics.median,
                 "p99": lambda values: percentile(values, 99), "worst": max}
    for case in ("single", "many"):
        count = len(runs[0][case][0])
        text = "1 due" if case == "single" else "%d due in 1 s" % count
        for name, of in statistic.items():
            if case == "many" and condition.load != "idle" and name != "p99":
                continue        # the table is long enough
            floor = samples("floor", of)
            figures.append(Figure(
                row, "%s, %s: %s, %s" % (what, condition.text, text, name),
                "ms", samples(case, of), samples("keepalived", of),
                AGAINST[row], goal_of(row, condition, bool(floor))
                if name == "p99" else None,
                "%s; 1 due: %d times, keepalived %d times" % (
                    FLOOR[row], len(runs[0]["single"][0]),
                    len(runs[0]["keepalived"][0])), floor))
    return figures


def each_condition(lab, row, function):
    """The figures of a function in each condition that is possible here."""
    found = []
    for condition in lab.conditions:
        reason = conditions.missing(lab, condition)
        if reason:
            found.append(Note(row, "%s: skipped: %s" % (condition.text,
                                                        reason)))
        else:
            found += function(condition)
    return found


def measure_raise(lab):
    """Row f: until the line in the log of hbwatchd."""
    return each_condition(lab, "f", lambda condition: figures_of(
        lab, condition, "f", 0, "raise"))


def measure_trap(lab):
    return each_condition(lab, "g", lambda condition: figures_of(
        lab, condition, "g", 1, "trap"))
