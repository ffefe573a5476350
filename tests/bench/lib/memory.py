# SPDX-License-Identifier: BSD-2-Clause
"""Row i: resident memory; shared memory counts once."""

import statistics

import daemon
from figures import Figure, Goal
from lab import family, kilobytes


def resident(lab, watches, options=""):
    """Bytes of both processes: with shared memory once (PSS), twice (RSS)."""
    host = daemon.Host(lab)
    host.start_hbwatchd(options + daemon.configuration(watches), watches)
    if watches:
        # Each row has received a heartbeat and was requested.
        sent = lab.beats("-n", watches, "-r", 50000, "-c", 2 * watches)
        host.heartbeats_reach(sent["sent"])
        lab.command(lab.tool("ask"), "walk", daemon.AGENT, "0.1",
                    "0", str(min(watches, 1000)), host.oid(daemon.WATCH_ENTRY),
                    "11")
    pids = family(host.hbwatchd.pid)
    found = [1024 * kilobytes(pids, name) for name in ("Pss", "Rss")]
    lab.end_all()
    return found


def measure(lab):
    sizes = lab.size([0, 10000, 100000], [0, 100])
    found = {watches: [resident(lab, watches) for _ in range(lab.repeat)]
             for watches in sizes}
    empty = statistics.median(pss for pss, _ in found[0])
    figures = []
    for watches in sizes:
        mib = [pss / 2**20 for pss, _ in found[watches]]
        figures.append(Figure(
            "i", "resident, %d watches" % watches, "MiB", mib,
            note="PSS of both processes with the ring of the capture, which "
            "is 8 MiB from 500 watches on"))
    for watches in sizes[1:]:
        for i, name in ((0, "both"), (1, "both, shared rows counted twice")):
            base = empty if i == 0 else statistics.median(
                rss for _, rss in found[0])
            figures.append(Figure(
                "i", "a watch of %d, %s" % (watches, name), "bytes",
                [(sample[i] - base) / watches for sample in found[watches]],
                goal=Goal.at_most(512, "bytes") if i == 0 and
                watches == sizes[-1] else None))
    return figures
