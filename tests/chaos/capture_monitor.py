# SPDX-License-Identifier: BSD-2-Clause
"""Looks all the time at who can see what: which engine has a packet socket on
which interface.  And at itself: how late it comes is how starved the machine
is, and nothing may be concluded from such a moment.
"""

import os
import threading
import time

from testbed import children

PERIOD = 0.04
LATE = 0.1              # is told


def sockets_of_packets(pid):
    """inode -> interface index, of the packet sockets in its namespace"""
    found = {}
    with open("/proc/%d/net/packet" % pid, encoding="ascii") as file:
        for line in file.readlines()[1:]:
            words = line.split()
            found[words[8]] = int(words[4])
    return found


def inodes(pid):
    """Of the sockets that a process has open."""
    found = []
    folder = "/proc/%d/fd" % pid
    for name in os.listdir(folder):
        try:
            link = os.readlink(os.path.join(folder, name))
        except OSError:
            continue
        if link.startswith("socket:["):
            found.append(link[8:-1])
    return found


def engines(daemon, all_sockets):
    """pid -> the interface indexes that it hears, of the daemon's children"""
    found = {}
    for child in children(daemon):
        try:
            held = inodes(child)
        except OSError:
            continue
        if not held:
            continue            # dead, and not yet waited for
        found[child] = sorted({all_sockets[inode] for inode in held
                               if all_sockets.get(inode, 0) > 0})
    return found


class CaptureMonitor(threading.Thread):
    def __init__(self, facts, recorder, daemon):
        super().__init__(daemon=True)
        self.facts = facts
        self.recorder = recorder        # pid of one in the namespace
        self.daemon_pid = daemon        # returns the daemon's, or None
        self.stopped = threading.Event()

    def look(self):
        pid = self.daemon_pid()
        if pid is None:
            return {}
        return engines(pid, sockets_of_packets(self.recorder))

    def run(self):
        before, seen = time.monotonic(), None
        while not self.stopped.wait(PERIOD):
            begin = time.monotonic()
            now = self.look()
            end = time.monotonic()
            if now != seen:
                self.facts.add("engines", t0=before, t1=end, engines=now)
                seen = now
            late = end - before - PERIOD
            if late > LATE:
                self.facts.add("late", t0=before, t1=end, late=round(late, 3))
            before = begin

    def stop(self):
        self.stopped.set()
        self.join()
