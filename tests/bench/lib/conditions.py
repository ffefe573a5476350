# SPDX-License-Identifier: BSD-2-Clause
"""What rows f, g and k are measured beside: a load of the machine, and the
file system that has the state of hbwatchd."""

import collections
import contextlib
import os
import shutil
import time


STRESS = "stress-ng"
LOADS = ("idle", "cpu", "vm", "hdd")
STATES = ("disk", "tmpfs")
# With --quick: each load once, and each state.
QUICK = (("idle", "disk"), ("cpu", "tmpfs"), ("vm", "disk"), ("hdd", "disk"))


class Condition(collections.namedtuple("Condition", "load state")):
    @property
    def text(self):
        return "%s, %s" % (self.load, self.state)

    def repeats(self, lab):
        """A load is measured once, because it takes so long."""
        return lab.repeat if self.load == "idle" else 1


def chosen(loads, states, quick):
    """The conditions for these loads and states."""
    if quick and set(loads) == set(LOADS) and set(states) == set(STATES):
        return [Condition(*pair) for pair in QUICK]
    return [Condition(load, state) for load in loads for state in states]


def missing(lab, condition):
    """Why the condition cannot be measured here; "" if it can."""
    if condition.load != "idle" and shutil.which(STRESS) is None:
        return "%s is missing" % STRESS
    if condition.state == "disk" and lab.disk is None:
        return "no directory on a disk: set BENCH_DISK"
    return ""


def arguments(lab, load):
    """stress-ng: a busy processor, busy memory, or a busy disk."""
    twice = str(2 * os.cpu_count())
    return {
        "cpu": ["--cpu", twice],
        "vm": ["--vm", twice, "--vm-bytes", "128m"],
        "hdd": ["--hdd", twice, "--hdd-bytes", "128m",
                "--temp-path", lab.disk or lab.directory],
    }[load]


@contextlib.contextmanager
def under(lab, condition):
    """Within it, the load runs, hbwatchd keeps its state where the condition
    says, and the measuring processes run with realtime priority."""
    stress = None
    lab.state = lab.disk if condition.state == "disk" else lab.ram
    try:
        if condition.load != "idle":
            stress = lab.process(STRESS, STRESS, "--quiet",
                                 *arguments(lab, condition.load))
            # Until its processes have started to work.
            time.sleep(lab.size(2, 0.3))
            if not stress.running():
                raise RuntimeError("%s does not run" % STRESS)
        lab.measure_with_priority(True)
        yield
    finally:
        lab.measure_with_priority(False)
        lab.end_all()
        lab.state = lab.disk or lab.ram
        if stress is not None:
            stress.stop()
