# SPDX-License-Identifier: BSD-2-Clause
"""Row m: the delay of raises while clients send requests to the control socket,
and without them, one after the other in the same run."""

import json
import os

import delay
from daemon import NICE
from figures import Figure, Goal, percentile
from lab import Failed, write

CLIENTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                       "tools", "control-clients")
AGAINST = "hbwatchd without requests"
# Milliseconds above the reference: one turn of the loop.
ABOVE = 1
GOAL = Goal("<= it + %d ms" % ABOVE, lambda ours, theirs, _floor:
            ours <= theirs + ABOVE)


class Requests:
    """Starts the clients; they send until the last alarm is raised."""

    def __init__(self, count, seconds):
        self.count, self.seconds = count, seconds
        self.lost = None

    def __call__(self, lab, deadlines):
        write(lab.path("watches"), "".join(
            name + "\n" for name in deadlines))
        process = lab.start(
            "clients", CLIENTS, lab.path("control"), "--requests",
            str(self.count), "--seconds", str(self.seconds), "--watches",
            lab.path("watches"), timestamped="out")

        def finish():
            process.finish(300)
            if not process.lines:
                raise Failed("the clients of the control socket failed")
            found = json.loads(process.lines[-1][1])
            self.lost = self.count - found["answered"]

        return finish


def start_as_unit(lab):
    """From now on hbwatchd has the nice value that its unit sets."""
    path = lab.path("hbwatchd-nice")
    write(path, '#!/bin/sh\nexec nice -n %s "%s" "$@"\n' % (NICE,
                                                          lab.hbwatchd))
    os.chmod(path, 0o755)
    lab.hbwatchd = path


def measure(lab):
    program = lab.hbwatchd
    start_as_unit(lab)
    try:
        return measured(lab)
    finally:
        lab.hbwatchd = program


def measured(lab):
    watches, rate, requests = lab.size((1000, 1000, 10000), (100, 500, 500))
    ours, theirs, lost = [], [], []
    for _ in range(lab.repeat):
        beside = Requests(requests, lab.size(4, 1.5))
        ours.append(delay.ours_once(lab, watches, rate, beside=beside))
        theirs.append(delay.ours_once(lab, watches, rate))
        lost.append(beside.lost)
    figures = []
    for which, what in (0, "raise"), (1, "trap"):
        for name, of in (("median", lambda values: percentile(values, 50)),
                         ("p99", lambda values: percentile(values, 99))):
            figures.append(Figure(
                "m", "%d requests of 64 clients: %s, %s" % (requests, what,
                                                            name),
                "ms", [of(run[which]) for run in ours],
                [of(run[which]) for run in theirs], AGAINST,
                GOAL if what == "raise" else None, "each tenth request "
                "acknowledges an alarm, which is notified, too"))
    figures.append(Figure("m", "requests without an answer", "", lost,
                          goal=Goal.at_most(0, "")))
    return figures
