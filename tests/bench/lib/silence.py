# SPDX-License-Identifier: BSD-2-Clause
"""Row k: all peers of a mirror port become silent at the same time.

A few other peers come and go meanwhile; the delay of their changes is measured.
"""

import re
import statistics
import sys
import threading
import time

import conditions
import daemon
from delay import each_condition
from figures import Figure, Goal
from lab import Failed, read, wait_for

OTHERS = 20
OTHERS_FIRST = 200 << 16    # their peers are 10.200.0.0 and on
OTHERS_PORT = 20054
OTHERS_RATE = 40            # heartbeats a second, of all of them
OTHERS_INTERRUPTION = 1
INTERRUPTED = "4"
STATES = 2                  # position of the first of the others in the poll


def configuration(watches, interruption):
    """The others come first, so that their indexes begin with 1."""
    others = "".join(daemon.section(
        "o%d" % i, '"%s"' % (daemon.FIRST_PEER + OTHERS_FIRST + i),
        "%ds" % OTHERS_INTERRUPTION, OTHERS_PORT, 12010)
        for i in range(OTHERS))
    return others + daemon.configuration(watches, "%ds" % interruption)


class Others:
    """They send for two seconds, and are silent for two, in turn."""

    def __init__(self, lab):
        self.lab, self.sent = lab, []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        number = 0
        while not self._end.is_set():
            log = self.lab.path("others.%d" % number)
            self.lab.beats("-n", OTHERS, "-f", OTHERS_FIRST, "-p",
                           OTHERS_PORT, "-r", OTHERS_RATE, "-c",
                           2 * OTHERS_RATE, "-l", log)
            self.sent += [(int(peer) - OTHERS_FIRST, int(timestamp) / 1e9)
                          for peer, timestamp in map(str.split,
                                                 read(log).splitlines())]
            number += 1
            self._end.wait(2)

    def end(self):
        self._end.set()
        self._thread.join()

    def changes(self):
        """The changes that must be seen: (peer, time, is it interrupted?)."""
        found = []
        for peer in range(OTHERS):
            times = [timestamp for other, timestamp in self.sent
                     if other == peer]
            for last, following in zip(times, times[1:]):
                if following - last > OTHERS_INTERRUPTION:
                    found.append((peer, last + OTHERS_INTERRUPTION, True))
                    found.append((peer, following, False))
        return found


def delays(others, states, begin, end):
    """Milliseconds, of each change between two times; states[peer] has
    (time, state) of each change in the table."""
    found = []
    for peer, when, interrupted in others.changes():
        if begin <= when <= end:
            later = [timestamp for timestamp, state in states[peer]
                     if timestamp >= when - 0.002 and
                     (state == INTERRUPTED) == interrupted]
            found.append((later[0] - when) * 1000 if later
                         else float("inf"))
    return found


def sequences_of(host):
    """The sequences of the notifications that the receiver got."""
    pattern = re.compile(re.escape(host.oid(daemon.SEQUENCE)) +
                         r" = \w+: (\d+)")
    return [int(match.group(1)) for match in
            (pattern.search(line) for _, line in host.traps.lines) if match]


def once(lab, watches):
    """Seconds to the table, seconds to the last trap, lost traps, delays."""
    host = daemon.Host(lab)
    host.start_traps()
    interruption = lab.size(5, 2)
    host.start_hbwatchd(configuration(watches, interruption),
                        watches + OTHERS)
    names = [host.get(host.oid(daemon.WATCH_ENTRY + ".2.%d" % (i + 1)), 10)
             for i in range(OTHERS)]
    if names != ["o%d" % i for i in range(OTHERS)]:
        raise Failed("the others' indexes are not the first")
    others = Others(lab)
    poll = host.poll(daemon.ACTIVE_MINOR, daemon.PENDING,
                     *["%s.%d" % (daemon.WATCH_STATE, i + 1)
                       for i in range(OTHERS)])
    last = lab.beats("-n", watches, "-r", lab.size(200000, 2000), "-c",
                     2 * watches)["last"]
    due = last + interruption
    end = due + lab.size(15, 2)
    table = wait_for("the last alarm", 120, lambda: poll.first(
        0, last, lambda value: value == str(watches)), step=0.2)
    while time.monotonic() < end:
        time.sleep(0.2)
    others.end()
    delivered = wait_for("the last notification", 400, lambda: poll.first(
        1, table, lambda value: value == "0"), step=0.5)
    poll.stop()
    found = delays(others, poll.values[STATES:], due - 0.5, end)
    if not found:
        raise Failed("the others did not change")
    lost = missing(host)
    lab.end_all()
    return table - due, delivered - due, lost, found


def missing(host):
    """The number of notifications that did not arrive."""
    def complete():
        return len(set(sequences_of(host))) >= host.number(daemon.SEQUENCE)

    try:
        wait_for("the last trap", 60, complete, step=1)
    except Failed:
        pass                # counted below
    return host.number(daemon.SEQUENCE) - len(set(sequences_of(host)))


def measured(lab, condition):
    watches = lab.size(100000, 500)
    print("bench: row k: %s" % condition.text, file=sys.stderr, flush=True)
    runs = []
    for _ in range(condition.repeats(lab)):
        with conditions.under(lab, condition):
            runs.append(once(lab, watches))
    note = "after the last deadline; %d others come and go, %d changes of " \
        "state timed" % (OTHERS, len(runs[0][3]))
    figures = [
        Figure("k", "%d silent, until all are in the table" % watches, "s",
               [run[0] for run in runs], goal=Goal.at_most(2, "s")),
        Figure("k", "until the last trap arrived", "s",
               [run[1] for run in runs]),
        Figure("k", "lost of them", "notifications", [run[2] for run in runs],
               goal=Goal.at_most(0, "")),
        Figure("k", "others meanwhile, median delay", "ms",
               [statistics.median(run[3]) for run in runs]),
        Figure("k", "others meanwhile, worst delay", "ms",
               [max(run[3]) for run in runs], goal=Goal.at_most(50, "ms")),
    ]
    for figure in figures:
        figure.what = "%s: %s" % (condition.text, figure.what)
        figure.note = note
    return figures


def measure(lab):
    return each_condition(lab, "k",
                          lambda condition: measured(lab, condition))
