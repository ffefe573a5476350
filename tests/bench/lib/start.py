# SPDX-License-Identifier: BSD-2-Clause
"""Row j: the time from a start to the first heartbeat, and the heartbeats that
a reload misses."""

import signal
import time

import daemon
from figures import Figure, Goal
from lab import Failed, wait_for


def started(lab, host, watches):
    """Seconds from the start to the first packet that was counted, and to the
    first count that SNMP returns."""
    rate = lab.size(20000, 2000)
    poll = host.poll(host.of_wire(daemon.CAPTURE_PACKETS))
    sender = lab.beats("-n", watches, "-r", rate, wait=False)
    time.sleep(0.2)
    host.launch_hbwatchd(daemon.configuration(watches))
    begun = host.hbwatchd.started
    counted = wait_for("the first count", 60, lambda: poll.first(
        0, begun, lambda value: value.isdigit() and int(value) > 0), step=0.1)
    sender.send_signal(signal.SIGTERM)
    sent = lab.beaten(sender)
    poll.stop()
    # The heartbeats that were not counted were sent before those that were.
    missed = sent["sent"] - settled(host)
    return sent["first"] + missed / rate - begun, counted - begun


def settled(host):
    """The heartbeats counted when the sender has ended."""
    found = -1

    def same():
        nonlocal found
        last, found = found, host.heartbeats()
        return found == last

    wait_for("the last heartbeat", 60, same, step=0.1)
    return found


def reloaded(lab, host, watches):
    """Seconds from HUP until the configuration is in effect, heartbeats missed,
    and how many of them the kernel dropped."""
    rate, before = lab.size(50000, 2000), host.heartbeats()
    poll = host.poll(daemon.WATCH_COUNT)
    sender = lab.beats("-n", watches, "-r", rate, wait=False)
    wait_for("heartbeats", 60, lambda: host.heartbeats() > before)
    count = watches + 1 if host.number(daemon.WATCH_COUNT) == watches \
        else watches
    host.configure(daemon.configuration(count))
    begun = time.monotonic()
    host.hbwatchd.send_signal(signal.SIGHUP)
    there = wait_for("the reload", 60, lambda: poll.first(
        0, begun, lambda value: value == str(count)), step=0.1)
    # The old engine has ended by now.
    time.sleep(0.5)
    sender.send_signal(signal.SIGTERM)
    sent = lab.beaten(sender)
    poll.stop()
    host.heartbeats_reach(before + sent["sent"])
    missed = sent["sent"] - (host.heartbeats() - before)
    if missed < 0:
        raise Failed("%d heartbeats were counted twice" % -missed)
    # hbwatchd updates it once a second.
    time.sleep(1.2 if missed else 0)
    return there - begun, missed, host.number(
        host.of_wire(daemon.CAPTURE_DROPPED))


def measure(lab):
    watches = lab.size(100000, 100)
    starts, reloads = [], []
    for _ in range(lab.repeat):
        host = daemon.Host(lab)
        starts.append(started(lab, host, watches))
        reloads.append(reloaded(lab, host, watches))
        lab.end_all()
    note = "%d watches, with heartbeats going on" % watches
    two = Goal.at_most(2, "s")
    return [
        Figure("j", "start to the first packet that counts", "s",
               [first for first, _ in starts], goal=two, note=note),
        Figure("j", "start to the first count over SNMP", "s",
               [counted for _, counted in starts], goal=two, note=note),
        Figure("j", "HUP to the configuration in effect", "s",
               [took for took, _, _ in reloads], goal=two, note=note),
        Figure("j", "missed over a reload", "heartbeats",
               [missed for _, missed, _ in reloads],
               goal=Goal.at_most(0, ""), note="(missed) the kernel says that "
               "it dropped %s of them" % " and ".join(
                   str(dropped) for _, _, dropped in reloads)),
    ]
