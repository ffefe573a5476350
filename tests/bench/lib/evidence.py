# SPDX-License-Identifier: BSD-2-Clause
"""Row l: the cost of evidence for the causes of alarms: hbwatchd with and
without it, one after the other in the same run."""

import statistics

import daemon
import delay
import memory
from figures import Figure, Goal
from idle import measured
from lab import family
from wire import Ours, cpu_percent, highest_rate

OFF, ON = "evidence = 0\n", "evidence = 8MB\n"
AGAINST = "hbwatchd with evidence = 0"
GOAL = Goal.ratio_at_most(1.05)
# Runs for each repeat.  Single runs of the same program differ by 10 percent,
# medians of three by 5, which is all that the goal permits.
OFTEN = 9
# The medians of single runs differ by up to 10 percent.
RAISES = 8


def cpu(lab, option):
    """The CPU share of one core at a high rate of heartbeats."""
    rate, watches = lab.size((100000, 100000), (1000, 100))
    host = daemon.Host(lab)
    host.start_hbwatchd(option + daemon.configuration(watches), watches)
    found, sent = cpu_percent(lab, family(host.hbwatchd.pid), rate, watches)
    lost = 0 if host.heartbeats_reach(sent["sent"]) else 1
    lab.end_all()
    return found, lost


def idle(lab, option):
    """Wake-ups a second while some watches receive a heartbeat a second."""
    watches = lab.size(10, 2)
    host = daemon.Host(lab)
    host.start_hbwatchd(option + daemon.configuration(watches, "30s"), watches)
    seconds = lab.size(20, 2)
    sender = lab.beats("-n", watches, "-r", watches, "-t", seconds + 2,
                       wait=False)
    found = measured([family(host.hbwatchd.pid)], seconds)[0][1]
    lab.beaten(sender)
    lab.end_all()
    return found


def rate(lab, option):
    """The highest rate without a drop."""
    watches = lab.size(100000, 100)
    subject = Ours(lab, watches, option)
    found = highest_rate(lab, subject, watches)
    subject.end()
    lab.end_all()
    return found


def raises(lab, option):
    """The median delay of raises, in milliseconds."""
    watches, frames = lab.size((200, 200), (2, 10))
    return statistics.median(delay.ours_once(lab, watches, frames, option)[0])


def each(lab, function, times=1):
    """The samples with evidence and without it, `times` for each repeat."""
    found = [(function(lab, ON), function(lab, OFF))
             for _ in range(lab.repeat * times)]
    return [on for on, _ in found], [off for _, off in found]


def measure(lab):
    watches = lab.size(100000, 100)
    figures = []
    for function, times, what, unit, goal in (
            (raises, RAISES, "delay of a raise, median", "ms", GOAL),
            (rate, 1, "live with no drop, %d watches" % watches, "packets/s",
             Goal.ratio_at_least(0.95)),
            (idle, 1, "wake-ups with a heartbeat a second", "/s", GOAL)):
        ours, theirs = each(lab, function, times)
        figures.append(Figure("l", "with evidence: " + what, unit, ours,
                              theirs, AGAINST, goal))
    ours, theirs = each(lab, cpu, OFTEN)
    figures.append(Figure(
        "l", "with evidence: CPU of a core at a high rate", "%",
        [percent for percent, _ in ours], [percent for percent, _ in theirs],
        AGAINST, GOAL, "%d of %d runs lost heartbeats" % (
            sum(lost for _, lost in ours + theirs), len(ours + theirs))))
    ours, theirs = each(lab, lambda lab, option: memory.resident(
        lab, watches, option)[0])
    # The ring itself has 8 MiB when it is full.
    used = [(on - off) / watches for on, off in zip(ours, theirs)]
    figures.append(Figure(
        "l", "with evidence: memory a watch of %d" % watches, "bytes", used,
        goal=Goal.at_most(64, "bytes"), note="with the part of the ring that "
        "is used"))
    return figures
