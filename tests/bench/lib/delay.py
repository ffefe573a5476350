# SPDX-License-Identifier: BSD-2-Clause
"""Rows f and g: the delay of the raise and of the trap after the deadline.

Each watch has some heartbeats and then silence; since they are sent in turn,
the deadlines are as far apart as the heartbeats were.
"""

import os
import re
import statistics
import threading
import time

import daemon
import keepalived
from figures import Figure, Goal, percentile
from lab import Failed, read, wait_for

ROUNDS = 2                  # of heartbeats, before the silence
KEEPALIVED_TRAPS = "1.3.6.1.4.1.9586.100.5"
AGAINST = {
    "f": "keepalived's backup, VRRPv3 100 ms: its notify FIFO, after the last "
         "advertisement + 3 x 100 ms + skew",
    "g": "keepalived's own trap (enable_traps) at the same snmptrapd, after "
         "the same deadline",
}


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


def ours_once(lab, watches, rate):
    """The delays of all raises and of all traps, in milliseconds."""
    interruption = lab.size(3, 1)
    host = daemon.Host(lab)
    host.start_traps()
    host.start_hbwatchd(daemon.configuration(
        watches, "%ds" % interruption), watches, timestamped="both")
    log = lab.path("beats.sent")
    lab.beats("-n", watches, "-r", rate, "-c", ROUNDS * watches, "-l", log)
    raised = host.root.replace(".", r"\.") + r"\.0\.1"
    name = host.root.replace(".", r"\.") + r"\.1\.3\.1\.2\.\d+"
    trap = raised + r"\b.*" + name + r' = STRING: "?(w@[0-9.]+)'
    raises, traps = r'\braised, watch "(w@[^"]+)"', trap
    due = deadlines_of(log, interruption)

    # Read at the end, so that the timestamps do not wait for us.
    wait_for("%d raises and traps" % watches, interruption + 15, lambda: min(
        len(host.hbwatchd.lines), len(host.traps.lines)) > watches, step=0.2)
    wait_for("the last of them", 5, lambda: min(
        len(first_times(host.hbwatchd.lines, raises)),
        len(first_times(host.traps.lines, traps))) >= watches, step=0.5)
    found = (milliseconds(first_times(host.hbwatchd.lines, raises), due),
             milliseconds(first_times(host.traps.lines, traps), due))
    lab.end_all()
    return found


class Fifo:
    """The time when keepalived logs that its instance is the master."""

    def __init__(self, path):
        os.mkfifo(path)
        self.masters = []
        self._descriptor = os.open(path, os.O_RDWR)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            text = os.read(self._descriptor, 4096)
            now = time.time()
            self.masters += [now] * text.count(b'" MASTER ')


def traps_of(host):
    return [timestamp for timestamp, line in host.traps.lines
            if KEEPALIVED_TRAPS in line]


def keepalived_once(lab, count):
    """The same for a backup of keepalived: one instance, several times."""
    host = daemon.Host(lab)
    host.start_traps()
    path = lab.path("notify.fifo")
    if os.path.exists(path):
        os.unlink(path)
    fifo = Fifo(path)
    master = keepalived.Master()
    master.start()
    keepalived.start(
        lab, "keepalived", keepalived.instance("one", 1),
        "\tvrrp_notify_fifo %s\n\tenable_traps\n\tenable_snmp_vrrp\n" % path,
        host.socket)
    wait_for("keepalived at snmpd", 10, lambda: host.get(
        KEEPALIVED_TRAPS + ".2.3.1.2.1"))
    raises, traps = [], []
    for i in range(count):
        # Until it has accepted the advertisements of the master.
        time.sleep(0.3 + 0.037 * (i % 3))
        seen = len(fifo.masters), len(traps_of(host))
        due = master.stop() + keepalived.down_interval()
        wait_for("keepalived's raise", 5,
                 lambda: len(fifo.masters) > seen[0])
        wait_for("keepalived's trap", 5,
                 lambda: len(traps_of(host)) > seen[1])
        raises.append((fifo.masters[seen[0]] - due) * 1000)
        traps.append((traps_of(host)[seen[1]] - due) * 1000)
        master.start()
    master.close()
    lab.end_all()
    return raises, traps


def measured(lab):
    """Both rows use the same runs: the second call finds their results."""
    if "delay" in lab.memo:
        return lab.memo["delay"]
    single = lab.size((200, 100), (10, 50))
    many = lab.size((1000, 1000), (100, 500))
    found = {"single": [], "many": [], "keepalived": []}
    for _ in range(lab.repeat):
        found["keepalived"].append(keepalived_once(lab, lab.size(30, 3)))
        found["single"].append(ours_once(lab, *single))
        found["many"].append(ours_once(lab, *many))
    lab.memo["delay"] = found
    return found


def figures_of(lab, row, which, what, limit):
    found = measured(lab)
    figures = []
    single, many = [len(found[case][0][0]) for case in ("single", "many")]
    for case, text in (("single", "1 due"),
                       ("many", "%d due within a second" % many)):
        for name, of in (("median", statistics.median),
                         ("p99", lambda values: percentile(values, 99)),
                         ("worst", max)):
            figures.append(Figure(
                row, "%s, %s, %s" % (what, text, name), "ms",
                [of(run[which]) for run in found[case]],
                [of(run[which]) for run in found["keepalived"]],
                AGAINST[row], Goal.no_more(limit, "ms") if name == "p99" and
                limit else Goal.no_more(),
                "1 due: %d times, keepalived %d times" % (
                    single, len(found["keepalived"][0][0]))))
    return figures


def measure_raise(lab):
    """Row f: until the line in the log of hbwatchd."""
    return figures_of(lab, "f", 0, "raise after its deadline", 5)


def measure_trap(lab):
    return figures_of(lab, "g", 1, "trap after the deadline", None)
