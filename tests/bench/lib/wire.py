# SPDX-License-Identifier: BSD-2-Clause
"""Rows c and d: heartbeats from a link: the highest rate, and the cost."""

import re
import signal
import time

import daemon
from figures import Figure, Goal
from lab import WIRE, Failed, cpu_seconds, family, wait_for

# The same as hbwatchd uses; the ring in KiB.
TCPDUMP = ["tcpdump", "-Z", "root", "-n", "-i", WIRE, "-s", "256", "-B",
           "8192", "-w", "/dev/null", "udp port %d" % daemon.PORT]


class Ours:
    """hbwatchd; all its watches receive heartbeats."""

    def __init__(self, lab, watches, options=""):
        self.host = daemon.Host(lab)
        self.host.start_hbwatchd(options + daemon.configuration(watches),
                                 watches)

    def receives_all(self, send):
        """Returns the output of `send`, and whether all were counted."""
        before = self.host.heartbeats()
        sent = send()
        return sent, self.host.heartbeats_reach(before + sent["sent"])

    def end(self):
        self.host.hbwatchd.stop()
        self.host.snmpd.stop()


class Tcpdump:
    """tcpdump, the reference, in its fastest mode: not immediate."""

    def __init__(self, lab, _watches):
        self.lab = lab

    def receives_all(self, send):
        process = self.lab.start("tcpdump", *TCPDUMP, timestamped="both")
        wait_for("tcpdump", 60, lambda: any(
            "listening on" in line for _, line in process.lines))
        sent = send()
        # The kernel delivers a block after the timeout at the latest.
        time.sleep(0.3)
        process.stop(signal.SIGINT)
        output = "\n".join(line for _, line in process.lines)
        received = re.search(r"(\d+) packets? received by filter", output)
        dropped = re.search(r"(\d+) packets? dropped by kernel", output)
        if not received or not dropped:
            raise Failed("unexpected output of tcpdump: %s" % output)
        return sent, (int(received.group(1)) == sent["sent"] and
                      dropped.group(1) == "0")

    def end(self):
        pass


def highest_rate(lab, subject, watches):
    """The highest packet rate without loss: of some attempts at full speed, or
    else by bisection."""
    seconds = lab.size(2, 0.2)

    def attempt(rate):
        """The rate that was reached, and whether no packet was lost."""
        sent, complete = subject.receives_all(lambda: lab.beats(
            "-n", watches, "-r", "%.0f" % rate, "-t", seconds))
        return sent["sent"] / sent["seconds"], complete

    def best_of(attempts):
        return max((rate for rate, complete in attempts if complete),
                   default=0.0)

    # Several, because the machine may have been busy.
    attempts = [attempt(0) for _ in range(lab.size(5, 2))]
    best = best_of(attempts)
    if best > 0:
        return best
    least, most = 0.0, max(rate for rate, _ in attempts)
    for _ in range(lab.size(5, 2)):
        middle = (least + most) / 2
        reached = best_of([attempt(middle), attempt(middle)])
        if reached > 0:
            least, best = middle, reached
        else:
            most = middle
    return best


def measure_capture(lab):
    watches = lab.size(100000, 100)
    ours, theirs = [], []
    for _ in range(lab.repeat):
        for kind, rates in ((Tcpdump, theirs), (Ours, ours)):
            subject = kind(lab, watches)
            rates.append(highest_rate(lab, subject, watches))
            subject.end()
    sender = lab.beats("-n", watches, "-t", lab.size(2, 0.2))
    return [Figure("c", "live with no drop, %d watches" % watches,
                   "packets/s", ours, theirs, " ".join(TCPDUMP),
                   Goal.ratio_at_least(0.5),
                   "the sender alone reaches %.0f; not --immediate-mode, "
                   "which is slower" % (sender["sent"] / sender["seconds"]))]


def cpu_percent(lab, pids, rate, watches):
    """The CPU share of one core, during some seconds of a run."""
    seconds = lab.size(10, 1)
    sender = lab.beats("-n", watches, "-r", rate, "-t", seconds + 1.5,
                       wait=False)
    time.sleep(1)
    begun, before = time.monotonic(), cpu_seconds(pids)
    time.sleep(seconds)
    used, took = cpu_seconds(pids) - before, time.monotonic() - begun
    return 100 * used / took, lab.beaten(sender)


def measure_cpu(lab):
    rate, watches = lab.size((100000, 100000), (1000, 100))
    host = daemon.Host(lab)
    host.start_hbwatchd(daemon.configuration(watches), watches)
    pids = family(host.hbwatchd.pid)
    samples, lost = [], 0
    for _ in range(lab.repeat):
        before = host.heartbeats()
        percent, sent = cpu_percent(lab, pids, rate, watches)
        samples.append(percent)
        if not host.heartbeats_reach(before + sent["sent"]):
            lost += before + sent["sent"] - host.heartbeats()
    return [Figure("d", "CPU at %d heartbeats/s" % rate,
                   "% of a core", samples, [100.0], "one core",
                   Goal.at_most(25, "%"),
                   "both processes; %d heartbeats lost" % lost)]
