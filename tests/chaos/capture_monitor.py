# SPDX-License-Identifier: BSD-2-Clause
"""Records 25 times a second on which interfaces the engines capture, and when
hbwatchd logs that it uses another configuration, or that it raises or clears an
alarm.

It also records its own delays: at such a time the machine was busy, and the
checker allows the daemon the same delay.
"""

import os
import re
import threading
import time

from evidence import ALARM, CLEARED, RAISED
from processes import HONEST_ENGINE, program_of
from testbed import children

PERIOD = 0.04           # seconds
EVENTS = {b"raised": RAISED, b"cleared": CLEARED}
LATE = 0.1              # seconds; a longer delay is recorded


def packet_sockets(pid):
    """inode -> interface index, of the packet sockets in its namespace"""
    found = {}
    with open("/proc/%d/net/packet" % pid, encoding="ascii") as file:
        for line in file.readlines()[1:]:
            words = line.split()
            found[words[8]] = int(words[4])
    return found


def inodes(pid):
    """The inodes of the sockets that a process has open."""
    found = []
    directory = "/proc/%d/fd" % pid
    for name in os.listdir(directory):
        try:
            link = os.readlink(os.path.join(directory, name))
        except OSError:
            continue
        if link.startswith("socket:["):
            found.append(link[8:-1])
    return found


def engines(daemon, all_sockets):
    """pid -> the interface of each of its packet sockets, for the engines of
    the daemon; those that lie capture nothing"""
    found = {}
    for child in children(daemon):
        if program_of(child) != HONEST_ENGINE:
            continue
        try:
            held = inodes(child)
        except OSError:
            continue
        if not held:
            continue            # a zombie
        found[child] = sorted(all_sockets[inode] for inode in held
                              if all_sockets.get(inode, 0) > 0)
    return found


class CaptureMonitor(threading.Thread):
    def __init__(self, facts, recorder, daemon, log):
        super().__init__(daemon=True)
        self.facts = facts
        # As text, a line that is not complete yet could be cut.
        self.log = open(log, "rb")
        self.line = b""
        self.recorder = recorder        # a pid in the namespace
        self.daemon_pid = daemon        # returns the pid of the daemon or None
        self.stopped = threading.Event()

    def look(self):
        pid = self.daemon_pid()
        if pid is None:
            return {}
        return engines(pid, packet_sockets(self.recorder))

    def read_log(self, before, end):
        *lines, self.line = (self.line + self.log.read()).split(b"\n")
        for line in lines:
            found = re.search(rb"configuration in effect: (\d+) watch", line)
            if found:
                self.facts.add("effect", t0=before, t1=end,
                               watches=int(found.group(1)))
            found = re.match(rb'hbwatchd: alarm %d \(\w+\) (raised|cleared), '
                             rb'watch "(\w+)"' % ALARM, line)
            if found:
                self.facts.add("alarm", t0=before, t1=end,
                               event=EVENTS[found.group(1)],
                               watch=found.group(2).decode())

    def run(self):
        before, seen = time.monotonic(), None
        while not self.stopped.wait(PERIOD):
            begin = time.monotonic()
            now = self.look()
            end = time.monotonic()
            self.read_log(before, end)
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
