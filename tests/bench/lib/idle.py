# SPDX-License-Identifier: BSD-2-Clause
"""Row e: the cost without heartbeats and without deadlines."""

import time

import daemon
import keepalived
from figures import Figure, Goal
from lab import WIRE, cpu_seconds, family, switches, wait_for

AGAINST = ("keepalived with 1 instance, advertisement 1 s, no SNMP, the lower "
           "of MASTER (alone) and BACKUP (with another master)")


def measured(groups, seconds):
    """For each group of processes: CPU time in ms and wake-ups, per second."""
    begun = time.monotonic()
    before = [(cpu_seconds(pids), switches(pids)) for pids in groups]
    time.sleep(seconds)
    took = time.monotonic() - begun
    return [((cpu_seconds(pids) - cpu) * 1000 / took,
             (switches(pids) - count) / took)
            for pids, (cpu, count) in zip(groups, before)]


def start_keepaliveds(lab):
    """keepalived: a master on a link of its own, a backup on ours."""
    lab.add_veth("ka0", "ka1", "198.51.100.1/24")
    found = []
    for name, interface, number in (("master", "ka0", 1),
                                    ("backup", WIRE, 2)):
        process = keepalived.start(lab, name, keepalived.instance(
            name, number, interface, interval=1))
        wait_for("keepalived", 60, lambda p=process: len(family(p.pid)) > 1)
        found.append(family(process.pid))
    return found


def measure(lab):
    watches = lab.size(100000, 100)
    host = daemon.Host(lab)
    host.start_hbwatchd(daemon.configuration(watches), watches)
    master = keepalived.Master([2], 1)
    master.start()
    groups = [family(host.hbwatchd.pid)] + start_keepaliveds(lab)
    # Until keepalived is the master.
    time.sleep(lab.size(6, 0.5))
    samples = [measured(groups, lab.size(20, 2)) for _ in range(lab.repeat)]
    master.close()
    figures = []
    for i, what, unit in ((0, "idle, CPU, %d watches" % watches,
                           "ms/s"), (1, "idle, wake-ups", "/s")):
        ours, masters, backups = [[sample[j][i] for sample in samples]
                                  for j in range(3)]
        theirs = min((masters, backups), key=lambda s: sorted(s)[len(s) // 2])
        figures.append(Figure("e", what, unit, ours, theirs, AGAINST,
                              Goal.no_more(), "wake-ups are context switches "
                              "of all its processes"))
    return figures
